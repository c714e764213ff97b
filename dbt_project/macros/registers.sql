{# What the engines write differently in the models of registers. #}

{# A text without its digits: `市道12号線` and `市道7号線` are one text. #}
{% macro without_digits(text) -%}
    {{ return(adapter.dispatch('without_digits', 'mieruka')(text)) }}
{%- endmacro %}

{% macro default__without_digits(text) -%}
    regexp_replace({{ text }}, '[0-9]+', '', 'g')
{%- endmacro %}

{% macro spark__without_digits(text) -%}
    regexp_replace({{ text }}, '[0-9]+', '')
{%- endmacro %}

{# The whole part of a quotient of two whole numbers that are not negative. #}
{% macro whole_quotient(dividend, divisor) -%}
    {{ return(adapter.dispatch('whole_quotient', 'mieruka')(dividend, divisor)) }}
{%- endmacro %}

{% macro default__whole_quotient(dividend, divisor) -%}
    (cast({{ dividend }} as hugeint) // cast({{ divisor }} as hugeint))
{%- endmacro %}

{% macro spark__whole_quotient(dividend, divisor) -%}
    (({{ dividend }}) div ({{ divisor }}))
{%- endmacro %}

{# What percentage a part is of a whole, half up at the fourth decimal: of whole numbers, so that all engines agree. #}
{% macro percent_of(part, whole) -%}
    case
        when {{ whole }} > 0 and {{ part }} >= 0 then
            cast(cast({{ whole_quotient(
                'cast(' ~ part ~ ' as decimal(28, 0)) * 2000000 + cast(' ~ whole ~ ' as decimal(28, 0))',
                'cast(' ~ whole ~ ' as decimal(28, 0)) * 2'
            ) }} as decimal(18, 0)) * cast(0.0001 as decimal(5, 4)) as decimal(18, 4))
    end
{%- endmacro %}

{# The exact sum of amounts in yen. #}
{% macro yen_sum(amount) -%}
    cast(coalesce(sum({{ amount }}), 0) as decimal(28, 0))
{%- endmacro %}

{# Which conventions of straight-line depreciation there are: the rate of the statutory table (three decimals, rounded up)
   or one part of the life, from the year after use began, from that year, or by months. #}
{% macro depreciation_conventions() -%}
    {{ return([
        {'id': 'table_next_year', 'basis': 'table', 'start': 'next_year'},
        {'id': 'table_same_year', 'basis': 'table', 'start': 'same_year'},
        {'id': 'table_this_month', 'basis': 'table', 'start': 'this_month'},
        {'id': 'table_next_month', 'basis': 'table', 'start': 'next_month'},
        {'id': 'life_next_year', 'basis': 'life', 'start': 'next_year'},
        {'id': 'life_same_year', 'basis': 'life', 'start': 'same_year'},
        {'id': 'life_this_month', 'basis': 'life', 'start': 'this_month'},
        {'id': 'life_next_month', 'basis': 'life', 'start': 'next_month'},
    ]) }}
{%- endmacro %}

{# What a convention has written off so far, as a fraction `portion / whole` of the cost: both whole numbers. #}
{% macro convention_fraction(convention) -%}
    {%- set elapsed = {
        'next_year': 'years_in_use', 'same_year': '(years_in_use + 1)',
        'this_month': '(months_in_use + 1)', 'next_month': 'months_in_use',
    }[convention.start] -%}
    {%- set periods = 1 if convention.start.endswith('year') else 12 -%}
    {%- if convention.basis == 'table' -%}
        {{ return([elapsed ~ ' * permille_a_year', (1000 * periods) | string]) }}
    {%- endif -%}
    {{ return([elapsed, 'tested_life * ' ~ periods]) }}
{%- endmacro %}

{# Whether the accumulated depreciation is what a convention gives, up to 1 yen a year of rounding (and as much as amounts in
   thousands are rounded), with 1 yen left at the end. Both sides are multiplied out, so that nothing is divided. #}
{% macro follows_convention(convention) -%}
    {%- set portion, whole = convention_fraction(convention) -%}
    {#- `least` takes no notice of a null, so what cannot be tested is left out first. #}
    case
        when is_testable then
            abs(
                accumulated * ({{ whole }}) - least(cost * ({{ portion }}), (cost - 1) * ({{ whole }}))
            ) <= (years_in_use + 2 * unit_yen) * ({{ whole }})
    end
{%- endmacro %}

{# The amount in whole yen that the convention of a line's body gives. #}
{% macro expected_by_convention() -%}
    cast(case convention
        {%- for convention in depreciation_conventions() %}
        {%- set portion, whole = convention_fraction(convention) %}
        when '{{ convention.id }}' then {{ whole_quotient(
            'least(cost * (' ~ portion ~ '), (cost - 1) * (' ~ whole ~ '))', '(' ~ whole ~ ')'
        ) }}
        {%- endfor %}
    end as decimal(28, 0))
{%- endmacro %}

{# The rules over one line, each a column of int_register_check, with what was found and expected as texts. #}
{% macro line_rules() -%}
    {{ return(line_findings().keys() | list) }}
{%- endmacro %}

{% macro line_findings() -%}
    {%- set printed_cost = "cast(cost as string)" -%}
    {%- set printed_accumulated = "cast(accumulated as string)" -%}
    {{ return({
        'unknown_account': ["account_label", "cast(null as string)"],
        'amount_missing': ["cast(null as string)", "cast(null as string)"],
        'book_value_differs': ["cast(book_value as string)", "cast(acquisition_cost - accumulated_depreciation as string)"],
        'accumulated_over_cost': [printed_accumulated, "concat('<= ', " ~ printed_cost ~ ")"],
        'memo_floor_missing': ["cast(book as string)", "'1'"],
        'negative_amount': [
            "cast(case when cost < 0 then cost when accumulated < 0 then accumulated else book end as string)", "'>= 0'"
        ],
        'never_depreciated': ["cast(coalesce(accumulated, depreciation_year) as string)", "'0'"],
        'life_missing': ["cast(useful_life_years as string)", "cast(null as string)"],
        'date_missing': ["cast(null as string)", "cast(null as string)"],
        'date_after_year_end': [
            "cast(case when in_use_on > acquired_on then in_use_on else coalesce(acquired_on, in_use_on) end as string)",
            "concat('<= ', cast(fiscal_year + 1 as string), '-03-31')"
        ],
        'duplicate_number': ["concat(coalesce(asset_no, ''), '-', coalesce(branch_no, ''))", "cast(null as string)"],
        'year_over_accumulated': ["cast(depreciation_year as string)", "concat('<= ', " ~ printed_accumulated ~ ")"],
        'change_differs': [
            "cast(book_value as string)",
            "cast(book_value_before + increase_amount - decrease_amount - coalesce(depreciation_year, 0) as string)"
        ],
        'straight_line_differs': [
            printed_accumulated, "concat(cast(" ~ expected_by_convention() ~ " as string), ' (', convention, ')')"
        ],
    }) }}
{%- endmacro %}

{# The first findings of a rule that are shown for each body; all are counted. #}
{% macro findings_shown() -%} 20 {%- endmacro %}

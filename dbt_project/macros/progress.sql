{# The arithmetic of progress, in one place. Formulas: linear closing of the gap, in real days. #}

{# From one value to another: subtracted as decimals, so that nothing is lost before the division. #}
{% macro difference(value, other) -%}
    cast({{ value }} - {{ other }} as double)
{%- endmacro %}

{# Share of the gap closed: (y - y0) / (yT - y0); null when there is no gap to close. #}
{% macro progress_share(value, baseline_value, target_value) -%}
    {{ difference(value, baseline_value) }} / nullif({{ difference(target_value, baseline_value) }}, 0)
{%- endmacro %}

{# Is p >= k% of e, e being a share `passed` / `whole` of the time? Compared by cross-multiplication in exact decimals,
   so that a figure on its path is on it. #}
{% macro pace_at_least(percent, value, baseline_value, target_value, passed, whole, operator='>=') -%}
    cast(100 * {{ whole }} as decimal(8, 0)) * {{ closed_gap(value, baseline_value, target_value) }}
    {{ operator }} cast({{ percent }} * {{ passed }} as decimal(8, 0)) * {{ whole_gap(baseline_value, target_value) }}
{%- endmacro %}

{# The gap, and what is closed of it, counted towards the target: exact, with all ten decimals of a figure. #}
{% macro whole_gap(baseline_value, target_value) -%}
    cast(abs({{ target_value }} - {{ baseline_value }}) as decimal(28, 10))
{%- endmacro %}

{% macro closed_gap(value, baseline_value, target_value) -%}
    cast(
        case
            when {{ target_value }} < {{ baseline_value }} then {{ baseline_value }} - {{ value }}
            else {{ value }} - {{ baseline_value }}
        end
        as decimal(28, 10)
    )
{%- endmacro %}

{# Whole days from the baseline until the gap is closed at this pace: the first day on which it is, decided in exact
   decimals. Null where nothing of the gap is closed, and beyond a hundred years. #}
{% macro days_to_attainment(value, baseline_value, target_value, passed) -%}
    {%- set estimate = 'floor(' ~ passed ~ ' * cast(' ~ whole_gap(baseline_value, target_value) ~ ' as double) / cast('
        ~ 'nullif(' ~ closed_gap(value, baseline_value, target_value) ~ ', 0) as double))' -%}
    case
        when {{ closed_gap(value, baseline_value, target_value) }} > 0 and {{ estimate }} <= 36525
            then
                cast({{ estimate }} as integer)
                + case
                    when
                        cast({{ estimate }} as decimal(8, 0)) * {{ closed_gap(value, baseline_value, target_value) }}
                        >= cast({{ passed }} as decimal(8, 0)) * {{ whole_gap(baseline_value, target_value) }}
                        then 0
                    else 1
                end
    end
{%- endmacro %}

{# A number, or null where it went beyond what a double holds. #}
{% macro finite(number) -%}
    case when abs({{ number }}) < 1e300 then {{ number }} end
{%- endmacro %}

{# Does a value meet a target by its comparator? Null when either is unknown. #}
{% macro meets(value, comparator, target_value) -%}
    case {{ comparator }}
        when '>=' then {{ value }} >= {{ target_value }}
        when '<=' then {{ value }} <= {{ target_value }}
        when '=' then {{ value }} = {{ target_value }}
    end
{%- endmacro %}

{# Which way is better: +1, -1, or 0 when neither is. #}
{% macro direction_sign(direction) -%}
    case {{ direction }} when 'increase' then 1 when 'decrease' then -1 else 0 end
{%- endmacro %}

{# The value from which a target counts as met: the target itself, or within the tolerance of a 0% or 100% target. #}
{% macro attained_from(target_value, comparator, unit) -%}
    case
        when {{ unit }} = '%' and {{ target_value }} = 100 and {{ comparator }} = '>='
            then {{ target_value }} - {{ var('near_limit_tolerance') }}
        when {{ unit }} = '%' and {{ target_value }} = 0 and {{ comparator }} = '<='
            then {{ target_value }} + {{ var('near_limit_tolerance') }}
        else {{ target_value }}
    end
{%- endmacro %}

{# The kinds of bodies that are municipalities. #}
{% macro municipal_types() -%}
    ('designated_city', 'core_city', 'special_city', 'special_ward', 'city', 'town', 'village')
{%- endmacro %}

{# Is a span that is valid from one day (and to another, exclusive; null: open) valid on a day? #}
{% macro valid_on(valid_from, valid_to, day) -%}
    {{ valid_from }} <= {{ day }} and ({{ valid_to }} is null or {{ day }} < {{ valid_to }})
{%- endmacro %}

{# The earlier of two ends of validity, of which either may be open (null). #}
{% macro earlier_end(first, second) -%}
    case
        when {{ first }} is null then {{ second }}
        when {{ second }} is null then {{ first }}
        else least({{ first }}, {{ second }})
    end
{%- endmacro %}

{# The fiscal year (April to March) that a day lies in. #}
{% macro fiscal_year_of(day) -%}
    cast(year({{ day }}) - case when month({{ day }}) < 4 then 1 else 0 end as integer)
{%- endmacro %}

{# A day moved by whole calendar months. #}
{% macro add_months(day, months) -%}
    {{ return(adapter.dispatch('add_months', 'mieruka')(day, months)) }}
{%- endmacro %}

{% macro default__add_months(day, months) -%}
    cast({{ day }} + ({{ months }}) * interval 1 month as date)
{%- endmacro %}

{% macro spark__add_months(day, months) -%}
    add_months({{ day }}, {{ months }})
{%- endmacro %}

{# A list of quantiles of a column, each by linear interpolation between the two nearest values. #}
{% macro quantiles(value, shares) -%}
    {{ return(adapter.dispatch('quantiles', 'mieruka')(value, shares)) }}
{%- endmacro %}

{% macro default__quantiles(value, shares) -%}
    quantile_cont({{ value }}, {{ shares }})
{%- endmacro %}

{% macro spark__quantiles(value, shares) -%}
    percentile({{ value }}, array({{ shares | join(', ') }}))
{%- endmacro %}

{# The entry of a list at a place, counted from one. #}
{% macro entry_of(list, place) -%}
    {{ return(adapter.dispatch('entry_of', 'mieruka')(list, place)) }}
{%- endmacro %}

{% macro default__entry_of(list, place) -%} {{ list }}[{{ place }}] {%- endmacro %}

{% macro spark__entry_of(list, place) -%} {{ list }}[{{ place - 1 }}] {%- endmacro %}

{# A list of the values of a group, in the order of another column. #}
{% macro ordered_list(value, position) -%}
    {{ return(adapter.dispatch('ordered_list', 'mieruka')(value, position)) }}
{%- endmacro %}

{% macro default__ordered_list(value, position) -%}
    list({{ value }} order by {{ position }})
{%- endmacro %}

{% macro spark__ordered_list(value, position) -%}
    transform(array_sort(collect_list(struct({{ position }} as place, {{ value }} as entry))), pair -> pair.entry)
{%- endmacro %}

{# Euclidean distance of two lists of numbers. #}
{% macro euclidean_distance(first, second) -%}
    {{ return(adapter.dispatch('euclidean_distance', 'mieruka')(first, second)) }}
{%- endmacro %}

{% macro default__euclidean_distance(first, second) -%}
    list_distance({{ first }}, {{ second }})
{%- endmacro %}

{% macro spark__euclidean_distance(first, second) -%}
    sqrt(aggregate(zip_with({{ first }}, {{ second }}, (a, b) -> (a - b) * (a - b)), 0D, (total, part) -> total + part))
{%- endmacro %}

{# Deviation score (偏差値): 50 at the mean, 10 for each standard deviation; null where nothing varies. #}
{% macro deviation_score(value, mean, spread) -%}
    case when {{ spread }} > 0 then 50 + 10 * (cast({{ value }} as double) - {{ mean }}) / {{ spread }} end
{%- endmacro %}

{# Percentile by the middle of the positions that equal values share: first of them to last of them, from below. #}
{% macro mid_rank_percentile(first_position, last_position, group_size) -%}
    50.0 * ({{ first_position }} + {{ last_position }} - 1) / {{ group_size }}
{%- endmacro %}

{# Whole days from one date to another: positive when `later` is later. #}
{% macro days_between(earlier, later) -%}
    {{ return(adapter.dispatch('days_between', 'mieruka')(earlier, later)) }}
{%- endmacro %}

{% macro default__days_between(earlier, later) -%}
    date_diff('day', {{ earlier }}, {{ later }})
{%- endmacro %}

{% macro spark__days_between(earlier, later) -%}
    datediff({{ later }}, {{ earlier }})
{%- endmacro %}

{# A date moved by whole days. #}
{% macro add_days(day, days) -%}
    {{ return(adapter.dispatch('add_days', 'mieruka')(day, days)) }}
{%- endmacro %}

{% macro default__add_days(day, days) -%}
    cast({{ day }} + ({{ days }}) * interval 1 day as date)
{%- endmacro %}

{% macro spark__add_days(day, days) -%}
    date_add({{ day }}, cast({{ days }} as int))
{%- endmacro %}

{# The day on which the verdicts are drawn. #}
{% macro run_date() -%}
    cast('{{ var("run_date") }}' as date)
{%- endmacro %}

{# The fiscal year (April to March) in which a day lies. #}
{% macro fiscal_year(day) -%}
    (year({{ day }}) - case when month({{ day }}) < 4 then 1 else 0 end)
{%- endmacro %}

{# Time from one day to another as a scheme counts it: days, or fiscal years. #}
{% macro time_span(earlier, later, scheme) -%}
    case
        when {{ scheme }} = 'integer_years' then {{ fiscal_year(later) }} - {{ fiscal_year(earlier) }}
        else {{ days_between(earlier, later) }}
    end
{%- endmacro %}

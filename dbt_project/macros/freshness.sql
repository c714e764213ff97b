{# The cadences of sources/_schema/vocabulary.yml: months or days between publications, and days of grace. #}
{% macro cadences() -%}
    (values
        ('daily', null, 1, 3),
        ('monthly', 1, null, 31),
        ('quarterly', 3, null, 45),
        ('yearly', 12, null, 90)
    ) as cadence (cadence, months, days, grace_days)
{%- endmacro %}

{# A day some months later; the last day of a month stays a last day. #}
{% macro months_after(day, months) -%}
    {{ return(adapter.dispatch('months_after', 'mieruka')(day, months)) }}
{%- endmacro %}

{% macro default__months_after(day, months) -%}
    case
        when {{ day }} = last_day({{ day }}) then last_day({{ day }} + to_months({{ months }}))
        else cast({{ day }} + to_months({{ months }}) as date)
    end
{%- endmacro %}

{% macro spark__months_after(day, months) -%}
    case
        when {{ day }} = last_day({{ day }}) then last_day(add_months({{ day }}, {{ months }}))
        else add_months({{ day }}, {{ months }})
    end
{%- endmacro %}

{# Fresh, due or overdue on the day of the run; unknown without an expected day, unless nothing more will come. #}
{% macro freshness_state(basis, expected_on, overdue_on) -%}
    case
        when {{ basis }} = 'once' then 'fresh'
        when {{ expected_on }} is null then 'unknown'
        when {{ run_date() }} < {{ expected_on }} then 'fresh'
        when {{ run_date() }} < {{ overdue_on }} then 'due'
        else 'overdue'
    end
{%- endmacro %}

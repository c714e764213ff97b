{# Replays: what stood on any day, for SQL users as table macros beside the tables (`from marts.kpi_progress_as_of('2017-12-31')`).
   Tools that cannot call them filter on evaluated_on and superseded_on. #}

{# Table macro `<model>_as_of(as_of_day)` over a query in which `on_day()` stands for the day asked for. #}
{% macro as_of_table(query) -%}
    {{ return(adapter.dispatch('as_of_table', 'mieruka')(query)) }}
{%- endmacro %}

{% macro default__as_of_table(query) -%}
    {#- Names without the database: the published file may be attached under any name. #}
    create or replace macro {{ this.schema }}.{{ this.identifier }}_as_of(as_of_day) as table
    {{ query | replace('"' ~ this.database ~ '".', '') }};
    comment on macro table {{ this.schema }}.{{ this.identifier }}_as_of is
    {{ sql_text(model.description ~ '（as_of_day の日までに知られたことだけによる再現。列は ' ~ this.identifier ~ ' と同じ）') }}
{%- endmacro %}

{# Spark has no table macros: its users filter on the two dates. #}
{% macro spark__as_of_table(query) -%}
    select 1
{%- endmacro %}

{# The day given to a table macro; text in ISO form is taken too. #}
{% macro on_day() -%}
    cast(as_of_day as date)
{%- endmacro %}

{# Does a row that stands from `evaluated_on` until `superseded_on` hold on a day? #}
{% macro holds_on(day) -%}
    evaluated_on <= {{ day }} and (superseded_on is null or superseded_on > {{ day }})
{%- endmacro %}

{# Is a row the newest vintage of its figure among those given? Vintages share series, body, day and kind;
   contradicting sources are not vintages. #}
{% macro is_newest_vintage() -%}
    row_number() over (
        partition by
            item_id, series_id, area_code, body_scope, statistic, source_id,
            case when observation_status in ('final', 'preliminary') then 'measured' else observation_status end,
            coalesce(cast(as_of_date as varchar), observation_id)
        order by
            case observation_status when 'final' then 1 else 2 end,
            known_on desc,
            enters_verdict desc,
            retrieved_at desc,
            observation_id
    ) = 1
{%- endmacro %}

{# The id of a figure: what it is about, where it stands and how it reads. #}
{% macro observation_id(figure) -%}
    md5(concat_ws(
        '|', {{ figure }}.source_id, {{ figure }}.item_id, coalesce({{ figure }}.series_id, ''), {{ figure }}.area_code,
        {{ figure }}.body_scope, {{ figure }}.statistic, coalesce(cast({{ figure }}.as_of_date as varchar), ''),
        {{ figure }}.observation_status, coalesce({{ figure }}.document_id, ''), coalesce({{ figure }}.raw_text, '')
    ))
{%- endmacro %}

{# From when a figure could be known: one without a release date from the day it describes, not before. #}
{% macro known_on(figure) -%}
    coalesce({{ figure }}.published_on, {{ figure }}.as_of_date)
{%- endmacro %}

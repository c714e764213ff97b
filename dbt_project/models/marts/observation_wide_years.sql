{{ config(materialized='view', contract={'enforced': false}, post_hook="{{ comment_on_years(this) }}") }}
-- One row a series and body, its fiscal years as columns; within a year the newest day stands.
with of_year as (

    select *
    from {{ ref('fct_observation') }} as figure
    where
        {{ is_measured('figure') }}
        and figure.fiscal_year between {{ wide_years() | first }} and {{ wide_years() | last }}
    qualify row_number() over (
        partition by item_id, series_id, area_code, body_scope, statistic, fiscal_year order by {{ newest_first() }}
    ) = 1

),

wide as (

    select
        item_id,
        series_id,
        area_code,
        body_scope,
        statistic,
        max(unit) as unit,
        {%- for year in wide_years() %}
        max(case when fiscal_year = {{ year }} then value end) as fy{{ year }},
        {%- endfor %}
        string_agg(
            case when value is null then fiscal_year || '=' || value_status end, '; ' order by fiscal_year
        ) as blanks
    from of_year
    group by item_id, series_id, area_code, body_scope, statistic

)

select
    wide.item_id,
    item.name_ja as item_name_ja,
    wide.series_id,
    wide.area_code,
    area.area_name_ja,
    area.area_type,
    area.prefecture_code,
    area.prefecture_name_ja,
    area.area_exists_today,
    wide.body_scope,
    wide.statistic,
    wide.unit,
    {%- for year in wide_years() %}
    wide.fy{{ year }},
    {%- endfor %}
    wide.blanks
from wide
left join {{ ref('dim_item') }} as item on wide.item_id = item.item_id
left join ({{ named_areas() }}) as area on wide.area_code = area.area_code

{{ config(materialized='view', contract={'enforced': false}) }}
-- The newest figure of each series and body, in its newest vintage; forecasts and claims are not among them.
with newest as (

    select *
    from {{ ref('fct_observation') }} as figure
    where {{ is_measured('figure') }} and figure.as_of_date is not null
    qualify row_number() over (partition by item_id, series_id, area_code, body_scope order by {{ newest_first() }}) = 1

)

select
    newest.item_id,
    item.name_ja as item_name_ja,
    item.name_en as item_name_en,
    newest.series_id,
    newest.area_code,
    area.area_name_ja,
    area.area_type,
    area.prefecture_code,
    area.prefecture_name_ja,
    area.area_exists_today,
    newest.body_scope,
    newest.statistic,
    newest.as_of_date,
    newest.fiscal_year,
    newest.value,
    newest.unit,
    newest.value_status,
    newest.observation_status,
    newest.conflict_group,
    newest.published_on,
    newest.source_id,
    source.title_ja as source_title_ja,
    newest.snapshot_sha256,
    newest.sheet,
    newest.cell,
    newest.citation_url,
    newest.observation_id
from newest
left join {{ ref('dim_item') }} as item on newest.item_id = item.item_id
left join {{ ref('dim_source') }} as source on newest.source_id = source.source_id
left join ({{ named_areas() }}) as area on newest.area_code = area.area_code

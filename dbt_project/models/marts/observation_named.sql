{{ config(materialized='view', contract={'enforced': false}) }}
{%- set existed = 'area_then.area_code is not null and figure.as_of_date < coalesce(area_then.valid_to, date \'9999-12-31\')' %}
-- Every figure with the names of its item, series, body and source beside their codes; the body as it was named on that day.
select
    figure.observation_id,
    figure.item_id,
    item.name_ja as item_name_ja,
    item.name_en as item_name_en,
    figure.series_id,
    series.definition_ja as series_definition_ja,
    figure.area_code,
    case when {{ existed }} then area_then.name_ja else area.area_name_ja end as area_name_ja,
    case when {{ existed }} then area_then.area_type else area.area_type end as area_type,
    area.prefecture_code,
    area.prefecture_name_ja,
    area.area_exists_today,
    figure.body_scope,
    figure.statistic,
    figure.as_of_date,
    figure.fiscal_year,
    figure.value,
    figure.unit,
    figure.value_status,
    figure.observation_status,
    figure.is_latest,
    figure.enters_verdict,
    figure.exclusion_reason,
    figure.conflict_group,
    figure.published_on,
    figure.known_on,
    figure.source_id,
    source.publisher_ja as source_publisher_ja,
    source.title_ja as source_title_ja,
    figure.snapshot_sha256,
    figure.sheet,
    figure.cell,
    figure.raw_text,
    figure.citation_url
from {{ ref('fct_observation') }} as figure
left join {{ ref('dim_item') }} as item on figure.item_id = item.item_id
left join {{ ref('dim_series') }} as series on figure.series_id = series.series_id
left join {{ ref('dim_source') }} as source on figure.source_id = source.source_id
left join ({{ named_areas() }}) as area on figure.area_code = area.area_code
asof left join {{ ref('dim_area') }} as area_then
    on figure.area_code = area_then.area_code and figure.as_of_date >= area_then.valid_from

{{ config(materialized='view', contract={'enforced': false}) }}
{# Without the database's name, so that the view works in a file attached under any alias. #}
-- What publishers changed: figures that a later file of the same source gives another value.
with figure as (

    select *
    from {{ ref('fct_observation') }}
    where as_of_date is not null and observation_status in ('final', 'preliminary')

)

select
    older.item_id,
    older.series_id,
    older.area_code,
    older.body_scope,
    older.statistic,
    older.as_of_date,
    older.value as old_value,
    newer.value as new_value,
    older.value_status as old_value_status,
    newer.value_status as new_value_status,
    older.citation_title_ja as old_document_ja,
    newer.citation_title_ja as new_document_ja,
    older.observation_id as old_observation_id,
    newer.observation_id as new_observation_id,
    newer.source_id
from figure as older
inner join figure as newer
    on
        older.item_id = newer.item_id
        and older.series_id = newer.series_id
        and older.area_code = newer.area_code
        and older.body_scope = newer.body_scope
        and older.statistic = newer.statistic
        and older.as_of_date = newer.as_of_date
        and older.source_id = newer.source_id
where
    newer.is_latest
    and not older.is_latest
    and (older.value is distinct from newer.value or older.value_status <> newer.value_status)

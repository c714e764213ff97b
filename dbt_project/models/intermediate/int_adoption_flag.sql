-- Which municipalities and prefectures take part in what, on which day: rebuilt from the days of sewerage businesses,
-- read from the lists behind a measure, or from the flags of any other survey.
select
    'public_enterprise_accounting_applied' as item_id,
    body.scope,
    body.area_code,
    body.as_of_date,
    cast(body.is_applied as integer) as is_adopted,
    'rebuilt_from_days' as basis
from {{ ref('int_sewerage_body') }} as body
union all
select
    item.item_id,
    'all_bodies' as scope,
    state.area_code,
    state.as_of_date,
    cast(state.is_adopted as integer) as is_adopted,
    'list' as basis
from {{ ref('int_adoption_state') }} as state
inner join {{ ref('int_adoption_item') }} as item on state.adoption_id = item.adoption_id and item.basis = 'flags'
where state.is_counted
union all
select
    figure.item_id,
    'all_bodies' as scope,
    figure.area_code,
    figure.as_of_date,
    cast(figure.value as integer) as is_adopted,
    'survey' as basis
from {{ ref('int_peer_figure') }} as figure
where
    figure.kind = 'BINARY'
    and figure.value in (0, 1)
    and figure.item_id not in (select item.item_id from {{ ref('int_adoption_item') }} as item)

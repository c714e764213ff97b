-- Whether each body had adopted on each day on which that was looked at, under the bodies of today; a body merged since
-- had adopted when all its predecessors had. A body that nothing is known of on a day has no row for it.
with flag as (

    select
        item.adoption_id,
        figure.area_code,
        figure.series_id,
        figure.as_of_date,
        figure.known_on,
        cast(figure.value as integer) as is_adopted
    from {{ ref('fct_observation') }} as figure
    inner join {{ ref('int_adoption_item') }} as item on figure.item_id = item.item_id and item.basis = 'flags'
    where
        figure.statistic = 'flag'
        and figure.is_latest
        and figure.enters_verdict
        and figure.value in (0, 1)
        and figure.as_of_date is not null

),

-- Lists of one definition only: that of the newest one.
list as (

    select
        adoption_id,
        as_of_date,
        series_id,
        max(known_on) as known_on
    from flag
    group by adoption_id, as_of_date, series_id

),

newest as (

    select
        adoption_id,
        max_by(series_id, as_of_date) as series_id
    from list
    group by adoption_id

),

comparable as (

    select list.*
    from list
    inner join newest on list.adoption_id = newest.adoption_id and list.series_id = newest.series_id

),

eligible as (

    select
        item.adoption_id,
        area.area_code,
        area.valid_from,
        area.valid_to,
        item.lists_all
    from {{ ref('int_adoption_item') }} as item
    inner join {{ ref('stg_area') }} as area
        on
            area.area_type in ('designated_city', 'core_city', 'special_city', 'special_ward', 'city', 'town', 'village')
            or (area.area_type = 'prefecture' and item.body_scope = 'all_local_governments')
    where item.basis = 'flags'

),

listed as (

    select
        comparable.adoption_id,
        eligible.area_code,
        comparable.as_of_date,
        comparable.known_on,
        coalesce(flag.is_adopted, case when eligible.lists_all then 0 end) as is_adopted
    from comparable
    inner join eligible
        on
            comparable.adoption_id = eligible.adoption_id
            and eligible.valid_from <= comparable.as_of_date
            and (eligible.valid_to is null or eligible.valid_to > comparable.as_of_date)
    left join flag
        on
            comparable.adoption_id = flag.adoption_id
            and comparable.series_id = flag.series_id
            and comparable.as_of_date = flag.as_of_date
            and eligible.area_code = flag.area_code

),

state as (

    select
        adoption_id,
        area_code,
        as_of_date,
        known_on,
        is_adopted,
        true as is_counted,
        false as rests_on_not_before
    from listed
    where is_adopted is not null
    union all
    -- The days come from a later yearbook; when each could be known is not said, so it is taken as its own day.
    select
        item.adoption_id,
        body.area_code,
        body.as_of_date,
        body.as_of_date as known_on,
        body.is_applied as is_adopted,
        body.body_scope = item.body_scope as is_counted,
        true as rests_on_not_before
    from {{ ref('int_sewerage_body') }} as body
    inner join {{ ref('int_adoption_item') }} as item on item.basis = 'sewerage_days'
    where body.scope = 'priority_sewerage' and body.body_scope is not null

)

select
    state.adoption_id,
    today.today_code as area_code,
    area.prefecture_code,
    state.as_of_date,
    max(state.known_on) as known_on,
    min(state.is_adopted) as is_adopted,
    bool_and(state.is_counted) as is_counted,
    bool_or(state.rests_on_not_before) as rests_on_not_before
from state
inner join {{ ref('int_area_today') }} as today on state.area_code = today.area_code
inner join {{ ref('stg_area') }} as area on today.today_code = area.area_code and area.valid_to is null
group by state.adoption_id, today.today_code, area.prefecture_code, state.as_of_date

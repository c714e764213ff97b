-- Adoption by bodies, prefecture by prefecture, from one day on which it was looked at to the next: how many could still
-- adopt, how many did, how many gave it up. Derived from rows of bodies, never official.
with day as (

    select
        adoption_id,
        as_of_date,
        -- An interval is known when all days up to its end are.
        max(max(known_on)) over (partition by adoption_id order by as_of_date) as known_on,
        lag(as_of_date) over (partition by adoption_id order by as_of_date) as since_date,
        bool_or(rests_on_not_before) as rests_on_not_before
    from {{ ref('int_adoption_state') }}
    group by adoption_id, as_of_date

),

-- A body counts in the interval when it was counted at its beginning and is known at its end.
change as (

    select
        now.adoption_id,
        now.prefecture_code,
        now.as_of_date,
        sum(1 - before.is_adopted) as at_risk,
        sum(case when before.is_adopted = 0 and now.is_adopted = 1 then 1 else 0 end) as newly_adopted,
        sum(case when before.is_adopted = 1 and now.is_adopted = 0 then 1 else 0 end) as given_up
    from {{ ref('int_adoption_state') }} as now
    inner join day on now.adoption_id = day.adoption_id and now.as_of_date = day.as_of_date
    inner join {{ ref('int_adoption_state') }} as before
        on
            now.adoption_id = before.adoption_id
            and now.area_code = before.area_code
            and day.since_date = before.as_of_date
    where before.is_counted
    group by now.adoption_id, now.prefecture_code, now.as_of_date

),

level as (

    select
        adoption_id,
        prefecture_code,
        as_of_date,
        count(*) as bodies,
        sum(is_adopted) as bodies_adopted
    from {{ ref('int_adoption_state') }}
    where is_counted
    group by adoption_id, prefecture_code, as_of_date

),

area as (

    select
        adoption_id,
        prefecture_code as area_code,
        as_of_date,
        coalesce(level.bodies, 0) as bodies,
        coalesce(level.bodies_adopted, 0) as bodies_adopted,
        change.at_risk,
        change.newly_adopted,
        change.given_up
    from level
    full join change using (adoption_id, prefecture_code, as_of_date)

),

summed as (

    select * from area
    union all
    select
        adoption_id,
        '{{ var("nation") }}' as area_code,
        as_of_date,
        sum(bodies) as bodies,
        sum(bodies_adopted) as bodies_adopted,
        sum(at_risk) as at_risk,
        sum(newly_adopted) as newly_adopted,
        sum(given_up) as given_up
    from area
    group by adoption_id, as_of_date

),

interval_of as (

    select
        summed.*,
        day.since_date,
        day.known_on,
        day.rests_on_not_before,
        {{ years_between('day.since_date', 'summed.as_of_date') }} as years,
        summed.newly_adopted / nullif(cast(summed.at_risk as double), 0) as hazard
    from summed
    inner join day on summed.adoption_id = day.adoption_id and summed.as_of_date = day.as_of_date

)

select
    adoption_id,
    area_code,
    as_of_date,
    since_date,
    years,
    cast(bodies as integer) as bodies,
    cast(bodies_adopted as integer) as bodies_adopted,
    cast(at_risk as integer) as at_risk,
    cast(newly_adopted as integer) as newly_adopted,
    cast(given_up as integer) as given_up,
    hazard,
    case
        when since_date is null then 'FIRST_DAY'
        when hazard is null then 'NONE_AT_RISK'
    end as hazard_reason,
    -- Kaplan-Meier: the share that had not adopted by then, of those that had not on the first day.
    case
        when min(1 - coalesce(hazard, 0)) over so_far = 0 then 0.0
        else exp(sum(ln(nullif(1 - coalesce(hazard, 0), 0))) over so_far)
    end as survivor_share,
    known_on,
    rests_on_not_before
from interval_of
window so_far as (partition by adoption_id, area_code order by as_of_date rows between unbounded preceding and current row)

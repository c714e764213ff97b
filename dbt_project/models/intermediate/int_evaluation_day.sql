-- Every day on which a verdict may change: something became known, a target was adopted, a deadline passed,
-- a figure went stale; and the day of the run. Between two such days a verdict is what it was on the first.
with area as (

    select measure_id, area_code from {{ ref('int_measure_figure') }}
    union
    select measure_id, '{{ var("nation") }}' as area_code from {{ ref('stg_measure') }}

),

target_day as (

    select measure_id, known_on as evaluated_on from {{ ref('stg_target') }}
    union
    select measure_id, baseline_date as evaluated_on from {{ ref('stg_target') }}
    union
    select measure_id, {{ add_days('baseline_date', var('stale_after_days') ~ ' + 1') }} as evaluated_on
    from {{ ref('stg_target') }}
    union
    select measure_id, {{ add_days('target_date', 1) }} as evaluated_on from {{ ref('stg_target') }}
    union
    select target.measure_id, plan.started_on as evaluated_on
    from {{ ref('stg_target') }} as target
    inner join {{ ref('stg_plan') }} as plan on target.plan_id = plan.plan_id
    where target.is_primary

),

first_day as (

    -- Before anything at all was known there is still a verdict: that nothing was known. All measures begin on one day,
    -- so that a KPI of several is never judged by some of them.
    select min(evaluated_on) as evaluated_on
    from (
        select known_on as evaluated_on from {{ ref('int_measure_figure') }}
        union all
        select evaluated_on from target_day
    ) as any_day

),

day as (

    select measure_id, area_code, known_on as evaluated_on from {{ ref('int_measure_figure') }}
    union
    select measure_id, area_code, {{ add_days('as_of_date', var('stale_after_days') ~ ' + 1') }} as evaluated_on
    from {{ ref('int_measure_figure') }}
    where enters_verdict
    union
    select area.measure_id, area.area_code, target_day.evaluated_on
    from area
    inner join target_day on area.measure_id = target_day.measure_id
    union
    select area.measure_id, area.area_code, first_day.evaluated_on
    from area
    cross join first_day
    where area.area_code = '{{ var("nation") }}'
    union
    select measure_id, area_code, {{ run_date() }} as evaluated_on from area

)

select measure_id, area_code, evaluated_on
from day
where evaluated_on is not null and evaluated_on <= {{ run_date() }}

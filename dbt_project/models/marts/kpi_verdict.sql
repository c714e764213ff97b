{{ config(post_hook="{{ as_of_table('select * from ' ~ this ~ ' where ' ~ holds_on(on_day())) }}") }}
-- A KPI of several measures: A only if all are A, B if any is B, else N if any is N, else F; the pace is the lowest.
-- Drawn on every day on which any of its measures changes; a measure that did not change is taken as it stood.
with measure_verdict as (

    select
        measure.kpi_id,
        progress.measure_id,
        progress.evaluated_on,
        progress.scheme,
        progress.status,
        progress.grade,
        progress.pace,
        coalesce(
            lead(progress.evaluated_on) over (
                partition by progress.measure_id, progress.scheme order by progress.evaluated_on
            ),
            date '9999-12-31'
        ) as superseded_on
    from {{ ref('kpi_progress') }} as progress
    inner join {{ ref('stg_measure') }} as measure on progress.measure_id = measure.measure_id
    -- A figure computed from others never gives the letter of a KPI.
    where progress.area_code = '{{ var("nation") }}' and progress.is_primary and progress.scheme <> 'derived'

),

day as (

    select distinct kpi_id, evaluated_on, scheme from measure_verdict

),

together as (

    select
        day.kpi_id,
        day.evaluated_on,
        day.scheme,
        verdict.status,
        verdict.grade,
        verdict.pace,
        case verdict.grade when 'B' then 1 when 'N' then 2 when 'F' then 3 else 4 end as weight
    from day
    inner join measure_verdict as verdict
        on
            day.kpi_id = verdict.kpi_id
            and day.scheme = verdict.scheme
            and verdict.evaluated_on <= day.evaluated_on
            and verdict.superseded_on > day.evaluated_on

),

ordered as (

    select
        *,
        row_number() over (
            partition by kpi_id, evaluated_on, scheme order by weight, coalesce(pace, 1e300), status
        ) as preference
    from together

)

select
    kpi_id,
    evaluated_on,
    scheme,
    -- The status of the measure that decides the letter: of those with that letter, the slowest.
    max(case when preference = 1 then status end) as status,
    max(case when preference = 1 then grade end) as grade,
    min(pace) as pace,
    cast(count(*) as integer) as measure_count,
    lead(evaluated_on) over (partition by kpi_id, scheme order by evaluated_on) as superseded_on
from ordered
group by kpi_id, evaluated_on, scheme

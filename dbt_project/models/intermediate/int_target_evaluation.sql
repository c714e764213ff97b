-- Each target version on each day for each body it applies to. A later version exists from its adoption;
-- the primary one is also used in replays of earlier days, and marked there. Where figures computed from others are
-- held of the target's own series, they are judged as a set of their own.
with figure_set as (

    select
        day.measure_id,
        day.area_code,
        day.evaluated_on,
        cast(null as varchar) as derived_series_id,
        'measured' as figure_set
    from {{ ref('int_evaluation_day') }} as day
    union all
    select distinct
        day.measure_id,
        day.area_code,
        day.evaluated_on,
        figure.series_id as derived_series_id,
        figure.figure_set
    from {{ ref('int_evaluation_day') }} as day
    inner join {{ ref('int_measure_figure') }} as figure
        on day.measure_id = figure.measure_id and day.area_code = figure.area_code
    where figure.figure_set = 'derived' and figure.enters_verdict and figure.known_on <= day.evaluated_on

)

select
    day.measure_id,
    day.area_code,
    day.evaluated_on,
    target.target_version,
    day.figure_set,
    target.is_primary,
    target.target_type,
    target.comparator,
    -- A printed baseline goes with its target into replays, but not to days before the one it describes.
    case when target.baseline_date <= day.evaluated_on then target.baseline_value end as printed_baseline_value,
    case when target.baseline_date <= day.evaluated_on then target.baseline_date end as printed_baseline_date,
    target.target_value,
    target.target_date,
    {{ attained_from('target.target_value', 'target.comparator', 'measure.unit') }} as attained_from,
    target.value_is_approximate,
    target.date_is_approximate,
    target.series_id,
    plan.started_on as plan_started_on,
    coalesce(target.adopted_on > day.evaluated_on, false) as target_adopted_later,
    coalesce(target.target_date < day.evaluated_on, false) as deadline_is_past,
    measure.direction,
    measure.unit,
    measure.is_non_decreasing,
    kpi.is_monitor_only
from figure_set as day
inner join {{ ref('stg_target') }} as target on day.measure_id = target.measure_id
inner join {{ ref('stg_plan') }} as plan on target.plan_id = plan.plan_id
inner join {{ ref('stg_measure') }} as measure on day.measure_id = measure.measure_id
inner join {{ ref('stg_kpi') }} as kpi on measure.kpi_id = kpi.kpi_id
where
    (target.is_primary or target.known_on <= day.evaluated_on)
    and (day.area_code = '{{ var("nation") }}' or target.applies_to = 'each_area')
    and (day.figure_set = 'measured' or day.derived_series_id = target.series_id)

-- The numbers of progress: how much of the gap is closed, in how much of the time, and at which pace.
-- A ratio needs a baseline before the deadline, a gap to close and a figure after the baseline; a pace also a period.
-- Schemes differ in how they count the time that has passed and the whole time there is:
--   default        days from the baseline to the figure, and from the baseline to the deadline;
--   roadmap_2017   days from the baseline to the figure, and from the start of the plan to the deadline (the plan's words);
--   integer_years  fiscal years instead of days;
--   derived        as default, on figures computed from others.
with scheme as (

    select *
    from (
        values
        ('default', 'measured'), ('roadmap_2017', 'measured'), ('integer_years', 'measured'), ('derived', 'derived')
    ) as scheme (scheme, figure_set)

),

reading as (

    select
        reading.*,
        scheme.scheme,
        case when scheme.scheme = 'roadmap_2017' then reading.plan_started_on else reading.baseline_date end
            as period_starts_on,
        -- A level to be kept is known before the plan runs; a first figure that happens to meet the target is no such level.
        coalesce(
            reading.target_value = reading.baseline_value and reading.baseline_basis in ('printed', 'before_plan'), false
        ) as is_maintain
    from {{ ref('int_evaluation_reading') }} as reading
    inner join scheme on reading.figure_set = scheme.figure_set

),

span as (

    select
        *,
        {{ time_span('baseline_date', 'as_of_date', 'scheme') }} as time_passed,
        {{ time_span('period_starts_on', 'target_date', 'scheme') }} as time_whole,
        {{ time_span('as_of_date', 'target_date', 'scheme') }} as time_left,
        case when scheme = 'integer_years' then 1.0 else 365.25 end as times_per_year
    from reading

),

usable as (

    select
        *,
        case
            when
                baseline_date is not null
                and target_value <> baseline_value
                and coalesce(baseline_date < target_date, true)
                then baseline_date
        end as ratio_baseline_date
    from span

),

share as (

    select
        *,
        case
            when ratio_baseline_date is not null and has_figure_after_baseline
                then {{ progress_share('value', 'baseline_value', 'target_value') }}
        end as progress,
        case
            when ratio_baseline_date is not null and has_figure_after_baseline
                then cast(time_passed as double) / cast(case when time_whole > 0 then time_whole end as double)
        end as elapsed,
        case when ratio_baseline_date is not null and has_figure_after_baseline then time_passed end as ratio_time_passed,
        case when ratio_baseline_date is not null and as_of_date < target_date then time_left end as ratio_time_left
    from usable

),

pace as (

    select
        *,
        progress / nullif(elapsed, 0) as pace,
        -- After the deadline the path has ended: it stays at the target.
        case
            when elapsed is not null
                then
                    cast(baseline_value as double)
                    + {{ difference('target_value', 'baseline_value') }} * least(elapsed, 1)
        end as path_value,
        {{ difference('target_value', 'value') }} / (nullif(ratio_time_left, 0) / times_per_year)
            as required_per_year,
        {{ difference('value', 'baseline_value') }} / (nullif(ratio_time_passed, 0) / times_per_year)
            as actual_per_year,
        {{ days_to_attainment('value', 'baseline_value', 'target_value', days_between('baseline_date', 'as_of_date')) }}
            as days_to_attainment
    from share

)

select
    *,
    nullif({{ direction_sign('direction') }}, 0) * (cast(value as double) - path_value) as gap_to_path,
    -- How many times faster it must go from now on than it went so far.
    required_per_year / nullif(actual_per_year, 0) as acceleration_factor,
    cast(baseline_value as double) + {{ difference('value', 'baseline_value') }} / nullif(elapsed, 0)
        as projected_value,
    case
        when progress > 0 and days_to_attainment <= 36525 then {{ add_days('baseline_date', 'days_to_attainment') }}
    end as projected_attainment_date,
    case
        when elapsed is null then null
        {%- for name, percent in [('ahead', 100), ('on_track', 95), ('behind', 60), ('far_behind', 0)] %}
        when {{ pace_at_least(percent, 'value', 'baseline_value', 'target_value', 'ratio_time_passed', 'time_whole') }}
            then '{{ name }}'
        {%- endfor %}
        else 'reversing'
    end as pace_status
from pace

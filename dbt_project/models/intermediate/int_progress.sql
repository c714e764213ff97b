-- The numbers of progress: how much of the gap is closed, in how much of the time, and at which pace.
-- A ratio needs a baseline before the deadline, a gap to close and a figure after the baseline.
with reading as (

    select
        *,
        -- A level to be kept is known before the plan runs; a first figure that happens to meet the target is no such level.
        coalesce(target_value = baseline_value and baseline_basis in ('printed', 'before_plan'), false) as is_maintain,
        case
            when
                baseline_date is not null
                and target_value <> baseline_value
                and coalesce(baseline_date < target_date, true)
                then baseline_date
        end as ratio_baseline_date
    from {{ ref('int_evaluation_reading') }}

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
                then {{ elapsed_share('as_of_date', 'baseline_date', 'target_date') }}
        end as elapsed,
        case
            when ratio_baseline_date is not null and has_figure_after_baseline
                then {{ days_between('baseline_date', 'as_of_date') }}
        end as days_elapsed,
        case
            when ratio_baseline_date is not null and as_of_date < target_date
                then {{ days_between('as_of_date', 'target_date') }}
        end as days_left
    from reading

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
                    + (cast(target_value as double) - cast(baseline_value as double)) * least(elapsed, 1)
        end as path_value
    from share

)

select
    *,
    {{ direction_sign('direction') }} * (cast(value as double) - path_value) as gap_to_path,
    (cast(target_value as double) - cast(value as double)) / (nullif(days_left, 0) / 365.25) as required_per_year,
    (cast(value as double) - cast(baseline_value as double)) / (nullif(days_elapsed, 0) / 365.25) as actual_per_year,
    cast(baseline_value as double) + (cast(value as double) - cast(baseline_value as double)) / nullif(elapsed, 0)
        as projected_value,
    case
        when progress > 0 and days_elapsed / progress < 36525
            then {{ add_days('baseline_date', 'cast(ceil(days_elapsed / progress) as integer)') }}
    end as projected_attainment_date,
    case
        {%- for name, percent in [('ahead', 100), ('on_track', 95), ('behind', 60), ('far_behind', 0)] %}
        when
            {{ pace_at_least(percent, 'value', 'as_of_date', 'baseline_value', 'baseline_date', 'target_value', 'target_date') }}
            then '{{ name }}'
        {%- endfor %}
        else 'reversing'
    end as pace_status
from pace

-- The numbers that published methods of judging progress are made of, for every target with a level and a deadline.
-- The figure judged is the newest one; after the deadline it is the deadline's value. Time is counted twice: in real
-- days, and in whole fiscal years as those methods do. A number that a method does not define is null.
with input as (

    select
        measure_id,
        area_code,
        evaluated_on,
        target_version,
        case scheme when 'integer_years' then 'fiscal_years' else 'days' end as time_basis,
        comparator,
        unit,
        {{ direction_sign('direction') }} as direction_sign,
        cast(baseline_value as double) as y0,
        cast(case when deadline_is_past then deadline_value else value end as double) as yi,
        cast(target_value as double) as yt,
        case when deadline_is_past then deadline_as_of_date else as_of_date end as figure_date,
        baseline_date,
        target_date,
        deadline_is_past,
        case when deadline_is_past then deadline_is_met else is_met end as is_met,
        has_figure_after_baseline,
        attained_from,
        baseline_value,
        target_value,
        case when deadline_is_past then deadline_value else value end as figure_value,
        time_whole,
        {{ time_span('baseline_date', 'case when deadline_is_past then deadline_as_of_date else as_of_date end', 'scheme') }}
            as time_passed,
        time_whole / times_per_year as years_whole,
        times_per_year
    from {{ ref('int_progress') }}
    where
        scheme in ('default', 'integer_years')
        and target_type not in ('none', 'not_set', 'direction_only')
        and target_date is not null
        and not is_monitor_only

),

judged as (

    select
        *,
        time_passed / times_per_year as years_passed,
        case
            when direction_sign = 0 then 'NO_DIRECTION'
            when baseline_date is null then 'NO_BASELINE'
            when deadline_is_past and yi is null then 'NO_DEADLINE_VALUE'
            when not has_figure_after_baseline or figure_date <= baseline_date then 'BASELINE_ONLY'
            -- Also where the baseline is beyond the target already: closing that gap would be going back.
            when direction_sign * (yt - y0) <= 0 then 'NO_GAP'
            when baseline_date >= target_date or time_whole <= 0 then 'NO_PERIOD'
            when time_passed <= 0 then 'SAME_FISCAL_YEAR'
        end as input_reason
    from input

),

growth as (

    select
        *,
        -- Growth rates exist between values of one sign only; nothing is put in the place of a zero.
        input_reason is null and yi / nullif(y0, 0) > 0 as has_actual_growth,
        input_reason is null and yt / nullif(y0, 0) > 0 as has_required_growth
    from judged

),

rate as (

    select
        *,
        {{ finite('power(case when has_actual_growth then yi / y0 end, 1 / years_passed) - 1') }} as growth_actual,
        {{ finite('power(case when has_required_growth then yt / y0 end, 1 / years_whole) - 1') }} as growth_required,
        case when input_reason is null then {{ progress_share('figure_value', 'baseline_value', 'target_value') }} end as progress,
        case when input_reason is null then cast(time_passed as double) / time_whole end as elapsed,
        case when input_reason is null then {{ difference('figure_value', 'baseline_value') }} / years_passed end as change_actual,
        case when input_reason is null then {{ difference('target_value', 'baseline_value') }} / years_whole end as change_required
    from growth

)

select
    measure_id,
    area_code,
    evaluated_on,
    target_version,
    time_basis,
    input_reason,
    is_met,
    comparator,
    unit,
    direction_sign,
    y0,
    yi,
    yt,
    growth_actual,
    growth_required,
    change_actual,
    change_required,
    progress,
    elapsed,
    progress / elapsed as pace,
    case
        when input_reason is null
            then
                case
                    {%- for name, percent in [('ahead', 100), ('on_track', 95), ('behind', 60), ('far_behind', 0)] %}
                    when {{ pace_at_least(percent, 'figure_value', 'baseline_value', 'target_value', 'time_passed', 'time_whole') }}
                        then '{{ name }}'
                    {%- endfor %}
                    else 'reversing'
                end
    end as pace_status,
    -- The cuts of other methods, as exact as those above.
    {%- for name, percent, operator in [('is_pace_above_95', 95, '>'), ('is_pace_80', 80, '>='), ('is_pace_50', 50, '>=')] %}
    case
        when input_reason is null
            then {{ pace_at_least(percent, 'figure_value', 'baseline_value', 'target_value', 'time_passed', 'time_whole', operator) }}
    end as {{ name }},
    {%- endfor %}
    -- Signed so that growth in the desired direction is positive, also between negative values.
    case when y0 < 0 then -1 else 1 end * direction_sign * growth_actual / nullif(abs(growth_required), 0) as growth_ratio,
    -- The value at the target date if growth goes on, as a share of the gap.
    {{ finite(
        '(yi * power(1 + growth_actual, years_whole - years_passed) - y0) / ' ~ difference('target_value', 'baseline_value')
    ) }} as growth_gap_share
from rate

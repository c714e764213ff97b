{{ config(post_hook="{{ as_of_table('select * from ' ~ this ~ ' where ' ~ holds_on(on_day())) }}") }}
-- The decision table: the first condition that holds gives the status, its letter and its reason.
with judged as (

    select
        *,
        case
            when is_monitor_only then 'monitor_only'
            when target_type = 'none' then 'no_target'
            when target_type = 'not_set' then 'target_pending'
            when target_type = 'direction_only'
                then
                    case
                        when as_of_date is null then 'no_data'
                        when not has_figure_after_baseline or baseline_date is null then 'baseline_only'
                        when (value - baseline_value) * {{ direction_sign('direction') }} > 0 then 'improving'
                        when value = baseline_value then 'flat'
                        else 'worsening'
                    end
            when target_date is null then 'deadline_pending'
            when as_of_date is null and has_figures_of_other_series then 'not_comparable'
            when as_of_date is null then 'no_data'
            when is_maintain
                then
                    case
                        when deadline_is_past and deadline_value is null then 'overdue_no_final_data'
                        when case when deadline_is_past then deadline_is_met else is_met end then 'maintained'
                        else 'slipped'
                    end
            when not deadline_is_past
                then
                    case
                        when is_met then 'achieved'
                        when not has_figure_after_baseline then 'baseline_only'
                        when is_met_earlier then 'slipped'
                        else coalesce(pace_status, 'baseline_only')
                    end
            when deadline_is_met then case when is_below_later then 'achieved_then_slipped' else 'achieved' end
            when deadline_value is not null then case when is_met_later then 'achieved_late' else 'missed' end
            when last_before_deadline_is_met and not is_below_later then 'achieved'
            when not last_before_deadline_is_met and is_met_later
                -- Without grace the figure's own day is taken as the day of attainment.
                then {% if var('deadline_grace_days') == 0 %}'achieved_late'{% else %}'achieved_date_unknown'{% endif %}
            when is_short_later and is_non_decreasing then 'missed'
            else 'overdue_no_final_data'
        end as status
    from {{ ref('int_progress') }}

),

lettered as (

    select
        *,
        case
            when status in ('monitor_only', 'no_target', 'target_pending') then 'F'
            when status in ('improving', 'maintained', 'achieved', 'achieved_then_slipped', 'ahead') then 'A'
            when
                status in (
                    'flat', 'worsening', 'slipped', 'on_track', 'behind', 'far_behind', 'reversing', 'missed', 'achieved_late'
                )
                then 'B'
            else 'N'
        end as grade,
        case
            when status = 'monitor_only' then 'MONITOR_ONLY'
            when status = 'no_target' then 'NO_TARGET'
            when status = 'target_pending' then 'TARGET_PENDING'
            when target_type = 'direction_only' then 'DIRECTION'
            when status = 'deadline_pending' then 'DEADLINE_PENDING'
            when status = 'not_comparable' then 'SERIES_BREAK'
            when status = 'no_data' then 'NO_DATA'
            when status = 'maintained' then 'MAINTAINED'
            when status = 'slipped' then 'SLIPPED'
            when status = 'baseline_only' and has_figure_after_baseline then 'NO_BASELINE'
            when status = 'baseline_only' then 'BASELINE_ONLY'
            when status in ('ahead', 'on_track', 'behind', 'far_behind', 'reversing') then 'PACE'
            when status = 'achieved' and not deadline_is_past then 'MET_EARLY'
            when status in ('achieved', 'achieved_then_slipped') and deadline_value is not null then 'MET_AT_DEADLINE'
            when status = 'achieved' then 'MET_BEFORE_DEADLINE'
            when status = 'achieved_date_unknown' then 'DEADLINE_BRACKETED'
            when status = 'missed' and deadline_value is null then 'MISSED_LATER'
            when status in ('missed', 'achieved_late') then 'MISSED'
            else 'NO_DEADLINE_VALUE'
        end as reason_code,
        coalesce(
            case when deadline_is_past and deadline_value is not null then deadline_is_preliminary else latest_is_preliminary end,
            false
        ) as is_provisional,
        coalesce({{ days_between('as_of_date', 'evaluated_on') }} > {{ var('stale_after_days') }}, false) as is_stale,
        rests_on_not_before and evaluated_on < {{ run_date() }} as replay_is_optimistic
    from judged

),

compared as (

    select
        *,
        lead(evaluated_on) over (
            partition by measure_id, area_code, target_version, scheme order by evaluated_on
        ) as superseded_on,
        max(case when scheme = 'default' then grade end) over (
            partition by measure_id, area_code, evaluated_on, target_version
        ) as default_grade
    from lettered

)

select
    measure_id,
    area_code,
    evaluated_on,
    target_version,
    scheme,
    observation_id,
    as_of_date,
    cast(value as decimal(38, 10)) as value,
    progress,
    elapsed,
    pace,
    path_value,
    gap_to_path,
    required_per_year,
    actual_per_year,
    acceleration_factor,
    projected_value,
    projected_attainment_date,
    status,
    grade,
    reason_code,
    replay_is_optimistic,
    is_primary,
    is_provisional,
    is_stale,
    target_adopted_later,
    {{ compact_list([
        "case when is_provisional then 'PROVISIONAL' end",
        "case when is_stale then 'STALE' end",
        "case when target_adopted_later then 'TARGET_ADOPTED_LATER' end",
        "case when baseline_basis = 'none' and target_value is not null then 'NO_BASELINE' end",
        "case when value_is_approximate then 'TARGET_APPROXIMATE' end",
        "case when date_is_approximate then 'DEADLINE_APPROXIMATE' end",
        "case when replay_is_optimistic then 'REPLAY_OPTIMISTIC' end",
        "case when grade <> default_grade then 'DIFFERS_FROM_DEFAULT' end",
    ]) }} as flags,
    cast(baseline_value as decimal(38, 10)) as baseline_value,
    baseline_date,
    baseline_basis,
    baseline_observation_id,
    cast(target_value as decimal(38, 10)) as target_value,
    target_date,
    comparator,
    cast(deadline_value as decimal(38, 10)) as deadline_value,
    deadline_as_of_date,
    deadline_observation_id,
    case
        when ratio_baseline_date is not null and deadline_value is not null
            then {{ progress_share('deadline_value', 'baseline_value', 'target_value') }}
    end as progress_at_deadline,
    first_met_date,
    superseded_on
from compared

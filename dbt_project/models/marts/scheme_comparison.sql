-- Published methods side by side on the same figures. Each has its own number, its own classes and its own idea of
-- being on track; where that differs from the graded linear scheme or from the plan's letter, the row says so.
{%- set schemes = [
    ('linear_graded', 'pace', 'null', 'null', "case when is_met then 'achieved' else pace_status end",
        "is_met or pace_status in ('ahead', 'on_track')"),
    ('statcan', 'growth_ratio', 'statcan_score', 'case when not is_met then growth_reason end',
        "case when is_met then 'target_achieved' when growth_ratio >= 0.95 then 'on_track'
            when growth_ratio >= 0.6 then 'moderate' when growth_ratio >= 0 then 'limited' else 'deterioration' end",
        "is_met or growth_ratio >= 0.95"),
    ('eurostat', 'growth_ratio', 'null', 'growth_reason',
        "case when growth_ratio >= 0.95 then 'significant_progress' when growth_ratio >= 0.6 then 'moderate_progress'
            when growth_ratio >= 0 then 'insufficient_progress' else 'movement_away' end",
        "growth_ratio >= 0.95"),
    ('unsd_2024', 'growth_gap_share', 'null',
        "case when growth_gap_share is null and not (is_met or is_near_limit) then 'CAGR_UNDEFINED_NONPOSITIVE' end",
        "case when is_met or is_near_limit or growth_gap_share >= 0.95 then 'met_or_on_track'
            when growth_gap_share >= 0.1 then 'progress_too_slow' else 'stagnation_or_regression' end",
        "is_met or is_near_limit or growth_gap_share >= 0.95"),
    ('unsd_2022', 'growth_ratio', 'null', 'growth_reason',
        "case when growth_ratio >= 0.95 then 'on_track' when growth_ratio >= 0.5 then 'fair_progress'
            when growth_ratio >= -0.1 then 'limited_or_no_progress' else 'deterioration' end",
        "growth_ratio >= 0.95"),
    ('sdsn', 'change_actual / change_required', 'null', 'null',
        "case when is_met or pace_status = 'ahead' then 'on_track_or_maintaining'
            when is_pace_50 then 'moderately_improving'
            when pace_status = 'reversing' then 'decreasing' else 'stagnating' end",
        "is_met or pace_status = 'ahead'"),
    ('destatis', '1 - pace', 'null', 'null',
        "case when is_met or is_pace_above_95 then 'sun' when is_pace_80 then 'slightly_cloudy'
            when pace_status = 'reversing' then 'thunderstorm' else 'cloudy' end",
        "is_met or is_pace_above_95"),
    ('escap', 'current_status_index', 'anticipated_gap', 'null',
        "case when is_met or anticipated_gap = 0 then 'maintain' when progress < 0 then 'reverse' else 'accelerate' end",
        "is_met or anticipated_gap = 0"),
    ('tama', 'pace', 'null', 'null',
        "case when pace_status = 'ahead' then 'steady' when pace_status in ('on_track', 'behind') then 'fair'
            else 'needs_improvement' end",
        "pace_status = 'ahead'"),
    ('naive_ratio', 'yi / nullif(yt, 0)', 'null', "'NOT_A_VERDICT'", 'null', 'null'),
] %}
with number as (

    select
        *,
        coalesce(unit = '%' and yt in (0, 100) and abs(yi - yt) <= 1, false) as is_near_limit,
        case when growth_ratio is null then 'CAGR_UNDEFINED_NONPOSITIVE' end as growth_reason,
        case
            when growth_ratio >= 0.6 then least(5, 7.1429 * growth_ratio - 4.2857)
            when growth_ratio < 0.6 then greatest(-5, 4.1667 * growth_ratio - 2.5)
        end as statcan_score,
        case
            when comparator = '=' then 10 - 10 * abs(1 - progress)
            else 10 * progress
        end as current_status_index,
        case
            when is_met or pace_status = 'ahead' then 0.0
            else 100 * (1 - pace)
        end as anticipated_gap
    from {{ ref('int_scheme_number') }}

),

method as (

    {%- for name, ratio, score, reason, class, on_track in schemes %}
    select
        measure_id,
        area_code,
        evaluated_on,
        target_version,
        '{{ name }}' as scheme,
        time_basis,
        case when input_reason is null then {{ ratio }} end as ratio,
        cast(case when input_reason is null then {{ score }} end as double) as score,
        cast(case when coalesce(input_reason, {{ reason }}) is null then {{ class }} end as varchar) as class,
        cast(case when coalesce(input_reason, {{ reason }}) is null then {{ on_track }} end as boolean) as is_on_track,
        cast(coalesce(input_reason, {{ reason }}) as varchar) as reason_code,
        growth_actual,
        growth_required,
        change_actual,
        change_required
    from number
    {{ "union all" if not loop.last }}
    {%- endfor %}

)

select
    method.*,
    method.is_on_track <> graded.is_on_track as differs_from_graded,
    case when letter.grade in ('A', 'B') then method.is_on_track <> (letter.grade = 'A') end as differs_from_letter
from method
inner join method as graded
    on
        method.measure_id = graded.measure_id
        and method.area_code = graded.area_code
        and method.evaluated_on = graded.evaluated_on
        and method.target_version = graded.target_version
        and method.time_basis = graded.time_basis
        and graded.scheme = 'linear_graded'
inner join {{ ref('kpi_progress') }} as letter
    on
        method.measure_id = letter.measure_id
        and method.area_code = letter.area_code
        and method.evaluated_on = letter.evaluated_on
        and method.target_version = letter.target_version
        and letter.scheme = 'default'

-- How each measure has moved, target or not: change, growth and its class by four published methods, slopes, and the
-- exact Mann-Kendall test. Good or bad is said only of a measure that has a direction.
with change as (

    select
        summary.*,
        slope.has_ties,
        slope.kendall_s,
        slope.kendall_variance,
        slope.kendall_z,
        slope.kendall_p,
        slope.theil_sen_slope,
        slope.theil_sen_low,
        slope.theil_sen_high,
        slope.siegel_slope,
        {{ direction_sign('summary.direction') }} as direction_sign,
        summary.last_value - summary.first_value as change,
        case
            when summary.points < 2 then 'TOO_FEW_POINTS'
            when summary.span_years = 0 then 'NO_TIME_SPAN'
        end as change_reason
    from {{ ref('int_trend_summary') }} as summary
    left join {{ ref('int_trend_slope') }} as slope using (measure_id, area_code, evaluated_on, target_version)

),

growth as (

    select
        *,
        case
            when change_reason is not null then change_reason
            when first_value = 0 or last_value = 0 then 'CAGR_UNDEFINED_NONPOSITIVE'
            when sign(first_value) <> sign(last_value) then 'SIGN_CHANGE'
        end as growth_reason,
        case
            when change_reason is not null then change_reason
            when limit_value is null then 'NO_LIMIT'
            when direction_sign = 0 then 'NO_DIRECTION'
            when first_value = limit_value then 'AT_LIMIT'
            when direction_sign * (limit_value - first_value) < 0 or direction_sign * (limit_value - last_value) < 0
                then 'BEYOND_LIMIT'
        end as gap_closing_reason
    from change

),

rated as (

    select
        *,
        -- Rounded to the twelfth digit, where doubles end, so that growth of exactly a cut lies on it.
        case when growth_reason is null then round(power(last_value / first_value, 1 / span_years) - 1, 12) end as cagr,
        coalesce(growth_reason, case when direction_sign = 0 then 'NO_DIRECTION' end) as class_reason,
        case
            when limit_value <> 0 and first_value is not null then {{ limit_factor('first_value', 'limit_value') }}
        end as limit_factor
    from growth

),

directed as (

    select
        *,
        case when class_reason is null then sign(first_value) * direction_sign * cagr end as relative_growth,
        coalesce(limit_factor, 1) as cut_factor
    from rated

)

select
    measure_id,
    area_code,
    evaluated_on,
    target_version,
    cast(points as integer) as points,
    first_date,
    first_value,
    last_date,
    last_value,
    change,
    case when change_reason is null then change / span_years end as change_per_year,
    change_reason,
    cagr,
    growth_reason,
    relative_growth,
    limit_value,
    limit_factor,
    case
        when relative_growth >= 0.015 * cut_factor then 'substantial_progress'
        when relative_growth >= 0.005 * cut_factor then 'moderate_progress'
        when relative_growth >= 0 then 'limited_progress'
        when relative_growth < 0 then 'deterioration'
    end as statcan_class,
    -- The published score runs from -5 to 5: it ends there by definition.
    cast(case
        when relative_growth < 0 then greatest(125 * relative_growth - 2.5, -5)
        when cut_factor = 0 and relative_growth >= 0 then 5
        when relative_growth >= 0.015 * cut_factor then least(500 * relative_growth / cut_factor - 5, 5)
        when relative_growth >= 0.005 * cut_factor then 250 * relative_growth / cut_factor - 1.25
        when relative_growth >= 0 then 500 * relative_growth / cut_factor - 2.5
    end as double) as statcan_score,
    case
        when relative_growth >= 0.01 then 'significant_progress'
        when relative_growth >= 0 then 'moderate_progress'
        when relative_growth > -0.01 then 'moderate_movement_away'
        when relative_growth <= -0.01 then 'significant_movement_away'
    end as eurostat_class,
    case
        when relative_growth >= 0.02 then 'on_track'
        when relative_growth >= 0.005 then 'fair_progress'
        when relative_growth < 0.005 then 'limited_or_no_progress'
    end as unsd_class,
    case
        when relative_growth > 0.05 then 'clear_improvement'
        when relative_growth > 0.01 then 'slight_improvement'
        when relative_growth > -0.01 then 'stable'
        when relative_growth > -0.05 then 'slight_worsening'
        when relative_growth <= -0.05 then 'clear_worsening'
    end as astat_class,
    class_reason,
    case
        when gap_closing_reason is null
            then 1 - power((limit_value - last_value) / (limit_value - first_value), 1 / span_years)
    end as gap_closing_rate,
    gap_closing_reason,
    case when points >= 3 then theil_sen_slope end as theil_sen_slope,
    case when points >= 3 then theil_sen_low end as theil_sen_low,
    case when points >= 3 then theil_sen_high end as theil_sen_high,
    case when points >= 3 then siegel_slope end as siegel_slope,
    case
        when points < 3 then 'TOO_FEW_POINTS'
        when span_years = 0 then 'NO_TIME_SPAN'
    end as slope_reason,
    kendall_s,
    kendall_variance,
    kendall_z,
    case when points >= 4 then kendall_p end as kendall_p,
    case
        when points < 4 then 'TOO_FEW_POINTS'
        when has_ties then 'TIES'
        when points > {{ var('kendall_exact_up_to') }} then 'TOO_MANY_POINTS'
    end as kendall_reason,
    case
        when points < 2 then null
        when lowest_value = highest_value then 'unchanged'
        when points <= 4 and kendall_s = points * (points - 1) / 2 then 'monotone_increasing'
        when points <= 4 and kendall_s = -points * (points - 1) / 2 then 'monotone_decreasing'
        when points <= 4 then 'not_monotone'
        when kendall_p is null then 'undetermined'
        when kendall_p >= 0.05 then 'no_trend'
        when kendall_s > 0 then 'increasing'
        else 'decreasing'
    end as trend,
    case
        when points < 2 and has_figures_of_other_series and points = 0 then 'SERIES_BREAK'
        when points < 2 then 'TOO_FEW_POINTS'
    end as reason_code,
    replay_is_optimistic
from directed

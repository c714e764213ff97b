-- The curves that each number of points allows, for every target with a level before its deadline. A curve is a straight
-- line on its scale (identity, log, logit, or log of the gap that is left to the limit), in years from the first point.
{%- set keys = 'measure_id, area_code, evaluated_on, target_version' %}
with model as (

    select *
    from (
        values
        ('flat', 'identity', 2, 2, 1),
        ('two_point', 'identity', 2, 1000000, 2),
        ('gap_closing', 'gap', 2, 1000000, 3),
        ('theil_sen', 'identity', 3, 1000000, 4),
        ('ols', 'identity', 3, 1000000, 5),
        ('log_line', 'log', 5, 1000000, 6),
        ('logit', 'logit', 5, 1000000, 7),
        ('wls_half_life', 'identity', 5, 1000000, 8)
    ) as model (model, scale, least_points, most_points, model_order)

),

trend as (

    select
        *,
        {{ years_between('first_date', 'target_date') }} as target_years,
        {{ direction_sign('direction') }} as direction_sign,
        {{ meets('last_value', 'comparator', 'target_value') }} as is_met,
        case
            when deadline_is_past then 'DEADLINE_PAST'
            when series_has_ended or (points = 0 and has_figures_of_other_series) then 'SERIES_BREAK'
            when last_date >= target_date then 'DEADLINE_OBSERVED'
            when points < 2 then 'TOO_FEW_POINTS'
            when span_years = 0 then 'NO_TIME_SPAN'
        end as refusal
    from {{ ref('int_trend_summary') }}
    where target_value is not null

),

curve as (

    select
        trend.*,
        model.model,
        model.scale,
        model.model_order,
        slope.theil_sen_slope,
        slope.theil_sen_intercept,
        fit.slope_per_year as fit_slope,
        fit.intercept as fit_intercept,
        fit.mean_years,
        fit.sxx,
        fit.residual_s,
        fit.aicc,
        coalesce(fit.is_perfect, false) as is_perfect,
        case
            when model.model = 'gap_closing'
                then
                    case
                        when trend.limit_value is null then 'NO_LIMIT'
                        when trend.direction_sign = 0 then 'NO_DIRECTION'
                        when trend.first_value = trend.limit_value or trend.last_value = trend.limit_value then 'AT_LIMIT'
                        when
                            trend.direction_sign * (trend.limit_value - trend.first_value) < 0
                            or trend.direction_sign * (trend.limit_value - trend.last_value) < 0
                            then 'BEYOND_LIMIT'
                    end
            when model.model = 'log_line' and fit.model is null then 'NONPOSITIVE_VALUE'
            when model.model = 'logit' and trend.limit_value is null then 'NO_LIMIT'
            when model.model = 'logit' and fit.model is null then 'NOT_INSIDE_LIMIT'
        end as model_reason
    from trend
    inner join model on trend.points between model.least_points and model.most_points
    left join {{ ref('int_trend_slope') }} as slope using ({{ keys }})
    left join {{ ref('int_projection_fit') }} as fit using ({{ keys }}, model)
    where trend.refusal is null

),

line as (

    select
        *,
        case
            when model_reason is not null then null
            when model = 'flat' then 0.0
            when model = 'two_point' then (last_value - first_value) / span_years
            when model = 'gap_closing'
                then ln((limit_value - last_value) / (limit_value - first_value)) / span_years
            when model = 'theil_sen' then theil_sen_slope
            else fit_slope
        end as slope_per_year,
        case
            when model_reason is not null then null
            when model = 'flat' then last_value
            when model = 'two_point' then first_value
            when model = 'gap_closing' then ln(abs(limit_value - first_value))
            when model = 'theil_sen' then theil_sen_intercept
            else fit_intercept
        end as intercept,
        -- The target on the scale of the curve; null where the scale does not hold it.
        case
            when scale = 'identity' then cast(target_value as double)
            when scale = 'log' and target_value > 0 then ln(cast(target_value as double))
            when scale = 'logit' and target_value > 0 and target_value < limit_value
                then ln(target_value / (limit_value - target_value))
            when scale = 'gap' and direction_sign * (limit_value - target_value) > 0
                then ln(abs(limit_value - target_value))
        end as scaled_target
    from curve

)

select
    {{ keys }},
    points,
    first_date,
    last_date,
    last_value,
    span_years,
    comparator,
    direction_sign,
    target_value,
    target_date,
    target_years,
    limit_value,
    is_met,
    replay_is_optimistic,
    cast(null as varchar) as refusal,
    model,
    scale,
    model_order,
    model_reason,
    slope_per_year,
    intercept,
    scaled_target,
    mean_years,
    sxx,
    residual_s,
    aicc,
    is_perfect,
    intercept + slope_per_year * target_years as scaled_projection
from line
union all
-- Where nothing may be projected, one row says why.
select
    {{ keys }},
    points,
    first_date,
    last_date,
    last_value,
    span_years,
    comparator,
    direction_sign,
    target_value,
    target_date,
    null as target_years,
    limit_value,
    is_met,
    replay_is_optimistic,
    refusal,
    'none' as model,
    null as scale,
    0 as model_order,
    refusal as model_reason,
    null as slope_per_year,
    null as intercept,
    null as scaled_target,
    null as mean_years,
    null as sxx,
    null as residual_s,
    null as aicc,
    false as is_perfect,
    null as scaled_projection
from trend
where refusal is not null

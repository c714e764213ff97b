-- Straight lines by least squares on four scales, for every target with a level: the values (ols), their logarithm
-- (log_line), the logit of their share of a fixed limit (logit), and the values with newer ones weighing more
-- (wls_half_life). Likelihoods are of the values themselves, so that the scales can be compared by AICc.
{%- set keys = 'measure_id, area_code, evaluated_on, target_version' %}
{%- set group = 'measure_id, area_code, evaluated_on, target_version, model' %}
with point as (

    select
        {{ keys }},
        point.place,
        point.years,
        point.value,
        summary.span_years,
        summary.limit_value,
        summary.lowest_value > 0 as is_positive,
        coalesce(summary.lowest_value > 0 and summary.highest_value < summary.limit_value, false) as is_inside_limit
    from {{ ref('int_trend_point') }} as point
    inner join {{ ref('int_trend_summary') }} as summary using ({{ keys }})
    where summary.points >= 3 and summary.target_value is not null and not summary.deadline_is_past

),

-- `scaled` is the value on the model's scale, `stretch` the logarithm of how much that scale stretches there.
scaled as (

    select {{ keys }}, place, years, 'ols' as model, value as scaled, 1.0 as weight, 0.0 as stretch
    from point
    union all
    select {{ keys }}, place, years, 'log_line' as model, ln(value) as scaled, 1.0 as weight, -ln(value) as stretch
    from point
    where is_positive
    union all
    select
        {{ keys }},
        place,
        years,
        'logit' as model,
        ln(value / (limit_value - value)) as scaled,
        1.0 as weight,
        ln(limit_value / (value * (limit_value - value))) as stretch
    from point
    where is_inside_limit
    union all
    select
        {{ keys }},
        place,
        years,
        'wls_half_life' as model,
        value as scaled,
        power(2.0, (years - span_years) / {{ var('projection_half_life_years') }}) as weight,
        0.0 as stretch
    from point

),

mean as (

    select
        {{ group }},
        cast(count(*) as integer) as points,
        {{ ordered_sum('weight * years', 'place') }} / {{ ordered_sum('weight', 'place') }} as mean_years,
        {{ ordered_sum('weight * scaled', 'place') }} / {{ ordered_sum('weight', 'place') }} as mean_scaled,
        {{ ordered_sum('scaled * scaled', 'place') }} as square_sum,
        {{ ordered_sum('stretch', 'place') }} as stretch
    from scaled
    group by {{ group }}

),

slope as (

    select
        {{ group }},
        {{ ordered_sum('weight * (years - mean_years) * (years - mean_years)', 'place') }} as sxx,
        {{ ordered_sum('weight * (years - mean_years) * (scaled - mean_scaled)', 'place') }} as sxy
    from scaled
    inner join mean using ({{ group }})
    group by {{ group }}

),

line as (

    select
        mean.*,
        slope.sxx,
        slope.sxy / nullif(slope.sxx, 0) as slope_per_year
    from mean
    inner join slope using ({{ group }})

),

residual as (

    select
        {{ group }},
        {{ ordered_sum(
            'weight * power(scaled - mean_scaled - slope_per_year * (years - mean_years), 2)', 'place'
        ) }} as residual_square_sum
    from scaled
    inner join line using ({{ group }})
    group by {{ group }}

),

fit as (

    select
        line.*,
        -- What is left at the sixteenth digit is the rounding of doubles: the points lie on the line.
        case
            when residual.residual_square_sum <= 1e-28 * line.square_sum then 0.0
            else residual.residual_square_sum
        end as residual_square_sum
    from line
    inner join residual using ({{ group }})

)

select
    {{ group }},
    points,
    mean_years,
    mean_scaled,
    sxx,
    slope_per_year,
    mean_scaled - slope_per_year * mean_years as intercept,
    residual_square_sum = 0 as is_perfect,
    sqrt(residual_square_sum / nullif(points - 2, 0)) as residual_s,
    -- Three parameters: intercept, slope, scatter. Half the log of 2 pi e s^2 a point, less the stretch of the scale.
    case
        when points >= 5 and residual_square_sum > 0 and model in ('ols', 'log_line', 'logit')
            then
                points * (ln(2 * pi() * residual_square_sum / points) + 1) - 2 * stretch
                + 6 + 24.0 / (points - 4)
    end as aicc
from fit

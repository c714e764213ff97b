-- Where each measure with a target level is heading, by the models that its number of points allows; their spread is the
-- uncertainty. Intervals of 80% and probabilities only where a model of the errors and the number of points carry them.
{%- set keys = 'measure_id, area_code, evaluated_on, target_version' %}
with curve as (

    select
        *,
        case when comparator = '<=' then -1 when comparator = '>=' then 1 else sign(target_value - last_value) end
            as wanted_sign,
        greatest(coalesce(target_years, 0), 3 * span_years) as horizon_years,
        (scaled_target - intercept) / nullif(slope_per_year, 0) as crossing_years,
        residual_s * sqrt(1 + 1.0 / points + power(target_years - mean_years, 2) / nullif(sxx, 0)) as projection_s,
        -- On the scale of the gap a falling line is one that comes nearer.
        sign(slope_per_year) * case scale when 'gap' then -direction_sign else 1 end as moving_sign,
        coalesce(
            model_reason, case when target_date is null then 'NO_DEADLINE' end
        ) as reason_code,
        case
            when model_reason is not null then model_reason
            when target_date is null then 'NO_DEADLINE'
            when points = 2 then 'TOO_FEW_POINTS'
            when model not in ('ols', 'log_line', 'logit') then 'NO_ERROR_MODEL'
            when is_perfect then 'PERFECT_FIT'
        end as interval_reason
    from {{ ref('int_projection_curve') }}

),

reasoned as (

    select
        *,
        case
            when interval_reason is not null then interval_reason
            when points < 5 then 'SHORT_SERIES'
            when comparator not in ('>=', '<=') then 'COMPARATOR'
            when scaled_target is null and scale = 'log' then 'TARGET_NONPOSITIVE'
            when scaled_target is null then 'TARGET_AT_LIMIT'
        end as probability_reason,
        case
            when model_reason is not null then model_reason
            when is_met then 'ALREADY_MET'
            when scaled_target is null and scale = 'log' then 'TARGET_NONPOSITIVE'
            when scaled_target is null then 'TARGET_AT_LIMIT'
            when moving_sign <> wanted_sign then 'NOT_REACHED'
            when crossing_years <= span_years then 'MODEL_ALREADY_THERE'
            when crossing_years > horizon_years then 'BEYOND_HORIZON'
        end as horizon_reason,
        case when comparator = '<=' then 1 else -1 end * (scaled_target - scaled_projection) / nullif(projection_s, 0)
            as t_statistic
    from curve

),

bounded as (

    select
        reasoned.*,
        case when interval_reason is null then coalesce(quantile.t, {{ student_t_quantile_beyond('(points - 2)') }}) end
        * projection_s as half_width
    from reasoned
    left join ({{ student_t_quantiles() }}) as quantile (degrees, t) on reasoned.points - 2 = quantile.degrees

),

-- The line, its logarithm and its logit compared: the line stands unless another is better by the tie's width.
contest as (

    select
        *,
        case
            when model not in ('ols', 'log_line', 'logit') or model_reason is not null then null
            when is_perfect then -1e300
            else aicc
        end as contest_aicc,
        scaled_projection - half_width as scaled_low,
        scaled_projection + half_width as scaled_high
    from bounded

),

chosen as (

    select
        {{ keys }},
        case
            when max(points) = 2 then 'two_point'
            when max(points) < 5 then 'theil_sen'
            when
                min(case when model = 'ols' then contest_aicc end) - min(contest_aicc)
                < {{ var('aicc_tie_difference') }}
                then 'ols'
            else min_by(model, contest_aicc)
        end as selected_model
    from contest
    group by {{ keys }}

),

measured as (

    select
        {{ keys }},
        contest.model,
        contest.model_order,
        'measured' as basis,
        contest.points,
        contest.first_date,
        contest.last_date,
        contest.target_value,
        contest.target_date,
        contest.limit_value,
        coalesce(contest.model = chosen.selected_model, false) and contest.model_reason is null as is_selected,
        {%- for name, scaled in [
            ('projected_value', 'scaled_projection'), ('interval_low', 'scaled_low'), ('interval_high', 'scaled_high')
        ] %}
        case contest.scale
            when 'identity' then {{ scaled }}
            when 'log' then exp({{ scaled }})
            when 'logit' then limit_value / (1 + exp(-{{ scaled }}))
            when 'gap' then limit_value - direction_sign * exp({{ scaled }})
        end as {{ name }},
        {%- endfor %}
        case when probability_reason is null then {{ student_t_cdf('t_statistic', '(contest.points - 2)') }} end
            as probability_of_attainment,
        case when horizon_reason is null then crossing_years - span_years end as attainment_years,
        case when horizon_reason is null then {{ add_years('contest.first_date', 'crossing_years') }} end
            as attainment_date,
        contest.aicc,
        case when contest.scale <> 'gap' then contest.slope_per_year end as slope_per_year,
        case when contest.scale = 'gap' then 1 - exp(contest.slope_per_year) end as rate_per_year,
        case when contest.scale <> 'gap' then contest.intercept end as intercept,
        contest.residual_s,
        contest.reason_code,
        contest.interval_reason,
        contest.probability_reason,
        contest.horizon_reason,
        contest.points between 3 and 4 as is_short_series,
        contest.replay_is_optimistic
    from contest
    inner join chosen using ({{ keys }})

),

-- The share of bodies from the rate of adoption, where bodies are known one by one: derived, beside the others.
hazard as (

    select
        adoption.measure_id,
        adoption.area_code,
        adoption.evaluated_on,
        adoption.target_version,
        'hazard' as model,
        9 as model_order,
        'derived' as basis,
        adoption.intervals + 1 as points,
        adoption.first_date,
        adoption.last_date,
        adoption.target_value,
        adoption.target_date,
        adoption.limit_value,
        false as is_selected,
        adoption.projected_bodies * adoption.per_body as projected_value,
        adoption.interval_low * adoption.per_body as interval_low,
        adoption.interval_high * adoption.per_body as interval_high,
        adoption.probability_of_attainment,
        adoption.attainment_years,
        adoption.attainment_date,
        null as aicc,
        null as slope_per_year,
        adoption.constant_hazard as rate_per_year,
        null as intercept,
        null as residual_s,
        adoption.reason_code,
        adoption.reason_code as interval_reason,
        adoption.probability_reason,
        adoption.horizon_reason,
        false as is_short_series,
        adoption.replay_is_optimistic
    from (
        select
            projection.*,
            case when measure.unit = '%' then 100.0 / nullif(projection.bodies, 0) else 1.0 end as per_body,
            cast(measure.limit_value as double) as limit_value
        from {{ ref('adoption_projection') }} as projection
        inner join {{ ref('stg_measure') }} as measure on projection.measure_id = measure.measure_id
        where projection.area_code = '{{ var("nation") }}'
    ) as adoption

),

all_models as (

    select * from measured
    union all
    select * from hazard

)

select
    {{ keys }},
    model,
    basis,
    cast(points as integer) as points,
    first_date,
    last_date,
    cast(target_value as decimal(38, 10)) as target_value,
    target_date,
    is_selected,
    is_short_series,
    projected_value,
    interval_low,
    interval_high,
    probability_of_attainment,
    {{ probability_word('probability_of_attainment') }} as probability_word,
    attainment_years,
    attainment_date,
    aicc,
    min(projected_value) over (partition by {{ keys }}) as spread_low,
    max(projected_value) over (partition by {{ keys }}) as spread_high,
    slope_per_year,
    rate_per_year,
    intercept,
    residual_s,
    limit_value,
    projected_value > limit_value or (limit_value is not null and projected_value < 0) as is_beyond_limit,
    reason_code,
    interval_reason,
    probability_reason,
    horizon_reason,
    replay_is_optimistic
from all_models

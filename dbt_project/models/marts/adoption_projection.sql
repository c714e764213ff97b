-- Adoption at a target's date from the rate at which bodies that have not adopted yet have done so. Each prefecture's
-- rate is drawn towards the national one by a Beta distribution fitted over the prefectures; the nation is their sum.
{%- set keys = 'adoption_id, evaluated_on, target_version' %}
with evaluation as (

    select
        item.adoption_id,
        item.measure_id,
        summary.evaluated_on,
        summary.target_version,
        summary.comparator,
        summary.target_value,
        summary.target_date,
        summary.deadline_is_past,
        measure.unit
    from {{ ref('int_adoption_item') }} as item
    inner join {{ ref('stg_measure') }} as measure on item.measure_id = measure.measure_id
    inner join {{ ref('int_trend_summary') }} as summary
        on item.measure_id = summary.measure_id and summary.area_code = '{{ var("nation") }}'
    where summary.target_value is not null and summary.target_date is not null

),

visible as (

    select
        evaluation.*,
        history.area_code,
        history.as_of_date,
        history.since_date,
        history.years,
        history.bodies,
        history.bodies_adopted,
        history.at_risk,
        history.newly_adopted,
        history.given_up,
        history.survivor_share,
        history.rests_on_not_before,
        max(history.as_of_date) over (partition by evaluation.adoption_id, evaluation.evaluated_on, evaluation.target_version) as last_date,
        min(history.as_of_date) over (partition by evaluation.adoption_id, evaluation.evaluated_on, evaluation.target_version) as first_date
    from evaluation
    inner join {{ ref('adoption_history') }} as history
        on evaluation.adoption_id = history.adoption_id and history.known_on <= evaluation.evaluated_on

),

-- Years in which a body could have adopted and did not; one that adopted in an interval of more than a year is taken
-- to have waited half of what is beyond the year.
area as (

    select
        {{ keys }},
        measure_id,
        area_code,
        comparator,
        target_value,
        target_date,
        deadline_is_past,
        unit,
        first_date,
        last_date,
        count(distinct since_date) as intervals,
        max(case when as_of_date = last_date then bodies end) as bodies,
        max(case when as_of_date = last_date then bodies_adopted end) as bodies_adopted,
        coalesce(sum(newly_adopted), 0) as newly_adopted,
        coalesce(sum(given_up), 0) as given_up,
        coalesce({{ ordered_sum(
            '(at_risk - newly_adopted) * years + newly_adopted * greatest(years - 1, 0) / 2', 'as_of_date'
        ) }}, 0.0) as waited_years,
        min(survivor_share) as survivor_share,
        bool_or(rests_on_not_before) and evaluated_on < {{ run_date() }} as replay_is_optimistic
    from visible
    group by
        {{ keys }}, measure_id, area_code, comparator, target_value, target_date, deadline_is_past, unit, first_date, last_date

),

rate as (

    select
        *,
        newly_adopted + waited_years as trials,
        newly_adopted / nullif(newly_adopted + waited_years, 0) as observed_rate,
        -- The constant yearly rate that leads to the same share of bodies that have not adopted.
        case
            when intervals > 0 then 1 - power(survivor_share, 1 / {{ years_between('first_date', 'last_date') }})
        end as constant_hazard
    from area

),

pooled as (

    select
        {{ keys }},
        max(case when area_code = '{{ var("nation") }}' then observed_rate end) as pooled_rate,
        max(case when area_code = '{{ var("nation") }}' then constant_hazard end) as pooled_hazard,
        count(case when area_code <> '{{ var("nation") }}' and trials > 0 then 1 end) as prefectures,
        {{ ordered_sum("case when area_code <> '" ~ var("nation") ~ "' then trials end", 'area_code') }} as trials,
        {{ ordered_sum("case when area_code <> '" ~ var("nation") ~ "' then trials * trials end", 'area_code') }} as square_trials
    from rate
    group by {{ keys }}

),

spread as (

    select
        {{ keys }},
        {{ ordered_sum('rate.trials * power(rate.observed_rate - pooled.pooled_rate, 2)', 'rate.area_code') }} as spread
    from rate
    inner join pooled using ({{ keys }})
    where rate.area_code <> '{{ var("nation") }}' and rate.trials > 0
    group by {{ keys }}

),

-- Method of moments: how much of the spread of the rates is more than chance (the intra-class correlation).
correlation as (

    select
        pooled.*,
        (spread.spread / nullif(pooled.pooled_rate * (1 - pooled.pooled_rate), 0) - (pooled.prefectures - 1))
        / nullif(pooled.trials - pooled.square_trials / nullif(pooled.trials, 0) - (pooled.prefectures - 1), 0)
            as intra_class
    from pooled
    left join spread using ({{ keys }})

),

prior as (

    select
        *,
        case
            when pooled_rate is null or pooled_rate = 0 or pooled_rate = 1 then 'NO_VARIATION'
            when prefectures < 2 then 'ONE_GROUP'
            when intra_class is null or intra_class <= 0 or intra_class >= 1 then 'NO_SPREAD_BEYOND_CHANCE'
        end as prior_reason
    from correlation

),

posterior as (

    select
        rate.*,
        prior.pooled_hazard,
        prior.prior_reason,
        case when prior.prior_reason is null then prior.pooled_rate * (1 - prior.intra_class) / prior.intra_class end
            as prior_a,
        case when prior.prior_reason is null then (1 - prior.pooled_rate) * (1 - prior.intra_class) / prior.intra_class end
            as prior_b,
        {{ years_between('rate.last_date', 'rate.target_date') }} as years_ahead,
        case
            when rate.deadline_is_past then 'DEADLINE_PAST'
            when rate.last_date >= rate.target_date then 'DEADLINE_OBSERVED'
            when rate.intervals = 0 then 'TOO_FEW_POINTS'
            when rate.bodies is null then 'NO_BODIES'
        end as reason_code
    from rate
    inner join prior using ({{ keys }})

),

-- The chance that a body stays without, and the chance that two bodies of one prefecture both do.
staying as (

    select
        *,
        case
            when reason_code is not null then null
            when prior_reason is null
                then exp({{ log_staying('(prior_a + newly_adopted)', '(prior_b + waited_years)', 'years_ahead') }})
            else power(1 - pooled_hazard, years_ahead)
        end as one_stays,
        case
            when reason_code is not null then null
            when prior_reason is null
                then exp({{ log_staying('(prior_a + newly_adopted)', '(prior_b + waited_years)', '2 * years_ahead') }})
            else power(1 - pooled_hazard, 2 * years_ahead)
        end as two_stay
    from posterior

),

moment as (

    select
        *,
        bodies_adopted + (bodies - bodies_adopted) * (1 - one_stays) as own_bodies,
        (bodies - bodies_adopted) * (one_stays - two_stay)
        + power(bodies - bodies_adopted, 2) * (two_stay - one_stays * one_stays) as own_variance
    from staying

),

total as (

    select
        {{ keys }},
        {{ ordered_sum('own_bodies', 'area_code') }} as national_bodies,
        {{ ordered_sum('own_variance', 'area_code') }} as national_variance
    from moment
    where area_code <> '{{ var("nation") }}'
    group by {{ keys }}

),

projected as (

    select
        moment.*,
        moment.area_code = '{{ var("nation") }}' as is_nation,
        case when moment.area_code = '{{ var("nation") }}' then total.national_bodies else moment.own_bodies end
            as expected_bodies,
        case when moment.area_code = '{{ var("nation") }}' then total.national_variance else moment.own_variance end
            as variance,
        -- A share is a target for each prefecture too; a number of bodies is one for the nation only.
        case
            when moment.unit = '%' then ceil(moment.target_value * moment.bodies / 100)
            when moment.area_code = '{{ var("nation") }}' then ceil(moment.target_value)
        end as target_bodies
    from moment
    left join total using ({{ keys }})

),

judged as (

    select
        *,
        case
            when is_nation or prior_reason is not null then pooled_hazard
            else (prior_a + newly_adopted) / (prior_a + newly_adopted + prior_b + waited_years)
        end as hazard,
        case when reason_code is null then expected_bodies end as projected_bodies,
        case when reason_code is null then sqrt(variance) end as deviation,
        case
            when reason_code is not null then reason_code
            when comparator <> '>=' then 'COMPARATOR'
            when target_bodies is null then 'NATIONAL_TARGET'
            when target_bodies > bodies_adopted and variance = 0 then 'NO_VARIATION'
        end as probability_reason
    from projected

),

-- The day on which the central curve reaches the target: the number without it shrinks by the rate each year.
attained as (

    select
        *,
        case
            when reason_code is null and target_bodies between bodies_adopted + 1 and bodies - 1 and hazard > 0 and hazard < 1
                then
                    ln(cast(bodies - target_bodies as double) / (bodies - bodies_adopted)) / ln(1 - hazard)
        end as crossing_years,
        greatest(years_ahead, 2 * {{ years_between('first_date', 'last_date') }}) as horizon_years
    from judged

),

reached as (

    select
        *,
        case
            when reason_code is not null then reason_code
            when target_bodies is null then 'NATIONAL_TARGET'
            when target_bodies <= bodies_adopted then 'ALREADY_MET'
            when target_bodies >= bodies then 'TARGET_AT_LIMIT'
            when crossing_years is null then 'NOT_REACHED'
            when crossing_years > horizon_years then 'BEYOND_HORIZON'
        end as horizon_reason
    from attained

)

select
    adoption_id,
    area_code,
    evaluated_on,
    target_version,
    measure_id,
    first_date,
    last_date,
    cast(intervals as integer) as intervals,
    cast(bodies as integer) as bodies,
    cast(bodies_adopted as integer) as bodies_adopted,
    cast(newly_adopted as integer) as newly_adopted,
    cast(given_up as integer) as given_up,
    waited_years,
    observed_rate,
    constant_hazard,
    survivor_share,
    prior_a,
    prior_b,
    prior_reason,
    case when not is_nation then prior_a + newly_adopted end as posterior_a,
    case when not is_nation then prior_b + waited_years end as posterior_b,
    hazard,
    cast(target_value as decimal(38, 10)) as target_value,
    target_date,
    cast(target_bodies as integer) as target_bodies,
    case when reason_code is null then years_ahead end as years_ahead,
    projected_bodies,
    100 * projected_bodies / nullif(bodies, 0) as projected_share,
    deviation,
    projected_bodies - {{ normal_quantile_90() }} * deviation as interval_low,
    projected_bodies + {{ normal_quantile_90() }} * deviation as interval_high,
    case
        when probability_reason is not null then null
        when target_bodies <= bodies_adopted then 1.0
        when target_bodies > bodies then 0.0
        -- The number of bodies is whole: half a body either way.
        else {{ normal_cdf('((projected_bodies - target_bodies + 0.5) / deviation)') }}
    end as probability_of_attainment,
    probability_reason,
    case when horizon_reason is null then crossing_years end as attainment_years,
    case when horizon_reason is null then {{ add_years('last_date', 'crossing_years') }} end as attainment_date,
    horizon_reason,
    reason_code,
    replay_is_optimistic
from reached

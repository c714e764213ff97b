-- Slopes and order statistics that rest on all pairs of points: Theil-Sen with its interval, Siegel, Mann-Kendall.
{%- set keys = 'measure_id, area_code, evaluated_on, target_version' %}
with pair as (

    select
        {{ keys }},
        earlier.place as place,
        later.place as other_place,
        sign(later.value - earlier.value) as step,
        (later.value - earlier.value) / nullif(later.years - earlier.years, 0) as slope
    from {{ ref('int_trend_point') }} as earlier
    inner join {{ ref('int_trend_point') }} as later using ({{ keys }})
    where earlier.place < later.place

),

-- Points of the same value, and of the same time (possible only in whole fiscal years), widen what chance can do.
tie as (

    select
        {{ keys }},
        cast(sum(of_value * (of_value - 1) * (2 * of_value + 5)) as double) as of_values,
        cast(sum(of_time * (of_time - 1) * (2 * of_time + 5)) as double) as of_times,
        max(of_value) > 1 or max(of_time) > 1 as has_ties
    from (
        select
            {{ keys }},
            case when row_number() over (partition by {{ keys }}, value order by place) = 1
                then count(*) over (partition by {{ keys }}, value) else 0 end as of_value,
            case when row_number() over (partition by {{ keys }}, years order by place) = 1
                then count(*) over (partition by {{ keys }}, years) else 0 end as of_time
        from {{ ref('int_trend_point') }}
    ) as run
    group by {{ keys }}

),

test as (

    select
        {{ keys }},
        tie.has_ties,
        cast(sum(pair.step) as bigint) as kendall_s,
        median(pair.slope) as theil_sen_slope,
        count(pair.slope) as slopes,
        max(summary.points) as points,
        (max(summary.points) * (max(summary.points) - 1) * (2 * max(summary.points) + 5) - max(tie.of_values)) / 18.0
            as kendall_variance,
        sqrt(
            (
                max(summary.points) * (max(summary.points) - 1) * (2 * max(summary.points) + 5)
                - max(tie.of_values) - max(tie.of_times)
            ) / 18.0
        ) as slope_deviation
    from pair
    inner join {{ ref('int_trend_summary') }} as summary using ({{ keys }})
    inner join tie using ({{ keys }})
    group by {{ keys }}, tie.has_ties

),

-- The interval of the slope: the slopes whose ranks lie 1.96 standard deviations of Kendall's S from the middle.
bound as (

    select
        {{ keys }},
        greatest(round((slopes - {{ normal_quantile_975() }} * slope_deviation) / 2.0), 1) as low_rank,
        least(round((slopes + {{ normal_quantile_975() }} * slope_deviation) / 2.0) + 1, slopes) as high_rank
    from test

),

ranked as (

    select
        {{ keys }},
        slope,
        row_number() over (partition by {{ keys }} order by slope) as slope_rank
    from pair
    where slope is not null

),

interval_of_slope as (

    select
        {{ keys }},
        max(case when ranked.slope_rank = bound.low_rank then ranked.slope end) as theil_sen_low,
        max(case when ranked.slope_rank = bound.high_rank then ranked.slope end) as theil_sen_high
    from ranked
    inner join bound using ({{ keys }})
    group by {{ keys }}

),

-- Siegel: the median over the points of the median slope to all others.
siegel as (

    select
        {{ keys }},
        median(slope_of_point) as siegel_slope
    from (
        select
            {{ keys }},
            place,
            median(slope) as slope_of_point
        from (
            select {{ keys }}, place, slope from pair
            union all
            select {{ keys }}, other_place as place, slope from pair
        ) as both_ways
        group by {{ keys }}, place
    ) as point
    group by {{ keys }}

),

-- Theil-Sen's joint intercept: the median of what the slope leaves of each point.
intercept as (

    select
        {{ keys }},
        median(point.value - test.theil_sen_slope * point.years) as theil_sen_intercept
    from {{ ref('int_trend_point') }} as point
    inner join test using ({{ keys }})
    group by {{ keys }}

)

select
    {{ keys }},
    test.has_ties,
    test.kendall_s,
    test.kendall_variance,
    (test.kendall_s - sign(test.kendall_s)) / nullif(sqrt(test.kendall_variance), 0) as kendall_z,
    case when not test.has_ties then exact.p_two_sided end as kendall_p,
    test.theil_sen_slope,
    intercept.theil_sen_intercept,
    interval_of_slope.theil_sen_low,
    interval_of_slope.theil_sen_high,
    siegel.siegel_slope
from test
left join interval_of_slope using ({{ keys }})
left join siegel using ({{ keys }})
left join intercept using ({{ keys }})
left join {{ ref('int_kendall_distribution') }} as exact
    on
        test.points = exact.points
        and (test.points * (test.points - 1) / 2 - abs(test.kendall_s)) / 2 = exact.inversions

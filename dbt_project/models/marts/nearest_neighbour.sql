-- The municipalities nearest to each by standardised Euclidean distance; 1 is the farthest body of all.
{%- set neighbours = var('nearest_neighbours') %}
with scaled as (

    select
        area_code,
        feature,
        as_of_date,
        value,
        avg(value) over (partition by feature) as mean,
        stddev_pop(value) over (partition by feature) as spread
    from {{ ref('int_peer_feature') }}

),

located as (

    -- A feature that does not vary tells no bodies apart; a missing one stands as 0 in a place that is not used.
    -- Rounded: sums of doubles depend on the threads' order.
    select
        area_code,
        {{ ordered_list('coalesce(round(case when spread > 0 then (value - mean) / spread else 0 end, 10), 0)', 'feature') }} as place,
        {{ ordered_list('feature', 'feature') }} as features,
        min(as_of_date) as features_from,
        max(as_of_date) as features_to,
        sum(case when value is null then 1 else 0 end) as missing
    from scaled
    group by area_code

),

-- Bodies by number, in the order of their codes: millions of pairs are sorted by them.
numbered as (

    select
        area_code,
        place,
        cast(row_number() over (order by area_code) as integer) as body_no
    from located
    where missing = 0

),

pair as (

    select
        here.body_no,
        there.body_no as neighbour_no,
        round({{ euclidean_distance('here.place', 'there.place') }}, 8) as distance
    from numbered as here
    inner join numbered as there on here.body_no <> there.body_no

),

farthest as (

    select
        body_no,
        max(distance) as distance
    from pair
    group by body_no

),

ranked as (

    select
        *,
        row_number() over (partition by body_no order by distance, neighbour_no) as position
    from pair

)

select
    located.area_code,
    cast(ranked.position as integer) as position,
    there.area_code as neighbour_code,
    ranked.distance,
    round(ranked.distance / nullif(farthest.distance, 0), 8) as distance_rebased,
    located.features,
    located.features_from,
    located.features_to,
    cast(null as varchar) as reason_code
from ranked
inner join numbered as here on ranked.body_no = here.body_no
inner join numbered as there on ranked.neighbour_no = there.body_no
inner join located on here.area_code = located.area_code
inner join farthest on ranked.body_no = farthest.body_no
where ranked.position <= {{ neighbours }}
union all
select
    area_code,
    0 as position,
    cast(null as varchar) as neighbour_code,
    cast(null as double) as distance,
    cast(null as double) as distance_rebased,
    features,
    features_from,
    features_to,
    'FEATURE_MISSING' as reason_code
from located
where missing > 0

-- Whose the national gap is: each prefecture's own share of the target level, what its bodies reached, and its part of
-- the gap. A prefecture's share of a target is in proportion to its bodies (its residents where residents are counted).
with target as (

    select
        target.measure_id,
        target.target_version,
        target.target_type,
        target.target_value,
        target.target_date,
        target.is_primary,
        measure.unit
    from {{ ref('dim_target') }} as target
    inner join {{ ref('dim_measure') }} as measure on target.measure_id = measure.measure_id
    where target.target_value is not null and target.target_type in ('level', 'share', 'multiple')

),

-- Residents on the last day counted up to the day of the figure.
population as (

    select
        state.adoption_id,
        state.area_code,
        state.as_of_date,
        population.population,
        row_number() over (
            partition by state.adoption_id, state.area_code, state.as_of_date order by population.as_of_date desc
        ) as age
    from {{ ref('int_adoption_state') }} as state
    inner join {{ ref('int_peer_population') }} as population
        on state.area_code = population.area_code and population.as_of_date <= state.as_of_date

),

body as (

    select
        item.measure_id,
        state.prefecture_code as area_code,
        state.as_of_date,
        cast(1 as decimal(18, 0)) as weight,
        state.is_adopted
    from {{ ref('int_adoption_state') }} as state
    inner join {{ ref('int_adoption_item') }} as item on state.adoption_id = item.adoption_id
    where state.is_counted
    union all
    select
        'konbini_issuance_population' as measure_id,
        state.prefecture_code as area_code,
        state.as_of_date,
        population.population as weight,
        state.is_adopted
    from {{ ref('int_adoption_state') }} as state
    inner join population
        on
            state.adoption_id = population.adoption_id
            and state.area_code = population.area_code
            and state.as_of_date = population.as_of_date
            and population.age = 1
    where state.is_counted and state.adoption_id = 'konbini_issuance'

),

prefecture as (

    select
        measure_id,
        area_code,
        as_of_date,
        count(*) as bodies,
        sum(weight) as eligible,
        sum(weight * is_adopted) as reached
    from body
    group by measure_id, area_code, as_of_date

),

run as (

    select
        *,
        sum(eligible) over so_far as eligible_so_far,
        sum(eligible) over whole as eligible_nation,
        sum(reached) over whole as reached_nation
    from prefecture
    window
        so_far as (partition by measure_id, as_of_date order by area_code rows between unbounded preceding and current row),
        whole as (partition by measure_id, as_of_date)

),

leveled as (

    select
        run.*,
        target.target_version,
        target.target_date,
        target.is_primary,
        -- The level in bodies or residents: a share of 100% is all of them.
        cast(
            case when target.unit = '%' then target.target_value * run.eligible_nation / 100 else target.target_value end
            as decimal(24, 6)
        ) as level_nation
    from run
    inner join target on run.measure_id = target.measure_id

),

shared as (

    -- The rounded running total less the one before it: the parts add up to the whole exactly.
    select
        *,
        cast(round(cast(level_nation as double) * cast(eligible_so_far as double) / cast(eligible_nation as double), 6) as decimal(24, 6))
        - cast(
            round(
                cast(level_nation as double) * cast(eligible_so_far - eligible as double) / cast(eligible_nation as double), 6
            ) as decimal(24, 6)
        ) as level_own
    from leveled

),

gap as (

    select
        *,
        cast(level_own - reached as decimal(24, 6)) as gap_own,
        cast(level_nation - reached_nation as decimal(24, 6)) as gap_nation
    from shared

)

select
    measure_id,
    target_version,
    as_of_date,
    area_code,
    target_date,
    is_primary,
    cast(bodies as integer) as bodies,
    cast(eligible as decimal(24, 6)) as eligible,
    cast(reached as decimal(24, 6)) as reached,
    cast(level_own as decimal(24, 6)) as target_own,
    gap_own as gap,
    level_nation as target_nation,
    cast(reached_nation as decimal(24, 6)) as reached_nation,
    gap_nation as gap_national,
    round(cast(gap_own as double) / nullif(cast(gap_nation as double), 0), 10) as part_of_gap,
    case when gap_nation = 0 then 'NO_GAP' end as reason_code,
    'derived' as observation_status
from gap
union all
-- Where no body's own figures are held, there is only the nation.
select
    target.measure_id,
    target.target_version,
    cast(null as date) as as_of_date,
    '{{ var("nation") }}' as area_code,
    target.target_date,
    target.is_primary,
    cast(null as integer) as bodies,
    cast(null as decimal(24, 6)) as eligible,
    cast(null as decimal(24, 6)) as reached,
    cast(null as decimal(24, 6)) as target_own,
    cast(null as decimal(24, 6)) as gap,
    cast(case when target.unit <> '%' then target.target_value end as decimal(24, 6)) as target_nation,
    cast(null as decimal(24, 6)) as reached_nation,
    cast(null as decimal(24, 6)) as gap_national,
    cast(null as double) as part_of_gap,
    'NATIONAL_FIGURES_ONLY' as reason_code,
    cast(null as varchar) as observation_status
from target
where target.measure_id not in (select prefecture.measure_id from prefecture)

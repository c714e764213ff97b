-- The type of a body by the dated limits: one type for each special status; for other cities, towns and villages by
-- the census population and the census shares of industries. What is not held leaves the type open, with a reason.
with kind as (

    select * from {{ ref('stg_peer_group') }} where peer_scheme = 'similar_bodies'

),

body as (

    select
        area_code,
        valid_from,
        valid_to,
        case when area_type in ('town', 'village') then 'town_or_village' else area_type end as body_class
    from {{ ref('dim_area') }}
    where area_type in {{ municipal_types() }}

),

single as (

    select
        body.area_code,
        body.body_class,
        greatest(body.valid_from, kind.valid_from) as valid_from,
        {{ earlier_end('body.valid_to', 'kind.valid_to') }} as valid_to,
        cast(null as date) as census_on,
        cast(null as decimal(18, 0)) as population,
        kind.population_class,
        kind.peer_group,
        cast(null as varchar) as reason_code
    from body
    inner join kind
        on
            body.body_class = kind.body_class
            and kind.population_min is null
            and (body.valid_to is null or kind.valid_from < body.valid_to)
            and (kind.valid_to is null or body.valid_from < kind.valid_to)

),

census as (

    select
        census_on,
        holds_from,
        lead(holds_from) over (order by holds_from) as holds_to
    from {{ ref('stg_peer_census') }}

),

counted as (

    select
        area_code,
        as_of_date,
        cast(value as decimal(18, 0)) as population,
        row_number() over (
            partition by area_code, as_of_date
            order by case observation_status when 'final' then 1 else 2 end, series_id, observation_id
        ) as preference
    from {{ ref('fct_observation') }}
    where
        item_id = 'population'
        and series_id in ('population__ssds_present_boundaries', 'population__ssds', 'population__census')
        and is_latest
        and value is not null

),

employed as (

    select
        area_code,
        as_of_date,
        max(case when item_id = 'secondary_tertiary_employment_share' then value end) as secondary_tertiary_share,
        max(case when item_id = 'tertiary_employment_share' then value end) as tertiary_share
    from {{ ref('fct_observation') }}
    where
        item_id in ('secondary_tertiary_employment_share', 'tertiary_employment_share')
        and is_latest
        and value is not null
    group by area_code, as_of_date

),

spell as (

    select
        body.area_code,
        body.body_class,
        greatest(body.valid_from, census.holds_from) as valid_from,
        {{ earlier_end('body.valid_to', 'census.holds_to') }} as valid_to,
        census.census_on,
        counted.population,
        employed.secondary_tertiary_share,
        employed.tertiary_share
    from body
    inner join census
        on
            (body.valid_to is null or census.holds_from < body.valid_to)
            and (census.holds_to is null or body.valid_from < census.holds_to)
    left join counted
        on body.area_code = counted.area_code and census.census_on = counted.as_of_date and counted.preference = 1
    left join employed on body.area_code = employed.area_code and census.census_on = employed.as_of_date
    where body.body_class in (select kind.body_class from kind where kind.population_min is not null)

),

population_class as (

    select distinct
        body_class,
        population_class,
        population_min,
        population_below,
        valid_from,
        valid_to
    from kind
    where population_min is not null

),

limited as (

    select
        spell.area_code,
        spell.body_class,
        spell.valid_from,
        spell.valid_to,
        spell.census_on,
        spell.population,
        population_class.population_class,
        kind.peer_group,
        case
            when spell.population is null then 'POPULATION_NOT_HELD'
            when spell.secondary_tertiary_share is null or spell.tertiary_share is null then 'INDUSTRY_NOT_HELD'
            when kind.peer_group is null then 'NO_TYPE'
        end as reason_code
    from spell
    left join population_class
        on
            spell.body_class = population_class.body_class
            and spell.population >= population_class.population_min
            and (population_class.population_below is null or spell.population < population_class.population_below)
            and {{ valid_on('population_class.valid_from', 'population_class.valid_to', 'spell.valid_from') }}
    left join kind
        on
            population_class.body_class = kind.body_class
            and population_class.population_class = kind.population_class
            and population_class.valid_from = kind.valid_from
            and (kind.secondary_tertiary_min is null or spell.secondary_tertiary_share >= kind.secondary_tertiary_min)
            and (kind.secondary_tertiary_below is null or spell.secondary_tertiary_share < kind.secondary_tertiary_below)
            and (kind.tertiary_min is null or spell.tertiary_share >= kind.tertiary_min)
            and (kind.tertiary_below is null or spell.tertiary_share < kind.tertiary_below)
            and spell.secondary_tertiary_share is not null
            and spell.tertiary_share is not null

)

select
    area_code,
    body_class,
    valid_from,
    valid_to,
    census_on,
    population,
    population_class,
    peer_group,
    reason_code
from single
union all
select
    area_code,
    body_class,
    valid_from,
    valid_to,
    census_on,
    population,
    population_class,
    peer_group,
    reason_code
from limited

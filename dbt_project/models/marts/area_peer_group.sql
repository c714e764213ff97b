-- The groups with which a body is compared, by scheme, with their spans. A span ends on the day before `valid_to`.
with body as (

    select
        area_code,
        valid_from,
        valid_to,
        area_type,
        prefecture_code,
        citation_url
    from {{ ref('dim_area') }}
    where area_type not in ('nation', 'district', 'aggregate')

),

kind as (

    select * from {{ ref('stg_peer_group') }}

),

census as (

    select
        holds_from,
        lead(holds_from) over (order by holds_from) as holds_to
    from {{ ref('stg_peer_census') }}

),

-- A published type holds for the days of the body's status and of the census on which it rests: it is taken from the
-- last list up to the day, else from the first one after it.
listed as (

    select
        published.*,
        body.valid_from as body_from,
        body.valid_to as body_to,
        census.holds_from as census_from,
        census.holds_to as census_to,
        row_number() over (
            partition by published.area_code, body.valid_from, census.holds_from order by published.fiscal_year
        ) as place,
        lead(make_date(published.fiscal_year, 4, 1)) over (
            partition by published.area_code, body.valid_from, census.holds_from order by published.fiscal_year
        ) as next_from
    from {{ ref('int_peer_type_published') }} as published
    inner join body
        on published.area_code = body.area_code and {{ valid_on('body.valid_from', 'body.valid_to', 'published.as_of') }}
    inner join census on {{ valid_on('census.holds_from', 'census.holds_to', 'published.as_of') }}

),

published as (

    select
        area_code,
        case
            when place = 1 then greatest(body_from, census_from)
            else greatest(body_from, census_from, make_date(fiscal_year, 4, 1))
        end as valid_from,
        coalesce(next_from, {{ earlier_end('body_to', 'census_to') }}) as valid_to,
        body_from,
        peer_group,
        label_ja,
        fiscal_year,
        case when peer_group is null then 'TYPE_UNKNOWN' end as reason_code,
        source_id,
        citation_url
    from listed

),

covered as (

    select
        area_code,
        body_from,
        min(valid_from) as valid_from,
        case when max(case when valid_to is null then 1 else 0 end) = 1 then null else max(valid_to) end as valid_to
    from published
    group by area_code, body_from

),

-- What the limits say for the days before the first published type and after the last, and for bodies that no list names.
limited as (

    select
        derived.area_code,
        derived.valid_from,
        derived.valid_to,
        derived.peer_group,
        derived.reason_code,
        covered.valid_from as covered_from,
        covered.valid_to as covered_to
    from {{ ref('int_peer_type_derived') }} as derived
    inner join body
        on
            derived.area_code = body.area_code
            and {{ valid_on('body.valid_from', 'body.valid_to', 'derived.valid_from') }}
    left join covered on body.area_code = covered.area_code and body.valid_from = covered.body_from

),

derived as (

    select
        area_code,
        valid_from,
        {{ earlier_end('valid_to', 'covered_from') }} as valid_to,
        peer_group,
        reason_code
    from limited
    where covered_from is null or valid_from < covered_from
    union all
    select
        area_code,
        greatest(valid_from, covered_to) as valid_from,
        valid_to,
        peer_group,
        reason_code
    from limited
    where covered_to is not null and (valid_to is null or covered_to < valid_to)

),

counted as (

    select
        population.area_code,
        population.as_of_date,
        kind.peer_group,
        kind.label_ja,
        kind.citation_url,
        lag(kind.peer_group) over (partition by population.area_code order by population.as_of_date) as group_before
    from {{ ref('int_peer_population') }} as population
    inner join body
        on
            population.area_code = body.area_code
            and {{ valid_on('body.valid_from', 'body.valid_to', 'population.as_of_date') }}
            and body.area_type in {{ municipal_types() }}
    inner join kind
        on
            kind.peer_scheme = 'population_class'
            and {{ valid_on('kind.valid_from', 'kind.valid_to', 'population.as_of_date') }}
            and population.population >= kind.population_min
            and (kind.population_below is null or population.population < kind.population_below)

),

last_day as (

    select
        area_code,
        case when max(case when valid_to is null then 1 else 0 end) = 1 then null else max(valid_to) end as valid_to
    from body
    group by area_code

),

classed as (

    -- A class holds from the day of the figure to the first figure of another class.
    select
        counted.area_code,
        counted.as_of_date as valid_from,
        coalesce(
            lead(counted.as_of_date) over (partition by counted.area_code order by counted.as_of_date), last_day.valid_to
        ) as valid_to,
        counted.peer_group,
        counted.label_ja,
        counted.citation_url
    from counted
    inner join last_day on counted.area_code = last_day.area_code
    where counted.group_before is null or counted.group_before <> counted.peer_group

),

-- The name of a prefecture by its code.
prefecture as (

    select
        area_code,
        max(name_ja) as name_ja
    from {{ ref('dim_area') }}
    where area_type = 'prefecture'
    group by area_code

)

select
    body.area_code,
    'area_type' as peer_scheme,
    body.valid_from,
    body.valid_to,
    body.area_type as peer_group,
    kind.label_ja,
    'area_type' as basis,
    cast(null as integer) as published_fiscal_year,
    cast(null as varchar) as reason_code,
    cast(null as varchar) as source_id,
    body.citation_url
from body
left join kind on kind.peer_scheme = 'area_type' and body.area_type = kind.peer_group
union all
select
    body.area_code,
    'prefecture' as peer_scheme,
    body.valid_from,
    body.valid_to,
    body.prefecture_code as peer_group,
    prefecture.name_ja as label_ja,
    'prefecture' as basis,
    cast(null as integer) as published_fiscal_year,
    cast(null as varchar) as reason_code,
    cast(null as varchar) as source_id,
    body.citation_url
from body
left join prefecture on body.prefecture_code = prefecture.area_code
where body.area_type in {{ municipal_types() }}
union all
select
    area_code,
    'population_class' as peer_scheme,
    valid_from,
    valid_to,
    peer_group,
    label_ja,
    'register' as basis,
    cast(null as integer) as published_fiscal_year,
    cast(null as varchar) as reason_code,
    'soumu__resident_population' as source_id,
    citation_url
from classed
union all
select
    area_code,
    'similar_bodies' as peer_scheme,
    valid_from,
    valid_to,
    peer_group,
    label_ja,
    'published' as basis,
    fiscal_year as published_fiscal_year,
    reason_code,
    source_id,
    citation_url
from published
union all
select
    derived.area_code,
    'similar_bodies' as peer_scheme,
    derived.valid_from,
    derived.valid_to,
    derived.peer_group,
    kind.label_ja,
    'derived' as basis,
    cast(null as integer) as published_fiscal_year,
    derived.reason_code,
    'mieruka__peer_groups' as source_id,
    kind.citation_url
from derived
left join kind
    on
        kind.peer_scheme = 'similar_bodies'
        and derived.peer_group = kind.peer_group
        and {{ valid_on('kind.valid_from', 'kind.valid_to', 'derived.valid_from') }}

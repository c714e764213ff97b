-- The figures that are compared among peers: one for each item, body and day, with how it moved and what it weighs.
-- Counts that grow with a body's size are compared within the kind of body only; rates, indices and amounts per
-- resident also in the further groups, on one day of each fiscal year: the one with most bodies, the last of equals.
{{ config(meta={'part_of': 'fct_observation', 'part_by': 'item_id'}) }}
with item as (

    select
        *,
        row_number() over (order by item_id) as item_no
    from {{ ref('dim_item') }}

),

area as (

    select
        *,
        dense_rank() over (order by area_code) as area_no
    from {{ ref('dim_area') }}

),

observation as (

    select * from {{ ref('fct_observation') }}
    where true {{ only_parts('item_id') }}

),

candidate as (

    select
        figure.item_id,
        figure.series_id,
        figure.area_code,
        figure.as_of_date,
        figure.fiscal_year,
        {{ fiscal_year_of('figure.as_of_date') }} as year_of_day,
        case when area.area_type = 'prefecture' then 'prefecture' else 'municipality' end as tier,
        figure.value,
        figure.numerator,
        figure.denominator,
        item.unit,
        item.item_no,
        area.area_no,
        case
            when figure.statistic = 'flag' then 'BINARY'
            when item.is_additive then 'COUNT'
            else 'RATE'
        end as kind,
        figure.observation_id,
        figure.is_secondary,
        figure.observation_status,
        figure.known_on
    from observation as figure
    inner join item on figure.item_id = item.item_id
    inner join area
        on
            figure.area_code = area.area_code
            and {{ valid_on('area.valid_from', 'area.valid_to', 'figure.as_of_date') }}
    where
        figure.is_latest
        and figure.value is not null
        and figure.body_scope = 'each_body'
        and figure.area_code <> '{{ var("nation") }}'
        and area.area_type not in ('district', 'aggregate')

),

-- Two series of one item on one day are few: only these are put in order.
repeated as (

    select
        item_id,
        area_code,
        as_of_date
    from candidate
    group by item_id, area_code, as_of_date
    having count(*) > 1

),

passed_over as (

    -- The publisher's own figure goes before a transcription or denominator.
    select observation_id
    from (
        select
            candidate.observation_id,
            row_number() over (
                partition by candidate.item_id, candidate.area_code, candidate.as_of_date
                order by
                    candidate.is_secondary,
                    case candidate.observation_status when 'final' then 1 else 2 end,
                    candidate.known_on desc,
                    candidate.observation_id
            ) as preference
        from candidate
        inner join repeated
            on
                candidate.item_id = repeated.item_id
                and candidate.area_code = repeated.area_code
                and candidate.as_of_date = repeated.as_of_date
    ) as ordered
    where preference > 1

),

figure as (

    select candidate.*
    from candidate
    left join passed_over on candidate.observation_id = passed_over.observation_id
    where passed_over.observation_id is null

),

year_day as (

    select
        item_id,
        tier,
        as_of_date,
        row_number() over (partition by item_id, tier, year_of_day order by count(*) desc, as_of_date desc) as place
    from figure
    where kind = 'RATE'
    group by item_id, tier, year_of_day, as_of_date

),

compared_day as (

    select
        item_id,
        tier,
        as_of_date,
        as_of_date = max(as_of_date) over (partition by item_id, tier) as is_newest
    from year_day
    where place = 1

),

-- The figure of the same series that lies farthest back, between one and five years.
span as (

    select
        later.item_id,
        later.area_code,
        later.as_of_date,
        min(earlier.as_of_date) as pace_from_date
    from figure as later
    inner join figure as earlier
        on
            later.item_id = earlier.item_id
            and later.area_code = earlier.area_code
            and later.series_id = earlier.series_id
            and earlier.as_of_date >= {{ add_months('later.as_of_date', -60) }}
            and earlier.as_of_date <= {{ add_months('later.as_of_date', -12) }}
    where later.kind = 'RATE'
    group by later.item_id, later.area_code, later.as_of_date

),

changed as (

    select distinct
        to_code as area_code,
        effective_on
    from {{ ref('area_change') }}
    where kind in ('merger', 'split')
    union
    select distinct
        from_code as area_code,
        effective_on
    from {{ ref('area_change') }}
    where kind = 'split'

),

broken as (

    select distinct
        span.item_id,
        span.area_code,
        span.as_of_date
    from span
    inner join changed
        on
            span.area_code = changed.area_code
            and span.pace_from_date < changed.effective_on
            and changed.effective_on <= span.as_of_date

),

per_resident as (

    select
        item_id,
        area_code,
        as_of_date
    from figure
    where unit like '%/人'

),

weight as (

    -- The residents on the last day counted up to the figure's.
    select
        per_resident.item_id,
        per_resident.area_code,
        per_resident.as_of_date,
        population.population,
        population.as_of_date as weight_date,
        row_number() over (
            partition by per_resident.item_id, per_resident.area_code, per_resident.as_of_date
            order by population.as_of_date desc
        ) as age
    from per_resident
    inner join {{ ref('int_peer_population') }} as population
        on per_resident.area_code = population.area_code and population.as_of_date <= per_resident.as_of_date

)

select
    -- Numbers instead of texts: the comparison sorts millions of rows by them. One for each item and day, and one for
    -- each of its bodies, the same whichever other items there are.
    100000 * figure.item_no + {{ days_between("date '1900-01-01'", 'figure.as_of_date') }} as day_no,
    1000000 * (100000 * figure.item_no + {{ days_between("date '1900-01-01'", 'figure.as_of_date') }})
    + figure.area_no as figure_no,
    figure.item_id,
    figure.area_code,
    figure.as_of_date,
    cast(figure.fiscal_year as integer) as fiscal_year,
    figure.value,
    figure.kind,
    figure.unit,
    figure.numerator,
    figure.denominator,
    figure.kind = 'RATE' and compared_day.as_of_date is not null as is_compared,
    figure.kind = 'RATE' and coalesce(compared_day.is_newest, false) as is_newest,
    weight.population as weight,
    weight.weight_date,
    span.pace_from_date,
    case
        when broken.area_code is null
            then round(
                (cast(figure.value as double) - cast(earlier.value as double))
                * 365.25 / {{ days_between('span.pace_from_date', 'figure.as_of_date') }}, 10
            )
    end as pace_per_year,
    case
        when figure.kind <> 'RATE' then figure.kind
        when span.pace_from_date is null then 'NO_EARLIER_FIGURE'
        when broken.area_code is not null then 'BODY_CHANGED'
    end as pace_reason
from figure
left join compared_day
    on
        figure.item_id = compared_day.item_id
        and figure.tier = compared_day.tier
        and figure.as_of_date = compared_day.as_of_date
left join weight
    on
        figure.item_id = weight.item_id
        and figure.area_code = weight.area_code
        and figure.as_of_date = weight.as_of_date
        and weight.age = 1
left join span
    on
        figure.item_id = span.item_id
        and figure.area_code = span.area_code
        and figure.as_of_date = span.as_of_date
left join figure as earlier
    on
        span.item_id = earlier.item_id
        and span.area_code = earlier.area_code
        and span.pace_from_date = earlier.as_of_date
left join broken
    on
        figure.item_id = broken.item_id
        and figure.area_code = broken.area_code
        and figure.as_of_date = broken.as_of_date

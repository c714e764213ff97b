-- The figures that are compared among peers: one for each item, body and day, with how it moved and what it weighs.
-- Counts that grow with a body's size are compared within the kind of body only; rates, indices and amounts per
-- resident also in the further groups, on one day of each fiscal year: the one with most bodies, the last of equals.
{{ config(meta={'part_of': 'fct_observation', 'part_by': 'item_id'}) }}
with item as (

    select
        *,
        cast(row_number() over (order by item_id) as integer) as item_no
    from {{ ref('dim_item') }}

),

area as (

    select
        *,
        cast(dense_rank() over (order by area_code) as integer) as area_no
    from {{ ref('dim_area') }}

),

observation as (

    select * from {{ ref('fct_observation') }}
    where true {{ only_parts('item_id') }}

),

-- Numbers instead of texts up to the end: millions of rows are joined and put in order by them.
candidate as (

    select
        -- One number for each of an item's bodies and days, the same whichever other items there are.
        1000000 * (100000 * cast(item.item_no as bigint) + {{ days_between("date '1900-01-01'", 'figure.as_of_date') }})
        + area.area_no as figure_no,
        item.item_no,
        area.area_no,
        figure.series_id,
        figure.as_of_date,
        cast(figure.fiscal_year as integer) as fiscal_year,
        area.area_type = 'prefecture' as is_prefecture,
        case
            when figure.statistic = 'flag' then 'BINARY'
            when item.is_additive then 'COUNT'
            else 'RATE'
        end as kind,
        item.unit like '%/人' as is_per_resident,
        figure.value,
        figure.numerator,
        figure.denominator,
        figure.observation_id,
        figure.is_secondary,
        figure.observation_status = 'final' as is_final,
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

    select figure_no
    from candidate
    group by figure_no
    having count(*) > 1

),

passed_over as (

    -- The publisher's own figure goes before a transcription or denominator.
    select observation_id
    from (
        select
            candidate.observation_id,
            row_number() over (
                partition by candidate.figure_no
                order by
                    candidate.is_secondary,
                    case when candidate.is_final then 1 else 2 end,
                    candidate.known_on desc,
                    candidate.observation_id
            ) as preference
        from candidate
        inner join repeated on candidate.figure_no = repeated.figure_no
    ) as ordered
    where preference > 1

),

figure as (

    select
        candidate.figure_no,
        candidate.item_no,
        candidate.area_no,
        candidate.series_id,
        candidate.as_of_date,
        candidate.fiscal_year,
        candidate.is_prefecture,
        candidate.kind,
        candidate.is_per_resident,
        candidate.value,
        candidate.numerator,
        candidate.denominator
    from candidate
    left join passed_over on candidate.observation_id = passed_over.observation_id
    where passed_over.observation_id is null

),

-- The figure of the same series that lies farthest back, between one and five years.
span as (

    select
        later.figure_no,
        later.area_no,
        later.as_of_date,
        min(earlier.as_of_date) as pace_from_date,
        min_by(earlier.value, earlier.as_of_date) as earlier_value
    from figure as later
    inner join figure as earlier
        on
            later.item_no = earlier.item_no
            and later.area_no = earlier.area_no
            and later.series_id = earlier.series_id
            and earlier.as_of_date >= {{ add_months('later.as_of_date', -60) }}
            and earlier.as_of_date <= {{ add_months('later.as_of_date', -12) }}
    where later.kind = 'RATE'
    group by later.figure_no, later.area_no, later.as_of_date

),

year_day as (

    select
        item_no,
        is_prefecture,
        as_of_date,
        row_number() over (
            partition by item_no, is_prefecture, {{ fiscal_year_of('as_of_date') }} order by count(*) desc, as_of_date desc
        ) as place
    from figure
    where kind = 'RATE'
    group by item_no, is_prefecture, as_of_date

),

compared_day as (

    select
        item_no,
        is_prefecture,
        as_of_date,
        as_of_date = max(as_of_date) over (partition by item_no, is_prefecture) as is_newest
    from year_day
    where place = 1

),

area_name as (

    select distinct
        area_no,
        area_code
    from area

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
        paced.area_no,
        paced.pace_from_date,
        paced.as_of_date
    from (select distinct area_no, pace_from_date, as_of_date from span) as paced
    inner join area_name on paced.area_no = area_name.area_no
    inner join changed
        on
            area_name.area_code = changed.area_code
            and paced.pace_from_date < changed.effective_on
            and changed.effective_on <= paced.as_of_date

),

-- The residents on the last day counted up to the figure's.
population as (

    select
        area_name.area_no,
        counted.population,
        counted.as_of_date,
        lead(counted.as_of_date) over (partition by counted.area_code order by counted.as_of_date) as next_date
    from {{ ref('int_peer_population') }} as counted
    inner join area_name on counted.area_code = area_name.area_code

),

weight as (

    select
        per_resident.area_no,
        per_resident.as_of_date,
        population.population,
        population.as_of_date as weight_date
    from (select distinct area_no, as_of_date from figure where is_per_resident) as per_resident
    inner join population
        on
            per_resident.area_no = population.area_no
            and population.as_of_date <= per_resident.as_of_date
            and (population.next_date is null or per_resident.as_of_date < population.next_date)

)

select
    100000 * cast(figure.item_no as bigint) + {{ days_between("date '1900-01-01'", 'figure.as_of_date') }} as day_no,
    figure.figure_no,
    item.item_id,
    area_name.area_code,
    figure.as_of_date,
    figure.fiscal_year,
    figure.value,
    figure.kind,
    item.unit,
    figure.numerator,
    figure.denominator,
    figure.kind = 'RATE' and compared_day.as_of_date is not null as is_compared,
    figure.kind = 'RATE' and coalesce(compared_day.is_newest, false) as is_newest,
    weight.population as weight,
    weight.weight_date,
    span.pace_from_date,
    case
        when broken.area_no is null
            then round(
                (cast(figure.value as double) - cast(span.earlier_value as double))
                * 365.25 / {{ days_between('span.pace_from_date', 'figure.as_of_date') }}, 10
            )
    end as pace_per_year,
    case
        when figure.kind <> 'RATE' then figure.kind
        when span.pace_from_date is null then 'NO_EARLIER_FIGURE'
        when broken.area_no is not null then 'BODY_CHANGED'
    end as pace_reason
from figure
inner join item on figure.item_no = item.item_no
inner join area_name on figure.area_no = area_name.area_no
left join compared_day
    on
        figure.item_no = compared_day.item_no
        and figure.is_prefecture = compared_day.is_prefecture
        and figure.as_of_date = compared_day.as_of_date
left join weight
    on
        case when figure.is_per_resident then figure.area_no end = weight.area_no
        and figure.as_of_date = weight.as_of_date
left join span on figure.figure_no = span.figure_no
left join broken
    on
        figure.area_no = broken.area_no
        and span.pace_from_date = broken.pace_from_date
        and figure.as_of_date = broken.as_of_date

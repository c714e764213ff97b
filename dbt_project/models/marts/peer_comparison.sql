-- Where a body stands among bodies of its kind. A rank is a position, not a judgement; groups under five have none.
{%- set smallest_group = 5 %}
with candidate as (

    select
        figure.item_id,
        figure.area_code,
        figure.as_of_date,
        figure.fiscal_year,
        area.area_type as peer_group,
        figure.value,
        -- Two series of one item on one day: the publisher's own figure goes before a transcription or denominator.
        row_number() over (
            partition by figure.item_id, figure.area_code, figure.as_of_date
            order by
                figure.is_secondary,
                case figure.observation_status when 'final' then 1 else 2 end,
                figure.known_on desc,
                figure.observation_id
        ) as preference
    from {{ ref('fct_observation') }} as figure
    inner join {{ ref('dim_area') }} as area
        on
            figure.area_code = area.area_code
            and area.valid_from <= figure.as_of_date
            and (area.valid_to is null or figure.as_of_date < area.valid_to)
    where
        figure.is_latest
        and figure.value is not null
        and figure.body_scope = 'each_body'
        and figure.area_code <> '{{ var("nation") }}'
        and area.area_type not in ('district', 'aggregate')

),

member as (

    select
        item_id,
        area_code,
        as_of_date,
        fiscal_year,
        'area_type' as peer_scheme,
        peer_group,
        value
    from candidate
    where preference = 1

),

compared_day as (

    select distinct as_of_date from member

),

group_size as (

    select
        compared_day.as_of_date,
        area.area_type as peer_group,
        count(*) as body_count
    from compared_day
    inner join {{ ref('dim_area') }} as area
        on
            area.valid_from <= compared_day.as_of_date
            and (area.valid_to is null or compared_day.as_of_date < area.valid_to)
    group by compared_day.as_of_date, area.area_type

),

statistic as (

    select
        item_id,
        as_of_date,
        peer_scheme,
        peer_group,
        count(*) as group_size,
        avg(cast(value as double)) as mean_unweighted,
        median(cast(value as double)) as median,
        stddev_pop(cast(value as double)) as spread
    from member
    group by item_id, as_of_date, peer_scheme, peer_group

),

placed as (

    select
        *,
        rank() over (
            partition by item_id, as_of_date, peer_scheme, peer_group order by value desc
        ) as position_from_top,
        rank() over (
            partition by item_id, as_of_date, peer_scheme, peer_group order by value
        ) as position_from_bottom,
        count(*) over (partition by item_id, as_of_date, peer_scheme, peer_group, value) as equal_count
    from member

)

select
    placed.item_id,
    placed.area_code,
    placed.as_of_date,
    placed.peer_scheme,
    cast(placed.fiscal_year as integer) as fiscal_year,
    placed.peer_group,
    placed.value,
    cast(statistic.group_size as integer) as group_size,
    cast(group_size.body_count - statistic.group_size as integer) as missing_count,
    -- Rounded far below any printed digit: sums of doubles depend on the order in which threads meet.
    round(statistic.mean_unweighted, 8) as mean_unweighted,
    -- A weighted mean needs the weights, which no source of the warehouse holds yet.
    cast(null as double) as mean_weighted,
    statistic.median,
    case when statistic.group_size >= {{ smallest_group }} then cast(placed.position_from_top as integer) end as rank,
    case
        when statistic.group_size >= {{ smallest_group }}
            then 100.0 * (placed.position_from_bottom - 1 + placed.equal_count / 2.0) / statistic.group_size
    end as percentile,
    case
        when statistic.group_size >= {{ smallest_group }} and statistic.spread > 0
            then round(50 + 10 * (cast(placed.value as double) - statistic.mean_unweighted) / statistic.spread, 6)
    end as deviation_score
from placed
inner join statistic
    on
        placed.item_id = statistic.item_id
        and placed.as_of_date = statistic.as_of_date
        and placed.peer_scheme = statistic.peer_scheme
        and placed.peer_group = statistic.peer_group
inner join group_size
    on placed.peer_group = group_size.peer_group and placed.as_of_date = group_size.as_of_date

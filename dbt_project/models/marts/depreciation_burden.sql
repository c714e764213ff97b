-- How old the facilities are (depreciation rate) beside what is still to be paid (future burden ratio), against the
-- medians of the peers of that year. A burden that was not calculated because there is none stays as it is marked:
-- it is no zero and has no quadrant. A group shows no ideal.
with rate as (

    select
        area_code,
        as_of_date,
        value
    from {{ ref('int_peer_figure') }}
    where item_id = 'asset_depreciation_rate'

),

burden as (

    select
        area_code,
        as_of_date,
        value,
        value_status
    from (
        select
            area_code,
            as_of_date,
            value,
            value_status,
            row_number() over (
                partition by area_code, as_of_date
                order by is_secondary, case observation_status when 'final' then 1 else 2 end, known_on desc, observation_id
            ) as preference
        from {{ ref('fct_observation') }}
        where
            item_id = 'future_burden_ratio'
            and body_scope = 'each_body'
            and area_code <> '{{ var("nation") }}'
            and is_latest
    ) as figure
    where preference = 1

),

body as (

    select
        rate.area_code,
        rate.as_of_date,
        grouping.peer_scheme,
        grouping.peer_group,
        rate.value as depreciation_rate,
        burden.value as burden_ratio,
        case
            when burden.value is not null then 'reported'
            when burden.value_status = 'not_calculated' then 'not_calculated'
            when burden.value_status is not null then burden.value_status
            else 'not_held'
        end as burden_status
    from rate
    left join burden on rate.area_code = burden.area_code and rate.as_of_date = burden.as_of_date
    inner join {{ ref('area_peer_group') }} as grouping
        on
            rate.area_code = grouping.area_code
            and grouping.peer_scheme in ('area_type', 'similar_bodies')
            and grouping.peer_group is not null
            and {{ valid_on('grouping.valid_from', 'grouping.valid_to', 'rate.as_of_date') }}

),

middle as (

    select
        as_of_date,
        peer_scheme,
        peer_group,
        count(*) as depreciation_bodies,
        count(burden_ratio) as burden_bodies,
        sum(case when burden_status = 'not_calculated' then 1 else 0 end) as not_calculated_bodies,
        round(median(cast(depreciation_rate as double)), 8) as depreciation_median,
        round(median(cast(burden_ratio as double)), 8) as burden_median
    from body
    group by as_of_date, peer_scheme, peer_group

),

sided as (

    select
        body.*,
        middle.depreciation_bodies,
        middle.burden_bodies,
        middle.not_calculated_bodies,
        middle.depreciation_median,
        middle.burden_median,
        case
            when middle.depreciation_bodies < {{ var('smallest_peer_group') }} then null
            when cast(body.depreciation_rate as double) > middle.depreciation_median then 'high'
            else 'low'
        end as depreciation_side,
        case
            when middle.burden_bodies < {{ var('smallest_peer_group') }} or body.burden_ratio is null then null
            when cast(body.burden_ratio as double) > middle.burden_median then 'high'
            else 'low'
        end as burden_side
    from body
    inner join middle
        on
            body.as_of_date = middle.as_of_date
            and body.peer_scheme = middle.peer_scheme
            and body.peer_group = middle.peer_group

),

placed as (

    select
        *,
        case
            when depreciation_side = 'high' and burden_side = 'high' then 'old_and_burdened'
            when depreciation_side = 'high' and burden_side = 'low' then 'old_little_burden'
            when depreciation_side = 'low' and burden_side = 'high' then 'new_and_burdened'
            when depreciation_side = 'low' and burden_side = 'low' then 'new_little_burden'
        end as quadrant
    from sided

),

moved as (

    select
        *,
        lag(as_of_date) over earlier as date_before,
        lag(depreciation_rate) over earlier as depreciation_before,
        lag(burden_ratio) over earlier as burden_before,
        lag(quadrant) over earlier as quadrant_before
    from placed
    window earlier as (partition by area_code, peer_scheme order by as_of_date)

)

select
    area_code,
    {{ fiscal_year_of('as_of_date') }} as fiscal_year,
    peer_scheme,
    as_of_date,
    peer_group,
    depreciation_rate,
    burden_ratio,
    burden_status,
    cast(depreciation_bodies as integer) as depreciation_bodies,
    cast(burden_bodies as integer) as burden_bodies,
    cast(not_calculated_bodies as integer) as not_calculated_bodies,
    depreciation_median,
    burden_median,
    depreciation_side,
    burden_side,
    quadrant,
    case
        when quadrant is not null then null
        when burden_status = 'not_calculated' then 'BURDEN_NOT_CALCULATED'
        when burden_ratio is null then 'BURDEN_NOT_HELD'
        else 'GROUP_TOO_SMALL'
    end as reason_code,
    date_before,
    cast(depreciation_rate - depreciation_before as decimal(38, 10)) as depreciation_change,
    cast(burden_ratio - burden_before as decimal(38, 10)) as burden_change,
    quadrant_before,
    case
        when quadrant is null or quadrant_before is null then null
        when quadrant = quadrant_before then 'stayed'
        else 'moved'
    end as movement,
    'あるべき姿ないしは理想図を示したものではない' as note_ja
from moved

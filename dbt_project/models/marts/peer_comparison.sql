-- Where a body stands among its peers, in level and in pace. A rank is a position, not a judgement, and a group shows
-- no ideal; groups under five have no ranks.
{{ config(meta={'part_of': 'int_peer_figure', 'part_by': 'item_id'}) }}
{%- set smallest_group = var('smallest_peer_group') %}
with figure as (

    select * from {{ ref('int_peer_figure') }}
    where true {{ only_parts('item_id') }}

),

grouping as (

    select
        area_code,
        peer_scheme,
        valid_from,
        valid_to,
        peer_group
    from {{ ref('area_peer_group') }}
    where peer_group is not null

),

neighbourhood as (

    -- A body and its neighbours; the group has the body's own code.
    select
        area_code as peer_group,
        neighbour_code as area_code
    from {{ ref('nearest_neighbour') }}
    where neighbour_code is not null
    union
    select
        area_code as peer_group,
        area_code
    from {{ ref('nearest_neighbour') }}
    where neighbour_code is not null

),

numbered as (

    -- The groups by number: millions of rows are sorted by them.
    select
        peer_scheme,
        peer_group,
        cast(row_number() over (order by peer_scheme, peer_group) as integer) as group_no
    from (
        select
            peer_scheme,
            peer_group
        from grouping
        union
        select
            'nearest' as peer_scheme,
            peer_group
        from neighbourhood
    ) as every_group

),

membership as (

    select
        grouping.area_code,
        grouping.valid_from,
        grouping.valid_to,
        grouping.peer_scheme = 'area_type' as takes_counts,
        numbered.group_no
    from grouping
    inner join numbered on grouping.peer_scheme = numbered.peer_scheme and grouping.peer_group = numbered.peer_group

),

nearness as (

    select
        neighbourhood.area_code,
        neighbourhood.area_code = neighbourhood.peer_group as is_shown,
        numbered.group_no
    from neighbourhood
    inner join numbered on numbered.peer_scheme = 'nearest' and neighbourhood.peer_group = numbered.peer_group

),

member as (

    select
        figure.figure_no,
        figure.day_no,
        figure.as_of_date,
        membership.group_no,
        true as is_shown,
        figure.value,
        figure.numerator,
        figure.denominator,
        figure.weight,
        figure.pace_per_year
    from figure
    inner join membership
        on
            figure.area_code = membership.area_code
            and {{ valid_on('membership.valid_from', 'membership.valid_to', 'figure.as_of_date') }}
            and (membership.takes_counts or figure.is_compared)
    union all
    select
        figure.figure_no,
        figure.day_no,
        figure.as_of_date,
        nearness.group_no,
        nearness.is_shown,
        figure.value,
        figure.numerator,
        figure.denominator,
        figure.weight,
        figure.pace_per_year
    from figure
    inner join nearness on figure.area_code = nearness.area_code
    where figure.is_newest

),

aggregated as (

    select
        day_no,
        group_no,
        max(as_of_date) as as_of_date,
        count(*) as group_size,
        -- Sums of decimals are exact; those of doubles depend on the order in which threads meet.
        cast(sum(value) as double) / count(*) as mean_unweighted,
        {{ quantiles('cast(value as double)', [0.25, 0.5, 0.75]) }} as quartiles,
        stddev_pop(cast(value as double)) as spread,
        count(case when denominator > 0 then numerator end) as with_parts,
        sum(case when denominator > 0 then numerator end) as numerator,
        sum(case when numerator is not null and denominator > 0 then denominator end) as denominator,
        count(weight) as with_weight,
        -- Few figures have a weight, and products of decimals take time.
        sum(
            case when weight is not null then cast(value as decimal(20, 6)) * cast(weight as decimal(10, 0)) end
        ) as weighted,
        sum(weight) as weight,
        count(pace_per_year) as pace_group_size,
        median(pace_per_year) as pace_median
    from member
    group by day_no, group_no

),

statistic as (

    -- Rounded far below any printed digit, once for the group instead of for each of its members.
    select
        *,
        {{ entry_of('quartiles', 1) }} as lower_quartile,
        {{ entry_of('quartiles', 2) }} as median,
        {{ entry_of('quartiles', 3) }} as upper_quartile,
        round(mean_unweighted, 8) as rounded_mean,
        round({{ entry_of('quartiles', 1) }}, 8) as rounded_lower_quartile,
        round({{ entry_of('quartiles', 2) }}, 8) as rounded_median,
        round({{ entry_of('quartiles', 3) }}, 8) as rounded_upper_quartile,
        round(pace_median, 8) as rounded_pace_median
    from aggregated

),

body_count as (

    -- The bodies that belong to a group on a day, with a figure or without.
    select
        compared.as_of_date,
        compared.group_no,
        count(*) as bodies
    from (select distinct as_of_date, group_no from statistic) as compared
    inner join membership
        on
            compared.group_no = membership.group_no
            and {{ valid_on('membership.valid_from', 'membership.valid_to', 'compared.as_of_date') }}
    group by compared.as_of_date, compared.group_no
    union all
    select
        compared.as_of_date,
        compared.group_no,
        count(*) as bodies
    from (select distinct as_of_date, group_no from statistic) as compared
    inner join nearness on compared.group_no = nearness.group_no
    group by compared.as_of_date, compared.group_no

),

by_value as (

    -- From below: how many are smaller, and how many are no larger. Both in one order, because sorting takes time.
    select
        figure_no,
        day_no,
        group_no,
        is_shown,
        pace_per_year,
        rank() over smallest_first as position_from_bottom,
        count(*) over smallest_first as not_larger
    from member
    window smallest_first as (partition by day_no, group_no order by value)

),

positioned as (

    select
        figure_no,
        day_no,
        group_no,
        is_shown,
        position_from_bottom,
        not_larger,
        rank() over slowest_first as pace_from_bottom,
        count(*) over slowest_first as pace_not_larger
    from by_value
    where pace_per_year is not null
    window slowest_first as (partition by day_no, group_no order by pace_per_year)
    union all
    select
        figure_no,
        day_no,
        group_no,
        is_shown,
        position_from_bottom,
        not_larger,
        null as pace_from_bottom,
        null as pace_not_larger
    from by_value
    where pace_per_year is null

),

direction as (

    -- Only what a measure of the plan declares; two measures of one item that disagree declare nothing.
    select
        item_id,
        max(direction) as direction
    from {{ ref('dim_measure') }}
    where direction in ('increase', 'decrease')
    group by item_id
    having count(distinct direction) = 1

),

joined as (

    select
        figure.item_id,
        figure.area_code,
        figure.as_of_date,
        numbered.peer_scheme,
        figure.fiscal_year,
        numbered.peer_group,
        figure.value,
        figure.kind,
        figure.unit,
        figure.pace_from_date,
        figure.pace_per_year,
        figure.pace_reason,
        statistic.group_size,
        body_count.bodies - statistic.group_size as missing_count,
        statistic.mean_unweighted,
        statistic.median,
        statistic.spread,
        statistic.rounded_mean,
        statistic.rounded_median,
        statistic.rounded_lower_quartile,
        statistic.rounded_upper_quartile,
        statistic.rounded_pace_median,
        case
            when figure.kind <> 'RATE' then null
            when statistic.with_parts = statistic.group_size then 'numerator_denominator'
            when statistic.with_weight = statistic.group_size then 'population'
        end as weighted_basis,
        case when figure.unit = '%' then 100 else 1 end
        * cast(statistic.numerator as double) / nullif(cast(statistic.denominator as double), 0) as mean_of_parts,
        cast(statistic.weighted as double) / nullif(cast(statistic.weight as double), 0) as mean_by_population,
        statistic.group_size >= {{ smallest_group }} and figure.kind <> 'BINARY' as has_place,
        placed.position_from_bottom,
        placed.not_larger,
        case direction.direction
            when 'increase' then statistic.upper_quartile
            when 'decrease' then statistic.lower_quartile
        end as top_quartile,
        case direction.direction
            when 'increase' then statistic.rounded_upper_quartile
            when 'decrease' then statistic.rounded_lower_quartile
        end as rounded_top_quartile,
        statistic.pace_group_size,
        figure.pace_per_year is not null and statistic.pace_group_size >= {{ smallest_group }} as has_pace_place,
        placed.pace_from_bottom,
        placed.pace_not_larger
    from positioned as placed
    inner join figure on placed.figure_no = figure.figure_no
    inner join numbered on placed.group_no = numbered.group_no
    inner join statistic on placed.day_no = statistic.day_no and placed.group_no = statistic.group_no
    inner join body_count
        on statistic.as_of_date = body_count.as_of_date and statistic.group_no = body_count.group_no
    left join direction on figure.item_id = direction.item_id
    where placed.is_shown

)

select
    item_id,
    area_code,
    as_of_date,
    peer_scheme,
    fiscal_year,
    peer_group,
    value,
    cast(group_size as integer) as group_size,
    cast(missing_count as integer) as missing_count,
    rounded_mean as mean_unweighted,
    round(
        case weighted_basis
            when 'numerator_denominator' then mean_of_parts
            when 'population' then mean_by_population
        end, 8
    ) as mean_weighted,
    weighted_basis,
    case
        when weighted_basis is not null then null
        when kind <> 'RATE' then kind
        when unit like '%/人' then 'WEIGHT_MISSING'
        else 'NO_WEIGHT'
    end as weighted_reason,
    rounded_median as median,
    case when has_place then rounded_lower_quartile end as lower_quartile,
    case when has_place then rounded_upper_quartile end as upper_quartile,
    case when has_place then rounded_top_quartile end as top_quartile,
    case when has_place then cast(group_size - not_larger + 1 as integer) end as rank,
    case
        when has_place then {{ mid_rank_percentile('position_from_bottom', 'not_larger', 'group_size') }}
    end as percentile,
    case when has_place then round({{ deviation_score('value', 'mean_unweighted', 'spread') }}, 6) end as deviation_score,
    case
        when kind = 'BINARY' then 'BINARY'
        when group_size < {{ smallest_group }} then 'GROUP_TOO_SMALL'
        when spread = 0 then 'NO_SPREAD'
    end as suppressed_reason,
    case when has_place then round(cast(value as double) - median, 8) end as gap_to_median,
    case when has_place then round(cast(value as double) - top_quartile, 8) end as gap_to_top_quartile,
    case when has_place and top_quartile is null then 'DIRECTION_NOT_DECLARED' end as top_quartile_reason,
    pace_from_date,
    pace_per_year,
    case
        when pace_reason is not null then pace_reason
        when pace_group_size < {{ smallest_group }} then 'GROUP_TOO_SMALL'
    end as pace_reason,
    cast(pace_group_size as integer) as pace_group_size,
    case when has_pace_place then rounded_pace_median end as pace_median,
    case when has_pace_place then cast(pace_group_size - pace_not_larger + 1 as integer) end as pace_rank,
    case
        when has_pace_place
            then {{ mid_rank_percentile('pace_from_bottom', 'pace_not_larger', 'pace_group_size') }}
    end as pace_percentile
from joined

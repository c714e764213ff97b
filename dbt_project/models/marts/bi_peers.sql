-- The place of each body among its peers, with names and labels; a rank is a position, not a judgement.
with group_name as (

    select
        peer_scheme,
        peer_group,
        max(label_ja) as label_ja
    from {{ ref('area_peer_group') }}
    where peer_group is not null
    group by peer_scheme, peer_group

)

select
    peers.item_id,
    item.name_ja as item_name_ja,
    item.name_en as item_name_en,
    item.unit,
    cast(item.decimals as integer) as decimals,
    peers.area_code,
    area.area_name_ja,
    area.area_name_kana,
    area.area_type,
    area.area_type_ja,
    area.prefecture_code,
    area.prefecture_name_ja,
    area.prefecture_iso,
    peers.as_of_date,
    peers.fiscal_year,
    row_number() over (
        partition by peers.item_id, peers.area_code, peers.peer_scheme order by peers.as_of_date desc
    ) = 1 as is_newest,
    peers.peer_scheme,
    {{ in_words('peers.peer_scheme', 'peer_scheme') }} as peer_scheme_ja,
    peers.peer_group,
    case
        when peers.peer_scheme = 'nearest' then concat(area.area_name_ja, 'に近い団体')
        else coalesce(group_name.label_ja, peers.peer_group)
    end as peer_group_ja,
    peers.value,
    peers.group_size,
    peers.missing_count,
    peers.mean_unweighted,
    peers.mean_weighted,
    peers.weighted_reason,
    peers.median,
    peers.lower_quartile,
    peers.upper_quartile,
    peers.top_quartile,
    peers.top_quartile_reason,
    peers.rank,
    peers.percentile,
    peers.deviation_score,
    peers.gap_to_median,
    peers.gap_to_top_quartile,
    peers.suppressed_reason,
    {{ in_words('peers.suppressed_reason', 'peer_blank') }} as suppressed_reason_ja,
    peers.pace_from_date,
    peers.pace_per_year,
    peers.pace_median,
    peers.pace_rank,
    peers.pace_percentile,
    peers.pace_reason
from {{ ref('peer_comparison') }} as peers
inner join {{ ref('dim_item') }} as item on peers.item_id = item.item_id
inner join ({{ labelled_areas() }}) as area on peers.area_code = area.area_code
left join group_name on peers.peer_scheme = group_name.peer_scheme and peers.peer_group = group_name.peer_group

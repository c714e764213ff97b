-- わが団体は、類似団体のなかでどこにいるか
-- Where our body stands among its peers
--
-- 答え: 一行が一つの項目（その団体の最新の年度）。順位は値の大きい順で、良し悪しではない
-- Answer: One row an item (the newest year of the body). The rank counts from the largest value, which is no judgement
-- 注意: 類似団体との比較は、あるべき姿ないしは理想図を示したものではない。5団体未満の区分には順位がない
-- Caution: A comparison with peers shows no ideal. Groups of under five bodies have no ranks
-- 列 / Columns: item_id varchar, name_ja varchar, fiscal_year integer, peer_group varchar, value decimal(38,10), median double, lower_quartile double, upper_quartile double, unit varchar, rank integer, group_size integer, missing_count integer, deviation_score double, suppressed_reason varchar
select
    peer.item_id, item.name_ja, peer.fiscal_year, peer.peer_group,
    peer.value, peer.median, peer.lower_quartile, peer.upper_quartile, item.unit,
    peer.rank, peer.group_size, peer.missing_count, peer.deviation_score, peer.suppressed_reason
from marts.peer_comparison as peer
inner join marts.dim_item as item using (item_id)
where
    peer.area_code = '320005'  -- ここを変える（島根県。市区町村なら similar_bodies も） / change this
    and peer.peer_scheme = 'area_type'
qualify row_number() over (partition by peer.item_id order by peer.as_of_date desc) = 1
order by peer.item_id

-- クラウドの導入団体数には、食い違う公表値がいくつあるか
-- Where published counts of bodies in the cloud contradict each other
--
-- 答え: 一行が一つの公表値。conflict_group が同じものは、同じことを言いながら食い違うもの
-- Answer: One row a published figure; those of one `conflict_group` say the same thing and differ
-- 注意: 食い違う値はどちらも残し、判定に使う一つを enters_verdict に示す
-- Caution: Both are kept; `enters_verdict` marks the one that is judged
-- 列 / Columns: as_of_date date, series_id varchar, value decimal(38,10), unit varchar, observation_status varchar, conflict_group varchar, enters_verdict boolean, exclusion_reason varchar, citation_publisher_ja varchar, citation_title_ja varchar, published_on date, citation_url varchar
select
    as_of_date, series_id, value, unit, observation_status,
    conflict_group, enters_verdict, exclusion_reason,
    citation_publisher_ja, citation_title_ja, published_on, citation_url
from marts.fct_observation
where item_id = 'cloud_municipalities' and area_code = '000000' and body_scope = 'municipalities' and is_latest
order by as_of_date, enters_verdict desc, value, observation_id

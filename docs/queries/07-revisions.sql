-- 公表元は、過去のどの数値を後から改めたか
-- Which figures publishers changed afterwards
--
-- 答え: 一行が一度の改定。改定前と後の値と、それぞれの資料
-- Answer: One row a revision: the value before and after, and the document of each
-- 注意: どちらの値も残る。分析に使う方は is_latest
-- Caution: Both values are kept; the one to use is marked `is_latest`
-- 列 / Columns: item_id varchar, name_ja varchar, area_code varchar, body_scope varchar, as_of_date date, old_value decimal(38,10), new_value decimal(38,10), difference decimal(38,10), unit varchar, old_value_status varchar, new_value_status varchar, old_document_ja varchar, new_document_ja varchar
select
    revision.item_id, item.name_ja, revision.area_code, revision.body_scope, revision.as_of_date,
    revision.old_value, revision.new_value, revision.new_value - revision.old_value as difference, item.unit,
    revision.old_value_status, revision.new_value_status,
    revision.old_document_ja, revision.new_document_ja
from marts.observation_revision as revision
inner join marts.dim_item as item using (item_id)
order by revision.as_of_date desc, revision.item_id, revision.area_code, revision.body_scope, revision.old_document_ja

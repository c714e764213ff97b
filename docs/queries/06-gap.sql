-- 全国の目標までの不足は、どの都道府県にあるか
-- In which prefectures the gap to a national target lies
--
-- 答え: 一行が一つの都道府県（最も新しい時点）。part_of_gap は全国の不足に占める割合。最後に、全国の数値しかない指標
-- Answer: One row a prefecture (the newest day). `part_of_gap` is its part of the national gap. Measures with national figures only come last
-- 注意: 都道府県の目標は公表されておらず、対象の数で按分した算出値（derived）
-- Caution: No targets of prefectures are published: these are in proportion to what is counted (derived)
-- 列 / Columns: measure_id varchar, target_version varchar, as_of_date date, prefecture varchar, eligible decimal(24,6), reached decimal(24,6), target_own decimal(24,6), gap decimal(24,6), gap_national decimal(24,6), part_of_gap double, observation_status varchar, reason_code varchar
select
    part.measure_id, part.target_version, part.as_of_date, area.name_ja as prefecture,
    part.eligible, part.reached, part.target_own, part.gap, part.gap_national,
    part.part_of_gap, part.observation_status, part.reason_code
from marts.prefecture_contribution as part
inner join marts.dim_area_current as area using (area_code)
where part.is_primary
qualify part.as_of_date is not distinct from max(part.as_of_date) over (partition by part.measure_id, part.target_version)
order by part.gap is null, part.measure_id, part.gap desc, part.area_code

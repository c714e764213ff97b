-- 合併した団体の人口を、いまの区域でさかのぼるには
-- The population of merged bodies on today's boundaries
--
-- 答え: 一行が、いまの団体と時点。value_status が summed なら当時の全団体の合計、incomplete なら欠ける団体があり空、regrouped なら公表元が組み替えた値
-- Answer: One row a body of today and a day: `summed` where every body of that day has a figure, `incomplete` (blank) where one has none, `regrouped` where the publisher did it
-- 注意: 比率は合計できないので、分子と分母が公表されていなければ空（not_additive）
-- Caution: Ratios are not summed: blank (`not_additive`) unless numerator and denominator are published
-- 列 / Columns: area_code varchar, area_name_ja varchar, prefecture_name_ja varchar, series_id varchar, as_of_date date, value decimal(38,10), unit varchar, value_status varchar, bodies_then bigint, former_area_codes varchar[]
select
    area_code, area_name_ja, prefecture_name_ja, series_id, as_of_date,
    value, unit, value_status, bodies_then, former_area_codes
from marts.observation_today
where item_id = 'population' and bodies_then > 1
order by area_code, series_id, as_of_date

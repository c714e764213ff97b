-- 目標はいつ、どちらの向きに書き換えられたか
-- When targets were rewritten, and which way
--
-- 答え: 一行が、目標の一度の書き換え。stringency_change は元の目標の幅に対する割合で、負は緩めたこと
-- Answer: One row a rewriting. `stringency_change` is relative to the width of the first target; negative means eased
-- 注意: 比べられない場合（定義や種類が違う）は reason_code に理由がある
-- Caution: Where two targets cannot be compared, `reason_code` says why
-- 列 / Columns: measure_id varchar, name_ja varchar, changed_on date, from_version varchar, to_version varchar, from_value decimal(38,10), to_value decimal(38,10), unit varchar, from_date date, to_date date, deadline_shift_days bigint, stringency_change double, reason_code varchar
select
    change.measure_id, measure.name_ja, change.changed_on,
    change.from_version, change.to_version,
    change.from_value, change.to_value, measure.unit,
    change.from_date, change.to_date, change.deadline_shift_days,
    change.stringency_change, change.reason_code
from marts.target_change as change
inner join marts.dim_measure as measure using (measure_id)
order by change.changed_on, measure.display_order

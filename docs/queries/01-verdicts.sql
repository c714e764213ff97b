-- いま、どの目標が遅れていて、どれだけ足りないか
-- Which targets are behind today, and by how much
--
-- 答え: 一行が一つの指標（全国、工程表自身の目標）。遅れ・未達成が先、数値のないものが後
-- Answer: One row a measure (the nation, the roadmap's own target): behind and missed first, those without a figure last
-- 注意: progress は基準値から目標までの道のりのうち進んだ割合。点数や順位ではない
-- Caution: `progress` is the part of the way from baseline to target; it is no score and no rank
-- 列 / Columns: measure_id varchar, name_ja varchar, status varchar, grade varchar, latest_value decimal(38,10), unit varchar, latest_as_of_date date, comparator varchar, target_value decimal(38,10), target_date date, difference_to_target decimal(38,10), progress double, elapsed double
select
    measure_id, name_ja, status, grade,
    latest_value, unit, latest_as_of_date,
    comparator, target_value, target_date,
    target_value - latest_value as difference_to_target,
    progress, elapsed
from marts.kpi_scorecard
order by
    case
        when status in ('missed', 'far_behind', 'behind', 'reversing', 'worsening', 'slipped', 'achieved_then_slipped') then 1
        when latest_value is not null then 2
        else 3
    end,
    display_order

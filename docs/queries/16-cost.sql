-- 住民一人当たり行政コストの高い都道府県はどこか。前の年からどう動いたか
-- Which prefectures cost most per resident, and how that moved
--
-- 答え: 一行が一つの都道府県（発生主義、最も新しい年度）
-- Answer: One row a prefecture (accrual, the newest year)
-- 注意: 発生主義と決算額（cash）は別の指標で、足したり比べたりしない
-- Caution: Accrual and cash are two measures, never added or compared
-- 列 / Columns: name_ja varchar, fiscal_year integer, basis varchar, cost double, cost_before double, change double, position_from_highest bigint
select
    area.name_ja, cost.fiscal_year, cost.basis, cost.cost,
    lag(cost.cost) over (partition by cost.area_code order by cost.fiscal_year) as cost_before,
    cost.cost - lag(cost.cost) over (partition by cost.area_code order by cost.fiscal_year) as change,
    rank() over (partition by cost.fiscal_year order by cost.cost desc) as position_from_highest
from marts.per_capita_cost_financing as cost
inner join marts.dim_area_current as area using (area_code)
where cost.measure_basis = 'accrual'
qualify cost.fiscal_year = max(cost.fiscal_year) over ()
order by cost.cost desc, area.area_code

-- 県内の団体の主な財政指標を一枚の表にするには
-- The main fiscal indices of the bodies of a prefecture in one table
--
-- 答え: 一行が一つの団体。列が項目。blanks に空の理由
-- Answer: One row a body, the items as columns; `blanks` says why one is blank
-- 注意: 単位は列ごとに違う（describe observation_wide_items とデータ辞書）
-- Caution: Units differ by column (see the data dictionary)
-- 列 / Columns: area_name_ja varchar, area_type varchar, fiscal_year bigint, fiscal_strength_index decimal(38,10), ordinary_balance_ratio decimal(38,10), debt_service_ratio decimal(38,10), future_burden_ratio decimal(38,10), laspeyres_index decimal(38,10), asset_depreciation_rate decimal(38,10), per_capita_cost_accrual decimal(38,10), standard_fiscal_need decimal(38,10), ordinary_allocation_tax decimal(38,10), blanks varchar
select
    area_name_ja, area_type, fiscal_year,
    fiscal_strength_index, ordinary_balance_ratio, debt_service_ratio, future_burden_ratio, laspeyres_index,
    asset_depreciation_rate, per_capita_cost_accrual, standard_fiscal_need, ordinary_allocation_tax,
    blanks
from marts.observation_wide_items
where
    prefecture_name_ja = '島根県'  -- ここを変える / change this
    and area_type <> 'association'
    and fiscal_year = (select max(fiscal_year) from marts.observation_wide_items where asset_depreciation_rate is not null)
order by area_code

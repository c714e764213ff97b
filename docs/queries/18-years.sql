-- 財政力指数は、この15年でどの団体が大きく動いたか
-- Which bodies' fiscal strength moved most in fifteen years
--
-- 答え: 一行が一つの団体。列が年度。動きの大きい順
-- Answer: One row a body, the years as columns, the largest moves first
-- 注意: 合併した団体は合併前と続かない（いまの区域で見るには observation_today）
-- Caution: Merged bodies do not continue those before (for today's boundaries see `observation_today`)
-- 列 / Columns: area_code varchar, area_name_ja varchar, prefecture_name_ja varchar, unit varchar, fy2008 decimal(38,10), fy2013 decimal(38,10), fy2018 decimal(38,10), fy2023 decimal(38,10), change decimal(38,10), blanks varchar
select
    area_code, area_name_ja, prefecture_name_ja, unit,
    fy2008, fy2013, fy2018, fy2023,
    fy2023 - fy2008 as change,
    blanks
from marts.observation_wide_years
where item_id = 'fiscal_strength_index' and body_scope = 'each_body' and fy2008 is not null and fy2023 is not null
order by abs(fy2023 - fy2008) desc, area_code

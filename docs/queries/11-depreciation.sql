-- 建物などが古く、将来負担も重い団体はどこか
-- Where assets are old and the future burden is heavy
--
-- 答え: 一行が一つの団体（最も新しい年度）。いずれも類似団体の中央値より高いもの
-- Answer: One row a body (the newest year): above the median of its peers in both
-- 注意: 将来負担比率が算定されない団体（負担なし）は四つの位置に入らない
-- Caution: Bodies whose burden is not calculated (there is none) have no quadrant
-- 列 / Columns: area_code varchar, name_ja varchar, prefecture varchar, fiscal_year integer, peer_group varchar, depreciation_rate decimal(38,10), depreciation_median double, burden_ratio decimal(38,10), burden_median double, quadrant_before varchar, depreciation_change decimal(38,10), burden_change decimal(38,10)
select
    place.area_code, area.name_ja, prefecture.name_ja as prefecture, place.fiscal_year, place.peer_group,
    place.depreciation_rate, place.depreciation_median,
    place.burden_ratio, place.burden_median,
    place.quadrant_before, place.depreciation_change, place.burden_change
from marts.depreciation_burden as place
inner join marts.dim_area_current as area using (area_code)
left join marts.dim_area_current as prefecture on area.prefecture_code = prefecture.area_code
where
    place.peer_scheme = 'similar_bodies'
    and place.quadrant = 'old_and_burdened'
    and place.fiscal_year = (select max(fiscal_year) from marts.depreciation_burden)
order by place.depreciation_rate desc, place.area_code

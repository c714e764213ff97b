-- 下水道の公営企業会計の適用は、調査と実際の適用日でどれだけ違うか
-- How far the survey on enterprise accounting in sewerage is from the days of application
--
-- 答え: 一行が、人口の区分と4月1日。適用年月日から組み直した割合と、同じ日の調査値
-- Answer: One row a population class and 1 April: the share rebuilt from days of application, and the survey's of that day
-- 注意: 調査値には「取組中」を含むものがある（系列の名に applied_or_working）。同じ定義ではない
-- Caution: Some survey figures count bodies still working on it (`applied_or_working` in the series): not the same definition
-- 列 / Columns: body_scope varchar, as_of_date date, bodies bigint, bodies_applied bigint, share double, survey_share decimal(38,10), survey_minus_rebuilt double, survey_series_id varchar, observation_status varchar
select
    body_scope, as_of_date, bodies, bodies_applied, share,
    survey_share, survey_share - share as survey_minus_rebuilt,
    survey_series_id, observation_status
from marts.sewerage_adoption_history
where scope = 'priority_sewerage'
order by body_scope, as_of_date

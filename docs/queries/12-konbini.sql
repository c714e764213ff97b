-- コンビニ交付の団体数は、目標の550団体に向けてどう増えたか
-- How the bodies issuing certificates at convenience stores grew towards the 550 of the target
--
-- 答え: 一行が一つの公表値。判定に使わないものも、その理由とともに示す
-- Answer: One row a published figure; those that enter no verdict stand with the reason
-- 注意: 目標と数値の定義（系列）が違うものは比べない
-- Caution: Figures of another definition (series) are not compared with the target
-- 列 / Columns: as_of_date date, value decimal(38,10), unit varchar, observation_status varchar, series_id varchar, target_value decimal(38,10), target_date date, share_of_target double, enters_verdict boolean, exclusion_reason varchar, known_on date, citation_url varchar
select
    figure.as_of_date, figure.value, figure.unit, figure.observation_status, figure.series_id,
    target.target_value, target.target_date, figure.value / target.target_value as share_of_target,
    figure.enters_verdict, figure.exclusion_reason, figure.known_on, figure.citation_url
from marts.fct_observation as figure
inner join marts.dim_measure as measure
    on figure.item_id = measure.item_id and figure.body_scope = measure.body_scope
inner join marts.dim_target as target
    on measure.measure_id = target.measure_id and target.is_primary
where measure.measure_id = 'konbini_issuance_bodies' and figure.area_code = '000000' and figure.is_latest
order by figure.as_of_date, figure.observation_id

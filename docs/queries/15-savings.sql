-- 歳出の効率化・情報システム経費の削減は、いくらと公表されているか
-- What saving has been published for outsourcing, the cloud and information systems
--
-- 答え: 一行が一つの公表値。見込み・言明・実績の別と、値のないものの理由
-- Answer: One row a published figure: forecast, claim or actual, and the reason where there is no value
-- 注意: 見込みと実績、項目どうしを足し合わせてはならない
-- Caution: Forecasts and actuals, or different items, must not be added up
-- 列 / Columns: item_id varchar, name_ja varchar, area_code varchar, as_of_date date, value decimal(38,10), unit varchar, value_status varchar, observation_status varchar, enters_verdict boolean, exclusion_reason varchar, raw_text varchar, citation_title_ja varchar, citation_url varchar
select
    figure.item_id, item.name_ja, figure.area_code, figure.as_of_date, figure.value, figure.unit, figure.value_status,
    figure.observation_status, figure.enters_verdict, figure.exclusion_reason,
    figure.raw_text, figure.citation_title_ja, figure.citation_url
from marts.fct_observation as figure
inner join marts.dim_item as item using (item_id)
where
    figure.item_id in (
        'expenditure_efficiency', 'local_it_efficiency', 'local_it_operating_cost', 'gov_system_operating_cost',
        'gov_system_operating_cost_saving', 'local_it_total_cost', 'local_it_cost_per_capita'
    )
    and figure.is_latest
order by figure.item_id, figure.as_of_date, figure.observation_id

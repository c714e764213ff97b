-- 数値のない指標は、どの公表物を待てばよく、誰に聞けばよいか
-- Which publication would hold the figure that a measure lacks, and whom to ask
--
-- 答え: 一行が、判定に使える数値のない指標。載るはずの公表物、公表主体、最後に数値があった時点
-- Answer: One row a measure without a figure that can be judged: the publication, its publisher, the newest figure it gave
-- 注意: freshness が overdue の公表物は、周期からみて次の公表が出ているはずのもの
-- Caution: `overdue` means that by its cadence the next publication should be out
-- 列 / Columns: measure_id varchar, name_ja varchar, status varchar, reason_code varchar, publication_title_ja varchar, publication_publisher_ja varchar, publication_url varchar, newest_as_of date, freshness varchar, expected_on date
select
    card.measure_id, card.name_ja, card.status, card.reason_code,
    card.publication_title_ja, card.publication_publisher_ja, card.publication_url,
    state.newest_as_of, state.freshness, state.expected_on
from marts.kpi_scorecard as card
inner join marts.dim_measure as measure using (measure_id)
left join meta.publication_status as state using (publication_id)
where card.latest_value is null
order by card.display_order

-- どの公表物が遅れているか。最後の実行で何が失敗したか
-- Which publications are late, and what failed
--
-- 答え: 一行が、データ源の一つの表。鮮度、次の見込み、失敗の理由
-- Answer: One row a table of a source: freshness, next expected, reason of a failure
-- 注意: 遅れは公表の周期からの見込みで、公表元の約束ではない
-- Caution: Late by the cadence; publishers have promised nothing
-- 列 / Columns: source_id varchar, publisher_ja varchar, title_ja varchar, source_table varchar, cadence varchar, files_held bigint, newest_period varchar, freshness varchar, freshness_basis varchar, expected_on date, overdue_on date, is_stale boolean, failure_ja varchar
select
    state.source_id, source.publisher_ja, source.title_ja, state.source_table, state.cadence,
    state.files_held, state.newest_period, state.freshness, state.freshness_basis,
    state.expected_on, state.overdue_on, state.is_stale, state.failure_ja
from meta.source_status as state
inner join marts.dim_source as source using (source_id)
order by
    case state.freshness when 'overdue' then 1 when 'due' then 2 when 'unknown' then 3 else 4 end,
    state.overdue_on nulls last, state.source_id, state.source_table

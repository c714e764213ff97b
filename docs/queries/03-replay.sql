-- 2018年4月の時点では、同じ指標をどう判定したはずか
-- How the same measures would have been judged in April 2018
--
-- 答え: 一行が、判定の変わった一つの指標。then はその日に知られていたことだけによる
-- Answer: One row a measure whose verdict has changed since; `then` uses only what was known on that day
-- 注意: マクロ *_as_of(日) は、その日より後に公表された数値も目標も使わない
-- Caution: The macros `*_as_of(day)` use neither figures nor targets published after that day
-- 列 / Columns: measure_id varchar, name_ja varchar, status_then varchar, status_today varchar, value_then decimal(38,10), as_of_then date, value_today decimal(38,10), as_of_today date
select
    today.measure_id, today.name_ja,
    past.status as status_then, today.status as status_today,
    past.latest_value as value_then, past.latest_as_of_date as as_of_then,
    today.latest_value as value_today, today.latest_as_of_date as as_of_today
from marts.kpi_scorecard as today
inner join marts.kpi_scorecard_as_of('2018-04-30') as past using (measure_id)
where past.status is distinct from today.status
order by today.display_order

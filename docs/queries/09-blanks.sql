-- 値のない数値は、どの項目のどの年度に、なぜあるか
-- Which figures have no value, and why
--
-- 答え: 一行が、項目・年度・理由の組。数とその割合
-- Answer: One row an item, fiscal year and reason, with their number and share
-- 注意: 空は0ではない。not_calculated は負担がなく算定されないこと、nil_mark は公表元の「－」
-- Caution: A blank is not zero: `not_calculated` means that there is no burden to calculate, `nil_mark` the publisher's dash
-- 列 / Columns: item_id varchar, name_ja varchar, fiscal_year bigint, value_status varchar, figures_without_value bigint, figures_of_year bigint, share_without_value double
select
    item.item_id, item.name_ja, figure.fiscal_year, figure.value_status,
    count(*) as figures_without_value,
    of_year.figures as figures_of_year,
    100.0 * count(*) / of_year.figures as share_without_value
from marts.fct_observation as figure
inner join marts.dim_item as item using (item_id)
inner join (
    select item_id, fiscal_year, count(*) as figures
    from marts.fct_observation
    where is_latest
    group by item_id, fiscal_year
) as of_year on figure.item_id = of_year.item_id and figure.fiscal_year is not distinct from of_year.fiscal_year
where figure.is_latest and figure.value is null
group by item.item_id, item.name_ja, figure.fiscal_year, figure.value_status, of_year.figures
order by figure.fiscal_year desc, figures_without_value desc, item.item_id

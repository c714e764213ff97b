-- 一つの判定は、どの数字からどう計算されたか
-- From which numbers a verdict was computed, and how
--
-- 答え: 指標一つについて、判定の方式ごとに一行（方式により経過の数え方が異なる）
-- Answer: One row a scheme of one measure (schemes count the time elapsed in different ways)
-- 注意: 同じ内容を文章で読むには mieruka explain。required_per_year が空なのは期限を過ぎたから
-- Caution: `mieruka explain` says the same in words. `required_per_year` is blank once the deadline has passed
-- 列 / Columns: scheme varchar, target_version varchar, status varchar, grade varchar, reason_code varchar, baseline_date date, baseline_value decimal(38,10), as_of_date date, value decimal(38,10), target_date date, comparator varchar, target_value decimal(38,10), progress double, elapsed double, pace double, path_value double, gap_to_path double, required_per_year double, actual_per_year double, projected_value double
select
    scheme, target_version, status, grade, reason_code,
    baseline_date, baseline_value, as_of_date, value, target_date, comparator, target_value,
    progress, elapsed, pace,
    path_value, gap_to_path, required_per_year, actual_per_year, projected_value
from marts.kpi_progress
where
    measure_id = 'cloud_municipalities'  -- ここを変える / change this
    and area_code = '000000'
    and superseded_on is null
order by is_primary desc, target_version, scheme

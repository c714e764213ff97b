select
    defect_id,
    source_id,
    source_table,
    file_name,
    snapshot_sha256,
    sheet,
    row_no,
    column_name,
    cell,
    rule,
    found,
    expected,
    expected_en,
    severity
from {{ ref('stg_defect') }}
union all
{# What the checks of registers found: the lines are kept, so none of it is a refusal. -#}
select
    substr(
        md5(concat_ws('|', area_code, cast(fiscal_year as varchar), entity, rule, cast(finding_no as varchar))), 1, 16
    ) as defect_id,
    'municipality__asset_registers' as source_id,
    'asset_line' as source_table,
    coalesce(source_file, area_code || ' FY' || cast(fiscal_year as varchar)) as file_name,
    snapshot_sha256,
    sheet,
    row_no,
    null as column_name,
    null as cell,
    rule,
    found,
    expected_ja || coalesce('（' || expected || '）', '') as expected,
    expected_en || coalesce(' (' || expected || ')', '') as expected_en,
    'warning' as severity
from {{ ref('register_finding') }}

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

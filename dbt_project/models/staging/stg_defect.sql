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
    expected_ja as expected,
    expected_en,
    severity
from {{ source('catalog', 'defect') }}

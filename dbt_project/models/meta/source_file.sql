select
    snapshot_sha256,
    source_id,
    source_table,
    file_name,
    sheet,
    period,
    is_accepted,
    figures,
    bodies,
    unresolved_rows,
    sums_compared,
    defects
from {{ ref('stg_source_file') }}

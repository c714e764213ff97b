select
    snapshot_sha256,
    source_id,
    source_table,
    file_name,
    origin_url,
    retrieved_at,
    published_on,
    bytes,
    period
from {{ ref('stg_source_snapshot') }}

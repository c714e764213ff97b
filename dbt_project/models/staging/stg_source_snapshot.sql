select
    snapshot_sha256,
    source_id,
    source_table,
    file_name,
    origin_url,
    cast(retrieved_at as timestamptz) as retrieved_at,
    cast(published_on as date) as published_on,
    bytes,
    period
from {{ source('catalog', 'source_snapshot') }}

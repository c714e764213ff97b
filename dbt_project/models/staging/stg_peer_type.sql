select
    source_id,
    source_table,
    snapshot_sha256,
    as_of,
    file_row,
    type_text,
    citation_url
from {{ source('catalog', 'peer_type') }}

select
    source_id,
    publisher_ja,
    publisher_en,
    title_ja,
    title_en,
    licence,
    licence_ja,
    licence_url,
    landing_url,
    cadence,
    note_ja
from {{ source('catalog', 'source') }}

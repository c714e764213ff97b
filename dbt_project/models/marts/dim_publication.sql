select
    publication_id,
    title_ja,
    title_en,
    publisher_ja,
    publisher_en,
    url,
    cadence,
    note_ja
from {{ ref('stg_publication') }}

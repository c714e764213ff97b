select
    publication_id,
    title_ja,
    title_en,
    publisher_ja,
    publisher_en,
    url,
    cadence,
    note_ja
from {{ source('cao__reform_roadmap_2017', 'publications') }}

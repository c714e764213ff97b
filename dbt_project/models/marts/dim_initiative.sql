select
    initiative_no,
    name_ja,
    name_en,
    section_ja,
    section_en,
    indicator_item_ids
from {{ ref('stg_initiative') }}

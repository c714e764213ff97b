select
    initiative_no,
    name_ja,
    name_en,
    section_ja,
    section_en,
    indicator_item_ids
from {{ source('cao__reform_roadmap_2017', 'initiatives') }}

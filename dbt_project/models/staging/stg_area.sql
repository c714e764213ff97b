select
    area_code,
    valid_from,
    valid_to,
    name_ja,
    name_kana,
    district_ja,
    prefecture_code,
    area_type,
    valid_from_basis,
    citation_url,
    note_ja
from {{ source('catalog', 'area') }}

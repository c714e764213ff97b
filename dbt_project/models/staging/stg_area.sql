select
    area_code,
    valid_from,
    valid_to,
    name_ja,
    name_kana,
    prefecture_code,
    area_type,
    valid_from_basis,
    citation_url,
    note_ja
from {{ source('soumu__area_codes', 'areas') }}

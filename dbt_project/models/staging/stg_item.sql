select
    item_id,
    name_ja,
    name_en,
    unit,
    decimals,
    is_additive,
    source_id
from {{ source('catalog', 'item') }}

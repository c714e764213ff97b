select
    item_id,
    name_ja,
    name_en,
    unit,
    decimals,
    is_additive,
    source_id
from {{ ref('stg_item') }}

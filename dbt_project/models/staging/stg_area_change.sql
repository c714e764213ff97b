select
    from_code,
    to_code,
    effective_on,
    kind,
    reason_ja
from {{ source('catalog', 'area_change') }}

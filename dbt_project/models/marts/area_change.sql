select
    from_code,
    to_code,
    effective_on,
    kind,
    reason_ja
from {{ ref('stg_area_change') }}

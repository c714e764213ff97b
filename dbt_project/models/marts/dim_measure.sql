select
    measure_id,
    kpi_id,
    item_id,
    body_scope,
    name_ja,
    name_en,
    unit,
    decimals,
    direction,
    is_non_decreasing,
    limit_value,
    limit_basis_ja,
    area_type,
    publication_id,
    display_order
from {{ ref('stg_measure') }}

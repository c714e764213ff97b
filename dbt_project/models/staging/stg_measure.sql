select
    measure_id,
    __row as display_order,
    kpi_id,
    item_id,
    body_scope,
    area_type,
    name_ja,
    name_en,
    unit,
    decimals,
    direction,
    is_non_decreasing,
    limit_value,
    limit_basis_ja,
    publication_id
from {{ source('cao__reform_roadmap_2017', 'measures') }}

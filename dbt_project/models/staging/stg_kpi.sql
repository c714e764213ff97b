select
    kpi_id,
    __row as display_order,
    name_ja,
    name_en,
    tier,
    tier_basis,
    tier_note_ja,
    initiative_nos,
    ministry_ja,
    is_monitor_only
from {{ source('cao__reform_roadmap_2017', 'kpis') }}

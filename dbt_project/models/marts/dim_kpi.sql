select
    kpi_id,
    name_ja,
    name_en,
    tier,
    tier_basis,
    initiative_nos,
    ministry_ja,
    is_monitor_only,
    display_order,
    tier_note_ja
from {{ ref('stg_kpi') }}

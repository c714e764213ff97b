select
    plan_id,
    name_ja,
    name_en,
    started_on,
    adopted_on,
    source_url,
    note_ja
from {{ ref('stg_plan') }}

-- Series come from the register of cited figures and from the descriptions of the sources themselves.
select
    series_id,
    item_id,
    definition_ja,
    valid_from,
    valid_to,
    break_reason_ja,
    succeeds_series_id,
    status_note_ja
from {{ source('mieruka__cited_figures', 'series') }}
union all
select
    series_id,
    item_id,
    definition_ja,
    valid_from,
    valid_to,
    break_reason_ja,
    succeeds_series_id,
    status_note_ja
from {{ source('catalog', 'series') }}

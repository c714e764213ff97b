select
    census_on,
    holds_from,
    citation_url,
    note_ja
from {{ source('mieruka__peer_groups', 'censuses') }}

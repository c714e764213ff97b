select
    facility_type,
    name_ja,
    name_en,
    listed_in
from {{ ref('register_facility_type') }}

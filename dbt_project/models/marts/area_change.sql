-- No source describes a change of codes yet: the table keeps its place and its columns, without rows.
select
    area_code as from_code,
    area_code as to_code,
    valid_from as effective_on,
    area_type as kind
from {{ ref('stg_area') }}
where false

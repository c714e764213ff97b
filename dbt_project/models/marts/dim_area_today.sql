select
    area_code,
    today_code
from {{ ref('int_area_today') }}

{{ config(materialized='view', schema='register', contract={'enforced': false}) }}

select
    area_code,
    fiscal_year,
    entity,
    account_group,
    account_class,
    stated_in,
    label,
    acquisition_cost,
    accumulated_depreciation,
    book_value,
    unit_yen,
    snapshot_sha256,
    source_file,
    sheet,
    row_no
from {{ source('register', 'stated_total') }}

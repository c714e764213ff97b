select
    initiative_no,
    milestone_no,
    label_ja,
    label_en,
    starts_fiscal_year,
    ends_fiscal_year,
    ministry_ja,
    column_basis,
    note_ja
from {{ ref('stg_milestone') }}

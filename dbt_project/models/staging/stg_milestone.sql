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
from {{ source('cao__reform_roadmap_2017', 'milestones') }}

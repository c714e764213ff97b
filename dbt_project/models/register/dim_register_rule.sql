select
    rule,
    severity,
    label_ja,
    label_en,
    expected_ja,
    expected_en
from {{ ref('register_rule') }}

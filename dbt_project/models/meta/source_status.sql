-- What is held of each table that is good, what failed and since when, and whether a newer publication is to be expected.
select
    source_id,
    source_table,
    cadence,
    files_held,
    files_refused,
    rows_refused,
    last_good_sha256,
    last_good_file,
    last_good_at,
    last_attempt_at,
    is_stale,
    failing_since,
    failure_rule,
    failure_ja,
    failure_en,
    newest_period,
    newest_published_on,
    {{ freshness_state('freshness_basis', 'expected_on', 'overdue_on') }} as freshness,
    freshness_basis,
    expected_on,
    overdue_on
from {{ ref('stg_source_status') }}

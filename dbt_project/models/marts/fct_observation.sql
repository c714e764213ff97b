-- As of a day: the figures known by then, the newest vintage among them marked; one that cannot be dated is not shown.
{{ config(
    meta={'part_of': 'int_observation', 'part_by': 'source_id'},
    post_hook="{{ as_of_table('select * replace (' ~ is_newest_vintage() ~ ' as is_latest) from ' ~ this ~ ' where known_on <= ' ~ on_day()) }}"
) }}
select
    observation_id,
    item_id,
    series_id,
    area_code,
    body_scope,
    statistic,
    as_of_date,
    date_precision,
    date_basis,
    fiscal_year,
    period_start,
    value,
    numerator,
    denominator,
    unit,
    value_status,
    observation_status,
    label_is_inferred,
    conflict_group,
    enters_verdict,
    exclusion_reason,
    source_id,
    snapshot_sha256,
    sheet,
    cell,
    raw_text,
    citation_url,
    published_on,
    known_on,
    known_on_basis,
    retrieved_at,
    is_latest,
    value_is_approximate,
    value_is_computed,
    document_id,
    citation_title_ja,
    citation_publisher_ja,
    original_publisher_ja,
    is_secondary,
    page,
    note_ja,
    obs_status
from {{ ref('int_observation') }}
left join
    (select value_status, observation_status, obs_status from {{ ref('dim_observation_status') }})
    using (value_status, observation_status)
where true {{ only_parts('source_id') }}

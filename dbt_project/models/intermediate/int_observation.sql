{{ config(meta={'part_of': 'stg_observation', 'part_by': 'source_id'}) }}
-- Every figure once, with its own id, the day from which it could be known, and its latest vintage marked.
with figure as (

    select
        *,
        md5(concat_ws(
            '|', source_id, item_id, coalesce(series_id, ''), area_code, body_scope, statistic,
            coalesce(cast(as_of_date as varchar), ''), observation_status, coalesce(document_id, ''),
            coalesce(raw_text, '')
        )) as observation_id,
        -- The published rate wins; a share published only as numerator and denominator is divided here.
        coalesce(
            value,
            case
                when statistic = 'share' and value_status = 'reported'
                    then cast(100 * cast(numerator as double) / nullif(cast(denominator as double), 0) as decimal(38, 10))
            end
        ) as known_value,
        value is null and statistic = 'share' and numerator is not null as value_is_computed,
        -- A figure without a release date could be known from the day it describes, not before.
        coalesce(published_on, as_of_date) as known_on,
        case
            when published_on is not null then published_on_basis
            when as_of_date is not null then 'not_before'
        end as known_on_basis
    from {{ ref('stg_observation') }}
    where true {{ only_parts('source_id') }}

),

ranked as (

    select
        *,
        {{ is_newest_vintage() }} as is_latest
    from figure

)

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
    case when value_status = 'reported' then known_value end as value,
    value_is_approximate,
    value_is_computed,
    numerator,
    denominator,
    unit,
    value_status,
    observation_status,
    label_is_inferred,
    conflict_group,
    enters_verdict,
    exclusion_reason,
    document_id,
    citation_title_ja,
    citation_publisher_ja,
    original_publisher_ja,
    is_secondary,
    citation_url,
    published_on,
    known_on,
    known_on_basis,
    page,
    note_ja,
    source_id,
    source_table,
    snapshot_sha256,
    retrieved_at,
    sheet,
    cell,
    raw_text,
    is_latest
from ranked

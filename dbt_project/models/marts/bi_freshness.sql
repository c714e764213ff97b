-- How fresh the publications that hold figures of KPIs are, and each table read from a source.
with entry as (

    select
        'publication' as kind,
        '公表物' as kind_ja,
        status.publication_id as id,
        publication.title_ja,
        publication.publisher_ja,
        publication.url,
        status.cadence,
        status.newest_as_of as newest_date,
        'none' as newest_period,
        cast(0 as bigint) as files_refused,
        status.freshness,
        status.freshness_basis,
        status.expected_on,
        status.overdue_on
    from {{ ref('publication_status') }} as status
    inner join {{ ref('dim_publication') }} as publication on status.publication_id = publication.publication_id
    union all
    select
        'source_table' as kind,
        '取り込む表' as kind_ja,
        concat(status.source_id, '.', status.source_table) as id,
        source.title_ja,
        source.publisher_ja,
        source.landing_url as url,
        status.cadence,
        status.newest_published_on as newest_date,
        coalesce(status.newest_period, 'none') as newest_period,
        status.files_refused,
        status.freshness,
        status.freshness_basis,
        status.expected_on,
        status.overdue_on
    from {{ ref('source_status') }} as status
    inner join {{ ref('dim_source') }} as source on status.source_id = source.source_id

)

select
    kind,
    kind_ja,
    id,
    title_ja,
    publisher_ja,
    url,
    cadence,
    newest_date,
    newest_period,
    files_refused,
    freshness,
    {{ in_words('freshness', 'freshness') }} as freshness_ja,
    freshness_basis,
    {{ in_words('freshness_basis', 'freshness_basis') }} as freshness_basis_ja,
    expected_on,
    overdue_on
from entry

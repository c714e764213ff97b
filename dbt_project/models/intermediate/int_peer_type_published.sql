-- The type that the ministry's list prints for a body in a fiscal year. The list has no codes: the body of a row is
-- that of the row's figures, read from the same file.
with file_row as (

    select distinct
        source_id,
        snapshot_sha256,
        as_of_date,
        area_code,
        is_secondary,
        cast(regexp_extract(cell, '([0-9]+)$', 1) as bigint) as file_row
    from {{ ref('fct_observation') }}
    where
        source_id in (select source_id from {{ ref('stg_peer_type') }})
        and regexp_extract(cell, '^[A-Z]+([0-9]+)$', 1) <> ''

),

listed as (

    select
        file_row.area_code,
        type.as_of,
        -- Full width is the ministry's spelling.
        translate(trim(type.type_text), '0123456789-', '０１２３４５６７８９－') as type_text,
        type.source_id,
        type.snapshot_sha256,
        type.citation_url,
        row_number() over (
            partition by file_row.area_code, type.as_of
            order by file_row.is_secondary, type.source_table, type.snapshot_sha256
        ) as preference
    from {{ ref('stg_peer_type') }} as type
    inner join file_row
        on
            type.source_id = file_row.source_id
            and type.snapshot_sha256 = file_row.snapshot_sha256
            and type.as_of = file_row.as_of_date
            and type.file_row = file_row.file_row
    where type.type_text is not null

)

select
    listed.area_code,
    {{ fiscal_year_of('listed.as_of') }} as fiscal_year,
    listed.as_of,
    listed.type_text,
    kind.peer_group,
    kind.body_class,
    kind.population_class,
    kind.label_ja,
    listed.source_id,
    listed.snapshot_sha256,
    listed.citation_url
from listed
left join {{ ref('stg_peer_group') }} as kind
    on
        kind.peer_scheme = 'similar_bodies'
        and listed.type_text = kind.published_text
        and {{ valid_on('kind.valid_from', 'kind.valid_to', 'listed.as_of') }}
where listed.preference = 1

-- Every figure once, with its own id, the day from which it could be known, and its latest vintage marked. The one table
-- of all figures: it is large, so nothing sorts or copies it whole, and its rows keep the order of the files.
-- As of a day: the figures known by then, the newest vintage among them marked; one that cannot be dated is not shown.
{{ config(
    meta={'part_of': 'stg_observation', 'part_by': 'source_id'},
    post_hook="{{ as_of_table('select * replace (' ~ is_newest_vintage() ~ ' as is_latest) from ' ~ this ~ ' where known_on <= ' ~ on_day()) }}"
) }}
{%- set same_figure = ['item_id', 'series_id', 'area_code', 'body_scope', 'statistic', 'as_of_date', 'source_id'] %}
with figure as (

    select
        *,
        {{ observation_id('figure') }} as observation_id,
        -- The published rate wins; a share published only as numerator and denominator is divided here.
        coalesce(
            value,
            case
                when statistic = 'share' and value_status = 'reported'
                    then cast(100 * cast(numerator as double) / nullif(cast(denominator as double), 0) as decimal(38, 10))
            end
        ) as known_value,
        value is null and statistic = 'share' and numerator is not null as value_is_computed,
        {{ known_on('figure') }} as known_on,
        case
            when published_on is not null then published_on_basis
            when as_of_date is not null then 'not_before'
        end as known_on_basis
    from {{ ref('stg_observation') }} as figure
    where true {{ only_parts('source_id') }}

),

-- Few figures are held more than once; only these need be compared to find the newest.
repeated as (

    select {{ row_hash(same_figure) }} as figure_hash
    from {{ ref('stg_observation') }}
    where as_of_date is not null {{ only_parts('source_id') }}
    group by {{ row_hash(same_figure) }}
    having count(*) > 1

),

vintage as (

    select
        figure.item_id,
        figure.series_id,
        figure.area_code,
        figure.body_scope,
        figure.statistic,
        figure.as_of_date,
        figure.source_id,
        figure.observation_status,
        figure.enters_verdict,
        figure.retrieved_at,
        {{ known_on('figure') }} as known_on,
        {{ observation_id('figure') }} as observation_id
    from {{ ref('stg_observation') }} as figure
    inner join repeated on {{ row_hash(same_figure) }} = repeated.figure_hash
    where figure.as_of_date is not null {{ only_parts('source_id') }}

),

superseded as (

    select observation_id
    from (select observation_id, {{ is_newest_vintage() }} as is_newest from vintage) as compared
    where not is_newest

)

select
    figure.observation_id,
    figure.item_id,
    figure.series_id,
    figure.area_code,
    figure.body_scope,
    figure.statistic,
    figure.as_of_date,
    figure.date_precision,
    figure.date_basis,
    figure.fiscal_year,
    figure.period_start,
    case when figure.value_status = 'reported' then figure.known_value end as value,
    figure.numerator,
    figure.denominator,
    figure.unit,
    figure.value_status,
    figure.observation_status,
    figure.label_is_inferred,
    figure.conflict_group,
    figure.enters_verdict,
    figure.exclusion_reason,
    figure.source_id,
    figure.snapshot_sha256,
    figure.sheet,
    figure.cell,
    figure.raw_text,
    figure.citation_url,
    figure.published_on,
    figure.known_on,
    figure.known_on_basis,
    figure.retrieved_at,
    superseded.observation_id is null as is_latest,
    figure.value_is_approximate,
    figure.value_is_computed,
    figure.document_id,
    figure.citation_title_ja,
    figure.citation_publisher_ja,
    figure.original_publisher_ja,
    figure.is_secondary,
    figure.page,
    figure.note_ja,
    sdmx.obs_status
from figure
left join superseded on figure.observation_id = superseded.observation_id
left join {{ ref('dim_observation_status') }} as sdmx
    on figure.value_status = sdmx.value_status and figure.observation_status = sdmx.observation_status

"""The SQL that makes the JSON of the API. It selects and arranges; it computes nothing."""

from __future__ import annotations

# A number without the zeros that only its storage has; JSON null where there is no value.
_NUMBER = "rtrim(rtrim({0}::varchar, '0'), '.')::json"

FIGURE_COLUMNS = (
    "as_of_date", "date_precision", "fiscal_year", "value", "value_status", "observation_status", "obs_status",
    "citation", "cell", "note_ja", "observation_id",
)  # fmt: skip

# What an item's file says of each area; `newest` is a figure in the order above.
AREA_COLUMNS = (
    "area_code", "series_id", "body_scope", "statistic", "figures_held", "first_date", "last_date", "newest",
)  # fmt: skip


def _number(column: str) -> str:
    return _NUMBER.format(column)


def _names(columns: tuple[str, ...]) -> str:
    return "[" + ", ".join(f"'{name}'" for name in columns) + "]"


_COLUMNS_JSON = _names(FIGURE_COLUMNS)
# A figure as a row of values in the order of FIGURE_COLUMNS.
_FIGURE = f"""json_array(
    as_of_date, date_precision, fiscal_year, {_number("value")}, value_status, observation_status, obs_status,
    citation, cell, note_ja, observation_id
)"""

# Figures of one definition, body and kind, oldest first.
_SERIES = (
    """
select
    figure.area_code, figure.item_id, figure.series_id, figure.body_scope, figure.statistic, figure.unit,
    to_json(list("""
    + _FIGURE
    + """ order by as_of_date, observation_id)) as figures,
    list_distinct(list(figure.citation)) as cited,
    count(*) as number,
    min(as_of_date) as first_date,
    max(as_of_date) as last_date,
    arg_max("""
    + _FIGURE
    + """, (coalesce(as_of_date, date '0001-01-01'), observation_id)) as newest,
    arg_max(citation, (coalesce(as_of_date, date '0001-01-01'), observation_id)) as newest_citation
from figure
group by all
"""
)

# Figures in their newest vintage with the number of their citation; places of one document and sheet share it.
PREPARE = (
    """
create or replace temp table api_citation as
select *, row_number() over (
    order by source_id, citation_title_ja, citation_url, page, published_on, snapshot_sha256, sheet,
        citation_publisher_ja, original_publisher_ja
)::integer as citation
from (
    select distinct
        source_id, citation_publisher_ja, original_publisher_ja, citation_title_ja, citation_url, published_on, page,
        snapshot_sha256, sheet
    from marts.fct_observation where is_latest
)
""",
    """
create or replace temp table api_figure as
select
    figure.area_code, figure.item_id, figure.series_id, figure.body_scope, figure.statistic, figure.unit,
    figure.as_of_date, figure.date_precision, figure.fiscal_year, figure.value, figure.value_status,
    figure.observation_status, figure.obs_status, figure.cell, figure.note_ja, figure.observation_id, cited.citation
from (select * from marts.fct_observation where is_latest) as figure
inner join api_citation as cited
    on figure.source_id = cited.source_id
    and figure.snapshot_sha256 = cited.snapshot_sha256
    and figure.sheet = cited.sheet
    and figure.citation_url = cited.citation_url
    and figure.citation_publisher_ja is not distinct from cited.citation_publisher_ja
    and figure.original_publisher_ja is not distinct from cited.original_publisher_ja
    and figure.citation_title_ja is not distinct from cited.citation_title_ja
    and figure.published_on is not distinct from cited.published_on
    and figure.page is not distinct from cited.page
order by left(figure.area_code, 2)
""",
    """
create or replace temp table api_citation_json as
select
    cited.citation,
    json_merge_patch('{}', json_object(
        'source_id', cited.source_id, 'publisher_ja', cited.citation_publisher_ja,
        'original_publisher_ja', cited.original_publisher_ja, 'title_ja', cited.citation_title_ja,
        'url', cited.citation_url, 'published_on', cited.published_on, 'page', cited.page,
        'sheet', cited.sheet, 'file_sha256', cited.snapshot_sha256, 'licence_ja', source.licence_ja,
        'licence_url', source.licence_url
    )) as content
from api_citation as cited
left join marts.dim_source as source using (source_id)
""",
    """
create or replace temp table api_series as
with figure as (select * from api_figure where false)
"""
    + _SERIES,
)
FILL = (
    """
insert into api_series
with figure as (select * from api_figure where left(area_code, 2) = ?)
"""
    + _SERIES
)
PARTS = "select distinct left(area_code, 2) from marts.dim_area_current order by 1"

_PLACE = """
    'area_code', area.area_code, 'name_ja', area.name_ja, 'name_kana', area.name_kana,
    'area_type', area.area_type, 'prefecture_code', area.prefecture_code, 'prefecture_ja', prefecture.name_ja
"""
# Every municipality and prefecture there is, and whoever has figures.
_LISTED = """
    select area.* from marts.dim_area_current as area
    where area.area_code in (select area_code from api_series)
        or (area.valid_to is null and area.area_type not in ('ward', 'district', 'association', 'aggregate'))
"""

_CITATIONS = """
    select {key}, to_json(map_from_entries(list((citation::varchar, content) order by citation))) as citations
    from (select distinct {key}, unnest({cited}) as citation from {table})
    inner join api_citation_json using (citation)
    group by {key}
"""

AREA = f"""
with series as (
    select
        area_code,
        to_json(list(json_object(
            'item_id', item_id, 'name_ja', item.name_ja, 'unit', coalesce(series.unit, item.unit),
            'series_id', series_id, 'body_scope', body_scope, 'statistic', statistic, 'figures', figures
        ) order by item_id, series_id, body_scope, statistic)) as content
    from api_series as series
    left join marts.dim_item as item using (item_id)
    where left(area_code, 2) = $part
    group by area_code
),
cited as ({_CITATIONS.format(key="area_code", cited="cited", table="(from api_series where left(area_code, 2) = $part)")})
select
    area.area_code,
    json_object(
        'area', json_object({_PLACE}, 'valid_from', area.valid_from, 'valid_to', area.valid_to),
        'columns', {_COLUMNS_JSON},
        'series', coalesce(series.content, '[]'::json),
        'citations', coalesce(cited.citations, '{{}}'::json)
    )::varchar
from ({_LISTED}) as area
left join marts.dim_area_current as prefecture on area.prefecture_code = prefecture.area_code
left join series on area.area_code = series.area_code
left join cited on area.area_code = cited.area_code
where left(area.area_code, 2) = $part
order by area.area_code
"""

# The newest figure of each area; the years before are in the areas' own files.
ITEM = f"""
with newest as (
    select
        item_id,
        to_json(list(json_array(
            area_code, series_id, body_scope, statistic, number, first_date, last_date, newest
        ) order by area_code, series_id, body_scope, statistic)) as content,
        list(newest_citation) as cited
    from api_series
    group by item_id
),
cited as ({_CITATIONS.format(key="item_id", cited="cited", table="newest")}),
definitions as (
    select
        item_id,
        to_json(list(json_object(
            'series_id', series_id, 'definition_ja', definition_ja, 'valid_from', valid_from, 'valid_to', valid_to,
            'break_reason_ja', break_reason_ja, 'succeeds_series_id', succeeds_series_id
        ) order by series_id)) as content
    from marts.dim_series
    group by item_id
)
select
    item.item_id,
    json_object(
        'item', json_object(
            'item_id', item.item_id, 'name_ja', item.name_ja, 'name_en', item.name_en, 'unit', item.unit,
            'decimals', item.decimals, 'is_additive', item.is_additive, 'source_id', item.source_id
        ),
        'definitions', coalesce(definitions.content, '[]'::json),
        'columns', {_COLUMNS_JSON},
        'area_columns', {_names(AREA_COLUMNS)},
        'areas', coalesce(newest.content, '[]'::json),
        'citations', coalesce(cited.citations, '{{}}'::json)
    )::varchar
from marts.dim_item as item
left join newest on item.item_id = newest.item_id
left join cited on item.item_id = cited.item_id
left join definitions on item.item_id = definitions.item_id
order by item.item_id
"""

KPI = f"""
with targets as (
    select
        target.measure_id,
        to_json(list(json_object(
            'target_version', target.target_version, 'plan_id', target.plan_id, 'plan_ja', plan.name_ja,
            'is_primary', target.is_primary, 'target_type', target.target_type, 'comparator', target.comparator,
            'baseline_value', {_number("target.baseline_value")}, 'baseline_date', target.baseline_date,
            'baseline_basis', target.baseline_basis, 'target_value', {_number("target.target_value")},
            'target_date', target.target_date, 'value_is_approximate', target.value_is_approximate,
            'date_is_approximate', target.date_is_approximate, 'condition_ja', target.condition_ja,
            'target_text_ja', target.target_text_ja, 'adopted_on', target.adopted_on, 'source_page', target.source_page,
            'source_url', target.source_url
        ) order by not target.is_primary, target.target_version)) as content
    from marts.dim_target as target
    left join marts.dim_plan as plan using (plan_id)
    group by target.measure_id
),
verdicts as (
    select
        measure_id,
        to_json(list(json_object(
            'target_version', target_version, 'is_primary', is_primary, 'evaluated_on', evaluated_on,
            'superseded_on', superseded_on, 'observation_id', observation_id, 'as_of_date', as_of_date,
            'value', {_number("value")}, 'progress', progress, 'elapsed', elapsed, 'pace', pace, 'path_value', path_value,
            'gap_to_path', gap_to_path, 'required_per_year', required_per_year, 'actual_per_year', actual_per_year,
            'projected_value', projected_value, 'projected_attainment_date', projected_attainment_date,
            'status', status, 'grade', grade, 'reason_code', reason_code, 'flags', flags
        ) order by not is_primary, target_version, evaluated_on)) as content
    from marts.kpi_progress
    where area_code = '000000' and scheme = 'default'
    group by measure_id
),
national as (
    select
        item_id,
        to_json(list(json_object(
            'series_id', series_id, 'body_scope', body_scope, 'statistic', statistic, 'unit', series.unit,
            'definition_ja', definition.definition_ja, 'break_reason_ja', definition.break_reason_ja, 'figures', figures
        ) order by series_id, body_scope, statistic)) as content
    from api_series as series
    left join marts.dim_series as definition using (series_id, item_id)
    where area_code = '000000'
    group by item_id
),
cited as (
    select measure.kpi_id, to_json(map_from_entries(list((citation::varchar, content) order by citation))) as citations
    from (
        select distinct measure.kpi_id, unnest(series.cited) as citation
        from marts.dim_measure as measure
        inner join api_series as series on measure.item_id = series.item_id and series.area_code = '000000'
    ) as measure
    inner join api_citation_json using (citation)
    group by measure.kpi_id
),
measures as (
    select
        measure.kpi_id,
        to_json(list(json_object(
            'measure_id', measure.measure_id, 'item_id', measure.item_id, 'name_ja', measure.name_ja,
            'name_en', measure.name_en, 'unit', measure.unit, 'decimals', measure.decimals,
            'direction', measure.direction, 'body_scope', measure.body_scope,
            'status', card.status, 'grade', card.grade, 'reason_code', card.reason_code, 'flags', card.flags,
            'evaluated_on', card.evaluated_on, 'observation_id', card.observation_id,
            'publication', json_object(
                'title_ja', card.publication_title_ja, 'publisher_ja', card.publication_publisher_ja,
                'url', card.publication_url
            ),
            'targets', coalesce(targets.content, '[]'::json),
            'verdicts', coalesce(verdicts.content, '[]'::json),
            'series', coalesce(national.content, '[]'::json)
        ) order by measure.display_order)) as content
    from marts.dim_measure as measure
    left join marts.kpi_scorecard as card on measure.measure_id = card.measure_id
    left join targets on measure.measure_id = targets.measure_id
    left join verdicts on measure.measure_id = verdicts.measure_id
    left join national on measure.item_id = national.item_id
    group by measure.kpi_id
),
history as (
    select
        kpi_id,
        to_json(list(json_object(
            'evaluated_on', evaluated_on, 'superseded_on', superseded_on, 'status', status, 'grade', grade, 'pace', pace
        ) order by evaluated_on)) as content
    from marts.kpi_verdict
    where scheme = 'default'
    group by kpi_id
)
select
    kpi.kpi_id,
    json_object(
        'kpi', json_object(
            'kpi_id', kpi.kpi_id, 'name_ja', kpi.name_ja, 'name_en', kpi.name_en, 'tier', kpi.tier,
            'tier_basis', kpi.tier_basis, 'initiative_nos', kpi.initiative_nos, 'ministry_ja', kpi.ministry_ja,
            'is_monitor_only', kpi.is_monitor_only
        ),
        'verdicts', coalesce(history.content, '[]'::json),
        'columns', {_COLUMNS_JSON},
        'measures', coalesce(measures.content, '[]'::json),
        'citations', coalesce(cited.citations, '{{}}'::json)
    )::varchar
from marts.dim_kpi as kpi
left join history on kpi.kpi_id = history.kpi_id
left join measures on kpi.kpi_id = measures.kpi_id
left join cited on kpi.kpi_id = cited.kpi_id
order by kpi.display_order
"""

LISTS = {
    "areas": f"""
select json_object('areas', to_json(list(json_object({_PLACE}, 'valid_to', area.valid_to,
    'address', 'area/' || area.area_code || '.json') order by area.area_code)))::varchar
from ({_LISTED}) as area
left join marts.dim_area_current as prefecture on area.prefecture_code = prefecture.area_code
""",
    "items": """
select json_object('items', to_json(list(json_object(
    'item_id', item_id, 'name_ja', name_ja, 'name_en', name_en, 'unit', unit, 'decimals', decimals,
    'areas', coalesce(held.areas, 0), 'figures', coalesce(held.figures, 0), 'first_date', held.first_date,
    'last_date', held.last_date, 'address', 'item/' || item_id || '.json'
) order by item_id)))::varchar
from marts.dim_item as item
left join (
    select item_id, count(distinct area_code) as areas, sum(number)::bigint as figures,
        min(first_date) as first_date, max(last_date) as last_date
    from api_series group by item_id
) as held using (item_id)
""",
    "sources": """
select json_object('sources', to_json(list(json_object(
    'source_id', source_id, 'title_ja', title_ja, 'title_en', title_en, 'publisher_ja', publisher_ja,
    'publisher_en', publisher_en, 'licence_ja', licence_ja, 'licence_url', licence_url, 'landing_url', landing_url,
    'cadence', cadence, 'note_ja', note_ja
) order by source_id)))::varchar
from marts.dim_source
""",
}

INDEX = """
select json_object(
    'counts', json_object(
        'kpis', (select count(*) from marts.dim_kpi),
        'areas', (select count(distinct area_code) from api_series),
        'items', (select count(*) from marts.dim_item),
        'figures', (select count(*) from api_figure)
    ),
    'kpis', (
        select to_json(list(json_object(
            'kpi_id', kpi.kpi_id, 'name_ja', kpi.name_ja, 'name_en', kpi.name_en, 'status', verdict.status,
            'grade', verdict.grade, 'evaluated_on', verdict.evaluated_on, 'address', 'kpi/' || kpi.kpi_id || '.json'
        ) order by kpi.display_order))
        from marts.dim_kpi as kpi
        left join (
            select * from marts.kpi_verdict where scheme = 'default' and superseded_on is null
        ) as verdict using (kpi_id)
    ),
    'observation_statuses', (
        select to_json(list(json_object(
            'value_status', value_status, 'observation_status', observation_status, 'value_status_ja', value_status_ja,
            'observation_status_ja', observation_status_ja, 'obs_status', obs_status, 'obs_status_en', obs_status_en
        ) order by value_status, observation_status))
        from marts.dim_observation_status
    )
)::varchar
"""

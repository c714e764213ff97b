"""What the pages read: selections from the published marts and meta, no arithmetic."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import duckdb

from pipelines.query import Record, records

# Prefectures and municipalities: the bodies that have a page.
BODY_TYPES = (
    "prefecture", "designated_city", "core_city", "special_city", "special_ward", "city", "town", "village",
)  # fmt: skip
_BODIES = ", ".join(f"'{kind}'" for kind in BODY_TYPES)


def rows(
    connection: duckdb.DuckDBPyConnection, query: str, values: Mapping[str, object] | None = None
) -> list[Record]:
    """Return the rows of a query as records."""
    return records(connection.execute(query, values) if values else connection.execute(query))


def grouped(entries: Iterable[Record], key: str) -> dict[Any, list[Record]]:
    """Return the records by the value of one column, in their order."""
    found: dict[Any, list[Record]] = {}
    for entry in entries:
        found.setdefault(entry[key], []).append(entry)
    return found


EDITION = """
select
    (select max(run_id) from meta.run where outcome = 'published') as version,
    (select max(evaluated_on) from marts.kpi_scorecard) as evaluated_on,
    (select min(evaluated_on) from marts.kpi_verdict where scheme = 'default') as first_evaluated_on
"""
INITIATIVES = "select * from marts.dim_initiative order by initiative_no"
KPIS = "select * from marts.dim_kpi order by display_order"
MEASURES = """
select measure.*, publication.title_ja as publication_title_ja, publication.title_en as publication_title_en,
    publication.publisher_ja as publication_publisher_ja, publication.publisher_en as publication_publisher_en,
    publication.url as publication_url, publication.cadence as publication_cadence,
    status.newest_as_of, status.freshness, status.freshness_basis, status.expected_on, status.overdue_on
from marts.dim_measure as measure
left join marts.dim_publication as publication using (publication_id)
left join meta.publication_status as status using (publication_id)
order by measure.display_order
"""
# The national verdicts of every day on which one changed, by the scheme that the scorecard shows; the last one stands.
STATES = """
select verdict.*, measure.kpi_id, measure.unit, measure.decimals, measure.direction,
    target.target_type, target.target_due_on, target.value_is_approximate, target.date_is_approximate,
    target.plan_id, target.target_text_ja, target.series_id, target.source_page, target.source_url,
    target.note_ja, target.condition_ja, target.adopted_on, target.known_on,
    figure.date_precision, figure.observation_status, deadline.date_precision as deadline_precision
from marts.kpi_progress as verdict
join marts.dim_measure as measure using (measure_id)
join marts.dim_target as target using (measure_id, target_version)
left join marts.fct_observation as figure on verdict.observation_id = figure.observation_id
left join marts.fct_observation as deadline on verdict.deadline_observation_id = deadline.observation_id
where verdict.area_code = '000000' and verdict.scheme = 'default'
order by measure.display_order, not verdict.is_primary, target.known_on, verdict.target_version, verdict.evaluated_on
"""
KPI_STATES = """
select * from marts.kpi_verdict where scheme = 'default' order by kpi_id, evaluated_on
"""
AREA_COUNTS = """
select measure_id, count(distinct area_code) as areas from marts.kpi_progress
where area_code <> '000000' and value is not null group by measure_id
"""
INDICATORS = """
select figure.*, item.name_ja, item.name_en, item.decimals
from marts.fct_observation as figure
join marts.dim_item as item using (item_id)
where figure.area_code = '000000' and figure.is_latest and figure.value is not null and figure.as_of_date is not null
    and figure.body_scope in ('municipalities', 'all_local_governments') and not figure.label_is_inferred
    and figure.observation_status in ('final', 'preliminary')
qualify row_number() over (partition by figure.item_id order by figure.as_of_date desc, figure.known_on desc) = 1
"""
PLANS = "select * from marts.dim_plan"
SERIES = "select * from marts.dim_series order by valid_from nulls first, series_id"
NATIONAL_FIGURES = """
select figure.*, item.decimals, snapshot.file_name
from marts.fct_observation as figure
join marts.dim_item as item using (item_id)
left join meta.source_snapshot as snapshot using (snapshot_sha256)
where figure.area_code = '000000' and figure.item_id in (select item_id from marts.dim_measure)
order by figure.as_of_date nulls last, figure.known_on, figure.observation_id
"""
PROJECTIONS = """
select * from marts.kpi_projection where area_code = '000000' and projected_value is not null
qualify dense_rank() over (partition by measure_id, target_version order by evaluated_on desc) = 1
order by measure_id, target_version, not is_selected, model
"""
PROJECTION_REASONS = """
select measure_id, reason_code from marts.kpi_projection
where area_code = '000000' and reason_code is not null
qualify row_number() over (partition by measure_id order by evaluated_on desc, target_version) = 1
"""
SCHEMES = """
select measure_id, scheme, target_version, is_primary, status, grade, reason_code, progress, elapsed, pace, flags
from marts.kpi_progress
where area_code = '000000' and scheme <> 'default' and superseded_on is null
order by measure_id, not is_primary, target_version, scheme
"""
FORECASTS = (
    "select * from marts.forecast_score where area_code = '000000' order by measure_id, made_on, forecast_for"
)
FIGURE_COUNTS = """
select measure.measure_id,
    count(figure.observation_id) filter (figure.enters_verdict) as entering,
    count(figure.observation_id) filter (not figure.enters_verdict) as excluded
from marts.dim_measure as measure
left join marts.fct_observation as figure on measure.item_id = figure.item_id and figure.area_code = '000000'
group by measure.measure_id
"""

AREAS = f"""
select area.*, prefecture.name_ja as prefecture_ja
from marts.dim_area_current as area
left join marts.dim_area_current as prefecture on area.prefecture_code = prefecture.area_code
where area.area_type in ({_BODIES})
order by area.area_code
"""
AREA_ITEMS = f"""
select item.*, count(*) as figures, count(distinct figure.area_code) as areas
from marts.fct_observation as figure
join marts.dim_item as item using (item_id)
join marts.dim_area_current as area using (area_code)
where figure.is_latest and figure.body_scope = 'each_body' and area.area_type in ({_BODIES})
group by all
order by item.item_id
"""
ITEM_COVERAGE = f"""
select figure.item_id, figure.fiscal_year, count(distinct figure.area_code) filter (figure.value is not null) as reported,
    count(distinct figure.area_code) as areas
from marts.fct_observation as figure
join marts.dim_area_current as area using (area_code)
where figure.is_latest and figure.body_scope = 'each_body' and area.area_type in ({_BODIES})
group by all
order by all
"""
# One day a fiscal year of each item: that with the most bodies, the last of equals; then its figures.
ITEM_YEARS = f"""
with figures as (
    select figure.item_id, figure.fiscal_year, figure.series_id, figure.as_of_date, figure.area_code, figure.value,
        figure.value_status
    from marts.fct_observation as figure
    join marts.dim_area_current as area using (area_code)
    where figure.item_id = $item and figure.is_latest and figure.body_scope = 'each_body' and area.area_type in ({_BODIES})
        and figure.fiscal_year is not null
),
days as (
    select fiscal_year, series_id, as_of_date
    from figures
    group by fiscal_year, series_id, as_of_date
    qualify row_number() over (
        partition by fiscal_year order by count(value) desc, as_of_date desc, series_id) = 1
)
select fiscal_year, as_of_date, series_id, area_code, value, value_status
from figures join days using (fiscal_year, series_id, as_of_date)
order by fiscal_year, area_code
"""

GROUP_LABELS = """
select distinct peer_group, label_ja from marts.area_peer_group where peer_group is not null and label_ja is not null
"""
# The newest day of each item and scheme, and where each body stands in it; for nearest the group is the body's own.
PEERS_NOW = """
select item_id, peer_scheme, as_of_date, peer_group, area_code, value, group_size, median, lower_quartile, upper_quartile,
    rank, percentile, deviation_score, gap_to_median
from marts.peer_comparison
where item_id in (select unnest($items::varchar[]))
qualify as_of_date = max(as_of_date) over (partition by item_id, peer_scheme, area_code)
"""
PEERS_OVER_TIME = """
select distinct item_id, peer_scheme, peer_group, as_of_date, median, lower_quartile, upper_quartile
from marts.peer_comparison
where item_id in (select unnest($items::varchar[])) and peer_scheme in ('similar_bodies', 'area_type')
    and median is not null and lower_quartile is not null
qualify as_of_date = max(as_of_date) over (partition by item_id, peer_scheme, peer_group, fiscal_year)
order by as_of_date
"""
NEIGHBOURS = """
select near.*, area.name_ja, prefecture.name_ja as prefecture_ja
from marts.nearest_neighbour as near
join marts.dim_area_current as area on near.neighbour_code = area.area_code
join marts.dim_area_current as prefecture on area.prefecture_code = prefecture.area_code
order by near.area_code, near.position
"""
CHANGES = """
select change.*, before.name_ja as from_ja, after.name_ja as to_ja
from marts.area_change as change
left join (select area_code, arg_max(name_ja, valid_from) as name_ja from marts.dim_area group by 1) as before
    on change.from_code = before.area_code
left join (select area_code, arg_max(name_ja, valid_from) as name_ja from marts.dim_area group by 1) as after
    on change.to_code = after.area_code
order by change.effective_on, change.from_code
"""
CONTRIBUTIONS = """
select part.*, measure.name_ja, measure.name_en, measure.unit, measure.decimals
from marts.prefecture_contribution as part
join marts.dim_measure as measure using (measure_id)
where part.is_primary and part.area_code <> '000000'
qualify part.as_of_date = max(part.as_of_date) over (partition by part.measure_id)
order by measure.display_order
"""
# The figures of some bodies: all of the main items, and the newest of every other item.
_OF_BODIES = """
select figure.observation_id, figure.area_code, figure.item_id, figure.series_id, figure.as_of_date, figure.date_precision,
    figure.value, figure.unit, figure.value_status, figure.observation_status, figure.source_id, figure.sheet,
    figure.cell, figure.snapshot_sha256
from marts.fct_observation as figure
where figure.area_code in (select unnest($areas::varchar[])) and figure.is_latest and figure.body_scope = 'each_body'
    and figure.as_of_date is not null
"""
BODY_FIGURES = f"""{_OF_BODIES}
    and figure.item_id in (select unnest($main::varchar[]))
order by figure.item_id, figure.series_id, figure.as_of_date, figure.observation_id
"""
BODY_OTHER_FIGURES = f"""{_OF_BODIES}
    and figure.item_id not in (select unnest($main::varchar[]))
qualify row_number() over (
    partition by figure.area_code, figure.item_id order by figure.as_of_date desc, figure.observation_id) = 1
order by figure.item_id
"""

# Of the bodies asked for, the newest year of which a register of each range of accounts is held.
_NEWEST_REGISTER = """
with newest as (
    select area_code, entity, max(fiscal_year) as fiscal_year
    from marts.register_rate
    where area_code in (select unnest($areas::varchar[]))
    group by area_code, entity
)
"""
REGISTER_RATES = f"""{_NEWEST_REGISTER}
select rate.*, facility.name_ja as facility_ja, facility.name_en as facility_en
from marts.register_rate as rate
join newest using (area_code, entity, fiscal_year)
left join marts.dim_facility_type as facility
    on rate.breakdown = 'facility_type' and rate.breakdown_value = facility.facility_type
where rate.breakdown = 'total' or rate.depreciating_line_count > 0
order by rate.area_code, rate.entity <> 'general', rate.entity, rate.breakdown, rate.breakdown_value = 'unknown',
    case when rate.breakdown in ('facility_type', 'department') then rate.depreciating_cost end desc nulls last,
    rate.breakdown_value
"""
REGISTER_COMPARISONS = f"""{_NEWEST_REGISTER}
select compared.*
from marts.register_rate_comparison as compared
join newest using (area_code, entity, fiscal_year)
where compared.published_rate is not null
order by compared.source_id
"""
REGISTER_DRIVERS = f"""{_NEWEST_REGISTER}
select driver.*, facility.name_ja as facility_ja, facility.name_en as facility_en
from marts.register_driver as driver
join newest using (area_code, entity, fiscal_year)
left join marts.dim_facility_type as facility using (facility_type)
where driver.place <= 10
order by driver.place
"""
REGISTER_RENEWAL = f"""{_NEWEST_REGISTER}
select renewal.*
from marts.register_renewal as renewal
join newest using (area_code, entity, fiscal_year)
where renewal.breakdown = 'total'
order by renewal.renewal_fiscal_year nulls last
"""
REGISTER_FINDINGS = f"""{_NEWEST_REGISTER}
select finding.*, rule.label_ja, rule.label_en
from marts.register_finding as finding
join newest using (area_code, entity, fiscal_year)
join marts.dim_register_rule as rule using (rule)
where finding.finding_no = 1
order by finding.severity desc, finding.finding_count desc, finding.rule
"""
REGISTER_UNKNOWN_FACILITIES = f"""{_NEWEST_REGISTER}
select unknown.*
from marts.register_unknown_facility as unknown
join newest using (area_code, entity, fiscal_year)
where unknown.place <= 20
order by unknown.place
"""
# The files named by the rows above; of a file that was published anew, the newest.
REGISTER_FILES = f"""{_NEWEST_REGISTER}
select named.area_code, named.entity, snapshot.source_id, snapshot.file_name, snapshot.snapshot_sha256, snapshot.retrieved_at
from (
    select area_code, fiscal_year, entity, source_file from marts.register_driver
    union
    select area_code, fiscal_year, entity, source_file from marts.register_finding
    union
    select area_code, fiscal_year, entity, source_file from marts.register_total
) as named
join newest using (area_code, entity, fiscal_year)
join meta.source_snapshot as snapshot on named.source_file = snapshot.file_name
qualify row_number() over (
    partition by named.area_code, named.entity, named.source_file order by snapshot.retrieved_at desc) = 1
order by named.source_file
"""

MILESTONES = "select * from marts.milestone order by initiative_no, milestone_no"
DEFECTS = """
select defect.*, source.publisher_ja, source.publisher_en, source.title_ja, source.title_en, snapshot.retrieved_at
from meta.defect as defect
left join marts.dim_source as source using (source_id)
left join (select snapshot_sha256, source_id, min(retrieved_at) as retrieved_at from meta.source_snapshot group by all) as snapshot
    using (snapshot_sha256, source_id)
order by defect.source_id, defect.severity, defect.file_name, defect.row_no, defect.defect_id
"""
# The figures in the very cell of a defect, or of the item and body that it names.
DEFECT_FIGURES = """
select defect.defect_id, figure.observation_id
from meta.defect as defect
join marts.fct_observation as figure using (snapshot_sha256)
where (figure.cell = defect.cell and figure.sheet is not distinct from defect.sheet)
    or defect.column_name = figure.item_id || ' ' || figure.area_code
order by defect.defect_id, figure.is_latest desc, figure.observation_id
"""
NAMED_FIGURES = """
select figure.observation_id, figure.item_id, figure.area_code, figure.as_of_date, figure.date_precision, figure.value,
    figure.unit, figure.value_status, figure.is_latest, figure.body_scope, item.name_ja as item_ja, item.name_en as item_en,
    item.decimals, area.name_ja as area_ja
from marts.fct_observation as figure
join marts.dim_item as item using (item_id)
left join (select area_code, arg_max(name_ja, valid_from) as name_ja from marts.dim_area group by 1) as area
    using (area_code)
where figure.observation_id in (select unnest($ids::varchar[]))
"""
REVISIONS = """
select revision.*, item.name_ja as item_ja, item.name_en as item_en, item.unit, item.decimals, area.name_ja as area_ja
from marts.observation_revision as revision
join marts.dim_item as item using (item_id)
left join (select area_code, arg_max(name_ja, valid_from) as name_ja from marts.dim_area group by 1) as area
    using (area_code)
order by revision.as_of_date desc, revision.item_id, revision.area_code
limit 100
"""
REVISION_COUNT = "select count(*) as revisions from marts.observation_revision"
CONFLICTS = """
select figure.conflict_group, figure.observation_id, figure.as_of_date, figure.date_precision, figure.value, figure.unit,
    figure.enters_verdict, figure.citation_title_ja, figure.citation_url, item.name_ja, item.name_en, item.decimals
from marts.fct_observation as figure
join marts.dim_item as item using (item_id)
where figure.conflict_group is not null
order by figure.conflict_group, figure.observation_id
"""
RUNS = "select * from meta.run order by started_at desc limit 50"
SOURCES = "select * from marts.dim_source order by source_id"
SOURCE_STATUS = "select * from meta.source_status order by source_id, source_table"
SNAPSHOTS = "select * from meta.source_snapshot order by source_id, file_name, snapshot_sha256"
TABLES = """
select schema_name, table_name as name, comment, estimated_size as table_rows
from duckdb_tables() where schema_name in ('marts', 'meta')
union all
select schema_name, view_name, comment, null from duckdb_views()
where schema_name in ('marts', 'meta') and not internal
order by 1, 2
"""
COLUMNS = """
select schema_name, table_name, column_name, data_type, comment
from duckdb_columns() where schema_name in ('marts', 'meta')
order by schema_name, table_name, column_index
"""


def area_values(
    connection: duckdb.DuckDBPyConnection, query: str, areas: Sequence[str], main: Sequence[str]
) -> list[Record]:
    """Return the figures of some bodies by one of the two queries above."""
    return rows(connection, query, {"areas": list(areas), "main": list(main)})

"""What differs between two published databases: figures, verdicts, targets, series, areas and files.

Both are attached to one connection and compared by set operations. Figures are compared first as a hash for each item
of each file, then one by one only where the hashes differ, so that a night on which one file changed costs little.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.publish.described import FIGURE_CHANGE, VERDICT_CHANGE, DescribedTable
from pipelines.query import quoted

if TYPE_CHECKING:
    import duckdb

SECTIONS = ("kpis", "verdicts", "targets", "series", "areas", "files", "figures")

_FIGURE_COLUMNS = {
    "observation_id": "varchar", "item_id": "varchar", "series_id": "varchar", "area_code": "varchar",
    "body_scope": "varchar", "statistic": "varchar", "as_of_date": "date", "value": "decimal(38,10)",
    "numerator": "decimal(38,10)", "denominator": "decimal(38,10)", "unit": "varchar", "value_status": "varchar",
    "observation_status": "varchar", "enters_verdict": "boolean", "source_id": "varchar",
    "snapshot_sha256": "varchar", "sheet": "varchar", "cell": "varchar", "raw_text": "varchar",
    "citation_url": "varchar", "citation_title_ja": "varchar", "document_id": "varchar", "page": "varchar",
    "is_latest": "boolean",
}  # fmt: skip
_VERDICT_COLUMNS = {
    "measure_id": "varchar", "area_code": "varchar", "target_version": "varchar", "scheme": "varchar",
    "evaluated_on": "date", "superseded_on": "date", "is_primary": "boolean", "status": "varchar",
    "grade": "varchar", "reason_code": "varchar", "progress": "double", "observation_id": "varchar",
    "deadline_observation_id": "varchar", "baseline_observation_id": "varchar", "target_value": "decimal(38,10)",
    "target_date": "date", "comparator": "varchar",
}  # fmt: skip
# What a revision of a figure may change; its place in the file, its file and its address are not the figure.
_REVISED = (
    "value", "value_status", "observation_status", "numerator", "denominator", "unit", "enters_verdict",
)  # fmt: skip
# A figure is its newest vintage, as `is_latest` has it; what a document says of it is a figure of its own.
_KIND = "case when observation_status in ('final', 'preliminary') then 'measured' else observation_status end"
_KEY_PARTS = (
    "item_id, coalesce(series_id, ''), area_code, body_scope, statistic, source_id, "
    f"{_KIND}, coalesce(cast(as_of_date as varchar), observation_id)"
)
_REGISTERS = {
    "targets": ("marts.dim_target", ("measure_id", "target_version")),
    "series": ("marts.dim_series", ("series_id",)),
    "areas": ("marts.dim_area", ("area_code", "valid_from")),
    "files": ("meta.source_snapshot", ("snapshot_sha256",)),
}


class NotPublishedDatabaseError(ValueError):
    """A file is no published warehouse; the text is its path."""


@dataclass(frozen=True)
class Side:
    """One of the two databases: the name it is attached by, and the version it is called by in words and tables."""

    catalog: str
    version: str


def attach(connection: duckdb.DuckDBPyConnection, path: Path, name: str) -> None:
    """Attach a published database for reading; raise NotPublishedDatabaseError when it is none."""
    import duckdb

    try:
        connection.execute(f"attach {quoted(path)} as {name} (read_only)")
    except duckdb.Error as error:
        raise NotPublishedDatabaseError(str(path)) from error
    if not _types(connection, name, "marts.fct_observation"):
        connection.execute(f"detach {name}")
        raise NotPublishedDatabaseError(str(path))


def _types(connection: duckdb.DuckDBPyConnection, catalog: str, table: str) -> dict[str, str]:
    """Return the columns of a table with their types; nothing when there is no such table."""
    schema, _, name = table.partition(".")
    rows = connection.execute(
        "select column_name, data_type from duckdb_columns() "
        f"where database_name = {quoted(catalog)} and schema_name = {quoted(schema)} and table_name = {quoted(name)} "
        "order by column_index"
    ).fetchall()
    return dict(rows)


def see(
    connection: duckdb.DuckDBPyConnection, side: Side, view: str, table: str, wanted: dict[str, str]
) -> None:
    """Make a view with the wanted columns of a table; what an older version lacks is null, or no row at all."""
    there = _types(connection, side.catalog, table)
    listed = ", ".join(
        name if name in there else f"cast(null as {kind}) as {name}" for name, kind in wanted.items()
    )
    rows = f"from {side.catalog}.{table}" if there else "where false"
    connection.execute(f"create or replace temp view {view} as select {listed} {rows}")


def compare(connection: duckdb.DuckDBPyConnection, old: Side, new: Side) -> None:
    """Make temporary tables, one a section of `SECTIONS`, of all that differs."""
    for name, side in (("old", old), ("new", new)):
        see(connection, side, f"{name}_observation", "marts.fct_observation", _FIGURE_COLUMNS)
        see(connection, side, f"{name}_progress", "marts.kpi_progress", _VERDICT_COLUMNS)
    _compare_figures(connection, old)
    for section in _REGISTERS:
        _compare_register(connection, section, old, new)
    _compare_verdicts(connection, old, new)
    _compare_kpis(connection, old, new)


_COMPARED = "(is_latest or document_id is not null)"


def _group_hashes(view: str) -> str:
    values = ", ".join(_REVISED)
    return (
        f"select source_id, snapshot_sha256, item_id, count(*) as figures, "
        f"sum(hash({_KEY_PARTS}, document_id, page, {values})) as digest from {view} where {_COMPARED} group by all"
    )


def _keyed(view: str) -> str:
    """Return the figures of the groups that differ, each with its key."""
    listed = ", ".join(_FIGURE_COLUMNS)
    of_group = f"from {view} semi join changed_group using (source_id, snapshot_sha256, item_id)"
    # A document may print the same figure twice: the second has a key of its own.
    return (
        f"select concat_ws('|', {_KEY_PARTS}) as figure_key, {listed} {of_group} "
        f"where is_latest and document_id is null union all "
        f"select concat_ws('|', {_KEY_PARTS}, document_id, row_number() over (partition by {_KEY_PARTS}, document_id "
        f"order by observation_status, page, raw_text)) as figure_key, {listed} {of_group} "
        f"where document_id is not null"
    )


def _compare_figures(connection: duckdb.DuckDBPyConnection, old: Side) -> None:
    connection.execute(
        f"create or replace temp table changed_group as "
        f"select source_id, snapshot_sha256, item_id "
        f"from ({_group_hashes('old_observation')}) as o full join ({_group_hashes('new_observation')}) as n "
        f"using (source_id, snapshot_sha256, item_id) "
        f"where o.figures is distinct from n.figures or o.digest is distinct from n.digest"
    )
    changed = ", ".join(
        f"case when o.{name} is distinct from n.{name} then '{name}' end" for name in _REVISED
    )
    either = ", ".join(
        f"coalesce(n.{name}, o.{name}) as {name}"
        for name in ("item_id", "series_id", "area_code", "body_scope", "statistic", "as_of_date", "unit")
    )
    # Where the figure still is, its place is that of now, also where that is blank.
    place = ", ".join(
        f"case when n.figure_key is null then o.{name} else n.{name} end as {name}"
        for name in ("enters_verdict", "source_id", "snapshot_sha256", "sheet", "cell", "raw_text",
                     "citation_url", "citation_title_ja")
    )  # fmt: skip
    connection.execute(
        f"create or replace temp table figures as "
        f"with o as ({_keyed('old_observation')}), n as ({_keyed('new_observation')}), "
        f"paired as (select coalesce(n.figure_key, o.figure_key) as figure_key, "
        f"case when o.figure_key is null then 'added' when n.figure_key is null then 'removed' else 'revised' end as change, "
        f"case when o.figure_key is not null and n.figure_key is not null "
        f"then list_filter([{changed}], name -> name is not null) end as changed_columns, "
        f"{either}, o.value as old_value, n.value as new_value, o.value_status as old_value_status, "
        f"n.value_status as new_value_status, o.observation_status as old_observation_status, "
        f"n.observation_status as new_observation_status, o.observation_id as old_observation_id, "
        f"n.observation_id as new_observation_id, o.snapshot_sha256 as old_snapshot_sha256, {place} "
        f"from o full join n on o.figure_key = n.figure_key) "
        f"select {quoted(old.version)} as since_version, * from paired where change <> 'revised' or len(changed_columns) > 0"
    )


def _shared(old: dict[str, str], new: dict[str, str], keys: tuple[str, ...]) -> dict[str, str]:
    """Return the columns to compare: a column that only one of the versions knows is no change of every row."""
    known = {name: kind for name, kind in new.items() if name in old} if old and new else old or new
    return dict.fromkeys(keys, "varchar") | known


def _compare_register(connection: duckdb.DuckDBPyConnection, section: str, old: Side, new: Side) -> None:
    """Make the table of one register: rows by key, with what stood before and what stands now."""
    table, keys = _REGISTERS[section]
    columns = _shared(_types(connection, old.catalog, table), _types(connection, new.catalog, table), keys)
    for name, side in (("old", old), ("new", new)):
        see(connection, side, f"{name}_{section}", table, columns)
    joined = " and ".join(f"o.{name} = n.{name}" for name in keys)
    key = ", ".join(f"{name} := coalesce(n.{name}, o.{name})" for name in keys)
    changed = ", ".join(f"case when o.{name} is distinct from n.{name} then '{name}' end" for name in columns)
    is_old, is_new = f"o.{keys[0]} is not null", f"n.{keys[0]} is not null"
    connection.execute(
        f"create or replace temp table {section} as select * from (select "
        f"case when not {is_old} then 'added' when not {is_new} then 'removed' else 'changed' end as change, "
        f"to_json(struct_pack({key})) as key, "
        f"case when {is_old} and {is_new} then list_filter([{changed}], name -> name is not null) end as changed_columns, "
        f"case when {is_old} then to_json(o) end as old, case when {is_new} then to_json(n) end as new "
        f"from old_{section} as o full join new_{section} as n on {joined}) "
        f"where change <> 'changed' or len(changed_columns) > 0"
    )


def _holding(view: str) -> str:
    """Return the verdicts that hold on the day of a database's own run, its newest day of evaluation."""
    return (
        f"select * from {view} where scheme = 'default' "
        f"and (superseded_on is null or superseded_on > (select max(evaluated_on) from {view}))"
    )


def _compare_verdicts(connection: duckdb.DuckDBPyConnection, old: Side, new: Side) -> None:
    see(connection, new, "new_measure", "marts.dim_measure", {"measure_id": "varchar", "item_id": "varchar"})
    see(connection, old, "old_measure", "marts.dim_measure", {"measure_id": "varchar", "item_id": "varchar"})
    pairs = ", ".join(
        f"o.{name} as old_{name}, n.{name} as new_{name}"
        for name in ("evaluated_on", "status", "grade", "reason_code", "progress")
    )
    connection.execute(
        f"create or replace temp table verdict_pair as "
        f"select coalesce(n.measure_id, o.measure_id) as measure_id, coalesce(n.area_code, o.area_code) as area_code, "
        f"coalesce(n.target_version, o.target_version) as target_version, "
        f"case when o.measure_id is null then 'added' when n.measure_id is null then 'removed' else 'changed' end as change, "
        f"coalesce(n.is_primary, o.is_primary) as is_primary, {pairs}, "
        f"(o.target_value, o.target_date, o.comparator) is distinct from (n.target_value, n.target_date, n.comparator) as is_other_target, "
        # The first figure of the verdict that is another one: its latest, that of the deadline, that of the baseline.
        f"case when o.observation_id is distinct from n.observation_id then coalesce(n.observation_id, o.observation_id) "
        f"when o.deadline_observation_id is distinct from n.deadline_observation_id "
        f"then coalesce(n.deadline_observation_id, o.deadline_observation_id) "
        f"when o.baseline_observation_id is distinct from n.baseline_observation_id "
        f"then coalesce(n.baseline_observation_id, o.baseline_observation_id) end as other_observation_id "
        f"from ({_holding('old_progress')}) as o full join ({_holding('new_progress')}) as n "
        f"on o.measure_id = n.measure_id and o.area_code = n.area_code and o.target_version = n.target_version "
        f"where o.status is distinct from n.status or o.grade is distinct from n.grade"
    )
    connection.execute(_CAUSED.format(version=quoted(old.version)))


# A verdict may also rest on a figure that is none of the three, such as one between baseline and deadline.
_CAUSED = """
create or replace temp table verdicts as
with measure as (
    select measure_id, item_id from new_measure union select measure_id, item_id from old_measure
),
candidate as (
    select verdict.measure_id, verdict.area_code, verdict.target_version,
        max_by(coalesce(figure.new_observation_id, figure.old_observation_id), (figure.as_of_date, figure.figure_key)) as observation_id
    from verdict_pair as verdict
    join measure using (measure_id)
    join figures as figure on figure.item_id = measure.item_id and figure.area_code = verdict.area_code
    where figure.enters_verdict or list_contains(figure.changed_columns, 'enters_verdict')
    group by all
),
days as (select (select max(evaluated_on) from old_progress) is distinct from (select max(evaluated_on) from new_progress) as differ),
caused as (
    select verdict.*, coalesce(verdict.other_observation_id, candidate.observation_id) as cause_observation_id,
        case
            when coalesce(verdict.other_observation_id, candidate.observation_id) is not null then 'figure'
            when verdict.is_other_target then 'target'
            when (select differ from days) then 'calendar'
            else 'rule'
        end as cause
    from verdict_pair as verdict
    left join candidate using (measure_id, area_code, target_version)
),
cited as (
    select * from new_observation semi join caused on observation_id = cause_observation_id
    union all
    select * from old_observation semi join caused on observation_id = cause_observation_id
    where observation_id not in (select observation_id from new_observation semi join caused on observation_id = cause_observation_id)
)
select {version} as since_version, caused.* exclude (is_other_target, other_observation_id),
    cited.as_of_date as cause_as_of_date, cited.value as cause_value, cited.source_id as cause_source_id,
    cited.sheet as cause_sheet, cited.cell as cause_cell, cited.citation_url as cause_citation_url
from caused
left join (select distinct on (observation_id) * from cited order by observation_id, is_latest desc) as cited
    on caused.cause_observation_id = cited.observation_id
"""

_KPI_COLUMNS = {
    "kpi_id": "varchar", "scheme": "varchar", "evaluated_on": "date", "superseded_on": "date", "status": "varchar",
    "grade": "varchar",
}  # fmt: skip


def _compare_kpis(connection: duckdb.DuckDBPyConnection, old: Side, new: Side) -> None:
    for name, side in (("old", old), ("new", new)):
        see(connection, side, f"{name}_kpi", "marts.kpi_verdict", _KPI_COLUMNS)
    connection.execute(
        f"create or replace temp table kpis as select coalesce(n.kpi_id, o.kpi_id) as kpi_id, "
        f"case when o.kpi_id is null then 'added' when n.kpi_id is null then 'removed' else 'changed' end as change, "
        f"o.status as old_status, n.status as new_status, o.grade as old_grade, n.grade as new_grade "
        f"from ({_holding('old_kpi')}) as o full join ({_holding('new_kpi')}) as n on o.kpi_id = n.kpi_id "
        f"where o.status is distinct from n.status or o.grade is distinct from n.grade"
    )


def keep(connection: duckdb.DuckDBPyConnection) -> None:
    """Put the figures and verdicts that differ into their tables, made before, of the new database."""
    for table, section in ((FIGURE_CHANGE, "figures"), (VERDICT_CHANGE, "verdicts")):
        connection.execute(f"insert into meta.{table.name} select {_names(table)} from {section}")


def _names(table: DescribedTable) -> str:
    return ", ".join(column.name for column in table.columns)


def counts(connection: duckdb.DuckDBPyConnection) -> dict[str, dict[str, int]]:
    """Return how many of each section were added, revised or changed, and removed."""
    counted: dict[str, dict[str, int]] = {}
    for section in SECTIONS:
        middle = "revised" if section == "figures" else "changed"
        found = dict(connection.execute(f"select change, count(*) from {section} group by change").fetchall())
        counted[section] = {kind: int(found.get(kind, 0)) for kind in ("added", middle, "removed")}
    return counted

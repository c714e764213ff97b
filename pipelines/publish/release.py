"""Publication: a copy of the built warehouse without its scaffolding takes the published one's place by rename.

The copy is kept as a version (`versions.py`), with its Parquet files, its manifest and what it changes. A reader that has the old file open keeps reading it; a run that fails before that step leaves the old one in place.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from pipelines.faults import passing
from pipelines.limits import duckdb_limits
from pipelines.progress import report
from pipelines.publish.change_report import ChangeReport
from pipelines.publish.content import contents, hashed_by
from pipelines.publish.datapackage import write_datapackage
from pipelines.publish.described import FIGURE_CHANGE, RUN, VERDICT_CHANGE, create_table
from pipelines.publish.differences import (
    NotPublishedDatabaseError,
    Side,
    attach,
    compare,
    counts,
    keep,
)
from pipelines.publish.manifest import (
    Manifest,
    inputs_of,
    memory_of,
    present_code,
    present_libraries,
    variables_of,
    write_manifest,
)
from pipelines.publish.retention import remove_old_versions, retention_rule
from pipelines.publish.runs import History, Publication, Run
from pipelines.publish.versions import (
    adopt,
    complete,
    current_version,
    next_version,
    put_in_place,
    sync_tree,
    unfinished_version,
)
from pipelines.query import quoted
from pipelines.settings import DATABASE_NAME, Home, now

PUBLISHED_SCHEMAS = ("marts", "meta")
# For tools that read Parquet and no database. Of the other flat views the tables are beside, and they are large.
FLAT_VIEWS = ("bi_freshness", "bi_kpi_timeline", "bi_scorecard", "bi_verdict_history")

# The first later day on which the calendar alone changes what is said: a deadline passes, also that by which a target was
# to be set, a figure goes stale, or a publication is due.
_NEXT_CHANGE = """
select min(day) from (
    select unnest([target_date, target_due_on]) + 1 as day from marts.dim_target
    union all
    select as_of_date + $stale_after_days::integer + 1 from marts.kpi_progress where evaluated_on = $run_date
    union all
    select unnest([expected_on, overdue_on]) from meta.source_status
    union all
    select unnest([expected_on, overdue_on]) from meta.publication_status
) where day > $run_date
"""

_SOURCES_CHANGED = """
select count(distinct source_id) from (
    select source_id, snapshot_sha256 from meta.source_snapshot
    except
    select source_id, snapshot_sha256 from previous.meta.source_snapshot
)
"""

DIFFERENCE_NAME = "diff.json"
# A night that adds more figures than these would write them a third time; `mieruka diff` shows them all.
_FIGURES_IN_FILE = 10_000


def _drop_scaffolding(connection: duckdb.DuckDBPyConnection) -> None:
    schemas = connection.execute(
        "select schema_name from duckdb_schemas() where database_name = current_database() and not internal"
    ).fetchall()
    for (schema,) in schemas:
        if schema not in PUBLISHED_SCHEMAS:
            connection.execute(f'drop schema "{schema}" cascade')


def _write_runs(connection: duckdb.DuckDBPyConnection, runs: list[Run]) -> None:
    create_table(connection, RUN)
    latest = {run.run_id: run for run in runs}
    connection.executemany(
        "insert into meta.run values (?, ?, ?, ?, ?, ?, ?)",
        [list(asdict(run).values()) for run in latest.values()],
    )


@contextmanager
def _previous(
    connection: duckdb.DuckDBPyConnection, database: Path, version: str | None
) -> Iterator[Side | None]:
    """Attach the database that readers see now; None when there is none, or none that can be compared with."""
    side = Side("previous", version or "")
    try:
        attach(connection, database, side.catalog)
    except NotPublishedDatabaseError:
        yield None
        return
    try:
        yield side
    finally:
        connection.execute(f"detach {side.catalog}")


def _write_changes(
    connection: duckdb.DuckDBPyConnection, previous: Side | None, version: str, folder: Path
) -> tuple[int, int]:
    """Write what the version changes into its tables and file; return how many sources and figures are new or changed."""
    for table in (FIGURE_CHANGE, VERDICT_CHANGE):
        create_table(connection, table)
    if previous is not None:
        try:
            return _compared(connection, previous, version, folder)
        except duckdb.IOException:
            # A published file that a disk has damaged must not stand in the way of its successor.
            (folder / DIFFERENCE_NAME).unlink(missing_ok=True)
            return _write_changes(connection, None, version, folder)
    return _pair(connection.execute("select count(distinct source_id), count(*) from marts.fct_observation"))


def _compared(
    connection: duckdb.DuckDBPyConnection, previous: Side, version: str, folder: Path
) -> tuple[int, int]:
    """Do what `_write_changes` does where there is a version before; raise duckdb.IOException when that cannot be read."""
    new = Side(_one(connection.execute("select current_database()")), version)
    compare(connection, previous, new)
    keep(connection)
    with (folder / DIFFERENCE_NAME).open("w", encoding="utf-8") as stream:
        stream.writelines(ChangeReport(connection, previous, new).json_parts(_FIGURES_IN_FILE))
    figures = counts(connection)["figures"]
    return _one(connection.execute(_SOURCES_CHANGED)), figures["added"] + figures["revised"]


def _pair(cursor: duckdb.DuckDBPyConnection) -> tuple[int, int]:
    row = cursor.fetchone() or (0, 0)
    return int(row[0]), int(row[1])


def _one(cursor: duckdb.DuckDBPyConnection) -> Any:
    row = cursor.fetchone()
    return row[0] if row else None


def _export_parquet(connection: duckdb.DuckDBPyConnection, folder: Path, version: str) -> None:
    """Write each table, and the flat views that are small, as a file that says what it is and of which version."""
    tables = connection.execute(
        "select schema_name, table_name, comment from duckdb_tables() "
        "where database_name = current_database() and schema_name in ('marts', 'meta') "
        "union all select schema_name, view_name, comment from duckdb_views() "
        "where database_name = current_database() and schema_name = 'marts' and list_contains($1, view_name) order by all",
        [list(FLAT_VIEWS)],
    ).fetchall()
    folder.mkdir()
    for schema, table, comment in tables:
        target = folder / (f"{table}.parquet" if schema == "marts" else f"meta.{table}.parquet")
        about = f"mieruka_table: '{schema}.{table}', mieruka_version: {quoted(version)}, description_ja: {quoted(comment or '')}"
        connection.execute(
            f"copy (from {schema}.{table}) to {quoted(target)} "
            f"(format parquet, compression zstd, compression_level 1, kv_metadata {{{about}}})"
        )


def _fill(home: Home, folder: Path, run: Run, publication: Publication, previous: str | None) -> Run:
    """Write all files of a new version into its folder; return its run with its end and what it changed."""
    database, run_date = folder / DATABASE_NAME, date.fromisoformat(publication.run_date)
    variables = variables_of(run_date)
    shutil.copyfile(home.build_database, database)
    passing("publish.copied", database)
    with duckdb.connect(str(database), config=duckdb_limits()) as connection:
        _drop_scaffolding(connection)
        passing("publish.reduced", database)
        with _previous(connection, home.published_database, previous) as side:
            sources, figures = _write_changes(connection, side, run.run_id, folder)
        finished = Run(
            run.run_id, run.started_at, now().isoformat(), "published", sources, figures, run.run_id
        )
        _write_runs(connection, [*History(home).runs(), finished])
        days = {"run_date": run_date, "stale_after_days": variables["stale_after_days"]}
        next_change = _one(connection.execute(_NEXT_CHANGE, days))
        connection.execute("checkpoint")
        report("publish", 1, 3)
        passing("publish.compacted", database)
        _export_parquet(connection, folder / "parquet", run.run_id)
        write_datapackage(connection, folder, run.run_id)
        tables = contents(connection)
    valid_until = next_change.isoformat() if next_change else None
    manifest = Manifest(
        run=finished,
        publication=replace(publication, valid_until=valid_until),
        previous=previous,
        code=present_code(),
        variables=variables,
        libraries=present_libraries(),
        inputs=inputs_of(home),
        memory=memory_of(home),
        hashed_by=hashed_by(),
        tables=tables,
    )
    write_manifest(folder, manifest)
    return finished


def publish(home: Home, run: Run, inputs: str, run_date: date, failures: str = "") -> Run:
    """Publish the built database of a home as a version; return the run with its end and what it changed.

    `inputs` and `failures` are the fingerprints of what it was built from and of what failed meanwhile. The run gets
    another id where its own would not be the newest (`next_version`). Raises OSError or duckdb.Error when that fails; the
    published database is then the old one. RetentionRuleError says before anything is done that the rule for old
    versions cannot be used.
    """
    report("publish", 0, 3)
    rule = retention_rule(home)
    complete(home)
    adopt(home)
    run = replace(run, run_id=next_version(home, run.run_id))
    publication = Publication(run.run_id, inputs, run_date.isoformat(), None, failures=failures)
    with unfinished_version(home, run.run_id) as folder:
        finished = _fill(home, folder, run, publication, current_version(home))
        report("publish", 2, 3)
        sync_tree(folder)
        put_in_place(home, folder)
    remove_old_versions(home, rule)
    report("publish", 3, 3)
    return finished

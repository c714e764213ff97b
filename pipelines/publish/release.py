"""Publication: a copy of the built warehouse without its scaffolding takes the published one's place by rename.

A reader that has the old file open keeps reading it; a run that fails before the rename leaves it in place.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb

from pipelines.files import atomic_path, write_atomically
from pipelines.progress import report
from pipelines.publish.datapackage import write_datapackage
from pipelines.settings import Home, now

PUBLISHED_SCHEMAS = ("marts", "meta")

# The first later day on which the calendar alone changes a verdict: a deadline passes, or a figure goes stale.
_NEXT_CHANGE = """
select min(day) from (
    select target_date + 1 as day from marts.dim_target
    union all
    select as_of_date + 551 from marts.kpi_progress where evaluated_on = ?
) where day > ?
"""

_SOURCES_CHANGED = """
select count(distinct source_id) from (
    select source_id, snapshot_sha256 from meta.source_snapshot
    except
    select source_id, snapshot_sha256 from previous.meta.source_snapshot
)
"""

_FIGURES_CHANGED = """
select count(*) from (
    select item_id, series_id, area_code, body_scope, statistic, as_of_date, observation_status, document_id, value
    from marts.fct_observation
    except all
    select item_id, series_id, area_code, body_scope, statistic, as_of_date, observation_status, document_id, value
    from previous.marts.fct_observation
)
"""


@dataclass(frozen=True)
class Run:
    """One run as it is recorded in `meta.run`; times are ISO 8601 with offset."""

    run_id: str
    started_at: str
    finished_at: str | None
    outcome: str
    sources_changed: int
    figures_changed: int


@dataclass(frozen=True)
class Publication:
    """What is published now: from which inputs, for which day, and until when it stays true by itself."""

    run_id: str
    inputs: str
    run_date: str
    valid_until: str | None


class History:
    """The runs of a home, `state/runs.jsonl`, one line each."""

    def __init__(self, home: Home) -> None:
        self._path = home.state / "runs.jsonl"

    def runs(self) -> list[Run]:
        """Return all runs, oldest first; a line cut short by a crash is skipped."""
        if not self._path.exists():
            return []
        runs = []
        for line in self._path.read_text(encoding="utf-8").splitlines():
            try:
                runs.append(Run(**json.loads(line)))
            except (json.JSONDecodeError, TypeError):
                continue
        return runs

    def add(self, run: Run) -> None:
        """Append a run."""
        lines = [json.dumps(asdict(entry), ensure_ascii=False) for entry in (*self.runs(), run)]
        write_atomically(self._path, "\n".join(lines) + "\n")


def new_run_id(started: datetime) -> str:
    """Return an id that sorts by time."""
    return started.strftime("%Y%m%dT%H%M%S%z")


def read_publication(home: Home) -> Publication | None:
    """Return what is published now, or None when nothing is or its record cannot be read."""
    path = home.state / "published.json"
    if not path.exists() or not home.published_database.exists():
        return None
    try:
        return Publication(**json.loads(path.read_text(encoding="utf-8")))
    except (json.JSONDecodeError, TypeError):
        return None


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


def _drop_scaffolding(connection: duckdb.DuckDBPyConnection) -> None:
    schemas = connection.execute(
        "select schema_name from duckdb_schemas() where database_name = current_database() and not internal"
    ).fetchall()
    for (schema,) in schemas:
        if schema not in PUBLISHED_SCHEMAS:
            connection.execute(f'drop schema "{schema}" cascade')


def _write_runs(connection: duckdb.DuckDBPyConnection, runs: list[Run]) -> None:
    connection.execute(
        "create or replace table meta.run (run_id varchar primary key, started_at timestamptz not null, "
        "finished_at timestamptz, outcome varchar not null, sources_changed integer, figures_changed integer)"
    )
    comments = {
        "run_id": "実行の番号",
        "started_at": "開始した時刻",
        "finished_at": "終了した時刻",
        "outcome": "結果（published＝公開、unchanged＝変更なし、failed＝失敗）",
        "sources_changed": "変わったデータ源の数",
        "figures_changed": "加わった、または変わった数値の数",
    }
    connection.execute("comment on table meta.run is '実行の記録'")
    for column, text in comments.items():
        connection.execute(f"comment on column meta.run.{column} is '{text}'")
    connection.executemany(
        "insert or replace into meta.run values (?, ?, ?, ?, ?, ?)",
        [list(asdict(run).values()) for run in runs],
    )


def _changes(connection: duckdb.DuckDBPyConnection, previous: Path) -> tuple[int, int]:
    """Return how many sources and figures are new or changed against the published database."""
    everything = "select count(distinct source_id), count(*) from marts.fct_observation"
    if not previous.exists():
        return _pair(connection.execute(everything))
    connection.execute(f"attach {_quoted(previous)} as previous (read_only)")
    try:
        return _one(connection.execute(_SOURCES_CHANGED)), _one(connection.execute(_FIGURES_CHANGED))
    except duckdb.CatalogException:
        return _pair(connection.execute(everything))
    finally:
        connection.execute("detach previous")


def _pair(cursor: duckdb.DuckDBPyConnection) -> tuple[int, int]:
    row = cursor.fetchone() or (0, 0)
    return int(row[0]), int(row[1])


def _one(cursor: duckdb.DuckDBPyConnection) -> Any:
    row = cursor.fetchone()
    return row[0] if row else None


def _export_parquet(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    tables = connection.execute(
        "select schema_name, table_name from duckdb_tables() where schema_name in ('marts', 'meta') order by all"
    ).fetchall()
    for schema, table in tables:
        target = folder / (f"{table}.parquet" if schema == "marts" else f"meta.{table}.parquet")
        with atomic_path(target) as temporary:
            connection.execute(
                f"copy {schema}.{table} to {_quoted(temporary)} (format parquet, compression zstd)"
            )
    kept = {f"{table}.parquet" if schema == "marts" else f"meta.{table}.parquet" for schema, table in tables}
    for path in folder.glob("*.parquet"):
        if path.name not in kept:
            path.unlink()


def publish(home: Home, run: Run, inputs: str, run_date: date) -> Run:
    """Publish the built database of a home; return the run with its end and what it changed.

    Raises OSError or duckdb.Error when that fails; the published database is then the old one.
    """
    report("publish", 0, 2)
    target = home.published_database
    for leftover in target.parent.glob(f".{target.name}.*"):
        leftover.unlink(missing_ok=True)
    with atomic_path(target) as temporary:
        shutil.copyfile(home.build_database, temporary)
        with duckdb.connect(str(temporary)) as connection:
            _drop_scaffolding(connection)
            sources, figures = _changes(connection, target)
            finished = Run(run.run_id, run.started_at, now().isoformat(), "published", sources, figures)
            _write_runs(connection, [*History(home).runs(), finished])
            next_change = _one(connection.execute(_NEXT_CHANGE, [run_date, run_date]))
            connection.execute("checkpoint")
    report("publish", 1, 2)
    with duckdb.connect(str(target), read_only=True) as connection:
        _export_parquet(connection, home.published / "parquet")
        write_datapackage(connection, home.published, finished.run_id)
    state = Publication(
        run.run_id, inputs, run_date.isoformat(), next_change.isoformat() if next_change else None
    )
    write_atomically(home.state / "published.json", json.dumps(asdict(state), indent=1))
    History(home).add(finished)
    report("publish", 2, 2)
    return finished

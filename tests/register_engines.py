"""The models of registers built by several engines, and their tables compared row by row."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import duckdb

from benchmarks.register_scale import build_command
from pipelines.settings import PROJECT_ROOT

_VIEWS = (
    "select table_name from information_schema.tables where table_catalog = '{}' and table_schema = 'marts'"
)


def _run(line: list[str], environment: dict[str, str]) -> None:
    given = {**os.environ, "DBT_SEND_ANONYMOUS_USAGE_STATS": "false", **environment}
    done = subprocess.run(line, env=given, cwd=PROJECT_ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]


def build_by_duckdb(raw: Path, work: Path) -> Path:
    """Build on one machine and return the database."""
    database = work / "one_machine.duckdb"
    _run(build_command(raw, work / "duckdb", "limited"), {"MIERUKA_BUILD_DATABASE": str(database)})
    return database


def build_in_lake(raw: Path, work: Path) -> None:
    """Load the landed registers into the lake that the environment names, and build there, by the commands of users."""
    for action in (("load", "--from", str(raw / "register")), ("build",)):
        _run([sys.executable, "-m", "cli.main", "lake", *action, "--home", str(work / "home")], {})


def build_by_spark(python: Path, raw: Path, work: Path) -> Path:
    """Build with the Spark of another virtual environment and return the folder of its tables."""
    warehouse = work / "spark_tables"
    _run(
        build_command(raw, work / "spark", "spark", python),
        {"MIERUKA_SPARK_WAREHOUSE": str(warehouse), "PYTHONPATH": str(PROJECT_ROOT)},
    )
    return warehouse / "marts.db"


def tables_of(connection: duckdb.DuckDBPyConnection, database: str) -> set[str]:
    """Return the names of the published tables in an attached database."""
    return {name for (name,) in connection.execute(_VIEWS.format(database)).fetchall()}


def differences(connection: duckdb.DuckDBPyConnection, one: str, other: str) -> list[str]:
    """Return how two relations with the same rows in any order differ: columns, types, then rows of either alone."""
    shapes = [
        connection.execute(
            f"select column_name, column_type from (describe select * from {relation})"
        ).fetchall()
        for relation in (one, other)
    ]
    found = [f"{left} | {right}" for left, right in zip(*shapes, strict=True) if left != right]
    for left, right in ((one, other), (other, one)):
        rows = connection.execute(f"select * from {left} except all select * from {right} limit 3").fetchall()
        found += [f"only in {left}: {row}" for row in rows]
    return found

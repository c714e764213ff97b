"""What must be true of a home at every moment: the published warehouse whole, the archive without a lost byte."""

from __future__ import annotations

import hashlib
import json

import duckdb

from pipelines.files import sha256_of
from pipelines.settings import Home

# What differs between two runs over the same files: moments, the record of the runs, and what a run found before it.
_OF_THE_RUN = {"retrieved_at", "last_good_at", "last_attempt_at", "failing_since"}
_NOT_COMPARED = {"meta.run", "meta.figure_change", "meta.verdict_change"}
_FEWEST_TABLES = 20


class NotWholeError(AssertionError):
    """A home is not as it must be; the text says what."""


def _expression(name: str, kind: str) -> str:
    # Threads add up in any order: the last digits of a sum of floating-point numbers are not the figure.
    return f'round("{name}", 9)' if kind == "DOUBLE" else f'"{name}"'


def _digest_of(connection: duckdb.DuckDBPyConnection, relation: str, columns: list[tuple[str, str]]) -> str:
    kept = [_expression(name, kind) for name, kind in columns if name not in _OF_THE_RUN]
    row = connection.execute(
        f"select count(*), sum(hash(row({', '.join(kept)}))::hugeint), bit_xor(hash(row({', '.join(kept)}))) from {relation}"
    ).fetchone()
    return ":".join(str(part) for part in (*[name for name, _ in columns], *(row or ())))


def _tables(connection: duckdb.DuckDBPyConnection) -> dict[str, list[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = {}
    for schema, table, column, kind in connection.execute(
        "select schema_name, table_name, column_name, data_type from duckdb_columns() "
        "semi join duckdb_tables() using (schema_name, table_name) "
        "where schema_name in ('marts', 'meta') order by schema_name, table_name, column_index"
    ).fetchall():
        found.setdefault(f"{schema}.{table}", []).append((column, kind))
    return found


def figures_of(home: Home) -> str | None:
    """Return a hash over all that is published, in whatever order it lies; None when nothing is published.

    Raises NotWholeError when the file cannot be read to its end.
    """
    if not home.published_database.exists():
        return None
    try:
        with duckdb.connect(str(home.published_database), read_only=True) as connection:
            tables = _tables(connection)
            digests = {
                table: _digest_of(connection, table, columns)
                for table, columns in tables.items()
                if table not in _NOT_COMPARED
            }
            connection.execute("select * from meta.run").fetchall()
    except duckdb.Error as error:
        raise NotWholeError(f"{home.published_database}: {error}") from error
    if len(tables) < _FEWEST_TABLES:
        raise NotWholeError(f"{home.published_database}: {len(tables)} tables")
    return hashlib.sha256(json.dumps(digests, sort_keys=True).encode()).hexdigest()


def check_parquet(home: Home) -> None:
    """Raise NotWholeError when a published Parquet file cannot be read to its end."""
    for path in (home.published / "parquet").glob("[!.]*.parquet"):
        try:
            duckdb.execute("select count(*), max(hash(t)) from read_parquet(?) as t", [str(path)]).fetchall()
        except duckdb.Error as error:
            raise NotWholeError(f"{path}: {error}") from error


def check_state(home: Home) -> None:
    """Raise NotWholeError when the state speaks of a publication that readers do not see, or is no longer JSON."""
    for path in home.state.rglob("[!.]*.json"):
        try:
            json.loads(path.read_bytes())
        except ValueError as error:
            raise NotWholeError(f"{path}: {error}") from error
    path = home.state / "published.json"
    if not path.exists():
        return
    run_id = json.loads(path.read_bytes())["run_id"]
    with duckdb.connect(str(home.published_database), read_only=True) as connection:
        known = {row[0] for row in connection.execute("select run_id from meta.run").fetchall()}
    if run_id not in known:
        raise NotWholeError(f"{path}: {run_id} is in no row of meta.run")


def archived(home: Home) -> set[str]:
    """Return the hashes under which files are archived; raise NotWholeError when the bytes are others."""
    held = set()
    for path in home.archive.glob("*/[!.]*"):
        if sha256_of(path) != path.name:
            raise NotWholeError(f"{path}: {sha256_of(path)}")
        held.add(path.name)
    return held


def check_home(home: Home, accepted: set[str | None], kept: set[str]) -> str | None:
    """Return which figures are published; raise NotWholeError when they are none of the accepted or bytes are lost."""
    figures = figures_of(home)
    if figures not in accepted:
        raise NotWholeError(f"{home.published_database}: neither the old figures nor the new")
    check_parquet(home)
    check_state(home)
    lost = kept - archived(home)
    if lost:
        raise NotWholeError(f"{home.archive}: lost {sorted(lost)}")
    return figures


def check_settled(home: Home) -> None:
    """Raise NotWholeError when a run that ended well left something unfinished behind."""
    leftovers = list(home.root.rglob(".*.tmp*"))
    if leftovers:
        raise NotWholeError(f"left behind: {leftovers[:3]}")
    described = json.loads((home.published / "datapackage.json").read_bytes())
    named = {home.published / entry["path"] for entry in described["resources"]}
    if missing := [path for path in named if not path.exists()]:
        raise NotWholeError(f"described but missing: {missing[:3]}")

"""What a published table holds, as a number of rows and a hash that does not depend on their order."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

# These say when and after what a version was published, not what it holds.
RUN_DEPENDENT = frozenset({"meta.run", "meta.figure_change", "meta.verdict_change"})


@dataclass(frozen=True)
class TableContent:
    """The rows of a table, and a hash over its columns, types and rows in any order."""

    rows: int
    content_hash: str


def hashed_by() -> str:
    """Return what takes the hashes: DuckDB's own hash of a row may be another in another version."""
    import duckdb

    return f"duckdb {duckdb.__version__}"


def _tables(connection: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], list[tuple[str, str]]]:
    rows = connection.execute(
        "select schema_name, table_name, column_name, data_type from duckdb_columns() join duckdb_tables() "
        "using (database_name, schema_name, table_name) "
        "where database_name = current_database() and schema_name in ('marts', 'meta') order by 1, 2, 3"
    ).fetchall()
    tables: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for schema, table, column, data_type in rows:
        tables.setdefault((schema, table), []).append((column, data_type))
    return tables


def _content(
    connection: duckdb.DuckDBPyConnection, name: str, columns: list[tuple[str, str]]
) -> TableContent:
    names = ", ".join(f'"{column}"' for column, _ in columns)
    # The sum tells two equal rows from none, which an exclusive or alone would not.
    row = connection.execute(
        f"select count(*), sum(digest::hugeint)::varchar, bit_xor(digest)::varchar "
        f"from (select hash({names}) as digest from {name})"
    ).fetchone()
    rows, *digests = row or (0, None, None)
    text = json.dumps([columns, rows, digests], ensure_ascii=False)
    return TableContent(int(rows), hashlib.sha256(text.encode()).hexdigest())


def contents(connection: duckdb.DuckDBPyConnection) -> dict[str, TableContent]:
    """Return the content of each published table of the connection's own database, but for what tells of the run."""
    return {
        f"{schema}.{table}": _content(connection, f'"{schema}"."{table}"', columns)
        for (schema, table), columns in _tables(connection).items()
        if f"{schema}.{table}" not in RUN_DEPENDENT
    }


def differing(expected: dict[str, TableContent], found: dict[str, TableContent]) -> list[str]:
    """Return the tables that are not the same, among them those that only one of the two has."""
    return sorted(name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name))

"""Reading the published warehouse: read-only, without access to files or network."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.query import Record, json_value, quoted, records
from pipelines.settings import Home

if TYPE_CHECKING:
    import duckdb

# The verdicts that hold on a day, of the scheme that the scorecard shows.
AS_OF = "select * from marts.kpi_progress_as_of($day) where scheme = 'default'"

# Nothing is loaded into the process, nor taken from it, because a query names it; tables are found without their schema.
_CLOSED = (
    "set autoinstall_known_extensions = false",
    "set autoload_known_extensions = false",
    "set python_enable_replacements = false",
    "set search_path = 'marts,meta'",
    "set enable_external_access = false",
    "set lock_configuration = true",
)


class NotPublishedError(RuntimeError):
    """There is no published warehouse yet."""


@contextmanager
def open_published(home: Home) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the published warehouse; raise NotPublishedError when there is none."""
    import duckdb

    if not home.published_database.exists():
        raise NotPublishedError(str(home.published_database))
    connection = duckdb.connect(str(home.published_database), read_only=True)
    try:
        for setting in _CLOSED:
            connection.execute(setting)
        yield connection
    finally:
        connection.close()


@contextmanager
def open_for_export(home: Home, folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the published warehouse so that files can be written below a folder and nowhere else.

    Memory is limited: what does not fit is put on disk there. Raises NotPublishedError when nothing is published.
    """
    import duckdb

    if not home.published_database.exists():
        raise NotPublishedError(str(home.published_database))
    with duckdb.connect(str(home.published_database), read_only=True) as connection:
        connection.execute(f"set allowed_directories = [{quoted(folder)}]")
        connection.execute(f"set temp_directory = {quoted(folder / '.mieruka-export-spill')}")
        connection.execute("set memory_limit = '2GB'")
        connection.execute("set TimeZone = 'Asia/Tokyo'")
        connection.execute("set enable_external_access = false")
        connection.execute("set lock_configuration = true")
        yield connection


def _literal(value: date | str | None) -> str:
    """Return a day, a text or nothing as SQL."""
    if value is None:
        return "null"
    if isinstance(value, date):
        return f"date '{value.isoformat()}'"
    return quoted(value)


def rows(
    connection: duckdb.DuckDBPyConnection, query: str, values: Mapping[str, date | str | None] | None = None
) -> list[Record]:
    """Return the rows of a query as records; only the parameters that the query names are passed.

    They are passed in SQL: DuckDB imports pandas to look at values given in Python, which takes half a second.
    """
    named = [f"{name} := {_literal(value)}" for name, value in (values or {}).items() if f"${name}" in query]
    if named:
        connection.execute(f"prepare asked as {query}")
        query = f"execute asked({', '.join(named)})"
    return records(connection.execute(query))


def to_json(value: Any) -> str:
    """Return JSON in which decimals are numbers and days are ISO dates."""
    return json.dumps(value, ensure_ascii=False, indent=2, default=json_value)

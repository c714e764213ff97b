"""`sql`: one read-only query on the published warehouse, which reaches neither files nor the network."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.messages import Speaker
from cli.tables import Columns
from cli.usage import UsageError

if TYPE_CHECKING:
    import duckdb

# So many rows a terminal shows, unless more are asked for.
SHOWN_ON_TERMINAL = 200
_AT_ONCE = 10_000
# Table functions that change the session: with files closed to it, DuckDB ends the whole process over some.
_SESSION = re.compile(
    r"\b(enable|disable)_(logging|profil\w*|verif\w*|checkpoint_on_shutdown)\b", re.IGNORECASE
)


class QueryError(RuntimeError):
    """A query that cannot be answered; the text is the whole message."""


def text_of_query(query: str | None, file: str | None, say: Speaker) -> str:
    """Return the query given on the command line, in a file, or (`-`) on the standard input."""
    if (query is None) == (file is None):
        raise UsageError(say("query_or_file"))
    if query == "-":
        return sys.stdin.read()
    if file is None:
        return query or ""
    try:
        return Path(file).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(say("no_file", path=file)) from error


def run_query(
    connection: duckdb.DuckDBPyConnection, query: str, say: Speaker
) -> tuple[Columns, Iterator[tuple[Any, ...]]]:
    """Return the columns and rows of a query; raises QueryError with a message in the user's language."""
    import duckdb

    try:
        _check_reads_only(query, say)
        cursor = connection.execute(query)
        columns = Columns.of(entry[0] for entry in cursor.description or [])
        return columns, _rows(cursor, say)
    except duckdb.Error as error:
        raise QueryError(explain_error(connection, error, say)) from error


def _check_reads_only(query: str, say: Speaker) -> None:
    import duckdb

    given = duckdb.extract_statements(query)
    # Of a PIVOT the parser makes two statements without a text: a type of the session, and the query.
    asked = [entry for entry in given if entry.query.strip()] or given[-1:]
    if len(asked) != 1:
        raise QueryError(say("sql_error", detail=say("sql_one_query")))
    kinds = duckdb.StatementType
    if asked[0].type not in (kinds.SELECT, kinds.EXPLAIN) or _SESSION.search(query):
        raise QueryError(say("sql_error", detail=say("sql_reads_only")))


def _rows(cursor: duckdb.DuckDBPyConnection, say: Speaker) -> Iterator[tuple[Any, ...]]:
    import duckdb

    try:
        while part := cursor.fetchmany(_AT_ONCE):
            yield from part
    except duckdb.Error as error:
        raise QueryError(say("sql_error", detail=_first_line(error))) from error


def limited(
    rows: Iterator[tuple[Any, ...]], limit: int | None
) -> tuple[Iterator[tuple[Any, ...]] | Sequence[tuple[Any, ...]], bool]:
    """Return the first rows, and whether there are more; all of them where there is no limit."""
    if limit is None:
        return rows, False
    shown = list(islice(rows, limit + 1))
    return shown[:limit], len(shown) > limit


def explain_error(connection: duckdb.DuckDBPyConnection, error: Exception, say: Speaker) -> str:
    """Return one line that says what is wrong with a query, with the nearest names that do exist."""
    import duckdb

    text = str(error)
    if isinstance(error, duckdb.PermissionException) or "read-only" in text or "has been locked" in text:
        return say("sql_error", detail=say("sql_reads_only"))
    if found := re.search(r'Table with name "?([^"\s]+)"? does not exist', text):
        known = _names(connection, "select table_name from information_schema.tables")
        return say("sql_error", detail=_unknown("sql_no_table", found[1], known, say))
    if found := re.search(r'(?:Referenced column|does not have a column named) "([^"]+)"', text):
        known = _names(connection, "select distinct column_name from duckdb_columns() where not internal")
        offered = (
            re.findall(r'"([^"]+)"', text.partition("Candidate bindings:")[2].splitlines()[0])
            if ("Candidate bindings:" in text)
            else []
        )
        near = [name.rpartition(".")[2] for name in offered]
        return say("sql_error", detail=_unknown("sql_no_column", found[1], near or known, say))
    if found := re.search(r'syntax error at or near "([^"]*)"', text):
        return say("sql_error", detail=say("sql_syntax", near=found[1]))
    return say("sql_error", detail=_first_line(error))


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)


def _names(connection: duckdb.DuckDBPyConnection, query: str) -> list[str]:
    return [row[0] for row in connection.execute(query).fetchall()]


def _unknown(key: str, name: str, known: Sequence[str], say: Speaker) -> str:
    """Return that a name is not known, with the nearest that are."""
    near = get_close_matches(name.rpartition(".")[2], known, n=3, cutoff=0.5)
    told = say(key, name=name)
    return f"{told}{say('nearest', names=', '.join(near))}" if near else told

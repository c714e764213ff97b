"""Text in SQL, and answers as records."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import duckdb

Record = dict[str, Any]


def quoted(text: Path | str) -> str:
    """Return a path or another text as it is written in SQL."""
    return "'" + str(text).replace("'", "''") + "'"


def records(answer: duckdb.DuckDBPyConnection) -> list[Record]:
    """Return the rows of an executed query, each by the names of its columns."""
    names = [column[0] for column in answer.description or []]
    return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]

"""Text in SQL, and answers as records."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import duckdb

Record = dict[str, Any]


def quoted(text: Path | str) -> str:
    """Return a path or another text as it is written in SQL."""
    return "'" + str(text).replace("'", "''") + "'"


def json_value(value: Any) -> Any:
    """Return what JSON has no form of (`default` of `json.dumps`): decimals are numbers, days ISO dates, the rest text."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value.isoformat() if isinstance(value, date) else str(value)


def records(answer: duckdb.DuckDBPyConnection) -> list[Record]:
    """Return the rows of an executed query, each by the names of its columns."""
    names = [column[0] for column in answer.description or []]
    return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]

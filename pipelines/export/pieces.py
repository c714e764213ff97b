"""A table that no sheet of Excel holds, in pieces that one holds: along its sources, items or measures."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pipelines.export.tables import ExportTable
from pipelines.query import quoted

if TYPE_CHECKING:
    import duckdb

# What a reader looks for first; the first that a table has is the one it is taken apart along.
_KEYS = ("source_id", "item_id", "measure_id", "area_code")
_LISTED = 20


@dataclass
class _Piece:
    """Rows of some values of the key, or a stretch of the rows of one value that is too large by itself."""

    values: list[str | None]
    rows: int
    start: int | None = None


def _packed(counts: list[tuple[str | None, int]], most: int) -> list[_Piece]:
    """Return pieces of at most so many rows that keep the order of the values."""
    pieces: list[_Piece] = []
    for value, rows in counts:
        if rows > most:
            pieces += [_Piece([value], min(most, rows - start), start) for start in range(0, rows, most)]
        elif pieces and pieces[-1].start is None and pieces[-1].rows + rows <= most:
            pieces[-1].values.append(value)
            pieces[-1].rows += rows
        else:
            pieces.append(_Piece([value], rows))
    return pieces


def _query(table: ExportTable, key: str, piece: _Piece, most: int) -> str:
    if not key:
        rows = f"select * from ({table.query})"
    else:
        given = [quoted(value) for value in piece.values if value is not None]
        conditions = [f"{key} in ({', '.join(given)})"] if given else []
        conditions += [f"{key} is null"] if None in piece.values else []
        rows = f"select * from ({table.query}) where {' or '.join(conditions)}"
    return rows if piece.start is None else f"{rows} order by all limit {most} offset {piece.start}"


def _words(key: str, piece: _Piece) -> str:
    values = [value if value is not None else "空欄" for value in piece.values]
    more = f" ほか{len(values) - _LISTED:,}" if len(values) > _LISTED else ""
    named = f"{key}: {', '.join(values[:_LISTED])}{more}" if key else "行"
    return named if piece.start is None else f"{named} {piece.start + 1:,}～{piece.start + piece.rows:,}行目"


def pieces_of(
    connection: duckdb.DuckDBPyConnection, table: ExportTable, most: int, each: int
) -> list[ExportTable]:
    """Return the table itself when it has at most so many rows, else pieces of at most `each`; together they are its rows."""
    if table.rows <= most:
        return [table]
    names = {name for name, _, _ in table.columns}
    key = next((name for name in _KEYS if name in names), "")
    counts: list[tuple[str | None, int]] = [(None, table.rows)]
    if key:
        counts = connection.execute(
            f"select {key}, count(*) from ({table.query}) group by 1 order by 1"
        ).fetchall()
    return [
        replace(
            table,
            query=_query(table, key, piece, each),
            rows=piece.rows,
            piece=number,
            holds=_words(key, piece),
        )
        for number, piece in enumerate(_packed(counts, each), start=1)
    ]

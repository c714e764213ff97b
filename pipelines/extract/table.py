"""From a grid to the described columns: find the header by its text, match every column, keep addresses."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

import polars as pl

from pipelines.acquire.archive import Snapshot
from pipelines.catalog.models import Table
from pipelines.defects import Defect, Severity
from pipelines.extract.grid import Grid
from pipelines.normalize.text import header_key

ROW = "__row"
_HEADER_SEARCH_ROWS = 30


@dataclass(frozen=True)
class RawTable:
    """Texts under the described names, with each row's number in the file in column `__row`."""

    frame: pl.DataFrame


@dataclass(frozen=True)
class Place:
    """Where a table's defects lie."""

    source_id: str
    table: str
    snapshot: Snapshot
    sheet: str | None = None

    def defect(
        self,
        rule: str,
        found: str | None,
        expected_ja: str,
        expected_en: str,
        *,
        row: int | None = None,
        column: str | None = None,
        cell: str | None = None,
        severity: Severity = "error",
    ) -> Defect:
        """Return a defect at this place; a row and a column give the cell unless its address is known."""
        if cell is None and row is not None and column is not None:
            cell = f"{row}:{column}"
        return Defect(
            source_id=self.source_id,
            table=self.table,
            file=self.snapshot.file_name,
            snapshot_sha256=self.snapshot.snapshot_sha256,
            sheet=self.sheet or self.snapshot.file_name,
            row=row,
            column=column,
            cell=cell,
            rule=rule,
            found=found,
            expected_ja=expected_ja,
            expected_en=expected_en,
            severity=severity,
        )


def _find_header(grid: Grid, anchor: str) -> int | None:
    wanted = header_key(anchor)
    for index, row in enumerate(grid.rows[:_HEADER_SEARCH_ROWS]):
        if any(header_key(cell) == wanted for cell in row):
            return index
    return None


def _match_columns(
    header: list[str], table: Table, place: Place, row: int
) -> tuple[dict[str, int], list[Defect]]:
    known = {header_key(text): key for key in table.columns for text in table.header_names(key)}
    ignored = {header_key(text) for text in table.ignore}
    positions: dict[str, int] = {}
    defects = []
    for index, text in enumerate(header):
        name = header_key(text)
        key = known.get(name)
        if key is None and name and name not in ignored:
            near = difflib.get_close_matches(name, known, n=1)
            hint = (
                table.header_names(known[near[0]])[0]
                if near
                else "／".join(table.header_names(k)[0] for k in table.columns)
            )
            defects.append(
                place.defect(
                    "unknown_header",
                    text,
                    f"知っている見出しは「{hint}」です",
                    f"The nearest known header is '{hint}'",
                    row=row,
                    column=text,
                )
            )
        elif key is not None and key in positions:
            defects.append(
                place.defect(
                    "duplicate_header",
                    text,
                    "同じ見出しは一つにしてください",
                    "Keep only one column of this header",
                    row=row,
                    column=text,
                )
            )
        elif key is not None:
            positions[key] = index
    for key in [key for key in table.columns if key not in positions]:
        name = table.header_names(key)[0]
        defects.append(
            place.defect(
                "missing_header",
                None,
                f"見出し「{name}」の列が必要です",
                f"A column headed '{name}' is needed",
                row=row,
                column=name,
            )
        )
    return positions, defects


def read_table(grid: Grid, table: Table, place: Place) -> tuple[RawTable | None, list[Defect]]:
    """Return the table's texts, or None with the reasons why the whole file is refused.

    A row with cells beyond the header, or too few, is refused alone; blank rows are skipped.
    """
    header_row = _find_header(grid, table.anchor)
    if header_row is None:
        first = next((cell for row in grid.rows for cell in row if cell.strip()), None)
        return None, [
            place.defect(
                "no_header",
                first,
                f"見出し「{table.anchor}」のある行が必要です",
                f"A row with the header '{table.anchor}' is needed",
            )
        ]
    positions, defects = _match_columns(grid.rows[header_row], table, place, header_row + 1)
    if defects:
        return None, defects
    width = len(grid.rows[header_row])
    records: dict[str, list[str | int | None]] = {ROW: [], **{key: [] for key in table.columns}}
    for number, row in enumerate(grid.rows[header_row + 1 :], start=header_row + 2):
        if not any(cell.strip() for cell in row):
            continue
        if len(row) != width:
            defects.append(
                place.defect(
                    "wrong_width",
                    f"{len(row)}",
                    f"{width}個の欄が必要です",
                    f"{width} fields are needed",
                    row=number,
                    column="*",
                )
            )
            continue
        records[ROW].append(number)
        for key in table.columns:
            records[key].append(row[positions[key]].strip() or None)
    schema = {ROW: pl.Int64, **dict.fromkeys(table.columns, pl.String)}
    return RawTable(pl.DataFrame(records, schema=schema)), defects

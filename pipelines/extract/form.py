"""Forms: what a sheet says once for all of its rows, and the sheets of a workbook as one table."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace

import polars as pl

from pipelines.catalog.published import Layout, PublishedColumn
from pipelines.defects import Defect
from pipelines.extract.body import Body, ReadTable
from pipelines.extract.columns import plain
from pipelines.extract.header import Header
from pipelines.extract.period import Span
from pipelines.extract.sheet import Sheet, cell_text, column_letters, sheet_key
from pipelines.extract.table import Place
from pipelines.normalize.text import header_key

# More rows than a sheet can have: in the stack the rows of the next sheet begin there.
_HEIGHT = 1 << 21


def said_once(
    sheet: Sheet, layout: Layout, header: Header, place: Place
) -> tuple[dict[str, str], list[Defect]]:
    """Return the texts that a sheet says once for all of its rows, and those of which label and name disagree."""
    texts: dict[str, str] = {}
    defects = []
    for key, column in layout.columns.items():
        if not column.is_of_sheet:
            continue
        found = [text for text in (_in_name(sheet, column), _under_label(sheet, column, header)) if text]
        texts[key] = found[0] if found else ""
        if not _agree(found):
            defects.append(
                place.defect(
                    "sheet_name_contradicts", "／".join(found),
                    "シート名と、シートの中の表示が食い違います。別の団体の様式が写されていないか確かめてください",
                    "The sheet's name and what stands in it disagree: is this another body's form?", column=key,
                )
            )  # fmt: skip
    return texts, defects


def _agree(texts: list[str]) -> bool:
    """Return whether texts say the same: a code may lack its zeros or check digit, a town its district (郡)."""
    short, long = sorted((plain(text).lstrip("0") for text in texts), key=len) if len(texts) > 1 else ("", "")
    return short in long


def _in_name(sheet: Sheet, column: PublishedColumn) -> str:
    match = re.search(column.in_sheet_name, sheet_key(sheet.name)) if column.in_sheet_name else None
    return (match.group(1) if match.re.groups else match.group(0)) if match else ""


def _under_label(sheet: Sheet, column: PublishedColumn, header: Header) -> str:
    wanted = {header_key(label) for label in column.under}
    for number, row in enumerate(sheet.rows[: header.first_row]):
        for index, cell in enumerate(row):
            if isinstance(cell, str) and cell and header_key(cell) in wanted:
                below = _bottom(sheet, number, index) + 1
                cells = sheet.rows[below][index : index + 1] if below < header.first_row else []
                return cell_text(cells[0]).strip() if cells else ""
    return ""


def _bottom(sheet: Sheet, row: int, column: int) -> int:
    """Return the last row of a cell that may be merged over several."""
    return next((bottom for start, (bottom, _) in sheet.merged if start == (row, column)), row)


def lost_rows(read: ReadTable) -> list[Defect]:
    """Return a defect for each row that a form should have, as measures speak of it, and that is not there."""
    if read.layout.block != "rows":
        return []
    measures = [measure for column in read.layout.columns.values() for measure in column.measures]
    wanted = {tuple(sorted(measure.when.items())) for measure in measures if measure.when}
    lost = []
    for when in sorted(wanted):
        texts = zip(*(read.body.plain_texts(name) for name, _ in when), strict=True)
        if tuple(plain(text) for _, text in when) not in set(texts):
            lost.append(" ".join(text for _, text in when))
    return [
        read.place.defect(
            "form_row_missing", None, f"「{text}」の行があるはずです", f"The form should have a row '{text}'",
            column=text, severity="warning",
        )
        for text in lost
    ]  # fmt: skip


@dataclass(frozen=True)
class Stack:
    """Where the cells of sheets that were read as one table stand in the file.

    `title` is the sheet that places in the table name; `letters` has for each sheet its own letters of the columns.
    """

    title: str
    names: list[str]
    letters: list[dict[str, str]]

    def sheet_of(self, row: int) -> int:
        """Return the place of the sheet of a row of the table, counted from 1."""
        return (row - 1) // _HEIGHT

    def _placed(self, cell: str) -> tuple[str, str]:
        letters = cell.rstrip("0123456789")
        number, row = divmod(int(cell.removeprefix(letters)) - 1, _HEIGHT)
        return self.names[number], f"{self.letters[number][letters]}{row + 1}"

    def figures(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Return figures with the sheets and cells of the file."""
        places = [self._placed(cell) for cell in frame["cell"].to_list()]
        return frame.with_columns(
            sheet=pl.Series([sheet for sheet, _ in places], dtype=pl.String),
            cell=pl.Series([cell for _, cell in places], dtype=pl.String),
        )

    def defect(self, defect: Defect) -> Defect:
        """Return a defect of a row of the table with the sheet, row and cell of the file."""
        if defect.row is None or defect.sheet != self.title:
            return defect
        number, row = divmod(defect.row - 1, _HEIGHT)
        cell = defect.cell
        if cell is not None:
            # A rule over a row names no column of the file: its cell is `row:rule`.
            cell = f"{row + 1}:{defect.column}" if ":" in cell else self._placed(cell)[1]
        return replace(defect, sheet=self.names[number], row=row + 1, cell=cell)

    def once_a_sheet(self, defects: list[Defect]) -> list[Defect]:
        """Return defects once for each sheet: which body it is of a sheet says once, for all of its rows."""
        first: dict[object, Defect] = {}
        for defect in defects:
            where = defect.column if defect.row is None else self.sheet_of(defect.row)
            first.setdefault((defect.rule, defect.found, where), defect)
        return list(first.values())


def like_most(forms: list[tuple[ReadTable, Span]]) -> tuple[list[ReadTable], Span, list[Defect]]:
    """Return the sheets that have the period and the columns of most, that period, and a defect for each other one."""
    kinds = [(span.label, read.layout.since, tuple(sorted(read.header.positions))) for read, span in forms]
    common = Counter(kinds).most_common(1)[0][0]
    alike = [form for form, kind in zip(forms, kinds, strict=True) if kind == common]
    others = [
        read.place.defect(
            "sheets_differ", span.label,
            f"ほかのシートは {common[0]} で、列も同じです。別の年のシートが混じっていないか確かめてください",
            f"The other sheets are of {common[0]} and have the same columns: did another year's sheet get in?",
        )
        for (read, span), kind in zip(forms, kinds, strict=True)
        if kind != common
    ]  # fmt: skip
    return [read for read, _ in alike], alike[0][1], others


def stacked(reads: list[ReadTable]) -> tuple[ReadTable, Stack]:
    """Return sheets that have the same columns as one table, one under the other."""
    first = reads[0]
    keys = list(first.header.positions)
    rows = [number * _HEIGHT + row for number, read in enumerate(reads) for row in read.body.rows]
    body = Body(
        rows,
        [kind for read in reads for kind in read.body.kinds],
        {key: [cell for read in reads for cell in read.body.columns[key]] for key in first.body.columns},
        [note for read in reads for note in read.body.notes],
        [scope for read in reads for scope in read.body.scopes],
        {
            number * _HEIGHT + row: width
            for number, read in enumerate(reads)
            for row, width in read.body.widths.items()
        },
    )
    paths = [first.header.path_of(key) for key in keys]
    header = Header(0, 1, {key: index for index, key in enumerate(keys)}, paths)
    names = [read.place.sheet or "" for read in reads]
    letters = [
        {column_letters(index): column_letters(read.header.positions[key]) for index, key in enumerate(keys)}
        for read in reads
    ]
    title = names[0] if len(names) == 1 else f"{names[0]} … {names[-1]}"
    return ReadTable(first.layout, header, body, replace(first.place, sheet=title)), Stack(
        title, names, letters
    )

"""Breaks copies of publishers' real files, one thing each, and reports which changes pass without a word.

`python -m benchmarks.mutations --origin DIR` reads every file of the folder that a source describes, mutates
copies in a temporary folder, reads them with the same reader, and compares figures with the whole file's.
Harmless changes must give the same figures (or a clear error), harmful ones an error; of changes that look
plausible the share caught is reported. The same seed gives the same copies.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import random
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from decimal import Decimal
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import polars as pl

from benchmarks.xlsx import write_xlsx
from pipelines.acquire.archive import Snapshot
from pipelines.acquire.origin import name_other_years, published_files
from pipelines.catalog.loader import Catalog, load_catalog
from pipelines.catalog.published import KnownFile, Layout, PublishedTable
from pipelines.contracts.continuity import FileFigures, check_continuity
from pipelines.extract.body import read_body
from pipelines.extract.header import Header, find_anchor, read_header
from pipelines.extract.period import period_words
from pipelines.extract.reading import decode, read_sheet
from pipelines.extract.sheet import WORKBOOKS, Sheet, cell_text, transposed
from pipelines.extract.table import Place
from pipelines.files import sha256_of
from pipelines.identity.match import AreaRegister
from pipelines.land.published import FileReading, PublishedReader
from pipelines.land.register import load_register, register_from
from pipelines.settings import Home, now

_PROCESSES = 2
_RETRIEVED_AT = "2026-01-01T00:00:00+09:00"
_WIDE = str.maketrans("0123456789.-", "０１２３４５６７８９．－")
_HTML = "<!DOCTYPE html>\n<html lang='ja'><head><title>404 Not Found</title></head><body>ページが見つかりません</body></html>\n"
# What a figure is, apart from where it stands in the file.
_FIGURE = [
    "item_id", "series_id", "area_code", "body_scope", "statistic", "as_of_date", "period_start", "value",
    "value_status",
]  # fmt: skip

# Formats that are unreadable when cut off: there is no half of a JSON list.
_SELF_DELIMITING = (".json", ".tar.gz")
# Some columns hold nothing that can be changed; so often another is tried.
_TRIES = 8
# What the comparison with other years looks at.
_WITNESS = ["area_code", "item_id", "as_of_date", "body_scope", "value"]

Rows = list[list[object]]


@dataclass(frozen=True)
class DescribedFile:
    """A file of the origin folder that a table of figures describes."""

    source_id: str
    table: str
    name: str
    path: Path
    measured: int = 0
    numbers: int = 0
    period: str | None = None

    @property
    def is_workbook(self) -> bool:
        """Return whether the name is a workbook's."""
        return self.name.lower().endswith(WORKBOOKS)

    @property
    def is_csv(self) -> bool:
        """Return whether the name is a CSV file's."""
        return self.name.lower().endswith(".csv")


@dataclass
class Original:
    """A file that was read whole: its bytes, its cells, where its header and its rows are, what it gave."""

    file: DescribedFile
    data: bytes
    sheets: list[Sheet]
    target: int
    layout: Layout
    header: Header
    body_rows: list[int]
    reading: FileReading
    is_on_its_side: bool = False
    others: list[DescribedFile] = field(default_factory=list)

    @property
    def measured(self) -> list[int]:
        """Return the positions of the columns whose numbers become figures."""
        columns = self.layout.columns
        return [index for key, index in self.header.positions.items() if columns[key].measures]

    def cells(self) -> list[Sheet]:
        """Return the sheets to be written to: the one that is read may be changed."""
        sheets = list(self.sheets)
        sheet = sheets[self.target]
        sheets[self.target] = Sheet(sheet.name, [list(row) for row in sheet.rows], list(sheet.merged))
        return sheets

    def title_of(self, index: int) -> str:
        """Return the printed header of a column."""
        return self.header.paths[index]


@dataclass(frozen=True)
class Mutant:
    """Bytes to be read under a name, and what was done to them; of a pair, which file the other one lies under."""

    data: bytes
    name: str
    what: str
    holds: DescribedFile | None = None


Mutation = Callable[[Original, random.Random], Mutant | None]
CellMutation = Callable[[Original, Sheet, random.Random], str | None]


def _as_bytes(original: Original, sheets: list[Sheet]) -> tuple[bytes, str]:
    """Return CSV and JSON as CSV, all else as a workbook under its name with `.xlsx`."""
    name = original.file.name
    if original.is_on_its_side:
        sheets = [transposed(sheet) for sheet in sheets]
    if original.file.is_csv:
        return _csv_text(sheets[0].rows).encode("utf-8"), name
    if name.lower().endswith(_SELF_DELIMITING):
        return _csv_text(sheets[0].rows).encode("utf-8"), name[: len(name) - len(_suffix(name))] + ".csv"
    return write_xlsx(sheets), name[: len(name) - len(_suffix(name))] + ".xlsx"


def _suffix(name: str) -> str:
    return ".tar.gz" if name.lower().endswith(".tar.gz") else Path(name).suffix.lower()


def _csv_text(rows: Rows) -> str:
    stream = io.StringIO(newline="")
    csv.writer(stream).writerows([[cell_text(cell) for cell in row] for row in rows])
    return stream.getvalue()


def on_cells(change: CellMutation) -> Mutation:
    """Return a mutation of bytes from one of the cells of the sheet that is read."""

    def mutate(original: Original, rng: random.Random) -> Mutant | None:
        sheets = original.cells()
        what = change(original, sheets[original.target], rng)
        if what is None:
            return None
        data, name = _as_bytes(original, sheets)
        return Mutant(data, name, what)

    return mutate


def _header_rows(original: Original) -> range:
    return range(original.header.first_row, original.header.first_body_row)


def _spread_header(original: Original, sheet: Sheet) -> None:
    """Write each merged header cell's text into all its cells, so that columns can be moved one by one.

    A heading merged over several columns down to the last header row heads one column: it is written once.
    """
    rows = _header_rows(original)
    width = max(len(row) for row in sheet.rows)
    for row in sheet.rows:
        row.extend([""] * (width - len(row)))
    for (top, left), (bottom, right) in sheet.merged:
        if top in rows:
            end = left if bottom >= rows.stop - 1 else right
            for number in range(top, min(bottom, rows.stop - 1) + 1):
                sheet.rows[number][left : end + 1] = [sheet.rows[top][left]] * (end + 1 - left)
    sheet.merged.clear()


def _text(cell: object) -> str:
    """Return a number as plain digits, never with an exponent."""
    return format(Decimal(repr(cell)), "f") if isinstance(cell, float) else cell_text(cell)


# Harmless: what publishers do from year to year.


def unchanged(original: Original, sheet: Sheet, rng: random.Random) -> str | None:
    """Write the same cells anew: whatever differs then is the writer's doing."""
    return "cells written anew"


def column_moved(original: Original, sheet: Sheet, rng: random.Random) -> str | None:
    """Move one column that is read to another place."""
    _spread_header(original, sheet)
    index = rng.choice(list(original.header.positions.values()))
    to = rng.choice([place for place in original.header.positions.values() if place != index])
    for row in sheet.rows:
        row.insert(to, row.pop(index))
    return f"column {original.title_of(index)} moved to position {to}"


def header_shifted(original: Original, sheet: Sheet, rng: random.Random) -> str | None:
    """Push the whole sheet down by blank and title rows."""
    count = rng.randint(1, 6)
    added: Rows = [["参考資料" if rng.random() < 0.3 else ""] for _ in range(count)]
    sheet.rows[:0] = added
    sheet.merged[:] = [
        ((top + count, left), (bottom + count, right)) for (top, left), (bottom, right) in sheet.merged
    ]
    return f"{count} rows put above"


def full_width_digits(original: Original, sheet: Sheet, rng: random.Random) -> str | None:
    """Write the numbers of some columns as full-width text."""
    chosen = rng.sample(original.measured, rng.randint(1, len(original.measured)))
    for number in original.body_rows:
        row = sheet.rows[number]
        for index in chosen:
            if index < len(row) and row[index] != "":
                row[index] = _text(row[index]).translate(_WIDE)
    return "full-width digits in " + "・".join(original.title_of(index) for index in chosen)


def header_line_breaks(original: Original, sheet: Sheet, rng: random.Random) -> str | None:
    """Break the lines of header cells at any letter."""
    changed = 0
    for number in _header_rows(original):
        row = sheet.rows[number]
        for index, cell in enumerate(row):
            if isinstance(cell, str) and len(cell) > 1 and rng.random() < 0.7:
                at = rng.randint(1, len(cell) - 1)
                row[index] = cell[:at] + "\n" + cell[at:]
                changed += 1
    return f"line breaks in {changed} header cells"


def padding_rows(original: Original, sheet: Sheet, rng: random.Random) -> str | None:
    """Pad the sheet with blank rows, as old workbooks are."""
    count = rng.choice([10, 1000, 65_536 - len(sheet.rows)])
    filler = rng.choice(["", " ", "　"])
    width = max(len(row) for row in sheet.rows)
    sheet.rows.extend([filler] * width for _ in range(max(count, 1)))
    return f"{count} rows of '{filler}' below"


def other_encoding(original: Original, rng: random.Random) -> Mutant | None:
    """Write a CSV file in another encoding."""
    if not original.file.is_csv:
        return None
    text = decode(original.data)
    encodings = [name for name in ("utf-8", "cp932") if text.encode(name, "replace") != original.data]
    encoding = rng.choice([*encodings, "utf-16"])
    try:
        return Mutant(text.encode(encoding), original.file.name, f"encoded as {encoding}")
    except UnicodeEncodeError:
        return Mutant(text.encode("utf-16"), original.file.name, "encoded as utf-16")


def bom(original: Original, rng: random.Random) -> Mutant | None:
    """Put a byte-order mark before a CSV file, or take it away."""
    if not original.file.is_csv:
        return None
    mark = b"\xef\xbb\xbf"
    if original.data.startswith(mark):
        return Mutant(original.data.removeprefix(mark), original.file.name, "without byte-order mark")
    return Mutant(mark + decode(original.data).encode("utf-8"), original.file.name, "with byte-order mark")


# Harmful: what must never become figures without a word.


def _lowest_text(original: Original, sheet: Sheet, index: int) -> tuple[int, int] | None:
    """Return the cell with the lowest header text of a column."""
    for number in reversed(_header_rows(original)):
        row = sheet.rows[number]
        if index < len(row) and str(row[index]).strip():
            return number, index
    return None


def column_renamed(original: Original, sheet: Sheet, rng: random.Random) -> str | None:
    """Give a column that is read another header."""
    _spread_header(original, sheet)
    index = rng.choice(list(original.header.positions.values()))
    cell = _lowest_text(original, sheet, index)
    if cell is None:
        return None
    old = str(sheet.rows[cell[0]][index]).strip()
    new = rng.choice([f"新{old}", f"{old}２", old[:-1] + "額", "その他の指標"])
    for number in _header_rows(original):
        if sheet.rows[number][index] == sheet.rows[cell[0]][index] and number != cell[0]:
            sheet.rows[number][index] = new
    sheet.rows[cell[0]][index] = new
    return f"column {original.title_of(index)} renamed to {new}"


def column_dropped(original: Original, sheet: Sheet, rng: random.Random) -> str | None:
    """Take away a column that is read."""
    _spread_header(original, sheet)
    index = rng.choice(list(original.header.positions.values()))
    for row in sheet.rows:
        del row[index]
    return f"column {original.title_of(index)} dropped"


def column_doubled(original: Original, sheet: Sheet, rng: random.Random) -> str | None:
    """Repeat a column that is read at the right end."""
    _spread_header(original, sheet)
    index = rng.choice(list(original.header.positions.values()))
    for row in sheet.rows:
        row.append(row[index])
    return f"column {original.title_of(index)} doubled"


def row_blanked(original: Original, sheet: Sheet, rng: random.Random) -> str | None:
    """Blank a row that is read."""
    number = rng.choice(original.body_rows)
    row = sheet.rows[number]
    shown = " ".join(cell_text(cell) for cell in row[:4])
    sheet.rows[number] = [""] * len(row)
    return f"row {number + 1} ({shown}) blanked"


def truncated_rows(original: Original, sheet: Sheet, rng: random.Random) -> str | None:
    """Cut the sheet off below one of its rows."""
    rows = original.body_rows
    keep = rows[rng.randrange(max(1, len(rows) // 10), len(rows) - 1)] if len(rows) > 2 else rows[0]
    del sheet.rows[keep + 1 :]
    sheet.merged[:] = [spot for spot in sheet.merged if spot[1][0] <= keep]
    return f"cut off below row {keep + 1} of {rows[-1] + 1}"


def truncated_bytes(original: Original, rng: random.Random) -> Mutant | None:
    """Cut the bytes of the file off."""
    size = int(len(original.data) * rng.uniform(0.2, 0.98))
    return Mutant(original.data[:size], original.file.name, f"{size:,} of {len(original.data):,} bytes")


def _bytes_of_another(
    original: Original, candidates: list[DescribedFile], rng: random.Random
) -> Mutant | None:
    same_form = [file for file in candidates if _suffix(file.name) == _suffix(original.file.name)]
    if not same_form:
        return None
    other = rng.choice(same_form)
    what = f"holds {other.name} of {other.source_id}.{other.table}"
    return Mutant(other.path.read_bytes(), original.file.name, what, other)


def _is_same_table(one: DescribedFile, other: DescribedFile) -> bool:
    return (one.source_id, one.table) == (other.source_id, other.table)


def other_file_under_name(original: Original, rng: random.Random) -> Mutant | None:
    """Put another table's file under this file's name."""
    own = {file.name for file in original.others if _is_same_table(file, original.file)}
    return _bytes_of_another(original, [file for file in original.others if file.name not in own], rng)


def wrong_year(original: Original, rng: random.Random) -> Mutant | None:
    """Put another year's file of the same table under this file's name."""
    same = [file for file in original.others if _is_same_table(file, original.file)]
    return _bytes_of_another(
        original, [file for file in same if file.period not in (None, original.file.period)], rng
    )


def html_as_xlsx(original: Original, rng: random.Random) -> Mutant | None:
    """Put a web server's error page under the file's name."""
    page = rng.choice(
        [_HTML, "\ufeff" + _HTML, "\r\n  " + _HTML.lower(), _HTML.removeprefix("<!DOCTYPE html>\n")]
    )
    return Mutant(page.encode("utf-8"), original.file.name, f"an HTML page: {page[:20]!r}")


# Plausible: nothing in the file's form is wrong; only sums, limits and rules of the row can tell.


def values_times_1000(original: Original, sheet: Sheet, rng: random.Random) -> str | None:
    """Multiply one column by a thousand, as when its unit changed and its header did not."""
    index = rng.choice(original.measured)
    changed = 0
    for number in original.body_rows:
        row = sheet.rows[number]
        value = _number(row[index]) if index < len(row) else None
        if value:
            row[index] = cell_text(float(value * 1000)) if original.file.is_csv else float(value * 1000)
            changed += 1
    return f"{original.title_of(index)} times 1,000 in {changed} rows" if changed else None


def _number(cell: object) -> Decimal | None:
    try:
        return Decimal(_text(cell).replace(",", ""))
    except ArithmeticError:
        return None


def columns_swapped(original: Original, sheet: Sheet, rng: random.Random) -> str | None:
    """Exchange the values of two columns under their headers."""
    if len(original.measured) < 2:
        return None
    one, other = rng.sample(original.measured, 2)
    for number in original.body_rows:
        row = sheet.rows[number]
        row.extend([""] * (max(one, other) + 1 - len(row)))
        row[one], row[other] = row[other], row[one]
    return f"{original.title_of(one)} and {original.title_of(other)} exchanged"


def years_exchanged(original: Original, rng: random.Random) -> Mutant | None:
    """Exchange two years' files: the other one lies under this name, and this one under the other's."""
    return wrong_year(original, rng)


HARMLESS: dict[str, Mutation] = {
    "unchanged": on_cells(unchanged),
    "column_moved": on_cells(column_moved),
    "header_shifted": on_cells(header_shifted),
    "full_width_digits": on_cells(full_width_digits),
    "header_line_breaks": on_cells(header_line_breaks),
    "other_encoding": other_encoding,
    "bom": bom,
    "padding_rows": on_cells(padding_rows),
}
HARMFUL: dict[str, Mutation] = {
    "column_renamed": on_cells(column_renamed),
    "column_dropped": on_cells(column_dropped),
    "column_doubled": on_cells(column_doubled),
    "row_blanked": on_cells(row_blanked),
    "truncated_rows": on_cells(truncated_rows),
    "truncated_bytes": truncated_bytes,
    "other_file_under_name": other_file_under_name,
    "wrong_year": wrong_year,
    "html_as_xlsx": html_as_xlsx,
}
PLAUSIBLE: dict[str, Mutation] = {
    "values_times_1000": on_cells(values_times_1000),
    "columns_swapped": on_cells(columns_swapped),
    "years_exchanged": years_exchanged,
}
KINDS: dict[str, Mutation] = {**HARMLESS, **HARMFUL, **PLAUSIBLE}


@dataclass(frozen=True)
class Case:
    """One copy to be made of one file."""

    kind: str
    file: DescribedFile
    seed: str


@dataclass(frozen=True)
class Result:
    """What became of one copy.

    `same` figures; `refused`, the file or by errors the rows that were changed; `warned`: figures differ and a new
    defect says so; `silent`: they differ and nothing says so.
    """

    kind: str
    source_id: str
    table: str
    file: str
    seed: str
    mutation: str
    outcome: str
    lost: int = 0
    altered: int = 0
    rules: list[str] = field(default_factory=list)
    message: str = ""
    by_other_years: bool = False


class Bench:
    """Reads originals and copies with the readers of the catalog."""

    def __init__(
        self, files: list[DescribedFile], register: AreaRegister, catalog: Catalog, folder: Path
    ) -> None:
        self._files = files
        self._register = register
        self._catalog = catalog
        self._folder = folder
        self._witnesses: dict[DescribedFile, FileFigures | None] = {}

    def _table(self, file: DescribedFile) -> PublishedTable:
        return self._catalog.sources[file.source_id].description.published[file.table]

    def read(self, file: DescribedFile, path: Path, name: str, known: KnownFile | None = None) -> FileReading:
        """Read bytes as a file of a table; `known` is the period of bytes that the description would know by hash."""
        source = self._catalog.sources[file.source_id].description
        sha256 = sha256_of(path)
        if known:
            table = source.published[file.table].model_copy(update={"known_files": {sha256: known}})
            source = source.model_copy(update={"published": {**source.published, file.table: table}})
        return PublishedReader(source, file.table, self._register, self._catalog).read(
            path, _snapshot(file, name, sha256)
        )

    def open(self, file: DescribedFile) -> Original | None:
        """Return a file with the places of its cells, or None when it gives no figures as it is."""
        reading = self.read(file, file.path, file.name)
        if reading.frame is None or reading.span is None or reading.frame.is_empty():
            return None
        table = self._table(file)
        sheets = _sheets(file, table)
        target = next((i for i, sheet in enumerate(sheets) if sheet.name == reading.sheet), 0)
        place = Place(file.source_id, file.table, _snapshot(file, file.name, ""))
        layout = _layout_of(sheets[target], table, reading.span.year)
        header, _ = read_header(sheets[target], layout, period_words(reading.span), place)
        if header is None or table.identity is None:
            return None
        keys = [key for key in (table.identity.code, table.identity.prefecture, table.identity.name) if key]
        body, _ = read_body(sheets[target], layout, header, keys, place)
        others = [other for other in self._files if other.name != file.name]
        data = file.path.read_bytes()
        return Original(
            file, data, sheets, target, layout, header, body.rows, reading, table.transposed, others
        )

    def run(self, original: Original, case: Case) -> Result | None:
        """Make one copy, read it and compare; None when the file cannot be broken in this way."""
        rng = random.Random(case.seed)  # noqa: S311 - choices that can be repeated
        tries = (KINDS[case.kind](original, rng) for _ in range(_TRIES))
        mutant = next((made for made in tries if made is not None), None)
        if mutant is None:
            return None
        path = self._folder / "copy"
        path.write_bytes(mutant.data)
        known = None
        if mutant.holds is None:
            known = self._table(original.file).known_files.get(sha256_of(original.file.path))
        reading = self.read(original.file, path, mutant.name, known)
        result = _compared(case, mutant, original.reading, reading)
        if result.outcome in ("silent", "warned") and reading.frame is not None:
            result = self._beside_other_years(original, mutant, reading, result)
        if result.outcome in ("silent", "warned") and self._is_held_under_another_year(original, mutant):
            result = replace(result, outcome="refused", rules=[*result.rules, "same_bytes_two_years"])
        return result

    def _is_held_under_another_year(self, original: Original, mutant: Mutant) -> bool:
        """Return whether the acquisition would refuse the copy: its bytes are held under a name of another year."""
        period = self._table(original.file).period
        return any(
            _is_same_table(other, original.file)
            and name_other_years(period, other.name, mutant.name)
            and other.path.read_bytes() == mutant.data
            for other in original.others
        )

    def _figures(self, file: DescribedFile, reading: FileReading, sha256: str) -> FileFigures | None:
        if reading.frame is None or reading.span is None:
            return None
        place = Place(file.source_id, file.table, _snapshot(file, file.name, sha256), reading.sheet)
        return FileFigures(reading.span.label, reading.span.is_inside, place, reading.frame.select(_WITNESS))

    def _witness(self, file: DescribedFile) -> FileFigures | None:
        if file not in self._witnesses:
            self._witnesses[file] = self._figures(file, self.read(file, file.path, file.name), file.name)
        return self._witnesses[file]

    def _beside_other_years(
        self, original: Original, mutant: Mutant, reading: FileReading, result: Result
    ) -> Result:
        """Return the result with what the files of the neighbouring years say of the copy and not of the original."""
        file = original.file
        table = sorted(
            (other for other in [*original.others, file] if _is_same_table(other, file) and other.period),
            key=lambda other: (str(other.period), other.name),
        )
        place = table.index(file)
        near = [other for other in table[max(0, place - 4) : place + 5] if other != file]
        witnesses = {other: figures for other in near if (figures := self._witness(other))}
        before = check_continuity(
            [*witnesses.values(), *filter(None, [self._figures(file, original.reading, "copy")])]
        )
        if result.kind == "years_exchanged" and mutant.holds in witnesses:
            exchanged = self.read(mutant.holds, file.path, mutant.holds.name)
            witnesses.pop(mutant.holds)
            witnesses |= (
                {file: figures} if (figures := self._figures(mutant.holds, exchanged, "exchanged")) else {}
            )
        after = check_continuity([*witnesses.values(), *filter(None, [self._figures(file, reading, "copy")])])
        known = {(sha256, defect.rule, defect.column) for sha256, found in before.items() for defect in found}
        new = [
            defect
            for sha256, found in after.items()
            for defect in found
            if (sha256 == "copy" or result.kind == "years_exchanged")
            and (sha256, defect.rule, defect.column) not in known
        ]
        if not new:
            return result
        is_refused = any(defect.severity == "error" for defect in new)
        rules = sorted({*result.rules, *(defect.rule for defect in new)})
        return replace(
            result, outcome="refused" if is_refused else "warned", rules=rules, message=new[0].message("en"),
            by_other_years=True,
        )  # fmt: skip


def _snapshot(file: DescribedFile, name: str, sha256: str) -> Snapshot:
    return Snapshot(sha256, file.source_id, file.table, name, file.path.as_uri(), _RETRIEVED_AT, None, 0)


def _sheets(file: DescribedFile, table: PublishedTable) -> list[Sheet]:
    """Return every sheet of a workbook, else the one sheet that is read of an archive, a JSON or a CSV file."""
    if not file.is_workbook:
        patterns = list(dict.fromkeys(name for layout in reversed(table.layouts) for name in layout.sheet))
        sheet = read_sheet(file.path, file.name, patterns, table.member_of(file.name))
        return [transposed(sheet) if table.transposed else sheet]
    from python_calamine import CalamineWorkbook

    workbook = CalamineWorkbook.from_path(str(file.path))
    sheets = [
        Sheet(name, sheet.to_python(skip_empty_area=False), list(sheet.merged_cell_ranges or []))
        for name in workbook.sheet_names
        for sheet in [workbook.get_sheet_by_name(name)]
    ]
    return [transposed(sheet) for sheet in sheets] if table.transposed else sheets


def _layout_of(sheet: Sheet, table: PublishedTable, year: int) -> Layout:
    held = table.layout_on(year)
    if held is not None and find_anchor(sheet, held) is not None:
        return held
    return next(layout for layout in reversed(table.layouts) if find_anchor(sheet, layout) is not None)


def _difference(left: pl.DataFrame, right: pl.DataFrame) -> int:
    return left.select(_FIGURE).join(right.select(_FIGURE), on=_FIGURE, how="anti", nulls_equal=True).height


def _compared(case: Case, mutant: Mutant, before: FileReading, after: FileReading) -> Result:
    known = Counter(defect.rule for defect in before.defects)
    rules = Counter(defect.rule for defect in after.defects)
    new = sorted(rule for rule in rules if rules[rule] > known[rule])
    message = next((defect.message("en") for defect in after.defects if defect.rule in new), "")
    result = partial(
        Result, case.kind, case.file.source_id, case.file.table, case.file.name, case.seed, mutant.what,
        rules=new, message=message,
    )  # fmt: skip
    if after.frame is None or before.frame is None:
        return result("refused")
    lost, altered = _difference(before.frame, after.frame), _difference(after.frame, before.frame)
    if not lost and not altered and before.frame.height == after.frame.height:
        return result("same")
    errors = {defect.rule for defect in after.defects if defect.severity == "error"}
    is_refused = not altered and bool(errors & set(new))
    return result("refused" if is_refused else "warned" if new else "silent", lost=lost, altered=altered)


def described_files(catalog: Catalog, origin: Path) -> list[DescribedFile]:
    """Return the files of a folder that hold figures by some description."""
    found = []
    for source_id, source in catalog.sources.items():
        for name, table in source.description.published.items():
            if table.role != "figures":
                continue
            measured = [column for column in table.layouts[-1].columns.values() if column.measures]
            numbers = [column for column in measured if not column.words]
            found += [
                DescribedFile(source_id, name, file.name, file.path, len(measured), len(numbers))
                for file in published_files(table, origin)
            ]
    return found


def _in_turn(files: list[DescribedFile], rng: random.Random) -> Iterator[DescribedFile]:
    """Yield files without end, one of each table in turn, so that a table of many files counts no more."""
    by_table: dict[tuple[str, str], list[DescribedFile]] = defaultdict(list)
    for file in files:
        by_table[(file.source_id, file.table)].append(file)
    queues = [rng.sample(group, len(group)) for _, group in sorted(by_table.items())]
    for turn in range(sys.maxsize):
        yield from (queue[turn % len(queue)] for queue in queues)


def _others(file: DescribedFile, files: list[DescribedFile], kind: str) -> bool:
    """Return whether there is another file of the same form that could lie under this one's name."""
    return any(
        _suffix(other.name) == _suffix(file.name)
        and other.name != file.name
        and (_is_same_table(other, file) and other.period != file.period)
        == (kind in ("wrong_year", "years_exchanged"))
        for other in files
    )


def _can_take(kind: str, file: DescribedFile, files: list[DescribedFile]) -> bool:
    if kind in ("other_encoding", "bom"):
        return file.is_csv
    if kind == "truncated_rows":
        return not file.name.lower().endswith(_SELF_DELIMITING)
    if kind in ("other_file_under_name", "wrong_year", "years_exchanged"):
        return _others(file, files, kind)
    if kind == "values_times_1000":
        return file.numbers > 0
    return kind != "columns_swapped" or file.measured > 1


def plan(files: list[DescribedFile], per_kind: int, seed: int) -> list[Case]:
    """Return the copies to be made."""
    cases = []
    for kind in KINDS:
        fitting = [file for file in files if _can_take(kind, file, files)]
        if fitting:
            turns = _in_turn(fitting, random.Random(f"{seed}:{kind}"))  # noqa: S311
            cases += [Case(kind, next(turns), f"{seed}:{kind}:{number}") for number in range(per_kind)]
    return cases


_bench: Bench | None = None


def _start_worker(home: Path, files: list[DescribedFile]) -> None:
    global _bench
    folder = Path(tempfile.mkdtemp(dir=home))
    _bench = Bench(files, load_register(Home(home)), load_catalog(), folder)


def _worker() -> Bench:
    assert _bench is not None  # noqa: S101
    return _bench


def _with_period(file: DescribedFile) -> DescribedFile:
    """Return the file with what it describes; without, when it gives no figures as it is."""
    reading = _worker().read(file, file.path, file.name)
    return replace(file, period=reading.span.label) if reading.frame is not None and reading.span else file


def _run_file(cases: list[Case]) -> list[Result]:
    """Run all copies of one file, none when its cells cannot be placed."""
    original = _worker().open(cases[0].file)
    results = [_worker().run(original, case) for case in cases] if original else []
    return [result for result in results if result is not None]


def _pool(home: Path, files: list[DescribedFile]) -> ProcessPoolExecutor:
    # Polars' threads do not survive a fork.
    return ProcessPoolExecutor(_PROCESSES, get_context("spawn"), _start_worker, (home, files))


def _table(results: list[Result]) -> Iterable[str]:
    yield f"{'kind':24}{'n':>5}{'same':>6}{'refused':>9}{'warned':>8}{'silent':>8}{'caught':>8}"
    for heading, kinds in (("harmless", HARMLESS), ("harmful", HARMFUL), ("plausible", PLAUSIBLE)):
        yield heading
        for kind in kinds:
            counts = Counter(result.outcome for result in results if result.kind == kind)
            differing = counts.total() - counts["same"]
            caught = f"{1 - counts['silent'] / differing:.0%}" if differing else "–"
            yield (
                f"  {kind:22}{counts.total():5}{counts['same']:6}{counts['refused']:9}{counts['warned']:8}"
                f"{counts['silent']:8}{caught:>8}"
            )


def _examples(results: list[Result]) -> Iterable[str]:
    for result in results:
        if result.outcome == "silent":
            yield (
                f"  {result.kind}: {result.source_id}.{result.table} {result.file}: {result.mutation} "
                f"({result.lost:,} figures lost, {result.altered:,} altered; seed {result.seed})"
            )


def measure(origin: Path, per_kind: int, seed: int) -> tuple[list[Result], list[str]]:
    """Return what became of every copy, and the files that give no figures as they are."""
    catalog = load_catalog()
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder))
        register_from(origin, home, catalog)
        with _pool(home.root, []) as pool:
            files = list(pool.map(_with_period, described_files(catalog, origin), chunksize=4))
        usable = [file for file in files if file.period]
        by_file: dict[DescribedFile, list[Case]] = defaultdict(list)
        for case in plan(usable, per_kind, seed):
            by_file[case.file].append(case)
        with _pool(home.root, usable) as pool:
            results = [result for found in pool.map(_run_file, by_file.values()) for result in found]
    return results, [f"{file.source_id}.{file.table} {file.name}" for file in files if not file.period]


def main(arguments: list[str] | None = None) -> int:
    """Run from the command line; exit 1 when a harmful change passed silently or a harmless one changed figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--origin", type=Path, required=True, help="folder of publishers' files")
    parser.add_argument("--per-kind", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, help="write every copy's outcome here")
    options = parser.parse_args(arguments)
    started = time.perf_counter()
    results, unusable = measure(options.origin.resolve(), options.per_kind, options.seed)
    print("\n".join(_table(results)))
    silent = list(_examples(results))
    print(f"{len(results)} copies, {time.perf_counter() - started:.0f} s")
    if silent:
        print("figures changed without a word:", *silent, sep="\n")
    if unusable:
        print("files that give no figures as they are:", *(f"  {name}" for name in unusable), sep="\n")
    if options.json:
        content = {
            "measured_at": now().isoformat(), "seed": options.seed, "unusable": unusable,
            "results": [asdict(result) for result in results],
        }  # fmt: skip
        options.json.write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8")
    bad = [result for result in results if result.outcome == "silent" and result.kind not in PLAUSIBLE]
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())

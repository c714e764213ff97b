"""Every layout of every published table, read from files made from its own description: each figure, unit, cell.

A new source is covered the day it is described. What a table cannot take part in stands in `CANNOT`, with why.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from pipelines.acquire.archive import Snapshot
from pipelines.catalog.loader import load_catalog
from pipelines.catalog.published import Layout, PublishedColumn, PublishedTable
from pipelines.defects import Defect
from pipelines.extract.header import matches, pattern_key
from pipelines.extract.sheet import address
from pipelines.files import sha256_of
from pipelines.land.published import FileReading, PublishedReader
from tests.made_up_areas import made_up_areas, made_up_register
from tests.workbooks import (
    CannotMakeError,
    FigureKey,
    MadeUpFile,
    Shape,
    make_file,
)

CATALOG = load_catalog()
AREAS = made_up_areas()
REGISTER = made_up_register(AREAS)
WIDE = str.maketrans("0123456789.", "０１２３４５６７８９．")

# Tables (`source.table`) of which no file can be made up, and why.
CANNOT: dict[str, str] = {}


@dataclass(frozen=True)
class Case:
    """One layout of one published table of figures."""

    source_id: str
    name: str
    place: int

    @property
    def table(self) -> PublishedTable:
        return CATALOG.sources[self.source_id].description.published[self.name]

    @property
    def layout(self) -> Layout:
        return self.table.layouts[self.place]

    @property
    def columns(self) -> dict[str, PublishedColumn]:
        return self.layout.columns

    def make(self, **shape: Any) -> MadeUpFile:
        """Return a file of this layout; the same shape is made once and copied."""
        kept = (self, repr(sorted(shape.items())))
        if "write" in shape or kept not in MADE:
            MADE[kept] = make_file(self.table, self.layout, AREAS, CATALOG, Shape(**deepcopy(shape)))
        return deepcopy(MADE[kept])

    def read(self, path: Path, name: str) -> FileReading:
        snapshot = Snapshot(
            sha256_of(path), self.source_id, self.name, name, path.as_uri(), "2026-01-15T09:00:00+09:00", None,
            path.stat().st_size,
        )  # fmt: skip
        source = CATALOG.sources[self.source_id].description
        return PublishedReader(source, self.name, REGISTER, CATALOG).read(path, snapshot)


MADE: dict[tuple[Case, str], MadeUpFile] = {}
CASES = [
    Case(source_id, name, place)
    for source_id, source in CATALOG.sources.items()
    for name, table in source.description.published.items()
    for place in range(len(table.layouts))
    if table.role == "figures" and f"{source_id}.{name}" not in CANNOT
]


def _name(case: Case) -> str:
    return f"{case.source_id}.{case.name}-{case.layout.since}-{case.place}"


def each(condition: Callable[[Case], object] = lambda _: True) -> pytest.MarkDecorator:
    """Run a test for each layout that meets a condition."""
    return pytest.mark.parametrize("case", [case for case in CASES if condition(case)], ids=_name)


def _is_tied(case: Case, key: str) -> bool:
    """Return whether a sum of the file or a rule of the row holds a column's figures fast."""
    layout = case.layout
    return any(key in tie.columns for tie in layout.ties) or any(key in check.sql for check in layout.checks)


def _covered(case: Case, key: str) -> bool:
    """Return whether a like header under the same group would be one that is passed over."""
    return any(
        matches(ignored, pattern_key(f"{header}改"))
        for header in case.columns[key].header
        for ignored in case.layout.ignore
    )


def _is_anchor(case: Case, column: PublishedColumn) -> bool:
    """Return whether a column's header is what the table is known by."""
    return bool(
        {pattern_key(text).strip("*") for text in column.header} & set(map(pattern_key, case.layout.anchor))
    )


def required(case: Case) -> str | None:
    """Return a column of figures that must be there, found by its header alone, that is not the table's anchor."""
    return next(
        (
            key for key, column in case.columns.items()
            if column.measures and not column.optional and not column.at and column.header
            and not _covered(case, key) and not _is_anchor(case, column)
        ), None,
    )  # fmt: skip


def any_number(case: Case) -> str | None:
    """Return a column of figures that must be there and holds numbers, not words."""
    return next(
        (
            key
            for key, column in case.columns.items()
            if column.measures and not column.optional and not column.words
        ),
        None,
    )


def negative(case: Case) -> str | None:
    """Return a column of figures in which any cell may be -12."""
    return next(
        (
            key for key, column in case.columns.items()
            if column.measures and not column.optional and not column.words and not _is_tied(case, key)
            and (column.minimum is None or column.minimum <= -12)
        ), None,
    )  # fmt: skip


def legend(case: Case) -> dict[str, list[str]]:
    """Return the marks of each column of figures."""
    return {
        key: sorted({**case.table.marks, **column.marks})
        for key, column in case.columns.items()
        if column.measures
    }


def figures_of(reading: FileReading) -> dict[FigureKey, tuple[Decimal | None, str, str, str, str]]:
    assert reading.frame is not None, [defect.message("en") for defect in reading.defects[:5]]
    found = {}
    for row in reading.frame.to_dicts():
        key = FigureKey(
            row["area_code"],
            row["item_id"],
            row["series_id"],
            row["as_of_date"],
            row["body_scope"],
            row["statistic"],
        )
        assert key not in found
        assert row["unit"] == CATALOG.unit_of(row["item_id"])
        found[key] = (row["value"], row["value_status"], row["raw_text"], row["cell"], row["sheet"])
    return found


def errors(reading: FileReading) -> list[Defect]:
    return [defect for defect in reading.defects if defect.severity == "error"]


def assert_same(reading: FileReading, file: MadeUpFile, sheet: str | None = None) -> None:
    """Every figure is there as it was made up, and no other; a CSV file is its own `sheet`."""
    found = figures_of(reading)
    assert file.expected
    assert found.keys() == file.expected.keys()
    for key, figure in file.expected.items():
        assert found[key] == tuple(figure._replace(sheet=sheet or figure.sheet)), key
    assert not errors(reading)


def assert_refused(reading: FileReading, *rules: str) -> Defect:
    """The file gave nothing, for one of these rules; return the first such defect."""
    assert reading.frame is None
    found = [defect for defect in errors(reading) if defect.rule in rules]
    assert found, [defect.rule for defect in reading.defects]
    return found[0]


def read_again(case: Case, file: MadeUpFile, folder: Path) -> FileReading:
    return case.read(file.write_xlsx(folder), file.name)


# What comes out is what went in.


def _spellings(case: Case) -> range:
    """Return the numbers of ways in which headers and rows of a layout may be worded."""
    kinds = Counter(rule.kind for rule in case.layout.rows if rule.kind in ("nation", "total"))
    return range(max([1, *(len(column.header) for column in case.columns.values()), *kinds.values()]))


@pytest.mark.parametrize(
    ("case", "spelling"), [(case, spelling) for case in CASES for spelling in _spellings(case)],
    ids=lambda value: _name(value) if isinstance(value, Case) else str(value),
)  # fmt: skip
def test_a_workbook_gives_back_exactly_its_figures(case: Case, spelling: int, tmp_path: Path) -> None:
    file = case.make(spelling=spelling, seed=spelling)
    reading = read_again(case, file, tmp_path)
    assert_same(reading, file)
    assert reading.sheet == file.sheet


@each()
def test_columns_that_may_be_missing_may_be_missing(case: Case, tmp_path: Path) -> None:
    file = case.make(optional=False)
    if file.expected:
        assert_same(read_again(case, file, tmp_path), file)


@each(lambda case: case.make().csv_name)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
def test_a_csv_file_gives_back_exactly_its_figures(case: Case, encoding: str, tmp_path: Path) -> None:
    file = case.make()
    name = str(file.csv_name)
    assert_same(case.read(file.write_csv(tmp_path, encoding), name), file, sheet=name)


def _is_page(case: Case) -> bool:
    return any(pattern.endswith((".html", ".htm")) for pattern in case.table.files)


@each(_is_page)
@pytest.mark.parametrize("encoding", ["utf-8", "cp932", "euc_jp"])
def test_a_page_gives_back_exactly_its_figures(case: Case, encoding: str, tmp_path: Path) -> None:
    file = case.make(line_breaks=True)
    # What stands above the table is one row of the sheet.
    assert file.header_row == 1
    assert_same(case.read(file.write_html(tmp_path, encoding), file.html_name), file)


@each(_is_page)
def test_a_page_cut_off_is_refused(case: Case, tmp_path: Path) -> None:
    file = case.make()
    path = file.write_html(tmp_path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    assert_refused(case.read(path, file.html_name), "unreadable_file")


@each(lambda case: case.layout.ties)
def test_sums_printed_in_the_file_are_compared(case: Case, tmp_path: Path) -> None:
    assert read_again(case, case.make(), tmp_path).compared_sums > 0


# What publishers do from year to year.


@each(lambda case: case.layout.header_at is None)
def test_the_header_may_stand_lower(case: Case, tmp_path: Path) -> None:
    file = case.make(above=3)
    assert_same(read_again(case, file, tmp_path), file)


@each(lambda case: not any(column.at for column in case.columns.values()))
def test_the_columns_may_stand_in_another_order(case: Case, tmp_path: Path) -> None:
    file = case.make(reverse=True)
    assert_same(read_again(case, file, tmp_path), file)


@each()
@pytest.mark.parametrize("shape", [{"line_breaks": True}, {"notes": False}], ids=["line breaks", "no notes"])
def test_the_form_may_differ(case: Case, shape: dict[str, Any], tmp_path: Path) -> None:
    file = case.make(**shape)
    assert_same(read_again(case, file, tmp_path), file)


@each(lambda case: not case.table.transposed)
def test_padding_to_the_last_row_of_old_workbooks(case: Case, tmp_path: Path) -> None:
    file = case.make(notes=False)
    file.rows += [[""] for _ in range(65_535 - len(file.rows))] + [[" "]]
    assert_same(read_again(case, file, tmp_path), file)


def _written_as(template: str) -> Callable[[Decimal, PublishedColumn], object]:
    def write(value: Decimal, column: PublishedColumn) -> object:
        unit = column.unit or ""
        return template.format(value=value, wide=f"{value}".translate(WIDE), unit=unit)

    return write


@each(any_number)
@pytest.mark.parametrize(
    "template", ["{wide}", "{value:,}", " {value} ", "{value}{unit}"],
    ids=["full-width", "thousands separators", "spaces", "unit"],
)  # fmt: skip
def test_numbers_may_be_written_in_other_ways(case: Case, template: str, tmp_path: Path) -> None:
    file = case.make(write=_written_as(template))
    assert_same(read_again(case, file, tmp_path), file)


def _address(case: Case, row: int, column: int) -> str:
    return address(column, row) if case.table.transposed else address(row, column)


def _cells_of(case: Case, file: MadeUpFile, key: str) -> Iterator[tuple[FigureKey, int, int]]:
    """Yield the figures of a column, each with the row and the column it stands in."""
    place = file.columns[key]
    cells = {(file.spot(row)[0], _address(case, file.spot(row)[1], place)): row for row in file.body_rows}
    yield from (
        (figure, cells[said.sheet, said.cell], place)
        for figure, said in file.expected.items()
        if (said.sheet, said.cell) in cells
    )


def _put(case: Case, file: MadeUpFile, key: str, texts: list[str]) -> dict[FigureKey, str]:
    """Write texts into cells of a column; return which figure each is now."""
    written = {}
    for text, (figure, row, place) in zip(texts, _cells_of(case, file, key), strict=False):
        file.rows[row][place] = text
        written[figure] = text
    return written


@each(negative)
def test_signs_of_negative_numbers(case: Case, tmp_path: Path) -> None:
    file = case.make()
    written = _put(case, file, str(negative(case)), ["△12", "▲12", "▲ 12", "-12", "−12", "△　12"])
    found = figures_of(read_again(case, file, tmp_path))
    for figure, text in written.items():
        value, status, raw_text = found[figure][:3]
        assert value is not None
        assert (value < 0, status, raw_text) == (True, "reported", text)


@each(lambda case: any(legend(case).values()))
def test_each_mark_of_the_legend_gives_its_status(case: Case, tmp_path: Path) -> None:
    file = case.make(marks=legend(case))
    assert_same(read_again(case, file, tmp_path), file)
    assert len({figure.status for figure in file.expected.values()}) > 1


@each(any_number)
def test_a_cell_that_is_no_number_is_not_guessed(case: Case, tmp_path: Path) -> None:
    file = case.make()
    written = _put(case, file, str(any_number(case)), ["**", "12.3.4", "1,23", "約", "12²"])
    reading = read_again(case, file, tmp_path)
    found = figures_of(reading)
    reported = {(defect.cell, defect.sheet) for defect in reading.defects if defect.rule == "not_a_number"}
    for figure, text in written.items():
        assert found[figure][:3] == (None, "parse_failed", text)
        assert found[figure][3:] in reported


# What stops a file.


@each(required)
def test_a_renamed_header_is_refused_with_its_cell_and_the_nearest_name(case: Case, tmp_path: Path) -> None:
    file = case.make()
    row, place = file.header_cell(str(required(case)))
    printed = str(file.rows[row][place])
    file.rows[row][place] = f"{printed}改"
    defects = errors(read_again(case, file, tmp_path))
    unknown = next(defect for defect in defects if defect.rule == "unknown_header")
    bottom = file.body_row - 1
    assert unknown.cell == _address(case, bottom, place)
    assert f"{printed}改" in str(unknown.found)
    assert unknown.expected_ja.split("「")[1].split("」")[0]
    assert any(defect.rule == "missing_header" for defect in defects)


@each(lambda case: not case.layout.block)
def test_an_unknown_column_is_refused_with_its_cell(case: Case, tmp_path: Path) -> None:
    file = case.make()
    width = len(file.rows[file.header_row])
    for number, row in enumerate(file.rows):
        row.extend([""] * (width - len(row)))
        row.append("知らない見出し" if file.header_row <= number < file.body_row else "")
    defect = assert_refused(read_again(case, file, tmp_path), "unknown_header")
    assert defect.cell == _address(case, file.body_row - 1, width)


@each(lambda case: required(case) and not case.layout.block)
def test_a_doubled_header_is_refused_with_both_cells(case: Case, tmp_path: Path) -> None:
    file = case.make()
    place, width = file.columns[str(required(case))], len(file.rows[file.header_row])
    levels = _levels(file, place)
    for number, row in enumerate(file.rows):
        row.extend([""] * (width - len(row)))
        row.append(levels.get(number, row[place]))
    defect = assert_refused(read_again(case, file, tmp_path), "duplicate_header")
    bottom = file.body_row - 1
    assert defect.cell == _address(case, bottom, width)
    assert _address(case, bottom, place) in defect.expected_ja


def _levels(file: MadeUpFile, place: int) -> dict[int, object]:
    """Return a column's header text in each header row, those of merged cells too."""
    levels = {row: file.rows[row][place] for row in range(file.header_row, file.body_row)}
    for top, left, bottom, right in file.merged:
        if left <= place <= right:
            levels |= dict.fromkeys(range(top, bottom + 1), file.rows[top][left])
    return levels


@each(required)
def test_a_missing_column_is_refused_by_name(case: Case, tmp_path: Path) -> None:
    file = case.make()
    place = file.columns[str(required(case))]
    file.merged = [spot for spot in file.merged if not spot[1] <= place <= spot[3]]
    for number in range(file.header_row, len(file.rows)):
        file.rows[number][place] = ""
    assert assert_refused(read_again(case, file, tmp_path), "missing_header").column


@each()
def test_a_blanked_row_is_noticed(case: Case, tmp_path: Path) -> None:
    file = case.make()
    middle = file.body_rows[len(file.body_rows) // 2]
    file.rows[middle] = [""] * len(file.rows[middle])
    reading = read_again(case, file, tmp_path)
    lost = {"body_missing", "form_row_missing", *(["not_a_number"] if case.layout.block == "row" else [])}
    assert reading.frame is None or errors(reading) or lost & {defect.rule for defect in reading.defects}


def _says_its_extent(case: Case) -> bool:
    """Return whether the description lets a reader know how far a whole file goes."""
    identity = case.table.identity
    tied = any(not tie.optional for tie in case.layout.ties) or any(
        rule.required for rule in case.layout.rows
    )
    return tied or bool(identity and identity.complete)


@each(_says_its_extent)
def test_a_file_cut_off_is_refused(case: Case, tmp_path: Path) -> None:
    file = case.make(notes=False)
    # Sheets are missed within a prefecture of which the file has others.
    del file.rows[file.forms[10].rows[0] if file.forms else file.body_rows[len(file.body_rows) // 3 + 1] :]
    assert_refused(read_again(case, file, tmp_path), "body_missing", "total_missing", "total_differs")


def _other_year(case: Case) -> int | None:
    """Return a year whose name contradicts what a file of this layout says itself; None if only its name says it."""
    period, years = case.table.period, [layout.since for layout in case.table.layouts]
    said = period.title or period.sheet or period.header or period.column
    return min(years) if period.file and said and min(years) != case.make().year else None


@each(_other_year)
def test_a_file_under_another_years_name_is_refused(case: Case, tmp_path: Path) -> None:
    file = case.make()
    other = make_file(case.table, case.table.layouts[0], AREAS, CATALOG, Shape(year=_other_year(case)))
    assert other.name != file.name
    assert_refused(case.read(file.write_xlsx(tmp_path), other.name), "period_contradicts")


@each()
def test_bytes_cut_off_are_refused(case: Case, tmp_path: Path) -> None:
    file = case.make()
    path = file.write_xlsx(tmp_path)
    path.write_bytes(path.read_bytes()[:-400])
    assert_refused(case.read(path, file.name), "unreadable_file")


@each()
def test_a_web_page_under_the_files_name_is_refused(case: Case, tmp_path: Path) -> None:
    path = tmp_path / "made_up.xlsx"
    path.write_text("<!DOCTYPE html><html><body>404</body></html>", encoding="utf-8")
    defect = assert_refused(case.read(path, case.make().name), "unreadable_file")
    assert "HTML" in defect.expected_ja


def test_what_cannot_be_made_up_is_said_only_where_it_is_true() -> None:
    for name in CANNOT:
        source_id, table = name.split(".")
        for place in range(len(CATALOG.sources[source_id].description.published[table].layouts)):
            with pytest.raises(CannotMakeError):
                Case(source_id, table, place).make()

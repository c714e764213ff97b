"""One file of a publisher from archived bytes to figures: layout, period, bodies, cells, sums."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import polars as pl

from pipelines.acquire.archive import Snapshot
from pipelines.catalog.corrections import Correction
from pipelines.catalog.loader import Catalog
from pipelines.catalog.models import Source
from pipelines.catalog.published import Identity, Layout, PublishedTable
from pipelines.contracts.bodies import Bodies, expected_bodies, match_bodies_by_day, refuse_without_list
from pipelines.contracts.corrected import apply_corrections
from pipelines.contracts.days import dates_of, days_of_bodies, unreadable_days
from pipelines.contracts.figures import Numbers, read_columns
from pipelines.contracts.legend import refuse_other_units, refuse_shares, unknown_marks
from pipelines.contracts.rows import (
    Labels,
    Refused,
    failed_cells,
    outside_limits,
    refuse_cut_off,
    refuse_lost_rows,
    repeats,
    row_checks,
    row_values,
    undescribed_rows,
    wrong_widths,
)
from pipelines.contracts.ties import check_ties
from pipelines.defects import Defect, RefusedFileError, unique
from pipelines.extract.body import ReadTable, read_body
from pipelines.extract.form import Stack, like_most, lost_rows, said_once, stacked
from pipelines.extract.header import read_header
from pipelines.extract.layout import layout_and_span, lost_columns
from pipelines.extract.period import Span, period_words
from pipelines.extract.reading import read_sheet, read_sheets
from pipelines.extract.sheet import (
    IncompleteFileError,
    NoPreviousSheetError,
    Sheet,
    UnreadableFileError,
    column_letters,
    swapped,
    transposed,
)
from pipelines.extract.table import ROW, Place
from pipelines.files import sha256_of
from pipelines.identity.match import AreaRegister
from pipelines.land.common import in_common_shape, no_figures
from pipelines.land.frame import FigureRows, figure_frame
from pipelines.land.source import damaged, unreadable

# A file of which more sheets than this cannot be read is another's.
_FILE_IS_WRONG = 0.1
_FIRST_SHOWN = 20


@dataclass
class FileReading:
    """What one file gave: figures (None when refused), what it describes, counts, and everything wrong with it.

    `stack` says where the cells of sheets that were read as one table stand.
    """

    frame: pl.DataFrame | None = None
    span: Span | None = None
    sheet: str | None = None
    bodies: int = 0
    unresolved: int = 0
    compared_sums: int = 0
    defects: list[Defect] = field(default_factory=list)
    stack: Stack | None = None

    @property
    def is_of_nothing(self) -> bool:
        """Return whether the file has nothing for the table, as a first edition has no year before."""
        return self.frame is not None and self.span is None


@contextmanager
def _collector_at_rest() -> Iterator[None]:
    """Hold the garbage collector: a file's million cells have no cycles, and going through them takes its time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


class PublishedReader:
    """Reads files of one table of one source; `register` knows the bodies of every day."""

    def __init__(self, source: Source, name: str, register: AreaRegister, catalog: Catalog) -> None:
        self._source = source
        self._catalog = catalog
        self._name = name
        self._table: PublishedTable = source.published[name]
        identity = self._table.identity
        self._register = register.holding(identity.types) if identity else register

    def read(self, path: Path, snapshot: Snapshot) -> FileReading:
        """Read one archived file; whatever is wrong is in the reading's defects, never an exception."""
        reading = FileReading()
        place = Place(self._source.source_id, self._name, snapshot)
        try:
            with _collector_at_rest():
                self._read(path, snapshot, place, reading)
        except NoPreviousSheetError:
            reading.frame = no_figures()
        except RefusedFileError as error:
            reading.frame = None
            reading.defects += [replace(defect, severity="error") for defect in error.defects]
        if self._table.transposed:
            _turn_back(reading)
        if reading.stack is not None:
            _unstack(reading, reading.stack)
        reading.defects = unique(reading.defects)
        return reading

    def _read(self, path: Path, snapshot: Snapshot, place: Place, reading: FileReading) -> None:
        sheets = self._sheets(path, snapshot, place)
        one = self._table.sheets == "first"
        read, span = self._one(sheets[0], place, reading) if one else self._each(sheets, place, reading)
        shifted = wrong_widths(read)
        identity = self._table.identity
        if identity is None:
            if shifted.defects:
                raise RefusedFileError(shifted.defects[:_FIRST_SHOWN])
            reading.frame = _reference_frame(read, span)
            return
        reading.defects += shifted.defects
        reading.defects += unknown_marks(sheets[0], self._table, read)
        bodies = self._bodies(read, identity, span, reading)
        numbers = self._numbers(read)
        refuse_shares(read, numbers)
        reading.defects += failed_cells(read, numbers)
        refused = self._refused(read, bodies, numbers, identity, reading)
        refused.rows |= shifted.rows
        figures = self._figures(read, bodies, numbers, span, refused)
        reading.frame, defects = apply_corrections(figures, self._corrections(span), read.place)
        reading.defects += defects

    def _one(self, sheet: Sheet, place: Place, reading: FileReading) -> tuple[ReadTable, Span]:
        """Return the rows of one sheet and their period, noting what the sheet is in the reading."""
        reading.sheet = sheet.name
        place = replace(place, sheet=sheet.name)
        layout, reading.span = layout_and_span(sheet, self._table, place)
        return self._rows(sheet, layout, reading.span, place), reading.span

    def _each(self, sheets: list[Sheet], place: Place, reading: FileReading) -> tuple[ReadTable, Span]:
        """Return the rows of all sheets as one table; a sheet that cannot be read is a defect, too many refuse the file."""
        forms, defects, refused = [], [], 0
        for sheet in sheets:
            try:
                forms.append(self._one(sheet, place, reading))
            except RefusedFileError as error:
                defects += error.defects
                refused += 1
        _refuse_too_many(refused, len(sheets), defects)
        reads, reading.span, others = like_most(forms)
        reading.defects += [*defects, *others, *(defect for read in reads for defect in lost_rows(read))]
        _refuse_too_many(refused + len(others), len(sheets), [*defects, *others])
        read, reading.stack = stacked(reads)
        reading.sheet = read.place.sheet
        return read, reading.span

    def _sheets(self, path: Path, snapshot: Snapshot, place: Place) -> list[Sheet]:
        if sha256_of(path) != snapshot.snapshot_sha256:
            raise RefusedFileError([damaged(place)])
        patterns = list(
            dict.fromkeys(name for layout in reversed(self._table.layouts) for name in layout.sheet)
        )
        try:
            member = self._table.member_of(snapshot.file_name)
            if self._table.sheets == "each":
                return read_sheets(path, snapshot.file_name, patterns, member)
            sheet = read_sheet(path, snapshot.file_name, patterns, member)
            return [transposed(sheet) if self._table.transposed else sheet]
        except IncompleteFileError as error:
            raise RefusedFileError([_incomplete(place, error)]) from error
        except UnreadableFileError as error:
            raise RefusedFileError([unreadable(place, error)]) from error

    def _rows(self, sheet: Sheet, layout: Layout, span: Span, place: Place) -> ReadTable:
        """Return the described columns of the rows of a sheet."""
        header, defects = read_header(sheet, layout, period_words(span), place)
        if header is None:
            raise RefusedFileError(defects)
        if lost := lost_columns(layout, header, span, place):
            raise RefusedFileError(lost)
        body, defects = read_body(sheet, layout, header, _keys(self._table.identity), place)
        if defects:
            raise RefusedFileError(defects)
        once, defects = said_once(sheet, layout, header, place)
        if defects:
            raise RefusedFileError(defects)
        same: dict[str, list[object]] = {key: [text] * len(body.rows) for key, text in once.items()}
        read = ReadTable(layout, header, replace(body, columns={**body.columns, **same}), place)
        refuse_lost_rows(read)
        if self._table.identity is not None:
            refuse_other_units(sheet, read)
        return read

    def _bodies(self, read: ReadTable, identity: Identity, span: Span, reading: FileReading) -> Bodies:
        """Return the body of each row, and note in the reading which rows name none."""
        days = days_of_bodies(span, identity, read.layout, read.body)
        refuse_without_list(identity, self._register.on(span.day), read.place)
        bodies, by_day = match_bodies_by_day(
            identity, self._register, read.body, read.header, repeats(read), days, read.place
        )
        defects = [defect for found in by_day.values() for defect in found]
        if reading.stack is not None:
            defects = reading.stack.once_a_sheet(defects)
            _refuse_sheets(bodies, defects, read, reading.stack)
        reading.bodies = bodies.matched
        reading.unresolved = sum(defect.row is not None and defect.severity == "error" for defect in defects)
        reading.defects += defects
        for day, found in by_day.items():
            expected = expected_bodies(identity, self._register.on(day), bodies.codes)
            refuse_cut_off(found, expected, by_last=reading.stack is None)
        return bodies

    def _numbers(self, read: ReadTable) -> dict[str, Numbers]:
        columns = read.layout.columns
        counted = [
            key for key, column in columns.items() if column.type == "number" and key in read.header.positions
        ]
        return read_columns({key: read.body.columns[key] for key in counted}, columns, self._table.marks)

    def _refused(
        self, read: ReadTable, bodies: Bodies, numbers: dict[str, Numbers], identity: Identity, reading: FileReading
    ) -> Refused:  # fmt: skip
        """Return the rows and cells that break a rule, and note in the reading what is wrong and how many sums tie."""
        values, labels = row_values(read, bodies, numbers), Labels(read, _keys(identity))
        reading.defects += undescribed_rows(read)
        reading.defects += unreadable_days(read)
        refused = row_checks(read, values, labels)
        reading.defects += refused.defects
        ties = check_ties(values, read.layout, read.place, labels.of)
        reading.compared_sums = ties.compared
        if ties.file_is_wrong:
            raise RefusedFileError(ties.defects)
        reading.defects += ties.defects
        outside = outside_limits(read, numbers)
        reading.defects += outside.defects
        return Refused(refused.rows, refused.cells | outside.cells)

    def _figures(
        self, read: ReadTable, bodies: Bodies, numbers: dict[str, Numbers], span: Span, refused: Refused
    ) -> pl.DataFrame:
        layout, body, table = read.layout, read.body, self._table
        rows = FigureRows(
            codes=bodies.codes,
            numbers=[row + 1 for row in body.rows],
            scopes=[scope or table.body_scope for scope in body.scopes],
            texts={name: body.plain_texts(name) for name in layout.condition_columns()},
            days={key: dates_of(key, layout, body) for key in layout.day_columns()},
            values=numbers,
            refused=refused.rows,
            outside=refused.cells,
            notes=read.body.texts(layout.note) if layout.note else None,
        )
        letters = {key: column_letters(read.header.positions[key]) for key in numbers}
        units = {item_id: item.unit for item_id, item in self._catalog.items.items()}
        figures = figure_frame(layout, rows, numbers, letters, units, span)
        if figures is None:
            return no_figures()
        status = layout.observation_status or table.observation_status
        return in_common_shape(figures, rows, self._source, table, span, status, read.place)

    def _corrections(self, span: Span) -> list[Correction]:
        described = self._catalog.sources[self._source.source_id].corrections
        return [entry for entry in described if (entry.table, entry.period) == (self._name, span.label)]


def _keys(identity: Identity | None) -> list[str]:
    """Return the columns by which a row names its body."""
    keys = (identity.code, identity.prefecture, identity.name) if identity else ()
    return [key for key in keys if key]


def _refuse_too_many(refused: int, sheets: int, defects: list[Defect]) -> None:
    """Raise RefusedFileError when so many sheets cannot be read that the file is another's."""
    if refused == sheets or refused > max(1, sheets * _FILE_IS_WRONG):
        raise RefusedFileError(defects[:_FIRST_SHOWN])


def _refuse_sheets(bodies: Bodies, defects: list[Defect], read: ReadTable, stack: Stack) -> None:
    """Take no row of a sheet of which any names no body; too many such sheets refuse the file."""
    wrong = [defect for defect in defects if defect.row is not None and defect.severity == "error"]
    refused = {stack.sheet_of(defect.row) for defect in wrong if defect.row is not None}
    for place, row in enumerate(read.body.rows):
        if stack.sheet_of(row + 1) in refused:
            bodies.codes[place] = bodies.types[place] = bodies.prefectures[place] = None
    nameless = [defect for defect in wrong if defect.rule != "duplicate_area"]
    _refuse_too_many(len(nameless), len(stack.names), nameless)


def _unstack(reading: FileReading, stack: Stack) -> None:
    """Give the cells of sheets that were read as one table the places they have in the file."""
    if reading.frame is not None:
        reading.frame = stack.figures(reading.frame)
    reading.defects = [stack.defect(defect) for defect in reading.defects]


def _incomplete(place: Place, error: IncompleteFileError) -> Defect:
    return place.defect(
        "incomplete_answer", str(error),
        "表の一部だけです。すべてのページを一つの .tar.gz にまとめてください",
        "This is a part of the table only: put all pages into one .tar.gz",
    )  # fmt: skip


def _turn_back(reading: FileReading) -> None:
    """Give the cells of a sheet that was read on its side the addresses they have in the file."""
    if reading.frame is not None and "cell" in reading.frame.columns:
        cells = {cell: swapped(cell) for cell in reading.frame["cell"].unique()}
        reading.frame = reading.frame.with_columns(pl.col("cell").replace(cells))
    reading.defects = [_turned(defect) for defect in reading.defects]


def _turned(defect: Defect) -> Defect:
    """Return a defect of a sheet on its side with the row and the column's letters of the file."""
    cell = swapped(defect.cell or "")
    letters = cell.rstrip("0123456789")
    if not letters.isalpha():
        return defect
    return replace(defect, cell=cell, row=int(cell.removeprefix(letters)), column=letters)


def _reference_frame(read: ReadTable, span: Span) -> pl.DataFrame:
    """Return the texts of a reference table with its day and each row's number in the file."""
    body = read.body
    columns = {
        key: pl.Series([text.strip() or None for text in body.texts(key)], dtype=pl.String)
        if key in body.columns
        else pl.Series([None] * len(body.rows), dtype=pl.String)
        for key in read.layout.columns
    }
    return pl.DataFrame(
        {ROW: pl.Series([row + 1 for row in body.rows], dtype=pl.Int64), **columns}
    ).with_columns(
        as_of=pl.lit(span.day, pl.Date), snapshot_sha256=pl.lit(read.place.snapshot.snapshot_sha256)
    )

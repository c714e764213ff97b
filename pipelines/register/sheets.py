"""The sheets of a register row by row: a register of half a million lines never stands in memory as cells."""

from __future__ import annotations

import codecs
import csv
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.extract.sheet import WORKBOOKS, UnreadableFileError

if TYPE_CHECKING:
    from python_calamine import CalamineSheet, CalamineWorkbook

MAX_LINES = 1_048_576
_MOST_UNPACKED = 4 * 1024**3
_PIECE = 1 << 20
_LONGEST_CELL = 1 << 20
_LINES_OF_START = 20
_LONGEST_MERGE = 100_000


@dataclass
class RowStream:
    """One sheet: its name and its rows from row 1 of the file, each a list of cells that begins in column A.

    `merged` are the cells merged downwards: for each row below the first and each column, both counted from 0, that first row.
    In a `delimited` sheet a row has as many cells as its header.
    """

    name: str
    rows: Iterator[list[object]]
    merged: dict[int, dict[int, int]] = field(default_factory=dict)
    delimited: bool = False

    def take(self, count: int) -> list[list[object]]:
        """Return the next rows."""
        return list(islice(self.rows, count))


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        with path.open("rb") as stream:
            while piece := stream.read(_PIECE):
                if b"\x00" in piece and encoding != "utf-16":
                    return False
                decoder.decode(piece)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _encoding_of(path: Path) -> str:
    with path.open("rb") as stream:
        start = stream.read(2)
    candidates = (
        ("utf-16",) if start in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else ("utf-8-sig", "cp932")
    )
    found = next((encoding for encoding in candidates if _decodes(path, encoding)), None)
    if found is None:
        raise UnreadableFileError("CSV (UTF-8 / CP932)")
    return found


def _csv_rows(stream: Iterator[str], delimiter: str) -> Iterator[list[object]]:
    try:
        for row in csv.reader(stream, delimiter=delimiter, strict=True):
            yield list(row)
    except csv.Error as error:
        raise UnreadableFileError(f"CSV ({error})") from error


@contextmanager
def _csv(path: Path, name: str) -> Iterator[list[RowStream]]:
    csv.field_size_limit(_LONGEST_CELL)
    encoding = _encoding_of(path)
    with path.open(encoding=encoding, newline="") as stream:
        start = "".join(islice(stream, _LINES_OF_START))
    delimiter = "\t" if start.count("\t") > start.count(",") else ","
    with path.open(encoding=encoding, newline="") as stream:
        yield [RowStream(name, _csv_rows(stream, delimiter), delimited=True)]


def _refuse_bomb(path: Path) -> None:
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > _MOST_UNPACKED:
                raise UnreadableFileError(f"Excel (<= {_MOST_UNPACKED} bytes)")


@contextmanager
def _workbook(path: Path) -> Iterator[list[RowStream]]:
    from python_calamine import CalamineError, CalamineWorkbook

    _refuse_bomb(path)
    try:
        with path.open("rb") as stream:
            workbook = CalamineWorkbook.from_filelike(stream)
            yield [_sheet(workbook, name) for name in workbook.sheet_names]
    except (CalamineError, zipfile.BadZipFile) as error:
        raise UnreadableFileError(f"Excel ({error})") from error


def _sheet(workbook: CalamineWorkbook, name: str) -> RowStream:
    sheet = workbook.get_sheet_by_name(name)
    merged: dict[int, dict[int, int]] = {}
    for (first, column), (last, _) in sheet.merged_cell_ranges or []:
        for row in range(first + 1, min(last, first + _LONGEST_MERGE) + 1):
            merged.setdefault(row, {})[column] = first
    return RowStream(name, _sheet_rows(sheet), merged)


def _sheet_rows(sheet: CalamineSheet) -> Iterator[list[object]]:
    # The library leaves blank leading columns out of its rows, though not blank leading rows.
    blank = [""] * (sheet.start[1] if sheet.start else 0)
    for row in sheet.iter_rows():
        yield [*blank, *row]


@contextmanager
def open_rows(path: Path, file_name: str) -> Iterator[list[RowStream]]:
    """Give the sheets of a CSV file or workbook; raise UnreadableFileError for bytes that are neither."""
    opened = _workbook(path) if file_name.lower().endswith(WORKBOOKS) else _csv(path, file_name)
    with opened as streams:
        yield streams

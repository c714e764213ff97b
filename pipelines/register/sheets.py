"""The sheets of a register row by row: a register of half a million lines never stands in memory as cells."""

from __future__ import annotations

import codecs
import csv
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from pipelines.extract.sheet import WORKBOOKS, UnreadableFileError

MAX_LINES = 1_048_576
_MOST_UNPACKED = 4 * 1024**3
_PIECE = 1 << 20
_LONGEST_CELL = 1 << 20


@dataclass
class RowStream:
    """One sheet: its name and its rows from row 1 of the file, each a list of cells that begins in column A."""

    name: str
    rows: Iterator[list[object]]

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


def _csv_rows(stream: Iterator[str]) -> Iterator[list[object]]:
    try:
        for row in csv.reader(stream, strict=True):
            yield list(row)
    except csv.Error as error:
        raise UnreadableFileError(f"CSV ({error})") from error


@contextmanager
def _csv(path: Path, name: str) -> Iterator[list[RowStream]]:
    csv.field_size_limit(_LONGEST_CELL)
    with path.open(encoding=_encoding_of(path), newline="") as stream:
        yield [RowStream(name, _csv_rows(stream))]


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
            yield [RowStream(name, _sheet_rows(workbook, name)) for name in workbook.sheet_names]
    except (CalamineError, zipfile.BadZipFile) as error:
        raise UnreadableFileError(f"Excel ({error})") from error


def _sheet_rows(workbook: object, name: str) -> Iterator[list[object]]:
    sheet = workbook.get_sheet_by_name(name)  # type: ignore[attr-defined]
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

"""A file as a grid of texts: CSV in UTF-8 or CP932, and sheets of .xls/.xlsx by python-calamine."""

from __future__ import annotations

import csv
import fnmatch
import io
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path

from pipelines.normalize.text import normalise_width

MAX_ROWS = 1_048_576


class UnreadableFileError(ValueError):
    """The bytes are not what the file's name promises."""


@dataclass(frozen=True)
class Grid:
    """Rows of texts at their true positions: `rows[0]` is row 1 of the file."""

    sheet: str
    rows: list[list[str]]


def decode(data: bytes) -> str:
    """Return CSV text from UTF-8 (with or without BOM) or CP932 bytes; anything else is an error."""
    for encoding in ("utf-8-sig", "cp932"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise UnreadableFileError("UTF-8 / CP932")


def _csv_grid(data: bytes, name: str) -> Grid:
    if b"\x00" in data:
        raise UnreadableFileError("CSV")
    text = decode(data)
    if text.lstrip()[:15].lower().startswith(("<!doctype", "<html")):
        raise UnreadableFileError("CSV (HTML)")
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        raise UnreadableFileError(f"CSV ({error})") from error
    return Grid(name, rows)


def _text(value: object) -> str:
    """Return the exact text of a typed cell: whole floats without `.0`, dates in ISO form."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime | date | time | timedelta):
        return value.isoformat() if not isinstance(value, timedelta) else str(value)
    return str(value)


def _sheet_key(name: str) -> str:
    """Return a sheet's name or pattern as it is compared: a final `*` is a wildcard here, no footnote mark."""
    return "".join(normalise_width(name).split())


def _workbook_grid(path: Path, sheet_pattern: str | None) -> Grid:
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        workbook = CalamineWorkbook.from_path(str(path))
        wanted = [
            name
            for name in workbook.sheet_names
            if sheet_pattern is None or fnmatch.fnmatchcase(_sheet_key(name), _sheet_key(sheet_pattern))
        ]
        if not wanted:
            raise UnreadableFileError(f"{sheet_pattern} ∉ {workbook.sheet_names}")
        values = workbook.get_sheet_by_name(wanted[0]).to_python(skip_empty_area=False)
    except CalamineError as error:
        raise UnreadableFileError(f"Excel ({error})") from error
    return Grid(wanted[0], [[_text(value) for value in row] for row in values])


def read_grid(path: Path, file_name: str, sheet_pattern: str | None = None) -> Grid:
    """Read archived bytes by the name they came under; raise UnreadableFileError with what was expected."""
    if file_name.lower().endswith((".xls", ".xlsx", ".xlsm")):
        grid = _workbook_grid(path, sheet_pattern)
    else:
        grid = _csv_grid(path.read_bytes(), file_name)
    if len(grid.rows) > MAX_ROWS:
        raise UnreadableFileError(f"<= {MAX_ROWS} rows")
    return grid

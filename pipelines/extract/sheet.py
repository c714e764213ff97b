"""A publisher's file as a sheet of typed cells at their true positions, with its merged ranges."""

from __future__ import annotations

import csv
import fnmatch
import io
import re
from dataclasses import dataclass, field
from datetime import date, datetime, time
from itertools import zip_longest
from pathlib import Path

from pipelines.normalize.japanese_dates import YEAR_PATTERN, year_of
from pipelines.normalize.text import normalise_width

_ADDRESS = re.compile(r"(?P<column>[A-Z]+)(?P<row>[0-9]+)")

MAX_ROWS = 1_048_576
WORKBOOKS = (".xls", ".xlsx", ".xlsm")
ARCHIVES = (".zip", ".tar.gz")

# A merged range: its first and last cell as (row, column), counted from 0, both included.
MergedRange = tuple[tuple[int, int], tuple[int, int]]


class UnreadableFileError(ValueError):
    """The bytes are not what the file's name promises; the text says what was expected and found."""


class IncompleteFileError(UnreadableFileError):
    """A file holds a part of a table only; the text says how much of how much."""


@dataclass(frozen=True)
class Sheet:
    """Cells as the file holds them (text, number, date, '' for blank): `rows[0]` is row 1 of the file.

    `marks` are those of which the file itself says what they mean.
    """

    name: str
    rows: list[list[object]]
    merged: list[MergedRange] = field(default_factory=list)
    marks: dict[str, str] = field(default_factory=dict)


def column_letters(index: int) -> str:
    """Return a column's letters: 0 is A, 26 is AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def address(row: int, column: int) -> str:
    """Return a cell's address such as `C5` from positions counted from 0."""
    return f"{column_letters(column)}{row + 1}"


def transposed(sheet: Sheet) -> Sheet:
    """Return a sheet on its side: its columns as rows; a blank corner is headed `$body`."""
    merged = [((left, top), (right, bottom)) for (top, left), (bottom, right) in sheet.merged]
    rows = [list(cells) for cells in zip_longest(*sheet.rows, fillvalue="")]
    if rows and rows[0] and rows[0][0] == "":
        rows[0][0] = "$body"
    return Sheet(sheet.name, rows, merged)


def swapped(cell: str) -> str:
    """Return the address that a cell of a sheet on its side has in the file: `C5` is E3."""
    match = _ADDRESS.fullmatch(cell)
    if match is None:
        return cell
    column = 0
    for letter in match["column"]:
        column = column * 26 + ord(letter) - 64
    return address(column - 1, int(match["row"]) - 1)


def cell_text(value: object) -> str:
    """Return the exact text of a typed cell: whole floats without `.0`, dates in ISO form."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        midnight = value.time() == time()
        return value.date().isoformat() if midnight else value.isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value)


_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


def decode(data: bytes) -> str:
    """Return CSV text from UTF-8 (with or without BOM), CP932 or marked UTF-16 bytes; anything else is an error."""
    # Only its mark tells UTF-16 from other bytes; without it every even number of bytes is some UTF-16.
    for encoding in ("utf-16",) if data.startswith(_UTF16_MARKS) else ("utf-8-sig", "cp932"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise UnreadableFileError("UTF-8 / CP932")


def _looks_like_html(data: bytes) -> bool:
    start = data.removeprefix(b"\xef\xbb\xbf").lstrip()[:20].lower()
    return start.startswith((b"<!doctype", b"<html"))


def _csv_sheet(data: bytes, name: str) -> Sheet:
    if _looks_like_html(data):
        raise UnreadableFileError("CSV (HTML)")
    if b"\x00" in data and not data.startswith(_UTF16_MARKS):
        raise UnreadableFileError("CSV")
    text = decode(data)
    if "\x00" in text:
        raise UnreadableFileError("CSV")
    try:
        rows: list[list[object]] = [
            list(row) for row in csv.reader(io.StringIO(text, newline=""), strict=True)
        ]
    except csv.Error as error:
        raise UnreadableFileError(f"CSV ({error})") from error
    return Sheet(name, rows)


def sheet_key(name: str) -> str:
    """Return a sheet's name or pattern as it is compared: NFKC, no white space."""
    return "".join(normalise_width(name).split())


def _year_in(name: str) -> int:
    match = re.search(YEAR_PATTERN, sheet_key(name))
    return year_of(match) if match else 0


def matching_sheet(names: list[str], patterns: list[str]) -> str | None:
    """Return the first name that the first pattern names which names any."""
    for pattern in patterns:
        rank, _, bare = sheet_key(pattern).rpartition(":")
        found = [name for name in names if fnmatch.fnmatchcase(sheet_key(name), bare)]
        if rank:
            latest = max(map(_year_in, found), default=0)
            found = [name for name in found if _year_in(name) == latest - (rank == "previous")]
        if found:
            return found[0]
    return None


def _workbook_sheet(data: bytes, patterns: list[str]) -> Sheet:
    from python_calamine import CalamineError, CalamineWorkbook

    if _looks_like_html(data[:400]):
        raise UnreadableFileError("Excel (HTML)")
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(data))
        name = matching_sheet(workbook.sheet_names, patterns)
        if name is None:
            raise UnreadableFileError(f"{' / '.join(patterns)} ∉ {workbook.sheet_names}")
        sheet = workbook.get_sheet_by_name(name)
        return Sheet(name, sheet.to_python(skip_empty_area=False), list(sheet.merged_cell_ranges or []))
    except CalamineError as error:
        raise UnreadableFileError(f"Excel ({error})") from error


def _archive_sheet(data: bytes, file_name: str, patterns: list[str], member: str) -> Sheet:
    from pipelines.acquire.content import UnexpectedContentError, ZipMemberError, open_zip_member
    from pipelines.extract.json_sheet import read_json_archive

    if not file_name.lower().endswith(".zip"):
        return read_json_archive(data, member, patterns)
    try:
        name, content = open_zip_member(data, rf"(?:^|/)(?:{fnmatch.translate(member)})")
    except (UnexpectedContentError, ZipMemberError) as error:
        raise UnreadableFileError(str(error)) from error
    return _read(content, name, patterns)


def _read(data: bytes, file_name: str, patterns: list[str]) -> Sheet:
    if file_name.lower().endswith(WORKBOOKS):
        return _workbook_sheet(data, patterns)
    if file_name.lower().endswith(".json"):
        from pipelines.extract.json_sheet import read_json_sheet

        return read_json_sheet(data, patterns)
    return _csv_sheet(data, file_name)


def read_sheet(
    path: Path, file_name: str, patterns: list[str] | None = None, member: str | None = None
) -> Sheet:
    """Read the first sheet that matches a pattern, or a CSV file; raise UnreadableFileError for all else.

    `member` names the file to read within a `.zip` (one file) or a `.tar.gz` (JSON files), such as `R05*.xlsx`.
    """
    data, wanted = path.read_bytes(), patterns or ["*"]
    if file_name.lower().endswith(ARCHIVES):
        sheet = _archive_sheet(data, file_name, wanted, member or "*")
    else:
        sheet = _read(data, file_name, wanted)
    if len(sheet.rows) > MAX_ROWS:
        raise UnreadableFileError(f"<= {MAX_ROWS} rows")
    return sheet

"""A publisher's file as a sheet of typed cells at their true positions, with its merged ranges."""

from __future__ import annotations

import fnmatch
import re
from dataclasses import dataclass, field
from datetime import date, datetime, time
from itertools import zip_longest

from pipelines.normalize.japanese_dates import YEAR_PATTERN, DateExpressionError, year_of
from pipelines.normalize.text import normalise_width

_ADDRESS = re.compile(r"(?P<column>[A-Z]+)(?P<row>[0-9]+)")

WORKBOOKS = (".xls", ".xlsx", ".xlsm")

# A merged range: its first and last cell as (row, column), counted from 0, both included.
MergedRange = tuple[tuple[int, int], tuple[int, int]]


class UnreadableFileError(ValueError):
    """The bytes are not what the file's name promises; the text says what was expected and found."""


class IncompleteFileError(UnreadableFileError):
    """A file holds a part of a table only; the text says how much of how much."""


class NoPreviousSheetError(ValueError):
    """A workbook has a sheet of the newest year and none of the year before: there is nothing to read."""


@dataclass(frozen=True)
class Sheet:
    """Cells as the file holds them (text, number, date, '' for blank): `rows[0]` is row 1 of the file.

    `marks` are those of which the file itself says what they mean. Where it `is_delimited`, a row has as many cells as its
    line has fields, so that one too many or too few shifts the others.
    """

    name: str
    rows: list[list[object]]
    merged: list[MergedRange] = field(default_factory=list)
    marks: dict[str, str] = field(default_factory=dict)
    is_delimited: bool = False


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


def sheet_key(name: str) -> str:
    """Return a sheet's name or pattern as it is compared: NFKC, no white space."""
    return "".join(normalise_width(name).split())


def _year_in(name: str) -> int:
    match = re.search(YEAR_PATTERN, sheet_key(name))
    try:
        return year_of(match) if match else 0
    except DateExpressionError:
        return 0


def matching_sheet(names: list[str], patterns: list[str]) -> str | None:
    """Return the first name that the first pattern names which names any.

    Raises NoPreviousSheetError when only the year before is asked for and there are sheets of the newest year alone.
    """
    newest = 0
    for pattern in patterns:
        rank, _, bare = sheet_key(pattern).rpartition(":")
        found = [name for name in names if fnmatch.fnmatchcase(sheet_key(name), bare)]
        if rank:
            latest = max(map(_year_in, found), default=0)
            newest = max(newest, latest)
            found = [name for name in found if _year_in(name) == latest - (rank == "previous")]
        if found:
            return found[0]
    if newest:
        raise NoPreviousSheetError(f"{' / '.join(patterns)} ∉ {names}")
    return None


def matching_sheets(names: list[str], patterns: list[str]) -> list[str]:
    """Return every name that any of the patterns names, in the order of the file."""
    keys = [sheet_key(pattern) for pattern in patterns]
    return [name for name in names if any(fnmatch.fnmatchcase(sheet_key(name), key) for key in keys)]

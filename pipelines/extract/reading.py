"""A publisher's file opened as a sheet: workbooks, CSV in its encodings, JSON, pages, and files inside archives."""

from __future__ import annotations

import csv
import fnmatch
import io
from pathlib import Path

from pipelines.acquire.content import PAGES, UnexpectedContentError, ZipMemberError, open_zip_member
from pipelines.extract.html_sheet import read_html_sheets
from pipelines.extract.json_sheet import read_json_archive, read_json_sheet
from pipelines.extract.sheet import WORKBOOKS, Sheet, UnreadableFileError, matching_sheet, matching_sheets

MAX_ROWS = 1_048_576
ARCHIVES = (".zip", ".tar.gz")
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
    return Sheet(name, rows, is_delimited=True)


def _workbook_sheets(data: bytes, patterns: list[str], every: bool) -> list[Sheet]:
    from python_calamine import CalamineError, CalamineWorkbook

    if _looks_like_html(data[:400]):
        raise UnreadableFileError("Excel (HTML)")
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(data))
        first = matching_sheet(workbook.sheet_names, patterns)
        if first is None:
            raise UnreadableFileError(f"{' / '.join(patterns)} ∉ {workbook.sheet_names}")
        names = matching_sheets(workbook.sheet_names, patterns) if every else [first]
        found = [workbook.get_sheet_by_name(name) for name in names]
        return [
            Sheet(sheet.name, sheet.to_python(skip_empty_area=False), list(sheet.merged_cell_ranges or []))
            for sheet in found
        ]
    except CalamineError as error:
        raise UnreadableFileError(f"Excel ({error})") from error


def _archive_sheets(
    data: bytes, file_name: str, patterns: list[str], member: str, every: bool
) -> list[Sheet]:
    if not file_name.lower().endswith(".zip"):
        return [read_json_archive(data, member, patterns)]
    try:
        name, content = open_zip_member(data, rf"(?:^|/)(?:{fnmatch.translate(member)})")
    except (UnexpectedContentError, ZipMemberError) as error:
        raise UnreadableFileError(str(error)) from error
    return _read(content, name, patterns, every)


def _read(data: bytes, file_name: str, patterns: list[str], every: bool) -> list[Sheet]:
    if file_name.lower().endswith(WORKBOOKS):
        return _workbook_sheets(data, patterns, every)
    if file_name.lower().endswith(".json"):
        return [read_json_sheet(data, patterns)]
    if file_name.lower().endswith(PAGES):
        return read_html_sheets(data, patterns, every=every)
    return [_csv_sheet(data, file_name)]


def read_sheet(
    path: Path, file_name: str, patterns: list[str] | None = None, member: str | None = None
) -> Sheet:
    """Read the first sheet that matches a pattern, or a CSV file; raise UnreadableFileError for all else.

    `member` names the file to read within a `.zip` (one file) or a `.tar.gz` (JSON files), such as `R05*.xlsx`.
    """
    return _sheets(path, file_name, patterns or ["*"], member, every=False)[0]


def read_sheets(path: Path, file_name: str, patterns: list[str], member: str | None = None) -> list[Sheet]:
    """Read every sheet of a workbook that matches any of the patterns, as `read_sheet` does."""
    return _sheets(path, file_name, patterns, member, every=True)


def _sheets(
    path: Path, file_name: str, patterns: list[str], member: str | None, *, every: bool
) -> list[Sheet]:
    data = path.read_bytes()
    if file_name.lower().endswith(ARCHIVES):
        sheets = _archive_sheets(data, file_name, patterns, member or "*", every)
    else:
        sheets = _read(data, file_name, patterns, every)
    if any(len(sheet.rows) > MAX_ROWS for sheet in sheets):
        raise UnreadableFileError(f"<= {MAX_ROWS} rows")
    return sheets

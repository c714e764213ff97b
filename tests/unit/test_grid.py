"""Files as grids of texts: encodings, refusals, workbooks."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest

from pipelines.extract.grid import read_grid
from pipelines.extract.sheet import UnreadableFileError

ROWS = [["団体コード", "団体名", "値"], ["010006", "北海道", "1.5"], ["020001", "青森県", ""]]
TEXT = "\r\n".join(",".join(row) for row in ROWS) + "\r\n"


def written(folder: Path, data: bytes) -> Path:
    path = folder / "bytes"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932", "utf-16"])
def test_csv_reads_the_same_in_every_encoding(tmp_path: Path, encoding: str) -> None:
    grid = read_grid(written(tmp_path, TEXT.encode(encoding)), "a.csv")
    assert grid.rows == ROWS
    assert grid.sheet == "a.csv"


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_line_ends_of_every_system_are_read(tmp_path: Path, ending: str) -> None:
    assert read_grid(written(tmp_path, TEXT.replace("\r\n", ending).encode()), "a.csv").rows == ROWS


def test_line_break_and_comma_inside_quotes_stay_in_the_cell(tmp_path: Path) -> None:
    grid = read_grid(written(tmp_path, b'a,b\n"1,\n2","say ""x"""\n'), "a.csv")
    assert grid.rows == [["a", "b"], ["1,\n2", 'say "x"']]


def test_empty_lines_keep_their_positions(tmp_path: Path) -> None:
    assert read_grid(written(tmp_path, b"\n\na\n"), "a.csv").rows == [[], [], ["a"]]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\xff\xfe\xfd\x81\x20", "UTF-8 / CP932"),
        (TEXT.encode("utf-16-le"), "CSV"),
        (b"a,b\n1,\x002\n", "CSV"),
        (b"a,b\n" + b"1,2\n" * 2000 + b"1,\x002\n", "CSV"),
        (b"<!DOCTYPE html><html><body>404</body></html>", "HTML"),
        (b"\n  <html><table></table></html>", "HTML"),
        ("\ufeff<HTML>".encode(), "HTML"),
        (b'a,b\n1,"2\n3,4\n', "CSV"),
        (b'a,b\n1,"2"x\n', "CSV"),
    ],
)
def test_bytes_that_are_no_csv_are_refused(tmp_path: Path, data: bytes, reason: str) -> None:
    with pytest.raises(UnreadableFileError, match=reason):
        read_grid(written(tmp_path, data), "a.csv")


@pytest.mark.parametrize("name", ["a.xlsx", "a.XLS", "a.xlsm"])
@pytest.mark.parametrize("data", [b"", b"a,b\n1,2\n", b"PK\x03\x04 cut off"])
def test_bytes_that_are_no_workbook_are_refused(tmp_path: Path, name: str, data: bytes) -> None:
    with pytest.raises(UnreadableFileError, match="Excel"):
        read_grid(written(tmp_path, data), name)


def test_file_with_more_rows_than_a_sheet_holds_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError, match="rows"):
        read_grid(written(tmp_path, b"\n" * 1_048_577), "a.csv")


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    book = openpyxl.Workbook()
    first = book.active
    first.title = "表紙"
    first["A1"] = "表紙だけ"
    sheet = book.create_sheet("指標 一覧（Ｒ５）")
    sheet["B4"] = "団体コード"
    sheet["C4"] = "値"
    sheet["B5"] = "010006"
    sheet["C5"] = 57.6
    sheet["B7"] = 20001
    sheet["C7"] = 60.0
    sheet["D7"] = True
    sheet["E7"] = date(2018, 3, 31)
    sheet["F7"] = datetime(2018, 3, 31, 9, 30)
    path = tmp_path / "bytes"
    book.save(path)
    return path


def test_workbook_keeps_the_positions_of_rows_and_columns(workbook: Path) -> None:
    rows = read_grid(workbook, "a.xlsx", "指標一覧*").rows
    assert len(rows) == 7
    assert [any(row) for row in rows] == [False, False, False, True, True, False, True]
    assert rows[3][:3] == ["", "団体コード", "値"]
    assert rows[4][:3] == ["", "010006", "57.6"]


def test_typed_cells_become_exact_texts(workbook: Path) -> None:
    assert read_grid(workbook, "a.xlsx", "指標一覧*").rows[6] == [
        "", "20001", "60", "TRUE", "2018-03-31", "2018-03-31T09:30:00",
    ]  # fmt: skip


def test_sheet_is_found_whatever_its_width_and_spaces(workbook: Path) -> None:
    assert read_grid(workbook, "a.xlsx", "指標一覧(R5)").sheet == "指標 一覧（Ｒ５）"


def test_without_a_pattern_the_first_sheet_is_read(workbook: Path) -> None:
    assert read_grid(workbook, "a.xlsx").rows == [["表紙だけ"]]


def test_missing_sheet_is_refused_with_the_sheets_there_are(workbook: Path) -> None:
    with pytest.raises(UnreadableFileError, match=r"決算.*表紙"):
        read_grid(workbook, "a.xlsx", "決算")

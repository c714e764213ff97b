"""Files for spreadsheets: Japanese whole, codes with their zeros, no text that becomes a formula, nothing cut."""

from __future__ import annotations

import csv
import re
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import duckdb
import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.export.csv_file import write_csv
from pipelines.export.parquet_file import write_parquet
from pipelines.export.pieces import pieces_of
from pipelines.export.safe_text import is_formula_like, neutralised, neutralised_sql
from pipelines.export.tables import ExportTable
from pipelines.export.xlsx_file import MOST_ROWS, About, TextTooLongError, write_workbook
from pipelines.publish.described import DescribedTable

DANGEROUS = [
    "=1+1",
    "+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(1)",
    "\t=1+1",
    "\r=1+1",
    "\n=1",
    "＝１＋１",
    "'=x",
    '=HYPERLINK("http://x","y")',
]
HARMLESS = ["-", "－", "-3.5", "+12,345.6", "函館市", "1=1", "a-b", "'quoted'", "", "2016年度末"]
ROWS = [
    ("011002", "=1+1", "-3.5000000000", "2020-04-01", True, ["=a", "b"], "2026-11-23 18:00:00+00"),
    ("012025", '二行\n"引用"、カンマ,', "1234567.0000001000", None, False, [], None),
    ("131016", "－", None, None, None, None, None),
]


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as made:
        made.execute(
            "create table t (area_code varchar, text varchar, value decimal(38,10), day date, ok boolean, "
            "tags varchar[], moment timestamptz)"
        )
        made.executemany("insert into t values (?, ?, ?, ?, ?, ?, ?)", [list(row) for row in ROWS])
        yield made


def table_of(connection: duckdb.DuckDBPyConnection, query: str = "select * from t") -> ExportTable:
    columns = [
        (row[0], row[1], f"{row[0]}の説明。続き")
        for row in connection.execute(f"describe {query}").fetchall()
    ]
    rows = connection.execute(f"select count(*) from ({query})").fetchone()
    assert rows is not None
    return ExportTable("marts.t", query, rows[0], columns, DescribedTable("t", "表", "table", (), ()))


@pytest.mark.parametrize("text", DANGEROUS)
def test_text_that_may_be_a_formula_is_neutralised(text: str) -> None:
    assert neutralised(text) == f"'{text}"


@pytest.mark.parametrize("text", HARMLESS)
def test_numbers_dashes_and_words_stay(text: str) -> None:
    assert neutralised(text) == text


@given(st.text(alphabet="=+-@＝－'\t\r\n0123456789.,%a愛", max_size=8))
def test_taking_the_apostrophe_away_gives_the_original(text: str) -> None:
    written = neutralised(text)
    # What a reader of the file can see: an apostrophe before what would be neutralised was put there by us.
    assert (written[1:] if is_formula_like(written) else written) == text
    assert not re.match(r"[=@＝＠\t\r\n]", written)


def test_sql_and_python_neutralise_alike() -> None:
    with duckdb.connect() as connection:
        query = f"select text, {neutralised_sql('text')} from (select unnest(?) as text)"
        rows = connection.execute(query, [DANGEROUS + HARMLESS]).fetchall()
    assert [row[1] for row in rows] == [neutralised(row[0]) for row in rows]


def test_csv_is_what_excel_opens_whole(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    write_csv(connection, table_of(connection), tmp_path / "t.csv")
    data = (tmp_path / "t.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbfarea_code,text,value,day,ok,tags,moment\r\n")
    assert data.count(b"\r\n") == len(ROWS) + 1
    assert data.endswith(b"\r\n")
    with (tmp_path / "t.csv").open(encoding="utf-8-sig", newline="") as stream:
        read = list(csv.reader(stream))
    assert read[1:] == [
        ["011002", "'=1+1", "-3.5", "2020-04-01", "true", "'=a;b", "2026-11-24T03:00:00+09:00"],
        ["012025", '二行\n"引用"、カンマ,', "1234567.0000001", "", "false", "", ""],
        ["131016", "－", "", "", "", "", ""],
    ]


def test_an_empty_table_has_its_header(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    write_csv(connection, table_of(connection, "select area_code from t where false"), tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_bytes() == b"\xef\xbb\xbfarea_code\r\n"


def workbook(connection: duckdb.DuckDBPyConnection, path: Path, *tables: ExportTable) -> openpyxl.Workbook:
    source = {
        "source_id": "office", "title_ja": "=調査", "publisher_ja": "総務省", "licence_ja": "公共データ利用規約",
        "landing_url": "https://office.example/",
    }  # fmt: skip
    write_workbook(connection, tables, path, About("v1", ["団体 011002"], [], [source]))
    return openpyxl.load_workbook(path)


def test_workbook_has_real_types_and_frozen_headers(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    made = workbook(connection, tmp_path / "t.xlsx", table_of(connection))
    sheet = made["t"]
    assert [cell.value for cell in sheet[2]] == ["area_code", "text", "value", "day", "ok", "tags", "moment"]
    assert sheet["A1"].value == "area_codeの説明"
    assert sheet.freeze_panes == "B3"
    assert sheet.auto_filter.ref == "A2:G5"
    assert [cell.value for cell in sheet[3]] == [
        "011002", "=1+1", -3.5, datetime(2020, 4, 1), True, "=a;b", datetime(2026, 11, 24, 3),
    ]  # fmt: skip
    assert [cell.data_type for cell in sheet[3]] == ["s", "s", "n", "d", "b", "s", "d"]
    assert (sheet["A3"].number_format, sheet["C3"].number_format, sheet["C4"].number_format) == (
        "@", "#,##0.0", "#,##0.0000000",
    )  # fmt: skip
    assert sheet["D3"].number_format == "yyyy-mm-dd"
    assert sheet["C5"].value is None


def test_workbook_holds_no_formula_and_no_link(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    connection.execute("insert into t (text) select unnest(?)", [DANGEROUS])
    workbook(connection, tmp_path / "t.xlsx", table_of(connection))
    with zipfile.ZipFile(tmp_path / "t.xlsx") as parts:
        for name in parts.namelist():
            if name.startswith("xl/worksheets"):
                content = parts.read(name)
                assert b"<f>" not in content
                assert b"<hyperlink" not in content


def test_workbook_says_where_it_is_from(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    made = workbook(connection, tmp_path / "t.xlsx", table_of(connection))
    assert made.sheetnames == ["はじめに", "t", "列の説明", "出典"]
    cover = {row[0].value: row[1].value for row in made["はじめに"].iter_rows()}
    assert cover["版"] == "v1"
    assert "目次" not in made.sheetnames
    assert cover["t"] == "表"
    assert made["出典"]["G2"].value == "出典：総務省「=調査」（https://office.example/）を加工して作成"
    assert made["出典"]["B2"].data_type == "s"


def test_text_too_long_for_a_cell_is_refused(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    with pytest.raises(TextTooLongError, match="t text 3"):
        workbook(connection, tmp_path / "t.xlsx", table_of(connection, "select repeat('長', 32768) as text"))


def test_what_a_sheet_holds_is_counted_with_its_headers(connection: duckdb.DuckDBPyConnection) -> None:
    assert MOST_ROWS + 2 == 2**20
    whole = table_of(connection, f"select * from range({MOST_ROWS})")
    assert pieces_of(connection, whole, MOST_ROWS, 10) == [whole]
    larger = table_of(connection, f"select * from range({MOST_ROWS + 1})")
    assert [piece.rows for piece in pieces_of(connection, larger, MOST_ROWS, MOST_ROWS)] == [MOST_ROWS, 1]


@pytest.mark.parametrize(
    ("query", "most", "expected"),
    [
        # Along the sources in their order, as many of them together as fit; what has none is there too.
        ("select * from (values ('b'), ('a'), ('a'), (null), ('c'), ('c'), ('c')) as v (source_id)", 4,
         [("source_id: a, b", 3), ("source_id: c, 空欄", 4)]),
        # A source too large by itself is cut by rows, and nothing else is put to it.
        ("select if(i < 5, 'big', 'small') as source_id, i from range(7) as r (i)", 2,
         [("source_id: big 1～2行目", 2), ("source_id: big 3～4行目", 2), ("source_id: big 5～5行目", 1), ("source_id: small", 2)]),
        ("select i as number from range(3) as r (i)", 2, [("行 1～2行目", 2), ("行 3～3行目", 1)]),
        ("select 'it''s' as item_id, i from range(2) as r (i) union all select 'x', 9", 2, [("item_id: it's", 2), ("item_id: x", 1)]),
    ],
)  # fmt: skip
def test_a_table_larger_than_a_sheet_is_taken_apart_and_no_row_is_lost_or_twice(
    connection: duckdb.DuckDBPyConnection, query: str, most: int, expected: list[tuple[str, int]]
) -> None:
    pieces = pieces_of(connection, table_of(connection, query), most, most)
    assert [(piece.holds, piece.rows) for piece in pieces] == expected
    assert [piece.file_stem for piece in pieces] == [f"t.{number}" for number in range(1, len(expected) + 1)]
    held = [row for piece in pieces for row in connection.execute(piece.query).fetchall()]
    assert sorted(map(str, held)) == sorted(map(str, connection.execute(query).fetchall()))


def test_parquet_keeps_the_types(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    table = table_of(connection)
    write_parquet(connection, table, tmp_path / "it's.parquet", "v1")
    path = str(tmp_path / "it's.parquet")
    read = connection.execute("describe select * from read_parquet(?)", [path]).fetchall()
    assert [(row[0], row[1]) for row in read] == [(name, kind) for name, kind, _ in table.columns]
    value = connection.execute("select day, value from read_parquet(?) limit 1", [path]).fetchone()
    assert value is not None
    assert (value[0], str(value[1])) == (date(2020, 4, 1), "-3.5000000000")

"""HTML pages read as sheets: spans, entities, encodings, careless and broken markup, tables within tables, limits."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.extract import html_sheet
from pipelines.extract.html_sheet import read_html_sheets
from pipelines.extract.reading import read_sheet, read_sheets
from pipelines.extract.sheet import Sheet, UnreadableFileError

HEAD = "<tr><th>都道府県<th>市区町村</tr>"


def _page(body: str, head: str = "<title>一覧</title>") -> bytes:
    return (
        f'<!DOCTYPE html><html><head><meta charset="utf-8">{head}</head><body>{body}</body></html>'.encode()
    )


def _sheet(body: str, *patterns: str) -> Sheet:
    return read_html_sheets(_page(body), list(patterns) or ["*"])[0]


def _table(body: str) -> list[list[object]]:
    return _sheet(f"<table>{body}</table>").rows[1:]


def test_the_first_row_says_what_stands_before_the_table() -> None:
    sheet = _sheet("<h2>甲 野</h2><p>令和13年4月1日<br>現在</p><table><tr><td>1</table><p>後の文</p>")
    assert sheet.rows == [["一覧\n甲 野\n令和13年4月1日\n現在"], ["1"]]


@pytest.mark.parametrize(
    ("before", "name"),
    [
        ("<table><caption>表 の<b>名</b></caption>", "表 の名"),
        ("<h1>前</h1><h3>見出し&amp;<br>続き</h3><p>文</p><table>", "見出し& 続き"),
        ("<table>", "table 1"),
    ],
)
def test_a_table_is_named_by_its_caption_the_heading_before_it_or_its_number(before: str, name: str) -> None:
    assert _sheet(f"{before}<tr><td>1</td></tr></table>").name == name


def test_spans_are_merged_cells() -> None:
    sheet = _sheet(
        "<table><thead><tr><th rowspan=2>県</th><th rowspan='2'>市</th><th colspan='2'>証明書</th></tr>"
        "<tr><th>住民票</th><th>戸籍</th></tr></thead>"
        "<tbody><tr><td rowspan=0>甲</td><td>一</td><td>○</td><td></td></tr><tr><td>二<td>○<td>○</tbody>"
        "<tbody><tr><td rowspan=9>乙</td><td>三</td></tr></tbody></table>"
    )
    assert sheet.rows[1:] == [
        ["県", "市", "証明書", ""],
        ["", "", "住民票", "戸籍"],
        ["甲", "一", "○", ""],
        ["", "二", "○", "○"],
        ["乙", "三"],
    ]
    assert sheet.merged == [((1, 0), (2, 0)), ((1, 1), (2, 1)), ((1, 2), (1, 3)), ((3, 0), (4, 0))]


def test_text_is_what_a_reader_sees() -> None:
    cells = _table(
        "<tr><td> 甲&nbsp;&amp;\n 乙 &#x4e19; &hearts; &nonsense; </td><td>一<br/>二<p>三</p><!-- 隠れた注 --></td>"
        "<td><a href='x'>○<img src='x' alt='可'></a></td>"
        "<td><script>document.write('<td>9</td>')</script><style>td{}</style>1<template>8</template></td></tr>"
    )
    assert cells == [["甲 & 乙 丙 ♥ &nonsense;", "一\n二\n三", "○可", "1"]]


def test_end_tags_may_be_left_out_and_rows_without_cells_do_not_count() -> None:
    assert _table(f"{HEAD}<tr></tr><tr><td>甲<td>一<tr><tr><TD>乙<Td>二</font></b>") == [
        ["都道府県", "市区町村"],
        ["甲", "一"],
        ["乙", "二"],
    ]
    assert _table("<tr><td rowspan=2>甲<td rowspan=2>一<tr></tr><tr><td>乙") == [["甲", "一"], [], ["乙"]]
    assert _sheet("<td>表の外<table><td>列<td>値</table>").rows[1:] == [["列", "値"]]


def test_a_table_within_a_cell_is_a_sheet_of_its_own() -> None:
    body = (
        "<table><tr><td>枠 2031年4月1日現在<h2>内の表</h2>"
        "<table><tr><td>甲<td>乙<tr><td>丙<td>丁</table>続き</td><td>右</td></tr></table>"
    )
    inner, outer = _sheet(body), _sheet(body, "table 1")
    assert (inner.name, inner.rows[1:]) == ("内の表", [["甲", "乙"], ["丙", "丁"]])
    assert "2031年4月1日現在" in str(inner.rows[0][0])
    assert outer.rows[1:] == [["枠 2031年4月1日現在\n内の表\n続き", "右"]]


@pytest.mark.parametrize(
    ("encoding", "declared"),
    [
        ("utf-8", '<meta charset="utf-8">'),
        ("utf-8-sig", ""),
        ("utf-16", ""),
        ("cp932", '<meta http-equiv="Content-Type" content="text/html; charset=Shift_JIS">'),
        ("cp932", ""),
        ("euc_jp", "<meta charset=EUC-JP>"),
        ("cp932", '<meta charset="utf-8">'),
        ("utf-8", '<meta charset="no-such-charset">'),
    ],
)
def test_encodings(encoding: str, declared: str) -> None:
    text = f"<html><head>{declared}</head><body><table><tr><td>髙山市～①</table></body></html>"
    if encoding == "euc_jp":
        text = text.replace("髙山市～①", "高山市")
    rows = read_html_sheets(text.encode(encoding), ["*"])[0].rows
    assert rows[1] in (["髙山市～①"], ["高山市"])


def test_the_longest_table_is_read_and_lists_in_parts_one_by_one(tmp_path: Path) -> None:
    parts = [("甲野県", "一市"), ("乙山県", "二市")]
    tables = [f"<h3>{name}</h3><table>{HEAD}<tr><td>{name}<td>{city}</table>" for name, city in parts]
    menu = "<h3>案内</h3><table><tr><td>はじめに</table>"
    path = tmp_path / "page.HTML"
    path.write_bytes(_page(menu + tables[0]))
    assert read_sheet(path, path.name, ["*"]).name == "甲野県"
    path.write_bytes(_page(menu + "".join(tables)))
    assert [sheet.name for sheet in read_sheets(path, path.name, ["*"])] == ["甲野県", "乙山県"]
    assert read_sheet(path, path.name, ["乙*"]).rows[2] == ["乙山県", "二市"]
    with pytest.raises(UnreadableFileError, match="2 × <table> 都道府県 / 市区町村"):
        read_sheet(path, path.name, ["*"])


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"a,b\n1,2\n",
        b"%PDF-1.7",
        b"<?xml version='1.0'?><table><tr><td>1</td></tr></table>",
        _page("<p>404</p>"),
        _page("<table></table>" * 2),
        _page(
            "<table><caption>x</caption><tr><td colspan=2>1<td rowspan=2>2<tr><td>1<td colspan=2>3</table>"
        ),
        b'<html><head><meta charset="utf-8"></head><body><table><tr><td>\xff\xfe\x81</table></body></html>',
        _page("<![nonsense[ <table><tr><td>1</table>"),
    ],
    ids=["empty", "csv", "pdf", "xml", "no table", "no rows", "cells overlap", "charset", "marked section"],
)
def test_what_is_no_page_with_a_table_is_refused(content: bytes) -> None:
    with pytest.raises(UnreadableFileError):
        read_html_sheets(content, ["*"])


def test_a_name_that_no_table_has_is_refused_with_those_there_are() -> None:
    with pytest.raises(UnreadableFileError, match="甲野県"):
        _sheet("<h2>甲野県</h2><table><tr><td>1</table>", "乙*")


@pytest.mark.parametrize("at", ["</td></tr></table>", "</table>", "</body>", "<td>二"])
def test_a_page_cut_off_is_refused(at: str) -> None:
    page = _page("<table><tr><td>一</td></tr><tr><td>二</td></tr></table><p>終わり</p>").decode()
    with pytest.raises(UnreadableFileError, match="</body>"):
        read_html_sheets(page[: page.index(at)].encode(), ["*"])


def test_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    deep = "<table><tr><td>" * html_sheet.MAX_DEPTH
    assert read_html_sheets(_page(deep), ["table 1"])
    with pytest.raises(UnreadableFileError, match="deep"):
        read_html_sheets(_page(deep + "<table>"), ["*"])
    with pytest.raises(UnreadableFileError, match="cells"):
        _sheet(
            "<table>" + "<tr>" + "<td colspan=999999 rowspan=999999>x" * 3 + "<tr><td>" * 1000 + "</table>"
        )
    monkeypatch.setattr(html_sheet, "MAX_TABLES", 2)
    with pytest.raises(UnreadableFileError, match="2 tables"):
        _sheet("<table></table>" * 3)
    monkeypatch.setattr(html_sheet, "MAX_BYTES", 100)
    with pytest.raises(UnreadableFileError, match="100 bytes"):
        _sheet("<table><tr><td>1</table>")

"""Rows under a header: bodies, totals, notes, gaps, padding; where a table ends."""

from __future__ import annotations

from pipelines.acquire.archive import Snapshot
from pipelines.catalog.published import Layout
from pipelines.extract.body import Body, read_body
from pipelines.extract.header import read_header
from pipelines.extract.sheet import Sheet
from pipelines.extract.table import Place

PLACE = Place("made_up", "table", Snapshot("0" * 64, "made_up", "table", "f.xlsx", "", "", None, 1))
MEASURE = {"item_id": "i", "series_id": "s", "statistic": "count"}


def layout(**more: object) -> Layout:
    columns = {
        "prefecture": {"from": ["都道府県名"], "type": "text", "fill_down": True},
        "name": {"from": ["団体名"], "type": "text"},
        "people": {"from": ["人口"], "type": "number", "unit": "人", "measures": [MEASURE]},
    }
    rows = [
        {"is": "nation", "where": {"prefecture": "全国市町村(平均)?"}},
        {"is": "total", "where": {"name": "合計"}},
        {"is": "skip", "where": {"name": "島しょ"}},
    ]
    return Layout.model_validate(
        {"from": 2000, "sheet": ["*"], "anchor": ["団体名"], "columns": columns, "rows": rows, **more}
    )


def read(rows: list[list[object]]) -> tuple[Body, list[str]]:
    sheet = Sheet("s", [["表題", "", ""], ["都道府県名", "団体名", "人口"], *rows])
    header, defects = read_header(sheet, layout(), {}, PLACE)
    assert header is not None
    assert defects == []
    body, defects = read_body(sheet, layout(), header, ["prefecture", "name"], PLACE)
    return body, [defect.rule for defect in defects]


def test_rows_keep_their_place_in_the_file_and_their_kind() -> None:
    body, defects = read(
        [
            ["甲県", "乙市", 1.0],
            ["", "丙町", 2.0],
            ["", "島しょ", 9.0],
            ["", " 合　計 ", 3.0],
            ["全国市町村", "平均", 1.5],
        ]
    )
    assert defects == []
    assert [row + 1 for row in body.rows] == [3, 4, 6, 7]
    assert body.kinds == ["body", "body", "total", "nation"]
    assert body.texts("prefecture")[:2] == ["甲県", "甲県"]
    assert body.texts("people") == ["1", "2", "3", "1.5"]


def test_notes_end_the_table() -> None:
    for mark in ("（注）１　平均欄", "(注)", "注1：外国人", "※錯誤額は除く", "＊速報値", "資料：総務省"):
        body, defects = read(
            [["甲県", "乙市", 1.0], [mark, "", ""], ["続きの注", "", ""], ["甲県", "丙町", 2.0]]
        )
        assert (len(body.rows), defects) == (1, [])
        assert len(body.notes) == 3


def test_padding_rows_are_nothing() -> None:
    body, defects = read([["甲県", "乙市", 1.0], *([["", "", ""]] * 65_000), ["　", " ", ""]])
    assert (len(body.rows), defects) == (1, [])


def test_check_sums_after_a_gap_are_no_bodies() -> None:
    body, defects = read([["甲県", "乙市", 1.0], ["", "", ""], ["", "", 7030443200.0]])
    assert (len(body.rows), defects) == (1, [])


def test_a_body_after_a_gap_means_that_a_row_was_lost() -> None:
    body, defects = read([["甲県", "乙市", 1.0], ["", "", ""], ["甲県", "丙町", 2.0]])
    assert len(body.rows) == 1
    assert defects == ["blank_row_inside"]


def test_a_header_repeated_inside_the_table_is_passed_over() -> None:
    body, defects = read([["甲県", "乙市", 1.0], ["都道府県名", "団体名", "人口"], ["乙県", "丙町", 2.0]])
    assert (body.texts("name"), defects) == (["乙市", "丙町"], [])


def test_short_rows_are_read_as_far_as_they_go() -> None:
    body, defects = read([["甲県", "乙市"], ["甲県", "丙町", 2.0]])
    assert (body.texts("people"), defects) == (["", "2"], [])

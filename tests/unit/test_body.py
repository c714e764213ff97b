"""Rows under a header: bodies, totals, notes, gaps, padding; where a table ends."""

from __future__ import annotations

import pytest

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


def read(
    rows: list[list[object]], described: Layout | None = None, *, is_delimited: bool = False
) -> tuple[Body, list[str]]:
    sheet = Sheet("s", [["表題", "", ""], ["都道府県名", "団体名", "人口"], *rows], is_delimited=is_delimited)
    header, defects = read_header(sheet, described or layout(), {}, PLACE)
    assert header is not None
    assert defects == []
    body, defects = read_body(sheet, described or layout(), header, ["prefecture", "name"], PLACE)
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
            [["甲県", "乙市", 1.0], [mark, "", ""], ["続きの注", "", ""], ["２　", "除く町村", "昨年"]]
        )
        assert (len(body.rows), defects) == (1, [])
        assert len(body.notes) == 3


@pytest.mark.parametrize(
    "below",
    [
        [["甲県", "丙町", 2.0]],
        [["", "丙町", "１，２３４"]],
        [["", "", ""], ["続きの注", "", ""], ["甲県", "丙町（再掲）", "2人"]],
    ],
)
def test_a_body_below_a_note_means_that_the_note_stands_inside_the_table(below: list[list[object]]) -> None:
    body, defects = read([["甲県", "乙市", 1.0], ["※速報値", "", ""], *below])
    assert len(body.rows) == 1
    assert defects == ["note_inside"]


def test_a_body_marked_as_a_note_is_not_lost() -> None:
    for row in (["", "※丙町", 2.0], ["※甲県", "丙町", 2.0], ["※", "丙町", 2.0]):
        assert read([["甲県", "乙市", 1.0], row])[1] == ["note_inside"]


def test_a_flag_below_a_note_is_a_figure_too() -> None:
    described = layout()
    described.columns["people"].words["○"] = 1
    assert read([["甲県", "乙市", "○"], ["注", "", ""], ["甲県", "丙町", "○"]], described)[1] == [
        "note_inside"
    ]


def test_what_else_stands_below_a_note_is_no_body() -> None:
    rows: list[list[object]] = [["甲県", "乙市", 1.0], ["※錯誤額は除く", "", 0.0], ["検算", "", 1.0]]
    rows += [
        ["", "合計", 3.0],
        ["", "", 7030443200.0],
        ["都道府県名", "団体名", "人口"],
        ["甲県", "町村", ""],
    ]
    assert read(rows)[1] == []


def test_below_an_end_and_below_the_note_of_a_block_other_tables_may_stand() -> None:
    below: list[list[object]] = [["※注", "", ""], ["甲県", "丙町", 2.0]]
    ended = layout(rows=[{"is": "end", "where": {"prefecture": "以上"}}])
    assert read([["甲県", "乙市", 1.0], ["以上", "", ""], *below], ended)[1] == []
    assert read([["甲県", "乙市", 1.0], *below], layout(block="rows"))[1] == []


def test_a_table_of_texts_goes_on_below_a_note_with_whole_rows() -> None:
    texts = layout(columns={"code": {"from": ["都道府県名"], "type": "text"}, "name": {"from": ["団体名"], "type": "text"}}, ignore=["人口"], rows=[])  # fmt: skip
    assert read([["011002", "乙市", ""], ["※", "", ""], ["012025", "丙町", ""]], texts)[1] == ["note_inside"]
    assert read([["011002", "乙市", ""], ["※", "", ""], ["丙町を除く市町村", "", ""]], texts)[1] == []


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
    assert body.widths == {}


@pytest.mark.parametrize(
    "shifted", [["甲県", "丙町"], ["甲県", "丙町", "1", "234"], ["甲県", "丙町", "1", ""]]
)
def test_a_row_of_another_width_in_a_delimited_file_is_told(shifted: list[object]) -> None:
    body, defects = read([["甲県", "乙市", "1"], shifted, [], ["注"]], is_delimited=True)
    assert (body.rows, defects) == ([2, 3], [])
    assert body.widths == {3: len(shifted)}


def test_delimiters_at_the_end_of_every_line_shift_nothing() -> None:
    rows: list[list[object]] = [["甲県", "乙市", "1", ""], ["甲県", "丙町", "2", " "]]
    assert read(rows, is_delimited=True)[0].widths == {}
    assert read([*rows, ["甲県", "丁村", "3", "x"]], is_delimited=True)[0].widths == {4: 4}


def test_blank_fields_may_be_left_out_behind_the_described_columns() -> None:
    sheet = Sheet("s", [["団体名", "都道府県名", "人口", "備考"], ["乙市", "甲県", "1"], ["丙町", "甲県"]], is_delimited=True)  # fmt: skip
    described = layout(ignore=["備考"])
    header, _ = read_header(sheet, described, {}, PLACE)
    assert header is not None
    assert read_body(sheet, described, header, ["name"], PLACE)[0].widths == {2: 2}

"""Forms: blocks beside each other, texts said once a sheet, sheets stacked to one table."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipelines.acquire.archive import Snapshot
from pipelines.catalog.published import Layout
from pipelines.extract.body import ReadTable, read_body
from pipelines.extract.form import said_once, stacked
from pipelines.extract.header import Header, read_header
from pipelines.extract.sheet import NoPreviousSheetError, Sheet, matching_sheet, matching_sheets
from pipelines.extract.table import Place

PLACE = Place("made_up", "table", Snapshot("0" * 64, "made_up", "table", "f.xlsx", "", "", None, 1))
COLUMNS = {
    "code": {"under": ["コード"], "in_sheet_name": "^([0-9]+)", "type": "text"},
    "task": {"from": ["業務"], "left_of": "done", "type": "text"},
    "done": {"from": ["状況"], "type": "number", "unit": "有無"},
    "rate": {"from": ["率"], "type": "number", "unit": "%", "optional": True},
    "planned": {"same_as": "done", "type": "number", "unit": "有無"},
}


def layout(block: str = "rows", **more: object) -> Layout:
    return Layout.model_validate(
        {"from": 2000, "sheet": ["*"], "anchor": ["状況"], "block": block, "columns": COLUMNS, **more}
    )


def form(*, shift: int = 0, code: object = 12100.0, name: str = "12100 甲市") -> Sheet:
    rows: list[list[object]] = [[""] * (8 + shift) for _ in range(7)]

    def put(row: int, column: int, value: object) -> None:
        rows[row][column + shift] = value

    put(0, 0, "コード")
    put(1, 0, code)
    put(3, 0, "左の枠")
    put(3, 2, "状況")
    put(3, 4, "率")
    put(3, 5, "右の枠")
    put(3, 6, "率")
    put(4, 1, "清掃")
    put(4, 2, "○")
    put(4, 4, 90.0)
    put(4, 6, 1.0)
    put(5, 1, "警備")
    return Sheet(name, rows)


def header_of(sheet: Sheet, described: Layout) -> Header:
    header, defects = read_header(sheet, described, {}, PLACE)
    assert defects == []
    assert header is not None
    return header


def table_of(sheet: Sheet) -> ReadTable:
    described = layout()
    header = header_of(sheet, described)
    body, defects = read_body(sheet, described, header, ["code"], PLACE)
    assert defects == []
    return ReadTable(described, header, body, replace(PLACE, sheet=sheet.name))


def test_a_block_ends_with_its_described_columns() -> None:
    header = header_of(form(), layout())
    assert header.positions == {"task": 1, "done": 2, "rate": 4, "planned": 2}


def test_an_unknown_header_within_a_block_is_refused() -> None:
    sheet = form()
    sheet.rows[3][3] = "新しい列"
    header, defects = read_header(sheet, layout(), {}, PLACE)
    assert header is None
    assert [(defect.rule, defect.cell) for defect in defects] == [("unknown_header", "D4")]


def test_of_equal_headers_the_one_nearest_to_the_anchor_is_the_blocks_own() -> None:
    sheet = form()
    sheet.rows[3] = ["業務", "業務", "状況", "", "率", "", "率", "状況"]
    assert header_of(sheet, layout()).positions == {"task": 1, "done": 2, "rate": 4, "planned": 2}


def test_a_doubled_header_within_a_block_is_refused() -> None:
    sheet = form()
    sheet.rows[3][1:4] = ["業務", "状況", "業務"]
    header, defects = read_header(sheet, layout(), {}, PLACE)
    assert header is None
    assert [(defect.rule, defect.cell) for defect in defects] == [("duplicate_header", "D4")]


def test_a_misspelt_header_beside_a_block_is_named() -> None:
    sheet = form()
    described = layout(columns={**COLUMNS, "policy": {"from": ["今後の方針"], "type": "text"}})
    sheet.rows[3][5] = "今後の方針案"
    _, defects = read_header(sheet, described, {}, PLACE)
    assert [(defect.rule, defect.found) for defect in defects] == [
        ("unknown_header", "今後の方針案"), ("missing_header", None),
    ]  # fmt: skip


def test_labels_of_a_form_may_be_merged_over_several_columns() -> None:
    sheet = form()
    sheet.rows[3][0] = ""
    for row in sheet.rows[4:6]:
        row[0], row[1] = row[1], ""
    assert header_of(sheet, layout()).positions["task"] == 0


def test_one_row_is_read_also_when_it_is_blank_and_below_a_merged_header() -> None:
    described = layout("row")
    sheet = form()
    sheet.rows[4][2] = ""
    body, _ = read_body(sheet, described, header_of(sheet, described), [], PLACE)
    assert (body.rows, body.columns["done"], body.columns["planned"]) == ([4], [""], [""])
    sheet.rows[6][2] = "○"
    sheet.merged.append(((3, 2), (5, 2)))
    body, _ = read_body(sheet, described, header_of(sheet, described), [], PLACE)
    assert (body.rows, body.columns["done"]) == ([6], ["○"])


@pytest.mark.parametrize(
    ("name", "code", "said"),
    [
        ("12100 甲市", 12100.0, "12100"), ("１２１００", "", "12100"), ("甲市", 12100.0, "12100"),
        ("01100 乙市", 1100.0, "01100"), ("12100", "121002", "12100"), ("甲市", "", ""),
    ],
)  # fmt: skip
def test_a_sheet_says_its_body_by_name_or_label(name: str, code: object, said: str) -> None:
    sheet = form(code=code, name=name)
    texts, defects = said_once(sheet, layout(), header_of(sheet, layout()), PLACE)
    assert defects == []
    assert texts == {"code": said}


def test_a_name_and_a_label_that_disagree_are_a_defect() -> None:
    sheet = form(code=12203.0)
    _, defects = said_once(sheet, layout(), header_of(sheet, layout()), PLACE)
    assert [(defect.rule, defect.found) for defect in defects] == [("sheet_name_contradicts", "12100／12203")]


def test_a_header_is_no_text_under_a_label() -> None:
    sheet = form(name="甲市", code="")
    sheet.rows[2][0] = "コード"
    sheet.rows[0][0] = ""
    texts, _ = said_once(sheet, layout(), header_of(sheet, layout()), PLACE)
    assert texts == {"code": ""}


def test_stacked_sheets_keep_the_places_of_the_file() -> None:
    table, stack = stacked([table_of(form()), table_of(form(shift=2, name="12203 乙市"))])
    assert table.body.columns["task"] == ["清掃", "警備", "清掃", "警備"]
    assert table.place.sheet == "12100 甲市 … 12203 乙市"
    rate = table.place.defect(
        "not_a_number", None, "", "", row=table.body.rows[2] + 1, column="率", cell=table.address(table.body.rows[2], "rate")
    )  # fmt: skip
    placed = stack.defect(rate)
    assert (placed.sheet, placed.row, placed.cell) == ("12203 乙市", 5, "G5")
    ruled = stack.defect(
        table.place.defect("a_rule", None, "", "", row=table.body.rows[3] + 1, column="a_rule")
    )
    assert (ruled.sheet, ruled.cell) == ("12203 乙市", "6:a_rule")
    whole = table.place.defect("body_missing", None, "", "", column="121002")
    assert stack.defect(whole) == whole


def test_defects_of_a_sheet_are_told_apart_by_their_sheets() -> None:
    defects = [
        replace(PLACE, sheet=name).defect("no_header", None, "", "", row=1) for name in ("12100", "12203")
    ]
    assert defects[0].defect_id != defects[1].defect_id


def test_every_sheet_that_any_pattern_names_is_read_in_the_order_of_the_file() -> None:
    names = ["目次", "１２１００　甲市", "乙町", "記載要領", "12203"]
    assert matching_sheets(names, ["[0-9][0-9][0-9][0-9]*", "*町"]) == ["１２１００　甲市", "乙町", "12203"]


def test_the_newest_sheet_and_the_one_before_are_known_by_the_years_in_their_names() -> None:
    names = ["目次", "H30_指標", "R元 指標", "T20指標"]
    assert matching_sheet(names, ["newest:*指標"]) == "R元 指標"
    assert matching_sheet(names, ["previous:*指標"]) == "H30_指標"
    assert matching_sheet(["主要指標"], ["previous:*指標"]) is None
    with pytest.raises(NoPreviousSheetError):
        matching_sheet(["R元指標"], ["previous:*指標"])


@pytest.mark.parametrize(
    "column",
    [
        {"under": ["コード"], "type": "number"},
        {"under": ["コード"], "from": ["コード"], "type": "text"},
        {"type": "text"},
    ],
)
def test_descriptions_that_cannot_be_meant_are_refused(column: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"."):
        layout(columns={**COLUMNS, "code": column})

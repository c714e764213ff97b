"""From grids to described columns: headers found by their texts, refusals with their place."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pipelines.catalog.models import Table
from pipelines.extract.grid import Grid
from pipelines.extract.table import ROW, Place, read_table

HEADER = ["団体コード", "団体名", "値（％）"]
BODY = [["010006", "北海道", "1.5"], ["020001", "青森県", "2.5"]]


@pytest.fixture
def table(make_table: Callable[..., Table]) -> Table:
    return make_table(
        {
            "area_code": {"from": ["団体コード", "都道府県コード"], "type": "area_code"},
            "name": {"from": ["団体名", "名称"], "type": "text"},
            "value": {"from": ["値（％）"], "type": "decimal"},
        },
        ignore=["備考"],
    )


def records(rows: list[list[str]], table: Table, place: Place) -> list[tuple[object, ...]]:
    raw, defects = read_table(Grid("some.csv", rows), table, place)
    assert raw is not None
    assert defects == []
    return raw.frame.select(ROW, "area_code", "name", "value").rows()


def refusal(rows: list[list[str]], table: Table, place: Place) -> list[tuple[object, ...]]:
    raw, defects = read_table(Grid("some.csv", rows), table, place)
    assert raw is None
    return [(defect.rule, defect.row, defect.column, defect.found) for defect in defects]


EXPECTED = [(2, "010006", "北海道", "1.5"), (3, "020001", "青森県", "2.5")]


def test_rows_keep_their_numbers_in_the_file(table: Table, place: Place) -> None:
    assert records([HEADER, *BODY], table, place) == EXPECTED


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_moved_columns_are_found_by_their_headers(table: Table, place: Place, order: tuple[int, ...]) -> None:
    rows = [[row[index] for index in order] for row in [HEADER, *BODY]]
    assert records(rows, table, place) == EXPECTED


def test_shifted_header_is_found_and_rows_keep_their_numbers(table: Table, place: Place) -> None:
    title = [["令和5年度 指標一覧", "", ""], ["", "", ""], []]
    assert [row[0] for row in records([*title, HEADER, *BODY], table, place)] == [5, 6]


def test_header_is_found_in_row_30_but_not_below(table: Table, place: Place) -> None:
    assert records([[]] * 29 + [HEADER, *BODY], table, place)[0][0] == 31
    assert refusal([["題"]] + [[]] * 29 + [HEADER, *BODY], table, place) == [("no_header", None, None, "題")]


@pytest.mark.parametrize(
    "header",
    [
        ["団 体 コード", "団体名※1", "値(%)"],
        ["団体\nコード", "団体名（注2）", "値（%）"],
        ["団体コード", "名　称", "値（％）"],
    ],
)
def test_header_is_compared_as_people_read_it(table: Table, place: Place, header: list[str]) -> None:
    assert records([header, *BODY], table, place) == EXPECTED


def test_ignored_and_empty_headers_are_left_out(table: Table, place: Place) -> None:
    rows = [[*HEADER, "備考", ""], *([*row, "注", "x"] for row in BODY)]
    assert records(rows, table, place) == EXPECTED


def test_unknown_header_names_the_nearest_known_one(table: Table, place: Place) -> None:
    raw, defects = read_table(Grid("some.csv", [["団体コード", "団体名称", "値（％）"], *BODY]), table, place)
    unknown = next(defect for defect in defects if defect.rule == "unknown_header")
    assert raw is None
    assert (unknown.row, unknown.column, unknown.found) == (1, "団体名称", "団体名称")
    assert "「団体名」" in unknown.expected_ja
    assert "'団体名'" in unknown.expected_en


def test_unknown_header_like_no_other_lists_all_known(table: Table, place: Place) -> None:
    _, defects = read_table(Grid("some.csv", [[*HEADER, "zzzz"]]), table, place)
    assert [defect.rule for defect in defects] == ["unknown_header"]
    assert all(name in defects[0].expected_ja for name in HEADER)


def test_missing_headers_are_named_in_the_order_of_the_description(table: Table, place: Place) -> None:
    assert refusal([["団体コード"], ["010006"]], table, place) == [
        ("missing_header", 1, "団体名", None),
        ("missing_header", 1, "値（％）", None),
    ]


@pytest.mark.parametrize("twin", ["団体名", "団 体 名", "団体名※"])
def test_duplicate_header_refuses_the_file(table: Table, place: Place, twin: str) -> None:
    rows = [[*HEADER, twin], *([*row, "x"] for row in BODY)]
    assert refusal(rows, table, place) == [("duplicate_header", 1, twin, twin)]


def test_two_names_of_one_column_are_a_duplicate(table: Table, place: Place) -> None:
    rows = [[*HEADER, "都道府県コード"], *([*row, "x"] for row in BODY)]
    assert refusal(rows, table, place) == [("duplicate_header", 1, "都道府県コード", "都道府県コード")]


@pytest.mark.parametrize("rows", [[], [[]], [["", " "]]])
def test_file_without_any_text_has_no_header(table: Table, place: Place, rows: list[list[str]]) -> None:
    assert refusal(rows, table, place) == [("no_header", None, None, None)]


@pytest.mark.parametrize("wrong", [["010006", "北海道"], ["010006", "北海道", "1", "2"], ["010006"]])
def test_row_of_wrong_width_is_refused_alone(table: Table, place: Place, wrong: list[str]) -> None:
    raw, defects = read_table(Grid("some.csv", [HEADER, BODY[0], wrong, BODY[1]]), table, place)
    assert raw is not None
    assert raw.frame[ROW].to_list() == [2, 4]
    assert [(defect.rule, defect.row, defect.found) for defect in defects] == [
        ("wrong_width", 3, str(len(wrong)))
    ]


@pytest.mark.parametrize("blank", [[], ["", "", ""], [" ", "　", ""], ["", "", "", "", ""]])
def test_blank_row_is_skipped_and_keeps_its_place(table: Table, place: Place, blank: list[str]) -> None:
    raw, defects = read_table(Grid("some.csv", [HEADER, BODY[0], blank, BODY[1]]), table, place)
    assert raw is not None
    assert raw.frame[ROW].to_list() == [2, 4]
    assert defects == []


def test_blank_cell_is_null_and_text_is_trimmed(table: Table, place: Place) -> None:
    assert records([HEADER, ["010006", " 　", " 1.5 "]], table, place) == [(2, "010006", None, "1.5")]


def test_header_alone_gives_an_empty_table(table: Table, place: Place) -> None:
    assert records([HEADER], table, place) == []

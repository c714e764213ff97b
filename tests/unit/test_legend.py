"""What a sheet says of its units, against what is described: money, and per cent stored as shares."""

from __future__ import annotations

from decimal import Decimal

import pytest

from pipelines.acquire.archive import Snapshot
from pipelines.catalog.published import Layout
from pipelines.contracts.figures import read_columns
from pipelines.contracts.legend import refuse_other_units, refuse_shares
from pipelines.defects import RefusedFileError
from pipelines.extract.body import ReadTable, read_body
from pipelines.extract.header import read_header
from pipelines.extract.sheet import Sheet
from pipelines.extract.table import Place

PLACE = Place("made_up", "table", Snapshot("0" * 64, "made_up", "table", "f.xlsx", "", "", None, 1))


def read(sheet: Sheet, unit: str) -> ReadTable:
    measure = {"item_id": "i", "series_id": "s", "statistic": "amount"}
    columns = {
        "name": {"from": ["団体名"], "type": "text"},
        "value": {"from": ["歳入*"], "type": "number", "unit": unit, "measures": [measure]},
    }
    described = Layout.model_validate(
        {
            "from": 2000, "sheet": ["*"], "anchor": ["団体名"], "header_rows": 2, "columns": columns,
            "ignore": ["一人当たり*"],
        }
    )  # fmt: skip
    header, defects = read_header(sheet, described, {}, PLACE)
    assert header is not None, defects
    body, _ = read_body(sheet, described, header, ["name"], PLACE)
    return ReadTable(described, header, body, PLACE)


def sheet(title: str = "", head: str = "歳入", below: str = "") -> Sheet:
    rows: list[list[object]] = [[title, "", ""], ["団体名", head, "一人当たり（円）"], ["", below, ""]]
    return Sheet("s", [*rows, ["甲市", 1.0, 2.0]])


def refused(table: Sheet, unit: str) -> list[tuple[str | None, str | None]]:
    try:
        refuse_other_units(table, read(table, unit))
    except RefusedFileError as error:
        return [(defect.found, defect.column) for defect in error.defects if defect.rule == "unit_differs"]
    return []


@pytest.mark.parametrize(
    ("title", "found"),
    [
        ("（単位：百万円）", "百万円"),
        ("（単　位：百万円）", "百万円"),
        ("単位　円", "円"),
        ("単位：万円、人", "万円"),
        ("（単位\n億円・％）", "億円"),
        ("単位：百万円・円", "円・百万円"),
    ],
)
def test_another_unit_above_the_table_refuses_the_file(title: str, found: str) -> None:
    assert refused(sheet(title), "千円") == [(found, None)]


@pytest.mark.parametrize(
    "title",
    ["", "（単位：千円）", "単　位：千　円、％", "（単位：千円、一人当たりは円）", "10万円単位で公表", "単位：人", "金額は百万円"],
)  # fmt: skip
def test_the_described_unit_above_the_table_is_right(title: str) -> None:
    assert refused(sheet(title), "千円") == []


@pytest.mark.parametrize(
    ("head", "below"),
    [("歳入", "（百万円）"), ("歳入（百万円）", ""), ("歳入", "百万円"), ("歳入", "単位:百万円")],
)
def test_another_unit_in_a_measured_columns_own_head_refuses_the_file(head: str, below: str) -> None:
    [(found, column)] = refused(sheet("（単位：千円）", head, below), "千円")
    assert found == "百万円"
    assert str(column).startswith("歳入")
    assert refused(sheet("", head, below), "百万円") == []


def test_words_with_money_in_them_are_no_units() -> None:
    for head in ("歳入円滑化交付金", "歳入うち百万円以上", "歳入（10円当たり）"):
        assert refused(sheet("", head), "千円") == []


def test_a_unit_per_head_is_compared_by_its_money() -> None:
    assert refused(sheet("単位：万円", "歳入（万円）"), "万円/人") == []
    assert refused(sheet("単位：円"), "万円/人") == [("円", None)]
    assert refused(sheet("単位：円", "歳入（円）"), "%") == []


def shares(values: list[object]) -> list[str | None]:
    table = Sheet("s", [["団体名", "歳入"], ["", ""], *([f"{n}市", value] for n, value in enumerate(values))])
    found = read(table, "%")
    numbers = read_columns(
        {"value": found.body.columns["value"]}, found.layout.columns, {"-": "not_calculated"}
    )
    try:
        refuse_shares(found, numbers)
    except RefusedFileError as error:
        return [defect.found for defect in error.defects if defect.rule == "percent_is_a_share"]
    return []


def test_per_cent_stored_as_shares_refuse_the_file() -> None:
    assert shares([0.634, "-", *[0.5] * 8, -1.0]) == ["0.634"]
    assert shares(["0.10", *[0.25] * 9]) == [str(Decimal("0.1"))]


@pytest.mark.parametrize(
    "values",
    [[0.634] * 9, [0.5] * 20 + [1.01], [0.5] * 20 + [-1.01], [0.0] * 50 + [0.3], ["-"] * 20, []],
)
def test_small_per_cent_may_be_true(values: list[object]) -> None:
    assert shares(values) == []

"""Typed cells and the contract of a table: what is refused, where, and in which words."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from pipelines.catalog.models import Table
from pipelines.contracts.cells import expectation, read_cells
from pipelines.contracts.schema import build_schema, check_table
from pipelines.defects import Defect
from pipelines.extract.table import ROW, Place

Check = Callable[..., tuple[pl.DataFrame, list[Defect]]]


@pytest.fixture
def check(place: Place) -> Check:
    """Return a reader of texts: typed frame, and defects of cells and of the contract."""

    def run(
        table: Table, rows: list[tuple[str | None, ...]], references: dict[str, Collection[str]] | None = None
    ) -> tuple[pl.DataFrame, list[Defect]]:
        texts: dict[str, list[Any]] = {ROW: list(range(2, len(rows) + 2))}
        for index, key in enumerate(table.columns):
            texts[key] = [row[index] for row in rows]
        frame = pl.DataFrame(texts, schema={ROW: pl.Int64, **dict.fromkeys(table.columns, pl.String)})
        typed, defects = read_cells(frame, table, place)
        readable = typed.filter(~pl.col(ROW).is_in([defect.row for defect in defects]))
        return typed, defects + check_table(readable, table, place, references or {})

    return run


def found(defects: list[Defect]) -> list[tuple[object, ...]]:
    return [(defect.rule, defect.row, defect.column, defect.found) for defect in defects]


def one(make_table: Callable[..., Table], **column: Any) -> Table:
    return make_table({"key": {"type": "text", "required": True}, "x": column})


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("text", "北海道", "北海道"),
        ("integer", "１，７４１", 1741),
        ("integer", "△3", -3),
        ("integer", "9223372036854775807", 2**63 - 1),
        ("integer_list", "8;9;10", [8, 9, 10]),
        ("decimal", "98.20", Decimal("98.2")),
        ("decimal", "0.1234567891", Decimal("0.1234567891")),
        ("decimal", "9999999999999999999999999999", Decimal(10) ** 28 - 1),
        ("boolean", "true", True),
        ("boolean", "false", False),
        ("date", "2018-03-31", date(2018, 3, 31)),
        ("date_expression", "2016年度末", date(2017, 3, 31)),
        ("fiscal_year", "令和5年度", 2023),
        ("area_code", "０１０００６", "010006"),
    ],
)
def test_cell_of_each_type_is_read(
    make_table: Callable[..., Table], check: Check, kind: str, text: str, value: object
) -> None:
    typed, defects = check(one(make_table, type=kind), [("a", text)])
    assert defects == []
    assert typed["x"].to_list() == [value]


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("integer", "1.5"),
        ("integer", "約5"),
        ("integer", "99999999999999999999"),
        ("integer", "9223372036854775808"),
        ("integer", "五"),
        ("integer_list", "8;;9"),
        ("integer_list", "8,9;10"),
        ("decimal", "1.2.3"),
        ("decimal", "550団体"),
        ("decimal", "0.12345678901"),
        ("decimal", "10000000000000000000000000000"),
        ("decimal", "-10000000000000000000000000000"),
        ("boolean", "TRUE"),
        ("boolean", "1"),
        ("boolean", "はい"),
        ("date", "2018-02-30"),
        ("date", "2018/03/31"),
        ("date", "20180331"),
        ("date", "2018-W13-6"),
        ("date", "18-03-31"),
        ("date_expression", "2018年2月30日"),
        ("date_expression", "近いうち"),
        ("fiscal_year", "9999"),
        ("fiscal_year", "本年度"),
        ("area_code", "010007"),
        ("area_code", "10006"),
    ],
)
def test_unreadable_cell_names_its_place_and_what_was_expected(
    make_table: Callable[..., Table], check: Check, kind: str, text: str
) -> None:
    table = one(make_table, type=kind)
    typed, defects = check(table, [("a", None), ("b", text)])
    assert found(defects) == [(f"not_{kind}", 3, "x", text)]
    assert (defects[0].expected_ja, defects[0].expected_en) == expectation(table.columns["x"])
    assert typed["x"].to_list() == [None, None]


def test_approximate_decimal_and_its_text_are_kept(make_table: Callable[..., Table], check: Check) -> None:
    typed, _ = check(one(make_table, type="decimal"), [("a", "約1,000"), ("b", "98.20"), ("c", None)])
    assert typed["x_is_approximate"].to_list() == [True, False, None]
    assert typed["x__text"].to_list() == ["約1,000", "98.20", None]


def test_date_expression_keeps_precision_and_approximation(
    make_table: Callable[..., Table], check: Check
) -> None:
    typed, _ = check(
        one(make_table, type="date_expression"), [("a", "2021年度を目途"), ("b", "2018年3月時点")]
    )
    assert typed["x_precision"].to_list() == ["fiscal_year", "month"]
    assert typed["x_is_approximate"].to_list() == [True, False]


@pytest.mark.parametrize(
    ("column", "good", "bad", "rule"),
    [
        ({"type": "text", "required": True}, "x", None, "required"),
        ({"type": "decimal", "required": True}, "0", None, "required"),
        ({"type": "boolean", "required": True}, "false", None, "required"),
        ({"type": "text", "choices": ["a", "b"]}, "b", "c", "allowed"),
        ({"type": "text", "words": "value_statuses"}, "reported", "published", "allowed"),
        ({"type": "text", "pattern": "[a-z0-9_]+"}, "a_1", "a-1", "pattern"),
        ({"type": "text", "pattern": "a|bc"}, "bc", "abc", "pattern"),
        ({"type": "text", "pattern": "https?://.+"}, "https://a", "xhttps://a", "pattern"),
        ({"type": "decimal", "minimum": 0}, "0", "-0.0000000001", "minimum"),
        ({"type": "decimal", "maximum": 100}, "100", "100.0000000001", "maximum"),
        ({"type": "integer", "minimum": 6}, "6", "5", "minimum"),
        ({"type": "integer", "maximum": 15}, "15", "16", "maximum"),
    ],
)
def test_value_is_refused_at_the_edge_of_its_rule(
    make_table: Callable[..., Table],
    check: Check,
    column: dict[str, Any],
    good: str,
    bad: str | None,
    rule: str,
) -> None:
    table = one(make_table, **column)
    assert found(check(table, [("a", good)])[1]) == []
    assert found(check(table, [("a", good), ("b", bad)])[1]) == [(rule, 3, "x", bad)]


def test_blank_is_allowed_where_the_column_is_not_required(
    make_table: Callable[..., Table], check: Check
) -> None:
    table = one(make_table, type="decimal", minimum=5, maximum=6)
    assert check(table, [("a", None)])[1] == []


def test_reference_must_exist(make_table: Callable[..., Table], check: Check) -> None:
    table = one(make_table, type="text", references="documents.document_id")
    defects = check(table, [("a", "known"), ("b", "unknown"), ("c", None)], {"x": ["known"]})[1]
    assert found(defects) == [("reference", 3, "x", "unknown")]
    assert "documents.document_id" in defects[0].expected_ja
    assert "documents.document_id" in defects[0].expected_en


def test_with_no_row_in_the_other_table_every_reference_is_refused(
    make_table: Callable[..., Table], check: Check
) -> None:
    table = one(make_table, type="text", references="documents.document_id")
    assert found(check(table, [("a", "known")], {"x": []})[1]) == [("reference", 2, "x", "known")]


def test_expected_words_are_listed(make_table: Callable[..., Table], check: Check) -> None:
    defect = check(one(make_table, type="text", choices=["甲", "乙"]), [("a", "丙")])[1][0]
    assert defect.expected_ja.endswith("甲、乙")
    assert defect.expected_en == "Write one of: 甲、乙"


def test_header_of_the_file_is_named_not_our_key(make_table: Callable[..., Table], check: Check) -> None:
    table = make_table(
        {"key": {"type": "text"}, "x": {"type": "decimal", "maximum": 100, "from": ["率（％）", "率"]}}
    )
    assert found(check(table, [("a", "100.50")])[1]) == [("maximum", 2, "率（％）", "100.5")]


def test_rows_of_one_key_are_all_refused(make_table: Callable[..., Table], check: Check) -> None:
    table = one(make_table, type="integer")
    defects = check(table, [("a", "1"), ("b", "2"), ("a", "3")])[1]
    assert found(defects) == [("duplicate_key", 2, "key", "key=a"), ("duplicate_key", 4, "key", "key=a")]


@pytest.mark.parametrize(("second", "rows"), [("2018-01-01", [2, 3]), ("2018-01-02", []), (None, [])])
def test_key_of_several_columns_counts_as_a_whole(
    make_table: Callable[..., Table], check: Check, second: str | None, rows: list[int]
) -> None:
    table = make_table({"key": {"type": "text"}, "day": {"type": "date"}}, grain=["key", "day"])
    defects = check(table, [("a", "2018-01-01"), ("a", second)])[1]
    assert [defect.row for defect in defects] == rows


def test_blank_parts_of_a_key_are_equal(make_table: Callable[..., Table], check: Check) -> None:
    table = make_table({"key": {"type": "text"}, "day": {"type": "date"}}, grain=["key", "day"])
    assert [defect.row for defect in check(table, [("a", None), ("a", None)])[1]] == [2, 3]


@pytest.fixture
def ordered(make_table: Callable[..., Table]) -> Table:
    return make_table(
        {"key": {"type": "text"}, "low": {"type": "integer"}, "high": {"type": "integer"}},
        checks=[
            {
                "id": "in_order",
                "sql": "high is null or high >= low",
                "message": {"ja": "順序が逆です", "en": "out of order"},
            }
        ],
    )


@pytest.mark.parametrize(
    ("low", "high", "passes"), [("1", "1", True), ("1", None, True), ("2", "1", False), (None, "1", False)]
)
def test_rule_over_a_row_must_be_true(
    ordered: Table, check: Check, low: str | None, high: str | None, passes: bool
) -> None:
    defects = check(ordered, [("ok", "1", "2"), ("b", low, high)])[1]
    assert found(defects) == ([] if passes else [("in_order", 3, "key", "key=b")])


def test_broken_rule_speaks_in_the_words_of_the_description(ordered: Table, check: Check) -> None:
    defect = check(ordered, [("b", "2", "1")])[1][0]
    assert (defect.expected_ja, defect.expected_en) == ("順序が逆です", "out of order")


def test_planted_bad_value_is_refused_so_values_are_checked_not_the_schema_alone(
    make_table: Callable[..., Table], place: Place
) -> None:
    table = one(make_table, type="integer", maximum=10)
    frame = pl.DataFrame({ROW: [2, 3], "key": ["a", "b"], "x": [10, 11]})
    assert found(check_table(frame, table, place, {})) == [("maximum", 3, "x", "11")]
    # The reason for insisting on an eager frame: over a lazy one the same contract finds nothing.
    assert isinstance(build_schema(table, {}).validate(frame.lazy(), lazy=True), pl.LazyFrame)


def test_several_defects_of_one_table_are_all_reported(
    make_table: Callable[..., Table], check: Check
) -> None:
    table = one(make_table, type="decimal", minimum=0, maximum=100)
    rows = [("a", "-1"), ("b", "101"), (None, "1"), ("c", "x"), ("d", "50")]
    assert {(rule, row) for rule, row, *_ in found(check(table, rows)[1])} == {
        ("minimum", 2), ("maximum", 3), ("required", 4), ("not_decimal", 5),
    }  # fmt: skip


def test_empty_table_keeps_its_contract(make_table: Callable[..., Table], check: Check) -> None:
    assert check(one(make_table, type="decimal", required=True), [])[1] == []

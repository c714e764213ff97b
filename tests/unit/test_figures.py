"""Cells of publishers' files: exact numbers, marks by the source's legend, nothing guessed."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.catalog.published import PublishedColumn
from pipelines.contracts.figures import PARSE_FAILED, REPORTED, read_numbers
from pipelines.extract.sheet import cell_text

LEGEND = {"-": "nil_mark", "***": "suppressed", "…": "not_surveyed", "X": "suppressed", "": "not_applicable"}


def column(unit: str = "%", **more: object) -> PublishedColumn:
    return PublishedColumn.model_validate({"from": ["x"], "type": "number", "unit": unit, **more})


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1.5", "1.5"), ("-2", "-2"), ("△2.6", "-2.6"), ("▲ 2.6", "-2.6"), ("１２．５", "12.5"), ("1,234", "1234"),
        ("12%", "12"), ("１２％", "12"), ("－3", "-3"), ("0", "0"), (" 7 ", "7"), ("1e-05", "0.00001"),
        ("0.5079161882893227", "0.5079161883"), ("11.200000000000001", "11.2"),
    ],
)  # fmt: skip
def test_numbers_in_every_spelling(text: str, value: str) -> None:
    read = read_numbers([text], column(), LEGEND)
    assert read.values.to_list() == [Decimal(value)]
    assert read.statuses.to_list() == [REPORTED]
    assert read.texts.to_list() == [text]


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("-", "nil_mark"), ("－", "nil_mark"), ("―", "nil_mark"), ("ー", "nil_mark"), ("***", "suppressed"),
        ("…", "not_surveyed"), ("Ｘ", "suppressed"), ("", "not_applicable"), ("　", "not_applicable"),
    ],
)  # fmt: skip
def test_marks_keep_their_own_status(text: str, status: str) -> None:
    read = read_numbers([text], column(), LEGEND)
    assert read.values.to_list() == [None]
    assert read.statuses.to_list() == [status]
    assert read.failed == []


def test_the_columns_own_legend_goes_before_the_tables() -> None:
    read = read_numbers(["－", "1"], column(marks={"-": "not_calculated"}), LEGEND)
    assert read.statuses.to_list() == ["not_calculated", REPORTED]


@pytest.mark.parametrize(
    "text", ["(0.36)", "約5", "1,23", "1.2.3", "12人", "x", "1013²", "TRUE", "#DIV/0!", "5～7"]
)
def test_what_is_no_number_is_never_guessed(text: str) -> None:
    read = read_numbers(["1", text], column(), {})
    assert read.values.to_list() == [Decimal(1), None]
    assert read.statuses.to_list() == [REPORTED, PARSE_FAILED]
    assert read.failed == [1]


def test_only_a_description_can_say_what_brackets_mean() -> None:
    read = read_numbers(["(0.36)", "（1.20）"], column(bracketed=True), {})
    assert read.values.to_list() == [Decimal("0.36"), Decimal("1.2")]
    assert read.texts.to_list() == ["(0.36)", "（1.20）"]


def test_a_blank_without_a_legend_is_a_failure_not_a_zero() -> None:
    assert read_numbers([""], column(), {}).statuses.to_list() == [PARSE_FAILED]


@given(st.decimals(min_value=-(10**15), max_value=10**15, places=4, allow_nan=False))
def test_a_printed_decimal_is_kept_exactly(number: Decimal) -> None:
    assert read_numbers([str(number)], column(), {}).values.to_list() == [number]


@given(st.integers(min_value=-(10**12), max_value=10**12))
def test_separators_width_and_sign_change_nothing(number: int) -> None:
    wide = str.maketrans("0123456789,", "０１２３４５６７８９，")
    spellings = [
        f"{number:,}",
        f"{number:,}".translate(wide),
        f"{number}".replace("-", "△"),
        f"{number}".replace("-", "▲ "),
    ]
    assert read_numbers(spellings, column(), {}).values.to_list() == [Decimal(number)] * 4


@given(st.floats(min_value=-1e9, max_value=1e9, allow_nan=False))
def test_a_stored_float_loses_nothing_beyond_ten_decimals(number: float) -> None:
    value = read_numbers([cell_text(number)], column(), {}).values.to_list()[0]
    assert abs(value - Decimal(repr(number))) <= Decimal("5e-11")

"""Cells of registers: exact yen, days as bodies write them, and refusals in place of guesses."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.register.cells import CellError, day, quantity, whole_number, whole_yen


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        ("1,234,567", 1, 1_234_567),
        ("１，２３４", 1, 1_234),
        ("△5", 1, -5),
        ("1,000円", 1, 1_000),
        (1234567.0, 1, 1_234_567),
        (123.456, 1_000, 123_456),
        ("123.456", 1_000, 123_456),
        (0.1 + 0.2, 1_000_000, 300_000),
        (999_999_999_999_999.0, 1, 999_999_999_999_999),
    ],
)
def test_an_amount_is_whole_yen(value: object, unit: int, expected: int) -> None:
    assert whole_yen(value, unit) == expected


@pytest.mark.parametrize(
    ("value", "unit"), [(0.5, 1), ("12.5", 1), (1.2345, 1_000), ("12,34", 1), ("abc", 1), (True, 1), (float("nan"), 1), ("9" * 19, 1)]
)  # fmt: skip
def test_what_is_no_whole_yen_is_refused(value: object, unit: int) -> None:
    with pytest.raises(CellError):
        whole_yen(value, unit)


@given(st.integers(-(10**15), 10**15))
def test_an_amount_in_thousands_loses_no_yen(yen: int) -> None:
    assert whole_yen(f"{Decimal(yen) / 1000:f}", 1_000) == yen


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("1985/4/1", date(1985, 4, 1)),
        ("1985-04-01", date(1985, 4, 1)),
        ("1985-04-01 00:00:00", date(1985, 4, 1)),
        ("1985.4.1", date(1985, 4, 1)),
        ("19850401", date(1985, 4, 1)),
        ("昭和60年4月1日", date(1985, 4, 1)),
        ("S60.4.1", date(1985, 4, 1)),
        ("S60.04.01", date(1985, 4, 1)),
        ("S600401", date(1985, 4, 1)),
        ("平成元年4月1日", date(1989, 4, 1)),
        ("令和5年度", date(2024, 3, 31)),
        ("昭和60年3月", date(1985, 3, 31)),
        (31138.0, date(1985, 4, 1)),
        ("31138", date(1985, 4, 1)),
        (19850401.0, date(1985, 4, 1)),
        (datetime(1985, 4, 1), date(1985, 4, 1)),
        (date(1985, 4, 1), date(1985, 4, 1)),
    ],
)
def test_a_day_is_read_as_bodies_write_it(value: object, expected: date) -> None:
    assert day(value) == expected


@pytest.mark.parametrize("value", ["1985/13/1", "昭和65年4月1日", "4月1日", "1985", 12.5, "昨年", "19851301"])
def test_no_day_is_guessed(value: object) -> None:
    with pytest.raises(CellError):
        day(value)


def test_a_life_is_a_whole_number_of_years() -> None:
    assert (whole_number("50年"), whole_number(47.0), whole_number("０")) == (50, 47, 0)
    for value in ("47.5", "-1", "RC"):
        with pytest.raises(CellError):
            whole_number(value)


def test_a_quantity_keeps_four_decimals() -> None:
    assert quantity(12.3400000001) == Decimal("12.3400")

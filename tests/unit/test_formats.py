"""Numbers, days and targets as people read them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from cli.formats import bar, day_text, deadline_text, percent, plain_number, target_text, value_text
from cli.messages import Speaker
from pipelines.normalize.text import circled


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        ("0.05", 1, "0.1"),
        ("-0.05", 1, "-0.1"),
        ("98.249999", 1, "98.2"),
        ("98.25", 1, "98.3"),
        ("2.5", 0, "3"),
        ("1234567", 0, "1,234,567"),
        ("1013", 1, "1,013.0"),
    ],
)
def test_number_is_rounded_half_away_from_zero(value: str, decimals: int, text: str) -> None:
    assert plain_number(Decimal(value), decimals) == text


@pytest.mark.parametrize(
    ("value", "unit", "decimals", "ja", "en"),
    [
        ("1013", "団体", 0, "1,013団体", "1,013 bodies"),
        ("98.21", "%", 1, "98.2%", "98.2%"),
        ("999999", "人", 0, "999,999人", "999,999 people"),
        ("50142000", "人", 0, "5,014万人", "50.14 million people"),
        ("99999999", "円", 0, "99,999,999円", "99,999,999 yen"),
        ("399970000000", "円", 0, "4,000億円", "400 billion yen"),
        ("-100000000", "円", 0, "-1.00億円", "-100 million yen"),
        ("2601133", "千円", 0, "26.0億円", "2.60 billion yen"),
        ("259019", "千円", 0, "2.59億円", "259 million yen"),
        ("99999", "千円", 0, "99,999千円", "99,999 thousand yen"),
        ("1234", "百万円", 0, "12.3億円", "1.23 billion yen"),
        ("0.71", "指数", 2, "0.71", "0.71"),
        ("2.6", "倍", 1, "2.6倍", "2.6 times"),
        ("-3.25", "ポイント", 1, "-3.3ポイント", "-3.3 points"),
        ("55.4", "万円/人", 1, "55.4万円/人", "55.4 ×10,000 yen per person"),
    ],
)
def test_value_is_shown_with_its_unit(value: str, unit: str, decimals: int, ja: str, en: str) -> None:
    assert value_text(Decimal(value), unit, decimals, "ja") == ja
    assert value_text(Decimal(value), unit, decimals, "en") == en


@pytest.mark.parametrize(
    ("day", "precision", "ja", "en"),
    [
        (None, None, "時点不明", "undated"),
        (date(2018, 4, 1), "day", "2018-04-01", "2018-04-01"),
        (date(2018, 3, 31), "day", "2018-03-31", "2018-03-31"),
        (date(2018, 3, 31), "month", "2018年3月", "Mar 2018"),
        (date(2017, 3, 31), "fiscal_year", "2016年度末", "end of FY2016"),
        (date(2017, 4, 1), "fiscal_year", "2017-04-01", "2017-04-01"),
    ],
)
def test_day_is_shown_as_precisely_as_it_is_known(
    day: date | None, precision: str | None, ja: str, en: str
) -> None:
    assert day_text(day, precision, "ja") == ja
    assert day_text(day, precision, "en") == en


def test_deadline_at_the_end_of_march_is_a_fiscal_year() -> None:
    assert deadline_text(date(2017, 3, 31), "ja") == "2016年度末"
    assert deadline_text(date(2018, 12, 31), "ja") == "2018-12-31"


TARGET: dict[str, Any] = {
    "target_type": "level",
    "comparator": ">=",
    "target_value": Decimal(1000),
    "target_date": date(2018, 3, 31),
    "unit": "団体",
    "decimals": 0,
    "value_is_approximate": False,
    "direction": "increase",
    "target_due_on": None,
}


@pytest.mark.parametrize(
    ("changes", "ja", "en"),
    [
        ({}, "1,000団体以上 (2017年度末)", "at least 1,000 bodies (end of FY2017)"),
        (
            {"value_is_approximate": True},
            "約1,000団体以上 (2017年度末)",
            "at least about 1,000 bodies (end of FY2017)",
        ),
        ({"comparator": "<="}, "1,000団体以下 (2017年度末)", "at most 1,000 bodies (end of FY2017)"),
        ({"target_date": None}, "1,000団体以上 (期限は未設定)", "at least 1,000 bodies (no deadline set)"),
        (
            {"target_type": "change", "comparator": "<=", "target_value": Decimal(-30), "unit": "%"},
            "30%以上の削減 (2017年度末)",
            "a cut of at least 30% (end of FY2017)",
        ),
        ({"target_type": "direction_only"}, "増加", "increase"),
        ({"target_type": "none"}, "目標の記載なし", "no target stated"),
        ({"target_type": "not_set"}, "目標は未設定", "target not set yet"),
        (
            {"target_type": "not_set", "target_due_on": date(2019, 3, 31)},
            "目標は未設定 (目標の設定期限 2019-03-31)",
            "target not set yet (the target itself was due 2019-03-31)",
        ),
    ],
)
def test_target_is_put_into_words(changes: dict[str, Any], ja: str, en: str) -> None:
    assert target_text(TARGET | changes, Speaker("ja")) == ja
    assert target_text(TARGET | changes, Speaker("en")) == en


@pytest.mark.parametrize(
    ("progress", "elapsed", "text"),
    [
        (0.0, None, "[....]"),
        (0.5, None, "[==..]"),
        (1.0, None, "[====]"),
        (7.0, None, "[====]"),
        (-1.0, None, "[....]"),
        (0.5, 0.75, "[==|.]"),
        (1.0, 1.0, "[===|]"),
        (0.0, 0.0, "[|...]"),
        (0.0, 9.0, "[...|]"),
    ],
)
def test_bar_stays_inside_its_width(progress: float, elapsed: float | None, text: str) -> None:
    assert bar(progress, elapsed, width=4) == text


def test_circled_number_and_percent() -> None:
    assert circled(6) == "⑥"
    assert circled(15) == "⑮"
    assert percent(0.982) == "98%"
    assert (percent(0.995), percent(0.99896), percent(0.99999)) == ("99.5%", "99.9%", "99.9%")
    assert percent(1.0) == "100%"

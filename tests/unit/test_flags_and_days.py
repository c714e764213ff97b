"""Cells that stand for a number, months as periods, days as yearbooks of public enterprises print them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from pydantic import ValidationError

from pipelines.catalog.published import Period, PublishedColumn, PublishedTable
from pipelines.contracts.figures import read_numbers
from pipelines.extract.period import PeriodError, Span, period_words, read_period
from pipelines.normalize.japanese_dates import DateExpressionError, parse_date_expression

FLAG = PublishedColumn.model_validate(
    {
        "from": ["AI"],
        "type": "number",
        "unit": "有無",
        "words": {"○": 1, "未実施": 0, "": 0},
        "marks": {"-": "nil_mark"},
    }
)


def test_words_of_a_column_are_numbers_and_marks_are_not() -> None:
    read = read_numbers(["○", "未実施", "", "－", "1", " ○ ", "？"], FLAG, {"未実施": "not_surveyed"})
    assert read.values.to_list() == [Decimal(1), Decimal(0), Decimal(0), None, Decimal(1), Decimal(1), None]
    assert read.statuses.to_list() == ["reported"] * 3 + ["nil_mark", "reported", "reported", "parse_failed"]
    assert read.texts.to_list()[5] == " ○ "


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("S.57. 4. 1", date(1982, 4, 1)),
        ("H.31. 4. 1", date(2019, 4, 1)),
        ("R. 6. 4. 1", date(2024, 4, 1)),
        ("Ｓ．２７．１０．　１", date(1952, 10, 1)),
        ("2024. 4. 1", date(2024, 4, 1)),
    ],
)
def test_days_of_yearbooks(text: str, day: date) -> None:
    assert parse_date_expression(text).day == day


@pytest.mark.parametrize("text", ["S.65. 4. 1", "H. 2. 2.30", "X. 2. 4. 1", "R. 6. 4", "57. 4. 1"])
def test_days_that_do_not_exist_are_refused(text: str) -> None:
    with pytest.raises(DateExpressionError):
        parse_date_expression(text)


MONTH = Period.model_validate(
    {"kind": "month", "title": [r"month: {year}-(?P<month>\d+)"], "file": [r"{year}-(?P<month>\d\d)"]}
)


def test_a_month_ends_with_its_last_day() -> None:
    span = read_period(MONTH, {"title": "month: 2028-02", "file": "x_2028-02.json"})
    assert (span.kind, span.day, span.label) == ("month", date(2028, 2, 29), "2028-02-29")


def test_months_that_disagree_stop_the_file() -> None:
    with pytest.raises(PeriodError):
        read_period(MONTH, {"title": "month: 2028-02", "file": "x_2028-03.json"})


@pytest.mark.parametrize(
    ("year", "word", "before"),
    [
        (2023, "令和5", "令和4"),
        (2020, "令和2", "令和元"),
        (2019, "令和元", "平成30"),
        (2002, "平成14", "平成13"),
    ],
)
def test_header_words_of_a_fiscal_year(year: int, word: str, before: str) -> None:
    words = period_words(Span("fiscal_year", year, date(year + 1, 3, 31)))
    assert (words["wareki"], words["wareki_before"]) == (word, before)


def _table(*files: str) -> PublishedTable:
    return PublishedTable.model_validate(
        {
            "title": {"ja": "表", "en": "table"}, "role": "reference", "files": list(files), "period": {"kind": "day"},
            "layouts": [{"from": 2000, "sheet": ["*"], "anchor": ["a"], "columns": {"a": {"from": ["a"], "type": "text"}}}],
        }
    )  # fmt: skip


def test_a_pattern_of_files_may_name_the_file_within_an_archive() -> None:
    table = _table("survey*.zip!*市区町村*.csv", "*市区町村*.csv")
    assert table.file_patterns() == ["survey*.zip", "*市区町村*.csv"]
    assert table.member_of("some/ｓｕｒｖｅｙ_R5.zip") == "*市区町村*.csv"
    assert table.member_of("x_市区町村.csv") is None


def test_an_unknown_word_of_a_flag_is_an_error_in_the_description() -> None:
    with pytest.raises(ValidationError):
        PublishedColumn.model_validate(
            {"from": ["AI"], "type": "number", "unit": "有無", "words": {"○": "yes"}}
        )

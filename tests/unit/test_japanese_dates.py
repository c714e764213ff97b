"""The parse table of dates, and the fiscal year."""

from __future__ import annotations

from datetime import date

import pytest

from pipelines.normalize.japanese_dates import (
    DateExpression,
    DateExpressionError,
    fiscal_year_of,
    parse_date_expression,
    parse_fiscal_year,
    parse_serial_day,
)


@pytest.mark.parametrize(
    ("text", "day", "precision"),
    [
        ("2016年度末", date(2017, 3, 31), "fiscal_year"),
        ("2018年度中", date(2019, 3, 31), "fiscal_year"),
        ("2018年度まで", date(2019, 3, 31), "fiscal_year"),
        ("2018年度末まで", date(2019, 3, 31), "fiscal_year"),
        ("2018年度末までに", date(2019, 3, 31), "fiscal_year"),
        ("2018年度内", date(2019, 3, 31), "fiscal_year"),
        ("2020年度", date(2021, 3, 31), "fiscal_year"),
        ("２０２０年度", date(2021, 3, 31), "fiscal_year"),
        ("2014年10月現在", date(2014, 10, 1), "month"),
        ("2020年度予算から", date(2020, 4, 1), "day"),
        ("2018年3月時点", date(2018, 3, 31), "month"),
        ("2018年3月末", date(2018, 3, 31), "month"),
        ("2018年3月", date(2018, 3, 31), "month"),
        ("2016年2月時点", date(2016, 2, 29), "month"),
        ("2015年2月時点", date(2015, 2, 28), "month"),
        ("2018年4月1日現在", date(2018, 4, 1), "day"),
        ("2018年4月1日時点", date(2018, 4, 1), "day"),
        ("2018年4月1日", date(2018, 4, 1), "day"),
        ("2018-03-31", date(2018, 3, 31), "day"),
        ("2018/3/31", date(2018, 3, 31), "day"),
        ("2018.3.31", date(2018, 3, 31), "day"),
        ("2016年2月29日", date(2016, 2, 29), "day"),
    ],
)
def test_western_expression_of_the_parse_table(text: str, day: date, precision: str) -> None:
    assert parse_date_expression(text) == DateExpression(day, precision, is_approximate=False)


@pytest.mark.parametrize(
    "text", ["2021年度を目途", "2021年度を目途に", "2021年度末を目途に", "令和3年度を目途"]
)
def test_deadline_in_sight_of_a_year_is_approximate(text: str) -> None:
    assert parse_date_expression(text) == DateExpression(
        date(2022, 3, 31), "fiscal_year", is_approximate=True
    )


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("平成27年4月1日現在", date(2015, 4, 1)),
        ("平成元年4月1日", date(1989, 4, 1)),
        ("令和元年5月1日", date(2019, 5, 1)),
        ("令和 5年 3月 31日", date(2023, 3, 31)),
        ("昭和64年1月7日", date(1989, 1, 7)),
        ("大正15年12月25日", date(1926, 12, 25)),
        ("明治45年7月29日", date(1912, 7, 29)),
        ("R5.3.31", date(2023, 3, 31)),
        ("Ｒ５．３．３１", date(2023, 3, 31)),
        ("H29.4.1", date(2017, 4, 1)),
        ("S63/4/1", date(1988, 4, 1)),
        ("平31.4.30", date(2019, 4, 30)),
        ("令2-4-1", date(2020, 4, 1)),
    ],
)
def test_wareki_day(text: str, day: date) -> None:
    assert parse_date_expression(text) == DateExpression(day, "day")


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("平成28年度末", date(2017, 3, 31)),
        ("令和元年度", date(2020, 3, 31)),
        ("平成31年度", date(2020, 3, 31)),
        ("H29年度", date(2018, 3, 31)),
        ("平31年度", date(2020, 3, 31)),
    ],
)
def test_wareki_fiscal_year_ends_in_march(text: str, day: date) -> None:
    assert parse_date_expression(text) == DateExpression(day, "fiscal_year")


@pytest.mark.parametrize(
    "text",
    [
        "2017年2月29日",
        "2018-02-30",
        "2018年13月時点",
        "2018年0月現在",
        "2018年4月31日現在",
        "R0.1.1",
        "令和0年度",
        "0000年4月1日",
        "9999年度",
        "平成27年2月29日",
    ],
)
def test_day_that_does_not_exist_is_refused(text: str) -> None:
    with pytest.raises(DateExpressionError, match=text):
        parse_date_expression(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "4月1日現在",
        "H29",
        "平31",
        "2018",
        "早期に",
        "2018年度ごろ",
        "2018年3月時点※",
        "2018年",
        "18年度末",
    ],
)
def test_expression_outside_the_parse_table_is_refused(text: str) -> None:
    with pytest.raises(DateExpressionError):
        parse_date_expression(text)


@pytest.mark.parametrize(
    ("day", "year"),
    [
        (date(2018, 3, 31), 2017),
        (date(2018, 4, 1), 2018),
        (date(2018, 1, 1), 2017),
        (date(2018, 12, 31), 2018),
        (date(2016, 2, 29), 2015),
    ],
)
def test_fiscal_year_turns_on_the_first_of_april(day: date, year: int) -> None:
    assert fiscal_year_of(day) == year


@pytest.mark.parametrize(
    ("text", "year"),
    [
        ("H29", 2017),
        ("平31", 2019),
        ("R5", 2023),
        ("Ｒ５", 2023),
        ("令和5年度", 2023),
        ("令和元年度", 2019),
        ("平成31年度", 2019),
        ("2023年度", 2023),
        ("2023年", 2023),
        ("2023", 2023),
    ],
)
def test_fiscal_year_is_read(text: str, year: int) -> None:
    assert parse_fiscal_year(text) == year


@pytest.mark.parametrize("text", ["", "令和", "R0", "23", "2023年度末", "2023.5", "20233", "度", "9999"])
def test_text_that_names_no_fiscal_year_is_refused(text: str) -> None:
    with pytest.raises(DateExpressionError):
        parse_fiscal_year(text)


@pytest.mark.parametrize("text", ["昭和99年度", "大正16年4月1日", "2018/3-31", "2018.3/31", "平成0年度"])
def test_years_that_never_were_and_mixed_marks_are_refused(text: str) -> None:
    with pytest.raises(DateExpressionError):
        parse_date_expression(text)


def test_a_year_after_the_era_ended_is_what_older_documents_printed() -> None:
    assert parse_date_expression("平成35年度末").day == date(2024, 3, 31)


@pytest.mark.parametrize(
    ("number", "day"), [(43556.0, date(2019, 4, 1)), (43555.0, date(2019, 3, 31)), (20000, date(1954, 10, 3))]
)
def test_a_day_stored_as_a_number_is_a_day(number: float, day: date) -> None:
    assert parse_serial_day(number).day == day


@pytest.mark.parametrize("number", [43556.5, 2019.0, 0.0, 20190401.0])
def test_no_other_number_is_a_day(number: float) -> None:
    with pytest.raises(DateExpressionError):
        parse_serial_day(number)

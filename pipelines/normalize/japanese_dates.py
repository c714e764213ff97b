"""Dates and fiscal years as Japanese documents print them: the one parse table of the project.

A fiscal year runs from 1 April to 31 March and is named by the year of its April.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from pipelines.normalize.text import normalise_width

# Era, its letter, and the Western year before its first.
_ERAS = {"明治": 1867, "大正": 1911, "昭和": 1925, "平成": 1988, "令和": 2018}
_LAST_YEARS = {"明治": 45, "大正": 15, "昭和": 64}
_ERA_LETTERS = {
    "M": "明治",
    "T": "大正",
    "S": "昭和",
    "H": "平成",
    "R": "令和",
    "平": "平成",
    "令": "令和",
    "昭": "昭和",
}

YEAR_PATTERN = (
    r"(?:(?P<western>\d{4})|(?P<era>明治|大正|昭和|平成|令和|[MTSHR平令昭])\s*(?P<era_year>元|\d{1,2}))"
)


class DateExpressionError(ValueError):
    """The text is not a date expression of the parse table, or names a day that does not exist."""


@dataclass(frozen=True)
class DateExpression:
    """A day, how precisely it is known, and whether the document itself calls it approximate.

    `precision` is day, month, fiscal_year or calendar_year.
    """

    day: date
    precision: str
    is_approximate: bool = False


def fiscal_year_of(day: date) -> int:
    """Return the fiscal year (by its April) in which a day lies."""
    return day.year if day.month >= 4 else day.year - 1


def year_of(match: re.Match[str]) -> int:
    """Return the Western year of a match of YEAR_PATTERN; raise DateExpressionError for a year its era never had."""
    if match["western"]:
        return int(match["western"])
    era = _ERA_LETTERS.get(match["era"], match["era"])
    within = 1 if match["era_year"] == "元" else int(match["era_year"])
    # A document printed before the change of era may name 平成35年度; the earlier eras ended before any of ours.
    if not 1 <= within <= _LAST_YEARS.get(era, 99):
        raise DateExpressionError(match.group(0))
    return _ERAS[era] + within


def _day(match: re.Match[str]) -> DateExpression:
    return DateExpression(date(year_of(match), int(match["month"]), int(match["day"])), "day")


def _month_end(match: re.Match[str]) -> DateExpression:
    year, month = year_of(match), int(match["month"])
    return DateExpression(date(year, month, calendar.monthrange(year, month)[1]), "month")


def _month_start(match: re.Match[str]) -> DateExpression:
    return DateExpression(date(year_of(match), int(match["month"]), 1), "month")


def _fiscal_year_end(match: re.Match[str]) -> DateExpression:
    return DateExpression(date(year_of(match) + 1, 3, 31), "fiscal_year")


def _fiscal_year_end_about(match: re.Match[str]) -> DateExpression:
    return DateExpression(date(year_of(match) + 1, 3, 31), "fiscal_year", is_approximate=True)


def _fiscal_year_start(match: re.Match[str]) -> DateExpression:
    return DateExpression(date(year_of(match), 4, 1), "day")


# Order matters: the first pattern that matches the whole text wins.
_RULES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], DateExpression]], ...] = tuple(
    (re.compile(pattern), rule)
    for pattern, rule in (
        (YEAR_PATTERN + r"年\s*(?P<month>\d{1,2})月\s*(?P<day>\d{1,2})日(?:現在|時点)?", _day),
        (YEAR_PATTERN + r"(?P<mark>[-/.])(?P<month>\d{1,2})(?P=mark)(?P<day>\d{1,2})", _day),
        # Statistics of public enterprises: `S.57. 4. 1`.
        (
            r"(?:(?P<western>\d{4})|(?P<era>[MTSHR])\.\s*(?P<era_year>\d{1,2}))"
            r"\.\s*(?P<month>\d{1,2})\.\s*(?P<day>\d{1,2})",
            _day,
        ),
        (YEAR_PATTERN + r"年\s*(?P<month>\d{1,2})月現在", _month_start),
        (YEAR_PATTERN + r"年\s*(?P<month>\d{1,2})月(?:時点|末)?", _month_end),
        (YEAR_PATTERN + r"年?度予算から", _fiscal_year_start),
        (YEAR_PATTERN + r"年?度(?:末)?を目途(?:に)?", _fiscal_year_end_about),
        (YEAR_PATTERN + r"年?度(?:末|中|内)?(?:まで(?:に)?)?", _fiscal_year_end),
    )
)


def parse_date_expression(text: str) -> DateExpression:
    """Return the day that an expression such as 「2016年度末」 or 「平成27年4月1日現在」 means.

    Raises DateExpressionError when no rule covers the text or the day does not exist.
    """
    plain = normalise_width(text)
    for pattern, rule in _RULES:
        if match := pattern.fullmatch(plain):
            try:
                return rule(match)
            except ValueError as error:
                raise DateExpressionError(text) from error
    raise DateExpressionError(text)


_YEAR = re.compile(YEAR_PATTERN + r"年(?P<fiscal>度)?")


def parse_year(text: str) -> DateExpression:
    """Return the last day of 「2020年」 or 「令和2年度」: all that is known of a figure dated by its year alone.

    Raises DateExpressionError for all else.
    """
    match = _YEAR.fullmatch(normalise_width(text))
    if not match:
        raise DateExpressionError(text)
    try:
        if match["fiscal"]:
            return _fiscal_year_end(match)
        return DateExpression(date(year_of(match), 12, 31), "calendar_year")
    except ValueError as error:
        raise DateExpressionError(text) from error


def day_within(year: DateExpression, month: int, day: int) -> DateExpression:
    """Return the one day of a year or fiscal year that has this month and day."""
    found = date(year.day.year, month, day)
    if found > year.day:
        found = date(year.day.year - 1, month, day)
    return DateExpression(found, "day")


# Day 0 of a workbook's numbers for days (the 1900 system, which counts a 29 February 1900 that never was).
_SERIAL_START = date(1899, 12, 30)
_SERIALS = range(20_000, 80_000)


def parse_serial_day(number: float) -> DateExpression:
    """Return the day that a workbook stores as a bare number, such as 43556 for 2019-04-01.

    Raises DateExpressionError for a number that is no whole day between 1954 and 2119.
    """
    if not float(number).is_integer() or int(number) not in _SERIALS:
        raise DateExpressionError(str(number))
    return DateExpression(_SERIAL_START + timedelta(days=int(number)), "day")


_FISCAL_YEAR = re.compile(YEAR_PATTERN + r"(?:年度|年)?")


def parse_fiscal_year(text: str) -> int:
    """Return the fiscal year named by 「令和5年度」, 「R5」, 「2023年度」 or 「2023」."""
    match = _FISCAL_YEAR.fullmatch(normalise_width(text))
    if not match:
        raise DateExpressionError(text)
    try:
        return _fiscal_year_end(match).day.year - 1
    except ValueError as error:
        raise DateExpressionError(text) from error

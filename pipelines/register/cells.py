"""Cells of registers: whole yen in decimals, days, years; what cannot be read says so and is left blank."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

from pipelines.extract.sheet import cell_text
from pipelines.normalize.japanese_dates import DateExpressionError, parse_date_expression
from pipelines.normalize.numbers import NumberFormatError, parse_number

# Excel counts days from here (its first two months of 1900 are off, before which no register has an asset).
_SERIAL_START = date(1899, 12, 30)
_SERIALS = range(61, 80_000)
# 3600401: the era by its number, as systems of municipalities keep days.
_NUMBERED_ERA = re.compile(r"(?P<era>[1-5])(?P<year>\d{2})(?P<month>\d{2})(?P<day>\d{2})")
_ERAS_BY_NUMBER = " MTSHR"
_TIME = re.compile(r"[ T]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?$")
_WEEKDAY = re.compile(r"\([月火水木金土日]\)$")
_DOTTED_MONTH = re.compile(
    r"(?P<era>[MTSHR])\.?(?P<year>\d{1,2})[./-](?P<month>\d{1,2})|(?P<western>\d{4})[./-](?P<month_too>\d{1,2})"
)
_BARE_YEAR = re.compile(r"(?P<era>明治|大正|昭和|平成|令和|[MTSHR])?\.?(?P<year>元|\d{1,4})(?:年度?)?")
_COMPACT_DAY = re.compile(
    r"(?:(?P<year>\d{4})|(?P<era>[MTSHR])(?P<era_year>\d{2}))(?P<month>\d{2})(?P<day>\d{2})"
)
_DOTTED_DAY = re.compile(
    r"(?P<era>[MTSHR]?)\.?(?P<year>\d{1,4})[./年](?P<month>\d{1,2})[./月](?P<day>\d{1,2})日?"
)
_MOST_YEN = Decimal(10) ** 18
_MOST_QUANTITY = Decimal(10) ** 14
# What a spreadsheet's arithmetic leaves beside a whole number.
_NOISE = Decimal("0.000001")


class CellError(ValueError):
    """A cell is not of its column's kind."""


def plain_text(value: object) -> str:
    """Return a cell's text, NFKC, without surrounding white space."""
    text = cell_text(value).strip()
    return text if text.isascii() else unicodedata.normalize("NFKC", text).strip()


@lru_cache(maxsize=4096)
def _printed_number(text: str) -> Decimal:
    try:
        return parse_number(text, "円" if text.endswith("円") else None).value
    except NumberFormatError as error:
        raise CellError(text) from error


def _number(value: object) -> Decimal:
    if isinstance(value, bool):
        raise CellError(str(value))
    if isinstance(value, int):
        return Decimal(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise CellError(repr(value))
        return Decimal(int(value)) if value.is_integer() else Decimal(repr(value))
    text = str(value).strip()
    if text.isascii() and text.isdigit():
        return Decimal(text)
    # ¥1,234: in Shift_JIS the sign is a backslash.
    bare = re.sub(r"^([△▲+-]?)\s*[¥￥\\]\s*", r"\1", text)
    return _printed_number(bare)


def whole_yen(value: object, unit_yen: int) -> Decimal:
    """Return an amount in whole yen; raise CellError for a fraction of a yen that is more than a spreadsheet's noise."""
    amount = _number(value) * unit_yen
    whole = amount.to_integral_value()
    if abs(amount - whole) > _NOISE * unit_yen or abs(whole) >= _MOST_YEN:
        raise CellError(plain_text(value))
    return whole


def whole_number(value: object) -> int:
    """Return a whole number such as a life in years (`50`, `50年`)."""
    if isinstance(value, str):
        value = plain_text(value).removesuffix("年")
    number = _number(value)
    if number != number.to_integral_value() or not 0 <= number < 10_000:
        raise CellError(plain_text(value))
    return int(number)


def quantity(value: object) -> Decimal:
    """Return a quantity with up to four decimals; more are a spreadsheet's noise."""
    number = _number(value)
    if abs(number) >= _MOST_QUANTITY:
        raise CellError(plain_text(value))
    return number.quantize(Decimal("0.0001"))


def _serial_day(serial: int) -> date:
    return _SERIAL_START + timedelta(days=serial)


@lru_cache(maxsize=65_536)
def _printed_day(text: str) -> date:
    plain = _WEEKDAY.sub("", _TIME.sub("", text)).replace(" ", "")
    try:
        if match := _NUMBERED_ERA.fullmatch(plain):
            plain = f"{_ERAS_BY_NUMBER[int(match['era'])]}{plain[1:]}"
        if match := _COMPACT_DAY.fullmatch(plain):
            year = match["year"] or f"{match['era']}{int(match['era_year'])}"
            plain = f"{year}-{int(match['month'])}-{int(match['day'])}"
        elif match := _DOTTED_DAY.fullmatch(plain):
            plain = f"{match['era']}{int(match['year'])}-{int(match['month'])}-{int(match['day'])}"
        elif match := _DOTTED_MONTH.fullmatch(plain):
            year = match["western"] or f"{match['era']}{int(match['year'])}"
            plain = f"{year}年{int(match['month'] or match['month_too'])}月"
        elif (
            (match := _BARE_YEAR.fullmatch(plain))
            and plain.endswith("年")
            and (match["era"] or len(match["year"]) == 4)
        ):
            plain = f"{plain}12月"
        elif plain.isdigit() and int(plain) in _SERIALS and len(plain) == 5:
            return _serial_day(int(plain))
        return parse_date_expression(plain).day
    except (DateExpressionError, ValueError) as error:
        raise CellError(text) from error


def day(value: object) -> date:
    """Return a day: a date, an Excel serial, `S60.4.1`, `昭和60年4月1日`, `19850401`, or the end of a fiscal year."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        if value == int(value) and int(value) in _SERIALS:
            return _serial_day(int(value))
        return _printed_day(cell_text(value))
    return _printed_day(plain_text(value))


def year_only(value: object, *, fiscal: bool) -> date:
    """Return the last day of a year that stands alone (`1985`, `昭和60`, `S60年度`), or the day where one is written."""
    text = plain_text(value).replace(" ", "")
    match = _BARE_YEAR.fullmatch(text)
    if not match or (match["era"] is None and len(match["year"]) != 4):
        return day(value)
    named = text.rstrip("度").removesuffix("年")
    return _printed_day(f"{named}年度" if fiscal or text.endswith("度") else f"{named}年12月")


def reader_of(kind: str, unit_yen: int) -> Callable[[object], Any]:
    """Return what reads the cells of a column of a kind; it raises CellError."""
    if kind == "yen":
        return lambda value: whole_yen(value, unit_yen)
    if kind in ("fiscal_year", "calendar_year"):
        return lambda value: year_only(value, fiscal=kind == "fiscal_year")
    return {"text": plain_text, "date": day, "integer": whole_number, "quantity": quantity}[kind]

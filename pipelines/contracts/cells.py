"""Texts to typed columns; a cell that cannot be read names its row, column, content and what was expected."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl

from pipelines.catalog.models import Column, Table
from pipelines.defects import Defect
from pipelines.extract.table import ROW, Place
from pipelines.normalize.area_codes import AreaCodeError, parse_area_code
from pipelines.normalize.japanese_dates import DateExpressionError, parse_date_expression, parse_fiscal_year
from pipelines.normalize.numbers import NumberFormatError, parse_number
from pipelines.normalize.text import normalise_width

DECIMAL = pl.Decimal(38, 10)

_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

_Fields = dict[str, Any]
_Reader = Callable[[str, Column], _Fields]


class CellError(ValueError):
    """A cell that is not of its column's type."""


@dataclass(frozen=True)
class _Type:
    """How a column type is read: the fields it yields (suffix to dtype) and what a reader should have found."""

    fields: dict[str, Any]
    read: _Reader
    expected_ja: str
    expected_en: str


def fits_decimal(value: Decimal) -> bool:
    """Return whether a value is kept exactly in DECIMAL(38, 10)."""
    return value.as_tuple().exponent >= -10 and abs(value) < Decimal(10) ** 28  # type: ignore[operator]


def _text(text: str, column: Column) -> _Fields:
    return {"": text}


def _integer(text: str, column: Column) -> _Fields:
    number = parse_number(text, column.unit)
    if (
        number.is_approximate
        or number.value != number.value.to_integral_value()
        or abs(number.value) >= 2**63
    ):
        raise CellError(text)
    return {"": int(number.value)}


def _integer_list(text: str, column: Column) -> _Fields:
    return {"": [_integer(part, column)[""] for part in text.split(";")]}


def _decimal(text: str, column: Column) -> _Fields:
    number = parse_number(text, column.unit)
    if not fits_decimal(number.value):
        raise CellError(text)
    return {"": number.value, "_is_approximate": number.is_approximate}


def _boolean(text: str, column: Column) -> _Fields:
    if text not in ("true", "false"):
        raise CellError(text)
    return {"": text == "true"}


def _iso_date(text: str, column: Column) -> _Fields:
    plain = normalise_width(text)
    if not _ISO_DATE.fullmatch(plain):
        raise CellError(text)
    return {"": date.fromisoformat(plain)}


def _date_expression(text: str, column: Column) -> _Fields:
    expression = parse_date_expression(text)
    return {
        "": expression.day,
        "_precision": expression.precision,
        "_is_approximate": expression.is_approximate,
    }


def _fiscal_year(text: str, column: Column) -> _Fields:
    return {"": parse_fiscal_year(text)}


def _area_code(text: str, column: Column) -> _Fields:
    return {"": parse_area_code(text)}


_TYPES: dict[str, _Type] = {
    "text": _Type({"": pl.String}, _text, "文字列", "text"),
    "integer": _Type({"": pl.Int64}, _integer, "整数を書いてください", "Write a whole number"),
    "integer_list": _Type(
        {"": pl.List(pl.Int64)},
        _integer_list,
        "整数を「;」で区切って書いてください",
        "Write whole numbers separated by ';'",
    ),
    "decimal": _Type(
        {"": DECIMAL, "_is_approximate": pl.Boolean},
        _decimal,
        "数を一つだけ書いてください（単位や注は別の欄に）",
        "Write one number only; units and notes have their own columns",
    ),
    "boolean": _Type({"": pl.Boolean}, _boolean, "true か false を書いてください", "Write true or false"),
    "date": _Type(
        {"": pl.Date},
        _iso_date,
        "実在する日付を 2018-03-31 の形で書いてください",
        "Write a real day as 2018-03-31",
    ),
    "date_expression": _Type(
        {"": pl.Date, "_precision": pl.String, "_is_approximate": pl.Boolean},
        _date_expression,
        "「2018年3月31日」「2018年3月時点」「2017年度末」などの実在する時点を書いてください",
        "Write a real point in time such as 2018年3月31日, 2018年3月時点 or 2017年度末",
    ),
    "fiscal_year": _Type(
        {"": pl.Int64},
        _fiscal_year,
        "「令和5年度」のように年度を書いてください",
        "Write a fiscal year such as 令和5年度",
    ),
    "area_code": _Type(
        {"": pl.String},
        _area_code,
        "検査数字を含む6桁の全国地方公共団体コードを書いてください",
        "Write the 6-digit area code with its check digit",
    ),
}

_CELL_ERRORS = (CellError, NumberFormatError, DateExpressionError, AreaCodeError, ValueError)


def fields_of(key: str, column: Column) -> dict[str, Any]:
    """Return the typed fields a column yields, such as `as_of`, `as_of_precision`, `as_of_is_approximate`."""
    return {f"{key}{suffix}": dtype for suffix, dtype in _TYPES[column.type].fields.items()}


def expectation(column: Column) -> tuple[str, str]:
    """Return in Japanese and English what a cell of this column should hold."""
    kind = _TYPES[column.type]
    return kind.expected_ja, kind.expected_en


def _read_column(
    texts: Iterable[tuple[int, str | None]], key: str, column: Column, table: Table, place: Place
) -> tuple[dict[str, list[Any]], list[Defect]]:
    kind = _TYPES[column.type]
    values: dict[str, list[Any]] = {f"{key}{suffix}": [] for suffix in kind.fields}
    defects = []
    for row, text in texts:
        fields: _Fields = {}
        if text is not None:
            try:
                fields = kind.read(text, column)
            except _CELL_ERRORS:
                defects.append(
                    place.defect(
                        f"not_{column.type}",
                        text,
                        kind.expected_ja,
                        kind.expected_en,
                        row=row,
                        column=table.header_names(key)[0],
                    )
                )
        for suffix in kind.fields:
            values[f"{key}{suffix}"].append(fields.get(suffix))
    return values, defects


def read_cells(frame: pl.DataFrame, table: Table, place: Place) -> tuple[pl.DataFrame, list[Defect]]:
    """Return the typed frame (null where a cell was blank or unreadable) and the unreadable cells.

    Shape: as `frame`, with `__row`, the fields of every column, and `<column>__text` for measured columns.
    """
    columns: dict[str, pl.Series] = {ROW: frame[ROW]}
    defects: list[Defect] = []
    for key, column in table.columns.items():
        values, found = _read_column(zip(frame[ROW], frame[key], strict=True), key, column, table, place)
        defects.extend(found)
        for name, dtype in fields_of(key, column).items():
            columns[name] = pl.Series(name, values[name], dtype=dtype, strict=True)
        if column.type == "decimal":
            columns[f"{key}__text"] = frame[key].alias(f"{key}__text")
    return pl.DataFrame(list(columns.values())), defects

"""Cells of a published column to exact numbers: by the source's own legend of marks, never by guessing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

import polars as pl

from pipelines.catalog.published import PublishedColumn
from pipelines.contracts.cells import DECIMAL
from pipelines.normalize.numbers import NumberFormatError, parse_number
from pipelines.normalize.text import normalise_width

_PLAIN_NUMBER = r"^-?[0-9]+(\.[0-9]+)?(e-[0-9]+)?$"
_DASHES = str.maketrans(dict.fromkeys("−‐–—―─ー", "-"))
# Brackets mark a figure on another footing in some tables and a negative one in others: only a description can tell.
_BRACKETED = re.compile(r"\(([^()]+)\)")
_SCALE = Decimal(1).scaleb(-10)
_LARGEST = Decimal(10) ** 28

REPORTED = "reported"
PARSE_FAILED = "parse_failed"


@dataclass(frozen=True)
class Numbers:
    """A column read: values (DECIMAL(38, 10), null unless reported), statuses, and the texts they came from."""

    values: pl.Series
    statuses: pl.Series
    texts: pl.Series
    failed: list[int]


def mark_key(text: str) -> str:
    """Return a mark as a legend names it: NFKC, trimmed, every dash as `-`; a blank cell is the empty text."""
    return normalise_width(text).translate(_DASHES)


def _legend(*legends: dict[str, str]) -> dict[str, str]:
    return {mark_key(mark): status for legend in legends for mark, status in legend.items()}


def _odd_cell(
    text: str, column: PublishedColumn, legend: dict[str, str], words: dict[str, int]
) -> tuple[Decimal | None, str]:
    key = mark_key(text)
    if (word := words.get(key)) is not None:
        return Decimal(word), REPORTED
    if (status := legend.get(key)) is not None:
        return None, status
    if column.bracketed and (bare := _BRACKETED.fullmatch(normalise_width(text))):
        text = bare[1]
    try:
        number = parse_number(text, column.unit)
    except NumberFormatError:
        return None, PARSE_FAILED
    if number.is_approximate or abs(number.value) >= _LARGEST:
        return None, PARSE_FAILED
    return number.value.quantize(_SCALE, ROUND_HALF_EVEN), REPORTED


def read_numbers(texts: list[str], column: PublishedColumn, marks: dict[str, str]) -> Numbers:
    """Return the numbers of a column; `marks` is the table's legend, the column's own goes before it.

    Values are kept to ten decimals (a float's noise lies beyond them); `texts` keeps every digit.
    """
    legend = _legend(marks, column.marks)
    words = {mark_key(word): number for word, number in column.words.items()}
    series = pl.Series("text", texts, dtype=pl.String)
    plain = series.str.contains(_PLAIN_NUMBER)
    values = pl.select(pl.when(plain).then(series)).to_series().cast(DECIMAL, strict=False)
    odd = values.is_null().arg_true().to_list()
    if not odd:
        return Numbers(
            values,
            pl.Series([REPORTED]).extend_constant(REPORTED, len(texts) - 1)
            if texts
            else pl.Series([], dtype=pl.String),
            series,
            [],
        )
    read = {text: _odd_cell(text, column, legend, words) for text in {texts[index] for index in odd}}
    statuses = [REPORTED] * len(texts)
    numbers: list[Decimal | None] = [None] * len(odd)
    for place, index in enumerate(odd):
        numbers[place], statuses[index] = read[texts[index]]
    values = values.scatter(odd, pl.Series(numbers, dtype=DECIMAL))
    failed = [index for index in odd if statuses[index] == PARSE_FAILED]
    return Numbers(values, pl.Series(statuses, dtype=pl.String), series, failed)

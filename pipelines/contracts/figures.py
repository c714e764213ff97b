"""Cells of a published column to exact numbers: by the source's own legend of marks, never by guessing."""

from __future__ import annotations

import re
from collections.abc import Mapping
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
    return read_columns({"": texts}, {"": column}, marks)[""]


def read_columns(
    texts: Mapping[str, list[str]], columns: Mapping[str, PublishedColumn], marks: dict[str, str]
) -> dict[str, Numbers]:
    """Return the numbers of several columns by name, as `read_numbers` does: those written plainly all at once."""
    series = pl.DataFrame({key: pl.Series(cells, dtype=pl.String) for key, cells in texts.items()})
    plainly = pl.when(pl.all().str.contains(_PLAIN_NUMBER)).then(pl.all())
    values = series.select(plainly.cast(DECIMAL, strict=False))
    return {key: _completed(series[key], values[key], columns[key], marks) for key in texts}


def _completed(
    texts: pl.Series, values: pl.Series, column: PublishedColumn, marks: dict[str, str]
) -> Numbers:
    """Return a column whose plain numbers are read, with the cells that are marks, words or otherwise written."""
    if not values.null_count():
        return Numbers(values, _all_reported(len(texts)), texts, [])
    odd = values.is_null().arg_true().to_list()
    written = texts.gather(odd).to_list()
    legend = _legend(marks, column.marks)
    words = {mark_key(word): number for word, number in column.words.items()}
    read = {text: _odd_cell(text, column, legend, words) for text in set(written)}
    numbers = pl.Series([read[text][0] for text in written], dtype=DECIMAL)
    status_of = [read[text][1] for text in written]
    return Numbers(
        values.scatter(odd, numbers),
        _all_reported(len(texts)).scatter(odd, pl.Series(status_of, dtype=pl.String)),
        texts,
        [index for index, status in zip(odd, status_of, strict=True) if status == PARSE_FAILED],
    )


def _all_reported(count: int) -> pl.Series:
    return pl.Series([REPORTED], dtype=pl.String).new_from_index(0, count)

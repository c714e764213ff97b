"""Cells of a published column to exact numbers: by the source's own legend of marks, never by guessing."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from functools import cached_property
from itertools import chain

import polars as pl

from pipelines.catalog.published import PublishedColumn
from pipelines.contracts.cells import DECIMAL
from pipelines.extract.columns import text_series
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


class _OddCells:
    """Reads those cells of a column that are no plain numbers; each text once, for columns repeat their marks."""

    def __init__(self, column: PublishedColumn, marks: dict[str, str]) -> None:
        self._column = column
        self._marks = marks
        self._read: dict[str, tuple[Decimal | None, str]] = {}

    @cached_property
    def _legend(self) -> dict[str, str]:
        legends = (self._marks, self._column.marks)
        return {mark_key(mark): status for legend in legends for mark, status in legend.items()}

    @cached_property
    def _words(self) -> dict[str, int]:
        return {mark_key(word): number for word, number in self._column.words.items()}

    def read(self, text: str) -> tuple[Decimal | None, str]:
        """Return the number, if it is one, and the status."""
        if text not in self._read:
            self._read[text] = _odd_cell(text, self._column, self._legend, self._words)
        return self._read[text]


def _odd_cell(
    text: str, column: PublishedColumn, legend: dict[str, str], words: dict[str, int]
) -> tuple[Decimal | None, str]:
    key = mark_key(text)
    if (word := words.get(key)) is not None:
        return Decimal(word), REPORTED
    if (status := legend.get(key)) is not None:
        return None, status
    if key and (any_text := words.get("*")) is not None:
        return Decimal(any_text), REPORTED
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
    cells: Mapping[str, Sequence[object]], columns: Mapping[str, PublishedColumn], marks: dict[str, str]
) -> dict[str, Numbers]:
    """Return the numbers of columns of one height by name, as `read_numbers` does: all of them in one go."""
    texts = text_series(list(chain.from_iterable(cells.values())))
    values, statuses = _plain_numbers(texts), pl.Series([REPORTED]).new_from_index(0, len(texts))
    height = len(texts) // max(len(cells), 1)
    odd = values.is_null().arg_true().to_list()
    readers = [_OddCells(columns[key], marks) for key in cells]
    written = zip(odd, texts.gather(odd).to_list(), strict=True)
    read = [readers[place // height].read(text) for place, text in written]
    if read:
        values = values.scatter(odd, pl.Series([number for number, _ in read], dtype=DECIMAL))
        statuses = statuses.scatter(odd, pl.Series([status for _, status in read], dtype=pl.String))
    failed = [place for place, (_, status) in zip(odd, read, strict=True) if status == PARSE_FAILED]
    starts = {key: number * height for number, key in enumerate(cells)}
    return {
        key: Numbers(
            values.slice(start, height),
            statuses.slice(start, height),
            texts.slice(start, height),
            [place - start for place in failed if start <= place < start + height],
        )
        for key, start in starts.items()
    }


def _plain_numbers(texts: pl.Series) -> pl.Series:
    """Return the numbers of texts that are written plainly, null for all others."""
    text = pl.col("text")
    plainly = pl.when(text.str.contains(_PLAIN_NUMBER)).then(text)
    return texts.alias("text").to_frame().select(plainly.cast(DECIMAL, strict=False)).to_series()

"""The cells of some rows by columns, and what is asked of a cell: its text, whether it is blank or begins a note."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from operator import itemgetter
from typing import cast

import polars as pl

from pipelines.extract.sheet import cell_text
from pipelines.normalize.text import normalise_width

_NOTE = re.compile(r"(?:\(?注|※|\*|備考|\(備考|資料[:：]|出典[:：])")


def texts_of(values: list[object]) -> list[str]:
    """Return the exact texts of a column's cells.

    Long tables repeat few values: each is turned into text once, unless 1 and True could be taken for each other.
    """
    types = set(map(type, values))
    if types <= {str}:
        return cast(list[str], values)
    if not types <= {str, float}:
        return [cell_text(value) for value in values]
    known = {value: cell_text(value) for value in set(values)}
    return [known[value] for value in values]


# At and beyond these sizes Python and polars do not write a number alike.
_SMALL, _LARGE = 1e-4, 1e15


def text_series(values: Sequence[object]) -> pl.Series:
    """Return the exact texts of many cells, numbers written as `cell_text` writes them but all at once."""
    types = set(map(type, values))
    if types <= {str}:
        return pl.Series(values, dtype=pl.String)
    if not types <= {str, float, int}:
        return pl.Series(texts_of(list(values)), dtype=pl.String)
    written = [place for place, value in enumerate(values) if type(value) is str] if str in types else []
    numbers = [None if type(value) is str else value for value in values] if written else values
    texts = _number_texts(numbers)
    return texts.scatter(written, [values[place] for place in written]) if written else texts


def _number_texts(values: Sequence[object]) -> pl.Series:
    numbers = pl.Series("n", values, dtype=pl.Float64, strict=False)
    number, size = pl.col("n"), pl.col("n").abs()
    found = numbers.to_frame().select(
        # Below zero there is a zero too: -0.0.
        texts=pl.when(size == 0).then(pl.lit("0")).otherwise(number.cast(pl.String).str.strip_suffix(".0")),
        is_odd=~(((size > _SMALL) & (size < _LARGE)) | (size == 0)),
    )
    odd = found["is_odd"].arg_true().to_list()
    return found["texts"].scatter(odd, [cell_text(values[place]) for place in odd]) if odd else found["texts"]


@lru_cache(maxsize=65536)
def plain(text: str) -> str:
    """Return a text as rules compare it: NFKC, no white space."""
    return "".join(normalise_width(text).split())


def is_blank(value: object) -> bool:
    """Return whether a cell holds nothing but white space."""
    return value == "" or value is None or (isinstance(value, str) and not value.strip())


def blank_among(values: set[object]) -> set[object]:
    """Return the blank ones of some cells."""
    return {value for value in values if value is None or (isinstance(value, str) and not value.strip())}


class Columns:
    """The cells of some rows by column; each column is taken out once. A cell that is not there is empty."""

    def __init__(self, rows: Sequence[Sequence[object]]) -> None:
        self._rows = rows
        self._columns: dict[int, list[object]] = {}
        self._distinct: dict[int, set[object]] = {}
        self._width = min(map(len, rows), default=0)
        self.count = len(rows)

    def of(self, index: int) -> list[object]:
        """Return a column's cells; the list is shared, so do not change it."""
        if index not in self._columns:
            self._columns[index] = (
                list(map(itemgetter(index), self._rows))
                if index < self._width
                else [row[index] if index < len(row) else "" for row in self._rows]
            )
        return self._columns[index]

    def distinct(self, index: int) -> set[object]:
        """Return a column's different cells: a long table has few, and each is judged once."""
        if index not in self._distinct:
            self._distinct[index] = set(self.of(index))
        return self._distinct[index]

    def shorter_than(self, width: int) -> list[int]:
        """Return the rows that end before a column."""
        if width <= self._width:
            return []
        return [place for place, row in enumerate(self._rows) if len(row) < width]

    def blank_in(self, indexes: Sequence[int]) -> list[int]:
        """Return the rows whose cells are blank in all of some columns."""
        places: Sequence[int] = range(self.count)
        for index in dict.fromkeys(indexes):
            cells = self.of(index)
            # A few cells are sooner judged one by one than all the different ones of the column.
            blank = blank_among(
                {cells[place] for place in places} if len(places) < self.count else self.distinct(index)
            )
            places = [place for place in places if cells[place] in blank] if blank else []
            if not places:
                break
        return list(places)

    def notes(self) -> list[int]:
        """Return the rows whose first text begins as a note does."""
        found: list[int] = []
        places: Sequence[int] = range(self.count)
        width = max(map(len, self._rows), default=0) if self.blank_in([0]) else 1
        for index in range(width):
            cells, left = self.of(index), []
            for place in places:
                cell = cells[place]
                begins = _beginning(cell) if isinstance(cell, str) else cell is None
                if begins is None:
                    found.append(place)
                elif begins:
                    left.append(place)
            places = left
            if not places:
                break
        return found


@lru_cache(maxsize=65536)
def _beginning(text: str) -> bool | None:
    """Return None for a text that begins a note, else whether it is blank."""
    return None if _NOTE.match(plain(text)) else not text.strip()

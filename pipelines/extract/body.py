"""The rows under a header: which are bodies, which are totals, where the table ends; nothing is passed over silently."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from operator import itemgetter
from typing import cast

from pipelines.catalog.published import Layout, RowRule
from pipelines.defects import Defect
from pipelines.extract.header import Header
from pipelines.extract.sheet import Sheet, address, cell_text
from pipelines.extract.table import Place
from pipelines.normalize.text import normalise_width

BODY = "body"
_FIRST_SHOWN = 20
_NOTE = re.compile(r"(?:\(?注|※|\*|備考|\(備考|資料[:：]|出典[:：])")


@dataclass(frozen=True)
class Body:
    """The rows read: their positions in the file from 0, their kinds, and the cells of every described column."""

    rows: list[int]
    kinds: list[str]
    columns: dict[str, list[object]]
    notes: list[str]
    scopes: list[str | None] = field(default_factory=list)
    _texts: dict[str, list[str]] = field(default_factory=dict, repr=False, compare=False)
    _plain: dict[str, list[str]] = field(default_factory=dict, repr=False, compare=False)

    def texts(self, key: str) -> list[str]:
        """Return a column's cells as exact texts; the list is shared, so do not change it."""
        if key not in self._texts:
            self._texts[key] = _texts_of(self.columns[key])
        return self._texts[key]

    def part(self, places: list[int]) -> Body:
        """Return some of the rows, by their places in the lists."""
        if len(places) == len(self.rows):
            return self
        return Body(
            [self.rows[place] for place in places],
            [self.kinds[place] for place in places],
            {key: [values[place] for place in places] for key, values in self.columns.items()},
            self.notes,
            [self.scopes[place] for place in places],
        )

    def plain_texts(self, key: str) -> list[str]:
        """Return a column's cells as rules compare them; the list is shared, so do not change it."""
        if key not in self._plain:
            self._plain[key] = list(map(plain, self.texts(key)))
        return self._plain[key]


def _texts_of(values: list[object]) -> list[str]:
    """Long tables repeat few values: each is turned into text once, unless 1 and True could be taken for each other."""
    types = set(map(type, values))
    if types <= {str}:
        return cast(list[str], values)
    if not types <= {str, float}:
        return [cell_text(value) for value in values]
    known = {value: cell_text(value) for value in set(values)}
    return [known[value] for value in values]


@lru_cache(maxsize=65536)
def plain(text: str) -> str:
    """Return a text as rules compare it: NFKC, no white space."""
    return "".join(normalise_width(text).split())


def _is_blank(value: object) -> bool:
    return value == "" or value is None or (isinstance(value, str) and not value.strip())


def _blank_among(values: set[object]) -> set[object]:
    return {value for value in values if value is None or (isinstance(value, str) and not value.strip())}


def _first_text(row: Sequence[object]) -> str:
    return next((plain(cell_text(value)) for value in row if not _is_blank(value)), "")


class _Columns:
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
        places: Iterable[int] = range(self.count)
        for index in indexes:
            blank, cells = _blank_among(self.distinct(index)), self.of(index)
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


@lru_cache(maxsize=131072)
def _fits(pattern: str, text: str) -> bool:
    return re.fullmatch(pattern, plain(text)) is not None


def _fitting(pattern: str, index: int | None, columns: _Columns, places: list[int] | None) -> list[int]:
    """Return those of some rows (None: of all) whose cell a pattern matches; a column that is not there is empty."""
    among = range(columns.count) if places is None else places
    if index is None:
        return list(among) if _fits(pattern, "") else []
    cells = columns.of(index)
    distinct = columns.distinct(index) if places is None else {cells[place] for place in places}
    # True and 1 are equal and do not read the same.
    if bool in map(type, distinct):
        return [place for place in among if _fits(pattern, cell_text(cells[place]))]
    wanted = {cell for cell in distinct if _fits(pattern, cell if isinstance(cell, str) else cell_text(cell))}
    return [place for place in among if cells[place] in wanted] if wanted else []


def _sorted_by_rules(
    rules: list[RowRule], positions: Mapping[str, int], columns: _Columns
) -> tuple[list[str], dict[int, str]]:
    """Return each row's kind by the first rule that holds, and the scopes that rules give to their figures."""
    kinds = [BODY] * columns.count
    scopes: dict[int, str] = {}
    for rule in reversed(rules):
        places: list[int] | None = None
        for key, pattern in rule.where.items():
            places = _fitting(pattern, positions.get(key), columns, places)
            if not places:
                break
        for place in places or []:
            kinds[place] = rule.kind
            scopes.pop(place, None)
            if rule.body_scope:
                scopes[place] = rule.body_scope
    return kinds, scopes


def _filled_down(values: list[object]) -> list[object]:
    blank = _blank_among(set(values))
    if not blank:
        return values
    last: object = ""
    filled = []
    for value in values:
        last = last if value in blank else value
        filled.append(last)
    return filled


def _cleaned(value: object, pattern: str) -> object:
    """Return the part of a text that a pattern finds; what it does not match stays for others to report."""
    match = re.search(pattern, plain(cell_text(value)))
    return (match.group(1) if match.re.groups else match.group(0)) if match else value


class _Reader:
    """Sorts the rows under a header; what it cannot place becomes a defect.

    Rows are judged by whole columns. One by one are only those looked at that may change what comes after them:
    blank rows, notes, repeated headers and the end.
    """

    def __init__(
        self, sheet: Sheet, layout: Layout, header: Header, identity: list[str], place: Place
    ) -> None:
        self._sheet = sheet
        self._place = place
        positions = header.positions
        self._indexes = list(positions.values())
        self._named = [positions[key] for key in identity if key in positions]
        self._figures = [
            positions[key] for key, column in layout.columns.items() if column.measures and key in positions
        ]
        self._header = sheet.rows[header.first_body_row - 1]
        self._first = header.first_body_row
        self.columns = _Columns(sheet.rows[self._first : self._stop()])
        self._kinds, self._scopes = _sorted_by_rules(layout.rows, positions, self.columns)
        self._gap = self._ended = False
        self._groups = layout.blank_rows
        self.places: list[int] = []
        self.kinds: list[str] = []
        self.notes: list[str] = []
        self.defects: list[Defect] = []

    @property
    def scopes(self) -> list[str | None]:
        """Return the scopes that rules give to the figures of the rows taken."""
        return [self._scopes.get(place) for place in self.places]

    def _stop(self) -> int:
        """Return where the sheet is blank from on: old workbooks are padded to 65,536 rows."""
        rows, stop = self._sheet.rows, len(self._sheet.rows)
        start, end = min(self._indexes), max(self._indexes) + 1
        blank = [""] * (end - start)
        while stop > self._first and (
            rows[stop - 1][start:end] == blank or self._is_blank_row(rows[stop - 1])
        ):
            stop -= 1
        return stop

    def walk(self) -> None:
        """Sort every row."""
        blank = set(self.columns.blank_in([*self._named, *self._indexes]))
        notes = set(self.columns.notes()) - blank
        ends = (
            [place for place, kind in enumerate(self._kinds) if kind == "end"] if "end" in self._kinds else []
        )
        taken = 0
        for place in sorted({*blank, *notes, *ends, *self._like_header()}):
            self._take_all(taken, place)
            taken = place + 1
            if place in blank:
                self._gap = self._gap or (bool(self.places) and not self._groups)
            else:
                self._take(place, place in notes)
        self._take_all(taken, self.columns.count)

    def _is_blank_row(self, row: Sequence[object]) -> bool:
        return all(index >= len(row) or _is_blank(row[index]) for index in self._indexes)

    def _like_header(self) -> list[int]:
        """Return the rows that may repeat the header."""
        index = next(
            (i for i in self._indexes if i < len(self._header) and not _is_blank(self._header[i])), None
        )
        if index is None:
            return []
        text, cells = self._header[index], self.columns.of(index)
        found = [place for place, cell in enumerate(cells) if cell == text] if text in cells else []
        return found + self.columns.shorter_than(index + 1)

    def _row(self, place: int) -> Sequence[object]:
        return self._sheet.rows[self._first + place]

    def _take(self, place: int, is_note: bool) -> None:
        row, kind = self._row(place), self._kinds[place]
        if is_note or (self._ended and self.notes):
            self._ended = True
            self.notes.append(_first_text(row))
        elif self._ended or (self.places and self._repeats_header(row)):
            return
        elif kind == "end":
            self._ended = True
        elif kind == BODY and self._gap:
            self._after_gap(self._first + place, row)
        elif kind != "skip":
            self.places.append(place)
            self.kinds.append(kind)

    def _take_all(self, first: int, stop: int) -> None:
        """Take rows of which none is blank, a note, a header or the end."""
        if self._ended or self._gap:
            for place in range(first, stop) if not self._ended or self.notes else ():
                self._take(place, is_note=False)
            return
        kinds = self._kinds[first:stop]
        if "skip" not in kinds:
            self.places += range(first, stop)
            self.kinds += kinds
            return
        self.places += [place for place, kind in enumerate(kinds, start=first) if kind != "skip"]
        self.kinds += [kind for kind in kinds if kind != "skip"]

    def _repeats_header(self, row: Sequence[object]) -> bool:
        header = self._header
        for index in self._indexes:
            if index < len(row) and index < len(header) and row[index] != header[index]:
                return False
        return True

    def _after_gap(self, number: int, row: Sequence[object]) -> None:
        """Judge a row after a blank one: publishers' check sums name no body; a body there means that a row was lost."""
        named = [i for i in self._named or self._indexes[:1] if i < len(row) and not _is_blank(row[i])]
        figures = [i for i in self._figures if i < len(row) and not _is_blank(row[i])]
        if not named or (self._figures and not figures) or len(self.defects) >= _FIRST_SHOWN:
            return
        self.defects.append(
            self._place.defect(
                "blank_row_inside", cell_text(row[named[0]]),
                "表の途中に空白行があります。消えた行を元に戻すか、空白行を削除してください",
                "A blank row lies inside the table: restore the lost row or delete the blank one",
                row=number + 1, cell=address(number, named[0]),
            )
        )  # fmt: skip


def read_body(
    sheet: Sheet, layout: Layout, header: Header, identity: list[str], place: Place
) -> tuple[Body, list[Defect]]:
    """Return the rows of the table, each with its kind, and what is wrong with the table's extent.

    The table ends at an `end` rule, at a row whose first text is a note, or with its last row that is not blank.
    """
    reader = _Reader(sheet, layout, header, identity, place)
    reader.walk()
    places = reader.places
    columns: dict[str, list[object]] = {}
    for key, index in header.positions.items():
        cells = reader.columns.of(index)
        values = cells if len(places) == len(cells) else [cells[taken] for taken in places]
        column = layout.columns[key]
        filled = _filled_down(values) if column.fill_down else values
        columns[key] = [_cleaned(value, column.clean) for value in filled] if column.clean else filled
    rows = [header.first_body_row + taken for taken in places]
    return Body(rows, reader.kinds, columns, reader.notes, reader.scopes), reader.defects

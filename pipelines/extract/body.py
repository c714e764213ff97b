"""The rows under a header: which are bodies, which are totals, where the table ends; nothing is passed over silently."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from pipelines.catalog.published import Layout, RowRule
from pipelines.defects import Defect
from pipelines.extract.header import Header
from pipelines.extract.sheet import Sheet, address, cell_text
from pipelines.extract.table import Place
from pipelines.normalize.text import normalise_width

BODY = "body"
_FIRST_SHOWN = 20
Kind = tuple[str, str | None]
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
        """Return a column's cells as rules compare them."""
        return [plain(text) for text in self.texts(key)]


def _texts_of(values: list[object]) -> list[str]:
    """Long tables repeat few values: each is turned into text once, unless 1 and True could be taken for each other."""
    if not set(map(type, values)) <= {str, float}:
        return [cell_text(value) for value in values]
    known = {value: cell_text(value) for value in set(values)}
    return [known[value] for value in values]


@lru_cache(maxsize=65536)
def plain(text: str) -> str:
    """Return a text as rules compare it: NFKC, no white space."""
    return "".join(normalise_width(text).split())


def _is_blank(value: object) -> bool:
    return value == "" or value is None or (isinstance(value, str) and not value.strip())


def _first_text(row: Sequence[object]) -> str:
    return next((plain(cell_text(value)) for value in row if not _is_blank(value)), "")


class _Condition:
    """One column's part of a row rule; a long table asks about few different cells, so answers are kept."""

    def __init__(self, pattern: str, index: int | None) -> None:
        self._pattern = re.compile(pattern)
        self._index = index
        self._answers: dict[tuple[type, object], bool] = {}

    def holds(self, row: Sequence[object]) -> bool:
        """Return whether the row's cell is one that the pattern matches; a cell that is not there is empty."""
        value = row[self._index] if self._index is not None and self._index < len(row) else ""
        key = (type(value), value)
        answer = self._answers.get(key)
        if answer is None:
            answer = self._answers[key] = self._pattern.fullmatch(plain(cell_text(value))) is not None
        return answer


class _Rules:
    """The row rules of a layout, ready to be asked about one row."""

    def __init__(self, rules: list[RowRule], positions: Mapping[str, int]) -> None:
        self._rules = [
            (
                (rule.kind, rule.body_scope),
                [_Condition(pattern, positions.get(key)) for key, pattern in rule.where.items()],
            )
            for rule in rules
        ]

    def kind_of(self, row: Sequence[object]) -> Kind:
        """Return a row's kind and the scope of its figures where the rule gives one."""
        for kind, conditions in self._rules:
            for condition in conditions:
                if not condition.holds(row):
                    break
            else:
                return kind
        return BODY, None


def _filled_down(values: list[object]) -> list[object]:
    last: object = ""
    filled = []
    for value in values:
        last = last if _is_blank(value) else value
        filled.append(last)
    return filled


def _cleaned(value: object, pattern: str) -> object:
    """Return the part of a text that a pattern finds; what it does not match stays for others to report."""
    match = re.search(pattern, plain(cell_text(value)))
    return (match.group(1) if match.re.groups else match.group(0)) if match else value


class _Reader:
    """Walks the rows under a header once and sorts them; what it cannot place becomes a defect."""

    def __init__(
        self, sheet: Sheet, layout: Layout, header: Header, identity: list[str], place: Place
    ) -> None:
        self._sheet = sheet
        self._place = place
        self._rules = _Rules(layout.rows, header.positions)
        self._has_end = any(rule.kind == "end" for rule in layout.rows)
        positions = header.positions
        self._indexes = list(positions.values())
        self._named = [positions[key] for key in identity if key in positions]
        self._figures = [
            positions[key] for key, column in layout.columns.items() if column.measures and key in positions
        ]
        self._header = sheet.rows[header.first_body_row - 1]
        self._span = (min(self._indexes), max(self._indexes) + 1)
        self._blank = [""] * (self._span[1] - self._span[0])
        self._gap = self._ended = False
        self._groups = layout.blank_rows
        self._notes_seen: dict[str, bool] = {}
        self.rows: list[int] = []
        self.kinds: list[str] = []
        self.scopes: list[str | None] = []
        self.notes: list[str] = []
        self.defects: list[Defect] = []

    def walk(self, first: int) -> None:
        """Sort every row from a position on."""
        start, stop = self._span
        for number in range(first, len(self._sheet.rows)):
            row = self._sheet.rows[number]
            # Comparing whole slices lets a sheet padded to 65,536 rows pass in milliseconds.
            if row[start:stop] == self._blank or self._is_blank_row(row):
                self._gap = self._gap or (bool(self.rows) and not self._groups)
            else:
                self._take(number, row)

    def _is_blank_row(self, row: Sequence[object]) -> bool:
        return all(index >= len(row) or _is_blank(row[index]) for index in self._indexes)

    def _is_note(self, row: Sequence[object]) -> bool:
        head = row[0]
        if _is_blank(head):
            return bool(_NOTE.match(_first_text(row)))
        if not isinstance(head, str):
            return False
        if head not in self._notes_seen:
            self._notes_seen[head] = bool(_NOTE.match(plain(head)))
        return self._notes_seen[head]

    def _take(self, number: int, row: Sequence[object]) -> None:
        if self._is_note(row) or (self._ended and self.notes):
            self._ended = True
            self.notes.append(_first_text(row))
            return
        if self._ended or (self.rows and self._repeats_header(row)):
            return
        kind, scope = self._rules.kind_of(row)
        if kind == "end":
            self._ended = True
        elif kind == BODY and self._gap:
            self._after_gap(number, row)
        elif kind != "skip":
            self.rows.append(number)
            self.kinds.append(kind)
            self.scopes.append(scope)

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
    reader.walk(header.first_body_row)
    rows = [sheet.rows[number] for number in reader.rows]
    width = min(map(len, rows), default=0)
    columns: dict[str, list[object]] = {}
    for key, index in header.positions.items():
        values = [row[index] if index < width or index < len(row) else "" for row in rows]
        column = layout.columns[key]
        filled = _filled_down(values) if column.fill_down else values
        columns[key] = [_cleaned(value, column.clean) for value in filled] if column.clean else filled
    return Body(reader.rows, reader.kinds, columns, reader.notes, reader.scopes), reader.defects

"""The rows under a header: which are bodies, which are totals, where the table ends; nothing is passed over silently."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from pipelines.catalog.published import Layout, PublishedColumn, RowRule
from pipelines.defects import Defect
from pipelines.extract.columns import Columns, blank_among, is_blank, plain, texts_of
from pipelines.extract.header import Header
from pipelines.extract.sheet import Sheet, address, cell_text
from pipelines.extract.table import Place
from pipelines.normalize.numbers import NumberFormatError, parse_number

BODY = "body"
_FIRST_SHOWN = 20
# A file in which more rows than this break a rule of the row has its columns mixed up.
_COLUMNS_ARE_WRONG = 0.1
# 「(注)２」 and 「検算」 are no bodies; 「※札幌市」, 「美郷町(宮崎)」 and 011002 are.
_NAME_OR_CODE = re.compile(r"[都道府県市区町村](?:\(.*\))?$|^\d{5,6}$")


@dataclass(frozen=True)
class Body:
    """The rows read: their positions in the file from 0, their kinds, and the cells of every described column.

    `widths` has the number of fields of each row (from 0) that has not as many as the header: its cells may be shifted.
    """

    rows: list[int]
    kinds: list[str]
    columns: dict[str, list[object]]
    notes: list[str]
    scopes: list[str | None] = field(default_factory=list)
    widths: dict[int, int] = field(default_factory=dict)
    _texts: dict[str, list[str]] = field(default_factory=dict, repr=False, compare=False)
    _plain: dict[str, list[str]] = field(default_factory=dict, repr=False, compare=False)

    def texts(self, key: str) -> list[str]:
        """Return a column's cells as exact texts; the list is shared, so do not change it."""
        if key not in self._texts:
            self._texts[key] = texts_of(self.columns[key])
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
            self.widths,
        )

    def plain_texts(self, key: str) -> list[str]:
        """Return a column's cells as rules compare them; the list is shared, so do not change it."""
        if key not in self._plain:
            texts = self.texts(key)
            known = {text: plain(text) for text in set(texts)}
            self._plain[key] = [known[text] for text in texts]
        return self._plain[key]


@dataclass(frozen=True)
class ReadTable:
    """A table as read: by which layout, under which header, its rows, and where its defects lie."""

    layout: Layout
    header: Header
    body: Body
    place: Place

    def address(self, row: int, key: str) -> str:
        """Return the address of a described column's cell in a row counted from 0."""
        return address(row, self.header.positions[key])

    def are_too_many(self, wrong: int) -> bool:
        """Return whether so many rows or cells are wrong that the file itself is: its columns are mixed up."""
        return wrong > max(3, len(self.body.rows) * _COLUMNS_ARE_WRONG)


def _first_text(row: Sequence[object]) -> str:
    return next((plain(cell_text(value)) for value in row if not is_blank(value)), "")


@lru_cache(maxsize=131072)
def _fits(pattern: str, text: str) -> bool:
    return re.fullmatch(pattern, plain(text)) is not None


def _fitting(pattern: str, index: int | None, columns: Columns, places: list[int] | None) -> list[int]:
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
    rules: list[RowRule], positions: Mapping[str, int], columns: Columns
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
    blank = blank_among(set(values))
    if not blank:
        return values
    last: object = ""
    filled = []
    for value in values:
        last = last if value in blank else value
        filled.append(last)
    return filled


def _cleaned(values: list[object], pattern: str) -> list[object]:
    """Return the parts of texts that a pattern finds; what it does not match stays for others to report."""
    compiled = re.compile(pattern)
    found = (compiled.search(plain(cell_text(value))) for value in values)
    return [
        match.group(min(compiled.groups, 1)) if match else value
        for value, match in zip(values, found, strict=True)
    ]


def _is_figure(cell: object, column: PublishedColumn) -> bool:
    """Return whether a cell is a number or a word that stands for one; a sentence under a table is neither."""
    if is_blank(cell):
        return False
    text = cell_text(cell)
    if plain(text) in map(plain, column.words):
        return True
    try:
        parse_number(text, column.unit)
    except NumberFormatError:
        return False
    return True


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
            (positions[key], column)
            for key, column in layout.columns.items()
            if column.measures and key in positions
        ]
        self._header = sheet.rows[header.first_body_row - 1]
        self._first = header.first_body_row
        self.columns = Columns(sheet.rows[self._first : self._stop()])
        self._kinds, self._scopes = _sorted_by_rules(layout.rows, positions, self.columns)
        self._gap = self._ended = self._ended_by_note = False
        self._groups, self._is_block = layout.blank_rows, layout.block is not None
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
        return all(index >= len(row) or is_blank(row[index]) for index in self._indexes)

    def _like_header(self) -> list[int]:
        """Return the rows that may repeat the header."""
        index = next(
            (i for i in self._indexes if i < len(self._header) and not is_blank(self._header[i])), None
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
            self._ended_by_note = self._ended_by_note or not self._ended
            self._ended = True
            self.notes.append(_first_text(row))
            # Other blocks of a form may stand below the note that ends one.
            if self._ended_by_note and kind == BODY and not self._is_block:
                self._among_notes(self._first + place, row)
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

    def _filled(self, row: Sequence[object], indexes: Iterable[int]) -> list[int]:
        return [index for index in indexes if index < len(row) and not is_blank(row[index])]

    def _among_notes(self, number: int, row: Sequence[object]) -> None:
        """Judge a row that begins or follows a note: one that names a body and has its figures is no text under a table."""
        texts = {index: cell_text(row[index]) for index in self._filled(row, self._named or self._indexes)}
        named = [index for index, text in texts.items() if _NAME_OR_CODE.search(plain(text))]
        if not named or len(self.defects) >= _FIRST_SHOWN:
            return
        if self._figures:
            has_figures = any(_is_figure(row[i], column) for i, column in self._figures if i < len(row))
        else:
            has_figures = len(self._filled(row, self._indexes)) > len(self._indexes) / 2
        if has_figures:
            self.defects.append(
                self._place.defect(
                    "note_inside", texts[named[-1]],
                    "注（※・*・注などで始まる行）で表は終わりますが、ここにまだ団体の行があります。注を表の下に移すか、団体の行の印を取ってください",
                    "A note (a row that begins with ※, * or 注) ends the table, but here is a body's row: move the note below the table, or take the mark off the row",
                    row=number + 1, cell=address(number, named[-1]),
                )
            )  # fmt: skip

    def _after_gap(self, number: int, row: Sequence[object]) -> None:
        """Judge a row after a blank one: publishers' check sums name no body; a body there means that a row was lost."""
        named = self._filled(row, self._named or self._indexes[:1])
        figures = self._filled(row, [index for index, _ in self._figures])
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


def _one_row(sheet: Sheet, layout: Layout, header: Header) -> Body:
    """Return the row under a header, blank or not; a header merged over more rows than described is higher."""
    row = header.first_body_row
    for (top, left), (bottom, _) in sheet.merged:
        if top < header.first_body_row <= bottom and left in header.positions.values():
            row = max(row, bottom + 1)
    cells = Columns(sheet.rows[row : row + 1] or [[]])
    columns: dict[str, list[object]] = {}
    for key, index in header.positions.items():
        clean = layout.columns[key].clean
        columns[key] = _cleaned(cells.of(index), clean) if clean else cells.of(index)
    return Body([row], [BODY], columns, [], [None])


def _wrong_widths(sheet: Sheet, header: Header, rows: list[int]) -> dict[int, int]:
    """Return how many fields each row of a delimited file has that has too few or too many.

    Spreadsheets leave out blank fields at the end of a line, and some programs end every line with a delimiter.
    """
    if not sheet.is_delimited or not rows:
        return {}
    width, needed = len(header.paths), max(header.positions.values()) + 1
    lengths = [len(sheet.rows[row]) for row in rows]
    all_longer = min(lengths) > width
    return {
        row: length
        for row, length in zip(rows, lengths, strict=True)
        if length < needed
        or (length > width and not (all_longer and all(map(is_blank, sheet.rows[row][width:]))))
    }


def read_body(
    sheet: Sheet, layout: Layout, header: Header, identity: list[str], place: Place
) -> tuple[Body, list[Defect]]:
    """Return the rows of the table, each with its kind, and what is wrong with the table's extent.

    The table ends at an `end` rule, at a row whose first text is a note, or with its last row that is not blank.
    Defects refuse the file; rows of a wrong width are told in `widths`.
    """
    if layout.block == "row":
        return _one_row(sheet, layout, header), []
    reader = _Reader(sheet, layout, header, identity, place)
    reader.walk()
    places = reader.places
    columns: dict[str, list[object]] = {}
    for key, index in header.positions.items():
        cells = reader.columns.of(index)
        values = cells if len(places) == len(cells) else [cells[taken] for taken in places]
        column = layout.columns[key]
        filled = _filled_down(values) if column.fill_down else values
        columns[key] = _cleaned(filled, column.clean) if column.clean else filled
    rows = [header.first_body_row + taken for taken in places]
    widths = _wrong_widths(sheet, header, rows)
    return Body(rows, reader.kinds, columns, reader.notes, reader.scopes, widths), reader.defects

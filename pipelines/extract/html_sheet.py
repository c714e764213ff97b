"""An HTML page as sheets of texts: each `<table>` is one, named by its caption, the heading before it, or its number.

Row 1 of a sheet holds what the page says before the table (its title first), and the rows of the table stand from
row 2 on: B5 is the second column of the table's fourth row. `colspan` and `rowspan` are merged cells, a `<br>` is a
line break, an image is its `alt`. A table within a cell is a sheet of its own and no part of that cell's text.

Nothing is loaded and no script is run. Old pages are written carelessly, so left-out end tags are understood as
browsers do; but a page that ends inside a table, or never closes its `<body>`, was cut off.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

from pipelines.acquire.content import UnexpectedContentError, check_content, decode_html
from pipelines.extract.sheet import (
    MergedRange,
    Sheet,
    UnreadableFileError,
    matching_sheet,
    matching_sheets,
)

MAX_BYTES = 16 * 1024 * 1024
MAX_CELLS = 2_000_000
MAX_TABLES = 10_000
MAX_DEPTH = 32
# What browsers allow.
_MAX_COLSPAN, _MAX_ROWSPAN = 1000, 65_534
_LEAD_CHARACTERS = 20_000
_NAMES_SHOWN = 20

_HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
_BLOCKS = _HEADINGS | {"p", "div", "li", "dt", "dd", "ul", "ol", "section", "article", "hr", "table"}
_GROUPS = {"thead", "tbody", "tfoot"}
_CELLS = {"td", "th"}
_UNSHOWN = {"script", "style", "template"}
_SPACES = re.compile(r"\s+")


@dataclass
class _Cell:
    colspan: int
    rowspan: int
    is_heading: bool
    parts: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return _lines("".join(self.parts))


@dataclass
class _Row:
    group: int
    in_head: bool
    cells: list[_Cell] = field(default_factory=list)

    @property
    def is_heading(self) -> bool:
        return self.in_head or (bool(self.cells) and all(cell.is_heading for cell in self.cells))


@dataclass
class _Table:
    """A table as it is written; `before` counts the pieces of the page's text that stand before it.

    Old pages are laid out in a table: `around` is what its cell says before a table within it.
    """

    heading: str
    before: int
    around: str
    rows: list[_Row] = field(default_factory=list)
    caption: list[str] = field(default_factory=list)
    group: int = 0
    in_head: bool = False
    row: _Row | None = None
    cell: _Cell | None = None
    in_caption: bool = False

    def begin_group(self, name: str) -> None:
        self.end_row()
        self.group += 1
        self.in_head = name == "thead"

    def begin_row(self) -> _Row:
        self.end_row()
        self.row = _Row(self.group, self.in_head)
        self.rows.append(self.row)
        return self.row

    def begin_cell(self, cell: _Cell) -> None:
        (self.row or self.begin_row()).cells.append(cell)
        self.cell = cell
        self.in_caption = False

    def end_row(self) -> None:
        self.row = self.cell = None
        self.in_caption = False

    @property
    def header(self) -> tuple[tuple[str, ...], ...]:
        """The texts of the rows that head the table: those of headings, or else the first."""
        height = next((place for place, row in enumerate(self.rows) if not row.is_heading), len(self.rows))
        return tuple(tuple(cell.text for cell in row.cells) for row in self.rows[: max(height, 1)])


def _lines(text: str) -> str:
    """Return a text with its line breaks, without the other white space that a page does not show."""
    return "\n".join(filter(None, (" ".join(line.split()) for line in text.split("\n"))))


def _span(given: str | None, most: int, zero: int) -> int:
    match = re.match(r"\s*(\d{1,6})", given or "1")
    number = int(match[1]) if match else 1
    return min(number, most) if number else zero


class _Page(HTMLParser):
    """Collects the tables of a page and the text around them."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[_Table] = []
        self.title: list[str] = []
        self.text: list[str] = []
        self.is_closed = False
        self._open: list[_Table] = []
        self._heading: list[str] | None = None
        self._last_heading = ""
        self._in_title = False
        self._unshown: list[str] = []
        self._has_body = False

    @property
    def is_cut_off(self) -> bool:
        return not self.is_closed and (bool(self._open) or self._has_body)

    def _say(self, text: str) -> None:
        if self._unshown:
            return
        table = self._open[-1] if self._open else None
        if self._in_title:
            self.title.append(text)
        elif table and table.cell:
            table.cell.parts.append(text)
        elif table and table.in_caption:
            table.caption.append(text)
        else:
            self.text.append(text)
        if self._heading is not None:
            self._heading.append(text)

    def handle_data(self, data: str) -> None:
        self._say(_SPACES.sub(" ", data))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _UNSHOWN:
            self._unshown.append(tag)
        if self._unshown:
            return
        self._has_body = self._has_body or tag in ("html", "body")
        if tag == "br" or tag in _BLOCKS:
            self._say("\n")
        if tag == "img":
            self._say(dict(attrs).get("alt") or "")
        elif tag == "title":
            self._in_title = True
        elif tag == "table":
            self._begin_table()
        elif tag in _HEADINGS:
            self._heading = []
        elif self._open:
            self._within(self._open[-1], tag, dict(attrs))

    def _begin_table(self) -> None:
        if len(self._open) >= MAX_DEPTH or len(self.tables) >= MAX_TABLES:
            raise UnreadableFileError(f"HTML (<= {MAX_TABLES} tables, {MAX_DEPTH} deep)")
        self._end_heading()
        around = "\n".join(outer.cell.text for outer in self._open if outer.cell)
        table = _Table(self._last_heading, len(self.text), around[:_LEAD_CHARACTERS])
        self._open.append(table)
        self.tables.append(table)

    @staticmethod
    def _within(table: _Table, tag: str, given: dict[str, str | None]) -> None:
        if tag in _CELLS:
            columns = _span(given.get("colspan"), _MAX_COLSPAN, zero=1)
            # A rowspan of 0 goes on to the end of the group of rows.
            rows = _span(given.get("rowspan"), _MAX_ROWSPAN, zero=_MAX_ROWSPAN)
            table.begin_cell(_Cell(columns, rows, tag == "th"))
        elif tag == "tr":
            table.begin_row()
        elif tag in _GROUPS:
            table.begin_group(tag)
        elif tag == "caption":
            table.end_row()
            table.in_caption = True

    def _end_heading(self) -> None:
        if self._heading is not None:
            self._last_heading = " ".join("".join(self._heading).split()) or self._last_heading
        self._heading = None

    def handle_endtag(self, tag: str) -> None:
        if self._unshown:
            if tag == self._unshown[-1]:
                self._unshown.pop()
            return
        if tag in _BLOCKS:
            self._say("\n")
        if tag == "title":
            self._in_title = False
        elif tag in ("body", "html"):
            self.is_closed = True
        elif tag in _HEADINGS:
            self._end_heading()
        elif self._open:
            self._close(self._open[-1], tag)

    def _close(self, table: _Table, tag: str) -> None:
        if tag == "table":
            self._open.pop()
        elif tag in _CELLS:
            table.cell = None
        elif tag == "tr":
            table.end_row()
        elif tag in _GROUPS:
            table.end_row()
            table.in_head = False
        elif tag == "caption":
            table.in_caption = False


class _Grid:
    """Lays the cells of a table into columns; a cell that spans several holds its text in the first."""

    def __init__(self, table: _Table) -> None:
        self._rows = table.rows
        # Groups of rows follow one another, and no cell reaches out of its own.
        self._ends = {row.group: number for number, row in enumerate(table.rows, start=1)}
        self._held: dict[int, int] = {}
        self._area = 0
        self.rows: list[list[object]] = []
        self.merged: list[MergedRange] = []

    def lay(self) -> None:
        """Lay every row; a row without cells that no cell reaches into is not shown and does not count."""
        for number, row in enumerate(self._rows):
            if row.cells or any(end > number for end in self._held.values()):
                self._lay_row(number, row)

    def _lay_row(self, number: int, row: _Row) -> None:
        cells: list[object] = []
        dropped = number - len(self.rows)
        column = 0
        for cell in row.cells:
            while self._held.get(column, 0) > number:
                column += 1
            end = min(number + cell.rowspan, self._ends[row.group])
            self._take(number, column, cell, end)
            cells += [""] * (column + cell.colspan - len(cells))
            cells[column] = cell.text
            if cell.colspan > 1 or end > number + 1:
                bottom_right = (end - 1 - dropped, column + cell.colspan - 1)
                self.merged.append(((number - dropped, column), bottom_right))
            column += cell.colspan
        self.rows.append(cells)

    def _take(self, number: int, column: int, cell: _Cell, end: int) -> None:
        self._area += cell.colspan * (end - number)
        if self._area > MAX_CELLS:
            raise UnreadableFileError(f"HTML (<= {MAX_CELLS:,} cells)")
        for place in range(column, column + cell.colspan):
            if self._held.get(place, 0) > number:
                raise UnreadableFileError("HTML (colspan / rowspan)")
            self._held[place] = end


def _page(data: bytes) -> _Page:
    if len(data) > MAX_BYTES:
        raise UnreadableFileError(f"HTML (<= {MAX_BYTES:,} bytes)")
    try:
        check_content(data, "html")
    except UnexpectedContentError as error:
        raise UnreadableFileError(str(error)) from error
    text = decode_html(data)
    if "\ufffd" in text:
        raise UnreadableFileError("HTML (charset)")
    page = _Page()
    try:
        page.feed(text)
        page.close()
    except AssertionError as error:
        raise UnreadableFileError(f"HTML ({error})") from error
    if page.is_cut_off:
        raise UnreadableFileError("HTML (</table>, </body>?)")
    return page


def _names(tables: list[_Table]) -> list[str]:
    captions = [" ".join("".join(table.caption).split()) for table in tables]
    return [
        caption or table.heading or f"table {number}"
        for number, (caption, table) in enumerate(zip(captions, tables, strict=True), start=1)
    ]


def _sheet(page: _Page, table: _Table, name: str) -> Sheet:
    grid = _Grid(table)
    grid.lay()
    said = ["".join(page.title), "".join(page.text[: table.before]), table.around]
    lead = _lines("\n".join(said))[:_LEAD_CHARACTERS]
    merged = [((top + 1, left), (bottom + 1, right)) for (top, left), (bottom, right) in grid.merged]
    return Sheet(name, [[lead], *grid.rows], merged)


def read_html_sheets(data: bytes, patterns: list[str], *, every: bool = False) -> list[Sheet]:
    """Return the table that the patterns name, or every one of them; raise UnreadableFileError for all else.

    Pages are laid out in tables too: of those whose names match, the ones headed like the longest are meant. When only
    one is asked for, several headed alike are parts of one list, and reading the first would lose the others.
    """
    page = _page(data)
    tables = [table for table in page.tables if any(row.cells for row in table.rows)]
    names = _names(tables)
    first = matching_sheet(names, patterns)
    if first is None:
        raise UnreadableFileError(f"HTML ({' / '.join(patterns)} ∉ {names[:_NAMES_SHOWN]})")
    meant = next((pattern for pattern in patterns if first in matching_sheets(names, [pattern])), first)
    wanted = set(matching_sheets(names, patterns if every else [meant])) | {first}
    named = [(name, table) for name, table in zip(names, tables, strict=True) if name in wanted]
    longest = max((table for _, table in named), key=lambda table: len(table.rows))
    alike = [(name, table) for name, table in named if table.header == longest.header]
    if len(alike) > 1 and not every:
        raise UnreadableFileError(f"HTML ({len(alike)} × <table> {' / '.join(longest.header[0])})")
    return [_sheet(page, table, name) for name, table in alike]

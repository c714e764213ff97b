"""Rows of a sheet told apart: asset lines, totals, and what is neither; lines become columns of typed cells."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import polars as pl

from pipelines.catalog.registers import RegisterTable
from pipelines.extract.sheet import cell_text, column_letters
from pipelines.normalize.text import header_key
from pipelines.register.cells import CellError, plain_text, reader_of
from pipelines.register.header import RegisterHeader
from pipelines.register.schema import LINE_SCHEMA
from pipelines.register.words import Account, AccountWords, cost_basis_of

_CHUNK = 20_000
_SHOWN = 20
_LONGEST_TITLE = 30
AMOUNTS = ("acquisition_cost", "accumulated_depreciation", "book_value")
_ALWAYS_OF_LINES = ("acquired_on", "in_use_on", "useful_life_years")
_Row = list[object]


@dataclass(frozen=True)
class BadCell:
    """A cell that is not of its column's kind: kept blank. `count` is how many there are in the column."""

    row: int
    column: str
    letters: str
    found: str
    kind: str
    count: int


@dataclass(frozen=True)
class Total:
    """A total that a sheet prints; the account is None for the total of all its lines."""

    row: int
    label: str
    account: Account | None
    amounts: dict[str, Decimal | None]
    unit_yen: int


@dataclass
class SheetLines:
    """What one sheet gave."""

    frame: pl.DataFrame
    totals: list[Total] = field(default_factory=list)
    bad_cells: list[BadCell] = field(default_factory=list)
    areas: set[str] = field(default_factory=set)


class LineReader:
    """Reads the rows below a header; `unit_yen` is the unit of amounts whose header names none."""

    def __init__(
        self, table: RegisterTable, header: RegisterHeader, header_rows: list[_Row], accounts: AccountWords, unit_yen: int
    ) -> None:  # fmt: skip
        self._table = table
        self._header_rows = {tuple(map(_key, row)) for row in header_rows}
        self._header = header
        self._accounts = accounts
        self._units = {name: header.units.get(name, unit_yen) for name in table.columns}
        self._blanks = {*table.blanks, *(plain_text(text) for text in table.blanks)}
        words = "|".join(sorted(map(re.escape, table.total_words), key=len, reverse=True))
        long_words = "|".join(re.escape(word) for word in table.total_words if len(word) > 1)
        self._total = re.compile(rf"\(?(?:{words})\)?|.*(?:{long_words})\)?")
        self._readers = {
            name: reader_of(column.type, self._units[name]) for name, column in table.columns.items()
        }
        self._bad: dict[str, list[BadCell]] = {}
        self._bad_counts: Counter[str] = Counter()
        self._section = ""
        self._last_account: Account | None = None

    def read(self, rows: Iterator[_Row], first_row: int) -> SheetLines:
        """Return the lines and totals of rows, of which the first is row `first_row` (from 1) of the file."""
        frames: list[pl.DataFrame] = []
        totals: list[Total] = []
        areas: set[str] = set()
        held: list[tuple[int, _Row, str]] = []
        for number, row in enumerate(rows, start=first_row):
            kind = self._kind(row)
            if kind == "line":
                held.append((number, row, self._section))
                if len(held) == _CHUNK:
                    frames.append(self._frame(held, areas))
                    held = []
            elif kind == "total":
                if held:
                    frames.append(self._frame(held, areas))
                    held = []
                totals.append(self._as_total(number, row))
        if held or not frames:
            frames.append(self._frame(held, areas))
        bad = [
            BadCell(cell.row, cell.column, cell.letters, cell.found, cell.kind, self._bad_counts[name])
            for name, cells in self._bad.items()
            for cell in cells
        ]
        return SheetLines(pl.concat(frames), _without_doubt(totals), bad, areas)

    def _cell(self, row: _Row, name: str) -> object:
        place = self._header.positions.get(name)
        return row[place] if place is not None and place < len(row) else ""

    def _is_blank(self, value: object) -> bool:
        return value is None or (
            isinstance(value, str) and (value in self._blanks or plain_text(value) in self._blanks)
        )

    def _kind(self, row: _Row) -> str:
        """Return what a row is: `line`, `total`, or `other` (blank, a note, the header again, the title of a section)."""
        texts = [cell for cell in row if cell != "" and cell is not None]
        if not texts:
            return "other"
        if self._label(row) is not None:
            return "total"
        if self._repeats_header(row):
            return "other"
        if len(texts) == 1:
            self._note_section(plain_text(texts[0]))
            return "other"
        if any(not self._is_blank(self._cell(row, name)) for name in AMOUNTS):
            return "line"
        return "line" if not self._is_blank(self._cell(row, "asset_no")) else "other"

    def _note_section(self, text: str) -> None:
        """Take a text that stands alone in its row for the title of what follows, if it names an account."""
        if len(text) < _LONGEST_TITLE and self._accounts.of_total(text) is not None:
            self._section = text

    def _label(self, row: _Row) -> str | None:
        """Return the text that calls a row a total: a row with days or a life is none."""
        if any(not self._is_blank(self._cell(row, name)) for name in _ALWAYS_OF_LINES):
            return None
        number = plain_text(self._cell(row, "asset_no"))
        if number and not self._total.fullmatch(header_key(number)):
            return None
        if all(self._is_blank(self._cell(row, name)) for name in AMOUNTS):
            return None
        texts = (plain_text(cell) for cell in row if isinstance(cell, str) and cell)
        return next((text for text in texts if self._is_total(header_key(text))), None)

    def _is_total(self, key: str) -> bool:
        """Return whether a text is a word for a total, or an account followed by one: 建物計, but not 時計."""
        if self._total.fullmatch(key):
            return True
        return key.endswith("計") and self._accounts.of_total(key) is not None

    def _repeats_header(self, row: _Row) -> bool:
        """Return whether a row is one of the header printed again, as on each page."""
        cost = self._cell(row, "acquisition_cost") or self._cell(row, "book_value")
        return isinstance(cost, str) and tuple(map(_key, row)) in self._header_rows

    def _as_total(self, number: int, row: _Row) -> Total:
        label = self._label(row) or ""
        key = header_key(label)
        own = " ".join(
            plain_text(self._cell(row, name))
            for name in ("account_group", "account")
            if self._cell(row, name)
        )
        account = self._accounts.of_total(f"{own} {label}")
        if account is None and "小計" in key:
            account = self._last_account
        amounts: dict[str, Decimal | None] = {}
        for name in AMOUNTS:
            cell = self._cell(row, name)
            try:
                amounts[name] = None if self._is_blank(cell) else self._readers[name](cell)
            except CellError:
                amounts[name] = None
        return Total(number, label, account, amounts, max(self._units[name] for name in AMOUNTS))

    def _values(self, name: str, held: list[tuple[int, _Row, str]]) -> list[Any]:
        place = self._header.positions.get(name)
        if place is None:
            return [None] * len(held)
        read, blanks = self._readers[name], self._blanks
        values: list[Any] = []
        for number, row, _ in held:
            value = row[place] if place < len(row) else ""
            if value == "" or value is None or (isinstance(value, str) and value in blanks):
                values.append(None)
                continue
            try:
                values.append(read(value))
            except (CellError, OverflowError):
                values.append(None)
                if not self._is_blank(value):
                    self._note(name, number, place, value)
        return values

    def _note(self, name: str, number: int, place: int, value: object) -> None:
        self._bad_counts[name] += 1
        cells = self._bad.setdefault(name, [])
        if len(cells) < _SHOWN:
            kind = self._table.columns[name].type
            cells.append(BadCell(number, name, column_letters(place), cell_text(value)[:100], kind, 0))

    def _frame(self, held: list[tuple[int, _Row, str]], areas: set[str]) -> pl.DataFrame:
        columns = {name: self._values(name, held) for name in self._table.columns}
        areas.update(filter(None, columns.pop("area_code")))
        areas.update(filter(None, columns.pop("area_name")))
        groups, texts = columns.pop("account_group"), columns.pop("account")
        accounts = [
            self._accounts.read(group, text, section)
            for group, text, (_, _, section) in zip(groups, texts, held, strict=True)
        ]
        if accounts:
            self._last_account = accounts[-1]
        labels = ["/".join(filter(None, pair)) or None for pair in zip(groups, texts, strict=True)]
        bases = columns.pop("cost_basis")
        columns |= {
            "account_group": [account.group for account in accounts],
            "account_class": [account.class_ for account in accounts],
            "account_label": labels,
            "cost_basis": [
                "memo" if cost == 1 else cost_basis_of(self._table, text)
                for text, cost in zip(bases, columns["acquisition_cost"], strict=True)
            ],
            "row_no": [number for number, _, _ in held],
        }
        schema = {name: dtype for name, dtype in LINE_SCHEMA.items() if name in columns}
        return pl.DataFrame({name: columns[name] for name in schema}, schema=schema)


def _key(cell: object) -> str:
    return header_key(cell_text(cell)) if cell is not None else ""


def _without_doubt(totals: list[Total]) -> list[Total]:
    """Return the totals of which is known what they are of: of several of all lines, the last."""
    whole = [total for total in totals if total.account is None and "小計" not in total.label]
    named = [total for total in totals if total.account is not None]
    return [*named, *whole[-1:]]

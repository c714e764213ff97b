"""Rows of a sheet told apart: asset lines, totals, and what is neither; lines become columns of typed cells."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterator, Mapping
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
_MARKS_OF_NOTES = ("※", "注", "(注", "*", "備考", "・")
_FEWEST_NUMBERED = 4
_MOST_DOUBTS = 1_000
# Of so many totals above may one be the sum; one of all lines is known however many there are.
_MOST_RUNS = 200
_MANY_BLANK, _FEWEST_BLANK = 0.3, 2
AMOUNTS = ("acquisition_cost", "accumulated_depreciation", "book_value")
_ALWAYS_OF_LINES = ("acquired_on", "in_use_on", "useful_life_years")
_Row = list[object]
_COUNT = re.compile(r"[0-9,]+ ?(?:件|筆|棟|行|台|点)")


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
    """A total that a sheet prints; the account is None for the total of all its lines.

    `is_of_last` says that it is the sum of the lines just above it, `is_of_all` of all `lines_above`;
    `lines_added` is how many lines add up to it.
    """

    row: int
    label: str
    account: Account | None
    amounts: dict[str, Decimal | None]
    unit_yen: int
    is_of_last: bool = False
    is_of_all: bool = False
    lines_above: int = 0
    lines_added: int = 0


@dataclass(frozen=True)
class OddRow:
    """A row with amounts that is not read as it stands: `unnamed`, or `shifted` beyond the header's columns."""

    row: int
    kind: str
    found: str


@dataclass
class _Sums:
    """How much a run of lines adds up to, and over how many of them."""

    lines: int = 0
    amounts: dict[str, Decimal] = field(default_factory=dict)

    def add(self, other: _Sums) -> None:
        self.lines += other.lines
        for name, amount in other.amounts.items():
            self.amounts[name] = self.amounts.get(name, Decimal()) + amount


@dataclass
class SheetLines:
    """What one sheet gave."""

    frame: pl.DataFrame
    totals: list[Total] = field(default_factory=list)
    bad_cells: list[BadCell] = field(default_factory=list)
    areas: set[str] = field(default_factory=set)
    odd_rows: list[OddRow] = field(default_factory=list)
    odd_counts: Counter[str] = field(default_factory=Counter)
    accounts_from_above: int = 0
    accounting: Counter[str] = field(default_factory=Counter)


class LineReader:
    """Reads the rows below a header; `unit_yen` is the unit of amounts whose header names none."""

    def __init__(
        self, table: RegisterTable, header: RegisterHeader, header_rows: list[_Row], accounts: AccountWords, unit_yen: int,
        merged: Mapping[int, Mapping[int, int]] | None = None, width: int | None = None,
    ) -> None:  # fmt: skip
        self._table = table
        self._merged = merged or {}
        self._width = width
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
        self._dittos = frozenset(table.dittos)
        # What a merged or ditto cell may repeat: never an amount.
        self._repeatable = {
            place
            for name, column in table.columns.items()
            if column.type not in ("yen", "quantity")
            for place in [
                *([header.positions[name]] if name in header.positions else []),
                *header.also.get(name, []),
            ]
        }
        self._above: dict[int, object] = {}
        self._tops: dict[tuple[int, int], object] = {}
        self._previous_texts: set[str] = set()
        self._runs: list[_Sums] = [_Sums()]
        self._all = _Sums()
        self._doubts = 0
        self._accounting: Counter[str] = Counter()
        self._odd: list[OddRow] = []
        self._odd_counts: Counter[str] = Counter()

    def read(self, rows: Iterator[_Row], first_row: int) -> SheetLines:
        """Return the lines and totals of rows, of which the first is row `first_row` (from 1) of the file."""
        frames: list[pl.DataFrame] = []
        totals: list[Total] = []
        areas: set[str] = set()
        held: list[tuple[int, _Row, str]] = []
        for number, printed in enumerate(rows, start=first_row):
            row = self._completed(number, printed)
            kind = self._kind(row)
            if kind in ("total", "doubtful") and held:
                frames.append(self._frame(held, areas))
                held = []
            if kind == "doubtful":
                kind = self._settled(number, row)
            if kind == "line":
                self._previous_texts = {plain_text(cell) for cell in row if isinstance(cell, str) and cell}
                held.append((number, self._unshifted(number, row), self._section))
                if len(held) == _CHUNK:
                    frames.append(self._frame(held, areas))
                    held = []
            elif kind == "total":
                totals.append(self._as_total(number, row))
                if self._runs[-1].lines:
                    self._runs.append(_Sums())
        if held or not frames:
            frames.append(self._frame(held, areas))
        bad = [
            BadCell(cell.row, cell.column, cell.letters, cell.found, cell.kind, self._bad_counts[name])
            for name, cells in self._bad.items()
            for cell in cells
        ]
        frame, filled = self._with_accounts_from_above(pl.concat(frames))
        return SheetLines(
            frame,
            _without_doubt(totals, frame.height),
            bad,
            areas,
            self._odd,
            self._odd_counts,
            filled,
            self._accounting,
        )

    def _with_accounts_from_above(self, frame: pl.DataFrame) -> tuple[pl.DataFrame, int]:
        """Return lines with the accounts that a sheet prints only where they change, and on how many lines they were blank."""
        printed = {name: frame[name].to_list() for name in ("_group", "_account")}
        once = {
            name
            for name, texts in printed.items()
            if _is_printed_once(texts, _MANY_BLANK) and texts.count(None) >= _FEWEST_BLANK
        }
        once |= {name for name, texts in printed.items() if once and _is_printed_once(texts, 0)}
        sections = frame["_section"].to_list()
        frame = frame.drop("_group", "_account", "_section")
        if not once:
            return frame, 0
        filled = sum(text is None for name in once for text in printed[name])
        for name in once:
            printed[name] = pl.Series(printed[name], dtype=pl.String).forward_fill().to_list()
        accounts = [
            self._accounts.read(group, text, section)
            for group, text, section in zip(printed["_group"], printed["_account"], sections, strict=True)
        ]
        labels = [
            "/".join(filter(None, pair)) or None
            for pair in zip(printed["_group"], printed["_account"], strict=True)
        ]
        return frame.with_columns(
            account_group=pl.Series([account.group for account in accounts], dtype=pl.String),
            account_class=pl.Series([account.class_ for account in accounts], dtype=pl.String),
            account_label=pl.Series(labels, dtype=pl.String),
        ), filled

    def _completed(self, number: int, row: _Row) -> _Row:
        """Return a row with what its merged and ditto cells repeat from above."""
        if not self._dittos.isdisjoint(cell for cell in row if isinstance(cell, str)):
            row = [
                self._above.get(place, "") if place in self._repeatable and cell in self._dittos else cell
                for place, cell in enumerate(row)
            ]
        if covered := self._merged.get(number - 1):
            row = list(row)
            for place, top in covered.items():
                if place in self._repeatable and place < len(row) and self._is_blank(row[place]):
                    row[place] = self._tops.get((top + 1, place), "")
        if self._merged:
            self._tops |= {
                (number, place): row[place]
                for place in self._repeatable
                if place < len(row) and place not in self._merged.get(number - 1, {})
                and place in self._merged.get(number, {})
            }  # fmt: skip
        self._above |= {place: cell for place, cell in enumerate(row) if cell != "" and cell is not None}
        return row

    def _unshifted(self, number: int, row: _Row) -> _Row:
        """Return a line; one that reaches beyond the header, as with a comma in an amount, has lost its columns: no amounts."""
        if self._width is None or all(cell == "" or cell is None for cell in row[self._width :]):
            return row
        self._note_odd(number, "shifted", row)
        amounts = {
            self._header.positions.get(name)
            for name, column in self._table.columns.items()
            if column.type == "yen"
        }
        return ["" if place in amounts else cell for place, cell in enumerate(row)]

    def _note_odd(self, number: int, kind: str, row: _Row) -> None:
        self._odd_counts[kind] += 1
        if self._odd_counts[kind] <= _SHOWN:
            texts = (cell_text(cell).strip() for cell in row if cell is not None)
            self._odd.append(OddRow(number, kind, " | ".join(filter(None, texts))[:100]))

    def _settled(self, number: int, row: _Row) -> str:
        """Return what a row with amounts is that has no number, day or life, now that all lines above it are read."""
        total = self._as_total(number, row)
        is_named = any(
            self._has(row, name) for name in ("asset_name", "use_name", "account", "account_group")
        )
        # One line with the same amounts above is no sum: an asset may be like the one before it.
        if total.is_of_last and (total.lines_added > 1 or not is_named or self._ends_in_total(row)):
            return "total"
        if self._repeats_above(row):
            return "total"
        if is_named:
            return "line"
        self._note_odd(number, "unnamed", row)
        return "other"

    def _repeats_above(self, row: _Row) -> bool:
        """Return whether a cell is one of the line above with a word for a total behind it: 管財課 below, 管財課計 here."""
        texts = (plain_text(cell) for cell in row if isinstance(cell, str) and cell)
        return any(
            text.endswith("計") and text.rstrip("合小総計").rstrip(" の(【[") in self._previous_texts - {""}
            for text in texts
        )

    def _cell(self, row: _Row, name: str) -> object:
        place = self._header.positions.get(name)
        return row[place] if place is not None and place < len(row) else ""

    def _has(self, row: _Row, name: str) -> bool:
        """Return whether a row says something in any column of a meaning."""
        places = [*self._header.also.get(name, []), self._header.positions.get(name, len(row))]
        return any(place < len(row) and not self._is_blank(row[place]) for place in places)

    def _is_blank(self, value: object) -> bool:
        return value is None or (
            isinstance(value, str) and (value in self._blanks or plain_text(value) in self._blanks)
        )

    def _kind(self, row: _Row) -> str:
        """Return what a row is: `line`, `total`, or `other` (blank, a note, the header again, the title of a section)."""
        texts = [cell for cell in row if cell != "" and cell is not None]
        if len(texts) > 1:
            # A title with the unit beside it is a title.
            texts = [cell for cell in texts if not (isinstance(cell, str) and "単位" in cell)]
        if not texts:
            return "other"
        if len(texts) == 1 and isinstance(texts[0], str):
            self._note_section(plain_text(texts[0]))
            return "other"
        if self._label(row) is not None:
            return "total"
        if self._repeats_header(row):
            return "other"
        if len(texts) == 1:
            return "other"
        if self._numbers_columns(row):
            return "other"
        if any(not self._is_blank(self._cell(row, name)) for name in AMOUNTS):
            return "line" if self._is_surely_a_line(row) else "doubtful"
        return "line" if not self._is_blank(self._cell(row, "asset_no")) else "other"

    def _is_surely_a_line(self, row: _Row) -> bool:
        """Return whether a row with amounts has what totals lack: a number, a day, a life, or a name that ends in no 計."""
        if any(
            not self._is_blank(self._cell(row, name)) for name in (*_ALWAYS_OF_LINES, "asset_no", "branch_no")
        ):
            return True
        if self._ends_in_total(row):
            return False
        # Without the number or the account that other lines have, the sums above decide, unless that is the rule in this sheet.
        if self._doubts < _MOST_DOUBTS and any(
            self._is_blank(self._cell(row, name))
            for name in ("asset_no", "account")
            if name in self._header.positions
        ):
            self._doubts += 1
            return False
        return any(self._has(row, name) for name in ("asset_name", "use_name"))

    def _ends_in_total(self, row: _Row) -> bool:
        """Return whether any text of a row ends in 計."""
        return any(isinstance(cell, str) and plain_text(cell).rstrip(")】] ").endswith("計") for cell in row)

    def _numbers_columns(self, row: _Row) -> bool:
        """Return whether a row only numbers the columns: 1, 2, 3 or ①, ②, ③ below the header."""
        texts = [plain_text(cell) for cell in row if cell != "" and cell is not None]
        numbers = [int(text.strip("()")) for text in texts if text.strip("()").isdecimal()]
        return (
            len(numbers) == len(texts) >= _FEWEST_NUMBERED
            and numbers == list(range(numbers[0], numbers[0] + len(numbers)))
            and numbers[0] <= 1
        )

    def _note_section(self, text: str) -> None:
        """Take a text that stands alone in its row for the title of what follows, if it names an account."""
        if (
            len(text) < _LONGEST_TITLE
            and not text.startswith(_MARKS_OF_NOTES)
            and self._accounts.of_total(text) is not None
        ):
            self._section = text

    def _label(self, row: _Row) -> str | None:
        """Return the text that calls a row a total: a row with days or a life is none."""
        if any(not self._is_blank(self._cell(row, name)) for name in _ALWAYS_OF_LINES):
            return None
        if all(self._is_blank(self._cell(row, name)) for name in AMOUNTS):
            return None
        texts = [plain_text(cell) for cell in row if isinstance(cell, str) and cell]
        number = plain_text(self._cell(row, "asset_no"))
        if number and not self._total.fullmatch(header_key(number)) and not _COUNT.fullmatch(number):
            return None
        return next((text for text in texts if self._is_total(header_key(text))), None)

    def _is_total(self, key: str) -> bool:
        """Return whether a text is a word for a total, or an account followed by one: 建物計, but not 時計."""
        if self._total.fullmatch(key):
            return True
        return key.endswith("計") and self._accounts.names_only_accounts(key.removesuffix("計"))

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
        unit = max(self._units[name] for name in AMOUNTS if name in self._header.positions)
        added = next((sums.lines for sums in self._sums_above() if _agrees(amounts, sums, unit)), 0)
        is_of_all = _agrees(amounts, self._all, unit)
        return Total(number, label, account, amounts, unit, bool(added), is_of_all, self._all.lines, added)

    def _sums_above(self) -> Iterator[_Sums]:
        """Yield the sums of the lines above: since the last total, since the one before it and so on, and of all lines."""
        sums = _Sums()
        runs = itertools.islice(reversed(self._runs), _MOST_RUNS + 1)
        for run in (run for run in runs if run.lines):
            sums.add(run)
            yield sums
        yield self._all

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

    def _also(self, name: str, held: list[tuple[int, _Row, str]], place: int) -> list[str | None]:
        """Return the texts of a further column of a meaning."""
        values = (row[place] if place < len(row) else "" for _, row, _ in held)
        return [None if self._is_blank(value) else plain_text(value) for value in values]

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
        others = [self._also("account", held, place) for place in self._header.also.get("account", [])]
        others += [
            self._also("account_group", held, place) for place in self._header.also.get("account_group", [])
        ]
        if names := self._header.also.get("asset_name"):
            # 施設名 and 棟名: both say what it is, in the order of the sheet.
            places = sorted([self._header.positions["asset_name"], *names])
            parts = zip(*(self._also("asset_name", held, place) for place in places), strict=True)
            columns["asset_name"] = [" ".join(dict.fromkeys(filter(None, found))) or None for found in parts]
        more = list(zip(*others, strict=True)) if others else [()] * len(held)
        accounts = [
            self._accounts.read(group, text, section, also)
            for group, text, also, (_, _, section) in zip(groups, texts, more, held, strict=True)
        ]
        if accounts:
            self._last_account = accounts[-1]
        labels = [
            "/".join(dict.fromkeys(filter(None, (group, text, *also)))) or None
            for group, text, also in zip(groups, texts, more, strict=True)
        ]
        by_year = zip(columns.pop("acquired_fiscal_year"), columns.pop("acquired_calendar_year"), strict=True)
        columns["acquired_on"] = [
            known or fiscal or calendar
            for known, (fiscal, calendar) in zip(columns["acquired_on"], by_year, strict=True)
        ]
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
        amounts = {
            name: sum(filter(None, columns[name]), Decimal()) for name in AMOUNTS if any(columns[name])
        }
        for sums in (self._runs[-1], self._all):
            sums.add(_Sums(len(held), amounts))
        self._accounting.update(filter(None, columns.pop("accounting")))
        schema = {name: dtype for name, dtype in LINE_SCHEMA.items() if name in columns}
        texts_as_printed = {
            "_group": pl.Series(groups, dtype=pl.String), "_account": pl.Series(texts, dtype=pl.String),
            "_section": pl.Series([section for _, _, section in held], dtype=pl.String),
        }  # fmt: skip
        return pl.DataFrame({name: columns[name] for name in schema}, schema=schema).with_columns(
            **texts_as_printed
        )


def _is_printed_once(texts: list[str | None], least: float) -> bool:
    """Return whether a column says its text only where it changes: many blanks, and never the same text on two lines running."""
    blank = sum(text is None for text in texts)
    if not texts or texts[0] is None or not blank or blank < least * len(texts):
        return False
    return all(one is None or one != other for one, other in itertools.pairwise(texts))


def _key(cell: object) -> str:
    return header_key(cell_text(cell)) if cell is not None else ""


def _agrees(amounts: dict[str, Decimal | None], sums: _Sums, unit_yen: int) -> bool:
    """Return whether a row's amounts are the sums of a run of lines; rounded ones may differ by half a unit a line."""
    allowed = 0 if unit_yen == 1 else unit_yen * (sums.lines // 2 + 1)
    compared = [
        (printed, sums.amounts.get(name, Decimal()))
        for name, printed in amounts.items()
        if printed is not None
    ]
    return bool(sums.lines and any(sum_ for _, sum_ in compared)) and all(
        abs(printed - sum_) <= allowed for printed, sum_ in compared
    )


def _without_doubt(totals: list[Total], lines: int) -> list[Total]:
    """Return the totals of which is known what they are of: of several of all lines, the last.

    One that is the sum of the lines just above it is a subtotal that holds: it is not compared with all lines of the sheet
    or, where an account has several, of the account.
    """
    whole = [total for total in totals if total.account is None and "小計" not in total.label]
    whole = [
        total for total in whole
        if (total.is_of_all and total.lines_above == lines) or not total.is_of_last
    ]  # fmt: skip
    named = [total for total in totals if total.account is not None]
    times = Counter(total.account for total in named)
    named = [
        total for total in named
        if not total.is_of_last or (times[total.account] == 1 and "小計" not in total.label)
    ]  # fmt: skip
    return [*named, *whole[-1:]]

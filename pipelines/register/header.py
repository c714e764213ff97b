"""The header of a register: found by its texts in any of the first rows, of one or more rows, in any order of columns."""

from __future__ import annotations

import difflib
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from pipelines.catalog.registers import RegisterTable
from pipelines.extract.sheet import cell_text
from pipelines.normalize.text import header_key
from pipelines.register.words import fiscal_years_in

_SEARCHED_ROWS = 40
_MOST_LEVELS = 3
_FEWEST_COLUMNS = 3
_BRACKETED_UNIT = re.compile(r"[(\[【<](?:(?:金額)?単位[::]?|金額[::]?)?(千円|百万円|円)(?:単位)?[)\]】>]")
# `単位：千円、㎡`, `金額の単位 千円`, `千円単位`: the unit of money among others.
_UNIT = re.compile(r"単位[^)\]】>]*?(千円|百万円|円)|(千円|百万円|円)単位")
_UNIT_CELL = re.compile(
    r"[(\[【]?(?:千円|百万円|円|年|年度|西暦|和暦|年月日|m2|m\^2|m|km|%|件|個|平米|単位)[)\]】]?"
)
_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|【[^【】]*】")
UNITS_IN_YEN = {"円": 1, "千円": 1_000, "百万円": 1_000_000}


@dataclass(frozen=True)
class RegisterHeader:
    """Where the columns are: `rows` of the header counted from 0, position of each described column, units of amounts.

    `also` are further columns whose texts are read beside the first one of the same meaning. `unknown` are headers that no
    description knows, with the nearest known one; `unread` those of a meaning for which another column was taken;
    `repeated` those that came twice.
    """

    first_row: int
    last_row: int
    positions: dict[str, int]
    units: dict[str, int]
    unknown: dict[str, str] = field(default_factory=dict)
    repeated: list[str] = field(default_factory=list)
    also: dict[str, list[int]] = field(default_factory=dict)
    unread: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Found:
    """A column that was recognised: the place of its spelling in the list, its place in the sheet, its texts."""

    rank: int
    place: int
    text: str


@dataclass(frozen=True)
class _Named:
    """The described column that a header means, and the place of the spelling in the column's list: the first is best."""

    name: str
    rank: int


def _spellings(table: RegisterTable) -> dict[str, _Named]:
    return {
        header_key(text): _Named(name, rank)
        for name, column in table.columns.items()
        for rank, text in enumerate(column.header)
    }


def _filled_right(cells: list[object], below: list[object]) -> list[str]:
    """Return the texts of an upper row of a header, each also over the blank cells to its right that have a text below."""
    texts, held = [], ""
    for place, cell in enumerate(cells):
        text = cell_text(cell).strip()
        held = text or (held if place < len(below) and cell_text(below[place]).strip() else "")
        texts.append(held)
    return texts


def _unit_in(text: str) -> int | None:
    """Return the unit that a header names in brackets or in a row of its own."""
    match = _BRACKETED_UNIT.search(header_key(text))
    if match:
        return UNITS_IN_YEN[match[1]]
    return next(
        (unit for part in text.split(">") if (unit := UNITS_IN_YEN.get(header_key(part).strip("()[]【】")))),
        None,
    )


def _keys(text: str) -> Iterator[str]:
    """Yield a header as it is compared: as it is, without its unit, without what else stands in brackets."""
    key = header_key(text)
    yield key
    yield (bare := _BRACKETED_UNIT.sub("", key))
    yield _BRACKETS.sub("", bare)


def _known(text: str, spellings: dict[str, _Named]) -> _Named | None:
    return next((found for key in _keys(text) if key and (found := spellings.get(key))), None)


def _read_levels(levels: list[list[str]], spellings: dict[str, _Named]) -> list[tuple[str, _Named | None]]:
    """Return for each column its header as shown and the described column it is, if any."""
    found = []
    for place in range(max(map(len, levels))):
        texts = [level[place].strip() if place < len(level) else "" for level in levels]
        texts = [text for number, text in enumerate(texts) if text and text not in texts[:number]]
        candidates = ["".join(texts), *reversed(texts)]
        name = next((known for text in candidates if (known := _known(text, spellings))), None)
        found.append((">".join(texts), name))
    return found


def find_header(rows: list[list[object]], table: RegisterTable) -> RegisterHeader | None:
    """Return the header among the first rows of a sheet: the rows that name most described columns; None without one."""
    spellings = _spellings(table)
    best: tuple[int, int, int] | None = None
    best_columns: list[tuple[str, _Named | None]] = []
    searched = rows[:_SEARCHED_ROWS]
    for first in range(len(searched)):
        for levels in range(1, _MOST_LEVELS + 1):
            block = searched[first : first + levels]
            if len(block) < levels or not any(cell_text(cell).strip() for cell in block[0]):
                break
            texts = [
                _filled_right(row, block[level + 1])
                if level + 1 < levels
                else [cell_text(cell) for cell in row]
                for level, row in enumerate(block)
            ]
            columns = _read_levels(texts, spellings)
            named = len({found.name for _, found in columns if found})
            # Of equal finds the one with fewer rows: neither a title above nor data below is of the header.
            if named >= _FEWEST_COLUMNS and (best is None or (named, -levels) > (best[0], -best[2])):
                best, best_columns = (named, first, levels), columns
    if best is None:
        return None
    below = best[1] + best[2]
    if below < len(rows) and _holds_units(rows[below]):
        best = (best[0], best[1], best[2] + 1)
        best_columns = [
            (f"{text}>{unit}" if text and unit else text, found)
            for place, (text, found) in enumerate(best_columns)
            for unit in [cell_text(rows[below][place]).strip() if place < len(rows[below]) else ""]
        ]
    return _as_header(best, best_columns, rows, table, spellings)


def _holds_units(row: list[object]) -> bool:
    """Return whether a row below the header says the units of its columns: (円), (年), (㎡)."""
    keys = [key for cell in row if (key := header_key(cell_text(cell)))]
    return any(UNITS_IN_YEN.get(key.strip("()[]【】")) for key in keys) and all(
        _UNIT_CELL.fullmatch(key) for key in keys
    )


def _as_header(
    best: tuple[int, int, int], columns: list[tuple[str, _Named | None]], rows: list[list[object]], table: RegisterTable,
    spellings: dict[str, _Named],
) -> RegisterHeader:  # fmt: skip
    _, first, levels = best
    sheet_unit = _unit_above(rows[:first], rows[first : first + levels])
    held: dict[str, list[_Found]] = {}
    for place, (text, named) in enumerate(columns):
        if named is not None and (name := _of_its_day(named.name, text, table)):
            held.setdefault(name, []).append(_Found(named.rank, place, text))
    chosen: dict[str, _Found] = {}
    also: dict[str, list[int]] = {}
    unread: dict[str, str] = {}
    repeated: list[str] = []
    for name, found in held.items():
        kept = _at_the_end(found, table)
        chosen[name] = taken = min(kept, key=lambda entry: (entry.rank, entry.place))
        others = [entry for entry in kept if entry is not taken]
        if table.columns[name].joined:
            also[name] = [entry.place for entry in others]
        else:
            repeated += [entry.text for entry in others if entry.rank == taken.rank]
            unread |= {entry.text: taken.text for entry in others if entry.rank != taken.rank}
    units = {
        name: unit
        for name, entry in chosen.items()
        if table.columns[name].type == "yen" and (unit := _unit_in(entry.text) or sheet_unit)
    }
    positions = {name: entry.place for name, entry in chosen.items()}
    unknown = _unknown([text for text, found in columns if text and found is None], table, spellings)
    return RegisterHeader(
        first, first + levels - 1, positions, units, unknown, repeated,
        {name: places for name, places in also.items() if places}, unread,
    )  # fmt: skip


def _of_its_day(name: str, text: str, table: RegisterTable) -> str | None:
    """Return the column that a header means below the header of an earlier day: 前年度末 > 簿価 is the book value before."""
    upper = header_key("".join(text.split(">")[:-1]))
    if not any(word in upper for word in table.earlier_days):
        return name
    return table.earlier_columns.get(name, name)


def _at_the_end(found: list[_Found], table: RegisterTable) -> list[_Found]:
    """Return, of columns of one meaning, those of the register's day, as their upper headers tell: the year's end, no change."""
    best = min(entry.rank for entry in found)
    if sum(entry.rank == best for entry in found) < 2:
        return found
    uppers = {entry.place: header_key("".join(entry.text.split(">")[:-1])) for entry in found}
    years = {entry.place: max(fiscal_years_in(uppers[entry.place]), default=0) for entry in found}
    kept = [entry for entry in found if years[entry.place] == max(years.values())]
    unchanged = [entry for entry in kept if not any(word in uppers[entry.place] for word in table.changes)]
    return unchanged or kept


def _unknown(texts: list[str], table: RegisterTable, spellings: dict[str, _Named]) -> dict[str, str]:
    """Return the headers that neither a column nor the list of ignored ones knows, with the nearest known one."""
    ignored = {header_key(text) for text in table.ignore}
    unknown = {}
    for text in texts:
        parts = {key for part in (text.replace(">", ""), *text.split(">")) for key in _keys(part)}
        if not parts & ignored and header_key(text) not in UNITS_IN_YEN:
            nearest = difflib.get_close_matches(header_key(text), spellings, 1, 0.5)
            unknown[text] = nearest[0] if nearest else ""
    return unknown


def _unit_above(above: list[list[object]], header: list[list[object]]) -> int | None:
    """Return the unit that stands above the header or in it: `(単位:千円)`, `単位：千円、㎡`; None where they contradict."""
    texts = [header_key(cell_text(cell)) for row in above for cell in row]
    # 単位 | 千円: two cells.
    texts += [
        f"単位{unit}"
        for word, unit in itertools.pairwise(texts)
        if word.rstrip(":") == "単位" and unit in UNITS_IN_YEN
    ]
    # What stands in brackets in the header itself is the unit of its column alone.
    texts += [
        key
        for row in header
        for cell in row
        if (key := header_key(cell_text(cell))).find("単位") >= 0 and "数量" not in key
    ]
    matches = [match for key in texts if (match := _BRACKETED_UNIT.search(key) or _UNIT.search(key))]
    found = {next(filter(None, match.groups())) for match in matches}
    return UNITS_IN_YEN[found.pop()] if len(found) == 1 else None

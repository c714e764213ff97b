"""The header of a register: found by its texts in any of the first rows, of one or more rows, in any order of columns."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, field

from pipelines.catalog.registers import RegisterTable
from pipelines.extract.sheet import cell_text
from pipelines.normalize.text import header_key

_SEARCHED_ROWS = 40
_MOST_LEVELS = 3
_FEWEST_COLUMNS = 3
_UNIT = re.compile(r"\(?(?:単位)?[::]?(千円|百万円|円)\)?")
_BRACKETED_UNIT = re.compile(r"\((?:単位[::]?)?(千円|百万円|円)\)")
UNITS_IN_YEN = {"円": 1, "千円": 1_000, "百万円": 1_000_000}


@dataclass(frozen=True)
class RegisterHeader:
    """Where the columns are: `rows` of the header counted from 0, position of each described column, units of amounts.

    `unknown` are headers that no description knows, with the nearest known one; `repeated` those that came twice.
    """

    first_row: int
    last_row: int
    positions: dict[str, int]
    units: dict[str, int]
    unknown: dict[str, str] = field(default_factory=dict)
    repeated: list[str] = field(default_factory=list)


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
    match = _BRACKETED_UNIT.search(header_key(text))
    return UNITS_IN_YEN[match[1]] if match else None


def _known(text: str, spellings: dict[str, _Named]) -> _Named | None:
    key = header_key(text)
    return spellings.get(key) or spellings.get(_BRACKETED_UNIT.sub("", key))


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
    return _as_header(best, best_columns, rows, table, spellings) if best else None


def _as_header(
    best: tuple[int, int, int], columns: list[tuple[str, _Named | None]], rows: list[list[object]], table: RegisterTable,
    spellings: dict[str, _Named],
) -> RegisterHeader:  # fmt: skip
    _, first, levels = best
    sheet_unit = _unit_above(rows[:first])
    chosen: dict[str, tuple[int, int, str]] = {}
    repeated: list[str] = []
    for place, (text, found) in enumerate(columns):
        if found is None:
            continue
        held = chosen.get(found.name)
        if held is None or found.rank < held[0]:
            chosen[found.name] = (found.rank, place, text)
        elif found.rank == held[0]:
            repeated.append(text)
    units = {
        name: unit
        for name, (_, _, text) in chosen.items()
        if table.columns[name].type == "yen" and (unit := _unit_in(text) or sheet_unit)
    }
    positions = {name: place for name, (_, place, _) in chosen.items()}
    unknown = _unknown([text for text, found in columns if text and found is None], table, spellings)
    return RegisterHeader(first, first + levels - 1, positions, units, unknown, repeated)


def _unknown(texts: list[str], table: RegisterTable, spellings: dict[str, _Named]) -> dict[str, str]:
    """Return the headers that neither a column nor the list of ignored ones knows, with the nearest known one."""
    ignored = {header_key(text) for text in table.ignore}
    unknown = {}
    for text in texts:
        parts = {header_key(part) for part in (text.replace(">", ""), *text.split(">"))}
        if not parts & ignored and header_key(text) not in UNITS_IN_YEN:
            nearest = difflib.get_close_matches(header_key(text), spellings, 1, 0.5)
            unknown[text] = nearest[0] if nearest else ""
    return unknown


def _unit_above(rows: list[list[object]]) -> int | None:
    """Return the unit that stands above the header: `(単位:千円)`."""
    for row in rows:
        for cell in row:
            key = header_key(cell_text(cell))
            match = _BRACKETED_UNIT.search(key) or (_UNIT.fullmatch(key) if "単位" in key else None)
            if match:
                return UNITS_IN_YEN[match[1]]
    return None

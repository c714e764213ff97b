"""The header of a publisher's sheet: found by its text, read level by level through merged cells, matched by name."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from pipelines.catalog.published import Layout
from pipelines.defects import Defect
from pipelines.extract.sheet import MergedRange, Sheet, address, cell_text, column_letters
from pipelines.extract.table import Place
from pipelines.normalize.text import header_key, normalise_width

_SEARCH_ROWS = 60
_LABEL_ROWS = 5
LEVELS = ">"


@dataclass(frozen=True)
class Header:
    """Where the columns are: their positions by name, the printed paths, and the rows the header takes up."""

    first_row: int
    rows: int
    positions: dict[str, int]
    paths: list[str]

    @property
    def first_body_row(self) -> int:
        """Return the position of the first row under the header, counted from 0."""
        return self.first_row + self.rows

    def path_of(self, key: str) -> str:
        """Return the printed path of a described column."""
        return self.paths[self.positions[key]]


def find_anchor(sheet: Sheet, layout: Layout) -> int | None:
    """Return the first row of the header, found by the text of one of its cells; None if there is none."""
    wanted = {header_key(text) for text in layout.anchor}
    for index, row in enumerate(sheet.rows[:_SEARCH_ROWS]):
        if any(isinstance(cell, str) and cell and header_key(cell) in wanted for cell in row):
            if layout.header_at is not None:
                first = layout.header_at - 1
                return first if first <= index < first + layout.header_rows else None
            first = index - (layout.anchor_row - 1)
            return first if first >= 0 else None
    return None


def _filled(rows: list[list[str]], first: int, merged: list[MergedRange]) -> list[list[str]]:
    """Return the header's texts with each merged range filled with its top-left text."""
    last = first + len(rows) - 1
    for (top, left), (bottom, right) in merged:
        if bottom < first or top > last or top < first:
            continue
        text = rows[top - first][left] if left < len(rows[top - first]) else ""
        for row in range(top, min(bottom, last) + 1):
            for column in range(left, min(right + 1, len(rows[row - first]))):
                rows[row - first][column] = text
    return rows


def _continued(merged: list[MergedRange], last: int) -> set[int]:
    """Return the columns that only continue a heading merged over several: a person reads one column there."""
    return {
        column
        for (top, left), (bottom, right) in merged
        if top <= last <= bottom
        for column in range(left + 1, right + 1)
    }


def _spread(rows: list[list[str]], last: str) -> list[list[str]]:
    """Let each text above the lowest row hold to its right, until the next one of its row or of a row above.

    Nothing spreads beyond the column of the letters `last`.
    """
    spread = [list(row) for row in rows]
    for level, row in enumerate(rows[:-1]):
        held = ""
        for column, text in enumerate(row):
            begins = text or any(above[column] for above in rows[:level])
            held = text if begins else held
            spread[level][column] = held
            if column_letters(column) == last:
                break
    return spread


def header_paths(sheet: Sheet, first: int, height: int, spread_to: str | None = None) -> list[str]:
    """Return for each column its header from the top level down, such as `人口>計`; repeated levels stand once."""
    width = max((len(row) for row in sheet.rows[first : first + height]), default=0)
    rows = [
        [header_key(cell_text(cell)) for cell in row] + [""] * (width - len(row))
        for row in sheet.rows[first : first + height]
    ]
    continued = _continued(sheet.merged, first + height - 1)
    paths = []
    texts = _filled(_spread(rows, spread_to) if spread_to else rows, first, sheet.merged)
    for column, levels in enumerate(zip(*texts, strict=True)):
        parts: list[str] = []
        for level in levels:
            if level and column not in continued and (not parts or parts[-1] != level):
                parts.append(level)
        paths.append(LEVELS.join(parts))
    return paths


def pattern_key(text: str) -> str:
    """Return a header pattern as it is compared: NFKC, no white space; `*` stays a wildcard."""
    return "".join(normalise_width(text).split())


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(
        "".join(".*" if part == "*" else re.escape(part) for part in re.split(r"(\*)", pattern))
    )


def matches(pattern: str, path: str) -> bool:
    """Return whether a header path is one that a pattern names."""
    return _compiled(pattern_key(pattern)).fullmatch(path) is not None


class _Names:
    """The described names of a layout, with the words of the period put in the place of `{…}`."""

    def __init__(self, layout: Layout, words: Mapping[str, str]) -> None:
        self.patterns = [
            (pattern_key(self._filled(text, words)), key, column.at)
            for key, column in layout.columns.items()
            for text in column.header
        ]
        self.ignored = [pattern_key(self._filled(text, words)) for text in layout.ignore]

    @staticmethod
    def _filled(text: str, words: Mapping[str, str]) -> str:
        for name, value in words.items():
            text = text.replace(f"{{{name}}}", value)
        return text

    def column_of(self, path: str, letters: str) -> str | None:
        """Return the described column of a path: the pattern with the most letters wins."""
        found = [
            (len(pattern), key)
            for pattern, key, at in self.patterns
            if at in (None, letters) and _compiled(pattern).fullmatch(path)
        ]
        return max(found)[1] if found else None

    def is_ignored(self, path: str) -> bool:
        """Return whether the description says that a column is not read."""
        return any(_compiled(pattern).fullmatch(path) for pattern in self.ignored)

    def nearest(self, path: str) -> str:
        """Return the described name most like a path, or all of them when none is."""
        known = [pattern for pattern, _, _ in self.patterns]
        near = difflib.get_close_matches(path, known, n=1, cutoff=0.4)
        return near[0] if near else "／".join(known)


def _no_header(sheet: Sheet, layout: Layout, place: Place) -> Defect:
    first = next((text for row in sheet.rows for cell in row if (text := cell_text(cell).strip())), None)
    wanted = "」「".join(layout.anchor)
    return place.defect(
        "no_header",
        first,
        f"見出し「{wanted}」のある行が必要です。別の表のファイルではありませんか",
        f"A row with the header '{wanted}' is needed: is this another table's file?",
    )


def _unheaded(
    sheet: Sheet, layout: Layout, positions: Mapping[str, int], paths: list[str], bottom: int
) -> dict[str, int]:
    """Return where the columns without a header of their own stand: left of the one they belong to."""
    wanted = {
        key: positions.get(column.left_of, 0) - 1
        for key, column in layout.columns.items()
        if column.left_of and key not in positions
    }
    if layout.block:
        wanted = {key: _first_filled(sheet, index, paths, bottom) for key, index in wanted.items()}
    return {key: index for key, index in wanted.items() if index >= 0 and not paths[index]}


def _first_filled(sheet: Sheet, index: int, paths: list[str], bottom: int) -> int:
    """Return the first column from one to the left that has text below the header: labels of a form are merged."""
    below = sheet.rows[bottom + 1 : bottom + 1 + _LABEL_ROWS]
    while (
        index >= 0
        and not paths[index]
        and not any(cell_text(cell) for row in below for cell in row[index : index + 1])
    ):
        index -= 1
    return index


def _anchor_column(sheet: Sheet, layout: Layout, first: int) -> int:
    """Return the column of the cell by which the header that begins in a row is found."""
    wanted = {header_key(text) for text in layout.anchor}
    return next(
        index
        for row in sheet.rows[first : first + layout.header_rows]
        for index, cell in enumerate(row)
        if isinstance(cell, str) and header_key(cell) in wanted
    )


def _block(paths: list[str], names: _Names, anchor: int) -> range:
    """Return the columns of a block of a form: of described headers that stand twice the one nearest to the anchor."""
    nearest: dict[str, int] = {}
    for index, path in enumerate(paths):
        key = names.column_of(path, column_letters(index)) if path else None
        if key and abs(index - anchor) < abs(nearest.get(key, len(paths) * 2) - anchor):
            nearest[key] = index
    return range(min(nearest.values(), default=anchor), max(nearest.values(), default=anchor) + 1)


def _matched(
    paths: list[str], columns: range, names: _Names, place: Place, bottom: int
) -> tuple[dict[str, int], list[Defect]]:
    """Return which of some columns are described, and every header that is unknown or doubled."""
    positions: dict[str, int] = {}
    defects: list[Defect] = []
    for index in columns:
        path = paths[index]
        key = names.column_of(path, column_letters(index)) if path else None
        if key is None and path and not names.is_ignored(path):
            defects.append(_unknown(place, path, names.nearest(path), bottom, index))
        elif key is not None and key in positions:
            defects.append(
                place.defect(
                    "duplicate_header", path,
                    f"同じ見出しが {address(bottom, positions[key])} にもあります。一つにしてください",
                    f"The same header stands in {address(bottom, positions[key])}: keep one column of it",
                    row=bottom + 1, column=path, cell=address(bottom, index),
                )
            )  # fmt: skip
        elif key is not None:
            positions[key] = index
    return positions, defects


def _unknown(place: Place, path: str, hint: str, bottom: int, index: int) -> Defect:
    return place.defect(
        "unknown_header", path, f"知っている見出しのうち最も近いのは「{hint}」です",
        f"The nearest known header is '{hint}'", row=bottom + 1, column=path, cell=address(bottom, index),
    )  # fmt: skip


def _misspelt(
    lacking: list[str], layout: Layout, paths: list[str], block: range, place: Place, bottom: int
) -> list[Defect]:
    """Return a defect for each header beside a block that is much like one that the block lacks."""
    texts = [pattern_key(text) for key in lacking for text in layout.columns[key].header]
    near = {
        index: difflib.get_close_matches(path, texts, n=1)
        for index, path in enumerate(paths)
        if path and index not in block
    }
    return [_unknown(place, paths[index], hint[0], bottom, index) for index, hint in near.items() if hint]


def _missing(place: Place, layout: Layout, key: str, bottom: int) -> Defect:
    name = layout.columns[key].header[0] if layout.columns[key].header else key
    return place.defect(
        "missing_header", None, f"見出し「{name}」の列が必要です",
        f"A column headed '{name}' is needed", row=bottom + 1, column=name,
    )  # fmt: skip


def read_header(
    sheet: Sheet, layout: Layout, words: Mapping[str, str], place: Place
) -> tuple[Header | None, list[Defect]]:
    """Return where the described columns are, or None with every header that is unknown, doubled or missing."""
    first = find_anchor(sheet, layout)
    if first is None:
        return None, [_no_header(sheet, layout, place)]
    paths = header_paths(sheet, first, layout.header_rows, layout.heads_spread_to)
    names = _Names(layout, words)
    bottom = first + layout.header_rows - 1
    columns = range(len(paths))
    if layout.block:
        columns = _block(paths, names, _anchor_column(sheet, layout, first))
    positions, defects = _matched(paths, columns, names, place, bottom)
    positions |= _unheaded(sheet, layout, positions, paths, bottom)
    positions |= {
        key: positions[column.same_as]
        for key, column in layout.columns.items()
        if column.same_as in positions
    }
    needed = [key for key, column in layout.columns.items() if not (column.optional or column.is_of_sheet)]
    lacking = [key for key in needed if key not in positions and not layout.columns[key].same_as]
    if layout.block:
        defects += _misspelt(lacking, layout, paths, columns, place, bottom)
    defects += [_missing(place, layout, key, bottom) for key in lacking]
    if defects:
        return None, defects
    return Header(first, layout.header_rows, positions, paths), []

"""Makes a publisher's file from its own description: made-up bodies and figures in exactly the described layout.

What the file must give is worked out here from the description's words alone, not with the reader's code, so
that a test can compare every figure, its unit and its cell.
"""

from __future__ import annotations

import csv
import io
import random
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from html import escape
from itertools import islice, product
from pathlib import Path
from typing import NamedTuple

import openpyxl
from openpyxl.utils import column_index_from_string, get_column_letter

from pipelines.catalog.loader import Catalog
from pipelines.catalog.published import Layout, Measure, PublishedColumn, PublishedTable, RowRule
from pipelines.catalog.vocabulary import load_vocabulary
from tests.example_texts import era_year, matching, named_like, naming, wide
from tests.made_up_areas import MadeUpArea, made_up_areas, made_up_register
from tests.row_rules import solved

__all__ = [
    "CannotMakeError", "Figure", "FigureKey", "MadeUpArea", "MadeUpFile", "Shape", "made_up_areas",
    "made_up_register", "make_file",
]  # fmt: skip

NATION = "000000"
_GROUP = "作り物の群"
_MONEY = ("円", "千円", "百万円", "億円")
_COUNTED = ("人", "世帯", "枚", "件", "団体", "市町村", "事業", "システム", *_MONEY)
_TEN_DECIMALS = Decimal(1).scaleb(-10)
_RETRIES = 300
_SENTENCE = "当面は作り物のままとする"
_ROWS_OF_A_BODY = 4
# Rows that give figures of the whole country, each with a scope of bodies.
_WITHOUT_AREA = ("nation", "aggregate")


class CannotMakeError(NotImplementedError):
    """A layout asks for something that cannot be made up."""


class FigureKey(NamedTuple):
    """What a figure is about."""

    area_code: str
    item_id: str
    series_id: str
    as_of: date
    body_scope: str
    statistic: str


class Figure(NamedTuple):
    """What the file says: value in the item's unit, status, text, and the address of the cell in its sheet."""

    value: Decimal | None
    status: str
    raw_text: str
    cell: str
    sheet: str


@dataclass(frozen=True)
class Shape:
    """What may differ between files of one layout without changing what they say."""

    seed: int = 1
    spelling: int = 0
    optional: bool = True
    reverse: bool = False
    above: int = 0
    line_breaks: bool = False
    notes: bool = True
    year: int | None = None
    write: Callable[[Decimal, PublishedColumn], object] | None = None
    marks: dict[str, list[str]] = field(default_factory=dict)


@dataclass
class Form:
    """A sheet of one body: its name, the cells that name the body, and which rows of the whole file it has."""

    name: str
    cells: dict[tuple[int, int], object]
    rows: list[int] = field(default_factory=list)


@dataclass
class MadeUpFile:
    """A file as cells, with what it must give when it is read.

    Of a file with a sheet for each body (`forms`) the rows of all bodies stand under one header here; what is above
    the first and below the last row of a body is written on every sheet.
    """

    sheet: str
    name: str
    csv_name: str | None
    html_name: str
    year: int
    rows: list[list[object]]
    merged: list[tuple[int, int, int, int]]
    expected: dict[FigureKey, Figure]
    header_row: int
    body_row: int
    columns: dict[str, int]
    body_rows: list[int]
    other_sheets: list[str]
    is_transposed: bool
    forms: list[Form] = field(default_factory=list)

    def spot(self, row: int) -> tuple[str, int]:
        """Return the sheet of a row, and which row of it that is."""
        form = next((form for form in self.forms if row in form.rows), None)
        return (form.name, self.body_row + form.rows.index(row)) if form else (self.sheet, row)

    def header_cell(self, key: str) -> tuple[int, int]:
        """Return the position of a column's lowest header text."""
        column = self.columns[key]
        filled = [row for row in range(self.header_row, self.body_row) if self.rows[row][column] != ""]
        return filled[-1], column

    def _cells(self) -> tuple[list[list[object]], list[tuple[int, int, int, int]]]:
        if not self.is_transposed:
            return self.rows, self.merged
        width = max(map(len, self.rows))
        turned = [[row[index] if index < len(row) else "" for row in self.rows] for index in range(width)]
        return turned, [(left, top, right, bottom) for top, left, bottom, right in self.merged]

    def _sheets(self) -> Iterator[tuple[str, list[list[object]], list[tuple[int, int, int, int]]]]:
        if not self.forms:
            yield self.sheet, *self._cells()
        for form in self.forms:
            held = [self.rows[row] for row in form.rows if row < len(self.rows)]
            if held:
                above = [list(row) for row in self.rows[: self.body_row]]
                for (row, column), value in form.cells.items():
                    above[row][column] = value
                yield form.name, [*above, *held, *self.rows[self.body_rows[-1] + 1 :]], self.merged

    def write_xlsx(self, folder: Path) -> Path:
        """Write a workbook, whatever the name says."""
        book = openpyxl.Workbook()
        book.remove(book.active)
        for name in self.other_sheets if self.forms else []:
            book.create_sheet(name).cell(1, 1, "目次")
        for name, rows, merged in self._sheets():
            sheet = book.create_sheet(name)
            for number, row in enumerate(rows, start=1):
                for column, value in enumerate(row, start=1):
                    if value != "":
                        sheet.cell(number, column, value)
            for top, left, bottom, right in merged:
                sheet.merge_cells(
                    start_row=top + 1, start_column=left + 1, end_row=bottom + 1, end_column=right + 1
                )
        for name in self.other_sheets if not self.forms else []:
            book.create_sheet(name)
        path = folder / "made_up.xlsx"
        book.save(path)
        return path

    def write_html(self, folder: Path, encoding: str = "utf-8") -> Path:
        """Write a page that says above its table what a workbook says above its header."""
        rows, merged = self._cells()
        spans = {(top, left): (bottom + 1 - top, right + 1 - left) for top, left, bottom, right in merged}
        hidden = {
            (row, column)
            for top, left, bottom, right in merged
            for row, column in product(range(top, bottom + 1), range(left, right + 1))
        } - spans.keys()
        above = "".join(f"<p>{escape(str(cell))}</p>" for row in rows[: self.header_row] for cell in row)
        table = [
            "".join(
                _html_cell(cell, spans.get((number, column), (1, 1)), number < self.body_row)
                for column, cell in enumerate(row)
                if (number, column) not in hidden
            )
            for number, row in enumerate(rows[self.header_row :], start=self.header_row)
        ]
        path = folder / "made_up.html"
        page = _PAGE.format(
            charset=encoding,
            above=above,
            sheet=escape(self.sheet),
            rows="".join(f"<tr>{row}</tr>\n" for row in table),
        )
        path.write_bytes(page.encode(encoding))
        return path

    def write_csv(self, folder: Path, encoding: str = "utf-8") -> Path:
        """Write a CSV file; merged header cells are written out in each of their cells."""
        rows = [list(row) for row in self.rows]
        for top, left, bottom, right in self.merged:
            for row in range(top, bottom + 1):
                rows[row][left : right + 1] = [self.rows[top][left]] * (right + 1 - left)
        turned = replace(self, rows=rows, merged=[])._cells()[0]
        stream = io.StringIO(newline="")
        csv.writer(stream).writerows(turned)
        path = folder / "made_up.csv"
        path.write_bytes(stream.getvalue().encode(encoding))
        return path


_PAGE = """<!DOCTYPE html>
<html><head><meta charset="{charset}"><title>作り物</title></head>
<body><h1>作り物</h1>{above}<table><caption>{sheet}</caption>
{rows}</table></body></html>
"""


def _html_cell(cell: object, span: tuple[int, int], is_heading: bool) -> str:
    name = "th" if is_heading else "td"
    spans = "".join(
        f' {word}="{number}"' for word, number in zip(("rowspan", "colspan"), span, strict=True) if number > 1
    )
    return f"<{name}{spans}>{escape(str(cell)).replace(chr(10), '<br>')}</{name}>"


# The words of a period, and the columns.


@dataclass(frozen=True)
class _Span:
    year: int
    day: date

    @classmethod
    def of(cls, table: PublishedTable, layout: Layout, wanted: int | None) -> _Span:
        later = [other.since for other in table.layouts if other.since > layout.since]
        year = wanted or min([max(layout.since, 2019), *(since - 1 for since in later)])
        if table.period.kind == "fiscal_year":
            return cls(year, date(year + 1, 3, 31))
        if table.period.kind == "month":
            return cls(year, date(year, 6, 30))
        return cls(year, date(year, 1, 1) if year >= 2014 else date(year, 3, 31))

    @property
    def words(self) -> dict[str, str]:
        return {
            "era": era_year(self.year, letter=True), "era_before": era_year(self.year - 1, letter=True),
            "year": str(self.year), "wareki": _as_printed(self.year), "wareki_before": _as_printed(self.year - 1),
        }  # fmt: skip

    def naming(self, patterns: Iterable[str], suffix: str = "") -> Iterator[str]:
        for pattern in patterns:
            yield from naming(pattern, self.day, year=self.year, suffix=suffix)


def _as_printed(year: int) -> str:
    """Return a year as headers print it: 平成30, 令和元."""
    return re.sub(r"(?<=\D)1$", "元", era_year(year))


def _plain(pattern: str) -> str:
    return "".join(wide(pattern).split())


def _is(pattern: str, path: str) -> bool:
    return re.fullmatch(".*".join(map(re.escape, _plain(pattern).split("*"))), path) is not None


class _Header:
    """Made-up header texts for the columns of a layout, in the order in which they are written."""

    def __init__(self, table: PublishedTable, layout: Layout, span: _Span, shape: Shape) -> None:
        self._table = table
        self._layout = layout
        self._words = span.words
        self._shape = shape
        kept = {
            key: column
            for key, column in layout.columns.items()
            if (shape.optional or not column.optional or column.must_be_in(span.year))
            and not (column.is_of_sheet or column.same_as)
        }
        headless = [
            key for key, column in kept.items() if column.left_of and not (column.header and shape.spelling)
        ]
        self._left_of = {kept[key].left_of: key for key in headless}
        self.levels: dict[str, list[str]] = {
            key: [""] if key in headless else self._path(key, self._spelled(column))
            for key, column in kept.items()
        }
        self._add_ignored()
        self._name_anchor()
        if table.period.header:
            self._name_period(next(span.naming(table.period.header)))
        self.positions = self._placed()

    def _filled(self, text: str) -> str:
        for name, word in self._words.items():
            text = text.replace(f"{{{name}}}", word)
        return text

    def _spelled(self, column: PublishedColumn) -> str:
        return column.header[min(self._shape.spelling, len(column.header) - 1)]

    def _column_of(self, path: str) -> str | None:
        found = [
            (len(_plain(self._filled(text))), key)
            for key, column in self._layout.columns.items()
            for text in column.header
            if _is(self._filled(text), path)
        ]
        return max(found)[1] if found else None

    def _path(self, key: str, pattern: str, group: str = _GROUP) -> list[str]:
        levels = self._filled(pattern).split(">")
        for filling in (group, "大きな群>" + group, "甲"):
            texts = [filling if level == "*" else level.replace("*", "") or "甲" for level in levels]
            path = ">".join(texts).split(">")
            found = self._column_of(_plain(">".join(path)))
            if found == key or self._layout.columns[key].at:
                return path if len(path) <= self._layout.header_rows else [">".join(path)]
        raise CannotMakeError(f"no header for {key}: {pattern}")

    def _add_ignored(self) -> None:
        """Write some columns that the description passes over, so that they are seen to be passed over."""
        own = {_plain(text) for text in self._layout.anchor}
        present = {_plain(level) for levels in self.levels.values() for level in levels}
        foreign = {_plain(text) for layout in self._table.layouts for text in layout.anchor} - own
        added = 0
        for pattern in self._layout.ignore:
            levels = [
                _GROUP if level == "*" else level.replace("*", "") or "甲"
                for level in self._filled(pattern).split(">")
            ]
            is_anchor = bool(own & set(map(_plain, levels))) and not own & present
            if (
                self._column_of(_plain(">".join(levels)))
                or foreign & set(map(_plain, levels))
                or not (is_anchor or added < 3)
            ):
                continue
            self.levels[f"ignored {added}"] = (
                levels if len(levels) <= self._layout.header_rows else [">".join(levels)]
            )
            added += 1
        if self._layout.block:
            # Other blocks of the form, with headers that nobody has described.
            self.levels = {"beside 0": ["左の枠"], **self.levels, "beside 1": ["右の枠"]}

    def _name_anchor(self) -> None:
        wanted = {_plain(text) for text in self._layout.anchor}
        if any(_plain(level) in wanted for levels in self.levels.values() for level in levels):
            return
        for key, column in self._layout.columns.items():
            if key in self.levels and "*" in self._spelled(column).split(">"):
                self.levels[key] = self._path(key, self._spelled(column), self._layout.anchor[0])
                return
        raise CannotMakeError(f"no column is headed {self._layout.anchor}")

    def _name_period(self, text: str) -> None:
        for key, column in self._layout.columns.items():
            if key in self.levels and "*" in self._spelled(column).split(">"):
                self.levels[key] = self._path(key, self._spelled(column), text)

    def _placed(self) -> dict[str, int]:
        pinned = {
            key: column_index_from_string(column.at) - 1
            for key, column in self._layout.columns.items()
            if column.at and key in self.levels
        }
        free = (place for place in range(10_000) if place not in pinned.values())
        order = [key for key in self.levels if key not in pinned and key not in self._left_of.values()]
        if self._shape.reverse:
            order.reverse()
        for key, left in self._left_of.items():
            order.insert(order.index(key), left)
        return pinned | {key: next(free) for key in order}

    def cells(self) -> tuple[list[list[object]], list[tuple[int, int, int, int]]]:
        """Return the header's rows and its merged ranges (top, left, bottom, right), counted from its first row."""
        height, width = self._layout.header_rows, max(self.positions.values()) + 1
        anchors = {_plain(text) for text in self._layout.anchor}
        at = self._layout.anchor_row - 1
        columns: list[list[str]] = [[""] * height for _ in range(width)]
        for key, place in self.positions.items():
            levels = self.levels[key]
            drop = at - next((row for row, level in enumerate(levels) if _plain(level) in anchors), at)
            if drop < 0 or drop + len(levels) > height:
                raise CannotMakeError(
                    f"the anchor {self._layout.anchor} does not stand in header row {at + 1}"
                )
            padded = [""] * drop + levels
            columns[place] = padded + [levels[-1]] * (height - len(padded))
        merged = [*_merged_down(columns, height), *_merged_across(columns, height)]
        rows: list[list[object]] = [[columns[place][row] for place in range(width)] for row in range(height)]
        for top, left, bottom, right in merged:
            for row, column in product(range(top, bottom + 1), range(left, right + 1)):
                if (row, column) != (top, left):
                    rows[row][column] = ""
        return rows, merged


def _last_level(column: list[str], height: int) -> int:
    return next(
        (row for row in range(height) if column[row] and column[row:] == [column[row]] * (height - row)),
        height,
    )


def _merged_down(columns: list[list[str]], height: int) -> Iterator[tuple[int, int, int, int]]:
    for place, column in enumerate(columns):
        if (row := _last_level(column, height)) < height - 1:
            yield row, place, height - 1, place


def _merged_across(columns: list[list[str]], height: int) -> Iterator[tuple[int, int, int, int]]:
    for row in range(height - 1):
        left = 0
        while left < len(columns):
            right = left
            while (
                right + 1 < len(columns)
                and columns[right + 1][: row + 1] == columns[left][: row + 1]
                and columns[left][row]
                and row < min(_last_level(columns[left], height), _last_level(columns[right + 1], height))
            ):
                right += 1
            if right > left:
                yield row, left, row, right
            left = right + 1


# The rows.


@dataclass
class _Row:
    """One row: what it is about, its texts, and the numbers of its columns."""

    kind: str
    area: MadeUpArea | None
    scope: str
    texts: dict[str, str]
    days: dict[str, date] = field(default_factory=dict)
    values: dict[str, Decimal] = field(default_factory=dict)

    @property
    def area_type(self) -> str:
        return self.area.area_type if self.area else self.kind


class _Rows:
    """Made-up rows of a layout: figures that keep its rules and sums."""

    def __init__(
        self, table: PublishedTable, layout: Layout, keys: list[str], areas: list[MadeUpArea], catalog: Catalog,
        span: _Span, shape: Shape,
    ) -> None:  # fmt: skip
        self._table, self._layout, self._keys, self._areas = table, layout, keys, areas
        self._catalog, self._span, self._shape = catalog, span, shape
        self._random = random.Random(shape.seed)  # noqa: S311 - figures that can be repeated
        self._rules = layout.rows
        self._blocks = {tie.by for tie in layout.ties if tie.by}
        self._when = self._conditions()

    def _conditions(self) -> list[dict[str, str]]:
        """Return what the rows of one body differ by: the texts that measures and blocks depend on."""
        columns = [self._layout.columns[key] for key in self._keys if key in self._layout.columns]
        asked = [measure.when for column in columns for measure in column.measures]
        names = {name for when in asked for name in when}
        found = list(
            {tuple(sorted(when.items())): when for when in asked if when.keys() == names}.values()
        ) or [{}]
        for name in sorted(self._blocks - names):
            texts = ("2019年度", "2020年") if self._layout.columns[name].type == "year" else ("1", "2")
            found = [when | {name: text} for when in found for text in texts]
        return found

    def make(self) -> list[_Row]:
        """Return the rows in the order of the file."""
        combinations = self._when
        identity = self._table.identity
        bodies = [area for area in self._areas if identity and area.area_type in identity.types]
        rows: list[_Row] = []
        if self._blocks:
            for texts in combinations:
                rows += [self._body(area, texts) for area in bodies] + self._others(texts)
        else:
            rows += [
                self._body(area, texts)
                for number, area in enumerate(bodies)
                for texts in self._some(combinations, number)
            ]
            rows += [row for texts in combinations for row in self._others(texts)]
        for is_sum in (False, True):
            for row in rows:
                if self._is_total(row) == is_sum and row.area is not None:
                    self._fill(row, self._sums(row, rows))
        for kind in ("aggregate", "total", "nation"):
            for row in rows:
                if row.kind == kind:
                    self._fill(row, self._sums(row, rows))
        return rows

    def _some(self, combinations: list[dict[str, str]], number: int) -> list[dict[str, str]]:
        """Return what a body's rows are of: all where sums are printed, else a few of many, others for the next body."""
        if self._layout.ties or len(combinations) <= _ROWS_OF_A_BODY:
            return combinations
        first = number * _ROWS_OF_A_BODY
        return [combinations[(first + place) % len(combinations)] for place in range(_ROWS_OF_A_BODY)]

    def _is_total(self, row: _Row) -> bool:
        return row.area_type in {tie.total for tie in self._layout.ties}

    def _body(self, area: MadeUpArea, texts: dict[str, str]) -> _Row:
        identity = self._table.identity
        assert identity is not None
        named = {
            identity.code: area.area_code,
            identity.prefecture: area.prefecture,
            identity.name: "" if area.area_type == "prefecture" and identity.prefecture else area.name,
        }
        row = _Row(
            "body",
            area,
            self._table.body_scope,
            {key: text for key, text in named.items() if key in self._keys and key},
        )
        row.texts |= texts
        self._add_texts(row)
        return row

    def _others(self, texts: dict[str, str]) -> list[_Row]:
        rows = []
        chosen: dict[str, list[RowRule]] = {}
        for rule in self._rules:
            if all(name in self._keys or re.fullmatch(pattern, "") for name, pattern in rule.where.items()):
                chosen.setdefault(rule.kind, []).append(rule)
        for kind, rules in chosen.items():
            if kind in ("nation", "total"):
                rules = [rules[min(self._shape.spelling, len(rules) - 1)]]
            for rule in rules if kind != "end" else ():
                shown = {
                    name: matching(pattern) for name, pattern in rule.where.items() if name in self._keys
                }
                if any(shown.get(name, text) != text for name, text in texts.items()):
                    continue
                row = _Row(kind, None, rule.body_scope or self._table.body_scope, shown | texts)
                if self._kind_of(row) != kind:
                    continue
                self._add_texts(row, but=tuple(rule.where))
                rows.append(row)
        return rows

    def _kind_of(self, row: _Row) -> str:
        for rule in self._rules:
            if all(
                re.fullmatch(pattern, wide(row.texts.get(name, ""))) for name, pattern in rule.where.items()
            ):
                return rule.kind
        return "body"

    def _add_texts(self, row: _Row, but: tuple[str, ...] = ()) -> None:
        """Fill the columns that are neither numbers nor identity, in a way that no rule takes the row for another."""
        for key, column in self._layout.columns.items():
            if column.type == "year" and key in self._keys:
                text = row.texts.setdefault(key, "2020年度")
                row.days[key] = _day_of_year(text, column.month_day)
        identity = self._table.identity
        named = (identity.code, identity.prefecture, identity.name) if identity else ()
        for key in self._keys:
            column = self._layout.columns.get(key)
            if column is None or key in row.texts or key in named or key in but or column.type == "number":
                continue
            row.texts[key] = self._text_of(key, column, row)
            if self._kind_of(row) != row.kind:
                row.texts[key] = next(
                    (text for text in ("1", "2", "3", "8", "甲", "")
                     if self._kind_of(replace(row, texts=row.texts | {key: text})) == row.kind), "",
                )  # fmt: skip

    def _text_of(self, key: str, column: PublishedColumn, row: _Row) -> str:
        if key == self._table.period.column:
            is_day = column.type == "date" or self._table.period.kind != "fiscal_year"
            return self._span.day.isoformat() if is_day else str(self._span.year)
        if column.type == "date":
            day = self._span.day - timedelta(days=self._random.randint(0, 900))
            row.days[key] = day
            return self._random.choice(
                [day.isoformat(), f"{day:%Y/%m/%d}", f"{day.year}年{day.month}月{day.day}日"]
            )
        return str(self._span.year) if column.type == "fiscal_year" else "甲"

    def _numbers(self) -> list[str]:
        columns = self._layout.columns
        return [key for key in self._keys if key in columns and columns[key].type == "number"]

    def _sums(self, row: _Row, rows: list[_Row]) -> dict[str, Decimal]:
        sums: dict[str, Decimal] = {}
        for tie in self._layout.ties:
            if tie.total != (row.area_type if tie.total != "total" else row.kind):
                continue
            members = [
                other for other in rows
                if {other.area_type, other.kind} & set(tie.members) and other.values
                and (tie.total != "prefecture" or (other.area and row.area and other.area.prefecture_code == row.area.prefecture_code))
                and (tie.by is None or other.texts[tie.by] == row.texts[tie.by])
            ]  # fmt: skip
            for key in set(tie.columns) & set(self._numbers()) if members else ():
                total = sum((other.values[key] for other in members), Decimal(0))
                sums[key] = total if tie.rule == "sum" else (total / len(members)).quantize(_TEN_DECIMALS)
        return sums

    def _fill(self, row: _Row, sums: dict[str, Decimal]) -> None:
        told = {key: row.texts[key] for key in self._numbers() if key in row.texts}
        fixed = sums | {
            key: Decimal(self._layout.columns[key].words.get(text, text)) for key, text in told.items()
        }
        for _ in range(_RETRIES):
            values = {key: fixed.get(key, self._drawn(self._layout.columns[key])) for key in self._numbers()}
            values = solved(self._layout, values, set(fixed), self._decimals)
            if values is not None and all(self._within(key, value) for key, value in values.items()):
                row.values = values
                return
        raise CannotMakeError(f"no figures keep the rules of {self._table.title.en}")

    def _within(self, key: str, value: Decimal) -> bool:
        column = self._layout.columns[key]
        too_small = column.minimum is not None and value < Decimal(repr(column.minimum))
        return not too_small and (column.maximum is None or value <= Decimal(repr(column.maximum)))

    def _decimals(self, key: str) -> int:
        column = self._layout.columns[key]
        if column.words or column.unit in _COUNTED or column.unit is None:
            return 0
        own = [self._catalog.items[measure.item_id] for measure in column.measures]
        return next(
            (item.decimals for item in own if item.unit == column.unit), 3 if column.maximum == 1 else 1
        )

    def _drawn(self, column: PublishedColumn) -> Decimal:
        if column.words:
            return Decimal(self._random.choice(sorted(column.words.values())))
        low = column.minimum if column.minimum is not None else 0.0
        high = column.maximum if column.maximum is not None else low + 9000
        key = next(key for key, other in self._layout.columns.items() if other is column)
        low, high = max(low, min(0, high)), min(high, max(low, 0) + 9000)
        return Decimal(repr(round(self._random.uniform(low, high), self._decimals(key))))


# The file.


def _day_of_year(text: str, month_day: str | None) -> date:
    """Return the day that a year means: the given one of a year that begins in April, else its last."""
    year, is_fiscal = int(text[:4]), text.endswith("度")
    if month_day:
        day = date.fromisoformat(f"{year}-{month_day}")
        return day.replace(year=year + 1) if is_fiscal and day.month < 4 else day
    return date(year + 1, 3, 31) if is_fiscal else date(year, 12, 31)


def _figure_day(measure: Measure, span: _Span, row: _Row) -> date:
    """Return the day of a figure, from what the description says of it."""
    if measure.as_of == "column":
        return row.days.get(str(measure.as_of_column), span.day)
    day = span.day.replace(year=span.day.year - measure.years_before)
    if measure.as_of == "day_after_period":
        day += timedelta(days=1)
    if measure.covers_year and (day.month, day.day) == (1, 1):
        day -= timedelta(days=1)
    return day


def _plain_cell(value: Decimal) -> object:
    return int(value) if value == value.to_integral_value() else float(value)


def _cell_of(value: Decimal, column: PublishedColumn, shape: Shape) -> object:
    for word, number in column.words.items():
        if number == value:
            return _SENTENCE if word == "*" else word
    return shape.write(value, column) if shape.write else _plain_cell(value)


def _shown(cell: object) -> str:
    return cell if isinstance(cell, str) else repr(cell)


class _Maker:
    def __init__(
        self, table: PublishedTable, layout: Layout, areas: list[MadeUpArea], catalog: Catalog, shape: Shape
    ) -> None:
        self._table, self._layout, self._catalog, self._shape = table, layout, catalog, shape
        self._span = _Span.of(table, layout, shape.year)
        self._header = _Header(table, layout, self._span, shape)
        keys = list(self._header.positions)
        self._rows = _Rows(table, layout, keys, areas, catalog, self._span, shape).make()
        self._expected: dict[FigureKey, Figure] = {}
        self._forms: dict[str, Form] = {}

    def _title_rows(self, width: int) -> list[list[object]]:
        if self._layout.header_at:
            return [[""] * width for _ in range(self._layout.header_at - 1)]
        title = (
            next(self._span.naming(self._table.period.title), "") if self._table.period.title else "一覧表"
        )
        if self._table.period.title and not title:
            raise CannotMakeError(f"no title for {self._table.period.title}")
        rows: list[list[object]] = [[""] * width for _ in range(self._shape.above)]
        rows.append([title, *[""] * (width - 1)])
        self._label_row = len(rows)
        rows += [line for line in ([*self._labels()], [""] * len(self._labels())) if line]
        units = {column.unit for column in self._layout.columns.values() if column.unit in _MONEY}
        if len(units) == 1:
            rows.append([*[""] * (width - 1), f"（単位：{units.pop()}）"])
        if self._layout.header_at is not None:
            rows = rows[: self._layout.header_at - 1] or [
                [""] * width for _ in range(self._layout.header_at - 1)
            ]
        return rows

    def _labels(self) -> list[str]:
        columns = self._layout.columns.values()
        return [
            column.under[min(self._shape.spelling, len(column.under) - 1)]
            for column in columns
            if column.under
        ]

    def _form(self, area: MadeUpArea) -> Form:
        """Return the sheet of a body: named by code and name, by either, as descriptions say that sheets are."""
        names = (f"{area.area_code[:5]} {area.name}", area.area_code[:5], area.name)
        identity = self._table.identity
        assert identity is not None
        said = {
            identity.code: int(area.area_code[:5]), identity.prefecture: area.prefecture,
            identity.name: "" if area.area_type == "prefecture" else area.name,
        }  # fmt: skip
        labelled = [key for key, column in self._layout.columns.items() if column.under]
        cells = {(self._label_row + 1, place): said[key] for place, key in enumerate(labelled)}
        return Form(names[self._shape.spelling % len(names)], dict(cells))

    def make(self) -> MadeUpFile:
        header, merged = self._header.cells()
        width = len(header[0])
        rows = self._title_rows(width)
        top = len(rows)
        if self._shape.line_breaks:
            header = [
                [
                    cell[:1] + "\n" + cell[1:] if isinstance(cell, str) and len(cell) > 1 else cell
                    for cell in row
                ]
                for row in header
            ]
        rows += header
        first = len(rows)
        last: dict[str, str] = {}
        sheet, others = self._sheet_names()
        for row in self._rows:
            name, number = sheet, len(rows)
            if self._table.sheets == "each" and row.area:
                form = self._forms.setdefault(row.area.area_code, self._form(row.area))
                name, number = form.name, first + len(form.rows)
                form.rows.append(len(rows))
            rows.append(self._body_cells(row, width, number, last, name))
        body_rows = list(range(first, len(rows)))
        if self._shape.notes:
            rows += [["" for _ in range(width)], ["（注）作り物の表である。", *[""] * (width - 1)]]
        forms = list(self._forms.values())
        if forms:
            sheet, others = f"{forms[0].name} … {forms[-1].name}", ["目次"]
        return MadeUpFile(
            sheet, self._file_name(".xlsx"), None if forms else self._csv_name(), self._file_name(".html"), self._span.year, rows, [(top + a, b, top + c, d) for a, b, c, d in merged], self._expected,
            top, first, self._header.positions, body_rows, others, self._table.transposed,
            forms,
        )  # fmt: skip

    def _body_cells(
        self, row: _Row, width: int, number: int, last: dict[str, str], sheet: str
    ) -> list[object]:
        cells: list[object] = [""] * width
        for key, place in self._header.positions.items():
            column = self._layout.columns.get(key)
            if column is None:
                cells[place] = 0
            elif key in row.values:
                marks = self._shape.marks.get(key, [])
                cell: object = (
                    marks.pop()
                    if marks and (row.area or row.kind in _WITHOUT_AREA)
                    else _cell_of(row.values[key], column, self._shape)
                )
                cells[place] = cell
                self._expect(row, key, column, cell, number, place, sheet)
                for again, other in self._layout.columns.items():
                    if other.same_as == key:
                        row.values[again] = Decimal(other.words.get(str(cell), 0))
                        self._expect(row, again, other, cell, number, place, sheet)
            else:
                text = row.texts.get(key, "")
                cells[place] = "" if column.fill_down and last.get(key) == text else text
                last[key] = text
        return cells

    def _expect(
        self, row: _Row, key: str, column: PublishedColumn, cell: object, number: int, place: int, sheet: str
    ) -> None:
        is_nation = row.kind in _WITHOUT_AREA
        if not is_nation and row.area is None:
            return
        where = (number, place) if not self._table.transposed else (place, number)
        written = _cell_of(row.values[key], column, self._shape)
        is_read = cell == written or (column.same_as and str(cell) in column.words)
        status = "reported" if is_read else _status_of(str(cell), column, self._table)
        for measure in column.measures:
            if is_nation and measure.nation is None:
                continue
            if any(row.texts.get(name) != text for name, text in measure.when.items()):
                continue
            if any(row.values.get(name) != number for name, number in measure.only.items()):
                continue
            value = (
                self._converted(row.values[key], str(column.unit), measure) if status == "reported" else None
            )
            figure_key = FigureKey(
                NATION if row.area is None else row.area.area_code, measure.item_id, measure.series_id,
                _figure_day(measure, self._span, row), row.scope,
                str(measure.nation) if is_nation else measure.statistic,
            )  # fmt: skip
            if figure_key in self._expected:
                raise CannotMakeError(f"two figures of {figure_key}")
            address = f"{get_column_letter(where[1] + 1)}{where[0] + 1}"
            self._expected[figure_key] = Figure(value, status, _shown(cell), address, sheet)

    def _converted(self, value: Decimal, unit: str, measure: Measure) -> Decimal:
        units = load_vocabulary().units
        to = self._catalog.items[measure.item_id].unit
        return value * Decimal(units[unit].factor) / Decimal(units[to].factor)

    def _sheet_names(self) -> tuple[str, list[str]]:
        rank, _, pattern = self._layout.sheet[0].rpartition(":")
        years = {"newest": self._span.year, "previous": self._span.year}
        said = (
            list(islice(self._span.naming(self._table.period.sheet), 50)) if self._table.period.sheet else []
        )
        fillings = said or ([era_year(years[rank], letter=True)] if rank else [""])
        for filling in fillings:
            try:
                name = named_like(pattern, filling) or "表"
            except NotImplementedError:
                continue
            other = era_year(self._span.year + (1 if rank == "previous" else -1), letter=True)
            others = [named_like(pattern, other)] if rank else []
            return name[:31], others
        raise CannotMakeError(f"no sheet name for {pattern}")

    def _file_name(self, suffix: str) -> str:
        """Return a name that says the period where the description wants it there."""
        rule = self._table.period
        if not rule.file:
            return f"made_up{suffix}"
        for pattern in rule.file:
            for text in self._span.naming([pattern], suffix=""):
                name = text if text.endswith(suffix) else f"{text.rstrip('.')}{suffix}"
                if name in set(self._span.naming([pattern], suffix=name.removeprefix(text))):
                    return name
        return f"made_up{suffix}"

    def _csv_name(self) -> str | None:
        """Return a CSV file's name; None when only a workbook can say the period."""
        name = self._file_name(".csv")
        said = self._table.period.title or self._table.period.header or self._table.period.column
        return name if name != "made_up.csv" or said else None


def _status_of(mark: str, column: PublishedColumn, table: PublishedTable) -> str:
    return (table.marks | column.marks)[mark]


def make_file(
    table: PublishedTable,
    layout: Layout,
    areas: list[MadeUpArea],
    catalog: Catalog,
    shape: Shape | None = None,
) -> MadeUpFile:
    """Return a file in a layout; raise CannotMakeError when the layout asks for more than can be made up."""
    return _Maker(table, layout, areas, catalog, shape or Shape()).make()

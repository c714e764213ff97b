"""Workbooks: frozen headers in Japanese with identifiers below, real numbers and dates, codes as text, sources beside.

Cells are written by type, never guessed: no text becomes a formula, a link or a number. Rows are streamed; XlsxWriter
keeps one row in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unicodedata import east_asian_width

from pipelines.normalize.text import normalise_width
from pipelines.publish.datapackage import LICENCE, LIST_DELIMITER, TITLE, citation
from pipelines.publish.units import unit_of
from pipelines.settings import TIMEZONE

if TYPE_CHECKING:
    import duckdb
    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

    from pipelines.export.tables import ExportTable

_HEADER_ROWS = 2
MOST_ROWS = 1_048_576 - _HEADER_ROWS
# About 1 GB of XML: beyond 2 GB a workbook cannot be written, and long before that not be opened.
MOST_CELLS = 20_000_000
# A table that must be taken apart comes in pieces that a spreadsheet program opens without effort.
PIECE_ROWS = 300_000
_LONGEST_TEXT = 32_767
_LONGEST_SHEET_NAME = 31
_ROWS_AT_ONCE = 2_000
_NARROWEST, _WIDEST = 8, 48
_LONGEST_LABEL = 24
# Numbers that name something: no thousands separators.
_NUMBER_NAMES = (
    "year",
    "initiative_no",
    "milestone_no",
    "tier",
    "display_order",
    "position",
    "row_no",
    "decimals",
)


class TextTooLongError(ValueError):
    """A text that no cell of Excel holds; the text says where it is."""


@dataclass(frozen=True)
class About:
    """What a workbook says of itself: version, what was chosen (words), and the workbooks that hold the same table's pieces."""

    version: str
    chosen: Sequence[str]
    pieces: Sequence[ExportTable]
    sources: Sequence[dict[str, Any]]


def display_width(text: str) -> int:
    """Return how many columns of half-width characters a text takes."""
    return sum(2 if east_asian_width(character) in "FWA" else 1 for character in text)


class _Formats:
    """The formats of a workbook, made when first needed."""

    def __init__(self, workbook: Workbook) -> None:
        self._workbook = workbook
        self._made: dict[str, Format] = {}

    def __call__(self, number: str) -> Format:
        if number not in self._made:
            self._made[number] = self._workbook.add_format({"num_format": number, "valign": "top"})
        return self._made[number]

    def of(self, name: str, **properties: Any) -> Format:
        if name not in self._made:
            self._made[name] = self._workbook.add_format({"valign": "top", **properties})
        return self._made[name]

    @property
    def label(self) -> Format:
        return self.of("label", bold=True, text_wrap=True, bg_color="#E8F1FE")

    @property
    def identifier(self) -> Format:
        return self.of("identifier", bold=True, font_color="#595959", bottom=1, bg_color="#E8F1FE")

    @property
    def wrapped(self) -> Format:
        return self.of("wrapped", text_wrap=True)

    @property
    def title(self) -> Format:
        return self.of("title", bold=True, font_size=14)


def _number_format(column: str, value: int | float | Decimal) -> str:
    if any(column == name or column.endswith(f"_{name}") for name in _NUMBER_NAMES):
        return "0"
    if isinstance(value, Decimal):
        exponent = value.normalize().as_tuple().exponent
        places = -exponent if isinstance(exponent, int) and exponent < 0 else 0
    else:
        places = 0 if float(value).is_integer() else 4
    return "#,##0" + ("." + "0" * places if places else "")


def _write(sheet: Worksheet, formats: _Formats, place: tuple[int, int], column: str, value: Any) -> None:
    """Write one cell by the type of its value; raise TextTooLongError rather than cut."""
    row, position = place
    if value is None:
        return
    if isinstance(value, bool):
        sheet.write_boolean(row, position, value)
    elif isinstance(value, int | float | Decimal):
        sheet.write_number(row, position, float(value), formats(_number_format(column, value)))
    elif isinstance(value, datetime):
        local = value.astimezone(TIMEZONE).replace(tzinfo=None)
        sheet.write_datetime(row, position, local, formats("yyyy-mm-dd hh:mm"))
    elif isinstance(value, date):
        sheet.write_datetime(row, position, value, formats("yyyy-mm-dd"))
    else:
        text = _text(value)
        if len(text) > _LONGEST_TEXT:
            raise TextTooLongError(f"{sheet.get_name()} {column} {row + 1}")
        sheet.write_string(row, position, text, formats("@"))


def _text(value: Any) -> str:
    return LIST_DELIMITER.join(map(str, value)) if isinstance(value, list) else str(value)


def _label(meaning: str, unit: str | None) -> str:
    """Return the short Japanese header of a column: its meaning to the first stop, with a fixed unit."""
    label = meaning.partition("。")[0]
    head = label.partition("（")[0]
    if head and (len(label) > _LONGEST_LABEL or label.count("（") > label.count("）")):
        label = head
    if not unit or unit == "1" or unit.startswith("=") or unit in normalise_width(label):
        return label
    return f"{label}〔{unit}〕"


def _widths(labels: list[str], names: list[str], rows: list[tuple[Any, ...]]) -> list[int]:
    widths = []
    for position, name in enumerate(names):
        shown = [display_width(_shown(row[position])) for row in rows[:200]]
        wanted = max([display_width(name) + 3, min(display_width(labels[position]), 24), *shown])
        widths.append(min(max(wanted + 1, _NARROWEST), _WIDEST))
    return widths


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return "0000-00-00 00:00"
    if isinstance(value, Decimal):
        return f"{value.normalize():,f}"
    return _text(value)


def _table_sheet(
    connection: duckdb.DuckDBPyConnection, sheet: Worksheet, formats: _Formats, table: ExportTable
) -> None:
    names = [name for name, _, _ in table.columns]
    labels = [_label(meaning, unit_of(name, names)) for name, _, meaning in table.columns]
    cursor = connection.execute(table.query)
    rows = cursor.fetchmany(_ROWS_AT_ONCE)
    for position, width in enumerate(_widths(labels, names, rows)):
        sheet.set_column(position, position, width)
    sheet.set_row(0, 48)
    for position, label in enumerate(labels):
        sheet.write_string(0, position, label, formats.label)
    for position, name in enumerate(names):
        sheet.write_string(1, position, name, formats.identifier)
    number = _HEADER_ROWS
    while rows:
        for row in rows:
            for position, value in enumerate(row):
                _write(sheet, formats, (number, position), names[position], value)
            number += 1
        rows = cursor.fetchmany(_ROWS_AT_ONCE)
    sheet.freeze_panes(_HEADER_ROWS, 1)
    sheet.autofilter(_HEADER_ROWS - 1, 0, max(number - 1, _HEADER_ROWS - 1), len(names) - 1)


def _list_sheet(
    sheet: Worksheet, formats: _Formats, columns: Sequence[tuple[str, int]], rows: Sequence[Sequence[Any]]
) -> None:
    """Write a sheet of texts with one header row."""
    for position, (label, width) in enumerate(columns):
        sheet.set_column(position, position, width)
        sheet.write_string(0, position, label, formats.label)
    for number, row in enumerate(rows, start=1):
        for position, value in enumerate(row):
            if isinstance(value, int):
                sheet.write_number(number, position, value, formats("#,##0"))
            elif value is not None:
                sheet.write_string(number, position, str(value), formats.wrapped)
    sheet.freeze_panes(1, 0)


def _cover(sheet: Worksheet, formats: _Formats, about: About, named: list[tuple[str, ExportTable]]) -> None:
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, 1, 70)
    sheet.set_column(2, 2, 12)
    sheet.write_string(0, 0, TITLE, formats.title)
    lines = [
        ("版", about.version),
        ("選んだ範囲", "、".join(about.chosen) or "すべて"),
        (
            "編集物の利用条件",
            f"{LICENCE['name']} {LICENCE['path']}（数値は「出典」の各公表者の利用条件による）",
        ),
        ("数値の引用", "「引用した文書」の文書を出典として示し、加工した旨を記してください"),
        ("空欄", "値がないことを示します。理由は value_status の列にあります。0ではありません"),
        ("コード", "団体コードは6桁の文字です（先頭の0を残すため）"),
        ("日時", "日本時間"),
    ]
    if about.pieces:
        lines.append(
            (
                "表の分割",
                f"Excelの1シート（{MOST_ROWS:,}行）に収まらない表を分けています。「目次」のシートに全部のファイルがあります",
            )
        )
    for number, (label, text) in enumerate(lines, start=1):
        sheet.write_string(number, 0, label, formats.of("bold", bold=True))
        sheet.write_string(number, 1, text, formats.wrapped)
    first = len(lines) + 2
    for position, label in enumerate(("シート", "内容", "行数")):
        sheet.write_string(first, position, label, formats.label)
    for number, (name, table) in enumerate(named, start=first + 1):
        sheet.write_string(number, 0, name)
        held = f"（{table.holds}）" if table.holds else ""
        sheet.write_string(number, 1, f"{table.described.ja}{held}", formats.wrapped)
        sheet.write_number(number, 2, table.rows, formats("#,##0"))


def _column_rows(tables: Sequence[ExportTable]) -> list[list[Any]]:
    rows = []
    for table in tables:
        names = [name for name, _, _ in table.columns]
        for name, kind, meaning in table.columns:
            unit = unit_of(name, names) or ""
            shown = f"{unit.removeprefix('=')} の列による" if unit.startswith("=") else unit
            rows.append([table.file_stem, name, meaning, table.english.get(name, ""), kind.lower(), shown])
    return rows


def _source_rows(sources: Sequence[dict[str, Any]]) -> list[list[Any]]:
    return [
        [
            source["source_id"],
            source["title_ja"],
            source.get("publisher_ja"),
            source.get("licence_ja"),
            source.get("licence_url"),
            source["landing_url"],
            citation(source.get("publisher_ja"), source["title_ja"], source["landing_url"]),
            source.get("note_ja"),
        ]
        for source in sources
    ]


def _sheet_name(table: ExportTable) -> str:
    """Return the table's name as far as a sheet's may be long; the number of a piece stays."""
    end = f".{table.piece}" if table.piece else ""
    return table.file_stem.removesuffix(end)[: _LONGEST_SHEET_NAME - len(end)] + end


def documents_of(
    connection: duckdb.DuckDBPyConnection, tables: Sequence[ExportTable]
) -> list[tuple[Any, ...]]:
    """Return the documents that the figures of the tables are cited from: publisher, title, address, figures."""
    for table in tables:
        names = [name for name, _, _ in table.columns]
        if {"citation_url", "citation_title_ja", "citation_publisher_ja"} <= set(names):
            return connection.execute(
                "select citation_publisher_ja, citation_title_ja, citation_url, count(*) "
                f"from ({table.query}) group by all order by all"
            ).fetchall()
    return []


def write_workbook(
    connection: duckdb.DuckDBPyConnection,
    tables: Sequence[ExportTable],
    path: Path,
    about: About,
    told: Callable[[str], None] = lambda _: None,
) -> None:
    """Write tables as sheets of one workbook. Each must fit a sheet (`pieces_of`).

    Raises TextTooLongError for a text that no cell holds.
    """
    from xlsxwriter.workbook import Workbook

    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "tmpdir": str(path.parent),
    }
    with Workbook(str(path), options) as workbook:
        workbook.set_properties({"title": TITLE, "comments": f"version {about.version}"})
        formats = _Formats(workbook)
        cover = workbook.add_worksheet("はじめに")
        if about.pieces:
            _list_sheet(
                workbook.add_worksheet("目次"), formats, [("ファイル", 34), ("行数", 12), ("入っている行", 90)],
                [[f"{piece.file_stem}.xlsx", piece.rows, piece.holds] for piece in about.pieces],
            )  # fmt: skip
        named = [(_sheet_name(table), table) for table in tables]
        for name, table in named:
            told(name)
            _table_sheet(connection, workbook.add_worksheet(name), formats, table)
        _cover(cover, formats, about, named)
        _list_sheet(
            workbook.add_worksheet("列の説明"),
            formats,
            [("表", 24), ("列", 26), ("説明", 60), ("Description", 60), ("型", 16), ("単位", 20)],
            _column_rows(tables),
        )
        _list_sheet(
            workbook.add_worksheet("出典"),
            formats,
            [
                ("データ源", 30),
                ("題名", 40),
                ("公表者", 24),
                ("利用条件", 28),
                ("利用条件のURL", 40),
                ("ページ", 40),
                ("引用の書き方", 60),
                ("注", 60),
            ],
            _source_rows(about.sources),
        )
        if documents := documents_of(connection, tables):
            _list_sheet(
                workbook.add_worksheet("引用した文書"),
                formats,
                [("公表者", 24), ("題名", 60), ("URL", 60), ("数値の数", 12)],
                documents,
            )

"""Rows of any columns as people and programs read them: table, records, Markdown, CSV, JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TextIO

from pipelines.query import json_value

Cells = Sequence[Any]

FORMATS = ("table", "records", "markdown", "csv", "json")
# Narrower columns than these cannot be read: the row is then written as a record, one line a column.
_READABLE = 9
# What a text may hold that would move the cursor or break the line.
_CONTROLS = dict.fromkeys((*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029), " ")


class Marked(str):
    """A text that stands out on a terminal, in a style of rich; elsewhere it is the text alone."""

    style: str

    def __new__(cls, text: str, style: str) -> Marked:
        """Return the text with its style."""
        made = super().__new__(cls, text)
        made.style = style
        return made


@dataclass(frozen=True)
class Columns:
    """The names of the columns, no two of them alike; the first `whole` are never broken over lines."""

    names: tuple[str, ...]
    whole: int = 0

    @classmethod
    def of(cls, names: Iterable[str], whole: int = 0) -> Columns:
        """Return the names, those numbered that stand more than once, so that no column is lost."""
        taken: list[str] = []
        for name in names:
            number, unique = 1, name
            while unique in taken:
                number += 1
                unique = f"{name}_{number}"
            taken.append(unique)
        return cls(tuple(taken), whole)


def is_number(value: Any) -> bool:
    """Return whether a value is shown flush right."""
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def as_text(value: Any) -> str:
    """Return a value as text: decimals without trailing zeros, days in ISO form, lists with commas; nothing for null."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, float):
        return repr(value).removesuffix(".0")
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return ", ".join(as_text(entry) for entry in value)
    return str(value)


def on_one_line(value: Any) -> str:
    """Return a value as text without line breaks and control characters, which a publisher's file may hold."""
    return as_text(value).translate(_CONTROLS)


def write_csv(columns: Columns, rows: Iterable[Cells], out: TextIO) -> None:
    """Write the header and every row."""
    import csv

    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns.names)
    writer.writerows([as_text(value) for value in row] for row in rows)


def write_json(columns: Columns, rows: Iterable[Cells], out: TextIO) -> None:
    """Write a list of objects, one a line; decimals are numbers, days ISO dates."""
    before = "[\n"
    for row in rows:
        record = dict(zip(columns.names, row, strict=True))
        out.write(before + json.dumps(record, ensure_ascii=False, default=json_value))
        before = ",\n"
    out.write("[]\n" if before == "[\n" else "\n]\n")


def write_markdown(columns: Columns, rows: Iterable[Cells], out: TextIO) -> None:
    """Write a table in Markdown; columns of numbers are flush right."""
    held = list(rows)
    right = _flush_right(columns, held)
    marks = ["---:" if flush else "---" for flush in right]
    lines = [columns.names, marks, *([on_one_line(value) for value in row] for row in held)]
    for number, line in enumerate(lines):
        cells = line if number == 1 else [cell.replace("\\", "\\\\").replace("|", "\\|") for cell in line]
        out.write(f"| {' | '.join(cells)} |\n")


def _flush_right(columns: Columns, rows: Sequence[Cells]) -> list[bool]:
    firsts = (
        next((row[place] for row in rows if row[place] is not None), None)
        for place in range(len(columns.names))
    )
    return [is_number(value) for value in firsts]


def write_table(columns: Columns, rows: Iterable[Cells], out: TextIO) -> None:
    """Write a table: on a terminal with rules and in its width, elsewhere plain columns of any width.

    Full-width characters count as two. Where the terminal is too narrow for the columns, records are written.
    """
    held = list(rows)
    if not out.isatty():
        out.writelines(_plain_lines(columns, held))
        return
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(file=out, highlight=False)
    if len(columns.names) > 1 and console.width < _READABLE * len(columns.names):
        write_records(columns, held, out)
        return
    table = Table(box=box.SIMPLE_HEAD, header_style="bold", pad_edge=False)
    for place, (name, flush) in enumerate(zip(columns.names, _flush_right(columns, held), strict=True)):
        side, is_whole = "right" if flush else "left", place < columns.whole
        table.add_column(Text(on_one_line(name)), justify=side, overflow="fold", no_wrap=is_whole)  # type: ignore[arg-type]
    for row in held:
        table.add_row(*(Text(on_one_line(value), style=getattr(value, "style", "")) for value in row))
    console.print(table)


def _plain_lines(columns: Columns, rows: Sequence[Cells]) -> Iterator[str]:
    from rich.cells import cell_len

    lines = [columns.names, *(tuple(on_one_line(value) for value in row) for row in rows)]
    widths = [max(cell_len(line[place]) for line in lines) for place in range(len(columns.names))]
    right = _flush_right(columns, rows)
    for line in lines:
        cells = (
            " " * (width - cell_len(cell)) + cell if flush else cell + " " * (width - cell_len(cell))
            for cell, width, flush in zip(line, widths, right, strict=True)
        )
        yield "  ".join(cells).rstrip() + "\n"


def write_records(columns: Columns, rows: Iterable[Cells], out: TextIO) -> None:
    """Write each row as lines of name and value."""
    from rich.cells import cell_len, set_cell_size

    width = max((cell_len(name) for name in columns.names), default=0)
    for number, row in enumerate(rows, start=1):
        out.write(f"[{number}]\n")
        for name, value in zip(columns.names, row, strict=True):
            out.write(f"  {set_cell_size(name, width)}  {on_one_line(value)}".rstrip() + "\n")


_WRITERS = {
    "table": write_table,
    "records": write_records,
    "markdown": write_markdown,
    "csv": write_csv,
    "json": write_json,
}


def write(form: str, columns: Columns, rows: Iterable[Cells], out: TextIO | None = None) -> None:
    """Write rows in one of the FORMATS."""
    _WRITERS[form](columns, rows, out or sys.stdout)

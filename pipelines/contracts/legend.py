"""What a file says of its own marks and units, against what its description says of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import cast

import polars as pl

from pipelines.catalog.published import PublishedTable
from pipelines.contracts.figures import Numbers, mark_key
from pipelines.defects import Defect, RefusedFileError
from pipelines.extract.body import ReadTable
from pipelines.extract.columns import plain
from pipelines.extract.sheet import Sheet

# A word of money where a unit ends: not that of 「10万円以上」 or 「事業円滑化」.
_MONEY = re.compile(r"(?<![0-9十百千万億兆])(?:百万|千|億|万)?円(?=$|単位|[^一-龥ぁ-んァ-ヶー])")

# Fewer small values than this may be true: a ratio of deficits is mostly zero.
_FEWEST_SHARES = 10


def refuse_other_units(sheet: Sheet, read: ReadTable) -> None:
    """Raise RefusedFileError when a sheet or a head prints a money unit other than the described one.

    A sheet says it in a cell with 単位 above the table, a head of a measured column anywhere in its levels.
    """
    declared = {
        key: column.unit.partition("/")[0]
        for key, column in read.layout.columns.items()
        if column.unit and _MONEY.fullmatch(column.unit.partition("/")[0])
    }
    above = [
        plain(cell) for row in sheet.rows[: read.header.first_row] for cell in row if isinstance(cell, str)
    ]
    printed = {unit for text in above if "単位" in text for unit in _MONEY.findall(text)}
    defects = []
    if printed and declared and printed.isdisjoint(declared.values()):
        defects.append(_differs(read, printed, sorted(set(declared.values()))))
    for key, unit in declared.items():
        if key in read.header.positions:
            headed = set(_MONEY.findall(read.header.path_of(key)))
            if headed and unit not in headed:
                defects.append(_differs(read, headed, [unit], key))
    if defects:
        raise RefusedFileError(defects)


def _differs(read: ReadTable, printed: set[str], expected: list[str], key: str | None = None) -> Defect:
    return read.place.defect(
        "unit_differs", "・".join(sorted(printed)), f"単位は {'・'.join(expected)} のはずです",
        f"The unit should be {', '.join(expected)}",
        column=read.header.path_of(key) if key else None,
    )  # fmt: skip


def refuse_shares(read: ReadTable, numbers: Mapping[str, Numbers]) -> None:
    """Raise RefusedFileError when a column of per cent holds shares: a workbook shows 63.4% and stores 0.634."""
    defects = []
    for key, column in numbers.items():
        rule = read.layout.columns[key]
        if rule.unit != "%" or not rule.measures or _is_above_one(column.values):
            continue
        not_zero = column.values.filter(column.values != 0)
        if len(not_zero) >= _FEWEST_SHARES:
            defects.append(
                read.place.defect(
                    "percent_is_a_share", f"{not_zero[0].normalize():f}",
                    f"{len(not_zero)}個の値がすべて1以下です。％の数（63.4％なら 63.4）のはずです",
                    f"None of {len(not_zero)} values exceeds 1: they should be per cent (63.4 for 63.4%)",
                    column=read.header.path_of(key),
                )
            )  # fmt: skip
    if defects:
        raise RefusedFileError(defects)


def _is_above_one(values: pl.Series) -> bool:
    lowest, highest = cast(tuple[Decimal | None, Decimal | None], (values.min(), values.max()))
    return lowest is None or highest is None or lowest < -1 or highest > 1


def unknown_marks(sheet: Sheet, table: PublishedTable, read: ReadTable) -> list[Defect]:
    """Return a defect for each mark of which the file says what it means and the description does not."""
    legends = [table.marks, *(column.marks for column in read.layout.columns.values())]
    known = {mark_key(mark) for legend in legends for mark in legend}
    return [
        read.place.defect(
            "mark_not_in_legend", f"{mark}（{meaning}）",
            "この記号の意味を記述の marks に加えてください。加えるまで、この記号の欄は読めないものとして扱います",
            "Add this mark to the marks of the description; until then its cells count as unreadable",
            column=f"NOTE {mark}", severity="warning",
        )
        for mark, meaning in sheet.marks.items()
        if mark_key(mark) not in known
    ]  # fmt: skip

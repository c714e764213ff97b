"""What a file says of its own marks and units, against what its description says of them."""

from __future__ import annotations

from pipelines.catalog.published import PublishedTable
from pipelines.contracts.figures import mark_key
from pipelines.defects import Defect, RefusedFileError
from pipelines.extract.body import ReadTable
from pipelines.extract.sheet import Sheet

_MONEY = ("百万円", "千円", "億円")


def refuse_other_units(sheet: Sheet, read: ReadTable) -> None:
    """Raise RefusedFileError when the sheet prints one money unit and the description has another."""
    printed = {
        unit
        for row in sheet.rows[: read.header.first_body_row]
        for cell in row
        if isinstance(cell, str) and "単位" in cell
        for unit in _MONEY
        if unit in cell
    }
    declared = {
        column.unit
        for column in read.layout.columns.values()
        if column.unit and column.unit in ("円", *_MONEY)
    }
    if printed and declared and not printed & declared:
        raise RefusedFileError(
            [
                read.place.defect(
                    "unit_differs", "・".join(sorted(printed)), f"単位は {'・'.join(sorted(declared))} のはずです",
                    f"The unit should be {', '.join(sorted(declared))}",
                )
            ]
        )  # fmt: skip


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

"""Rules over the rows and cells of one file: what breaks one is refused alone, too much of it refuses the file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache, cached_property
from typing import cast

import polars as pl

from pipelines.catalog.published import PublishedColumn, RowCheck
from pipelines.contracts.bodies import Bodies
from pipelines.contracts.cells import DECIMAL
from pipelines.contracts.figures import Numbers
from pipelines.contracts.ties import total_missing
from pipelines.defects import Defect, RefusedFileError
from pipelines.extract.body import BODY, ReadTable
from pipelines.extract.columns import plain

# A file that leaves out more bodies than this, or its last ones, was cut off.
_CUT_OFF = 0.02
_FIRST_SHOWN = 20


@dataclass
class Refused:
    """The rows (from 1) that give no figures, the cells (row, column) that give none, and why."""

    rows: set[int] = field(default_factory=set)
    cells: set[tuple[int, str]] = field(default_factory=set)
    defects: list[Defect] = field(default_factory=list)


def refuse_lost_rows(read: ReadTable) -> None:
    """Raise RefusedFileError when a table has no rows, or none of a kind that it must have."""
    if not read.body.rows:
        raise RefusedFileError(
            [
                read.place.defect(
                    "no_rows", None, "見出しの下に行がありません。途中で切れたファイルではありませんか",
                    "There are no rows under the header: was the file cut off?",
                    row=read.header.first_body_row, column="*",
                )
            ]
        )  # fmt: skip
    required = {str(rule.kind) for rule in read.layout.rows if rule.required}
    if lost := required - set(read.body.kinds):
        raise RefusedFileError([total_missing(read.place, kind) for kind in sorted(lost)])


def refuse_cut_off(defects: list[Defect], expected: frozenset[str], *, by_last: bool = True) -> None:
    """Raise RefusedFileError when too many of the expected bodies have no row, or (`by_last`) the last one."""
    missing = [defect for defect in defects if defect.rule == "body_missing"]
    if not missing:
        return
    is_last_lost = by_last and max(expected) in {defect.column for defect in missing}
    if is_last_lost or len(missing) > max(3, len(expected) * _CUT_OFF):
        raise RefusedFileError(missing[:_FIRST_SHOWN])


def wrong_widths(read: ReadTable) -> Refused:
    """Return the rows that have more or fewer fields than the header; too many refuse the file."""
    width = len(read.header.paths)
    found = [
        read.place.defect(
            "wrong_width", f"{fields}",
            f"{width}個の欄が必要です", f"{width} fields are needed", row=row + 1, column="*",
        )
        for row, fields in read.body.widths.items()
    ]  # fmt: skip
    if read.are_too_many(len(found)):
        raise RefusedFileError(found[:_FIRST_SHOWN])
    return Refused({row + 1 for row in read.body.widths}, set(), found)


def repeats(read: ReadTable) -> list[str]:
    """Return what tells apart the rows of one body: the texts that measures depend on, and its years."""
    layout, body = read.layout, read.body
    names = layout.condition_columns()
    names += [key for key in layout.day_columns() if layout.columns[key].type == "year" and key not in names]
    if not names:
        return [""] * len(body.rows)
    return list(map("|".join, zip(*map(body.plain_texts, names), strict=True)))


def undescribed_rows(read: ReadTable) -> list[Defect]:
    """Return a defect for each breakdown in a long table of which no measure speaks: nothing is passed over silently."""
    layout, body = read.layout, read.body
    wanted = [measure.when for column in layout.columns.values() for measure in column.measures]
    names = layout.condition_columns()
    if not all(wanted) or not names:
        return []
    first: dict[tuple[str, ...], int] = {}
    for text, kind, row in zip(
        zip(*map(body.plain_texts, names), strict=True), body.kinds, body.rows, strict=True
    ):
        if kind == BODY and text not in first:
            first[text] = row
    described = [{name: plain(text) for name, text in when.items()} for when in wanted]
    return [
        read.place.defect(
            "undescribed_breakdown", " ".join(text),
            "どの項目として読むかの記述がないため、この内訳の行は読みませんでした",
            "These rows were not read: the description does not say what item they are",
            row=row + 1, column=names[0], cell=read.address(row, names[0]), severity="warning",
        )
        for text, row in sorted(first.items(), key=lambda entry: entry[1])
        if not any(when.items() <= dict(zip(names, text, strict=True)).items() for when in described)
    ]  # fmt: skip


def failed_cells(read: ReadTable, numbers: Mapping[str, Numbers]) -> list[Defect]:
    """Return a defect for each cell of a measured column that is neither a number nor a mark of the legend."""
    return [
        read.place.defect(
            "not_a_number", column.texts[index] or None,
            "数か、凡例にある記号を一つだけ書いてください", "Write one number, or one mark of the legend",
            row=read.body.rows[index] + 1, column=read.header.path_of(key),
            cell=read.address(read.body.rows[index], key), severity="warning",
        )
        for key, column in numbers.items()
        if read.layout.columns[key].measures
        for index in column.failed
    ]  # fmt: skip


class Labels:
    """The words by which each row of a table is known, put together when a defect asks for them."""

    def __init__(self, read: ReadTable, keys: list[str]) -> None:
        """Make labels of the columns by which a row names its body."""
        self._read = read
        self._keys = keys

    @cached_property
    def _places(self) -> dict[int, int]:
        return {row + 1: place for place, row in enumerate(self._read.body.rows)}

    def of(self, row: int) -> str:
        """Return the label of a row counted from 1."""
        body, place = self._read.body, self._places[row]
        texts = [body.texts(key)[place] for key in self._keys if key in body.columns]
        return " ".join(filter(None, texts))


def row_values(read: ReadTable, bodies: Bodies, numbers: Mapping[str, Numbers]) -> pl.DataFrame:
    """Return what sums and row checks compare: each row's number from 1, its kind and body, and its numbers."""
    layout, body = read.layout, read.body
    blocks = {tie.by for tie in layout.ties if tie.by}
    # A check may name an optional column: one that the file does not have is null.
    absent = pl.Series([None], dtype=DECIMAL).new_from_index(0, len(body.rows))
    return pl.DataFrame(
        {
            "row": pl.Series(body.rows, dtype=pl.Int64) + 1,
            "kind": pl.Series(body.kinds, dtype=pl.String),
            "area_type": pl.Series(bodies.types, dtype=pl.String),
            "prefecture": pl.Series(bodies.prefectures, dtype=pl.String),
            **{key: pl.Series(body.plain_texts(key), dtype=pl.String) for key in blocks},
            **{key: column.values for key, column in numbers.items()},
            **{
                key: absent
                for key, column in layout.columns.items()
                if column.type == "number" and key not in numbers
            },
        }
    )


@cache
def _rule(sql: str) -> pl.Expr:
    return pl.sql_expr(sql)


def row_checks(read: ReadTable, values: pl.DataFrame, labels: Labels) -> Refused:
    """Return the rows and cells that break a rule over one row; too many rows refuse the file."""
    checks, refused = read.layout.checks, Refused()
    if not checks:
        return refused
    broke = values.select(
        (~_rule(check.sql).fill_null(True)).alias(str(number)) for number, check in enumerate(checks)
    )
    for number, check in enumerate(checks):
        is_broken = broke[str(number)]
        if is_broken.any():
            _refuse_rows(read, check, values["row"].filter(is_broken).to_list(), labels, refused)
    return refused


def _refuse_rows(read: ReadTable, check: RowCheck, rows: list[int], labels: Labels, refused: Refused) -> None:
    found = [
        read.place.defect(
            check.id, labels.of(row), check.message.ja, check.message.en, row=row, column=check.id, severity=check.severity,
        )
        for row in rows
    ]  # fmt: skip
    if check.severity == "error":
        if read.are_too_many(len(found)):
            raise RefusedFileError(found[:_FIRST_SHOWN])
        refused.cells |= {(row, column) for row in rows for column in check.columns}
        refused.rows |= set() if check.columns else set(rows)
    refused.defects += found


def outside_limits(read: ReadTable, numbers: Mapping[str, Numbers]) -> Refused:
    """Return the cells beyond their column's limits; too many refuse the file."""
    refused = Refused()
    for key, column in numbers.items():
        rule = read.layout.columns[key]
        if not _is_beyond(column.values, rule):
            continue
        for limit, wrong in (
            (rule.minimum, column.values < rule.minimum if rule.minimum is not None else None),
            (rule.maximum, column.values > rule.maximum if rule.maximum is not None else None),
        ):
            if wrong is None or limit is None or not wrong.any():
                continue
            for index in wrong.fill_null(False).arg_true().to_list():
                row = read.body.rows[index]
                refused.cells.add((row + 1, key))
                refused.defects.append(
                    read.place.defect(
                        "out_of_range", column.texts[index], _limits_in_words(rule, limit),
                        f"Expected within [{rule.minimum}, {rule.maximum}]",
                        row=row + 1, column=read.header.path_of(key), cell=read.address(row, key),
                    )
                )  # fmt: skip
    if read.are_too_many(len(refused.cells)):
        raise RefusedFileError(refused.defects[:_FIRST_SHOWN])
    return refused


def _is_beyond(values: pl.Series, rule: PublishedColumn) -> bool:
    """Return whether any value of a column is beyond its limits: of nearly every column none is."""
    if rule.minimum is None and rule.maximum is None:
        return False
    lowest, highest = cast(tuple[Decimal | None, Decimal | None], (values.min(), values.max()))
    if lowest is None or highest is None:
        return False
    below = rule.minimum is not None and float(lowest) < rule.minimum
    return below or (rule.maximum is not None and float(highest) > rule.maximum)


def _limits_in_words(rule: PublishedColumn, limit: float) -> str:
    if rule.minimum is not None and rule.maximum is not None:
        return f"{rule.minimum:g} から {rule.maximum:g} までの値のはずです"
    return f"{limit:g} を越えています"

"""Figures that must add up within a file: its bodies against the totals and means it prints itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from typing import Any

import polars as pl

from pipelines.catalog.published import Layout, Tie
from pipelines.defects import Defect
from pipelines.extract.body import BODY
from pipelines.extract.table import Place

# Beyond this share of broken sums the file itself is wrong, not one of its figures.
_FILE_IS_WRONG = 0.1


@dataclass
class TieResult:
    """How many sums were compared, and what did not add up."""

    compared: int = 0
    defects: list[Defect] = field(default_factory=list)
    lost_total: bool = False

    @property
    def file_is_wrong(self) -> bool:
        """Return whether a total is lost, or so many sums are broken that no figure of the file can be trusted."""
        return self.lost_total or len(self.defects) > max(1, self.compared * _FILE_IS_WRONG)


_Key = tuple[str | None, str | None]
_Row = dict[str, Any]


def _block(tie: Tie) -> pl.Expr:
    return (pl.col(tie.by) if tie.by else pl.lit("")).cast(pl.String)


def _prefecture(tie: Tie) -> pl.Expr:
    return pl.col("prefecture") if tie.total == "prefecture" else pl.lit("")


def _totals(values: pl.DataFrame, tie: Tie, columns: list[str]) -> list[tuple[_Key, _Row]]:
    """Return the rows of totals as the file prints them, each with its prefecture and block."""
    of_total = values["kind"] == "total" if tie.total == "total" else values["area_type"] == tie.total
    # There are few of them: looking at each costs less than a query.
    rows = [values.row(place, named=True) for place, found in enumerate(of_total.to_list()) if found]
    return [
        (
            (row["prefecture"] if tie.total == "prefecture" else "", row[tie.by] if tie.by else ""),
            {"row": row["row"], **{column: _float(row[column]) for column in columns}},
        )
        for row in rows
    ]


def _float(number: Decimal | None) -> float | None:
    return None if number is None else float(number)


def _sums(values: pl.DataFrame, tie: Tie, columns: list[str]) -> dict[_Key, _Row]:
    """Return by prefecture and block what the members add up to in each column, and how many have no value there."""
    of_any_type = (pl.col("kind") == BODY) & pl.lit(BODY in tie.members)
    is_member = of_any_type | pl.col("area_type").is_in(tie.members)
    wanted = [pl.len().alias("members")]
    for column in columns:
        number = pl.col(column)
        # A sum of decimals is exact; the mean of it is rounded once.
        computed = number.sum().cast(pl.Float64)
        wanted.append((computed if tie.rule == "sum" else computed / pl.len()).alias(column))
        wanted.append(number.null_count().alias(f"{column} without"))
    groups = (
        values.lazy().filter(is_member).group_by(at=_prefecture(tie), by=_block(tie)).agg(wanted).collect()
    )
    return {(row.pop("at"), row.pop("by")): row for row in groups.to_dicts()}


def total_missing(place: Place, column: str) -> Defect:
    """Return the defect of a file that should end with totals or means and has none."""
    return place.defect(
        "total_missing", None, "合計（平均）の行が必要です。途中で切れたファイルではありませんか",
        "The row of totals or means is needed: was the file cut off?", column=column,
    )  # fmt: skip


def check_ties(
    values: pl.DataFrame, layout: Layout, place: Place, label_of: Callable[[int], str]
) -> TieResult:
    """Compare every declared sum and mean of a file.

    `values` has a row for each row read: `row` (from 1), `kind`, `area_type`, `prefecture`, and the measured columns as
    decimals; `label_of` gives the words by which a row is known. Groups with a member without a value are not compared.
    """
    result = TieResult()
    for tie in layout.ties:
        columns = [column for column in tie.columns if column in values.columns]
        totals, sums = _totals(values, tie, columns), _sums(values, tie, columns)
        # Of a file in blocks every block must have its total; else a total without members is of no interest.
        untotalled = tie.by is not None and not sums.keys() <= {key for key, _ in totals if None not in key}
        if tie.optional and not totals and not untotalled:
            continue
        for column in columns:
            if untotalled or not totals:
                result.lost_total = True
                result.defects.append(total_missing(place, column))
            else:
                _compare(tie, column, totals, sums, result, partial(_broken, tie, column, place, label_of))
    return result


def _compare(
    tie: Tie, column: str, totals: list[tuple[_Key, _Row]], sums: dict[_Key, _Row], result: TieResult,
    broken: Callable[[_Row, _Row], Defect],
) -> None:  # fmt: skip
    """Compare one column's totals with the sums of their members."""
    for key, total in totals:
        members = sums.get(key) if None not in key else None
        if members is None or total[column] is None or members[f"{column} without"]:
            continue
        result.compared += 1
        if abs(members[column] - total[column]) > tie.tolerance + 1e-9:
            result.defects.append(broken(total, members))


def _broken(
    tie: Tie, column: str, place: Place, label_of: Callable[[int], str], total: _Row, members: _Row
) -> Defect:
    word_ja, word_en = ("合計", "sum") if tie.rule == "sum" else ("平均", "mean")
    count, computed, label = members["members"], members[column], label_of(total["row"])
    return place.defect(
        "total_differs", f"{total[column]:.10g}",
        f"{label}の{word_ja}は、この表の{count}団体から {computed:.10g} のはずです",
        f"The {word_en} over the {count} bodies of this table is {computed:.10g} ({label})",
        row=total["row"], column=column, severity="warning",
    )  # fmt: skip

"""Figures that must add up within a file: its bodies against the totals and means it prints itself."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from pipelines.catalog.published import Layout, Tie
from pipelines.defects import Defect
from pipelines.extract.body import BODY
from pipelines.extract.table import Place

# Beyond this share of broken sums the file itself is wrong, not one of its figures.
_FILE_IS_WRONG = 0.1


@dataclass(frozen=True)
class TieResult:
    """How many sums were compared, and what did not add up."""

    compared: int
    defects: list[Defect]
    lost_total: bool = False

    @property
    def file_is_wrong(self) -> bool:
        """Return whether a total is lost, or so many sums are broken that no figure of the file can be trusted."""
        return self.lost_total or len(self.defects) > max(1, self.compared * _FILE_IS_WRONG)


def _groups(values: pl.DataFrame, tie: Tie, column: str) -> pl.DataFrame:
    """Return per total row: what the members add up to, what is printed, whether every member had a value."""
    by_prefecture = tie.total == "prefecture"
    number = pl.col(column).cast(pl.Float64)
    keys = ["prefecture", "block"]
    group = (
        pl.col("prefecture") if by_prefecture else pl.lit("").alias("prefecture"),
        (pl.col(tie.by) if tie.by else pl.lit("")).cast(pl.String).alias("block"),
    )
    of_any_type = (pl.col("kind") == BODY) & pl.lit(BODY in tie.members)
    is_member = of_any_type | pl.col("area_type").is_in(tie.members)
    # One query: its many steps cost more apart than what they compute.
    rows = values.lazy()
    members = rows.filter(is_member).with_columns(group)
    computed = number.sum() if tie.rule == "sum" else number.mean()
    sums = members.group_by(keys).agg(
        computed=computed, complete=number.is_not_null().all(), members=pl.len()
    )
    kind = "prefecture" if by_prefecture else tie.total
    mask = pl.col("area_type") == kind if kind != "total" else pl.col("kind") == "total"
    totals = rows.filter(mask).with_columns(group).select(*keys, "row", "label", printed=number)
    # Of a file in blocks every block must have its total; else a total without members is of no interest.
    return totals.join(sums, on=keys, how="full" if tie.by else "left", coalesce=True).collect()


def total_missing(place: Place, column: str) -> Defect:
    """Return the defect of a file that should end with totals or means and has none."""
    return place.defect(
        "total_missing", None, "合計（平均）の行が必要です。途中で切れたファイルではありませんか",
        "The row of totals or means is needed: was the file cut off?", column=column,
    )  # fmt: skip


def check_ties(values: pl.DataFrame, layout: Layout, place: Place) -> TieResult:
    """Compare every declared sum and mean of a file.

    `values` has a row for each row read: `row` (from 1), `kind`, `area_type`, `prefecture`, `label`, and the
    measured columns as decimals. Groups with a member without a value are not compared.
    """
    compared, defects, lost_total = 0, [], False
    for tie in layout.ties:
        for column in tie.columns:
            if column not in values.columns:
                continue
            groups = _groups(values, tie, column)
            if tie.optional and groups.is_empty():
                continue
            if groups.is_empty() or groups["row"].null_count():
                lost_total = True
                defects.append(total_missing(place, column))
                continue
            for group in groups.filter(pl.col("printed").is_not_null() & pl.col("complete")).to_dicts():
                compared += 1
                if abs(group["computed"] - group["printed"]) > tie.tolerance + 1e-9:
                    defects.append(_broken(group, tie, column, place))
    return TieResult(compared, defects, lost_total)


def _broken(group: dict[str, object], tie: Tie, column: str, place: Place) -> Defect:
    word_ja, word_en = ("合計", "sum") if tie.rule == "sum" else ("平均", "mean")
    return place.defect(
        "total_differs", f"{group['printed']:.10g}",
        f"{group['label']}の{word_ja}は、この表の{group['members']}団体から {group['computed']:.10g} のはずです",
        f"The {word_en} over the {group['members']} bodies of this table is {group['computed']:.10g} ({group['label']})",
        row=int(str(group["row"])), column=column, severity="warning",
    )  # fmt: skip

"""Figures against their own past: wrong scale, exchanged columns, exchanged years, single jumps.

A header can be right and the figures under it wrong. Bodies change slowly, so the same column of the neighbouring
years is the best witness: the distance of two columns is the median over bodies of |x - y| / (|x| + |y|).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import Any

import numpy as np
import polars as pl

from pipelines.defects import Defect
from pipelines.extract.table import Place
from pipelines.normalize.area_codes import NATION

# Fewer bodies in common than this prove nothing.
_FEWEST = 10
# A unit mistaken for another moves the median body by a power of ten, give or take this share of a power.
_POWER_OF_TEN = 0.15
# Columns are taken as exchanged when crossing them brings both this much nearer to their neighbours.
_NEARER = 0.5
# A single figure jumps when it moved by this factor while its peers, typically, moved far less.
_JUMP, _TYPICAL = 3.0, 12.0
# Two files look exchanged when changing their places shortens the way through the years by this share; years that
# lie farther apart than this are not taken for each other.
_SHORTER, _FARTHEST = 0.95, 3
# Beside what tells bodies apart, a value this small is as good as none, and a factor of it says nothing.
_NEAR_ZERO = 0.2
_FIRST_SHOWN = 20

Column = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class FileFigures:
    """The figures of one accepted file: `order` sorts the files of a table by what they describe.

    `names_its_year` is false when only the file's name says which year it is.
    """

    order: str
    names_its_year: bool
    place: Place
    frame: pl.DataFrame


@dataclass(frozen=True)
class _Matrix:
    """Values of one file: a row an area (shared order), a column an item; NaN where there is none."""

    file: FileFigures
    columns: dict[str, Column]


def _matrices(files: list[FileFigures]) -> tuple[list[str], list[_Matrix]]:
    newest = [
        file.frame.filter(
            pl.col("value").is_not_null() & (pl.col("body_scope") == "each_body") & (pl.col("area_code") != NATION)
        ).filter(pl.col("as_of_date") == pl.col("as_of_date").max().over("item_id", "area_code"))
        .select("area_code", "item_id", pl.col("value").cast(pl.Float64))
        .unique(["area_code", "item_id"], keep="first")
        for file in files
    ]  # fmt: skip
    areas = sorted(set().union(*(frame["area_code"].to_list() for frame in newest)))
    place = pl.DataFrame(
        {"area_code": areas, "place": range(len(areas))}, schema={"area_code": pl.String, "place": pl.Int64}
    )
    matrices = []
    for file, frame in zip(files, newest, strict=True):
        columns: dict[str, Column] = {}
        for (item_id,), part in frame.join(place, on="area_code").group_by("item_id"):
            values = np.full(len(areas), np.nan)
            values[part["place"].to_numpy()] = part["value"].to_numpy()
            columns[str(item_id)] = values
        matrices.append(_Matrix(file, columns))
    return areas, matrices


def _distance(first: Column, second: Column) -> float | None:
    """Return how far two columns are apart, 0 to 1, or None when too few bodies have both."""
    size = np.abs(first) + np.abs(second)
    with np.errstate(invalid="ignore", divide="ignore"):
        apart = np.abs(first - second) / size
    apart = apart[np.isfinite(apart)]
    return float(np.median(apart)) if apart.size >= _FEWEST else None


def _ratio(newer: Column, older: Column) -> float | None:
    both = np.isfinite(newer) & np.isfinite(older) & (newer > 0) & (older > 0)
    return float(np.median(newer[both] / older[both])) if both.sum() >= _FEWEST else None


def _witnesses(matrices: list[_Matrix], index: int) -> list[_Matrix]:
    """Return the two nearest files, so that one wrong neighbour does not condemn a right file.

    Of two files alone only the one that came later is doubted: the other was there first.
    """
    if len(matrices) == 2:
        newest = max(range(2), key=lambda one: (matrices[one].file.place.snapshot.retrieved_at, one))
        return [matrices[1 - index]] if index == newest else []
    nearest = sorted(
        (near for near in range(len(matrices)) if near != index), key=lambda near: abs(near - index)
    )
    return [matrices[near] for near in nearest[:2]]


def _is_power_of_ten(ratio: float) -> bool:
    power = np.log10(ratio)
    return abs(power) > 0.5 and abs(power - round(power)) < _POWER_OF_TEN


def _scale_defects(matrix: _Matrix, witnesses: list[_Matrix]) -> Iterator[Defect]:
    for item_id, values in matrix.columns.items():
        ratios = [
            (_ratio(values, witness.columns[item_id]), witness)
            for witness in witnesses
            if item_id in witness.columns
        ]
        known = [(ratio, witness) for ratio, witness in ratios if ratio is not None]
        if known and all(_is_power_of_ten(ratio) for ratio, _ in known):
            ratio, witness = known[0]
            yield matrix.file.place.defect(
                "scale_jump", f"×{ratio:.4g}",
                f"{item_id} の中央の団体が {witness.file.order} の {ratio:.4g} 倍です。単位（千円・百万円など）が変わっていないか確かめてください",
                f"The median body's {item_id} is {ratio:.4g} times that of {witness.file.order}: has the unit changed?",
                column=item_id,
            )  # fmt: skip


def _swap_defects(matrix: _Matrix, witnesses: list[_Matrix]) -> Iterator[Defect]:
    for first, second in combinations(sorted(matrix.columns), 2):
        votes = []
        for witness in witnesses:
            if first not in witness.columns or second not in witness.columns:
                continue
            a, b, c, d = (
                matrix.columns[first],
                matrix.columns[second],
                witness.columns[first],
                witness.columns[second],
            )
            straight, crossed = (_distance(a, c), _distance(b, d)), (_distance(a, d), _distance(b, c))
            if None in straight or None in crossed:
                continue
            votes.append(sum(filter(None, crossed)) < _NEARER * sum(filter(None, straight)))
        if votes and all(votes):
            yield matrix.file.place.defect(
                "columns_look_exchanged", f"{first} / {second}",
                "二つの列の値が、前後の年と比べて入れ替わっているように見えます。見出しと値を照らし合わせてください",
                "The values of these two columns look exchanged beside the neighbouring years: compare with the original",
                column=first,
            )  # fmt: skip


class _Distances:
    """Distances of the same item in two files, each computed once."""

    def __init__(self, matrices: list[_Matrix]) -> None:
        self._matrices = matrices
        self._known: dict[tuple[str, int, int], float | None] = {}

    def of(self, item_id: str, first: int, second: int) -> float | None:
        """Return the distance of an item between two files, None when too few bodies have both."""
        key = (item_id, min(first, second), max(first, second))
        if key not in self._known:
            one, other = self._matrices[key[1]].columns, self._matrices[key[2]].columns
            both = item_id in one and item_id in other
            self._known[key] = _distance(one[item_id], other[item_id]) if both else None
        return self._known[key]

    def path(self, item_id: str, order: list[int]) -> float | None:
        """Return how long the way through the files in this order is."""
        steps = [self.of(item_id, first, second) for first, second in pairwise(order)]
        return None if None in steps else sum(filter(None, steps))


def _exchange_shortens(distances: _Distances, matrices: list[_Matrix], first: int, second: int) -> bool:
    """Return whether most items change less from year to year when two files change places."""
    start, stop = max(first - 1, 0), min(second + 2, len(matrices))
    here = list(range(start, stop))
    exchanged = [second if index == first else first if index == second else index for index in here]
    votes = []
    for item_id in matrices[first].columns.keys() & matrices[second].columns.keys():
        before, after = distances.path(item_id, here), distances.path(item_id, exchanged)
        if before is not None and after is not None and before > 0:
            votes.append(after < _SHORTER * before)
    return len(here) > 2 and bool(votes) and sum(votes) > len(votes) / 2


def _order_defects(matrices: list[_Matrix]) -> dict[int, Defect]:
    """Return the files that fit better in another's place; files that name their own year are believed."""
    distances = _Distances(matrices)
    found: dict[int, Defect] = {}
    for first in range(len(matrices)):
        for second in range(first + 1, min(first + 1 + _FARTHEST, len(matrices))):
            pair = (matrices[first].file, matrices[second].file)
            if any(file.names_its_year for file in pair) or not _exchange_shortens(
                distances, matrices, first, second
            ):
                continue
            for index in (first, second):
                found.setdefault(
                    index,
                    matrices[index].file.place.defect(
                        "years_look_exchanged", f"{pair[0].order} / {pair[1].order}",
                        f"{pair[0].order} と {pair[1].order} を入れ替えた方が年ごとの変化が小さく、二つの年が入れ替わっているように見えます",
                        f"Changes from year to year are smaller with {pair[0].order} and {pair[1].order} exchanged",
                        severity="warning",
                    ),
                )  # fmt: skip
    return found


def _jump_defects(matrix: _Matrix, witnesses: list[_Matrix], areas: list[str]) -> Iterator[Defect]:
    for item_id, values in matrix.columns.items():
        if (values < 0).any():
            # A balance crosses zero from year to year: no factor says anything about it.
            continue
        logs = []
        for witness in witnesses:
            if item_id in witness.columns:
                with np.errstate(invalid="ignore", divide="ignore"):
                    logs.append(np.log(values / witness.columns[item_id]))
        if not logs:
            continue
        moved = np.abs(np.array(logs))
        # A jump must show against every neighbour that the body has.
        least = np.where(np.isfinite(moved), moved, np.inf).min(axis=0)
        finite = least[np.isfinite(least)]
        if finite.size < _FEWEST:
            continue
        limit = max(np.log(_JUMP), _TYPICAL * float(np.median(finite)))
        # Near zero every change is a large factor: it must also be large beside what tells bodies apart.
        spread = float(np.subtract(*np.nanpercentile(values, [75, 25])))
        far = np.array(
            [np.abs(values - witness.columns[item_id]) for witness in witnesses if item_id in witness.columns]
        )
        near_zero = np.array(
            [
                np.minimum(np.abs(values), np.abs(witness.columns[item_id])) < _NEAR_ZERO * spread
                for witness in witnesses
                if item_id in witness.columns
            ]
        )
        moved_far = (np.where(np.isfinite(far), far, np.inf).min(axis=0) > spread) & ~near_zero.any(axis=0)
        for index in np.flatnonzero(np.isfinite(least) & (least > limit) & moved_far):
            yield matrix.file.place.defect(
                "figure_jumps", f"{values[index]:g}",
                f"{areas[index]} の {item_id} が前後の年の {_JUMP:g} 倍を越えて動いています",
                f"{item_id} of {areas[index]} moved by more than {_JUMP:g} times against its neighbouring years",
                column=f"{item_id} {areas[index]}", severity="warning",
            )  # fmt: skip


def check_continuity(files: list[FileFigures]) -> dict[str, list[Defect]]:
    """Return the defects of each file (by the SHA-256 of its bytes); `error` means that no figure of it can be trusted.

    A file that has nothing for the table is no witness.
    """
    ordered = sorted((file for file in files if not file.frame.is_empty()), key=lambda file: file.order)
    if len(ordered) < 2:
        return {}
    areas, matrices = _matrices(ordered)
    exchanged = _order_defects(matrices)
    found: dict[str, list[Defect]] = {}
    for index, matrix in enumerate(matrices):
        witnesses = _witnesses(matrices, index)
        defects = [*_scale_defects(matrix, witnesses), *_swap_defects(matrix, witnesses)]
        if index in exchanged:
            defects.append(exchanged[index])
        if not defects:
            defects = list(_jump_defects(matrix, witnesses, areas))[:_FIRST_SHOWN]
        if defects:
            found[matrix.file.place.snapshot.snapshot_sha256] = defects
    return found

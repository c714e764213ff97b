"""Sums and means that a file prints itself: they tie, or the difference is named."""

from __future__ import annotations

from decimal import Decimal

import polars as pl

from pipelines.acquire.archive import Snapshot
from pipelines.catalog.published import Layout
from pipelines.contracts.ties import TieResult, check_ties
from pipelines.extract.table import Place

PLACE = Place("made_up", "table", Snapshot("0" * 64, "made_up", "table", "f.xlsx", "", "", None, 1))


def layout(*ties: dict[str, object]) -> Layout:
    columns = {"name": {"from": ["名"], "type": "text"}, "people": {"from": ["人"], "type": "number"}}
    return Layout.model_validate(
        {"from": 2000, "sheet": ["*"], "anchor": ["名"], "columns": columns, "ties": list(ties)}
    )


SUM = {"rule": "sum", "columns": ["people"], "members": ["city", "town"], "total": "prefecture"}
NATION = {"rule": "sum", "columns": ["people"], "members": ["prefecture"], "total": "nation"}


def check(rows: list[tuple[str, str | None, str | None, int | None]], *ties: dict[str, object]) -> TieResult:
    """Check rows of (kind, area_type, prefecture, people)."""
    values = pl.DataFrame(
        {
            "row": list(range(3, 3 + len(rows))),
            "kind": [row[0] for row in rows],
            "area_type": [row[1] for row in rows],
            "prefecture": [row[2] for row in rows],
            "people": pl.Series(
                [None if row[3] is None else Decimal(row[3]) for row in rows], dtype=pl.Decimal(38, 10)
            ),
        }
    )
    return check_ties(values, layout(*ties), PLACE, lambda row: f"{rows[row - 3][1]} {rows[row - 3][2]}")


ROWS: list[tuple[str, str | None, str | None, int | None]] = [
    ("nation", "nation", None, 60),
    ("body", "prefecture", "01", 30), ("body", "city", "01", 10), ("body", "ward", "01", 4), ("body", "town", "01", 20),
    ("body", "prefecture", "02", 30), ("body", "city", "02", 30),
]  # fmt: skip


def test_what_adds_up_gives_no_defect() -> None:
    result = check(ROWS, SUM, NATION)
    assert (result.compared, result.defects, result.file_is_wrong) == (3, [], False)


def test_a_difference_names_both_sides_and_the_row() -> None:
    rows = [*ROWS]
    rows[4] = ("body", "town", "01", 21)
    result = check(rows, SUM, NATION)
    assert [(defect.rule, defect.row, defect.found) for defect in result.defects] == [
        ("total_differs", 4, "30")
    ]
    assert "31" in result.defects[0].expected_ja


def test_a_group_with_a_suppressed_member_is_not_compared() -> None:
    rows = [*ROWS]
    rows[2] = ("body", "city", "01", None)
    assert check(rows, SUM).compared == 1


def test_a_lost_total_is_a_defect() -> None:
    result = check(ROWS[1:], NATION)
    assert [defect.rule for defect in result.defects] == ["total_missing"]


def test_many_broken_sums_condemn_the_file() -> None:
    thousand = [
        (kind, area, code, people * 1000 if area in ("city", "town") and people else people)
        for kind, area, code, people in ROWS
    ]
    assert check(thousand, SUM, NATION).file_is_wrong


def test_a_mean_ties_within_its_rounding() -> None:
    mean = {
        "rule": "mean",
        "columns": ["people"],
        "members": ["city", "town"],
        "total": "nation",
        "tolerance": 0.5,
    }
    rows = [("nation", "nation", None, 20), *ROWS[1:]]
    assert check(rows, mean).defects == []
    assert [defect.rule for defect in check(ROWS, mean).defects] == ["total_differs"]


def test_sums_of_decimals_are_exact() -> None:
    """Summed as floats, a thousand tenths are not a hundred."""
    values = pl.DataFrame(
        {
            "row": list(range(1, 1002)),
            "kind": ["nation"] + ["body"] * 1000,
            "area_type": ["nation"] + ["prefecture"] * 1000,
            "prefecture": [None] + ["01"] * 1000,
            "people": pl.Series([Decimal(100)] + [Decimal("0.1")] * 1000, dtype=pl.Decimal(38, 10)),
        }
    )
    result = check_ties(values, layout(NATION), PLACE, str)
    assert (result.compared, result.defects) == (1, [])

"""The made-up nation: as many lines as asked for, exact accounting, the same by the same seed, and as broken as it says."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from benchmarks.registers import BODIES, area_codes, sizes, write_register
from pipelines.normalize.area_codes import parse_area_code
from pipelines.register.schema import LINE_SCHEMA


@pytest.mark.parametrize(
    ("lines", "least", "most"), [(100_000_000, 10_000, 500_000), (1_000_000, 100, 5_000)]
)
def test_bodies_have_their_share_of_the_lines(lines: int, least: int, most: int) -> None:
    counts = sizes(lines, 1)
    assert len(counts) == len(set(area_codes())) == BODIES
    assert sum(counts) == lines
    assert least <= min(counts)
    assert max(counts) <= most
    assert sorted(counts)[BODIES // 2] < lines / BODIES, "few large bodies, many small ones"


def test_codes_are_valid() -> None:
    assert [parse_area_code(code) for code in area_codes()[::100]] == area_codes()[::100]


def test_lines_are_exact_and_broken_only_as_counted(tmp_path: Path) -> None:
    code = area_codes()[60]
    told = write_register(tmp_path, 2023, 5, (code, 30_000))
    frame = pl.read_parquet(
        tmp_path / "register" / "asset_line" / "*" / "*" / "*.parquet", hive_partitioning=False
    )
    assert dict(frame.schema) == LINE_SCHEMA
    cost, accumulated = pl.col("acquisition_cost"), pl.col("accumulated_depreciation")
    counted = frame.select(
        pl.len().alias("lines"),
        (pl.col("book_value") != cost - accumulated).sum().alias("book_value_differs"),
        (accumulated > cost).sum().alias("accumulated_over_cost"),
        (pl.col("useful_life_years").is_null() & (accumulated > 0)).sum().alias("never_depreciated"),
        pl.col("duplicate_of_row").is_not_null().sum().alias("duplicate_number"),
        (pl.col("acquired_on") > pl.date(2024, 3, 31)).sum().alias("date_after_year_end"),
    ).row(0, named=True)  # fmt: skip
    expected = {"lines": told["lines"], **told["findings"]}
    assert counted == {name: expected[name] for name in counted}
    assert min(counted.values()) > 0
    assert sum(values[1] for values in told["sums"].values()) == int(frame["acquisition_cost"].sum())


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    body = (area_codes()[3], 500)
    for folder, seed in (("one", 1), ("again", 1), ("other", 2)):
        write_register(tmp_path / folder, 2023, seed, body)
    read = {
        folder: next((tmp_path / folder).glob("register/asset_line/*/*/*.parquet")).read_bytes()
        for folder in ("one", "again", "other")
    }
    assert read["one"] == read["again"] != read["other"]

"""Files beside their neighbouring years: wrong scale, exchanged columns, exchanged years, single jumps."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date

import polars as pl
import pytest

from pipelines.acquire.archive import Snapshot
from pipelines.contracts.continuity import FileFigures, check_continuity
from pipelines.extract.table import Place

AREAS = [f"{number:06d}" for number in range(1, 61)]
YEARS = range(2015, 2021)
Values = dict[str, list[float]]


def history(seed: int = 1) -> dict[int, Values]:
    """Return made-up years of two items that drift as bodies do."""
    chance = random.Random(seed)  # noqa: S311 - made-up figures
    rate = [chance.uniform(40, 70) for _ in AREAS]
    people = [chance.uniform(5_000, 300_000) for _ in AREAS]
    years: dict[int, Values] = {}
    for year in YEARS:
        rate = [value * chance.uniform(1.005, 1.02) for value in rate]
        people = [value * chance.uniform(0.97, 0.995) for value in people]
        half = [value * 0.48 * chance.uniform(0.99, 1.01) for value in people]
        years[year] = {"rate": list(rate), "people": list(people), "men": half}
    return years


def files(years: dict[int, Values], *, names_its_year: bool = False) -> list[FileFigures]:
    made = []
    for year, items in years.items():
        snapshot = Snapshot(f"{year:064d}", "made_up", "table", f"{year}.xlsx", "", "", None, 1)
        rows = [
            {"area_code": area, "item_id": item, "value": value, "as_of_date": date(year, 3, 31), "body_scope": "each_body"}
            for item, values in items.items()
            for area, value in zip(AREAS, values, strict=True)
        ]  # fmt: skip
        made.append(
            FileFigures(f"FY{year}", names_its_year, Place("made_up", "table", snapshot), pl.DataFrame(rows))
        )
    return made


def rules(years: dict[int, Values]) -> dict[int, set[str]]:
    found = check_continuity(files(years))
    return {int(sha256): {defect.rule for defect in defects} for sha256, defects in found.items()}


@pytest.mark.parametrize("seed", range(20))
def test_slow_change_is_no_defect(seed: int) -> None:
    assert rules(history(seed)) == {}


@pytest.mark.parametrize("year", YEARS)
@pytest.mark.parametrize("item", ["rate", "people"])
def test_a_column_in_another_unit_is_found_in_its_own_year(year: int, item: str) -> None:
    years = history()
    years[year][item] = [value * 1000 for value in years[year][item]]
    assert rules(years) == {year: {"scale_jump"}}


def test_a_file_that_has_nothing_is_no_witness() -> None:
    years = history()
    years[2019]["people"] = [value * 1000 for value in years[2019]["people"]]
    held = files(years)
    nothing = replace(held[0], order="None", frame=held[0].frame.clear())
    assert check_continuity([*held, nothing]).keys() == {f"{2019:064d}"}
    assert check_continuity([held[0], nothing]) == {}


@pytest.mark.parametrize("year", YEARS)
def test_exchanged_columns_are_found_in_their_own_year(year: int) -> None:
    years = history()
    years[year]["men"], years[year]["people"] = years[year]["people"], years[year]["men"]
    assert {
        when: found & {"columns_look_exchanged"} for when, found in rules(years).items() if when == year
    } == {year: {"columns_look_exchanged"}}
    assert all("columns_look_exchanged" not in found for when, found in rules(years).items() if when != year)


@pytest.mark.parametrize("apart", [1, 2, 3])
@pytest.mark.parametrize("year", YEARS)
def test_exchanged_years_are_found(year: int, apart: int) -> None:
    if year + apart not in YEARS:
        return
    years = history()
    years[year], years[year + apart] = years[year + apart], years[year]
    found = rules(years)
    assert "years_look_exchanged" in found[year]
    assert "years_look_exchanged" in found[year + apart]


def test_a_file_that_names_its_year_is_believed() -> None:
    years = history()
    years[2017], years[2018] = years[2018], years[2017]
    assert check_continuity(files(years, names_its_year=True)) == {}


def test_a_collapse_that_is_no_power_of_ten_is_no_mistake_of_unit() -> None:
    years = history()
    years[2020]["people"] = [value * 0.2 for value in years[2020]["people"]]
    assert "scale_jump" not in rules(years).get(2020, set())


def test_a_single_wrong_digit_is_named() -> None:
    years = history()
    years[2018]["rate"][7] = 307.0
    found = check_continuity(files(years))[f"{2018:064d}"]
    assert [(defect.rule, defect.found, defect.severity) for defect in found] == [
        ("figure_jumps", "307", "warning")
    ]
    assert AREAS[7] in str(found[0].column)


def test_of_two_files_the_newcomer_is_doubted() -> None:
    years = {year: history()[year] for year in (2018, 2019)}
    years[2018]["rate"] = [value * 1000 for value in years[2018]["rate"]]
    assert rules(years) == {2019: {"scale_jump"}}


def test_a_single_file_has_no_witness() -> None:
    assert check_continuity(files({2018: history()[2018]})) == {}

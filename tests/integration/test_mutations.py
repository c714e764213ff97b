"""The tool that breaks copies of real files, tried on files made from a description."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.mutations import KINDS, Bench, Case, DescribedFile, plan
from pipelines.catalog.loader import Catalog
from tests.made_up_areas import made_up_areas, made_up_register
from tests.workbooks import Shape, make_file

SOURCE, TABLE = "soumu__resident_population", "municipalities"
HARMLESS = (
    "unchanged",
    "column_moved",
    "header_shifted",
    "full_width_digits",
    "header_line_breaks",
    "padding_rows",
)
HARMFUL = (
    "column_renamed",
    "column_dropped",
    "column_doubled",
    "row_blanked",
    "truncated_rows",
    "truncated_bytes",
)


@pytest.fixture
def files(catalog: Catalog, tmp_path: Path) -> list[DescribedFile]:
    """Return the made-up files of two years."""
    table = catalog.sources[SOURCE].description.published[TABLE]
    found = []
    for year in (2022, 2023):
        made = make_file(table, table.layouts[-1], made_up_areas(), catalog, Shape(year=year, seed=year))
        folder = tmp_path / str(year)
        folder.mkdir()
        path = made.write_xlsx(folder)
        found.append(DescribedFile(SOURCE, TABLE, made.name, path, 11, 11, f"{year}-01-01"))
    return found


@pytest.fixture
def bench(files: list[DescribedFile], catalog: Catalog, tmp_path: Path) -> Bench:
    return Bench(files, made_up_register(made_up_areas()), catalog, tmp_path)


@pytest.mark.parametrize(
    ("kind", "outcome"),
    [
        *((kind, "same") for kind in HARMLESS),
        *((kind, "refused") for kind in (*HARMFUL, "wrong_year", "html_as_xlsx")),
    ],
)
def test_a_copy_of_each_kind(bench: Bench, files: list[DescribedFile], kind: str, outcome: str) -> None:
    original = bench.open(files[0])
    assert original is not None
    result = bench.run(original, Case(kind, files[0], "1"))
    assert result is not None
    assert (result.outcome, result.kind) == (outcome, kind)
    assert result.mutation


def test_the_same_seed_plans_the_same_copies(files: list[DescribedFile]) -> None:
    assert plan(files, 5, 1) == plan(files, 5, 1) != plan(files, 5, 2)
    assert {case.kind for case in plan(files, 1, 1)} == KINDS.keys() - {
        "other_encoding",
        "bom",
        "other_file_under_name",
    }

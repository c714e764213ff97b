"""Every genuine file that a source describes loads whole: bodies matched, sums tied, printed totals met.

The same behaviours are tested on generated files in the same layouts by the other tests of this folder.
"""

from __future__ import annotations

import os
from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from pipelines.acquire.fetch import acquire
from pipelines.acquire.origin import published_files
from pipelines.catalog.loader import Catalog, load_catalog
from pipelines.land.publication import FileRecord, PublicationLanding, read_published, read_records
from pipelines.land.register import register_from
from pipelines.land.source import SourceLanding
from pipelines.settings import Home

MIRROR = Path(os.environ.get("MIERUKA_MIRROR", "/nonexistent"))
pytestmark = pytest.mark.skipif(
    not MIRROR.is_dir(), reason="MIERUKA_MIRROR names no folder of publishers' files"
)


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog()


@pytest.fixture(scope="module")
def landed(catalog: Catalog, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Return a home into which every described file of the folder was landed."""
    home = Home(tmp_path_factory.mktemp("genuine"))
    register = register_from(MIRROR, home, catalog)
    for source in catalog.sources.values():
        snapshots, _ = acquire(source, home, MIRROR)
        if source.description.tables:
            SourceLanding(source, catalog, home).land(snapshots)
        PublicationLanding(source, catalog, home, register).land(
            snapshots, list(source.description.published)
        )
    return home


@pytest.fixture(scope="module")
def records(catalog: Catalog, landed: Home) -> list[FileRecord]:
    return [
        record
        for source in catalog.sources.values()
        for name in source.description.published
        for record in read_records(landed, source, name)
    ]


def figures(landed: Home, catalog: Catalog, source_id: str, table: str) -> pl.DataFrame:
    return read_published(landed, catalog.sources[source_id], table)


def test_every_described_file_is_accepted(catalog: Catalog, records: list[FileRecord]) -> None:
    described = sum(
        len({file.path.read_bytes() for file in published_files(table, MIRROR)})
        for source in catalog.sources.values()
        for table in source.description.published.values()
    )
    assert len(records) == described
    assert {record.file_name: record.defects[:3] for record in records if not record.accepted} == {}
    assert all(record.figures for record in records)


@pytest.mark.parametrize(
    ("source_id", "table"),
    [
        ("soumu__fiscal_indices", "municipalities"),
        ("soumu__fiscal_indices", "prefectures"),
        ("soumu__resident_population", "municipalities"),
    ],
)
def test_every_body_of_the_files_day_is_matched(
    records: list[FileRecord], source_id: str, table: str
) -> None:
    for record in records:
        if (record.source_id, record.source_table) == (source_id, table):
            rules = {defect["rule"] for defect in record.defects}
            assert (record.file_name, record.unresolved_rows) == (record.file_name, 0)
            assert not rules & {
                "body_missing",
                "ambiguous_area_name",
                "unknown_area_name",
                "unknown_area_code",
            }


# In 1980 the special wards add up to 37 people less than the total beside them; both stay as published.
KNOWN_DIFFERENCES = [("7_estat_api/stats47/stats-data/0000020201_A1101.json", "value", "8351893")]


def test_every_printed_sum_and_mean_ties(records: list[FileRecord]) -> None:
    broken = [
        (record.file_name, defect["column"], defect["found"])
        for record in records
        for defect in record.defects
        if defect["rule"] in ("total_differs", "total_missing")
    ]
    assert broken == KNOWN_DIFFERENCES
    assert sum(record.sums_compared for record in records) > 6_000


def test_the_national_population_is_the_printed_one(landed: Home, catalog: Catalog) -> None:
    population = figures(landed, catalog, "soumu__resident_population", "municipalities").filter(
        (pl.col("item_id") == "population") & (pl.col("as_of_date") == date(2020, 1, 1))
    )
    nation = population.filter(pl.col("area_code") == "000000")
    assert nation["value"].to_list() == [Decimal(127_138_033)]
    assert nation["cell"].to_list() == ["F5"]


def test_the_break_of_2013_is_a_new_series(landed: Home, catalog: Catalog) -> None:
    population = figures(landed, catalog, "soumu__resident_population", "municipalities").filter(
        (pl.col("item_id") == "population") & (pl.col("area_code") == "000000")
    )
    by_series = dict(population.group_by("series_id").agg(pl.col("as_of_date").max()).iter_rows())
    assert by_series["population__register_japanese"] < date(2013, 3, 31)
    assert by_series["population__register_total"] >= date(2020, 1, 1)


def test_social_increase_covers_the_year_that_ended(landed: Home, catalog: Catalog) -> None:
    flows = figures(landed, catalog, "soumu__resident_population", "municipalities").filter(
        pl.col("item_id") == "social_increase"
    )
    spans = set(flows.select("period_start", "as_of_date").unique().iter_rows())
    assert (date(2012, 4, 1), date(2013, 3, 31)) in spans
    assert (date(2019, 1, 1), date(2019, 12, 31)) in spans


def test_the_laspeyres_index_has_its_own_day(landed: Home, catalog: Catalog) -> None:
    indices = figures(landed, catalog, "soumu__fiscal_indices", "municipalities").filter(
        pl.col("document_id").str.contains("FY2005")
    )
    days = dict(indices.group_by("item_id").agg(pl.col("as_of_date").unique().first()).iter_rows())
    assert days["laspeyres_index"] == date(2006, 4, 1)
    assert days["fiscal_strength_index"] == date(2006, 3, 31)

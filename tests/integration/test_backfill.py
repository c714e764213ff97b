"""A backfill reads chosen files again; by several processes it writes what one process writes, byte for byte."""

from __future__ import annotations

import json

import pytest

from pipelines.acquire.archive import Archive, Snapshot
from pipelines.acquire.fetch import acquire
from pipelines.catalog.loader import Catalog
from pipelines.files import sha256_of
from pipelines.land.backfill import (
    WrongYearsError,
    Years,
    chosen_files,
    fiscal_year_of,
    read_again,
    years_of_files,
)
from pipelines.land.publication import PublicationLanding, folder_of, read_records
from pipelines.land.register import register_from
from pipelines.settings import Home
from tests.publications import MIRROR, needs

INDICES, POPULATION = "soumu__fiscal_indices", "soumu__resident_population"


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [("FY2015..FY2020", 2015, 2020), ("2015..2020", 2015, 2020), ("FY2015", 2015, 2015)],
)
def test_a_span_of_fiscal_years_has_both_its_ends(text: str, first: int, last: int) -> None:
    years = Years.parse(text)
    assert first in years
    assert last in years
    assert first - 1 not in years
    assert last + 1 not in years


@pytest.mark.parametrize("text", ["", "FY2020..FY2015", "2015-2020", "H27", "FY15", "FY2015..", "..FY2015"])
def test_what_is_no_span_of_years_is_refused(text: str) -> None:
    with pytest.raises(WrongYearsError):
        Years.parse(text)


@pytest.mark.parametrize(
    ("label", "year"), [("FY2022", 2022), ("2023-01-01", 2022), ("2023-03-31", 2022), ("2023-04-01", 2023)]
)
def test_a_day_belongs_to_the_fiscal_year_that_began_in_the_april_before(label: str, year: int) -> None:
    assert fiscal_year_of(label) == year


def test_a_file_that_was_never_read_is_chosen_by_its_name_or_because_no_one_knows_its_year(
    home: Home, catalog: Catalog
) -> None:
    source, table = catalog.sources[INDICES], "municipalities"
    names = {"city/H27.xls": "a", "city/H28.xlsx": "b", "city/no year.xlsx": "c"}
    held = [
        Snapshot(letter * 64, INDICES, table, name, "file:///x", "2026-01-15T09:00:00+09:00", None, 1)
        for name, letter in names.items()
    ]
    Archive(home).set_current(INDICES, held)
    assert years_of_files(home, source, table) == {"a" * 64: 2015, "b" * 64: 2016}
    chosen = {file.snapshot.file_name for file in chosen_files(home, source, [table], Years(2015, 2015))}
    assert chosen == {"city/H27.xls", "city/no year.xlsx"}
    assert len(chosen_files(home, source, [table])) == 3


@pytest.fixture(scope="module")
def landed(catalog: Catalog, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Return a home with the ministry's indices and population files, landed one after another."""
    home = Home(tmp_path_factory.mktemp("backfill"))
    register = register_from(MIRROR, home, catalog)
    for source_id in (INDICES, POPULATION):
        source = catalog.sources[source_id]
        snapshots, _ = acquire(source, home, MIRROR)
        PublicationLanding(source, catalog, home, register).land(
            snapshots, list(source.description.published)
        )
    return home


def written(home: Home) -> dict[str, str]:
    """Return the hash of every landed file of the two sources, and of how it was read without how long that took."""
    files = {
        path.relative_to(home.root).as_posix(): sha256_of(path)
        for source_id in (INDICES, POPULATION)
        for path in (home.raw / source_id).rglob("*.parquet")
    }
    records = {
        path.relative_to(home.root).as_posix(): json.dumps(
            {**json.loads(path.read_text(encoding="utf-8")), "seconds": 0, "sha256": ""}, sort_keys=True
        )
        for source_id in (INDICES, POPULATION)
        for path in (home.quarantine / source_id).rglob("*.json")
    }
    return files | records


@needs("2_fiscal_indices")
@needs("1_population")
def test_files_read_by_several_processes_are_those_read_by_one(landed: Home, catalog: Catalog) -> None:
    before = written(landed)
    files = [
        file
        for source_id in (INDICES, POPULATION)
        for file in chosen_files(
            landed, catalog.sources[source_id], catalog.sources[source_id].description.published
        )
    ]
    assert len(files) > 40
    for file in files:
        for path in folder_of(landed, file.source_id, file.table).glob("*.parquet"):
            path.unlink()
    records = read_again(catalog, landed, files, processes=3)
    after = written(landed)
    assert sorted(after) == sorted(before)
    assert {name for name in before if after[name] != before[name]} == set()
    assert [record.snapshot_sha256 for record in records] == [file.snapshot.snapshot_sha256 for file in files]


@needs("2_fiscal_indices")
def test_only_the_files_of_the_chosen_years_are_read_again(landed: Home, catalog: Catalog) -> None:
    source = catalog.sources[INDICES]
    before = {path: path.stat().st_ino for path in (landed.raw / INDICES).rglob("*.parquet")}
    records = read_again(
        catalog,
        landed,
        chosen_files(landed, source, source.description.published, Years.parse("FY2015..FY2017")),
    )
    years = {fiscal_year_of(str(record.period)) for record in records}
    assert years == {2015, 2016, 2017}
    replaced = {path for path, inode in before.items() if path.stat().st_ino != inode}
    held = [record for name in source.description.published for record in read_records(landed, source, name)]
    expected = {
        folder_of(landed, INDICES, record.source_table) / f"{record.snapshot_sha256[:16]}.parquet"
        for record in held
        if fiscal_year_of(str(record.period)) in years
    }
    assert replaced == expected
    assert 0 < len(replaced) < len(before)


@needs("2_fiscal_indices")
def test_dagster_reads_a_range_of_years_in_one_step_and_shows_what_each_year_gave(
    landed: Home, catalog: Catalog
) -> None:
    from dagster import materialize

    from assets.backfill import files_by_year
    from assets.resources import WarehouseResource

    before = written(landed)
    result = materialize(
        [files_by_year(catalog.sources[INDICES], catalog)],
        resources={"warehouse": WarehouseResource(home=str(landed.root), offline=True)},
        tags={"dagster/asset_partition_range_start": "FY2015", "dagster/asset_partition_range_end": "FY2017"},
    )
    assert result.success
    shown = {
        event.materialization.partition: event.materialization.metadata
        for event in result.all_events
        if event.is_step_materialization
    }
    assert set(shown) == {"FY2015", "FY2016", "FY2017"}
    assert all(metadata["files"].value for metadata in shown.values())
    assert all(metadata["dagster/row_count"].value > 100 for metadata in shown.values())
    assert written(landed) == before


def test_a_file_that_cannot_be_read_is_named_and_the_others_are_read(home: Home, catalog: Catalog) -> None:
    origin = home.root / "origin"
    origin.mkdir()
    for name in ("2003ssjin.xlsx", "1803ssjin.xlsx"):
        (origin / name).write_bytes(b"PK\x03\x04 cut off " + name.encode())
    source = catalog.sources[POPULATION]
    acquire(source, home, origin)
    files = chosen_files(home, source, source.description.published)
    records = read_again(catalog, home, files, processes=2)
    assert {record.file_name for record in records} == {"2003ssjin.xlsx", "1803ssjin.xlsx"}
    assert not any(record.accepted for record in records)
    assert all(record.defects for record in records)

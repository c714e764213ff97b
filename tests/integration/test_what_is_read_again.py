"""A file is read again when what it is read with has changed, and only then; and not without a list of its bodies."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from pipelines.acquire.fetch import acquire
from pipelines.catalog.loader import Catalog
from pipelines.land.publication import PublicationLanding, read_published
from pipelines.normalize.area_codes import check_digit
from pipelines.settings import Home
from tests.made_up_areas import MadeUpArea, made_up_areas, made_up_register
from tests.workbooks import Shape, make_file

SOURCE, TABLE = "soumu__resident_population", "municipalities"


def _another(code: str, name: str, area_type: str) -> MadeUpArea:
    prefecture = next(area for area in made_up_areas() if area.area_type == "prefecture")
    return MadeUpArea(code + check_digit(code), name, prefecture.name, prefecture.area_code, area_type)


def test_an_association_of_another_list_leaves_the_residents_of_towns_as_read(
    home: Home, catalog: Catalog, tmp_path: Path
) -> None:
    source = catalog.sources[SOURCE]
    table = source.description.published[TABLE]
    origin = tmp_path / "origin"
    origin.mkdir()
    made = make_file(table, table.layouts[-1], made_up_areas(), catalog, Shape(year=2022, seed=1))
    made.write_xlsx(origin).rename(origin / "2201ssjin.xlsx")
    snapshots, _ = acquire(source, home, origin)
    [snapshot] = [entry for entry in snapshots if entry.table == TABLE]

    def landing(*more: MadeUpArea) -> PublicationLanding:
        return PublicationLanding(source, catalog, home, made_up_register([*made_up_areas(), *more]))

    landing().land(snapshots, [TABLE])
    assert not landing().is_unread(TABLE, snapshot)
    assert not landing(_another("02899", "見本広域連合", "association")).is_unread(TABLE, snapshot)
    assert landing(_another("02499", "見本町", "town")).is_unread(TABLE, snapshot)


def test_figures_of_a_file_that_returned_after_another_have_the_time_of_its_return(
    home: Home, catalog: Catalog, tmp_path: Path
) -> None:
    source = catalog.sources[SOURCE]
    table = source.description.published[TABLE]
    made = make_file(table, table.layouts[-1], made_up_areas(), catalog, Shape(year=2022, seed=1))
    made.write_xlsx(tmp_path).rename(tmp_path / "2201ssjin.xlsx")
    snapshots, _ = acquire(source, home, tmp_path)
    [snapshot] = [entry for entry in snapshots if entry.table == TABLE]
    landing = PublicationLanding(source, catalog, home, made_up_register(made_up_areas()))
    returned = replace(snapshot, retrieved_at="2030-01-01T00:00:00+09:00")
    for current in (snapshot, returned):
        landing.land([current], [TABLE])
        read = read_published(home, source, TABLE)["retrieved_at"].unique().to_list()
        assert read == [current.retrieved_at]


def test_a_file_of_municipalities_waits_for_their_list(home: Home, catalog: Catalog, tmp_path: Path) -> None:
    source = catalog.sources[SOURCE]
    table = source.description.published[TABLE]
    made = make_file(table, table.layouts[-1], made_up_areas(), catalog, Shape(year=2022, seed=1))
    made.write_xlsx(tmp_path).rename(tmp_path / "2201ssjin.xlsx")
    snapshots, _ = acquire(source, home, tmp_path)
    bundled = [area for area in made_up_areas() if area.area_type in ("prefecture", "designated_city")]
    before = PublicationLanding(source, catalog, home, made_up_register(bundled)).land(snapshots, [TABLE])
    assert [(defect.rule, defect.row) for defect in before[0].defects] == [("area_list_missing", None)]
    after = PublicationLanding(source, catalog, home, made_up_register(made_up_areas())).land(
        snapshots, [TABLE]
    )
    assert after[0].defects == []
    assert after[0].rows > 0

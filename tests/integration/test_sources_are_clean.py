"""The project's own sources keep their own rules, and refer only to what there is."""

from __future__ import annotations

import csv
import re
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipelines.acquire.fetch import acquire
from pipelines.catalog.loader import Catalog, load_catalog
from pipelines.catalog.vocabulary import load_vocabulary
from pipelines.contracts.schema import build_schema
from pipelines.defects import Defect
from pipelines.extract.table import ROW
from pipelines.land.source import LandedTable, SourceLanding
from pipelines.settings import SOURCES_DIR, Home

SOURCE_IDS = sorted(path.parent.name for path in SOURCES_DIR.glob("[!_]*/source.yml"))
TABLES = [
    (source_id, name)
    for source_id, source in load_catalog().sources.items()
    for name in source.description.tables
]
CITED = "mieruka__cited_figures"
ROADMAP = "cao__reform_roadmap_2017"
KPIS = [
    "facility_plan_adopted", "facility_consolidation", "asset_depreciation_rate", "fixed_asset_register_published",
    "public_accounting_used", "public_enterprise_accounting_30k", "public_enterprise_accounting_under_30k",
    "per_capita_cost_prefecture", "counter_outsourcing", "one_stop_counter", "back_office_consolidation",
    "expenditure_efficiency", "standard_outsourcing_spec", "model_outsourcing_outcome", "core_city_areas",
    "settlement_areas", "social_population_change", "it_bpr_municipalities", "mynumber_effect", "konbini_issuance",
    "advice_cases", "gov_information_systems", "gov_system_operating_cost", "cloud_municipalities",
    "local_it_efficiency", "local_it_operating_cost",
]  # fmt: skip


class Landed:
    """All sources landed once: tables, and defects of acquisition."""

    def __init__(self, catalog: Catalog, home: Home) -> None:
        self.tables: dict[tuple[str, str], LandedTable] = {}
        self.failures: dict[str, list[Defect]] = {}
        for source_id, source in catalog.sources.items():
            snapshots, self.failures[source_id] = acquire(source, home)
            for table in SourceLanding(source, catalog, home).land(snapshots):
                self.tables[source_id, table.name] = table

    def rows(self, source_id: str, table: str) -> list[dict[str, Any]]:
        """Return the rows of a landed table."""
        return pl.read_parquet(self.tables[source_id, table].path).to_dicts()

    def figures(self, catalog: Catalog) -> list[dict[str, Any]]:
        """Return the figures of all sources."""
        return [
            row
            for source_id, source in catalog.sources.items()
            for name in source.description.figure_tables()
            for row in self.rows(source_id, name)
        ]


@pytest.fixture(scope="module")
def landed(catalog: Catalog, tmp_path_factory: pytest.TempPathFactory) -> Landed:
    home = Home(tmp_path_factory.mktemp("home"))
    home.create()
    return Landed(catalog, home)


@pytest.mark.parametrize("source_id", SOURCE_IDS)
def test_source_lands_without_a_defect(landed: Landed, catalog: Catalog, source_id: str) -> None:
    tables = [table for (source, _), table in landed.tables.items() if source == source_id]
    assert landed.failures[source_id] == []
    assert {table.name for table in tables} == set(catalog.sources[source_id].description.tables)
    assert [defect.message("en") for table in tables for defect in table.defects] == []
    assert all(table.rows > 0 for table in tables)


@pytest.mark.parametrize(("source_id", "name"), TABLES)
def test_every_row_of_the_file_is_landed(landed: Landed, catalog: Catalog, source_id: str, name: str) -> None:
    source = catalog.sources[source_id]
    path = source.folder / source.description.tables[name].file
    with path.open(encoding="utf-8-sig", newline="") as stream:
        in_file = {
            number for number, row in enumerate(csv.reader(stream), start=1) if number > 1 and any(row)
        }
    assert {row[ROW] for row in landed.rows(source_id, name)} == in_file


@pytest.mark.parametrize(("source_id", "name"), TABLES)
def test_table_has_a_key_and_a_required_column(catalog: Catalog, source_id: str, name: str) -> None:
    table = catalog.sources[source_id].description.tables[name]
    required = {key for key, column in table.columns.items() if column.required}
    assert table.grain
    assert required & set(table.grain)
    assert build_schema(table, {}).unique == table.grain


@pytest.mark.parametrize("source_id", SOURCE_IDS)
def test_folder_holds_its_described_files_and_no_others(catalog: Catalog, source_id: str) -> None:
    source = catalog.sources[source_id]
    described = {table.file for table in source.description.tables.values()} | {"source.yml"}
    assert {path.name for path in source.folder.iterdir()} == described


def test_every_reference_names_a_table_and_column_of_the_same_source(catalog: Catalog) -> None:
    wrong = []
    for source_id, source in catalog.sources.items():
        tables = source.description.tables
        for table in tables.values():
            for key, column in table.columns.items():
                if column.references and column.references != "items":
                    other, field = column.references.split(".")
                    if other not in tables or tables[other].grain != [field]:
                        wrong.append(f"{source_id}: {key} -> {column.references}")
    assert wrong == []


def test_figures_refer_to_series_of_the_same_item(landed: Landed) -> None:
    item_of = {row["series_id"]: row["item_id"] for row in landed.rows(CITED, "series")}
    wrong = [
        (row[ROW], row["item_id"], row["series_id"])
        for row in landed.rows(CITED, "figures")
        if item_of.get(row["series_id"]) != row["item_id"]
    ]
    assert wrong == []


def test_figures_refer_to_documents_and_areas_that_exist(landed: Landed) -> None:
    documents = {row["document_id"] for row in landed.rows(CITED, "documents")}
    areas = {row["area_code"] for row in landed.rows("soumu__area_codes", "areas")}
    figures = landed.rows(CITED, "figures")
    assert {row["document_id"] for row in figures} <= documents
    assert {row["area_code"] for row in figures} <= areas


@pytest.fixture(scope="module")
def wide(landed: Landed, catalog: Catalog) -> list[dict[str, Any]]:
    """Return the figures of wide tables, whose words stand in the description and not in the file."""
    rows = [
        row
        for source_id, source in catalog.sources.items()
        for name, table in source.description.tables.items()
        if table.role == "wide_figures"
        for row in landed.rows(source_id, name)
    ]
    assert rows
    return rows


def test_wide_figures_name_words_and_areas_that_exist(landed: Landed, wide: list[dict[str, Any]]) -> None:
    vocabulary = load_vocabulary()
    areas = {row["area_code"] for row in landed.rows("soumu__area_codes", "areas")}
    assert {row["statistic"] for row in wide} <= set(vocabulary.statistics)
    assert {row["body_scope"] for row in wide} <= vocabulary.body_scopes.keys()
    assert {row["observation_status"] for row in wide} <= vocabulary.observation_statuses.keys()
    assert {row["area_code"] for row in wide} <= areas


def test_wide_figures_refer_to_series_of_the_same_item(landed: Landed, wide: list[dict[str, Any]]) -> None:
    series = {(row["series_id"], row["item_id"]) for row in landed.rows(CITED, "series")}
    assert {(row["series_id"], row["item_id"]) for row in wide} - series == set()


def test_series_succeed_series_of_the_same_item(landed: Landed) -> None:
    series = {row["series_id"]: row for row in landed.rows(CITED, "series")}
    successors = [row for row in series.values() if row["succeeds_series_id"]]
    assert [
        row["series_id"]
        for row in successors
        if series.get(row["succeeds_series_id"], {}).get("item_id") != row["item_id"]
    ] == []


def test_every_figure_is_cited_with_an_address_and_its_text(landed: Landed, catalog: Catalog) -> None:
    figures = landed.figures(catalog)
    assert [row[ROW] for row in figures if not re.fullmatch(r"https?://\S+", row["citation_url"])] == []
    assert [row[ROW] for row in figures if row["value"] is not None and not row["raw_text"]] == []


@pytest.mark.parametrize(("source_id", "table", "column"), [
    (CITED, "documents", "url"), (ROADMAP, "publications", "url"), (ROADMAP, "plans", "source_url"),
    (ROADMAP, "targets", "source_url"), ("soumu__area_codes", "areas", "citation_url"),
])  # fmt: skip
def test_every_address_is_one_of_the_web(landed: Landed, source_id: str, table: str, column: str) -> None:
    addresses = [row[column] for row in landed.rows(source_id, table)]
    assert addresses
    assert [text for text in addresses if not re.fullmatch(r"https?://[^\s/]+\.[^\s/]+\S*", text)] == []


def test_no_figure_was_published_before_its_day(landed: Landed, catalog: Catalog) -> None:
    dated = [row for row in landed.figures(catalog) if row["published_on"] and row["as_of_date"]]
    early = [
        (row["source_table"], row[ROW], row["as_of_date"], row["published_on"])
        for row in dated
        if row["published_on"] < row["as_of_date"]
        and row["date_precision"] == "day"
        and row["observation_status"] != "forecast"
    ]
    assert len(dated) > 100
    assert early == []


def test_only_measured_and_dated_figures_enter_verdicts(landed: Landed, catalog: Catalog) -> None:
    entering = [row for row in landed.figures(catalog) if row["enters_verdict"]]
    assert len(entering) > 100
    assert {row["observation_status"] for row in entering} <= {"final", "preliminary"}
    assert {row["value_status"] for row in entering} == {"reported"}
    assert [row[ROW] for row in entering if row["as_of_date"] is None or row["exclusion_reason"]] == []


def test_figure_is_in_the_unit_of_its_item(landed: Landed, catalog: Catalog) -> None:
    figures = landed.figures(catalog)
    assert [row[ROW] for row in figures if row["unit"] != catalog.unit_of(row["item_id"])] == []


def test_clouds_first_figure_is_the_survey_of_april_2014(landed: Landed) -> None:
    [row] = [
        row
        for row in landed.rows(CITED, "figures")
        if row["item_id"] == "cloud_municipalities"
        and row["as_of_date"] == date(2014, 4, 1)
        and row["enters_verdict"]
    ]
    assert (int(row["value"]), row["date_basis"], row["unit"]) == (550, "interpreted", "団体")


def test_kpis_are_those_of_the_roadmap_in_its_order(landed: Landed) -> None:
    assert [row["kpi_id"] for row in landed.rows(ROADMAP, "kpis")] == KPIS


def test_every_kpi_has_a_measure_and_every_measure_one_primary_target(landed: Landed) -> None:
    measures = landed.rows(ROADMAP, "measures")
    primary = [row["measure_id"] for row in landed.rows(ROADMAP, "targets") if row["is_primary"]]
    assert {row["kpi_id"] for row in measures} == set(KPIS)
    assert sorted(primary) == sorted(row["measure_id"] for row in measures)


def test_measure_is_in_the_dimension_of_its_item(landed: Landed, catalog: Catalog) -> None:
    units = load_vocabulary().unit_table()
    assert [
        row["measure_id"]
        for row in landed.rows(ROADMAP, "measures")
        if units[row["unit"]] != units[catalog.unit_of(row["item_id"])]
    ] == []


def test_targets_name_series_of_their_measures_item(landed: Landed) -> None:
    series = {row["series_id"]: row["item_id"] for row in landed.rows(CITED, "series")}
    items = {row["measure_id"]: row["item_id"] for row in landed.rows(ROADMAP, "measures")}
    wrong = [
        (row["measure_id"], row["series_id"])
        for row in landed.rows(ROADMAP, "targets")
        if row["series_id"] and series.get(row["series_id"]) != items[row["measure_id"]]
    ]
    assert wrong == []


def test_indicators_of_initiatives_are_items(landed: Landed, catalog: Catalog) -> None:
    named = {
        item_id
        for row in landed.rows(ROADMAP, "initiatives")
        for item_id in (row["indicator_item_ids"] or "").split(";")
        if item_id
    }
    assert named
    assert named - catalog.items.keys() == set()


def test_deadlines_of_the_roadmap_are_read_from_their_texts(landed: Landed) -> None:
    target = {
        row["measure_id"]: (row["target_text"], row["target_text_precision"])
        for row in landed.rows(ROADMAP, "targets")
        if row["is_primary"]
    }
    assert target["facility_plan_adopted"] == (date(2017, 3, 31), "fiscal_year")


def test_area_belongs_to_a_prefecture_of_its_own_first_digits(landed: Landed) -> None:
    wrong = [
        row["area_code"]
        for row in landed.rows("soumu__area_codes", "areas")
        if row["prefecture_code"] and row["prefecture_code"][:2] != row["area_code"][:2]
    ]
    assert wrong == []


def test_there_are_47_prefectures_20_designated_cities_and_23_wards(landed: Landed) -> None:
    types = [row["area_type"] for row in landed.rows("soumu__area_codes", "areas") if row["valid_to"] is None]
    counts = {kind: types.count(kind) for kind in ("nation", "prefecture", "designated_city", "special_ward")}
    assert counts == {"nation": 1, "prefecture": 47, "designated_city": 20, "special_ward": 23}


def test_no_source_points_outside_its_folder(catalog: Catalog) -> None:
    files = [
        table.file for source in catalog.sources.values() for table in source.description.tables.values()
    ]
    assert [file for file in files if Path(file).name != file] == []

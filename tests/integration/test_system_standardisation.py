"""Progress of standardisation: the transcribed JSON files, and files of the same form with made-up bodies."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipelines.catalog.loader import Catalog
from pipelines.land.published import FileReading
from tests.publications import MIRROR, figure, needs, read, real_register, rules
from tests.workbooks import made_up_areas, made_up_register

SOURCE = "digital__system_standardisation"
FOLDER = "4_cloud/gcportal"
OVERALL = "system_standardisation_rate__steps"
AREAS = made_up_areas()
BODIES = [area for area in AREAS if area.area_type not in ("prefecture", "ward")]
REGISTER = made_up_register(AREAS)


def _tasks(catalog: Catalog) -> list[str]:
    columns = catalog.sources[SOURCE].description.published["municipalities"].layouts[0].columns.values()
    return [
        text.partition(">")[2]
        for column in columns
        for text in column.header
        if text.startswith("business_rates>")
    ]


@pytest.fixture
def document(catalog: Catalog) -> dict[str, Any]:
    bodies = [
        {
            "prefecture": area.prefecture, "city": area.name, "overall_rate": 0.625,
            "business_rates": {task: (0.5, 0.75)[place % 2] for place, task in enumerate(_tasks(catalog))},
        }
        for area in BODIES
    ]  # fmt: skip
    means = [
        {"prefecture": area.name, "avg_rate": 0.625, "count": 7, "completed": 2, "critical": 0}
        for area in AREAS
        if area.area_type == "prefecture"
    ]
    return {
        "summary": {"data_month": "2031-01", "total": len(bodies)},
        "prefectures": means,
        "municipalities": bodies,
    }


def _read(catalog: Catalog, folder: Path, content: Any, table: str = "municipalities") -> FileReading:
    path = folder / ("tokutei_detail.json" if table == "delayed_systems" else "standardization.json")
    path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    return read(catalog, REGISTER, SOURCE, table, path)


def test_there_are_twenty_tasks(catalog: Catalog) -> None:
    assert len(set(_tasks(catalog))) == 20


def test_rates_are_kept_as_percentages_of_the_end_of_the_month(
    catalog: Catalog, document: dict[str, Any], tmp_path: Path
) -> None:
    reading = _read(catalog, tmp_path, document)
    assert (reading.bodies, reading.defects) == (len(BODIES), [])
    assert reading.frame is not None
    assert reading.frame.height == 21 * len(BODIES)
    found = figure(reading, OVERALL, BODIES[0].area_code)
    assert (found["value"], found["unit"], found["raw_text"], found["cell"]) == (
        Decimal("62.5"),
        "%",
        "0.625",
        "C3",
    )
    assert (found["as_of_date"], found["date_precision"]) == (date(2031, 1, 31), "month")
    assert (found["is_secondary"], found["sheet"]) == (True, "municipalities")


def test_a_body_whose_tasks_do_not_give_its_mean_is_refused(
    catalog: Catalog, document: dict[str, Any], tmp_path: Path
) -> None:
    document["municipalities"][2]["overall_rate"] = 0.63
    reading = _read(catalog, tmp_path, document)
    assert rules(reading) == {"mean_of_tasks"}
    assert reading.frame is not None
    assert BODIES[2].area_code not in set(reading.frame["area_code"])


def test_an_unknown_task_refuses_the_file(catalog: Catalog, document: dict[str, Any], tmp_path: Path) -> None:
    document["municipalities"][0]["business_rates"]["新しい業務"] = 0.5
    reading = _read(catalog, tmp_path, document)
    assert reading.frame is None
    assert "unknown_header" in rules(reading)


def test_a_file_without_its_month_is_refused(
    catalog: Catalog, document: dict[str, Any], tmp_path: Path
) -> None:
    del document["summary"]["data_month"]
    assert rules(_read(catalog, tmp_path, document)) == {"period_unknown"}


def test_a_list_that_was_cut_off_is_refused(
    catalog: Catalog, document: dict[str, Any], tmp_path: Path
) -> None:
    del document["municipalities"][-5:]
    reading = _read(catalog, tmp_path, document)
    assert reading.frame is None
    assert rules(reading) == {"body_missing"}


def test_means_of_prefectures_are_derived(catalog: Catalog, document: dict[str, Any], tmp_path: Path) -> None:
    reading = _read(catalog, tmp_path, document, "prefecture_means")
    found = figure(reading, OVERALL, AREAS[0].area_code)
    assert (found["value"], found["statistic"], found["body_scope"]) == (
        Decimal("62.5"),
        "mean_unweighted",
        "municipalities",
    )
    assert (found["observation_status"], found["enters_verdict"]) == ("derived", False)


def test_systems_expected_late_are_counted_by_code(catalog: Catalog, tmp_path: Path) -> None:
    listed = [
        {
            "code": area.area_code, "prefecture": area.prefecture, "city": "" if area.area_type == "prefecture" else area.name,
            "name": area.name, "category": "市", "applicable_count": 3, "applicable_businesses": ["戸籍", "就学", "共通機能"],
        }
        for area in [AREAS[0], *BODIES[:2]]
    ]  # fmt: skip
    content = {"source": "該当見込み一覧（令和12年12月末時点）", "source_url": "x", "municipalities": listed}
    reading = _read(catalog, tmp_path, content, "delayed_systems")
    assert (reading.bodies, rules(reading)) == (3, set())
    found = figure(reading, "system_migration_delayed__expected", BODIES[0].area_code)
    assert (found["value"], found["as_of_date"]) == (Decimal(3), date(2030, 12, 31))


@pytest.fixture(scope="module")
def real(catalog: Catalog, tmp_path_factory: pytest.TempPathFactory) -> Any:
    register = real_register(catalog, tmp_path_factory.mktemp("areas"))
    return lambda table, name: read(catalog, register, SOURCE, table, MIRROR / FOLDER / name)


@needs(f"{FOLDER}/standardization.json")
def test_the_transcribed_rates(real: Any) -> None:
    reading = real("municipalities", "standardization.json")
    assert (reading.bodies, reading.unresolved, rules(reading)) == (1741, 0, set())
    assert figure(reading, OVERALL, "011002")["value"] == Decimal("70.75")
    assert figure(reading, "system_standardisation_rate_national_pension__steps", "011002")[
        "value"
    ] == Decimal("67.5")
    # The file's own summary prints 0.8157.
    mean = reading.frame.filter(pl.col("series_id") == OVERALL)["value"].cast(pl.Float64).mean()
    assert round(mean / 100, 4) == 0.8157
    means = real("prefecture_means", "standardization.json")
    assert (means.bodies, rules(means)) == (47, set())


@needs(f"{FOLDER}/tokutei_detail.json")
def test_the_transcribed_systems_expected_late(real: Any) -> None:
    reading = real("delayed_systems", "tokutei_detail.json")
    assert (reading.bodies, reading.unresolved, rules(reading)) == (935, 0, set())
    assert reading.frame["value"].sum() == 8956
    assert figure(reading, "system_migration_delayed__expected", "011002")["value"] == 18

"""The table that `savings` writes is read by its description: every figure, its cell, status, day and origin."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from pipelines.acquire.archive import Snapshot
from pipelines.catalog.loader import Catalog
from pipelines.files import sha256_of
from pipelines.land.published import FileReading, PublishedReader
from pipelines.savings.arithmetic import evaluate
from pipelines.savings.observations import Origin, observation_csv
from pipelines.savings.reading import SOURCE_ID, read_form
from tests.made_up_areas import made_up_areas, made_up_register
from tests.savings_forms import CLOUD, COUNTER, HEAD, TODAY, write_csv

AREAS = made_up_areas()
TOWN = next(area for area in AREAS if area.area_type == "town")


def table_of(folder: Path, head: dict[str, Any], tasks: list[dict[str, Any]]) -> Path:
    own = {"area_code": TOWN.area_code, "area_name": TOWN.name}
    form = write_csv(folder / "調書.csv", HEAD | own | head, tasks)
    reading = read_form(form, TODAY)
    assert reading.form is not None
    path = folder / "町.savings.csv"
    path.write_bytes(observation_csv(evaluate(reading.form), Origin(form.name, reading.sha256, TODAY)))
    return path


def read(path: Path, catalog: Catalog) -> FileReading:
    snapshot = Snapshot(
        sha256_of(path), SOURCE_ID, "figures", path.name, path.as_uri(), "2026-11-23T09:00:00+09:00", None,
        path.stat().st_size,
    )  # fmt: skip
    source = catalog.sources[SOURCE_ID].description
    return PublishedReader(source, "figures", made_up_register(AREAS), catalog).read(path, snapshot)


def figures_of(reading: FileReading) -> dict[str, dict[str, Any]]:
    assert [defect.message("en") for defect in reading.defects] == []
    assert reading.frame is not None
    return {row["item_id"]: row for row in reading.frame.to_dicts()}


def test_every_figure_is_read_with_its_day_and_cell(tmp_path: Path, catalog: Catalog) -> None:
    path = table_of(tmp_path, {}, [COUNTER, CLOUD])
    figures = figures_of(read(path, catalog))
    assert len(figures) == 3 * 8
    saving, before = figures["cloud_saving_per_year"], figures["cloud_cost_before"]
    assert (saving["value"], saving["as_of_date"], saving["fiscal_year"], saving["period_start"]) == (
        27_700_000, date(2025, 3, 31), 2024, date(2024, 4, 1)
    )  # fmt: skip
    # What it cost before is of the fiscal year before the change.
    assert (before["value"], before["as_of_date"], before["fiscal_year"]) == (79_500_000, date(2023, 3, 31), 2022)  # fmt: skip
    assert (saving["cell"], before["cell"]) == ("H5", "F5")
    assert {row["area_code"] for row in figures.values()} == {TOWN.area_code}
    assert {row["body_scope"] for row in figures.values()} == {"reviewed_tasks"}


def test_origin_goes_with_every_figure(tmp_path: Path, catalog: Catalog) -> None:
    figures = figures_of(read(table_of(tmp_path, {}, [COUNTER]), catalog))
    sha256 = sha256_of(tmp_path / "調書.csv")
    said = f"{TOWN.name}の調書「調書.csv」（SHA-256 {sha256}）から 2026-11-23 に算出"
    assert {row["note_ja"] for row in figures.values()} == {said}


@pytest.mark.parametrize(
    ("head", "status"),
    [({}, "derived"), ({"figures_are": "見込み"}, "forecast")],
)
def test_no_figure_enters_a_verdict(
    tmp_path: Path, catalog: Catalog, head: dict[str, Any], status: str
) -> None:
    figures = figures_of(read(table_of(tmp_path, head, [CLOUD]), catalog))
    assert {row["observation_status"] for row in figures.values()} == {status}
    assert {row["enters_verdict"] for row in figures.values()} == {False}
    assert {row["exclusion_reason"] for row in figures.values()} == {status, "no_value"}


def test_altered_saving_is_noticed(tmp_path: Path, catalog: Catalog) -> None:
    path = table_of(tmp_path, {}, [COUNTER, CLOUD])
    path.write_text(path.read_text(encoding="utf-8").replace(",27700000,", ",37700000,"), encoding="utf-8")
    assert "saving_of_costs" in {defect.rule for defect in read(path, catalog).defects}


def test_saving_without_a_cost_before_has_no_rate(tmp_path: Path, catalog: Catalog) -> None:
    nothing = {"staff_before": 0, "running_before": 0, "contract_before": 0}
    rate = figures_of(read(table_of(tmp_path, {}, [CLOUD | nothing]), catalog))["cloud_saving_rate"]
    assert (rate["value"], rate["value_status"], rate["raw_text"]) == (None, "not_calculated", "算定できない")

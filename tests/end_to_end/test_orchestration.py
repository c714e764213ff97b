"""Dagster: loads on a fresh clone, shows the way from file to mart, and knows its night."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from dagster import AssetKey, Definitions

from tests.end_to_end.conftest import ROOT, command


@pytest.fixture(scope="module")
def definitions(tmp_path_factory: pytest.TempPathFactory) -> Definitions:
    from assets.build import build_definitions
    from assets.resources import WarehouseResource

    return build_definitions(warehouse=WarehouseResource(home=str(tmp_path_factory.mktemp("dagster_home"))))


def test_the_definitions_are_valid_without_a_manual_step(tmp_path: Path) -> None:
    _, environment = command(tmp_path / "home")
    result = subprocess.run(
        [str(Path(sys.executable).with_name("dagster")), "definitions", "validate"],
        env=environment, cwd=ROOT, capture_output=True, text=True, check=False, timeout=180,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr[-2000:]


def test_lineage_runs_from_the_file_to_the_published_warehouse(definitions: Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    upstream = graph.get_ancestor_asset_keys(AssetKey(["publication", "published_warehouse"]))
    for key in (
        ["mieruka__cited_figures", "snapshot"], ["mieruka__cited_figures", "figures"], ["catalog", "observation"],
        ["cao__reform_roadmap_2017", "targets"], ["marts", "kpi_scorecard"], ["publication", "quality_gate"],
    ):  # fmt: skip
        assert AssetKey(key) in upstream, key


def test_marts_have_checks(definitions: Definitions) -> None:
    checked = {key.asset_key for key in definitions.resolve_asset_graph().asset_check_keys}
    for name in ("fct_observation", "kpi_progress", "kpi_scorecard", "dim_target"):
        assert AssetKey(["marts", name]) in checked
    assert AssetKey(["soumu__area_codes", "areas"]) in checked


def test_every_night_at_two_in_tokyo(definitions: Definitions) -> None:
    schedule = definitions.get_schedule_def("every_night")
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("0 2 * * *", "Asia/Tokyo")
    assert schedule.job.name == "nightly_warehouse"


def test_some_tables_of_dbt_are_made_alone_when_they_are_chosen(home: Path, tmp_path: Path) -> None:
    """As from Dagster's pages, or after a backfill: dbt builds what is out of date, Dagster hears of what was chosen."""
    from assets.build import build_definitions
    from assets.resources import WarehouseResource

    shutil.copytree(home, tmp_path / "home")
    definitions = build_definitions(
        warehouse=WarehouseResource(home=str(tmp_path / "home"), offline=True, full=True)
    )
    chosen = {AssetKey(["marts", "kpi_scorecard"]), AssetKey(["marts", "dim_target"])}
    result = definitions.get_implicit_global_asset_job_def().execute_in_process(asset_selection=list(chosen))
    assert result.success
    made = {event.materialization.asset_key for event in result.all_events if event.is_step_materialization}
    assert made == chosen
    checked = {evaluation.asset_key for evaluation in result.get_asset_check_evaluations()}
    assert checked == chosen


def test_no_step_waits_for_a_pool_that_a_killed_run_holds(definitions: Definitions) -> None:
    """Dagster never gives back what a killed run claimed of a pool; the lock of the home goes with its process."""
    from dagster import OpDefinition

    steps = [
        node
        for node in definitions.get_job_def("nightly_warehouse").all_node_defs
        if isinstance(node, OpDefinition)
    ]
    assert len(steps) > 20
    assert [step.name for step in steps if step.pools] == []


def test_dbt_unit_tests_pass(home: Path) -> None:
    result = subprocess.run(
        [
            str(Path(sys.executable).with_name("dbt")), "test", "--select", "test_type:unit", "--project-dir", "dbt_project",
            "--profiles-dir", "dbt_project", "--target-path", str(home / "dbt_unit"), "--log-path", str(home / "dbt_unit"),
            "--vars", f"{{raw_dir: {home / 'raw'}, run_date: 2026-11-23}}",
        ],
        env={**command(home)[1], "MIERUKA_BUILD_DATABASE": str(home / "build" / "mieruka.duckdb")},
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=180,
    )  # fmt: skip
    assert result.returncode == 0, result.stdout[-3000:]
    described = [
        yaml.safe_load(path.read_text(encoding="utf-8")).get("unit_tests", [])
        for path in (ROOT / "dbt_project" / "models").rglob("*.yml")
    ]
    assert len(re.findall(r"\d+ of \d+ PASS ", result.stdout)) == sum(map(len, described))


def test_definitions_load_without_great_expectations(tmp_path: Path) -> None:
    _, environment = command(tmp_path / "home")
    code = "import sys, assets.definitions; sys.exit('great_expectations' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], env=environment, cwd=ROOT, check=False, timeout=120)
    assert result.returncode == 0


@pytest.mark.parametrize("arguments", [["status"], ["sql", "select 1"], ["explain", "advice_cases"]])
def test_reading_imports_no_orchestrator(home: Path, arguments: list[str]) -> None:
    # DuckDB itself imports pandas to bind parameters; the rest is ours to avoid.
    heavy = "{'dagster', 'dbt', 'great_expectations', 'pandera', 'polars'}"
    code = f"import sys; from cli.main import main; main({arguments!r}); sys.exit(bool({heavy} & set(sys.modules)))"
    result = subprocess.run(
        [sys.executable, "-c", code],
        env=command(home)[1],
        cwd=ROOT,
        check=False,
        timeout=60,
        stdout=subprocess.DEVNULL,
    )
    assert result.returncode == 0

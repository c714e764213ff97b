"""Dagster's runs tell who asked, and no trouble in telling becomes trouble of theirs."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from dagster import (
    DagsterInstance,
    Definitions,
    Failure,
    SensorDefinition,
    asset,
    build_schedule_context,
    build_sensor_context,
    job,
    op,
)

import assets.night
from assets.night import BY_COMMAND_TAG, every_night, failed_nights
from assets.notifications import tell_who_asked, told_nights
from assets.resources import WarehouseResource
from pipelines.catalog.loader import Catalog
from pipelines.faults import VARIABLE
from pipelines.lock import writing
from pipelines.publish.runs import History, Run
from pipelines.settings import Home

LOG = logging.getLogger("test")


@op
def publication__quality_gate() -> None:
    raise Failure(description="数値が半分になりました")


@job
def night() -> None:
    publication__quality_gate()


@asset
def chosen_on_the_pages() -> None:
    raise Failure(description="年度が読めません")


def a_night(instance: DagsterInstance, **more: Any) -> None:
    night.execute_in_process(instance=instance, raise_on_error=False, **more)


@pytest.fixture
def failed_before(home: Home) -> None:
    moment = "2026-11-23T02:00:00+09:00"
    History(home).add(Run("run1", moment, moment, "failed", 0, 0))


def told(path: Path) -> list[dict[str, Any]]:
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def kinds(path: Path) -> list[str]:
    return [event["kind"] for event in told(path)]


def outcomes(home: Home) -> list[str]:
    return [run.outcome for run in History(home).runs()]


def warehouse(home: Home, **more: Any) -> WarehouseResource:
    return WarehouseResource(home=str(home.root), **more)


def watched(sensor: SensorDefinition, instance: DagsterInstance, act: Callable[[], Any]) -> str | None:
    """Ask a sensor before something is done, and as the daemon does until it has nothing new; return its cursor."""
    cursor = sensor.evaluate_tick(build_sensor_context(instance)).cursor
    act()
    while (found := sensor.evaluate_tick(build_sensor_context(instance, cursor=cursor))).cursor != cursor:
        cursor = found.cursor
    return cursor


def test_a_failure_is_noted_and_told_with_the_words_of_its_step(
    home: Home, events: Path, instance: DagsterInstance
) -> None:
    watched(failed_nights(warehouse(home)), instance, lambda: a_night(instance))
    (event,) = told(events)
    assert event["kind"] == "gate_closed"
    assert event["data"]["reason"] == "publication__quality_gate: 数値が半分になりました"
    assert [run.run_id for run in History(home).runs()] == [event["data"]["run_id"]]


def test_a_run_begun_on_the_pages_is_noted_and_told_once(
    home: Home, events: Path, instance: DagsterInstance
) -> None:
    definitions = Definitions(assets=[chosen_on_the_pages])
    chosen = definitions.resolve_implicit_global_asset_job_def()
    sensor = failed_nights(warehouse(home))
    watched(sensor, instance, lambda: chosen.execute_in_process(instance=instance, raise_on_error=False))
    watched(sensor, instance, lambda: None)
    (event,) = told(events)
    assert event["data"]["reason"] == "chosen_on_the_pages: 年度が読めません"
    assert outcomes(home) == ["failed"]


def test_what_a_run_begun_on_the_pages_brought_is_told(
    home: Home, events: Path, failed_before: None, instance: DagsterInstance
) -> None:
    @asset
    def well() -> None:
        return

    chosen = Definitions(assets=[well]).resolve_implicit_global_asset_job_def()
    watched(
        told_nights(warehouse(home)), instance, lambda: chosen.execute_in_process(instance=instance).success
    )
    assert kinds(events) == ["run_failed"]


def test_a_run_of_a_command_is_left_to_the_command(
    home: Home, events: Path, instance: DagsterInstance
) -> None:
    tags = {BY_COMMAND_TAG: "run"}
    watched(failed_nights(warehouse(home)), instance, lambda: a_night(instance, tags=tags))
    assert (told(events), outcomes(home)) == ([], [])


def test_a_failure_is_told_also_while_another_run_holds_the_home(
    home: Home, events: Path, instance: DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assets.night, "_WAIT_SECONDS", 0)
    with writing(home), ThreadPoolExecutor(1) as daemon:
        sensor = failed_nights(warehouse(home))
        daemon.submit(watched, sensor, instance, lambda: a_night(instance)).result()
    assert kinds(events) == ["gate_closed"]
    assert outcomes(home) == []


def test_a_failure_is_told_also_where_the_disk_has_no_room_to_note_it(
    home: Home, events: Path, instance: DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, "file.written,*/state/runs.jsonl:ENOSPC")
    watched(failed_nights(warehouse(home)), instance, lambda: a_night(instance))
    assert kinds(events) == ["gate_closed"]
    assert outcomes(home) == []


def test_a_sensor_that_is_asked_once_more_notes_and_tells_nothing_twice(
    home: Home, events: Path, instance: DagsterInstance
) -> None:
    sensor = failed_nights(warehouse(home))
    cursor = sensor.evaluate_tick(build_sensor_context(instance)).cursor
    a_night(instance)
    for _ in range(2):
        sensor.evaluate_tick(build_sensor_context(instance, cursor=cursor))
    assert (kinds(events), outcomes(home)) == (["gate_closed"], ["failed"])


def test_a_tick_that_fails_is_noted_and_told(
    home: Home, events: Path, catalog: Catalog, instance: DagsterInstance
) -> None:
    tick = every_night(night, catalog, warehouse(home, run_date="2026-13-01"))
    with build_schedule_context(instance) as context, pytest.raises(Exception, match="month must be"):
        tick.evaluate_tick(context)
    (event,) = told(events)
    assert event["kind"] == "run_failed"
    assert "ValueError: month must be in 1..12" in event["data"]["reason"]
    assert outcomes(home) == ["failed"]


def test_a_night_that_ended_well_is_told_once(home: Home, events: Path, failed_before: None) -> None:
    tell_who_asked(home, LOG)
    tell_who_asked(home, LOG)
    assert kinds(events) == ["run_failed"]


def test_a_wrong_configuration_is_a_warning(
    home: Home, events: Path, failed_before: None, caplog: pytest.LogCaptureFixture
) -> None:
    (home.root / "mieruka.toml").write_text("nonsense = 1", encoding="utf-8")
    tell_who_asked(home, LOG)
    assert "nonsense" in caplog.text
    assert not events.exists()


def test_a_receiver_that_cannot_be_told_is_a_warning(
    home: Home, events: Path, failed_before: None, caplog: pytest.LogCaptureFixture
) -> None:
    events.mkdir()
    tell_who_asked(home, LOG)
    assert "lines: 1 events wait" in caplog.text

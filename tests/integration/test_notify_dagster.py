"""Dagster's runs tell who asked, and no trouble in telling becomes trouble of theirs."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest
from dagster import DagsterInstance, Failure, build_run_status_sensor_context, job, op

from assets.notifications import failure_of, tell_who_asked, told_nights
from assets.resources import WarehouseResource
from pipelines.notify.situation import Failure as WhyFailed
from pipelines.publish.runs import History, Run
from pipelines.settings import Home

LOG = logging.getLogger("test")


@op
def publication__quality_gate() -> None:
    raise Failure(description="数値が半分になりました")


@job
def night() -> None:
    publication__quality_gate()


@pytest.fixture
def events(home: Home) -> Path:
    path = home.root / "events.jsonl"
    text = f'[[receiver]]\nname = "lines"\ntype = "json"\npath = "{path}"\n'
    (home.root / "mieruka.toml").write_text(text, encoding="utf-8")
    moment = "2026-11-23T02:00:00+09:00"
    History(home).add(Run("run1", moment, moment, "failed", 0, 0))
    return path


def kinds(path: Path) -> list[str]:
    return [json.loads(line)["kind"] for line in path.read_text(encoding="utf-8").splitlines()]


def test_a_failure_is_told_with_the_words_of_its_step(home: Home, events: Path) -> None:
    with DagsterInstance.ephemeral() as instance:
        result = night.execute_in_process(instance=instance, raise_on_error=False)
        context = build_run_status_sensor_context(
            sensor_name="failed_nights",
            dagster_instance=instance,
            dagster_run=result.dagster_run,
            dagster_event=result.get_run_failure_event(),
        ).for_run_failure()
        why = failure_of(context)
    assert why == WhyFailed("publication__quality_gate: 数値が半分になりました", True)
    tell_who_asked(home, LOG, why)
    assert kinds(events) == ["gate_closed"]


def test_a_night_that_ended_well_is_told_once(home: Home, events: Path) -> None:
    sensor = told_nights(night, WarehouseResource(home=str(home.root)))
    assert sensor.name == "told_nights"
    tell_who_asked(home, LOG)
    tell_who_asked(home, LOG)
    assert kinds(events) == ["run_failed"]


def test_a_wrong_configuration_is_a_warning(
    home: Home, events: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (home.root / "mieruka.toml").write_text("nonsense = 1", encoding="utf-8")
    tell_who_asked(home, LOG)
    assert "nonsense" in caplog.text
    assert not events.exists()


def test_a_receiver_that_cannot_be_told_is_a_warning(
    home: Home, events: Path, caplog: pytest.LogCaptureFixture
) -> None:
    events.mkdir()
    tell_who_asked(home, LOG)
    assert "lines: 1 events wait" in caplog.text

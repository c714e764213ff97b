"""Nights in Dagster, without its daemon: what the schedule's tick decides, and what a run does that finds nothing."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from dagster import (
    AssetCheckKey,
    AssetKey,
    DagsterInstance,
    DagsterRunStatus,
    Definitions,
    JobDefinition,
    RunRequest,
    SkipReason,
    build_run_status_sensor_context,
    build_schedule_context,
)

from pipelines.lock import exclusive
from pipelines.publish.versions import kept_versions
from pipelines.settings import Home
from tests.end_to_end.test_runs import CLOUD_728, changed_origin

JOB = "nightly_warehouse"
CITED = AssetKey(["mieruka__cited_figures", "snapshot"])


@pytest.fixture
def quiet_home(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a published home of this test's own, and the environment of a night on it."""
    copy = tmp_path / "home"
    shutil.copytree(home, copy, symlinks=True)
    monkeypatch.setenv("MIERUKA_HOME", str(copy))
    monkeypatch.setenv("MIERUKA_TODAY", "2026-11-23")
    monkeypatch.delenv("MIERUKA_ORIGIN", raising=False)
    return copy


@pytest.fixture
def definitions(quiet_home: Path) -> Definitions:
    from assets.build import build_definitions
    from assets.resources import WarehouseResource

    return build_definitions(warehouse=WarehouseResource(home=str(quiet_home), wait_seconds=1))


def tick(definitions: Definitions, instance: DagsterInstance) -> RunRequest | SkipReason:
    """Return what the schedule decides tonight."""
    schedule = definitions.get_repository_def().get_schedule_def("every_night")
    with build_schedule_context(
        instance=instance, repository_def=definitions.get_repository_def()
    ) as context:
        answer = schedule.evaluate_tick(context)
    if answer.run_requests:
        return answer.run_requests[0]
    return SkipReason(answer.skip_message)


def job_of(definitions: Definitions) -> JobDefinition:
    return definitions.resolve_job_def(JOB)


def files_of(home: Path) -> dict[str, tuple[int, int]]:
    """Return inode and time of every file, but those in which a night is noted."""
    return {
        path.relative_to(home).as_posix(): (path.stat().st_ino, path.stat().st_mtime_ns)
        for path in home.rglob("*")
        if path.is_file()
        and path.name not in {"runs.jsonl", ".lock", "stamps.json"}
        and "build" not in path.relative_to(home).parts
    }


def last_run(home: Path) -> dict[str, Any]:
    history = (home / "state" / "runs.jsonl").read_text(encoding="utf-8").splitlines()
    return dict(json.loads(history[-1]))


def test_an_unchanged_night_is_skipped_and_says_so(
    quiet_home: Path, definitions: Definitions, instance: DagsterInstance
) -> None:
    before = files_of(quiet_home)
    answer = tick(definitions, instance)
    assert isinstance(answer, SkipReason)
    assert "変更なし" in str(answer.skip_message)
    assert "Nothing changed" in str(answer.skip_message)
    assert files_of(quiet_home) == before
    assert last_run(quiet_home)["outcome"] == "unchanged"
    assert instance.get_runs() == []


def test_a_skipped_night_still_shows_that_each_source_was_looked_at_and_how_fresh_it_is(
    definitions: Definitions, instance: DagsterInstance
) -> None:
    tick(definitions, instance)
    observed = instance.fetch_observations(CITED, limit=1).records
    assert observed
    metadata = observed[0].asset_observation.metadata
    assert metadata["files"].value >= 2
    assert str(metadata["last_change"].value).startswith("20")
    key = AssetCheckKey(CITED, "freshness")
    record = instance.event_log_storage.get_latest_asset_check_execution_by_key([key])[key]
    evaluation = record.event.dagster_event.asset_check_evaluation_data
    assert evaluation.passed
    assert evaluation.metadata["state"].value == "unknown"
    assert instance.get_latest_materialization_event(CITED) is None


def test_a_run_that_finds_nothing_changed_ends_after_its_first_step(
    quiet_home: Path, definitions: Definitions, instance: DagsterInstance
) -> None:
    before = files_of(quiet_home)
    result = job_of(definitions).execute_in_process(instance=instance)
    assert result.success
    done = {event.step_key for event in result.all_events if event.is_step_success}
    skipped = {event.step_key for event in result.all_events if event.is_step_skipped}
    assert done == {"publication__changes"}
    assert {
        "dbt_models",
        "publication__published_warehouse",
        "catalog__landed",
        "sources__freshness",
    } <= skipped
    assert not [event for event in result.all_events if event.is_step_materialization]
    assert files_of(quiet_home) == before
    assert last_run(quiet_home)["outcome"] == "unchanged"
    run = instance.get_run_by_id(result.run_id)
    assert run is not None
    assert run.tags["mieruka/reasons"] == "unchanged"


def test_a_changed_file_is_the_reason_of_a_run_that_publishes_it(
    quiet_home: Path,
    definitions: Definitions,
    instance: DagsterInstance,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import duckdb

    monkeypatch.setenv(
        "MIERUKA_ORIGIN", str(changed_origin(tmp_path, CLOUD_728, CLOUD_728.replace("728", "729")))
    )
    answer = tick(definitions, instance)
    assert isinstance(answer, RunRequest)
    assert answer.tags["mieruka/reasons"] == "mieruka__cited_figures"
    result = job_of(definitions).execute_in_process(instance=instance, run_config=answer.run_config)
    assert result.success
    with duckdb.connect(str(quiet_home / "published" / "mieruka.duckdb"), read_only=True) as connection:
        assert connection.execute(
            "select value from marts.fct_observation where item_id = 'cloud_municipalities' and as_of_date = date '2015-04-01'"
        ).fetchone() == (729,)
    assert last_run(quiet_home)["outcome"] == "published"
    materialised = instance.get_latest_materialization_event(CITED)
    assert materialised is not None
    metadata = materialised.asset_materialization.metadata
    assert set(metadata) >= {"files", "sha256", "last_change"}
    assert isinstance(tick(definitions, instance), SkipReason)


def test_a_file_that_is_refused_every_night_is_published_once(
    quiet_home: Path,
    definitions: Definitions,
    instance: DagsterInstance,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = tmp_path / "origin" / "mieruka__cited_figures"
    folder.mkdir(parents=True)
    (tmp_path / "outside.csv").touch()
    (folder / "figures.csv").symlink_to(tmp_path / "outside.csv")
    monkeypatch.setenv("MIERUKA_ORIGIN", str(folder.parent))
    ended = []
    for _ in range(2):
        answer = tick(definitions, instance)
        assert isinstance(answer, RunRequest)
        assert answer.tags["mieruka/reasons"] == "mieruka__cited_figures"
        assert job_of(definitions).execute_in_process(instance=instance, run_config=answer.run_config).success
        ended.append(last_run(quiet_home)["outcome"])
    assert ended == ["published", "unchanged"]
    assert len(kept_versions(Home(quiet_home))) == 2


def test_no_run_is_started_while_another_one_has_not_ended(
    definitions: Definitions, instance: DagsterInstance
) -> None:
    run = instance.create_run_for_job(job_of(definitions), status=DagsterRunStatus.STARTED)
    answer = tick(definitions, instance)
    assert isinstance(answer, SkipReason)
    assert run.run_id in str(answer.skip_message)


def test_no_run_is_started_while_a_command_writes(
    quiet_home: Path, definitions: Definitions, instance: DagsterInstance
) -> None:
    import subprocess
    import sys

    code = "import sys; from pathlib import Path; from pipelines.lock import exclusive; from pipelines.settings import Home\n"
    code += f"with exclusive(Home(Path({str(quiet_home)!r}))): print('held', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        assert process.stdout.readline() == "held\n"
        answer = tick(definitions, instance)
        process.stdin.close()
    assert isinstance(answer, SkipReason)
    assert "Another run is writing" in str(answer.skip_message)
    with exclusive(Home(quiet_home)):
        assert str(process.pid) in str(answer.skip_message)


def test_with_the_web_at_hand_the_run_asks_it(
    definitions: Definitions, instance: DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MIERUKA_OFFLINE")
    answer = tick(definitions, instance)
    assert isinstance(answer, RunRequest)
    assert answer.tags["mieruka/reasons"] == "web"


def test_a_run_that_failed_in_dagster_is_noted_beside_those_of_the_commands(
    quiet_home: Path, definitions: Definitions, instance: DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> list[str]:
        raise RuntimeError("no reason can be found")

    monkeypatch.setattr("assets.night.reasons_to_run", broken)
    result = job_of(definitions).execute_in_process(instance=instance, raise_on_error=False)
    assert not result.success
    event = next(entry for entry in result.all_events if entry.is_failure and not entry.is_step_event)
    sensor = definitions.get_repository_def().get_sensor_def("failed_nights")
    run = instance.get_run_by_id(result.run_id)
    assert run is not None
    with build_run_status_sensor_context("failed_nights", event, instance, run).for_run_failure() as context:
        sensor(context)
    assert last_run(quiet_home)["outcome"] == "failed"


def created_before(instance: DagsterInstance, run_id: str, ago: timedelta) -> None:
    """Make a run older than it is."""
    from dagster._core.storage.runs.schema import RunsTable

    moment = (datetime.now(UTC) - ago).replace(tzinfo=None)
    storage: Any = instance.run_storage
    with storage.connect() as connection:
        connection.execute(
            RunsTable.update().values(create_timestamp=moment).where(RunsTable.c.run_id == run_id)
        )


def test_a_run_whose_process_died_with_the_service_does_not_stop_the_next_night(
    definitions: Definitions, instance: DagsterInstance
) -> None:
    run = instance.create_run_for_job(job_of(definitions), status=DagsterRunStatus.STARTED)
    created_before(instance, run.run_id, timedelta(hours=1))
    answer = tick(definitions, instance)
    assert isinstance(answer, SkipReason)
    assert "変更なし" in str(answer.skip_message)
    dead = instance.get_run_by_id(run.run_id)
    assert dead is not None
    assert dead.status == DagsterRunStatus.FAILURE


def test_runs_of_long_ago_are_forgotten(definitions: Definitions, instance: DagsterInstance) -> None:
    from assets.night import forget_old_runs

    runs = [
        instance.create_run_for_job(job_of(definitions), status=DagsterRunStatus.SUCCESS) for _ in range(2)
    ]
    for run, days in zip(runs, (401, 399), strict=True):
        created_before(instance, run.run_id, timedelta(days=days))
    forget_old_runs(instance)
    assert [run.run_id for run in instance.get_runs()] == [runs[1].run_id]

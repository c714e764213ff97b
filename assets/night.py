"""The night: is there anything to do? The schedule's tick decides it with hashes, or the run's first step on the web."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from dagster import (
    AssetCheckEvaluation,
    AssetCheckSeverity,
    AssetExecutionContext,
    AssetObservation,
    AssetsDefinition,
    DagsterInstance,
    DagsterRunStatus,
    DefaultScheduleStatus,
    DefaultSensorStatus,
    MaterializeResult,
    RunFailureSensorContext,
    RunRequest,
    RunsFilter,
    ScheduleDefinition,
    ScheduleEvaluationContext,
    SensorDefinition,
    SkipReason,
    asset,
    run_failure_sensor,
)

from assets.freshness import FRESHNESS_CHECK, freshness_of_source, last_change
from assets.keys import CHANGES_KEY, snapshot_key
from assets.notifications import failure_of, tell_who_asked
from assets.resources import WarehouseResource
from pipelines.acquire.archive import Archive
from pipelines.acquire.fetch import ask_the_web
from pipelines.catalog.loader import Catalog, DescribedSource
from pipelines.changes import reasons_to_run
from pipelines.lock import HomeBusyError, holder_of, writing
from pipelines.notify.situation import Failure
from pipelines.publish.runs import History, Run, new_run_id
from pipelines.quarantine import discard_damaged
from pipelines.settings import TIMEZONE, Home, nightly_schedule, now, today

REASONS_TAG = "mieruka/reasons"
# A command notes the end of its runs itself.
BY_COMMAND_TAG = "mieruka/by_command"
NOTHING_CHANGED = (
    "変更なし: 公開済みの倉庫をそのまま使います / Nothing changed: the published warehouse stays"
)
_BUSY = "別の実行が書いています / Another run is writing: {holder}"
_RUNNING = "前の実行がまだ終わっていません / The run before has not ended: {run_id}"
# Dagster forgets ticks by itself (dagster.yaml), runs with their events never.
_RUNS_KEPT = timedelta(days=400)
# Dagster waits a minute for the answer of a tick or a sensor.
_WAIT_SECONDS = 30
_TIME_TO_START = timedelta(minutes=10)
_DEAD = "実行の途中でプロセスがなくなりました / The process of the run is gone"
_AT_WORK = [DagsterRunStatus.STARTING, DagsterRunStatus.STARTED, DagsterRunStatus.CANCELING]
_UNFINISHED = [DagsterRunStatus.QUEUED, DagsterRunStatus.NOT_STARTED, *_AT_WORK]
_FINISHED = [DagsterRunStatus.SUCCESS, DagsterRunStatus.FAILURE, DagsterRunStatus.CANCELED]


def _reasons(home: Home, catalog: Catalog, warehouse: WarehouseResource) -> list[str]:
    """Return why a run is needed; who began it because it is (`decided`) has looked closely already."""
    damaged = ["damaged"] if discard_damaged(home) else []
    if warehouse.decided:
        return [*damaged, "decided"]
    return damaged + reasons_to_run(home, catalog, warehouse.get_run_date(), warehouse.get_origin())


def _looked_at(home: Home, source: DescribedSource) -> AssetObservation:
    """Return that a source was looked at without being read: what is held of it, and since when."""
    held = Archive(home).current(source.source_id)
    metadata: dict[str, Any] = {"files": len(held), "last_change": last_change(held)}
    return AssetObservation(snapshot_key(source.source_id), metadata=metadata)


def changes(catalog: Catalog) -> AssetsDefinition:
    """Return the first step of a run: the web is asked, and when nothing changed all other steps are skipped."""

    @asset(
        key=CHANGES_KEY,
        group_name="publication",
        kinds={"python"},
        output_required=False,
        description="データ源を見て、変わったものがあるかを確かめる。なければ以後の工程は何もしない",
    )
    def found(context: AssetExecutionContext, warehouse: WarehouseResource) -> Iterator[MaterializeResult]:
        home, web = warehouse.get_home(), warehouse.get_web()
        if web:
            ask_the_web(catalog, home, web)
        reasons = _reasons(home, catalog, warehouse)
        if reasons or warehouse.full:
            yield MaterializeResult(metadata={"reasons": reasons})
            return
        History(home).note("unchanged", now(), now())
        tell_freshness(context.instance, home, catalog)
        context.log.info(NOTHING_CHANGED)
        context.instance.add_run_tags(context.run_id, {REASONS_TAG: "unchanged"})

    return found


def every_night(job: Any, catalog: Catalog, warehouse: WarehouseResource) -> ScheduleDefinition:
    """Return the schedule; its tick skips with the reason when nothing changed and nobody on the web is to be asked."""

    def tick(context: ScheduleEvaluationContext) -> RunRequest | SkipReason:
        started, home = now(), warehouse.get_home()
        try:
            forget_old_runs(context.instance)
            with writing(home):
                give_up_dead_runs(context.instance)
                if running := _unfinished(context.instance, job.name):
                    return SkipReason(_RUNNING.format(run_id=running))
                decision = _decide(context, home)
        except HomeBusyError:
            return SkipReason(_BUSY.format(holder=holder_of(home)))
        except Exception as error:
            run_id = new_run_id(started)
            _note_failed(home, run_id, started)
            tell_who_asked(home, context.log, Failure(f"{type(error).__name__}: {error}", False, run_id))
            raise
        if isinstance(decision, SkipReason):
            tell_who_asked(home, context.log)
        return decision

    def _decide(context: ScheduleEvaluationContext, home: Home) -> RunRequest | SkipReason:
        reasons = _reasons(home, catalog, warehouse)
        if reasons:
            decided = {"resources": {"warehouse": {"config": {"decided": True}}}}
            return RunRequest(run_config=decided, tags={REASONS_TAG: ", ".join(reasons)[:250]})
        tell_freshness(context.instance, home, catalog)
        if warehouse.asks_the_web() and any(source.is_on_the_web for source in catalog.sources.values()):
            return RunRequest(tags={REASONS_TAG: "web"})
        History(home).note("unchanged", now(), now())
        return SkipReason(NOTHING_CHANGED)

    return ScheduleDefinition(
        name="every_night",
        job=job,
        cron_schedule=nightly_schedule(),
        execution_timezone="Asia/Tokyo",
        execution_fn=tick,
        default_status=DefaultScheduleStatus.RUNNING,
        description="毎晩、変わったものだけを取り込み、倉庫を公開する。変わったものがなければ、その旨を記して何もしない",
    )


def failed_nights(warehouse: WarehouseResource) -> SensorDefinition:
    """Return the watch over runs that failed, or whose process died: each is noted beside those of the commands, and told.

    Runs begun on the pages and backfills are watched like those of the night.
    """

    @run_failure_sensor(
        name="failed_nights",
        minimum_interval_seconds=60,
        default_status=DefaultSensorStatus.RUNNING,
        description="失敗した実行を、公開の記録と同じところに書き留める",
    )
    def failed(context: RunFailureSensorContext) -> None:
        run = context.dagster_run
        if BY_COMMAND_TAG in run.tags:
            return
        home = warehouse.get_home()
        record = context.instance.get_run_record_by_id(run.run_id)
        started = record.create_timestamp.astimezone(TIMEZONE).replace(microsecond=0) if record else now()
        # Not the id of the version that it may have published before it failed.
        run_id = f"{new_run_id(started)}-{run.run_id[:8]}"
        _note_failed(home, run_id, started)
        tell_who_asked(home, context.log, failure_of(context, run_id))

    return failed


def _note_failed(home: Home, run_id: str, started: datetime) -> None:
    """Note a run that failed; where another holds the home too long or the disk refuses, it is only told."""
    with suppress(HomeBusyError, OSError), writing(home, _WAIT_SECONDS):
        history = History(home)
        # A sensor that took too long is asked once more.
        if run_id not in {run.run_id for run in history.runs()}:
            history.add(Run(run_id, started.isoformat(), now().isoformat(), "failed", 0, 0))


def tell_freshness(instance: DagsterInstance, home: Home, catalog: Catalog) -> None:
    """Tell Dagster without a run that the sources were looked at, and how fresh they are today."""
    for source in catalog.sources.values():
        instance.report_runless_asset_event(_looked_at(home, source))
        freshness = freshness_of_source(home, source, today())
        instance.report_runless_asset_event(
            AssetCheckEvaluation(
                asset_key=snapshot_key(source.source_id),
                check_name=FRESHNESS_CHECK,
                passed=freshness.passed,
                metadata=freshness.metadata,
                severity=AssetCheckSeverity.WARN,
            )
        )


def _unfinished(instance: DagsterInstance, job_name: str) -> str | None:
    runs = instance.get_runs(RunsFilter(job_name=job_name, statuses=_UNFINISHED), limit=1)
    return runs[0].run_id if runs else None


def give_up_dead_runs(instance: DagsterInstance) -> None:
    """Mark as failed the runs whose process is gone, as after a power cut; only who holds the home may call this.

    A run holds the home from its start to its end. Only one that has started just now may not have taken it yet.
    """
    before = datetime.now(UTC) - _TIME_TO_START
    for record in instance.get_run_records(RunsFilter(statuses=_AT_WORK, created_before=before)):
        instance.report_run_failed(record.dagster_run, _DEAD)


def forget_old_runs(instance: DagsterInstance) -> None:
    """Remove the records of runs that ended long ago, some at a time; what was published stays in `meta.run`."""
    before = datetime.now(UTC) - _RUNS_KEPT
    old = RunsFilter(statuses=_FINISHED, created_before=before)
    for run in instance.get_runs(old, limit=20):
        instance.delete_run(run.run_id)

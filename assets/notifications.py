"""Notifications of Dagster's own runs: who asked is told after each, also when it failed or found nothing to do."""

from logging import Logger

from dagster import (
    DagsterRunStatus,
    DefaultSensorStatus,
    RunFailureSensorContext,
    RunStatusSensorContext,
    SensorDefinition,
    run_status_sensor,
)

from assets.keys import GATE_KEY
from assets.resources import WarehouseResource
from pipelines.notify.situation import Failure
from pipelines.notify.telling import tell_configured
from pipelines.settings import Home

_GATE_STEP = GATE_KEY.to_python_identifier()


def tell_who_asked(home: Home, log: Logger, failure: Failure | None = None) -> None:
    """Tell what is new; that this fails is a warning in Dagster's log and no failure of anything."""
    try:
        undelivered = tell_configured(home, failure=failure)
    except Exception as error:
        log.warning(f"Nobody could be told: {type(error).__name__}: {error}")
        return
    for entry in undelivered:
        state = "refused by addresses" if entry.is_over else f"wait since {entry.since}"
        log.warning(f"{entry.receiver}: {entry.events} events {state}: {entry.reason}")


def failure_of(context: RunFailureSensorContext, run_id: str) -> Failure:
    """Return why a run failed: the words of its first failed step, or Dagster's own where its process died."""
    for event in context.get_step_failure_events():
        data = event.step_failure_data
        described = data.user_failure_data.description if data.user_failure_data else None
        message = data.error.message.strip() if data.error else ""
        return Failure(f"{event.step_key}: {described or message}", event.step_key == _GATE_STEP, run_id)
    return Failure(context.failure_event.message or "", False, run_id)


def told_nights(warehouse: WarehouseResource) -> SensorDefinition:
    """Return the sensor that tells who asked after each run that ended well, also one begun on the pages."""

    @run_status_sensor(
        name="told_nights",
        run_status=DagsterRunStatus.SUCCESS,
        minimum_interval_seconds=60,
        default_status=DefaultSensorStatus.RUNNING,
        description="実行が終わるたびに、設定された受け手に知らせる",
    )
    def told(context: RunStatusSensorContext) -> None:
        tell_who_asked(warehouse.get_home(), context.log)

    return told

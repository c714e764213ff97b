"""Where Dagster keeps what a run tells when nobody will look it up afterwards: a command without DAGSTER_HOME.

Dagster's own passing instance writes every event into SQLite and looks up in it, for each output, what the outputs
before were: for a thousand events that costs more than the steps of a small run.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dagster import AssetKey, DagsterInstance
from dagster._core.event_api import EventRecordsResult
from dagster._core.instance.types import InstanceType
from dagster._core.launcher.sync_in_memory_run_launcher import SyncInMemoryRunLauncher
from dagster._core.run_coordinator import DefaultRunCoordinator
from dagster._core.storage.event_log import InMemoryEventLogStorage
from dagster._core.storage.noop_compute_log_manager import NoOpComputeLogManager
from dagster._core.storage.root import TemporaryLocalArtifactStorage
from dagster._core.storage.runs import InMemoryRunStorage


class _Unkept(InMemoryEventLogStorage):
    """Events are not kept; the caller of `execute_in_process` has them all in its result."""

    def store_event(self, event: Any) -> None:
        pass

    def get_asset_records(self, asset_keys: Sequence[AssetKey] | None = None) -> list[Any]:
        return []

    def fetch_observations(
        self, records_filter: Any, limit: int, cursor: str | None = None, ascending: bool = False
    ) -> EventRecordsResult:
        return EventRecordsResult([], cursor="", has_more=False)


def passing_instance() -> DagsterInstance:
    """Return an instance like `DagsterInstance.ephemeral`, which keeps the run and none of its events."""
    return DagsterInstance(
        instance_type=InstanceType.EPHEMERAL,
        local_artifact_storage=TemporaryLocalArtifactStorage(),
        run_storage=InMemoryRunStorage(),
        event_storage=_Unkept(),
        compute_log_manager=NoOpComputeLogManager(),
        run_coordinator=DefaultRunCoordinator(),
        run_launcher=SyncInMemoryRunLauncher(),
    )

"""How fresh a source is, as Dagster shows it: by the publisher's cadence, not by when something ran last.

Dagster's own freshness policies count from the last materialisation. A night on which the publisher has nothing new
materialises nothing, so they would call a source late that is not.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from dagster import (
    AssetCheckResult,
    AssetChecksDefinition,
    AssetCheckSeverity,
    AssetCheckSpec,
    AssetKey,
    multi_asset_check,
)

from assets.keys import snapshot_key
from assets.resources import WarehouseResource
from pipelines.acquire.archive import Snapshot
from pipelines.catalog.loader import Catalog, DescribedSource
from pipelines.freshness import together
from pipelines.land.status import source_statuses
from pipelines.settings import Home

FRESHNESS_CHECK = "freshness"


@dataclass(frozen=True)
class SourceFreshness:
    """The outcome of the check: it does not pass when a publication is overdue or old figures stand for newer ones."""

    passed: bool
    metadata: dict[str, Any]


def freshness_of_source(home: Home, source: DescribedSource, day: date) -> SourceFreshness:
    """Return how fresh a source is on a day, with the days on which each table's next publication is expected."""
    statuses = source_statuses(home, source)
    state = together(status.state(day) for status in statuses)
    stale = {
        status.table: status.failure.message("ja")
        for status in statuses
        if status.is_stale and status.failure
    }
    expected = {
        status.table: status.freshness.expected_on.isoformat()
        for status in statuses
        if status.freshness.expected_on
    }
    newest = {
        status.table: status.freshness.newest.period
        for status in statuses
        if status.freshness.newest and status.freshness.newest.period
    }
    metadata = {"state": state, "newest_period": newest, "expected_on": expected, "stale": stale}
    return SourceFreshness(state != "overdue" and not stale, metadata)


def last_change(held: Iterable[Snapshot]) -> str:
    """Return when a file of a source last brought new bytes; empty when none is held."""
    return max((snapshot.retrieved_at for snapshot in held), default="")


def freshness_checks(catalog: Catalog, landed: AssetKey) -> AssetChecksDefinition:
    """Return the checks of all sources' freshness, drawn when everything has landed."""

    @multi_asset_check(
        name="sources__freshness",
        specs=[
            AssetCheckSpec(
                FRESHNESS_CHECK,
                asset=snapshot_key(source_id),
                additional_deps=[landed],
                description="公表の周期からみて新しいか",
            )
            for source_id in catalog.sources
        ],
    )
    def checks(warehouse: WarehouseResource) -> Iterator[AssetCheckResult]:
        for source in catalog.sources.values():
            freshness = freshness_of_source(warehouse.get_home(), source, warehouse.get_run_date())
            yield AssetCheckResult(
                check_name=FRESHNESS_CHECK,
                asset_key=snapshot_key(source.source_id),
                passed=freshness.passed,
                severity=AssetCheckSeverity.WARN,
                metadata=freshness.metadata,
            )

    return checks

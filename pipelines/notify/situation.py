"""What there is to tell of a home: compared with what was told last, so that a crash before telling loses nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from pipelines.acquire.archive import Archive, Snapshot
from pipelines.catalog.loader import Catalog
from pipelines.land.status import all_statuses
from pipelines.notify.conditions import SourceTeller, failing, overdue
from pipelines.notify.differences import difference_events, published_event
from pipelines.notify.events import Event, Filter, event_id
from pipelines.notify.outbox import Told
from pipelines.publish.runs import History, Run
from pipelines.publish.versions import current_version, version_database
from pipelines.settings import Home, now

# What dbt says of many models at once is for its log.
_LONGEST_REASON = 2000


@dataclass(frozen=True)
class Failure:
    """Why a run that just ended published nothing, and whether it was the quality gate that stopped it.

    `run_id` is the one by which it is noted, or would have been.
    """

    text: str
    is_gate: bool
    run_id: str


@dataclass(frozen=True)
class Situation:
    """What happened since the home was told of last, and what will have been told after this."""

    told: Told
    events: list[Event]
    publications: list[tuple[Path, Run]]

    def events_for(self, wanted: Filter) -> Iterator[Event]:
        """Yield what a receiver asked for."""
        yield from (event for event in self.events if wanted.accepts(event))
        for database, run in self.publications:
            yield from difference_events(database, run, wanted)


def look(home: Home, catalog: Catalog, day: date, told: Told | None, failure: Failure | None) -> Situation:
    """Return what there is to tell on a day; of a home that was never told of, the last run and what is wrong now.

    With an empty catalog nothing is known of the sources: what there is to tell of them is left for the next time.
    """
    runs, snapshots = History(home).runs(), Archive(home).snapshots()
    start = told or _start(runs, snapshots)
    statuses = all_statuses(home, catalog)
    new_runs = runs[start.runs :]
    publications = [
        (database, run)
        for run in new_runs
        if run.outcome == "published" and (database := _database(home, run)) is not None
    ]
    teller = SourceTeller(catalog, now().isoformat())
    events = [
        *_of_runs(new_runs, failure),
        *(published_event(database, run) for database, run in publications),
        *(teller.new_files(snapshots[start.snapshots :]) if catalog.sources else ()),
        *teller.failures(statuses, start.failing),
        *teller.overdue(statuses, start.overdue, day),
    ]
    after = Told(len(runs), len(snapshots), failing(statuses), overdue(statuses, day))
    if not catalog.sources:
        after = replace(start, runs=len(runs))
    return Situation(after, events, publications)


def _start(runs: list[Run], snapshots: list[Snapshot]) -> Told:
    """Return from where a home is told of that never was: its last run that did something."""
    last = next((number for number, run in reversed(list(enumerate(runs))) if run.outcome != "unchanged"), 0)
    before = (runs[last - 1].finished_at or "") if last else ""
    return Told(last, sum(entry.retrieved_at <= before for entry in snapshots))


def _database(home: Home, run: Run) -> Path | None:
    """Return the database of a publication, if it is kept."""
    kept = version_database(home, run.run_id)
    if kept.exists():
        return kept
    return home.published_database if current_version(home) == run.run_id else None


def _of_runs(runs: list[Run], failure: Failure | None) -> Iterator[Event]:
    """Yield the runs that failed, and those by which an earlier version was published again."""
    failed = [run for run in runs if run.outcome == "failed"]
    if failure is not None and failure.run_id not in {run.run_id for run in failed}:
        # The run could not even be recorded, as on a full disk.
        moment = now().isoformat()
        failed.append(Run(failure.run_id, moment, moment, "failed", 0, 0))
    for run in failed:
        yield _failed(run, failure if failure and failure.run_id == run.run_id else None)
    for run in runs:
        if run.outcome == "rolled_back":
            yield Event(
                event_id("rolled_back", run.run_id),
                "publication",
                str(run.finished_at),
                f"前の版 {run.version} を公開し直しました",
                f"The earlier version {run.version} was published again",
                data={"version": run.version, "rolled_back": True},
            )


def _failed(run: Run, failure: Failure | None) -> Event:
    ja, en = (
        "公開しませんでした。公開済みの倉庫はそのままです",
        "Not published; the published warehouse is untouched",
    )
    reason = failure.text.strip()[:_LONGEST_REASON] if failure else ""
    return Event(
        event_id("run", run.run_id),
        "gate_closed" if failure and failure.is_gate else "run_failed",
        str(run.finished_at),
        f"{ja}\n{reason}".strip(),
        f"{en}\n{reason}".strip(),
        data={"run_id": run.run_id, "reason": reason},
    )

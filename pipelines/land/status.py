"""The state of each table: what is held that is good, what failed since when, and when the next publication is due."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from pipelines.acquire.archive import Archive, Snapshot
from pipelines.attempts import Attempt, Stale, read_attempts
from pipelines.catalog.loader import Catalog, DescribedSource
from pipelines.defects import Defect
from pipelines.freshness import Freshness, Held, State, freshness_of
from pipelines.land.parquet import fingerprint
from pipelines.land.publication import FileRecord, read_records, record_defects
from pipelines.quarantine import ACQUISITION, read_defects
from pipelines.settings import Home


@dataclass(frozen=True)
class TableStatus:
    """One table of a source. Its figures are stale when something that would renew them failed (`failure`).

    A table of which nothing good is held has nothing that could be stale; it may have a failure all the same.
    """

    source_id: str
    table: str
    files: int
    files_refused: int
    rows_refused: int
    last_good: Snapshot | None
    last_attempt_at: str | None
    failure: Defect | None
    failing_since: str | None
    freshness: Freshness

    @property
    def is_stale(self) -> bool:
        """Return whether what is shown is older than what the publisher has, as far as we know."""
        return self.failure is not None and self.last_good is not None

    def state(self, today: date) -> State:
        """Return the freshness on a day."""
        return self.freshness.state(today)


def source_statuses(home: Home, source: DescribedSource) -> list[TableStatus]:
    """Return the state of each table of a source, from what lies in the home; nothing is read from the network."""
    archive = Archive(home)
    held, attempts = archive.current(source.source_id), read_attempts(home, source.source_id)
    failures = [entry for entry in read_defects(home, source.source_id, ACQUISITION) if _is_error(entry)]
    statuses = []
    for name in (*source.description.tables, *source.description.collected()):
        snapshots = [entry for entry in held if entry.table == name]
        attempt = attempts.get(name, Attempt())
        missing = next((entry for entry in failures if entry.table == name), None)
        find = _of_own_form if name in source.description.tables else _of_published
        statuses.append(find(home, source, name, snapshots, attempt, missing))
    return statuses


def _of_published(
    home: Home, source: DescribedSource, name: str, snapshots: list[Snapshot], attempt: Attempt, missing: Defect | None
) -> TableStatus:  # fmt: skip
    records = read_records(home, source, name)
    by_hash = {entry.snapshot_sha256: entry for entry in snapshots}
    good = [record for record in records if record.accepted]
    refused = [record for record in records if not record.accepted]
    failure, since = missing, attempt.failing_since if missing else None
    if failure is None and refused:
        newest = max(refused, key=lambda record: by_hash[record.snapshot_sha256].retrieved_at)
        failure = _why_refused(newest)
        since = by_hash[newest.snapshot_sha256].retrieved_at
    return TableStatus(
        source_id=source.source_id,
        table=name,
        files=len(good),
        files_refused=len(refused),
        rows_refused=_refused_rows(record_defects(good)),
        last_good=_newest(by_hash[record.snapshot_sha256] for record in good),
        last_attempt_at=attempt.attempted_at,
        failure=failure,
        failing_since=since,
        freshness=freshness_of(source.description, (_held(record, by_hash) for record in good)),
    )


def _of_own_form(
    home: Home, source: DescribedSource, name: str, snapshots: list[Snapshot], attempt: Attempt, missing: Defect | None
) -> TableStatus:  # fmt: skip
    current = snapshots[0] if snapshots else None
    defects = read_defects(home, source.source_id, name)
    refusal = _refusal(current, attempt, defects)
    good = _last_landed(home, source, name, attempt) if refusal else current
    since = attempt.failing_since if missing else (current.retrieved_at if current and refusal else None)
    day = good.published_on if good else None
    return TableStatus(
        source_id=source.source_id,
        table=name,
        files=int(good is not None),
        files_refused=int(refusal is not None),
        rows_refused=0 if refusal else _refused_rows(defects),
        last_good=good,
        last_attempt_at=attempt.attempted_at,
        failure=missing or refusal,
        failing_since=since,
        freshness=freshness_of(
            source.description, [Held(None, date.fromisoformat(day) if day else None)] if good else []
        ),
    )


def _refusal(current: Snapshot | None, attempt: Attempt, defects: list[Defect]) -> Defect | None:
    """Return why the newest file was refused as a whole, if it was."""
    if current is None or current.snapshot_sha256 != attempt.refused_sha256:
        return None
    return next(filter(_is_error, defects), None)


def _last_landed(home: Home, source: DescribedSource, name: str, attempt: Attempt) -> Snapshot | None:
    """Return the snapshot from which a table of our own form was last landed."""
    key = source.source_id, name, attempt.good_sha256
    held = Archive(home).snapshots()
    return next(
        (entry for entry in held if (entry.source_id, entry.table, entry.snapshot_sha256) == key), None
    )


def _is_error(defect: Defect) -> bool:
    return defect.severity == "error"


def _refused_rows(defects: Iterable[Defect]) -> int:
    return len({(entry.file, entry.sheet, entry.row) for entry in defects if entry.row and _is_error(entry)})


def _why_refused(record: FileRecord) -> Defect | None:
    errors = [entry for entry in record_defects([record]) if _is_error(entry)]
    # What is said of the whole file comes before what is said of a row.
    return min(errors, key=lambda entry: entry.row is not None, default=None)


def _newest(snapshots: Iterable[Snapshot]) -> Snapshot | None:
    return max(snapshots, key=lambda entry: entry.retrieved_at, default=None)


def _held(record: FileRecord, by_hash: dict[str, Snapshot]) -> Held:
    day = by_hash[record.snapshot_sha256].published_on
    return Held(record.period, date.fromisoformat(day) if day else None)


def all_statuses(home: Home, catalog: Catalog) -> list[TableStatus]:
    """Return the state of every table of every source."""
    return [status for source in catalog.sources.values() for status in source_statuses(home, source)]


def stale_tables(home: Home, catalog: Catalog) -> list[Stale]:
    """Return the tables that show something older than what the publisher has, as far as we know."""
    return [
        Stale(
            f"{status.source_id}.{status.table}",
            status.last_good.file_name,
            status.last_good.retrieved_at,
            status.failing_since,
            status.failure,
        )
        for status in all_statuses(home, catalog)
        if status.last_good and status.failure
    ]


def failure_fingerprint(home: Home, catalog: Catalog) -> str:
    """Return a hash over which tables fail and why, and what could not be acquired of each.

    When it changes, readers must be told, though no figure changed.
    """
    return fingerprint(
        [
            (status.source_id, status.table, status.failure.defect_id, status.failing_since)
            for status in all_statuses(home, catalog)
            if status.failure
        ],
        [
            entry.defect_id
            for source_id in catalog.sources
            for entry in read_defects(home, source_id, ACQUISITION)
        ],
    )

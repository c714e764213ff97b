"""Backfill: chosen files of sources are read again, by several processes at once.

A file gives its own Parquet and record from its bytes, the description, the code and the register of areas alone, so
neither the order nor the number of processes can change what is written.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import re
import tempfile
from collections.abc import Container, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pipelines.acquire.archive import Archive, Snapshot
from pipelines.catalog.loader import Catalog, DescribedSource
from pipelines.extract.period import PeriodError, read_period
from pipelines.land.publication import FileRecord, PublicationLanding, read_records
from pipelines.land.register import load_register
from pipelines.progress import report
from pipelines.settings import Home

# A process needs some two seconds before it reads its first file; so long do these bytes take.
_WORTH_A_PROCESS = 8_000_000
_YEARS = re.compile(r"(?:FY)?(\d{4})(?:\.\.(?:FY)?(\d{4}))?")


class WrongYearsError(ValueError):
    """A text that names no span of fiscal years."""


@dataclass(frozen=True)
class Years:
    """A span of fiscal years, both ends included."""

    first: int
    last: int

    @classmethod
    def parse(cls, text: str) -> Years:
        """Return the span of `FY2015..FY2020` or of one year, `FY2015`; raise WrongYearsError."""
        found = _YEARS.fullmatch(text.strip())
        if found is None or int(found[1]) > int(found[2] or found[1]):
            raise WrongYearsError(text)
        return cls(int(found[1]), int(found[2] or found[1]))

    def __contains__(self, year: object) -> bool:
        return isinstance(year, int) and self.first <= year <= self.last


def fiscal_year_of(label: str) -> int:
    """Return the fiscal year of a period's label, `FY2022` or a day such as `2023-01-01` (both 2022)."""
    if label.startswith("FY"):
        return int(label[2:])
    day = date.fromisoformat(label)
    return day.year - (day.month < 4)


def years_of_files(home: Home, source: DescribedSource, table: str) -> dict[str, int]:
    """Return the fiscal year of each current file of a published table that is known, by SHA-256.

    A file that was read says so itself; of one that was not, its name may.
    """
    period = source.description.published[table].period
    years = {}
    for snapshot in Archive(home).current(source.source_id):
        if snapshot.table == table:
            try:
                label = read_period(period, {"file": snapshot.file_name}).label
            except PeriodError:
                continue
            years[snapshot.snapshot_sha256] = fiscal_year_of(label)
    read = {
        record.snapshot_sha256: fiscal_year_of(record.period)
        for record in read_records(home, source, table)
        if record.period
    }
    return years | read


@dataclass(frozen=True)
class ChosenFile:
    """A publisher's file to be read again, of one published table."""

    source_id: str
    table: str
    snapshot: Snapshot


def chosen_files(
    home: Home, source: DescribedSource, names: Iterable[str], years: Container[int] | None = None
) -> list[ChosenFile]:
    """Return the current files of some published tables of a source, once for each content.

    With `years` only theirs, and those of which no one knows the year before they are read.
    """
    current = Archive(home).current(source.source_id)
    chosen: dict[tuple[str, str], ChosenFile] = {}
    for name in names:
        known = {} if years is None else years_of_files(home, source, name)
        for snapshot in current:
            year = known.get(snapshot.snapshot_sha256)
            if snapshot.table == name and (years is None or year is None or year in years):
                chosen[name, snapshot.snapshot_sha256] = ChosenFile(source.source_id, name, snapshot)
    return list(chosen.values())


def unread_files(catalog: Catalog, home: Home) -> list[ChosenFile]:
    """Return the current files with figures that are new, or would be read otherwise than they were."""
    register, unread = load_register(home), []
    for source in catalog.sources.values():
        tables = source.description.published
        names = [name for name, table in tables.items() if table.role == "figures"]
        landing = PublicationLanding(source, catalog, home, register)
        unread += [
            file for file in chosen_files(home, source, names) if landing.is_unread(file.table, file.snapshot)
        ]
    return unread


def workers() -> int:
    """Return how many processes may read files: the processors at hand, unless MIERUKA_WORKERS says otherwise."""
    given = os.environ.get("MIERUKA_WORKERS", "")
    return max(1, int(given)) if given.isdigit() else len(os.sched_getaffinity(0))


def read_again(
    catalog: Catalog, home: Home, files: list[ChosenFile], processes: int | None = None
) -> list[FileRecord]:
    """Read files again, whatever is kept of them, and return how each was read, in the order given.

    Only files below `raw/` and `quarantine/` are written, the database never. `processes` None: as many as are worth
    their start. Raises RuntimeError when a process dies.
    """
    worth = sum(file.snapshot.bytes for file in files) // _WORTH_A_PROCESS
    number = min(processes or min(workers(), worth), len(files))
    found = _by_processes(catalog, home, files, number) if number > 1 else _one_by_one(catalog, home, files)
    records = {}
    for done, (file, record) in enumerate(found, start=1):
        report("land", done, len(files), f"{file.source_id} {record.file_name}")
        records[file] = record
    return [records[file] for file in files]


class _Reader:
    """Reads files of any source with the register as landed last."""

    def __init__(self, catalog: Catalog, home: Home) -> None:
        self._catalog = catalog
        self._home = home
        self._register = load_register(home)
        self._landings: dict[str, PublicationLanding] = {}

    def read(self, file: ChosenFile) -> FileRecord:
        if file.source_id not in self._landings:
            source = self._catalog.sources[file.source_id]
            self._landings[file.source_id] = PublicationLanding(
                source, self._catalog, self._home, self._register
            )
        return self._landings[file.source_id].land_file(file.table, file.snapshot)


def _one_by_one(
    catalog: Catalog, home: Home, files: list[ChosenFile]
) -> Iterator[tuple[ChosenFile, FileRecord]]:
    reader = _Reader(catalog, home)
    return ((file, reader.read(file)) for file in files)


_reader: _Reader | None = None


def _start(catalog: Path, home: Home) -> None:
    """Make ready a process that reads files by the catalog that a file holds."""
    global _reader
    # The process that started this one wrote it into a folder of its own.
    _reader = _Reader(pickle.loads(catalog.read_bytes()), home)  # noqa: S301


def _read(file: ChosenFile) -> FileRecord:
    if _reader is None:
        raise RuntimeError("the process was not made ready")
    return _reader.read(file)


def _by_processes(
    catalog: Catalog, home: Home, files: list[ChosenFile], number: int
) -> Iterator[tuple[ChosenFile, FileRecord]]:
    # A forked process would hold the locks of threads it does not have; large files first keep all busy to the end.
    context = multiprocessing.get_context("spawn")
    ordered = sorted(files, key=lambda file: file.snapshot.bytes, reverse=True)
    with (
        tempfile.TemporaryDirectory(prefix="mieruka-") as folder,
        ProcessPoolExecutor(number, context, _start, (Path(folder, "catalog"), home)) as pool,
    ):
        # What a process is started with it reads when it has imported all, and only then the next would be started.
        Path(folder, "catalog").write_bytes(pickle.dumps(catalog))
        waiting = {pool.submit(_read, file): file for file in ordered}
        try:
            for future in as_completed(list(waiting)):
                yield waiting.pop(future), future.result()
        except BrokenProcessPool as error:
            unread = ", ".join(sorted(file.snapshot.file_name for file in waiting.values()))
            raise RuntimeError(f"a reading process died; perhaps not read: {unread}") from error

"""All files of a source's published tables to Parquet, one file each: unchanged bytes are not read again."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from time import perf_counter
from typing import Any

import polars as pl

from pipelines.acquire.archive import Archive, Snapshot
from pipelines.catalog.loader import Catalog, DescribedSource
from pipelines.catalog.published import PublishedTable
from pipelines.contracts.continuity import FileFigures, check_continuity
from pipelines.contracts.observations import OBSERVATION_SCHEMA
from pipelines.defects import Defect
from pipelines.extract.table import ROW, Place
from pipelines.files import read_record, write_record
from pipelines.identity.match import AreaRegister
from pipelines.land.parquet import code_fingerprint, fingerprint, fingerprint_of, write_parquet
from pipelines.land.published import FileReading, PublishedReader
from pipelines.land.source import LandedTable
from pipelines.progress import report
from pipelines.settings import READING_FOLDERS, Home


@dataclass(frozen=True)
class FileRecord:
    """How one file was read: kept beside its figures, shown in the documents and by the commands."""

    source_id: str
    source_table: str
    snapshot_sha256: str
    file_name: str
    sheet: str | None
    period: str | None
    names_its_year: bool
    accepted: bool
    figures: int
    bodies: int
    unresolved_rows: int
    sums_compared: int
    seconds: float
    fingerprint: str
    defects: list[dict[str, Any]] = field(default_factory=list)


def folder_of(home: Home, source_id: str, table: str) -> Path:
    """Return the folder in which a published table lands, one Parquet a file."""
    return home.raw / source_id / table


def _stem(snapshot: Snapshot) -> str:
    return snapshot.snapshot_sha256[:16]


def _current(home: Home, source: DescribedSource, table: str) -> list[Snapshot]:
    """Return the current snapshots of a published table, once for each content."""
    held = [entry for entry in Archive(home).current(source.source_id) if entry.table == table]
    return list({entry.snapshot_sha256: entry for entry in held}.values())


def continuity_path(home: Home, source_id: str, table: str) -> Path:
    """Return where it is kept what the other files of a table say against a file."""
    return home.quarantine / source_id / table / "_continuity.json"


def _continuity(home: Home, source_id: str, table: str) -> dict[str, list[dict[str, Any]]]:
    """Return what the neighbouring years said about each file, by SHA-256."""
    record = read_record(continuity_path(home, source_id, table))
    return dict(record["defects"]) if record else {}


def _is_distrusted(defects: list[dict[str, Any]]) -> bool:
    return any(defect["severity"] == "error" for defect in defects)


def published_paths(home: Home, source: DescribedSource, table: str) -> list[Path]:
    """Return the landed Parquet of a table's current files, without those that contradict their neighbouring years."""
    folder = folder_of(home, source.source_id, table)
    doubts = _continuity(home, source.source_id, table)
    paths = [
        folder / f"{_stem(snapshot)}.parquet"
        for snapshot in _current(home, source, table)
        if not _is_distrusted(doubts.get(snapshot.snapshot_sha256, []))
    ]
    return sorted(path for path in paths if path.exists())


def read_records(home: Home, source: DescribedSource, table: str) -> list[FileRecord]:
    """Return how each current file of a published table was read last, with what its neighbouring years say."""
    doubts = _continuity(home, source.source_id, table)
    records = []
    for snapshot in _current(home, source, table):
        record = _read_record(_record_path(home, source.source_id, table, snapshot))
        if record is not None:
            found = doubts.get(snapshot.snapshot_sha256, [])
            distrusted = _is_distrusted(found)
            records.append(
                replace(
                    record,
                    defects=record.defects + found,
                    accepted=record.accepted and not distrusted,
                    figures=0 if distrusted else record.figures,
                )
            )
    return records


def _read_record(path: Path) -> FileRecord | None:
    """Return a kept record; one damaged or of an older form is as good as none: the file is then read again."""
    content = read_record(path)
    is_record = content is not None and content.keys() == FileRecord.__dataclass_fields__.keys()
    return FileRecord(**content) if content and is_record else None


def _record_path(home: Home, source_id: str, table: str, snapshot: Snapshot) -> Path:
    return home.quarantine / source_id / table / f"{_stem(snapshot)}.json"


def record_defects(records: list[FileRecord]) -> list[Defect]:
    """Return the defects of files as last read."""
    return [Defect(**entry) for record in records for entry in record.defects]


class PublicationLanding:
    """Lands the published tables of one source."""

    def __init__(self, source: DescribedSource, catalog: Catalog, home: Home, register: AreaRegister) -> None:
        self._source = source
        self._catalog = catalog
        self._home = home
        self._register = register
        self._archive = Archive(home)

    def land(self, snapshots: list[Snapshot], names: list[str], *, full: bool = False) -> list[LandedTable]:
        """Land some published tables; a file that was refused gives no figures, the others go on."""
        return [
            self._land_table(name, [entry for entry in snapshots if entry.table == name], full)
            for name in names
        ]

    def _land_table(self, name: str, snapshots: list[Snapshot], full: bool) -> LandedTable:
        reader = PublishedReader(self._source.description, name, self._register, self._catalog)
        unique = {entry.snapshot_sha256: entry for entry in snapshots}
        records, changed = [], False
        for done, snapshot in enumerate(unique.values(), start=1):
            report("land", done, len(unique), f"{self._source.source_id} {snapshot.file_name}")
            record, is_new = self._land_file(reader, name, snapshot, full)
            records.append(record)
            changed = changed or is_new
        if self._source.description.published[name].role == "figures":
            changed = self._check_continuity(name, unique, records) or changed
        folder = folder_of(self._home, self._source.source_id, name)
        records = read_records(self._home, self._source, name)
        return LandedTable(
            name, folder, sum(record.figures for record in records), changed, record_defects(records)
        )

    def _check_continuity(self, name: str, snapshots: dict[str, Snapshot], records: list[FileRecord]) -> bool:
        """Compare the files with their neighbouring years whenever one of them changed; return whether it was done."""
        path = continuity_path(self._home, self._source.source_id, name)
        inputs = fingerprint(sorted((record.snapshot_sha256, record.fingerprint) for record in records))
        if (read_record(path) or {}).get("inputs") == inputs:
            return False
        folder = folder_of(self._home, self._source.source_id, name)
        files = [
            FileFigures(
                str(record.period),
                record.names_its_year,
                Place(self._source.source_id, name, snapshots[record.snapshot_sha256], record.sheet),
                pl.read_parquet(folder / f"{_stem(snapshots[record.snapshot_sha256])}.parquet"),
            )
            for record in records
            if record.accepted
        ]
        found = {
            sha256: [asdict(defect) for defect in defects]
            for sha256, defects in check_continuity(files).items()
        }
        write_record(path, {"inputs": inputs, "defects": found})
        return True

    def _landed_path(self, name: str, snapshot: Snapshot) -> Path:
        return folder_of(self._home, self._source.source_id, name) / f"{_stem(snapshot)}.parquet"

    def _held(self, name: str, snapshot: Snapshot, inputs: str) -> FileRecord | None:
        """Return how a file was read, if it need not, or cannot, be read again."""
        path = self._landed_path(name, snapshot)
        held = _read_record(_record_path(self._home, self._source.source_id, name, snapshot))
        if held is None:
            return None
        if held.fingerprint == inputs and (fingerprint_of(path) == inputs or not held.accepted):
            return held
        # The archived bytes may be damaged, which the acquisition reports: what was read of them stays.
        is_lost = fingerprint_of(path) and not self._archive.holds(snapshot.snapshot_sha256)
        return held if is_lost else None

    def is_unread(self, name: str, snapshot: Snapshot) -> bool:
        """Return whether a file of a published table would be read now."""
        return self._held(name, snapshot, self._inputs(name, snapshot)) is None

    def land_file(self, name: str, snapshot: Snapshot) -> FileRecord:
        """Read one file of a published table again, whatever is kept of it, and return how it was read."""
        reader = PublishedReader(self._source.description, name, self._register, self._catalog)
        return self._land_file(reader, name, snapshot, full=True)[0]

    def _land_file(
        self, reader: PublishedReader, name: str, snapshot: Snapshot, full: bool
    ) -> tuple[FileRecord, bool]:
        path = self._landed_path(name, snapshot)
        kept = _record_path(self._home, self._source.source_id, name, snapshot)
        inputs = self._inputs(name, snapshot)
        held = None if full else self._held(name, snapshot, inputs)
        if held is not None:
            return held, False
        started = perf_counter()
        reading = reader.read(self._archive.path_of(snapshot.snapshot_sha256), snapshot)
        record = self._record(name, snapshot, reading, perf_counter() - started, inputs)
        if reading.frame is not None:
            write_parquet(reading.frame, path, inputs)
        else:
            path.unlink(missing_ok=True)
        write_record(kept, asdict(record))
        return record, True

    def _record(
        self, name: str, snapshot: Snapshot, reading: FileReading, seconds: float, inputs: str
    ) -> FileRecord:
        return FileRecord(
            source_id=self._source.source_id,
            source_table=name,
            snapshot_sha256=snapshot.snapshot_sha256,
            file_name=snapshot.file_name,
            sheet=reading.sheet,
            period=reading.span.label if reading.span else None,
            names_its_year=reading.span is not None and reading.span.is_inside,
            accepted=reading.frame is not None,
            figures=reading.frame.height if reading.frame is not None else 0,
            bodies=reading.bodies,
            unresolved_rows=reading.unresolved,
            sums_compared=reading.compared_sums,
            seconds=round(seconds, 3),
            fingerprint=inputs,
            defects=[asdict(defect) for defect in reading.defects],
        )

    def _inputs(self, name: str, snapshot: Snapshot) -> str:
        table = self._source.description.published[name]
        return fingerprint(
            snapshot.snapshot_sha256,
            snapshot.retrieved_at,
            snapshot.file_name,
            table.model_dump_json(),
            self._source.description.model_dump_json(exclude={"published"}),
            [entry.model_dump_json() for entry in self._source.corrections if entry.table == name],
            code_fingerprint(*READING_FOLDERS),
            {item_id: item.unit for item_id, item in self._catalog.items.items()},
            self._register.holding(table.identity.types).content_hash if table.identity else "",
        )


def reference_schema(table: PublishedTable) -> dict[str, Any]:
    """Return the columns of a landed reference table: its texts, with the day and the file they are from."""
    names = {name for layout in table.layouts for name in layout.columns}
    return {
        ROW: pl.Int64,
        **dict.fromkeys(sorted(names), pl.String),
        "as_of": pl.Date,
        "snapshot_sha256": pl.String,
    }


def read_published(home: Home, source: DescribedSource, table: str) -> pl.DataFrame:
    """Return all rows of a published table as landed: figures in the common shape, or texts of a reference table."""
    description = source.description.published[table]
    schema = OBSERVATION_SCHEMA if description.role == "figures" else reference_schema(description)
    frames = [pl.read_parquet(path) for path in published_paths(home, source, table)]
    empty = pl.DataFrame(schema=schema)
    return pl.concat([empty, *frames], how="diagonal_relaxed").select(*schema)

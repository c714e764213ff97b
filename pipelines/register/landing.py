"""Registers of one source to Parquet, one file a register: only what changed is read again, the newest register of a body counts."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from time import perf_counter
from typing import Any

import polars as pl

from pipelines.acquire.archive import Archive, Snapshot
from pipelines.catalog.loader import DescribedSource
from pipelines.catalog.registers import RegisterTable
from pipelines.extract.table import Place
from pipelines.files import make_folder, read_record, write_record
from pipelines.identity.match import AreaRegister
from pipelines.land.parquet import code_fingerprint, fingerprint, fingerprint_of, write_parquet
from pipelines.land.publication import FileRecord, continuity_path, read_records, record_defects
from pipelines.land.source import CATALOG, LandedTable, damaged, table_path
from pipelines.progress import report
from pipelines.register import findings
from pipelines.register.about import About, AboutError, about_of, is_about, read_about
from pipelines.register.reading import RegisterReader, RegisterReading, add_stated_totals
from pipelines.register.schema import LINES, TOTALS, folder_of, partition_of, write_empty
from pipelines.settings import READING_FOLDERS, Home

# By what a newer register is known to list the same assets: their numbers within each account or, without numbers, days and costs.
_ACCOUNT = ["entity", "account_group", "account_class", "asset_name"]
_NUMBERED = [*_ACCOUNT, "asset_no", "branch_no"]
_UNNUMBERED = [*_ACCOUNT, "acquired_on", "acquisition_cost"]


class RegisterLanding:
    """Lands the registers of one described table."""

    def __init__(self, source: DescribedSource, name: str, home: Home, areas: AreaRegister) -> None:
        self._source = source
        self._name = name
        self._home = home
        self._archive = Archive(home)
        self._table: RegisterTable = source.description.registers[name]
        self._reader = RegisterReader(source.source_id, name, self._table, areas)
        self._areas = fingerprint_of(table_path(home, CATALOG, "area"))

    def land(self, snapshots: list[Snapshot], *, full: bool = False) -> LandedTable:
        """Land every register held; one that was refused gives no lines, the others go on."""
        write_empty(self._home)
        held = {entry.snapshot_sha256: entry for entry in snapshots if entry.table == self._name}
        abouts = [entry for entry in held.values() if is_about(entry.file_name)]
        registers = [entry for entry in held.values() if not is_about(entry.file_name)]
        changed = False
        for done, snapshot in enumerate(registers, start=1):
            report("land", done, len(registers), f"{self._source.source_id} {snapshot.file_name}")
            changed = self._land_file(snapshot, about_of(snapshot, abouts), full) or changed
        changed = self._drop_others(registers) or changed
        changed = self._let_newest_count(registers) or changed
        records = read_records(self._home, self._source, self._name)
        lines = sum(record.figures for record in records)
        return LandedTable(self._name, folder_of(self._home, LINES), lines, changed, record_defects(records))

    def _record_path(self, snapshot: Snapshot) -> Path:
        return self._home.quarantine / self._source.source_id / self._name / f"{_stem(snapshot)}.json"

    def _land_file(self, snapshot: Snapshot, about: Snapshot | None, full: bool) -> bool:
        kept = self._record_path(snapshot)
        inputs = self._inputs(snapshot, about)
        held = read_record(kept)
        if (
            held is not None
            and not full
            and held.get("fingerprint") == inputs
            and self._is_landed(snapshot, held)
        ):
            return False
        started = perf_counter()
        reading = self._read(snapshot, about)
        self._remove(_stem(snapshot))
        if reading.lines is not None:
            self._write(snapshot, reading, {LINES: reading.lines, TOTALS: reading.totals}, inputs)
        record = self._record(snapshot, reading, perf_counter() - started, inputs)
        write_record(kept, asdict(record))
        return True

    def _is_landed(self, snapshot: Snapshot, held: dict[str, Any]) -> bool:
        paths = self._paths(LINES, _stem(snapshot))
        return not held["accepted"] or any(fingerprint_of(path) == held["fingerprint"] for path in paths)

    def _paths(self, table: str, stem: str) -> list[Path]:
        """Return where a register's rows lie, counted or set aside."""
        return sorted(folder_of(self._home, table).glob(f"*/*/{stem}.*"))

    def _remove(self, stem: str) -> None:
        for table in (LINES, TOTALS):
            for path in self._paths(table, stem):
                path.unlink()

    def _drop_others(self, registers: list[Snapshot]) -> bool:
        """Remove what is landed of files that are no longer held."""
        stems = {_stem(entry) for entry in registers}
        others = {path.stem for path in folder_of(self._home, LINES).glob("*/*/*")} - stems
        for stem in others:
            self._remove(stem)
        return bool(others)

    def _read(self, snapshot: Snapshot, about: Snapshot | None) -> RegisterReading:
        try:
            said = read_about(self._archive.path_of(about.snapshot_sha256)) if about else About()
        except AboutError as error:
            place = Place(self._source.source_id, self._name, about or snapshot)
            return RegisterReading(defects=[findings.about_unreadable(place, str(error))])
        if not self._archive.holds(snapshot.snapshot_sha256):
            place = Place(self._source.source_id, self._name, snapshot)
            return RegisterReading(defects=[damaged(place)])
        reading = self._reader.read(self._archive.path_of(snapshot.snapshot_sha256), snapshot, said)
        if about:
            add_stated_totals(reading, self._table, said, about)
        return reading

    def _write(
        self, snapshot: Snapshot, reading: RegisterReading, frames: dict[str, pl.DataFrame], inputs: str
    ) -> None:
        for table, frame in frames.items():
            folder = partition_of(self._home, table, str(reading.area_code), int(reading.fiscal_year or 0))
            make_folder(folder)
            write_parquet(frame, folder / f"{_stem(snapshot)}.parquet", inputs)

    def _let_newest_count(self, registers: list[Snapshot]) -> bool:
        """Set aside every register of which a newer one of the same body, year and accounts lists most numbers again."""
        by_age = {_stem(entry): entry for entry in sorted(registers, key=lambda entry: entry.retrieved_at)}
        order = {stem: place for place, stem in enumerate(by_age)}
        changed, doubts = False, {}
        for folder in sorted(folder_of(self._home, LINES).glob("*/*")):
            paths = sorted(folder.iterdir(), key=lambda path: order[path.stem])
            # One alone, as nearly all are, need not be read again.
            assets = {path: _assets(path) for path in paths} if len(paths) > 1 else {}
            newer = _superseded(assets)
            counted = {path: frame for path, frame in assets.items() if path not in newer}
            for path, twin in _overlapping(counted).items():
                place = Place(self._source.source_id, self._name, by_age[path.stem])
                doubts[place.snapshot.snapshot_sha256] = [asdict(findings.overlaps(place, by_age[twin.stem]))]
            for path in paths:
                if other := newer.get(path):
                    place = Place(self._source.source_id, self._name, by_age[path.stem])
                    doubts[place.snapshot.snapshot_sha256] = [
                        asdict(findings.superseded(place, by_age[other.stem]))
                    ]
                wanted = path.with_suffix(".superseded" if other else ".parquet")
                if path != wanted:
                    path.rename(wanted)
                    for totals in self._paths(TOTALS, path.stem):
                        totals.rename(totals.with_suffix(wanted.suffix))
                    changed = True
        said = continuity_path(self._home, self._source.source_id, self._name)
        write_record(said, {"inputs": fingerprint(doubts), "defects": doubts})
        return changed

    def _record(
        self, snapshot: Snapshot, reading: RegisterReading, seconds: float, inputs: str
    ) -> FileRecord:
        return FileRecord(
            source_id=self._source.source_id,
            source_table=self._name,
            snapshot_sha256=snapshot.snapshot_sha256,
            file_name=snapshot.file_name,
            sheet=" / ".join(reading.sheets) or None,
            period=f"FY{reading.fiscal_year}" if reading.fiscal_year is not None else None,
            names_its_year=reading.fiscal_year is not None,
            accepted=reading.lines is not None,
            figures=reading.lines.height if reading.lines is not None else 0,
            bodies=int(reading.lines is not None),
            unresolved_rows=0,
            sums_compared=reading.totals.height,
            seconds=round(seconds, 3),
            fingerprint=inputs,
            defects=[asdict(defect) for defect in reading.defects],
        )

    def _inputs(self, snapshot: Snapshot, about: Snapshot | None) -> str:
        return fingerprint(
            snapshot.snapshot_sha256,
            snapshot.file_name,
            about.snapshot_sha256 if about else "",
            self._table.model_dump_json(),
            code_fingerprint(*READING_FOLDERS),
            self._areas,
        )


def _stem(snapshot: Snapshot) -> str:
    return snapshot.snapshot_sha256[:16]


def _assets(path: Path) -> pl.DataFrame:
    return pl.read_parquet(path, columns=sorted({*_NUMBERED, *_UNNUMBERED}))


def _superseded(registers: dict[Path, pl.DataFrame]) -> dict[Path, Path]:
    """Return which of a body's registers of one year, oldest first, a newer one repeats; those of other assets stand beside."""
    found: dict[Path, Path] = {}
    counted: dict[Path, pl.DataFrame] = {}
    for path, assets in reversed(registers.items()):
        newer = next((other for other, held in counted.items() if _lists_again(assets, held)), None)
        if newer:
            found[path] = newer
        else:
            counted[path] = assets
    return found


def _lists_again(assets: pl.DataFrame, newer: pl.DataFrame) -> bool:
    """Return whether a newer register of the same accounts has at least half of the assets of the smaller one."""
    numbered = all(frame["asset_no"].count() for frame in (assets, newer))
    known = [frame.select(_NUMBERED if numbered else _UNNUMBERED).unique() for frame in (assets, newer)]
    if numbered:
        known = [frame.drop_nulls("asset_no") for frame in known]
    same = known[0].join(known[1], on=known[0].columns, how="semi", nulls_equal=True).height
    return same > 0 and same * 2 >= min(frame.height for frame in known)


def _overlapping(registers: dict[Path, pl.DataFrame]) -> dict[Path, Path]:
    """Return which of the registers that count beside each other list the same names, days and costs under other numbers."""
    held = [
        (path, assets.filter(pl.col("acquisition_cost") > 1).select(_UNNUMBERED).unique())
        for path, assets in registers.items()
    ]
    found: dict[Path, Path] = {}
    for place, (path, assets) in enumerate(held):
        for other, others in held[place + 1 :]:
            same = assets.join(others, on=_UNNUMBERED, how="semi", nulls_equal=True).height
            if same * 2 >= max(1, min(assets.height, others.height)):
                found[path] = other
    return found

"""One source from archived bytes to landed Parquet: extract, read cells, check, refuse what is wrong."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import polars as pl

from pipelines.acquire.archive import Archive, Snapshot
from pipelines.attempts import note_landing
from pipelines.catalog.loader import Catalog, DescribedSource
from pipelines.catalog.models import Table
from pipelines.contracts.cells import fields_of, read_cells
from pipelines.contracts.observations import OBSERVATION_SCHEMA, to_observations
from pipelines.contracts.schema import check_table
from pipelines.defects import Defect, unique
from pipelines.extract.grid import read_grid
from pipelines.extract.sheet import UnreadableFileError
from pipelines.extract.table import ROW, Place, read_table
from pipelines.files import sha256_of
from pipelines.land.parquet import code_fingerprint, fingerprint, fingerprint_of, write_parquet
from pipelines.quarantine import has_record, read_defects, write_defects
from pipelines.settings import READING_FOLDERS, Home

# The folder of the tables that all sources share.
CATALOG = "catalog"


@dataclass(frozen=True)
class LandedTable:
    """A table as it was landed; `changed` is false when its inputs were those of last time."""

    name: str
    path: Path
    rows: int
    changed: bool
    defects: list[Defect] = field(default_factory=list)


def table_path(home: Home, source_id: str, table: str) -> Path:
    """Return where a table lands."""
    return home.raw / source_id / f"{table}.parquet"


@dataclass
class Extraction:
    """What one file gave: typed rows that keep the contract, defects, and the texts of refused rows."""

    frame: pl.DataFrame | None
    defects: list[Defect]
    refused: dict[int, list[str]] = field(default_factory=dict)
    rows: list[list[str]] = field(default_factory=list)
    sheet: str | None = None

    def refuse(self, defects: list[Defect]) -> None:
        """Add defects found later, with the texts of their rows."""
        self.defects = unique(self.defects + defects)
        self.refused |= {
            defect.row: self.rows[defect.row - 1] for defect in defects if defect.row is not None
        }


def damaged(place: Place) -> Defect:
    """Return the defect of archived bytes that are not those received."""
    return place.defect(
        "archive_damaged",
        None,
        "保管したファイルの中身が変わっています。同じファイルを取得し直してください",
        "The archived bytes have changed: acquire the same file again",
    )


def unreadable(place: Place, error: UnreadableFileError) -> Defect:
    """Return the defect of bytes that are not what the file's name promises."""
    expected = f"{error} として読めるファイルが必要です"
    return place.defect("unreadable_file", None, expected, f"A file readable as {error} is needed")


def extract_table(
    path: Path,
    snapshot: Snapshot,
    table: Table,
    place: Place,
    references: dict[str, Collection[str]],
) -> Extraction:
    """Read one file by its description. A file that cannot be read at all gives no frame."""
    if sha256_of(path) != snapshot.snapshot_sha256:
        return Extraction(None, [damaged(place)])
    try:
        grid = read_grid(path, snapshot.file_name, table.sheet)
    except UnreadableFileError as error:
        return Extraction(None, [unreadable(place, error)])
    place = replace(place, sheet=grid.sheet)
    raw, defects = read_table(grid, table, place)
    if raw is None:
        return Extraction(None, defects)
    typed, found = read_cells(raw.frame, table, place)
    defects += found
    readable = typed.filter(~pl.col(ROW).is_in([defect.row for defect in found]))
    defects += check_table(readable, table, place, references)
    rows = {defect.row for defect in defects if defect.row is not None}
    refused = {row: grid.rows[row - 1] for row in rows}
    frame = readable.filter(~pl.col(ROW).is_in(list(rows)))
    return Extraction(frame, unique(defects), refused, grid.rows, grid.sheet)


class SourceLanding:
    """Lands the tables of one source, reference tables before those that refer to them."""

    def __init__(self, source: DescribedSource, catalog: Catalog, home: Home) -> None:
        self._source = source
        self._catalog = catalog
        self._home = home
        self._archive = Archive(home)

    def land(self, snapshots: list[Snapshot], *, full: bool = False) -> list[LandedTable]:
        """Land every table that has a snapshot; a table whose file was refused keeps its last good Parquet."""
        by_table = {snapshot.table: snapshot for snapshot in snapshots}
        tables = self._source.description.tables
        ordered = sorted(tables, key=lambda name: tables[name].role != "reference")
        return [self._land_table(name, by_table[name], full) for name in ordered if name in by_table]

    def _inputs(self, name: str, snapshot: Snapshot) -> str:
        table = self._source.description.tables[name]
        referred = sorted(
            {column.references.split(".")[0] for column in table.columns.values() if column.references}
        )
        return fingerprint(
            snapshot.snapshot_sha256,
            snapshot.retrieved_at,
            self._source.description.model_dump_json(),
            code_fingerprint(*READING_FOLDERS),
            {item_id: item.unit for item_id, item in self._catalog.items.items()},
            [fingerprint_of(table_path(self._home, self._source.source_id, other)) for other in referred],
        )

    def _land_table(self, name: str, snapshot: Snapshot, full: bool) -> LandedTable:
        source_id = self._source.source_id
        path = table_path(self._home, source_id, name)
        inputs = self._inputs(name, snapshot)
        if not full and fingerprint_of(path) == inputs and has_record(self._home, source_id, name):
            rows = int(pl.scan_parquet(path).select(pl.len()).collect().item())
            return LandedTable(name, path, rows, False, read_defects(self._home, source_id, name))
        extraction = self._extract(name, snapshot)
        write_defects(self._home, source_id, name, extraction.defects, extraction.refused)
        is_good = extraction.frame is not None
        note_landing(self._home, source_id, name, snapshot.snapshot_sha256, is_good=is_good)
        if extraction.frame is None:
            rows = int(pl.scan_parquet(path).select(pl.len()).collect().item()) if path.exists() else 0
            if not path.exists():
                write_parquet(pl.DataFrame(schema=self._empty_schema(name)), path, "")
            return LandedTable(name, path, rows, False, extraction.defects)
        write_parquet(extraction.frame, path, inputs)
        return LandedTable(name, path, extraction.frame.height, True, extraction.defects)

    def _extract(self, name: str, snapshot: Snapshot) -> Extraction:
        table = self._source.description.tables[name]
        place = Place(self._source.source_id, name, snapshot)
        extraction = extract_table(
            self._archive.path_of(snapshot.snapshot_sha256), snapshot, table, place, self._references(table)
        )
        if extraction.frame is None or table.role == "reference":
            return extraction
        place = replace(place, sheet=extraction.sheet)
        observations, defects = to_observations(
            extraction.frame, table, place, self._catalog, self._documents()
        )
        extraction.refuse(defects)
        extraction.frame = observations
        return extraction

    def _references(self, table: Table) -> dict[str, Collection[str]]:
        allowed: dict[str, Collection[str]] = {}
        for key, column in table.columns.items():
            if column.references == "items":
                allowed[key] = self._catalog.items.keys()
            elif column.references:
                other, field_name = column.references.split(".")
                path = table_path(self._home, self._source.source_id, other)
                allowed[key] = pl.read_parquet(path)[field_name].to_list() if path.exists() else []
        return allowed

    def _documents(self) -> dict[str, dict[str, Any]]:
        if "documents" not in self._source.description.tables:
            return {}
        path = table_path(self._home, self._source.source_id, "documents")
        return {row["document_id"]: row for row in pl.read_parquet(path).to_dicts()}

    def _empty_schema(self, name: str) -> dict[str, Any]:
        table = self._source.description.tables[name]
        if table.role != "reference":
            return OBSERVATION_SCHEMA
        schema: dict[str, Any] = {ROW: pl.Int64}
        for key, column in table.columns.items():
            schema |= fields_of(key, column)
            if column.type == "decimal":
                schema[f"{key}__text"] = pl.String
        return schema

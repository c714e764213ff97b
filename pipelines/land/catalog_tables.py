"""The tables common to all sources: figures together, items, sources, snapshots held, defects found."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl

from pipelines.acquire.archive import Archive
from pipelines.catalog.loader import Catalog, DescribedSource
from pipelines.catalog.vocabulary import load_vocabulary
from pipelines.contracts.observations import OBSERVATION_SCHEMA
from pipelines.defects import Defect
from pipelines.extract.table import ROW
from pipelines.land.parquet import fingerprint, fingerprint_of, sink_parquet, write_parquet
from pipelines.land.publication import published_paths, read_published, read_records, record_defects
from pipelines.land.source import CATALOG, table_path
from pipelines.land.status import all_statuses
from pipelines.quarantine import ACQUISITION, REGISTER, read_defects
from pipelines.settings import Home

_ITEM = {
    "item_id": pl.String,
    "name_ja": pl.String,
    "name_en": pl.String,
    "unit": pl.String,
    "decimals": pl.Int64,
    "is_additive": pl.Boolean,
    "source_id": pl.String,
}
_SOURCE = dict.fromkeys(
    (
        "source_id", "publisher_ja", "publisher_en", "title_ja", "title_en", "licence", "licence_ja",
        "licence_url", "landing_url", "cadence", "note_ja",
    ),
    pl.String,
)  # fmt: skip
_SNAPSHOT = {
    "snapshot_sha256": pl.String,
    "source_id": pl.String,
    "source_table": pl.String,
    "file_name": pl.String,
    "origin_url": pl.String,
    "retrieved_at": pl.String,
    "published_on": pl.String,
    "bytes": pl.Int64,
    "period": pl.String,
}
_DEFECT = {
    "defect_id": pl.String,
    "source_id": pl.String,
    "source_table": pl.String,
    "file_name": pl.String,
    "snapshot_sha256": pl.String,
    "sheet": pl.String,
    "row_no": pl.Int64,
    "column_name": pl.String,
    "cell": pl.String,
    "rule": pl.String,
    "found": pl.String,
    "expected_ja": pl.String,
    "expected_en": pl.String,
    "severity": pl.String,
}


_SERIES = {
    "series_id": pl.String,
    "item_id": pl.String,
    "definition_ja": pl.String,
    "valid_from": pl.Date,
    "valid_to": pl.Date,
    "break_reason_ja": pl.String,
    "succeeds_series_id": pl.String,
    "status_note_ja": pl.String,
}
_PEER_TYPE = {
    "source_id": pl.String,
    "source_table": pl.String,
    "snapshot_sha256": pl.String,
    "as_of": pl.Date,
    "file_row": pl.Int64,
    "type_text": pl.String,
    "citation_url": pl.String,
}
_SOURCE_FILE = {
    "snapshot_sha256": pl.String,
    "source_id": pl.String,
    "source_table": pl.String,
    "file_name": pl.String,
    "sheet": pl.String,
    "period": pl.String,
    "is_accepted": pl.Boolean,
    "figures": pl.Int64,
    "bodies": pl.Int64,
    "unresolved_rows": pl.Int64,
    "sums_compared": pl.Int64,
    "defects": pl.Int64,
}
_SOURCE_STATUS = {
    "source_id": pl.String,
    "source_table": pl.String,
    "cadence": pl.String,
    "files_held": pl.Int64,
    "files_refused": pl.Int64,
    "rows_refused": pl.Int64,
    "last_good_sha256": pl.String,
    "last_good_file": pl.String,
    "last_good_at": pl.String,
    "last_attempt_at": pl.String,
    "is_stale": pl.Boolean,
    "failing_since": pl.String,
    "failure_rule": pl.String,
    "failure_ja": pl.String,
    "failure_en": pl.String,
    "newest_period": pl.String,
    "newest_published_on": pl.Date,
    "freshness_basis": pl.String,
    "expected_on": pl.Date,
    "overdue_on": pl.Date,
}


def _write(home: Home, name: str, frame: pl.DataFrame, inputs: str) -> bool:
    path = table_path(home, CATALOG, name)
    if fingerprint_of(path) == inputs:
        return False
    write_parquet(frame, path, inputs)
    return True


def _write_records(home: Home, name: str, records: list[dict[str, Any]], schema: dict[str, Any]) -> bool:
    return _write(home, name, pl.DataFrame(records, schema=schema), fingerprint(records))


def figure_paths(home: Home, source: DescribedSource) -> list[Path]:
    """Return the landed Parquet of a source's tables of figures."""
    paths = [table_path(home, source.source_id, name) for name in source.description.figure_tables()]
    published = [
        path
        for name, table in source.description.published.items()
        if table.role == "figures"
        for path in published_paths(home, source, name)
    ]
    return [path for path in paths if path.exists()] + published


def observation_folder(home: Home) -> Path:
    """Return the folder of the figures of all sources, one Parquet a source."""
    return table_path(home, CATALOG, "observation").with_suffix("")


def land_observations(home: Home, catalog: Catalog) -> bool:
    """Put the figures of each source into one Parquet; return whether any changed."""
    folder, changed = observation_folder(home), False
    for source in catalog.sources.values():
        paths, path = figure_paths(home, source), folder / f"{source.source_id}.parquet"
        inputs = fingerprint([fingerprint_of(figures) for figures in paths])
        if fingerprint_of(path) != inputs:
            frames = [
                pl.LazyFrame(schema=OBSERVATION_SCHEMA),
                *(pl.scan_parquet(figures) for figures in paths),
            ]
            sink_parquet(pl.concat(frames), path, inputs)
            changed = True
    for path in folder.glob("*.parquet"):
        if path.stem not in catalog.sources:
            path.unlink()
            changed = True
    return changed


def land_items(home: Home, catalog: Catalog) -> bool:
    """Write the items of all sources."""
    records = [
        {
            "item_id": item_id,
            "name_ja": item.name.ja,
            "name_en": item.name.en,
            "unit": item.unit,
            "decimals": item.decimals,
            "is_additive": item.additive,
            "source_id": source.source_id,
        }
        for source in catalog.sources.values()
        for item_id, item in source.description.items.items()
    ]
    return _write_records(home, "item", records, _ITEM)


def land_sources(home: Home, catalog: Catalog) -> bool:
    """Write the descriptions of the sources."""
    vocabulary = load_vocabulary()
    records = []
    for source in catalog.sources.values():
        text = source.description
        licence = vocabulary.licences[text.licence]
        records.append(
            {
                "source_id": text.source_id,
                "publisher_ja": text.publisher.ja,
                "publisher_en": text.publisher.en,
                "title_ja": text.title.ja,
                "title_en": text.title.en,
                "licence": text.licence,
                "licence_ja": licence.ja,
                "licence_url": licence.url,
                "landing_url": text.landing_url,
                "cadence": text.cadence,
                "note_ja": text.note.ja if text.note else None,
            }
        )
    return _write_records(home, "source", records, _SOURCE)


def land_snapshots(home: Home) -> bool:
    """Write the snapshots held; bytes that came for several tables stand once."""
    records = {
        entry.snapshot_sha256: {
            "snapshot_sha256": entry.snapshot_sha256,
            "source_id": entry.source_id,
            "source_table": entry.table,
            "file_name": entry.file_name,
            "origin_url": entry.origin_url,
            "retrieved_at": entry.retrieved_at,
            "published_on": entry.published_on,
            "bytes": entry.bytes,
            "period": entry.period,
        }
        for entry in Archive(home).snapshots()
    }
    return _write_records(home, "source_snapshot", list(records.values()), _SNAPSHOT)


def land_series(home: Home, catalog: Catalog) -> bool:
    """Write the series that sources define in their own descriptions."""
    records = [
        {
            "series_id": series_id,
            "item_id": series.item_id,
            "definition_ja": series.definition.ja,
            "valid_from": series.valid_from,
            "valid_to": series.valid_to,
            "break_reason_ja": series.break_reason.ja if series.break_reason else None,
            "succeeds_series_id": series.succeeds,
            "status_note_ja": None,
        }
        for source in catalog.sources.values()
        for series_id, series in source.description.series.items()
    ]
    return _write_records(home, "series", records, _SERIES)


def land_peer_types(home: Home, catalog: Catalog) -> bool:
    """Write the type of each body as published lists of types print it, with its row in the file.

    The row is that of the figures in the same file, by which the body is known.
    """
    records = [
        {
            "source_id": source.source_id,
            "source_table": name,
            "snapshot_sha256": row["snapshot_sha256"],
            "as_of": row["as_of"],
            "file_row": row[ROW],
            "type_text": row["type_text"],
            "citation_url": table.url or source.description.landing_url,
        }
        for source in catalog.sources.values()
        for name, table in source.description.published.items()
        if table.provides == "peer_types"
        for row in read_published(home, source, name).iter_rows(named=True)
    ]
    return _write_records(home, "peer_type", records, _PEER_TYPE)


def land_source_files(home: Home, catalog: Catalog) -> bool:
    """Write how each publisher's file held was read: its period, figures, bodies, defects."""
    records = [
        {
            "snapshot_sha256": record.snapshot_sha256,
            "source_id": record.source_id,
            "source_table": record.source_table,
            "file_name": record.file_name,
            "sheet": record.sheet,
            "period": record.period,
            "is_accepted": record.accepted,
            "figures": record.figures,
            "bodies": record.bodies,
            "unresolved_rows": record.unresolved_rows,
            "sums_compared": record.sums_compared,
            "defects": len(record.defects),
        }
        for source in catalog.sources.values()
        for name in source.description.collected()
        for record in read_records(home, source, name)
    ]
    records.sort(key=lambda entry: (entry["source_id"], entry["source_table"], entry["snapshot_sha256"]))
    return _write_records(home, "source_file", records, _SOURCE_FILE)


def land_source_statuses(home: Home, catalog: Catalog) -> bool:
    """Write of each table what is held that is good, what failed and why, and when the next publication is due."""
    records = []
    for status in all_statuses(home, catalog):
        good, failure, newest = status.last_good, status.failure, status.freshness.newest
        records.append(
            {
                "source_id": status.source_id,
                "source_table": status.table,
                "cadence": catalog.sources[status.source_id].description.cadence,
                "files_held": status.files,
                "files_refused": status.files_refused,
                "rows_refused": status.rows_refused,
                "last_good_sha256": good.snapshot_sha256 if good else None,
                "last_good_file": good.file_name if good else None,
                "last_good_at": good.retrieved_at if good else None,
                "last_attempt_at": status.last_attempt_at,
                "is_stale": status.is_stale,
                "failing_since": status.failing_since,
                "failure_rule": failure.rule if failure else None,
                "failure_ja": failure.message("ja") if failure else None,
                "failure_en": failure.message("en") if failure else None,
                "newest_period": newest.period if newest else None,
                "newest_published_on": newest.published_on if newest else None,
                "freshness_basis": status.freshness.basis,
                "expected_on": status.freshness.expected_on,
                "overdue_on": status.freshness.overdue_on,
            }
        )
    return _write_records(home, "source_status", records, _SOURCE_STATUS)


def all_defects(home: Home, catalog: Catalog) -> list[Defect]:
    """Return the defects of the last acquisition, and of the files as last landed."""
    return [
        defect
        for source in catalog.sources.values()
        for name in (ACQUISITION, REGISTER, *source.description.tables)
        for defect in read_defects(home, source.source_id, name)
    ] + [
        defect
        for source in catalog.sources.values()
        for name in source.description.collected()
        for defect in record_defects(read_records(home, source, name))
    ]


def land_defects(home: Home, defects: list[Defect]) -> bool:
    """Write the defects."""
    records = [
        {
            "defect_id": defect.defect_id,
            "source_id": defect.source_id,
            "source_table": defect.table,
            "file_name": defect.file,
            "snapshot_sha256": defect.snapshot_sha256,
            "sheet": defect.sheet,
            "row_no": defect.row,
            "column_name": defect.column,
            "cell": defect.cell,
            "rule": defect.rule,
            "found": defect.found,
            "expected_ja": defect.expected_ja,
            "expected_en": defect.expected_en,
            "severity": defect.severity,
        }
        for defect in {entry.defect_id: entry for entry in defects}.values()
    ]
    return _write_records(home, "defect", records, _DEFECT)


# What is landed for all sources together, in this order.
_LANDED: dict[str, Callable[[Home, Catalog], bool]] = {
    "observation": land_observations,
    "item": land_items,
    "series": land_series,
    "peer_type": land_peer_types,
    "source_file": land_source_files,
    "source_status": land_source_statuses,
    "source": land_sources,
    "source_snapshot": lambda home, _: land_snapshots(home),
    "defect": lambda home, catalog: land_defects(home, all_defects(home, catalog)),
}
COMMON_TABLES = tuple(_LANDED)


def land_catalog(home: Home, catalog: Catalog) -> dict[str, bool]:
    """Write all common tables; return which of them changed."""
    return {name: land(home, catalog) for name, land in _LANDED.items()}

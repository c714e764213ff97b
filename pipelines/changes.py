"""Is there anything to do? Asked with hashes alone, before anything heavy is imported."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from pipelines.acquire.archive import Archive
from pipelines.acquire.fetch import has_new_bytes
from pipelines.catalog.loader import Catalog
from pipelines.land.catalog_tables import COMMON_TABLES, observation_folder
from pipelines.land.parquet import code_fingerprint, fingerprint, fingerprint_of
from pipelines.land.publication import published_paths
from pipelines.land.source import CATALOG, table_path
from pipelines.land.status import failure_fingerprint
from pipelines.publish.runs import read_publication
from pipelines.publish.versions import complete
from pipelines.register.schema import REGISTER
from pipelines.settings import Home

_CODE_FOLDERS = ("pipelines", "assets", "dbt_project", "sources")


def build_inputs(home: Home, catalog: Catalog) -> str:
    """Return the fingerprint of all that a build depends on: landed tables, descriptions, code."""
    landed = [
        fingerprint_of(table_path(home, source.source_id, name))
        for source in catalog.sources.values()
        for name in source.description.tables
    ]
    shared = [table_path(home, CATALOG, name) for name in (*COMMON_TABLES, "area", "area_change")]
    common = [fingerprint_of(path) for path in (*shared, *sorted(observation_folder(home).glob("*.parquet")))]
    published = [
        fingerprint_of(path)
        for source in catalog.sources.values()
        for name in source.description.published
        for path in published_paths(home, source, name)
    ]
    registers = [fingerprint_of(path) for path in sorted((home.raw / REGISTER).rglob("*.parquet"))]
    held = [
        entry.snapshot_sha256
        for source in catalog.sources.values()
        for entry in Archive(home).current(source.source_id)
    ]
    failing = failure_fingerprint(home, catalog)
    return fingerprint(landed, published, registers, held, common, failing, code_fingerprint(*_CODE_FOLDERS))


def reasons_to_run(home: Home, catalog: Catalog, run_date: date, origin: Path | None = None) -> list[str]:
    """Return why a run is needed: changed sources by name, `code`, `calendar`, `nothing_published`; empty if not."""
    # A publication that was killed between its renames is finished first: only the one writer asks.
    complete(home)
    published = read_publication(home)
    if published is None:
        return ["nothing_published"]
    reasons = [name for name, source in catalog.sources.items() if has_new_bytes(source, home, origin)]
    if published.inputs != build_inputs(home, catalog):
        reasons.append("code")
    if not published.run_date <= run_date.isoformat() < (published.valid_until or "9999-12-31"):
        reasons.append("calendar")
    return reasons

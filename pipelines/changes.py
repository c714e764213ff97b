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
from pipelines.settings import CODE_FOLDERS, Home

# They tell also when each file was looked for and what failed then, which is no input: it is enough that they are there.
_TELLING = ("source_status", "defect")


def build_inputs(home: Home, catalog: Catalog) -> str:
    """Return the fingerprint of all that figures and verdicts are built from: files, landed tables, descriptions, code."""
    landed = [
        fingerprint_of(table_path(home, source.source_id, name))
        for source in catalog.sources.values()
        for name in source.description.tables
    ]
    shared = {name: table_path(home, CATALOG, name) for name in (*COMMON_TABLES, "area", "area_change")}
    telling = [fingerprint_of(shared.pop(name)) is not None for name in _TELLING]
    figures = sorted(observation_folder(home).glob("*.parquet"))
    common = [fingerprint_of(path) for path in (*shared.values(), *figures)]
    published = [
        fingerprint_of(path)
        for source in catalog.sources.values()
        for name in source.description.published
        for path in published_paths(home, source, name)
    ]
    registers = [fingerprint_of(path) for path in sorted((home.raw / REGISTER).rglob("*.parquet"))]
    # In which order they were found changes with what could be had last.
    held = sorted(
        (entry.source_id, entry.table, entry.snapshot_sha256)
        for name in catalog.sources
        for entry in Archive(home).current(name)
    )
    return fingerprint(landed, published, registers, held, common, telling, code_fingerprint(*CODE_FOLDERS))


def reasons_to_run(home: Home, catalog: Catalog, run_date: date, origin: Path | None = None) -> list[str]:
    """Return why a run is needed: changed sources by name and the reasons to publish; empty if not."""
    # A publication that was killed between its renames is finished first: only the one writer asks.
    complete(home)
    if read_publication(home) is None:
        return reasons_to_publish(home, catalog, run_date)
    changed = [name for name, source in catalog.sources.items() if has_new_bytes(source, home, origin)]
    return changed + reasons_to_publish(home, catalog, run_date)


def reasons_to_publish(home: Home, catalog: Catalog, run_date: date) -> list[str]:
    """Return why a build of what is landed now would say something else than what is published; empty if it would not.

    `nothing_published`; `code`, also where a landed table is another; `failures`, when other files fail or for other
    reasons; `calendar`. What was rolled back to stands whatever fails.
    """
    published = read_publication(home)
    if published is None:
        return ["nothing_published"]
    reasons = []
    if published.inputs != build_inputs(home, catalog):
        reasons.append("code")
    if not published.held_since and published.failures != failure_fingerprint(home, catalog):
        reasons.append("failures")
    if not published.run_date <= run_date.isoformat() < (published.valid_until or "9999-12-31"):
        reasons.append("calendar")
    return reasons

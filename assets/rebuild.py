"""A version built again from its manifest, in a home of its own: the same bytes, the same day, the same code.

Nothing is acquired and no gate is asked: only what the manifest lists is read, and what comes out is compared.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from assets.dbt_runner import DbtRunner
from pipelines.acquire.archive import Archive, Snapshot
from pipelines.attempts import Attempt, write_attempts
from pipelines.catalog.loader import Catalog, DescribedSource
from pipelines.changes import build_inputs
from pipelines.defects import Defect
from pipelines.files import make_folder
from pipelines.land.catalog_tables import land_catalog
from pipelines.land.publication import PublicationLanding
from pipelines.land.register import land_register, load_register
from pipelines.land.source import SourceLanding
from pipelines.land.status import failure_fingerprint
from pipelines.progress import report
from pipelines.publish.content import TableContent, contents, differing, hashed_by
from pipelines.publish.manifest import Manifest, present_code, present_libraries
from pipelines.publish.release import publish
from pipelines.publish.versions import link_or_copy, manifest_of
from pipelines.quarantine import ACQUISITION, write_defects
from pipelines.register.landing import RegisterLanding
from pipelines.settings import Home


@dataclass(frozen=True)
class Obstacles:
    """What stands in the way of building a version again."""

    no_inputs: bool = False
    other_code: bool = False
    missing: list[Snapshot] = field(default_factory=list)


@dataclass(frozen=True)
class Rebuild:
    """How a version came out when it was built again.

    `comparable` is false when rows were counted but not compared, because the libraries take other hashes.
    """

    version: str
    tables: int
    differing: list[str]
    comparable: bool
    libraries: dict[str, tuple[str | None, str | None]]

    @property
    def is_equal(self) -> bool:
        """Return whether every table was compared and is the same."""
        return self.comparable and not self.differing


def obstacles(home: Home, manifest: Manifest) -> Obstacles:
    """Return what is missing in the home or other in the code; the bytes of every snapshot are read and hashed."""
    archive = Archive(home)
    return Obstacles(
        no_inputs=not manifest.inputs,
        other_code=manifest.code["fingerprint"] != present_code()["fingerprint"],
        missing=[
            entry.snapshot
            for entry in manifest.inputs
            if entry.use != "held" and not archive.holds(entry.snapshot.snapshot_sha256)
        ],
    )


def _fill(home: Home, target: Home, manifest: Manifest) -> None:
    """Give a new home the bytes and the memory that the version was made from."""
    target.create()
    old, new = Archive(home), Archive(target)
    snapshots = [entry.snapshot for entry in manifest.inputs]
    for entry in manifest.inputs:
        sha256 = entry.snapshot.snapshot_sha256
        if entry.use != "held" and not new.path_of(sha256).exists():
            make_folder(new.path_of(sha256).parent)
            link_or_copy(old.path_of(sha256), new.path_of(sha256))
    new.remember(snapshots)
    for source_id in {snapshot.source_id for snapshot in snapshots}:
        new.set_current(source_id, _used(manifest, source_id, "read"))


def _remember(target: Home, manifest: Manifest) -> None:
    for source_id, memory in manifest.memory.items():
        attempts = {table: Attempt(**entry) for table, entry in memory["attempts"].items()}
        write_attempts(target, source_id, attempts)
        write_defects(target, source_id, ACQUISITION, [Defect(**entry) for entry in memory["not_acquired"]])


def _used(manifest: Manifest, source_id: str, use: str) -> list[Snapshot]:
    return [
        entry.snapshot
        for entry in manifest.inputs
        if entry.use == use and entry.snapshot.source_id == source_id
    ]


def _land_published(target: Home, catalog: Catalog, role: str) -> None:
    register = load_register(target)
    for source in catalog.sources.values():
        names = [name for name, table in source.description.published.items() if table.role == role]
        landing = PublicationLanding(source, catalog, target, register)
        landing.land(Archive(target).current(source.source_id), names)


def _land_registers(target: Home, catalog: Catalog) -> None:
    for source in catalog.sources.values():
        for name in source.description.registers:
            landing = RegisterLanding(source, name, target, load_register(target))
            landing.land(Archive(target).current(source.source_id))


def _land_own(target: Home, catalog: Catalog, source: DescribedSource, manifest: Manifest) -> None:
    landing = SourceLanding(source, catalog, target)
    # The newest is refused again: its table then stands on the last good one, as it did.
    landing.land(_used(manifest, source.source_id, "last_good"))
    landing.land(Archive(target).current(source.source_id))


def _land(target: Home, catalog: Catalog, manifest: Manifest) -> None:
    report("land")
    for source in catalog.sources.values():
        _land_own(target, catalog, source, manifest)
    _land_published(target, catalog, "reference")
    land_register(target, catalog)
    _land_published(target, catalog, "figures")
    _land_registers(target, catalog)
    _remember(target, manifest)
    land_catalog(target, catalog)


def _expected(home: Home, manifest: Manifest) -> dict[str, TableContent] | None:
    """Return the contents to compare with, as this DuckDB takes hashes; None when only its rows can be counted."""
    import duckdb

    from pipelines.publish.versions import version_database

    if manifest.hashed_by == hashed_by():
        return manifest.tables
    database = version_database(home, manifest.version)
    if not database.exists():
        return None
    with duckdb.connect(str(database), read_only=True) as connection:
        return contents(connection)


def _other_libraries(manifest: Manifest) -> dict[str, tuple[str | None, str | None]]:
    then, now = manifest.libraries, present_libraries()
    return {
        name: (then.get(name), now.get(name))
        for name in sorted(then.keys() | now.keys())
        if then.get(name) != now.get(name)
    }


def rebuild(home: Home, manifest: Manifest, target: Home, catalog: Catalog) -> Rebuild:
    """Build a version of a home again in an empty home, and compare what both hold, table by table.

    Raises DbtBuildError or OSError when it cannot be built.
    """
    _fill(home, target, manifest)
    _remember(target, manifest)
    _land(target, catalog, manifest)
    run_date = date.fromisoformat(manifest.publication.run_date)
    report("build")
    for _ in DbtRunner(target, run_date).build():
        pass
    inputs, failures = build_inputs(target, catalog), failure_fingerprint(target, catalog)
    publish(target, manifest.run, inputs, run_date, failures)
    made = manifest_of(target, manifest.version)
    found = made.tables if made else {}
    expected = _expected(home, manifest)
    if expected is None:
        rows = {name: TableContent(entry.rows, "") for name, entry in found.items()}
        only_rows = {name: TableContent(entry.rows, "") for name, entry in manifest.tables.items()}
        return Rebuild(
            manifest.version, len(found), differing(only_rows, rows), False, _other_libraries(manifest)
        )
    return Rebuild(manifest.version, len(found), differing(expected, found), True, _other_libraries(manifest))

"""The versions kept: which there are, what differs between two of them, back to one, and one built again."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.messages import Speaker
from cli.tables import Cells, Columns
from cli.usage import UsageError
from pipelines.publish.differences import SECTIONS
from pipelines.publish.runs import read_publication
from pipelines.publish.versions import (
    UnknownVersionError,
    current_version,
    kept_versions,
    manifest_of,
    named_version,
    version_database,
)
from pipelines.settings import Home, now, today

if TYPE_CHECKING:
    from assets.rebuild import Rebuild
    from pipelines.publish.change_report import ChangeReport
    from pipelines.publish.manifest import Manifest

_SHOWN = 20


class VersionError(RuntimeError):
    """What was asked of a version cannot be done; the text says why, in the user's language."""


def version_named(home: Home, name: str, say: Speaker) -> str:
    """Return the id of a version; raise UsageError when none of this name is kept."""
    try:
        return named_version(home, name)
    except UnknownVersionError as error:
        raise UsageError(
            say("unknown_version", text=error, known=", ".join(kept_versions(home)) or "-")
        ) from error


def list_versions(home: Home) -> list[dict[str, Any]]:
    """Return one record a version kept, oldest first."""
    current, publication = current_version(home), read_publication(home)
    listed = []
    for version in kept_versions(home):
        manifest = manifest_of(home, version)
        is_current = version == current
        listed.append(
            {
                "version": version,
                "published_at": manifest.run.finished_at if manifest else None,
                "run_date": manifest.publication.run_date if manifest else None,
                "sources_changed": manifest.run.sources_changed if manifest else None,
                "figures_changed": manifest.run.figures_changed if manifest else None,
                "previous": manifest.previous if manifest else None,
                "commit": manifest.code["commit"] if manifest else None,
                "is_published": is_current,
                "held_since": publication.held_since if publication and is_current else None,
            }
        )
    return listed


def version_table(listed: list[dict[str, Any]], say: Speaker) -> tuple[Columns, list[Cells]]:
    """Return the list as a table; `*` marks the version that is published."""
    names = ("published", "version", "day", "sources", "figures", "remark")
    rows: list[Cells] = [
        (
            "*" if entry["is_published"] else "",
            entry["version"],
            entry["run_date"],
            entry["sources_changed"],
            entry["figures_changed"],
            say("held_since", moment=entry["held_since"]) if entry["held_since"] else None,
        )
        for entry in listed
    ]
    return Columns.of((say(f"version_{name}") for name in names), whole=2), rows


def _database_of(home: Home, name: str, say: Speaker) -> tuple[str, Path]:
    """Return what a version or file is called, and its database."""
    path = Path(name).expanduser()
    if path.suffix == ".duckdb" or path.is_file():
        if not path.is_file():
            raise UsageError(say("no_file", path=path))
        return str(path), path
    version = version_named(home, name, say)
    return version, version_database(home, version)


@contextmanager
def compared(home: Home, old: str, new: str, say: Speaker) -> Iterator[ChangeReport]:
    """Compare two versions or published files; raise UsageError for what is neither."""
    import duckdb

    from pipelines.limits import duckdb_limits
    from pipelines.publish.change_report import ChangeReport
    from pipelines.publish.differences import NotPublishedDatabaseError, Side, attach, compare

    databases = (_database_of(home, old, say), _database_of(home, new, say))
    sides = [Side(catalog, name) for catalog, (name, _) in zip(("old", "new"), databases, strict=True)]
    with (
        tempfile.TemporaryDirectory(prefix="mieruka_diff_") as folder,
        duckdb.connect(config=duckdb_limits()) as connection,
    ):
        connection.execute(f"set temp_directory = '{folder}'")
        try:
            for side, (_, path) in zip(sides, databases, strict=True):
                attach(connection, path, side.catalog)
        except NotPublishedDatabaseError as error:
            raise UsageError(say("no_published_file", path=error)) from error
        compare(connection, *sides)
        yield ChangeReport(connection, *sides)


def difference_lines(report: ChangeReport, say: Speaker) -> Iterator[str]:
    """Yield the differences in words: how many of each kind, then the first of them."""
    from pipelines.publish.differences import counts

    yield say("diff_title", old=report.old.version, new=report.new.version)
    counted = counts(report.connection)
    if not any(number for kinds in counted.values() for number in kinds.values()):
        yield say("diff_nothing")
        return
    for section in SECTIONS:
        added, changed, removed = counted[section].values()
        if added or changed or removed:
            yield f"  {say(f'diff_{section}')}: {say('diff_counts', added=added, changed=changed, removed=removed)}"
    yield ""
    yield from report.words(_SHOWN)[say.language]
    if any(sum(kinds.values()) > _SHOWN for kinds in counted.values()):
        yield say("diff_more", shown=_SHOWN)


def roll_back_to(home: Home, name: str, say: Speaker) -> str:
    """Publish a version again and return its id; raise VersionError when it cannot be."""
    from pipelines.catalog.loader import load_catalog
    from pipelines.changes import build_inputs
    from pipelines.lock import writing
    from pipelines.publish.rollback import AlreadyPublishedError, DamagedVersionError, roll_back
    from pipelines.publish.versions import complete

    with writing(home):
        complete(home)
        version = version_named(home, name, say)
        try:
            roll_back(home, version, build_inputs(home, load_catalog()), today(), now())
        except AlreadyPublishedError as error:
            raise UsageError(say("already_published", version=error)) from error
        except DamagedVersionError as error:
            raise VersionError(say("damaged_version", detail=error)) from error
    return version


def _manifest_named(home: Home, name: str, say: Speaker) -> Manifest:
    from pipelines.publish.manifest import read_manifest

    path = Path(name).expanduser()
    manifest = read_manifest(path) if path.is_file() else manifest_of(home, version_named(home, name, say))
    if manifest is None:
        raise VersionError(say("damaged_version", detail=f"{name}: manifest.json"))
    return manifest


def rebuild_into(home: Home, name: str, folder: Path, say: Speaker, *, force: bool) -> Rebuild:
    """Build a version again in an empty folder; raise VersionError when something that it needs is missing or other."""
    from assets.parsed_project import DbtBuildError
    from assets.rebuild import obstacles, rebuild
    from pipelines.catalog.loader import load_catalog
    from pipelines.lock import writing

    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(say("not_empty", path=folder))
    manifest = _manifest_named(home, name, say)
    found = obstacles(home, manifest)
    if found.no_inputs:
        raise VersionError(say("no_inputs_known", version=manifest.version))
    if found.missing:
        named = ", ".join(f"{entry.file_name} {entry.snapshot_sha256}" for entry in found.missing[:_SHOWN])
        raise VersionError(say("bytes_missing", count=len(found.missing), files=named))
    if found.other_code and not force:
        raise VersionError(say("other_code", commit=manifest.code["commit"] or "-"))
    if found.other_code:
        print(say("other_code_used", commit=manifest.code["commit"] or "-"), file=sys.stderr)
    target = Home(folder.resolve())
    with writing(target):
        try:
            return rebuild(home, manifest, target, load_catalog())
        except DbtBuildError as error:
            raise VersionError(str(error)) from error


def rebuild_lines(made: Rebuild, say: Speaker) -> Iterator[str]:
    """Yield how a version came out when it was built again."""
    for name, (then, now_) in made.libraries.items():
        yield say("other_library", name=name, then=then or "-", now=now_ or "-")
    if made.differing:
        yield say("rebuilt_other", version=made.version, count=len(made.differing), tables=made.tables)
        yield from (f"  {name}" for name in made.differing)
    elif made.comparable:
        yield say("rebuilt_equal", version=made.version, tables=made.tables)
    else:
        yield say("rebuilt_same_rows", version=made.version, tables=made.tables)

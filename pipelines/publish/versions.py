"""The versions kept under `published/versions/`, and the one atomic step by which one of them becomes what readers see.

    published/mieruka.duckdb      a file of its own name, the same bytes as the version's (a hard link)
    published/current             a link to the folder of the version
    published/parquet, published/datapackage.json     links through `current`
    published/versions/<run id>/  mieruka.duckdb, parquet/, datapackage.json, manifest.json, diff.json

The rename of `mieruka.duckdb` publishes; the rename of `current` follows it and exchanges all other files at once. What
a killed run left between the two is finished by `complete`, because the database itself says which version it is.
"""

from __future__ import annotations

import ctypes
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.faults import passing
from pipelines.files import make_folder, replace_file, sync_file, sync_folder
from pipelines.publish.content import contents, hashed_by
from pipelines.publish.manifest import MANIFEST_NAME, Manifest, read_manifest, write_manifest
from pipelines.publish.runs import (
    History,
    Publication,
    Run,
    id_after,
    new_run_id,
    read_publication,
    write_publication,
)
from pipelines.settings import DATABASE_NAME, Home, now

if TYPE_CHECKING:
    import duckdb

CURRENT = "current"
# What is published beside the database, reached through `current`.
_BESIDE = ("parquet", "datapackage.json")
_UNFINISHED = ".part"
_EXCHANGE = 2
_FROM_HERE = -100


class UnknownVersionError(ValueError):
    """No version of this name is kept; the text is the name."""


def versions_folder(home: Home) -> Path:
    """Return the folder of all versions kept."""
    return home.published / "versions"


def version_folder(home: Home, version: str) -> Path:
    """Return the folder of a version."""
    return versions_folder(home) / version


def version_database(home: Home, version: str) -> Path:
    """Return the database of a version."""
    return version_folder(home, version) / DATABASE_NAME


def kept_versions(home: Home) -> list[str]:
    """Return the ids of the versions kept, oldest first."""
    folders = versions_folder(home).glob(f"[!.]*/{MANIFEST_NAME}")
    return sorted(path.parent.name for path in folders)


def manifest_of(home: Home, version: str) -> Manifest | None:
    """Return the manifest of a version kept; None when it is damaged."""
    return read_manifest(version_folder(home, version) / MANIFEST_NAME)


def version_said(connection: duckdb.DuckDBPyConnection) -> str | None:
    """Return the version that a published database says it is: the publication that was written into it last.

    What its id is among the others does not matter.
    """
    row = connection.execute(
        "select run_id from meta.run where outcome = 'published' order by rowid desc limit 1"
    ).fetchone()
    return row[0] if row else None


def _version_in(database: Path) -> str | None:
    import duckdb

    try:
        with duckdb.connect(str(database), read_only=True) as connection:
            return version_said(connection)
    except duckdb.Error:
        return None


def _is_same(first: Path, second: Path) -> bool:
    with suppress(OSError):
        return first.samefile(second)
    return False


def current_version(home: Home) -> str | None:
    """Return the version that readers see; None when nothing is published, or nothing that says which it is."""
    if not home.published_database.exists():
        return None
    pointed = home.published / CURRENT
    if _is_same(home.published_database, pointed / DATABASE_NAME):
        return pointed.resolve().name
    return _version_in(home.published_database)


def next_version(home: Home, run_id: str) -> str:
    """Return the id under which a run publishes: its own, or where that would not be the newest, one after the newest.

    A run is named by its beginning: another one may have published since, and a clock may have been set back.
    """
    history = History(home)
    published = (run.run_id for run in history.runs() if run.outcome == "published")
    newest = max([*kept_versions(home), *published], default="")
    return history.unused_id(run_id if run_id > newest else id_after(newest))


def named_version(home: Home, name: str) -> str:
    """Return the id of a version named by its id, `latest` (published now) or `previous` (the one before it)."""
    kept, current = kept_versions(home), current_version(home)
    if name == "latest" and current in kept:
        return str(current)
    if name == "previous":
        before = [version for version in kept if current is not None and version < current]
        if before:
            return before[-1]
    if name in kept:
        return name
    raise UnknownVersionError(name)


def _unfinished(home: Home, version: str) -> Path:
    return versions_folder(home) / f".{version}{_UNFINISHED}"


@contextmanager
def unfinished_version(home: Home, version: str) -> Iterator[Path]:
    """Yield an empty folder for the files of a new version; unless `put_in_place` took it, it is removed at the end."""
    if version_folder(home, version).exists():
        raise FileExistsError(str(version_folder(home, version)))
    folder = _unfinished(home, version)
    make_folder(folder.parent)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    try:
        yield folder
    finally:
        # What was published before something went wrong is kept: the next run finishes it.
        if folder.exists() and current_version(home) != version:
            shutil.rmtree(folder, ignore_errors=True)


def set_aside(home: Home, version: str) -> Path:
    """Take a version out of those kept in one step, and return where its files lie until they are removed."""
    aside = _unfinished(home, version)
    shutil.rmtree(aside, ignore_errors=True)
    version_folder(home, version).rename(aside)
    return aside


def sync_tree(folder: Path) -> None:
    """Make all files below a folder survive a power cut."""
    for path in (*folder.rglob("*"), folder):
        if path.is_dir():
            sync_folder(path)
        else:
            sync_file(path)
    sync_folder(folder.parent)


def link_or_copy(source: Path, target: Path) -> None:
    """Give a file a second name, or where the disk knows no second names, copy it."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def put_in_place(home: Home, folder: Path) -> None:
    """Make a finished version what readers see."""
    passing("publish.finished", folder)
    temporary = home.published / f".{DATABASE_NAME}.link.tmp"
    temporary.unlink(missing_ok=True)
    try:
        link_or_copy(folder / DATABASE_NAME, temporary)
        replace_file(temporary, home.published_database)
    finally:
        # A rename between two names of the same file leaves both.
        temporary.unlink(missing_ok=True)
    passing("publish.published", home.published_database)
    complete(home)


def adopt(home: Home) -> None:
    """Keep as a version what was published before versions were kept: no reader loses it, and one can go back to it."""
    import duckdb

    version = current_version(home)
    if version is None or version_folder(home, version).exists():
        return
    try:
        manifest = _manifest_without_inputs(home, version)
    except duckdb.Error:
        # What cannot be read to its end is nothing to go back to.
        return
    with unfinished_version(home, version) as folder:
        link_or_copy(home.published_database, folder / DATABASE_NAME)
        (folder / "parquet").mkdir()
        for path in (home.published / "parquet").glob("[!.]*.parquet"):
            link_or_copy(path, folder / "parquet" / path.name)
        package = home.published / "datapackage.json"
        if package.exists():
            link_or_copy(package, folder / package.name)
        write_manifest(folder, manifest)
        sync_tree(folder)
        complete(home)


def _manifest_without_inputs(home: Home, version: str) -> Manifest:
    """Return what can still be said of a version whose inputs nobody wrote down."""
    import duckdb

    with duckdb.connect(str(home.published_database), read_only=True) as connection:
        tables = contents(connection)
    run = next(
        (entry for entry in History(home).runs() if entry.run_id == version),
        Run(version, now().isoformat(), None, "published", 0, 0, version),
    )
    publication = read_publication(home) or Publication(version, "", "", None)
    return Manifest(
        run=run,
        publication=replace(publication, run_id=version),
        previous=None,
        code={"fingerprint": None, "commit": None},
        variables={},
        libraries={},
        inputs=[],
        memory={},
        hashed_by=hashed_by(),
        tables=tables,
    )


def complete(home: Home) -> None:
    """Finish what a killed publication left half done, or clear it away; only the one writer may call this.

    The published database is taken for the truth: everything beside it is brought to the same version.
    """
    version = current_version(home)
    if version is not None:
        _keep(home, version)
        if version_folder(home, version).is_dir():
            _point_to(home, version)
            _record(home, version)
    for leftover in versions_folder(home).glob(f".*{_UNFINISHED}"):
        shutil.rmtree(leftover, ignore_errors=True)


def _keep(home: Home, version: str) -> None:
    """Give the folder of the published version its own name, if it was finished but not yet named."""
    folder = _unfinished(home, version)
    if (folder / MANIFEST_NAME).exists() and not version_folder(home, version).exists():
        folder.rename(version_folder(home, version))
        sync_folder(versions_folder(home))
        passing("publish.kept", version_folder(home, version))


def _point_to(home: Home, version: str) -> None:
    _link(home.published / CURRENT, f"{versions_folder(home).name}/{version}")
    passing("publish.pointed", home.published / CURRENT)
    for name in _BESIDE:
        _link(home.published / name, f"{CURRENT}/{name}")


def _link(path: Path, to: str) -> None:
    """Make a path a link in one step, also where a file or a folder has that name."""
    if path.is_symlink() and path.readlink() == Path(to):
        return
    temporary = path.with_name(f".{path.name}.link.tmp")
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(to)
    if path.is_dir() and not path.is_symlink():
        _take_the_place_of_folder(temporary, path)
    else:
        temporary.replace(path)
    sync_folder(path.parent)


def _take_the_place_of_folder(link: Path, folder: Path) -> None:
    """Put a link in the place of a folder; where the system can exchange two names, there is no moment without one."""
    if not _exchange(link, folder):
        aside = folder.with_name(f".{folder.name}.aside.tmp")
        shutil.rmtree(aside, ignore_errors=True)
        folder.rename(aside)
        link.rename(folder)
        link = aside
    shutil.rmtree(link)


def _exchange(first: Path, second: Path) -> bool:
    """Exchange two names (renameat2 of Linux); return whether that could be done."""
    rename = getattr(ctypes.CDLL(None), "renameat2", None)
    names = os.fsencode(first), os.fsencode(second)
    return rename is not None and rename(_FROM_HERE, names[0], _FROM_HERE, names[1], _EXCHANGE) == 0


def _record(home: Home, version: str) -> None:
    """Remember in the state that this version is published, and how it came to be so."""
    manifest = manifest_of(home, version)
    publication = read_publication(home)
    if manifest is not None and (publication is None or publication.run_id != version):
        publication = manifest.publication
        write_publication(home, publication)
    history = History(home)
    runs = history.runs()
    if manifest is not None and all(run.run_id != version for run in runs):
        history.add(manifest.run)
    if publication is not None and publication.held_since:
        moment = publication.held_since
        if all((run.outcome, run.started_at) != ("rolled_back", moment) for run in runs):
            run_id = history.unused_id(new_run_id(datetime.fromisoformat(moment)))
            history.add(Run(run_id, moment, moment, "rolled_back", 0, 0, version))

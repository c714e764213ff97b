"""Back to an earlier version: it becomes what readers see by the same atomic step as a new one."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

from pipelines.publish.content import contents, differing, hashed_by
from pipelines.publish.manifest import Manifest
from pipelines.publish.runs import Publication, read_publication, write_publication
from pipelines.publish.versions import (
    current_version,
    manifest_of,
    put_in_place,
    version_database,
    version_folder,
)
from pipelines.settings import Home


class DamagedVersionError(RuntimeError):
    """A version kept is not what it was when it was published; the text says what is wrong."""


class AlreadyPublishedError(ValueError):
    """The version is the published one; the text is its id."""


def _check(home: Home, version: str) -> Manifest:
    """Return the manifest of a version; raise DamagedVersionError unless its database holds what the manifest says."""
    import duckdb

    manifest = manifest_of(home, version)
    if manifest is None:
        raise DamagedVersionError(f"{version}: manifest.json")
    try:
        with duckdb.connect(str(version_database(home, version)), read_only=True) as connection:
            found = contents(connection)
    except duckdb.Error as error:
        raise DamagedVersionError(f"{version}: {error}") from error
    if manifest.hashed_by == hashed_by() and (tables := differing(manifest.tables, found)):
        raise DamagedVersionError(f"{version}: {', '.join(tables)}")
    return manifest


def roll_back(home: Home, version: str, inputs: str, run_date: date, moment: datetime) -> None:
    """Publish a version kept again.

    It stays published until the inputs, given as the fingerprint of what a build would read now, are others: the next
    run would otherwise undo the rollback. Only the one writer may call this.
    """
    if version == current_version(home):
        raise AlreadyPublishedError(version)
    manifest = _check(home, version)
    before = read_publication(home)
    held = replace(
        manifest.publication,
        inputs=inputs,
        run_date=run_date.isoformat(),
        valid_until=None,
        held_since=moment.isoformat(),
    )
    # Remembered before it is done: whoever completes a rollback that was killed then knows that it is meant to hold.
    write_publication(home, held)
    try:
        put_in_place(home, version_folder(home, version))
    except BaseException:
        _forget(home, version, before)
        raise


def _forget(home: Home, version: str, before: Publication | None) -> None:
    """Take back what was remembered of a rollback that did not come about."""
    if before is not None and current_version(home) != version:
        write_publication(home, before)

"""Find a source's files: in an origin folder when one is given, else in the source's own folder."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from pipelines.acquire.archive import (
    MAX_BYTES,
    Archive,
    FileNotReadableError,
    FileTooLargeError,
    Snapshot,
    newest_by_name,
)
from pipelines.acquire.origin import files_of, name_other_years, published_files
from pipelines.acquire.web_source import WebSource
from pipelines.attempts import note_attempt
from pipelines.catalog.loader import Catalog, DescribedSource
from pipelines.defects import Defect, file_defect, unique
from pipelines.files import sha256_of
from pipelines.quarantine import ACQUISITION, read_defects, write_defects
from pipelines.settings import PROJECT_ROOT, Home, now


def _candidates(source: DescribedSource, file: str, origin: Path | None) -> list[Path]:
    folders = [origin / source.source_id, origin] if origin else []
    return [folder / file for folder in (*folders, source.folder)]


class UnsafeLinkError(ValueError):
    """A link leads out of the folder it lies in."""


def locate(source: DescribedSource, file: str, origin: Path | None = None) -> Path | None:
    """Return the file to read, the origin's before the repository's; raise UnsafeLinkError for a link out of it."""
    for path in _candidates(source, file, origin):
        if path.is_file():
            if not path.resolve().is_relative_to(path.parent.resolve()):
                raise UnsafeLinkError(str(path))
            return path
    return None


def _origin_url(path: Path) -> str:
    if path.is_relative_to(PROJECT_ROOT):
        return path.relative_to(PROJECT_ROOT).as_posix()
    return path.resolve().as_uri()


_DAMAGED = "archive_damaged"
_RULES: dict[type[ValueError], str] = {
    UnsafeLinkError: "link_out_of_folder",
    FileTooLargeError: "file_too_large",
    FileNotReadableError: "file_not_readable",
}


def acquire(
    source: DescribedSource, home: Home, origin: Path | None = None, web: WebSource | None = None
) -> tuple[list[Snapshot], list[Defect]]:
    """Archive every file of a source; return the current snapshots and the files that could not be had.

    A file that cannot be had leaves its last snapshot current, so that nothing already published is lost.
    """
    archive = Archive(home)
    before = archive.current(source.source_id)
    # One moment for all: which of two files that come together counts must not hang on where a second ends.
    moment = now().isoformat()
    snapshots: list[Snapshot] = []
    defects: list[Defect] = []
    for name, table in source.description.tables.items():
        try:
            path = locate(source, table.file, origin)
            sha256 = archive.store(path) if path else ""
        except tuple(_RULES) as error:
            defects.append(_absent(source, name, table.file, _RULES[type(error)], str(error)))
            continue
        if path is None:
            defects.append(_absent(source, name, table.file, "file_missing", None))
            continue
        published_on = table.figures.citation.published_on if table.figures else None
        snapshots.append(_snapshot(source, name, table.file, path, sha256, moment, published_on))
    published, refused = web.acquire(source) if web else _acquire_published(source, archive, origin, moment)
    defects += refused
    held = archive.remember(snapshots + published)
    fresh = {_place_of(source, snapshot) for snapshot in held}
    current = held + [entry for entry in before if _place_of(source, entry) not in fresh]
    archive.set_current(source.source_id, current)
    damaged = [_damaged(entry) for entry in current if not archive.holds(entry.snapshot_sha256)]
    failed = {defect.table for defect in defects}
    note_attempt(home, source.source_id, looked_for(source, origin, web), failed, now().isoformat())
    if origin is None and web is None:
        defects += _known_of_published(source, home)
    defects = unique(damaged + defects)
    write_defects(home, source.source_id, ACQUISITION, defects)
    return current, defects


def ask_the_web(catalog: Catalog, home: Home, web: WebSource) -> None:
    """Archive what the sources on the web have now; what cannot be had is noted and the rest goes on."""
    for source in catalog.sources.values():
        if source.is_on_the_web:
            acquire(source, home, web=web)


def looked_for(source: DescribedSource, origin: Path | None, web: WebSource | None) -> list[str]:
    """Return the tables that an acquisition looks for: those of our own form always, a publisher's where it can be."""
    published = source.description.published.items()
    return [
        *source.description.tables,
        *(name for name, table in published if origin or (web and table.is_on_the_web)),
        *(source.description.registers if origin else ()),
    ]


def _known_of_published(source: DescribedSource, home: Home) -> list[Defect]:
    """Return what is known to be wrong with the acquisition of publishers' files, when none was looked for now."""
    known = read_defects(home, source.source_id, ACQUISITION)
    return [
        defect
        for defect in known
        if defect.table in source.description.collected() and defect.rule != _DAMAGED
    ]


def _damaged(entry: Snapshot) -> Defect:
    """Return the defect of archived bytes that are missing or not those received; what was read of them stays."""
    defect = file_defect(
        entry.source_id, entry.table, entry.file_name, _DAMAGED, None,
        "保管したファイルの中身が失われたか変わっています。同じファイルを取得し直してください",
        "The archived bytes are lost or have changed: acquire the same file again",
    )  # fmt: skip
    return replace(defect, snapshot_sha256=entry.snapshot_sha256)


def _snapshot(
    source: DescribedSource,
    table: str,
    file_name: str,
    path: Path,
    sha256: str,
    retrieved_at: str,
    published_on: str | None = None,
) -> Snapshot:
    return Snapshot(
        snapshot_sha256=sha256,
        source_id=source.source_id,
        table=table,
        file_name=file_name,
        origin_url=_origin_url(path),
        retrieved_at=retrieved_at,
        published_on=published_on,
        bytes=path.stat().st_size,
    )


def _place_of(source: DescribedSource, snapshot: Snapshot) -> tuple[str, str]:
    """Return what a snapshot takes the place of: its table's only file, or the publication's file of this name."""
    if snapshot.table not in source.description.collected():
        return snapshot.table, ""
    return snapshot.table, f"{snapshot.file_name} {snapshot.snapshot_sha256}"


def _acquire_published(
    source: DescribedSource, archive: Archive, origin: Path | None, moment: str
) -> tuple[list[Snapshot], list[Defect]]:
    """Archive the publisher's files that lie in the origin folder; every vintage held stays held."""
    snapshots: list[Snapshot] = []
    defects: list[Defect] = []
    if origin is None:
        return snapshots, defects
    collected = source.description.collected()
    files = files_of(origin) if collected else ()
    for name, table in collected.items():
        for file in published_files(table, origin, files):
            try:
                sha256 = archive.store(file.path)
            except (FileTooLargeError, FileNotReadableError) as error:
                defects.append(_absent(source, name, file.name, _RULES[type(error)], str(error)))
                continue
            snapshots.append(_snapshot(source, name, file.name, file.path, sha256, moment))
    return _without_contradictions(source, snapshots, archive, defects), defects


def _without_contradictions(
    source: DescribedSource, snapshots: list[Snapshot], archive: Archive, defects: list[Defect]
) -> list[Snapshot]:
    """Leave out files whose bytes already stand under another year: one file cannot describe two."""
    held = {
        (entry.table, entry.snapshot_sha256): {entry.file_name} for entry in archive.current(source.source_id)
    }
    new: dict[tuple[str, str], set[str]] = {}
    for entry in snapshots:
        new.setdefault((entry.table, entry.snapshot_sha256), set()).add(entry.file_name)
    kept = []
    for entry in snapshots:
        key = (entry.table, entry.snapshot_sha256)
        published = source.description.published.get(entry.table)
        # What came first is believed; of names that come together none is.
        others = sorted(held.get(key, new[key]))
        other = next(
            (
                name
                for name in others
                if published and name_other_years(published.period, name, entry.file_name)
            ),
            None,
        )
        if other is None:
            kept.append(entry)
        else:
            defects.append(_same_bytes(source, entry, other))
    return kept


def _same_bytes(source: DescribedSource, entry: Snapshot, other: str) -> Defect:
    return file_defect(
        source.source_id, entry.table, entry.file_name, "same_bytes_two_years", other,
        f"「{other}」と一字一句同じ中身です。別の年のファイルを置き違えていないか確かめてください",
        f"The content is byte for byte that of '{other}': was another year's file put here?",
    )  # fmt: skip


def _sha256_of(path: Path | None) -> str:
    """Return the SHA-256 of a file's bytes; nothing where they could not be archived."""
    with suppress(OSError):
        if path and path.stat().st_size <= MAX_BYTES:
            return sha256_of(path)
    return ""


def _has_new_published_bytes(source: DescribedSource, snapshots: list[Snapshot], origin: Path) -> bool:
    held = {(entry.table, entry.snapshot_sha256) for entry in snapshots}
    newest = newest_by_name(snapshots)
    collected = source.description.collected()
    files = files_of(origin) if collected else ()
    for name, table in collected.items():
        for file in published_files(table, origin, files):
            sha256 = _sha256_of(file.path)
            last = newest.get((source.source_id, name, file.name))
            if (name, sha256) not in held or (last and last.snapshot_sha256 != sha256):
                return True
    return False


def _has_new_damage(archive: Archive, snapshots: list[Snapshot], known: list[Defect]) -> bool:
    """Return whether archived bytes are missing or cut short and that was not reported yet."""
    reported = {defect.snapshot_sha256 for defect in known if defect.rule == _DAMAGED}
    return any(
        entry.snapshot_sha256 not in reported and not archive.seems_to_hold(entry) for entry in snapshots
    )


def has_new_bytes(source: DescribedSource, home: Home, origin: Path | None = None) -> bool:
    """Return whether a file of the source differs from the snapshot that was read last."""
    archive = Archive(home)
    snapshots = archive.current(source.source_id)
    if _has_new_damage(archive, snapshots, read_defects(home, source.source_id, ACQUISITION)):
        return True
    current = {snapshot.table: snapshot.snapshot_sha256 for snapshot in snapshots}
    if origin and _has_new_published_bytes(source, snapshots, origin):
        return True
    for name, table in source.description.tables.items():
        try:
            path = locate(source, table.file, origin)
        except UnsafeLinkError:
            return True
        if _sha256_of(path) != current.get(name):
            return True
    return False


def _absent(source: DescribedSource, table: str, file: str, rule: str, found: str | None) -> Defect:
    return file_defect(
        source.source_id, table, file, rule, found,
        "ファイルを置き場所に戻すか、取得元を確かめてください",
        "Put the file back in its place, or check where it comes from",
    )  # fmt: skip

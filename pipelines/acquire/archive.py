"""The archive: bytes as received, stored once under their SHA-256, and the list of snapshots held.

The list stands twice, with what is remembered between runs and beside the bytes: it alone says whose they are and
since when they are held, and nothing else could tell.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from pipelines.files import read_record, sha256_of, write_atomically, write_record
from pipelines.settings import Home

MAX_BYTES = 200 * 1024 * 1024


class FileTooLargeError(ValueError):
    """A file is larger than anything a publisher has released."""


class FileNotReadableError(ValueError):
    """A file that was found cannot be read: forbidden, gone again, or on a broken disk."""


@dataclass(frozen=True)
class Snapshot:
    """One file of a source as it was on one day; `retrieved_at` is ISO 8601 with offset."""

    snapshot_sha256: str
    source_id: str
    table: str
    file_name: str
    origin_url: str
    retrieved_at: str
    published_on: str | None
    bytes: int
    period: str | None = None


class Archive:
    """The archive folder of a home and its register, `archive.json` beside the folder and `state/snapshots.json`."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._registers = (home.root / "archive.json", home.state / "snapshots.json")
        self._seen_whole: set[str] = set()

    def path_of(self, sha256: str) -> Path:
        """Return where the bytes with this hash are."""
        return self._home.archive / sha256[:2] / sha256

    def holds(self, sha256: str) -> bool:
        """Return whether the bytes with this hash are there and are still those received; they are read once."""
        if sha256 not in self._seen_whole:
            path = self.path_of(sha256)
            if not path.is_file() or sha256_of(path) != sha256:
                return False
            self._seen_whole.add(sha256)
        return True

    def seems_to_hold(self, snapshot: Snapshot) -> bool:
        """Return whether the bytes of a snapshot are there in their length, without reading them."""
        path = self.path_of(snapshot.snapshot_sha256)
        return path.is_file() and path.stat().st_size == snapshot.bytes

    def store(self, path: Path) -> str:
        """Copy a file into the archive unless it is held undamaged, and return its SHA-256.

        Raises FileTooLargeError or FileNotReadableError for the file, StorageError for the archive.
        """
        with _reading(path):
            size = path.stat().st_size
            if size > MAX_BYTES:
                raise FileTooLargeError(f"{path.name}: {size:,} > {MAX_BYTES:,} bytes")
            sha256 = sha256_of(path)
        if not self.holds(sha256):
            # Who puts the file there may be writing it still: the name is that of the bytes that are stored.
            with _reading(path):
                data = path.read_bytes()
            sha256 = hashlib.sha256(data).hexdigest()
            write_atomically(self.path_of(sha256), data)
            self._seen_whole.add(sha256)
        return sha256

    def snapshots(self) -> list[Snapshot]:
        """Return every snapshot held, oldest first."""
        found = [snapshots for path in self._registers if (snapshots := _read(path)) is not None]
        if found:
            return max(found, key=len)
        current = (_read(path) or [] for path in sorted((self._home.state / "current").glob("*.json")))
        return sorted(
            (entry for snapshots in current for entry in snapshots), key=lambda entry: entry.retrieved_at
        )

    def remember(self, new: list[Snapshot]) -> list[Snapshot]:
        """Add snapshots whose bytes are new for their source and table; return those now current.

        A second identical download is the first snapshot, with its first retrieval time. Bytes that return after
        others of the same name are the newest again, with the time of their return.
        """
        held = self.snapshots()
        known = {_key(entry): entry for entry in held}
        newest = newest_by_name(held)
        added: dict[tuple[str, str, str], Snapshot] = {}
        for snapshot in new:
            earlier = known.get(_key(snapshot))
            if earlier is None or _has_returned(snapshot, newest):
                published_on = snapshot.published_on or (earlier.published_on if earlier else None)
                known[_key(snapshot)] = added[_key(snapshot)] = replace(snapshot, published_on=published_on)
        if added or any(_read(path) is None for path in self._registers):
            kept = [entry for entry in held if _key(entry) not in added]
            for path in self._registers:
                _write(path, [*kept, *added.values()])
        return [known[_key(snapshot)] for snapshot in new]

    def set_current(self, source_id: str, snapshots: list[Snapshot]) -> None:
        """Say which snapshots of a source are to be read."""
        _write(self._current_path(source_id), snapshots)

    def current(self, source_id: str) -> list[Snapshot]:
        """Return the snapshots of a source that are to be read: those last said, else all held."""
        said = _read(self._current_path(source_id))
        if said is not None:
            return said
        return [entry for entry in self.snapshots() if entry.source_id == source_id]

    def _current_path(self, source_id: str) -> Path:
        return self._home.state / "current" / f"{source_id}.json"


def newest_by_name(snapshots: list[Snapshot]) -> dict[tuple[str, str, str], Snapshot]:
    """Return the last snapshot of each source, table and file name."""
    ordered = sorted(snapshots, key=lambda entry: entry.retrieved_at)
    return {(entry.source_id, entry.table, entry.file_name): entry for entry in ordered}


def _has_returned(snapshot: Snapshot, newest: dict[tuple[str, str, str], Snapshot]) -> bool:
    """Return whether other bytes had taken the place of these under their name."""
    last = newest.get((snapshot.source_id, snapshot.table, snapshot.file_name), snapshot)
    return last.snapshot_sha256 != snapshot.snapshot_sha256 and last.retrieved_at < snapshot.retrieved_at


def _key(snapshot: Snapshot) -> tuple[str, str, str]:
    return snapshot.source_id, snapshot.table, snapshot.snapshot_sha256


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise FileNotReadableError(f"{path.name}: {error.strerror or error}") from error


def _read(path: Path) -> list[Snapshot] | None:
    """Return a list of snapshots; None when there is none or it is damaged."""
    record = read_record(path)
    entries = _of_earlier_form(path) if record is None else record["snapshots"]
    return None if entries is None else [Snapshot(**entry) for entry in entries]


def _of_earlier_form(path: Path) -> list[dict[str, Any]] | None:
    """Return a list without the hash of its bytes, as homes of version 0.1 have it."""
    with suppress(FileNotFoundError, ValueError):
        content = json.loads(path.read_bytes())
        return content if isinstance(content, list) else None
    return None


def _write(path: Path, snapshots: list[Snapshot]) -> None:
    write_record(path, {"snapshots": [asdict(entry) for entry in snapshots]})

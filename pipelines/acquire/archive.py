"""The archive: bytes as received, stored once under their SHA-256, and the list of snapshots held."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from pipelines.files import sha256_of, write_atomically
from pipelines.settings import Home

MAX_BYTES = 200 * 1024 * 1024


class FileTooLargeError(ValueError):
    """A file is larger than anything a publisher has released."""


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
    """The archive folder of a home and its register `state/snapshots.json`."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._register = home.state / "snapshots.json"

    def path_of(self, sha256: str) -> Path:
        """Return where the bytes with this hash are."""
        return self._home.archive / sha256[:2] / sha256

    def store(self, path: Path) -> str:
        """Copy a file into the archive unless it is held, and return its SHA-256."""
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise FileTooLargeError(f"{path.name}: {size:,} > {MAX_BYTES:,} bytes")
        sha256 = sha256_of(path)
        target = self.path_of(sha256)
        if not target.exists() or target.stat().st_size != size:
            write_atomically(target, path.read_bytes())
        return sha256

    def snapshots(self) -> list[Snapshot]:
        """Return every snapshot held, oldest first."""
        return self._read(self._register)

    def remember(self, new: list[Snapshot]) -> list[Snapshot]:
        """Add snapshots whose bytes are new for their source and table; return those now current.

        A second identical download is the first snapshot, with its first retrieval time.
        """
        held = self.snapshots()
        known = {(entry.source_id, entry.table, entry.snapshot_sha256): entry for entry in held}
        current, added = [], []
        for snapshot in new:
            key = (snapshot.source_id, snapshot.table, snapshot.snapshot_sha256)
            if key not in known:
                known[key] = snapshot
                added.append(snapshot)
            current.append(known[key])
        if added:
            self._write(self._register, held + added)
        return current

    def set_current(self, source_id: str, snapshots: list[Snapshot]) -> None:
        """Say which snapshots of a source are to be read."""
        self._write(self._current_path(source_id), snapshots)

    def current(self, source_id: str) -> list[Snapshot]:
        """Return the snapshots of a source that are to be read."""
        return self._read(self._current_path(source_id))

    def _current_path(self, source_id: str) -> Path:
        return self._home.state / "current" / f"{source_id}.json"

    @staticmethod
    def _read(path: Path) -> list[Snapshot]:
        if not path.exists():
            return []
        return [Snapshot(**entry) for entry in json.loads(path.read_text(encoding="utf-8"))]

    @staticmethod
    def _write(path: Path, snapshots: list[Snapshot]) -> None:
        write_atomically(
            path, json.dumps([asdict(entry) for entry in snapshots], ensure_ascii=False, indent=1)
        )

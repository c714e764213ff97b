"""The SHA-256 of files, taken again only when a file's stamp has changed: its size, times, device or inode.

A stamp is believed only when it had come to rest before the hash was taken. A file that was written within the last
seconds may be written once more without its stamp changing (git calls such an entry racy), so it is hashed again the
next time. What remains is a file whose bytes change while size, both times and inode stay: the system sets the time of
change (ctime) itself, so that takes a broken clock or a disk that decays; `mieruka run --full` believes no stamp.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

from pipelines.files import read_record, sha256_of, write_record

# The coarsest clock of a file system in use (FAT).
_RACY_NANOSECONDS = 2_000_000_000
_HIDDEN = (".", "~$")


def stamp_of(path: Path) -> list[int]:
    """Return a file's stamp; raise OSError when it cannot be had."""
    found = path.stat()
    return [found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino, found.st_dev]


def files_below(folder: Path, passed_over: tuple[str, ...] = ()) -> Iterator[str]:
    """Yield the paths of the files below a folder in their order, but for hidden ones and folders of some names."""
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(
            name for name in folders if not name.startswith(_HIDDEN) and name not in passed_over
        )
        yield from (f"{root}/{name}" for name in sorted(names) if not name.startswith(_HIDDEN))


class Stamps:
    """What is remembered of files between runs; `believed` false: nothing is, and everything is hashed."""

    def __init__(self, path: Path, *, believed: bool = True) -> None:
        self._path = path
        # A memory that was torn is none.
        record = read_record(path) if believed else None
        self._held: dict[str, list[int | str]] = record["files"] if record else {}
        self._seen: dict[str, list[int | str]] = {}

    def sha256(self, path: str) -> str:
        """Return the SHA-256 of a file's bytes; raise OSError when it cannot be read."""
        began = time.time_ns()
        stamp = stamp_of(Path(path))
        held = self._held.get(path)
        if held is not None and held[:-1] == stamp:
            self._seen[path] = held
            return str(held[-1])
        sha256 = sha256_of(Path(path))
        if max(stamp[1], stamp[2]) < began - _RACY_NANOSECONDS and stamp_of(Path(path)) == stamp:
            self._seen[path] = [*stamp, sha256]
        return sha256

    def save(self) -> None:
        """Remember the files looked at since the beginning, and no others."""
        if self._seen != self._held:
            write_record(self._path, {"files": self._seen})
            self._held = self._seen

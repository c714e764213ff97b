"""A disk that is cut off from its power at every moment: what POSIX lets be lost, and nothing more.

While `recording`, each operation on names below a folder is kept in its order. A new name, a rename or a removal is
durable once its folder was synced, and bytes once their file was; until then each may be there or not, in any
combination, and bytes may be there in part. `Recording.states` yields what the disk may hold after a cut, for every
moment.
"""

from __future__ import annotations

import hashlib
import itertools
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any
from unittest import mock

TORN = "torn"
# Beyond this many operations that nothing made durable, not all combinations are looked at, but none and all.
_MOST_PENDING = 10
_NAMING = ("rename", "replace", "link", "symlink", "mkdir", "unlink", "rmdir")

Names = dict[str, int | None]


@dataclass
class _Node:
    """What lies under an inode: a folder's names, a file's bytes by their hash, or where a link leads."""

    names: dict[str, int] | None = None
    bytes: str = ""
    link: str | None = None


@dataclass(frozen=True)
class _Change:
    """Names that one operation changed together, by folder."""

    folders: dict[int, Names]

    def touches(self, folder: int) -> bool:
        return folder in self.folders


@dataclass
class State:
    """What the disk holds after a cut."""

    root: int
    names: dict[int, dict[str, int]]
    bytes: dict[int, str]
    links: dict[int, str]

    def _find(self, path: PurePosixPath, hops: int = 0) -> int | None:
        node: int | None = self.root
        done = PurePosixPath()
        for part in path.parts:
            node = self.names.get(node, {}).get(part) if node is not None else None
            done /= part
            if node in self.links and hops < 8:
                node = self._find(done.parent / self.links[node], hops + 1)
        return node

    def read(self, path: str) -> str | None:
        """Return the hash of a file's bytes, `torn`, or None when there is no such file."""
        node = self._find(PurePosixPath(path))
        return self.bytes.get(node) if node is not None else None

    def files(self, folder: str = "") -> dict[str, str]:
        """Return all files below a folder that are not hidden, with the hash of their bytes or `torn`."""
        node = self._find(PurePosixPath(folder))
        return dict(self._below(node, "")) if node is not None else {}

    def _below(self, folder: int, prefix: str) -> Iterator[tuple[str, str]]:
        for name, node in sorted(self.names.get(folder, {}).items()):
            if name.startswith("."):
                continue
            if node in self.names:
                yield from self._below(node, f"{prefix}{name}/")
            elif node in self.bytes:
                yield f"{prefix}{name}", self.bytes[node]

    def write_to(self, target: Path, contents: dict[str, bytes]) -> None:
        """Make a folder that holds this state."""
        self._write(self.root, target, contents)

    def _write(self, node: int, path: Path, contents: dict[str, bytes]) -> None:
        if node in self.names:
            path.mkdir()
            for name, below in self.names[node].items():
                self._write(below, path / name, contents)
        elif node in self.links:
            path.symlink_to(self.links[node])
        else:
            path.write_bytes(contents.get(self.bytes.get(node, TORN), b"\0" * 100))


@dataclass
class Recording:
    """The operations on a folder in their order."""

    root: Path
    contents: dict[str, bytes] = field(default_factory=dict)
    _first: dict[int, _Node] = field(default_factory=dict)
    _log: list[tuple[str, Any]] = field(default_factory=list)
    _seen: dict[int, _Node] = field(default_factory=dict)
    _hashes: dict[tuple[int, int, int], str] = field(default_factory=dict)
    # An inode that is held open is given to no other file.
    _held: dict[int, int] = field(default_factory=dict)

    def begin(self) -> None:
        self._first = self._seen = self._scan()

    def _hash(self, path: Path, status: os.stat_result) -> str:
        key = (status.st_ino, status.st_size, status.st_mtime_ns)
        if key not in self._hashes:
            data = path.read_bytes()
            self._hashes[key] = hashlib.sha256(data).hexdigest()
            self.contents[self._hashes[key]] = data
        return self._hashes[key]

    def _scan(self) -> dict[int, _Node]:
        found: dict[int, _Node] = {}
        waiting = [self.root]
        while waiting:
            path = waiting.pop()
            status = path.lstat()
            if status.st_ino not in self._held:
                self._held[status.st_ino] = os.open(path, os.O_PATH | os.O_NOFOLLOW)
            if stat.S_ISDIR(status.st_mode):
                below = list(path.iterdir())
                found[status.st_ino] = _Node(names={entry.name: entry.lstat().st_ino for entry in below})
                waiting += below
            elif stat.S_ISLNK(status.st_mode):
                found[status.st_ino] = _Node(link=str(path.readlink()))
            else:
                found[status.st_ino] = _Node(bytes=self._hash(path, status))
        return found

    def end(self) -> None:
        self.look()
        for descriptor in self._held.values():
            os.close(descriptor)

    def look(self) -> None:
        """Keep what changed since the last look as one operation."""
        now = self._scan()
        folders: dict[int, Names] = {}
        for inode, node in now.items():
            if node.names is None:
                if node.link is None and self._seen.get(inode, _Node()).bytes != node.bytes:
                    self._log.append(("bytes", (inode, node.bytes)))
                elif node.link is not None:
                    self._log.append(("link", (inode, node.link)))
                continue
            before = (self._seen[inode].names or {}) if inode in self._seen else {}
            if inode not in self._seen:
                self._log.append(("folder", inode))
            changed: Names = {name: child for name, child in node.names.items() if before.get(name) != child}
            changed |= {name: None for name in before if name not in node.names}
            if changed:
                folders[inode] = changed
        if folders:
            self._log.append(("names", _Change(folders)))
        self._seen = now

    def sync(self, inode: int) -> None:
        """Keep that a file or folder was synced."""
        self.look()
        self._log.append(("sync", inode))

    def states(self) -> Iterator[State]:
        """Yield every state that the disk may be in after a cut at any moment, most of them many times."""
        disk = _Durable(self._first)
        yield from disk.possible(self.root.lstat().st_ino)
        for kind, what in self._log:
            disk.apply(kind, what)
            yield from disk.possible(self.root.lstat().st_ino)

    @property
    def operations(self) -> int:
        """Return how many operations were kept."""
        return len(self._log)


class _Durable:
    """What is durable for certain, and what may be there besides."""

    def __init__(self, first: dict[int, _Node]) -> None:
        self.names = {inode: dict(node.names) for inode, node in first.items() if node.names is not None}
        self.bytes = {
            inode: node.bytes for inode, node in first.items() if node.names is None and node.link is None
        }
        self.links = {inode: node.link for inode, node in first.items() if node.link is not None}
        self.pending: list[_Change] = []
        self.latest = dict(self.bytes)

    def apply(self, kind: str, what: Any) -> None:
        if kind == "names":
            self.pending.append(what)
        elif kind == "folder":
            self.names.setdefault(what, {})
        elif kind == "link":
            self.links[what[0]] = what[1]
        elif kind == "bytes":
            self.latest[what[0]] = what[1]
            self.bytes.setdefault(what[0], TORN)
            if self.bytes[what[0]] != what[1]:
                self.bytes[what[0]] = TORN
        elif what in self.names:
            self._sync_folder(what)
        else:
            self.bytes[what] = self.latest[what]

    def _sync_folder(self, folder: int) -> None:
        for change in [change for change in self.pending if change.touches(folder)]:
            _put(self.names, change)
            self.pending.remove(change)

    def possible(self, root: int) -> Iterator[State]:
        for chosen in self._choices():
            names = {inode: dict(entries) for inode, entries in self.names.items()}
            for change in chosen:
                _put(names, change)
            yield State(root, names, dict(self.bytes), dict(self.links))

    def _choices(self) -> Iterator[tuple[_Change, ...]]:
        if len(self.pending) > _MOST_PENDING:
            yield ()
            yield tuple(self.pending)
            return
        for count in range(len(self.pending) + 1):
            yield from itertools.combinations(self.pending, count)


def _put(names: dict[int, dict[str, int]], change: _Change) -> None:
    for folder, changed in change.folders.items():
        entries = names.setdefault(folder, {})
        for name, inode in changed.items():
            if inode is None:
                entries.pop(name, None)
            else:
                entries[name] = inode


@contextmanager
def recording(root: Path) -> Iterator[Recording]:
    """Keep what everything inside does to the files below a folder."""
    record = Recording(root)
    record.begin()
    real_sync = os.fsync

    def sync(descriptor: int) -> None:
        real_sync(descriptor)
        record.sync(os.fstat(descriptor).st_ino)

    def watched(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            # What was written before stands before this in the order.
            record.look()
            try:
                return real(*arguments, **options)
            finally:
                record.look()

        return call

    with mock.patch.object(os, "fsync", sync):
        patches = [mock.patch.object(os, name, watched(getattr(os, name))) for name in _NAMING]
        for patch in patches:
            patch.start()
        try:
            yield record
        finally:
            for patch in patches:
                patch.stop()
            record.end()

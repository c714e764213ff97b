"""File operations that leave either the old content or the new, never a part of it."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def sha256_of(path: Path) -> str:
    """Return the hex SHA-256 of a file's bytes."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def sync_folder(folder: Path) -> None:
    """Make renames in a folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_file(path: Path) -> None:
    """Make a file's bytes survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def replace_file(temporary: Path, target: Path) -> None:
    """Put a finished file in the place of another: sync, rename, sync the folder."""
    sync_file(temporary)
    temporary.replace(target)
    sync_folder(target.parent)


@contextmanager
def atomic_path(target: Path) -> Iterator[Path]:
    """Yield a temporary path beside `target`; on success it takes the target's place."""
    target.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".tmp", dir=target.parent)
    os.close(descriptor)
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(0o644)
        replace_file(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)


def write_atomically(target: Path, content: bytes | str) -> None:
    """Write a whole file, or leave the old one."""
    data = content.encode() if isinstance(content, str) else content
    with atomic_path(target) as temporary:
        temporary.write_bytes(data)


def remove_leftovers(folder: Path) -> None:
    """Remove the temporary files that a killed run left below a folder; only the one writer may call this."""
    for path in folder.rglob(".*.tmp*"):
        path.unlink(missing_ok=True)

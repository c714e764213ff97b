"""File operations that leave either the old content or the new, never a part of it, whatever ends the process.

A file is written under a temporary name, synced, renamed, and its folder synced: after a power cut its name stands for
the old bytes or the new. A JSON record and a Parquet file carry the hash of their own bytes, so that what was torn or
altered later is known from what is whole.
"""

from __future__ import annotations

import errno
import fnmatch
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from pipelines.faults import passing

# The file in a folder by which its one writer holds it.
LOCK_NAME = ".lock"
_SEAL = b',\n "sha256": "'
# What a library says of a disk's refusal when it raises an error of its own.
_REFUSALS = {
    "no space left on device": errno.ENOSPC,
    "disk quota exceeded": errno.EDQUOT,
    "read-only file system": errno.EROFS,
    "permission denied": errno.EACCES,
    "input/output error": errno.EIO,
}
_REFUSED = {*_REFUSALS.values(), errno.EPERM, errno.EFBIG}


class StorageError(OSError):
    """The disk refused a write: it is full, read-only, forbidden or broken. `filename` is the file meant."""


def refusal_in(text: str) -> int | None:
    """Return the error number of a disk's refusal that a library's message speaks of."""
    low = text.lower()
    return next((code for words, code in _REFUSALS.items() if words in low), None)


def _refusal(error: BaseException) -> int | None:
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno if error.errno in _REFUSED else None
    return refusal_in(str(error)) if isinstance(error, Exception) else None


def sha256_of(path: Path) -> str:
    """Return the hex SHA-256 of a file's bytes."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def exchange_folder(new: Path, folder: Path) -> None:
    """Put a new folder in the place of another, or of none, by renames beside it; what stood there is removed."""
    aside = folder.with_name(f".{folder.name.lstrip('.')}.old")
    shutil.rmtree(aside, ignore_errors=True)
    if folder.exists():
        folder.rename(aside)
    new.rename(folder)
    shutil.rmtree(aside, ignore_errors=True)


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


def make_folder(folder: Path) -> None:
    """Make a folder and those above it; each new name survives a power cut."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    sync_folder(folder.parent)


def replace_file(temporary: Path, target: Path) -> None:
    """Put a finished file in the place of another: sync, rename, sync the folder."""
    passing("file.written", target, temporary)
    sync_file(temporary)
    passing("file.synced", target, temporary)
    temporary.replace(target)
    passing("file.renamed", target)
    sync_folder(target.parent)
    passing("file.done", target)


@contextmanager
def atomic_path(target: Path) -> Iterator[Path]:
    """Yield a temporary path beside `target`; on success it takes the target's place.

    Raises StorageError when the disk refuses, whichever library was writing.
    """
    temporary: Path | None = None
    try:
        make_folder(target.parent)
        descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".tmp", dir=target.parent)
        os.close(descriptor)
        temporary = Path(name)
        yield temporary
        temporary.chmod(0o644)
        replace_file(temporary, target)
    except Exception as error:
        code = _refusal(error)
        if code is None or isinstance(error, StorageError):
            raise
        written = temporary.stat().st_size if temporary and temporary.exists() else 0
        raise StorageError(code, f"{os.strerror(code)} ({written:,} bytes written)", str(target)) from error
    finally:
        # A disk that has just refused a write may refuse this too; the next run removes what is left.
        with suppress(OSError):
            if temporary is not None:
                temporary.unlink(missing_ok=True)


def write_atomically(target: Path, content: bytes | str) -> None:
    """Write a whole file, or leave the old one."""
    data = content.encode() if isinstance(content, str) else content
    with atomic_path(target) as temporary:
        temporary.write_bytes(data)


def write_record(target: Path, content: dict[str, Any]) -> None:
    """Write a JSON object, not an empty one, so that it can be told from a torn or altered one.

    Its last key is the hash of what is above it.
    """
    head = json.dumps(content, ensure_ascii=False, indent=1).encode().removesuffix(b"\n}")
    seal = hashlib.sha256(head).hexdigest().encode()
    write_atomically(target, head + _SEAL + seal + b'"\n}\n')


def read_record(path: Path) -> dict[str, Any] | None:
    """Return what `write_record` wrote; None when there is no such file, or it is not as it was written."""
    try:
        data = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None
    head, _, tail = data.rpartition(_SEAL)
    if tail != hashlib.sha256(head).hexdigest().encode() + b'"\n}\n':
        return None
    content: dict[str, Any] = json.loads(head + b"\n}")
    return content


def remove_leftovers(folder: Path) -> None:
    """Remove the temporary files that a killed run left below a folder; only the one writer may call this.

    A folder below that has a lock of its own has a writer of its own, and is passed over.
    """
    for above, folders, files in os.walk(folder):
        leftovers = {name for name in (*folders, *files) if fnmatch.fnmatchcase(name, ".*.tmp*")}
        for name in leftovers:
            _remove(Path(above, name))
        folders[:] = [
            name for name in folders if name not in leftovers and not Path(above, name, LOCK_NAME).exists()
        ]


def _remove(path: Path) -> None:
    # A database spills into a folder beside its file.
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)

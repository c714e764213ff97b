"""One writer at a time: a second run on the same home is refused clearly, or waits.

The system frees the lock when the process ends, however it ends: there is no stale lock to remove.
"""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pipelines.files import LOCK_NAME, StorageError, make_folder, remove_leftovers, sync_folder
from pipelines.settings import Home, now

_LOOK_AGAIN_SECONDS = 0.2
# The homes held for writing, each with the thread that does: the daemon's tick and sensors are threads of one process.
_held: set[tuple[Path, int]] = set()
_held_lock = threading.Lock()


class HomeBusyError(RuntimeError):
    """Another run is writing this home."""


def _lock_path(home: Home) -> Path:
    return home.root / LOCK_NAME


def holder_of(home: Home) -> str:
    """Return who wrote last, such as `process 4711 since 2026-11-23T02:00:00+09:00`; empty when nobody said so."""
    with suppress(OSError):
        return _lock_path(home).read_text(encoding="utf-8", errors="replace").strip()
    return ""


def _take(descriptor: int, home: Home, wait: float | None, waiting: Callable[[], None]) -> None:
    """Take the lock within `wait` seconds (None: however long it takes), or raise HomeBusyError."""
    deadline = None if wait is None else time.monotonic() + wait
    told = False
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if deadline is not None and time.monotonic() >= deadline:
                raise HomeBusyError(str(home.root)) from error
            if not told:
                waiting()
                told = True
            time.sleep(_LOOK_AGAIN_SECONDS)
        else:
            return


def _sign(descriptor: int) -> None:
    """Say in the lock who holds it; a full disk is no reason not to try."""
    with suppress(OSError):
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"process {os.getpid()} since {now().isoformat()}\n".encode(), 0)


@contextmanager
def exclusive(
    home: Home, wait: float | None = 0, waiting: Callable[[], None] = lambda: None
) -> Iterator[None]:
    """Hold the home for writing; another holder is waited for `wait` seconds, for None without end.

    `waiting` is called once when there is something to wait for. Raises HomeBusyError, and StorageError when the home
    cannot be written.
    """
    make_folder(home.root)
    descriptor = os.open(_lock_path(home), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        _take(descriptor, home, wait, waiting)
        _sign(descriptor)
        holder = (home.root, threading.get_ident())
        with _held_lock:
            _held.add(holder)
        try:
            yield
        finally:
            with _held_lock:
                _held.discard(holder)
    finally:
        os.close(descriptor)


def is_held(home: Home) -> bool:
    """Return whether this thread holds the home for writing."""
    with _held_lock:
        return (home.root, threading.get_ident()) in _held


def _check_writable(home: Home) -> None:
    """Raise StorageError when a folder of the home cannot be written, before anything is attempted."""
    for folder in home.folders():
        if not os.access(folder, os.W_OK | os.X_OK):
            probe = folder / f".probe.{os.getpid()}.tmp"
            try:
                probe.touch()
                probe.unlink()
            except OSError as error:
                raise StorageError(error.errno, error.strerror, str(folder)) from error


@contextmanager
def writing(home: Home, wait: float | None = 0, waiting: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Hold the home as its one writer, its folders made and the leftovers of a killed run removed.

    Goes on at once when this thread holds the home already: a command and the job that it runs are one writer.
    """
    if is_held(home):
        yield
        return
    with exclusive(home, wait, waiting):
        home.create()
        _check_writable(home)
        remove_leftovers(home.root)
        sync_folder(home.root)
        yield

"""One writer at a time: a second run on the same home is refused clearly."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from pipelines.settings import Home


class HomeBusyError(RuntimeError):
    """Another run is writing this home."""


@contextmanager
def exclusive(home: Home) -> Iterator[None]:
    """Hold the home for writing; the system frees it when the process ends, however it ends."""
    path = home.root / ".lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise HomeBusyError(str(home.root)) from error
        yield
    finally:
        os.close(descriptor)

"""Points at which a run can be made to fail, to prove that it recovers. Nothing happens unless MIERUKA_FAULT is set.

`MIERUKA_FAULT=POINT[,PATTERN][@N]:ACTION`: at the N-th passage (the first unless said) of a point, by a file whose path
matches the pattern, the process is killed (`kill`), the error of that name is raised (`ENOSPC`, `EIO`, `EROFS`,
`EACCES`, ...), or the file is cut to half as by a disk that fills up (`short`). `python -m benchmarks.faults` uses it.
"""

from __future__ import annotations

import errno
import os
import signal
from fnmatch import fnmatchcase
from pathlib import Path

VARIABLE = "MIERUKA_FAULT"
_passages: dict[str, int] = {}


def passing(point: str, path: Path | None = None, temporary: Path | None = None) -> None:
    """Say that the run is at a point, with the file that is being written and the name it has until then."""
    armed = os.environ.get(VARIABLE)
    if armed:
        _strike(armed, point, path, temporary)


def _strike(armed: str, point: str, path: Path | None, temporary: Path | None) -> None:
    where, _, action = armed.rpartition(":")
    where, _, number = where.partition("@")
    name, _, pattern = where.partition(",")
    if name != point or (pattern and not fnmatchcase(str(path), pattern)):
        return
    _passages[armed] = _passages.get(armed, 0) + 1
    if _passages[armed] != int(number or 1):
        return
    if action == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if action == "short":
        if temporary is not None:
            os.truncate(temporary, temporary.stat().st_size // 2)
        action = "ENOSPC"
    code = getattr(errno, action)
    raise OSError(code, os.strerror(code), str(temporary or path or point))

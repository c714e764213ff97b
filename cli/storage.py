"""What a refusal of the disk means to the user: one line with the file, the room there is and what to do."""

from __future__ import annotations

import errno
import os
import re
import shutil
from pathlib import Path

from cli.messages import Speaker
from pipelines.files import refusal_in
from pipelines.settings import Home

_KEYS = {
    errno.ENOSPC: "disk_full",
    errno.EDQUOT: "disk_full",
    errno.EFBIG: "disk_full",
    errno.EROFS: "read_only",
    errno.EACCES: "read_only",
    errno.EPERM: "read_only",
    errno.EIO: "disk_broken",
}
_AS_PRINTED = re.compile(r"\[Errno (\d+)\] (.*?)(?:: '([^']*)')?(?: -> .*)?$", re.MULTILINE)
_QUOTED = re.compile(r"\"(/[^\"]+)\"")


def _existing(path: Path) -> Path:
    """Return the nearest folder there is."""
    return next(parent for parent in (path, *path.parents) if parent.exists())


def trouble_line(error: BaseException, home: Home, say: Speaker) -> str | None:
    """Return what to tell of an error that came from the disk, also when only its words are left; None for others."""
    printed = _AS_PRINTED.search(str(error))
    code = int(printed[1]) if printed else refusal_in(str(error))
    if code not in _KEYS:
        return None
    quoted = _QUOTED.search(str(error))
    named = (printed[3] if printed else None) or (quoted[1] if quoted else None) or str(home.root)
    detail = printed[2] if printed else os.strerror(code)
    free = shutil.disk_usage(_existing(Path(named))).free
    return say(_KEYS[code], path=named, detail=detail, free=f"{free:,}")

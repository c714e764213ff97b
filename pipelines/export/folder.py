"""The folder that an export goes into: other people's files stay, a new export takes the place of the one before.

All files are made in a hidden folder first and renamed into their places when every one is whole. A record of the export
names its files; only those are ever replaced or removed.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipelines.files import make_folder, read_record, write_record

RECORD = ".mieruka-export.json"
_STAGING = ".mieruka-export-"


class ForeignFileError(ValueError):
    """A file of a name that the export needs, which no export wrote; the text is its path."""


def _own_files(folder: Path) -> set[str]:
    record = read_record(folder / RECORD) or {}
    return {name for name in record.get("files", []) if _is_inside(folder, name)}


def _is_inside(folder: Path, name: str) -> bool:
    """Return whether a recorded name leads to a place in the folder: a record may have been altered."""
    return (folder / name).resolve().is_relative_to(folder.resolve())


def other_files(folder: Path) -> int:
    """Return how many entries the folder has that no export wrote."""
    if not folder.is_dir():
        return 0
    tops = {Path(name).parts[0] for name in _own_files(folder)}
    return sum(
        1
        for entry in folder.iterdir()
        if entry.name not in tops and entry.name != RECORD and not entry.name.startswith(_STAGING)
    )


def _put(staging: Path, folder: Path, names: list[str]) -> None:
    # Once for all: an API has thousands of files, and each would wait for the disk.
    os.sync()
    for name in names:
        target = folder / name
        make_folder(target.parent)
        (staging / name).replace(target)


def _remove(folder: Path, names: set[str]) -> None:
    for name in sorted(names):
        (folder / name).unlink(missing_ok=True)
    parents = {parent for name in names for parent in Path(name).parents if parent != Path()}
    for parent in sorted(parents, key=lambda path: -len(path.parts)):
        path = folder / parent
        if path.is_dir() and not any(path.iterdir()):
            path.rmdir()


@contextmanager
def export_folder(folder: Path, version: str) -> Iterator[Path]:
    """Yield an empty folder to write into; on success its files take their places in `folder`.

    Raises ForeignFileError, with nothing changed, when one of them would take the place of a file of another's.
    """
    make_folder(folder)
    for leftover in folder.glob(f"{_STAGING}*"):
        shutil.rmtree(leftover, ignore_errors=True)
    staging = Path(tempfile.mkdtemp(prefix=_STAGING, dir=folder))
    try:
        yield staging
        names = sorted(path.relative_to(staging).as_posix() for path in staging.rglob("*") if path.is_file())
        own = _own_files(folder)
        for name in names:
            if name not in own and (folder / name).exists():
                raise ForeignFileError(str(folder / name))
        # Recorded before the files come, so that a killed export's files are known as its own.
        write_record(folder / RECORD, {"version": version, "files": sorted(own | set(names))})
        _put(staging, folder, names)
        _remove(folder, own - set(names))
        write_record(folder / RECORD, {"version": version, "files": names})
    finally:
        shutil.rmtree(staging, ignore_errors=True)

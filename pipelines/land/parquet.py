"""Parquet with the fingerprint of its inputs: an unchanged input leaves the file untouched.

The file also carries the hash of its own bytes: one that was torn or altered is as good as none, and is written anew.
"""

from __future__ import annotations

import hashlib
import json
from functools import cache, lru_cache
from pathlib import Path

import polars as pl

from pipelines.files import atomic_path
from pipelines.settings import PROJECT_ROOT

FINGERPRINT_KEY = "mieruka_fingerprint"
_SEAL_KEY = "mieruka_sha256"
# What stands in the place of the hash while the hash is taken.
_UNSEALED = "0" * 64
# Reading again what has not been touched since would find the same.
_KEPT_ANSWERS = 4096


@cache
def code_fingerprint(*folders: str) -> str:
    """Return a hash over the project's own text files in folders such as `pipelines`."""
    digest = hashlib.sha256()
    for folder in folders:
        for path in sorted((PROJECT_ROOT / folder).rglob("*")):
            if path.suffix in {".py", ".yml", ".sql", ".csv"} and "target" not in path.parts:
                digest.update(path.relative_to(PROJECT_ROOT).as_posix().encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()


def fingerprint(*parts: object) -> str:
    """Return one hash over everything that a file is made from."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()


def _place_of_seal(data: bytes) -> int:
    """Return where the hash stands in a file's bytes, or -1: after its key and the two bytes that announce a text."""
    found = data.rfind(_SEAL_KEY.encode())
    return found + len(_SEAL_KEY) + 2 if found >= 0 else -1


def _seal(path: Path) -> None:
    """Write the hash of a finished file into the place left for it."""
    data = path.read_bytes()
    with path.open("r+b") as stream:
        stream.seek(_place_of_seal(data))
        stream.write(hashlib.sha256(data).hexdigest().encode())


def _is_whole(data: bytes) -> bool:
    place = _place_of_seal(data)
    end = place + len(_UNSEALED)
    digest = hashlib.sha256(data[: max(place, 0)])
    digest.update(_UNSEALED.encode())
    digest.update(data[end:])
    return place >= 0 and data[place:end] == digest.hexdigest().encode()


def _whole_metadata(path: Path) -> dict[str, str]:
    """Return the metadata of a file that is as it was written, else nothing: Polars ends on some damaged files."""
    return pl.read_parquet_metadata(path) if _is_whole(path.read_bytes()) else {}


@lru_cache(maxsize=_KEPT_ANSWERS)
def _fingerprint_of(path: Path, *_stamp: int) -> str | None:
    return _whole_metadata(path).get(FINGERPRINT_KEY)


def fingerprint_of(path: Path) -> str | None:
    """Return the fingerprint kept in a Parquet file, or None when there is no such file or it is damaged."""
    try:
        status = path.stat()
    except OSError:
        return None
    return _fingerprint_of(path, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


def _metadata(inputs: str) -> dict[str, str]:
    return {FINGERPRINT_KEY: inputs, _SEAL_KEY: _UNSEALED}


def write_parquet(frame: pl.DataFrame, path: Path, inputs: str) -> None:
    """Write a frame in one atomic step, with the fingerprint of its inputs in the file's metadata."""
    with atomic_path(path) as temporary:
        frame.write_parquet(temporary, metadata=_metadata(inputs))
        _seal(temporary)


def sink_parquet(frame: pl.LazyFrame, path: Path, inputs: str) -> None:
    """Write a frame that may be larger than memory, as `write_parquet` does."""
    with atomic_path(path) as temporary:
        frame.sink_parquet(temporary, metadata=_metadata(inputs))
        _seal(temporary)

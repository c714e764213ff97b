"""Parquet with the fingerprint of its inputs: an unchanged input leaves the file untouched."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path

import polars as pl

from pipelines.files import atomic_path
from pipelines.settings import PROJECT_ROOT

FINGERPRINT_KEY = "mieruka_fingerprint"


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


def fingerprint_of(path: Path) -> str | None:
    """Return the fingerprint kept in a Parquet file, or None when there is no such file."""
    if not path.exists():
        return None
    return pl.read_parquet_metadata(path).get(FINGERPRINT_KEY)


def write_parquet(frame: pl.DataFrame, path: Path, inputs: str) -> None:
    """Write a frame in one atomic step, with the fingerprint of its inputs in the file's metadata."""
    with atomic_path(path) as temporary:
        frame.write_parquet(temporary, metadata={FINGERPRINT_KEY: inputs})


def sink_parquet(frame: pl.LazyFrame, path: Path, inputs: str) -> None:
    """Write a frame that may be larger than memory, as `write_parquet` does."""
    with atomic_path(path) as temporary:
        frame.sink_parquet(temporary, metadata={FINGERPRINT_KEY: inputs})

"""Reading a publisher's file by its description in tests: made-up bodies, and the register of the real ones."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipelines.acquire.archive import Snapshot
from pipelines.catalog.loader import Catalog
from pipelines.files import sha256_of
from pipelines.identity.match import AreaRegister
from pipelines.land.published import FileReading, PublishedReader
from pipelines.land.register import register_from
from pipelines.settings import Home
from tests.conftest import RETRIEVED_AT

MIRROR = Path(os.environ.get("MIERUKA_MIRROR", "/nonexistent"))


def needs(path: str) -> pytest.MarkDecorator:
    """Return the mark of tests that need a publisher's own file."""
    return pytest.mark.skipif(not (MIRROR / path).exists(), reason=f"MIERUKA_MIRROR has no {path}")


def read(catalog: Catalog, register: AreaRegister, source_id: str, table: str, path: Path) -> FileReading:
    """Read one file as a table of a source, under its own name."""
    snapshot = Snapshot(
        sha256_of(path), source_id, table, path.name, path.as_uri(), RETRIEVED_AT, None, path.stat().st_size
    )
    return PublishedReader(catalog.sources[source_id].description, table, register, catalog).read(
        path, snapshot
    )


def real_register(catalog: Catalog, folder: Path) -> AreaRegister:
    """Return the register of the bodies of every day from the code tables that lie in the mirror."""
    return register_from(MIRROR, Home(folder), catalog)


def figure(reading: FileReading, series_id: str, area_code: str, **other: Any) -> dict[str, Any]:
    """Return the one figure of a series and a body; `other` has further columns that it must match."""
    assert reading.frame is not None, [defect.message("en") for defect in reading.defects[:5]]
    wanted = {"series_id": series_id, "area_code": area_code, **other}
    found = reading.frame.filter(pl.all_horizontal(pl.col(name) == value for name, value in wanted.items()))
    assert found.height == 1, wanted
    return found.row(0, named=True)


def rules(reading: FileReading) -> set[str]:
    """Return the rules that a file broke."""
    return {defect.rule for defect in reading.defects}

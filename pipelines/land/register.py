"""The register of areas: every body with the span it was valid, from the code tables and the history of changes."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import polars as pl

from pipelines.acquire.fetch import acquire
from pipelines.catalog.loader import Catalog
from pipelines.defects import Defect, file_defect
from pipelines.identity.associations import with_associations
from pipelines.identity.findings import Problem
from pipelines.identity.match import AreaRegister
from pipelines.identity.register import AREA_SCHEMA, build_register
from pipelines.land.parquet import code_fingerprint, fingerprint, fingerprint_of, write_parquet
from pipelines.land.publication import PublicationLanding, published_paths, read_published
from pipelines.land.source import CATALOG, SourceLanding, table_path
from pipelines.quarantine import REGISTER, has_record, write_defects
from pipelines.settings import Home

BUNDLED_SOURCE, BUNDLED_TABLE = "soumu__area_codes", "areas"
HISTORY_SOURCE = "soumu__standard_area_codes"


def _provided(home: Home, catalog: Catalog, kind: str) -> pl.DataFrame:
    """Return the rows of all tables that provide one kind of area table."""
    frames = [
        read_published(home, source, name)
        for source in catalog.sources.values()
        for name, table in source.description.published.items()
        if table.provides == kind
    ]
    frame = pl.concat(frames, how="diagonal_relaxed") if frames else pl.DataFrame()
    return (
        frame.with_columns(pl.col("effective_on").str.to_date()) if "effective_on" in frame.columns else frame
    )


def _inputs(home: Home, catalog: Catalog) -> str:
    paths = [
        path
        for source in catalog.sources.values()
        for name, table in source.description.published.items()
        if table.provides
        for path in published_paths(home, source, name)
    ]
    bundled = table_path(home, BUNDLED_SOURCE, BUNDLED_TABLE)
    return fingerprint(
        [fingerprint_of(path) for path in paths], fingerprint_of(bundled), code_fingerprint("pipelines")
    )


def _cited(areas: pl.DataFrame, bundled: pl.DataFrame, catalog: Catalog) -> pl.DataFrame:
    """Return the areas with where each is cited from: the bundled rows their own page, the others the code tables."""
    page = catalog.sources[HISTORY_SOURCE].description.landing_url
    own = bundled.select("area_code", "valid_from", "citation_url", "note_ja")
    return areas.join(own, on=["area_code", "valid_from"], how="left").with_columns(
        pl.col("citation_url").fill_null(page)
    )


def _problem(problem: Problem) -> Defect:
    """Return what the code tables contradict as a defect of their history."""
    said = (problem.area_code, problem.day, problem.reason_ja)
    return replace(
        file_defect(
            HISTORY_SOURCE, REGISTER, REGISTER, "area_history_contradicts",
            " ".join(str(part) for part in said if part) or None,
            f"団体の履歴に矛盾があります: {problem.text}",
            f"The history of areas contradicts itself: {problem.text}", "warning",
        ),
        column=problem.area_code,
    )  # fmt: skip


def land_register(home: Home, catalog: Catalog) -> bool:
    """Write the areas and their changes; return whether anything changed."""
    area, change = table_path(home, CATALOG, "area"), table_path(home, CATALOG, "area_change")
    inputs = _inputs(home, catalog)
    is_kept = fingerprint_of(area) == inputs and fingerprint_of(change) == inputs
    if is_kept and has_record(home, HISTORY_SOURCE, REGISTER):
        return False
    bundled = pl.read_parquet(table_path(home, BUNDLED_SOURCE, BUNDLED_TABLE))
    register = build_register(
        code_lists=_provided(home, catalog, "code_list"),
        standard_areas=_provided(home, catalog, "standard_areas"),
        events=_provided(home, catalog, "area_events"),
        bundled=bundled,
    )
    write_defects(home, HISTORY_SOURCE, REGISTER, [_problem(problem) for problem in register.problems])
    areas = with_associations(register.areas, _provided(home, catalog, "associations"))
    write_parquet(_cited(areas, bundled, catalog), area, inputs)
    write_parquet(register.changes, change, inputs)
    return True


def load_register(home: Home) -> AreaRegister:
    """Return the register as landed last."""
    path = table_path(home, CATALOG, "area")
    if not path.exists():
        return AreaRegister(pl.DataFrame(schema=AREA_SCHEMA))
    made_from = fingerprint_of(path)
    return _register_made_from(made_from, path) if made_from else AreaRegister(pl.read_parquet(path))


@lru_cache(1)
def _register_made_from(_fingerprint: str, path: Path) -> AreaRegister:
    # Every source asks for it in turn.
    return AreaRegister(pl.read_parquet(path))


def register_from(origin: Path, home: Home, catalog: Catalog) -> AreaRegister:
    """Acquire and land from a folder only what the register is made of, and return it: for tools and tests."""
    home.create()
    nobody = load_register(home)
    for source in catalog.sources.values():
        providing = [name for name, table in source.description.published.items() if table.provides]
        if providing:
            snapshots, _ = acquire(source, home, origin)
            SourceLanding(source, catalog, home).land(snapshots)
            PublicationLanding(source, catalog, home, nobody).land(snapshots, providing)
    land_register(home, catalog)
    return load_register(home)

"""The last step of a run in Dagster: the built warehouse is published, for the day that it was built for."""

from __future__ import annotations

from datetime import date, timedelta

import duckdb
import pytest
from dagster import ExecuteInProcessResult, materialize

from assets.build_state import complete, prepare
from assets.resources import WarehouseResource
from assets.warehouse import published_warehouse
from pipelines.catalog.loader import Catalog
from pipelines.publish.runs import read_publication
from pipelines.settings import Home
from tests.small_warehouse import DAY, small_tables


def build(home: Home, day: date, *changes: str) -> None:
    """Build the small warehouse as dbt would, for a day, with changes in SQL."""
    home.create()
    prepare(home, day, full=True)
    with duckdb.connect(str(home.build_database)) as connection:
        small_tables(connection, *changes)
    complete(home)


def last_step(home: Home, catalog: Catalog, *, full: bool = False) -> ExecuteInProcessResult:
    """Do the last step of a run."""
    warehouse = WarehouseResource(home=str(home.root), offline=True, full=full, wait_seconds=1)
    return materialize([published_warehouse(catalog)], resources={"warehouse": warehouse})


def test_what_was_built_before_midnight_is_published_for_that_day(
    home: Home, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    next_day = (DAY + timedelta(days=1)).isoformat()
    build(home, DAY, f"update marts.dim_target set target_date = date '{DAY}'")
    monkeypatch.setenv("MIERUKA_TODAY", next_day)
    assert last_step(home, catalog).success
    publication = read_publication(home)
    assert publication is not None
    assert publication.run_date == DAY.isoformat()
    # The deadline that passed with that midnight is still to be judged.
    assert publication.valid_until == next_day

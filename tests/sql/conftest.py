"""Engines over the compiled SQL, one for each setting of the deadline's grace."""

from __future__ import annotations

import pytest

from tests.sql.engine import Engine


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    return Engine(tmp_path_factory.mktemp("dbt"))


@pytest.fixture(scope="session")
def engine_without_grace(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    return Engine(tmp_path_factory.mktemp("dbt_without_grace"), deadline_grace_days=0)

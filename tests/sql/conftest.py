"""Engines over the compiled SQL, one for each setting that a test needs."""

from __future__ import annotations

import pytest

from tests.sql.engine import Engine
from tests.sql.peers import PeerEngine
from tests.sql.series import SeriesEngine


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    return Engine(tmp_path_factory.mktemp("dbt"))


@pytest.fixture(scope="session")
def engine_without_grace(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    return Engine(tmp_path_factory.mktemp("dbt_without_grace"), deadline_grace_days=0)


@pytest.fixture(scope="session")
def series(engine: Engine) -> SeriesEngine:
    return SeriesEngine(engine)


@pytest.fixture(scope="session")
def fiscal_series(tmp_path_factory: pytest.TempPathFactory) -> SeriesEngine:
    folder = tmp_path_factory.mktemp("dbt_fiscal_years")
    return SeriesEngine(Engine(folder, projection_in_fiscal_years=True))


@pytest.fixture(scope="session")
def peers(engine: Engine) -> PeerEngine:
    return PeerEngine(engine)


@pytest.fixture(scope="session")
def peers_of_any_size(tmp_path_factory: pytest.TempPathFactory) -> PeerEngine:
    folder = tmp_path_factory.mktemp("dbt_small_peers")
    return PeerEngine(Engine(folder, smallest_peer_group=1, nearest_neighbours=2))

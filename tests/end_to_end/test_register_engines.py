"""One machine, the shared lake and Spark give the same tables of registers, every figure to the yen.

On request only: MIERUKA_SPARK names the python of a virtual environment with dbt-spark (docs/registers-scale.md).
MIERUKA_NATION names a folder of `benchmarks.registers` to compare on instead of a few small registers.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from benchmarks.registers import area_codes, write_register
from pipelines.lake.connection import Lake
from tests.postgres_server import postgres, programs
from tests.register_engines import build_by_duckdb, build_by_spark, build_in_lake, differences, tables_of


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return landed registers: the nation that was named, or six small ones."""
    if nation := os.environ.get("MIERUKA_NATION"):
        return Path(nation)
    folder = tmp_path_factory.mktemp("raw")
    for place, code in enumerate(area_codes()[:6]):
        write_register(folder, 2023, 1, (code, (place + 1) * 400))
    return folder


@pytest.fixture(scope="module")
def engines(raw: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """Build by all three and return a connection with `one`, `lake` and the views `spark.…`."""
    if not Path("/usr/bin/java").exists() and "JAVA_HOME" not in os.environ:
        pytest.skip("Java is needed (Debian: default-jre-headless)")
    if (binaries := programs()) is None:
        pytest.skip("PostgreSQL's server programs are needed (Debian: postgresql)")
    work = tmp_path_factory.mktemp("work")
    database = build_by_duckdb(raw, work)
    tables = build_by_spark(Path(os.environ["MIERUKA_SPARK"]), raw, work)
    with postgres(binaries) as server, pytest.MonkeyPatch.context() as patch:
        server.run("create database lake")
        for name, value in server.environment("lake", work / "lake_data").items():
            patch.setenv(name, value)
        lake = Lake.from_environment()
        build_in_lake(raw, work)
        with lake.connect(read_only=True) as connection:
            connection.execute(f"attach '{database}' as one (read_only)")
            connection.execute("attach ':memory:' as by_spark; create schema by_spark.marts")
            for folder in tables.iterdir():
                connection.execute(
                    f"create view by_spark.marts.{folder.name} as from read_parquet('{folder}/*.parquet')"
                )
            yield connection


@pytest.mark.parametrize("engine", ["lake", "by_spark"])
def test_every_figure_of_every_table_is_that_of_one_machine(
    engines: duckdb.DuckDBPyConnection, engine: str
) -> None:
    tables = tables_of(engines, "one")
    assert tables_of(engines, engine) == tables
    assert engines.execute("select count(*) > 0 from one.marts.register_finding").fetchone() == (True,)
    for table in sorted(tables):
        assert differences(engines, f"one.marts.{table}", f"{engine}.marts.{table}") == [], table

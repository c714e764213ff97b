"""The models of registers, built by dbt in this process into the shared lake."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from assets.dbt_runner import explain
from assets.parsed_project import DbtBuildError, dbt_arguments
from pipelines.settings import Home, today


def build_command(home: Home, version: int) -> list[str]:
    """Return dbt's arguments for a build that reads the lake as of one snapshot."""
    work = home.build / "lake"
    variables = {"raw_dir": str(home.raw), "run_date": today().isoformat(), "lake_version": version}
    return [
        "build", "--select", "tag:register", "--exclude-resource-type", "unit_test", "--target", "lake",
        *dbt_arguments(work / "dbt", work / "logs", variables),
    ]  # fmt: skip


def build_lake(home: Home, version: int) -> None:
    """Build the tables of registers from the lake's lines as of a snapshot; raise DbtBuildError."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    temporary: Path = home.build / "lake" / "temporary"
    temporary.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("MIERUKA_TEMP", str(temporary))
    os.environ["DBT_SEND_ANONYMOUS_USAGE_STATS"] = "false"
    try:
        result: Any = dbtRunner().invoke(build_command(home, version))
    finally:
        DuckDBConnectionManager.close_all_connections()
    if not result.success:
        raise DbtBuildError(explain(result))

"""The models of registers, built by dbt in this process into the shared lake."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from assets.dbt_runner import DbtBuildError, explain
from pipelines.settings import DBT_PROJECT_DIR, Home, today


def build_command(home: Home, version: int) -> list[str]:
    """Return dbt's arguments for a build that reads the lake as of one snapshot."""
    work = home.build / "lake"
    variables = {"raw_dir": str(home.raw), "run_date": today().isoformat(), "lake_version": version}
    return [
        "build", "--select", "tag:register", "--exclude-resource-type", "unit_test", "--target", "lake",
        "--project-dir", str(DBT_PROJECT_DIR), "--profiles-dir", str(DBT_PROJECT_DIR),
        "--target-path", str(work / "dbt"), "--log-path", str(work / "logs"),
        "--log-level", "none", "--log-level-file", "none", "--vars", json.dumps(variables),
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

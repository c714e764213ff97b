"""What DuckDB may take of the machine: limits of the environment, under which whole warehouses are built and published.

`dbt_project/profiles.yml` reads the same variables for the build.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Limit:
    """A variable of the environment, the option of DuckDB that it sets, what holds without it, and an example."""

    variable: str
    option: str
    default: str
    example: str


LIMITS = (
    Limit("MIERUKA_MEMORY_LIMIT", "memory_limit", "2GiB", "10GiB"),
    Limit("MIERUKA_TEMP_LIMIT", "max_temp_directory_size", "20GiB", "60GiB"),
    Limit("MIERUKA_THREADS", "threads", "2", "2"),
)
_TARGET, _LIMITED = "MIERUKA_DBT_TARGET", "limited"


def duckdb_limits(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the options of DuckDB for work on a whole database; none where no limits were asked for."""
    if environment.get(_TARGET) != _LIMITED:
        return {}
    return {limit.option: environment.get(limit.variable) or limit.default for limit in LIMITS}

"""Limits of the environment: one that DuckDB cannot use is refused by the name of its variable."""

from __future__ import annotations

import pytest

from assets.dbt_runner import check_limits
from assets.parsed_project import DbtBuildError


def test_limits_that_can_be_used_pass() -> None:
    check_limits({})
    check_limits(
        {
            "MIERUKA_MEMORY_LIMIT": "512MB", "MIERUKA_TEMP_LIMIT": "1GiB",
            "MIERUKA_THREADS": "1", "MIERUKA_ROWS_AT_ONCE": "1000",
        }
    )  # fmt: skip


@pytest.mark.parametrize(
    ("variable", "given"),
    [
        ("MIERUKA_MEMORY_LIMIT", "lots"), ("MIERUKA_TEMP_LIMIT", "10 boxes"), ("MIERUKA_THREADS", "two"),
        ("MIERUKA_ROWS_AT_ONCE", "0"), ("MIERUKA_ROWS_AT_ONCE", "-5"), ("MIERUKA_ROWS_AT_ONCE", "1e6"),
    ],
)  # fmt: skip
def test_a_limit_that_cannot_be_used_is_named(variable: str, given: str) -> None:
    with pytest.raises(DbtBuildError, match=f"{variable}={given}: .*expected"):
        check_limits({variable: given})

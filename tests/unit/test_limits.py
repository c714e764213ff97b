"""Limits of the environment: the same for all work on a whole database; one that cannot be used is named."""

from __future__ import annotations

import jinja2
import pytest
import yaml

from assets.dbt_runner import check_limits
from assets.parsed_project import DbtBuildError
from pipelines.limits import duckdb_limits
from pipelines.settings import DBT_PROJECT_DIR


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


@pytest.mark.parametrize("given", [{}, {"MIERUKA_MEMORY_LIMIT": "5GiB", "MIERUKA_THREADS": "7"}])
def test_the_build_and_what_comes_after_it_have_the_same_limits(given: dict[str, str]) -> None:
    text = (DBT_PROJECT_DIR / "profiles.yml").read_text(encoding="utf-8")
    profile = yaml.safe_load(jinja2.Template(text).render(env_var=given.get))
    built = profile["mieruka"]["outputs"]["limited"]["config_options"]
    limits = duckdb_limits({"MIERUKA_DBT_TARGET": "limited", **given})
    assert limits == {option: built[option] for option in limits}
    assert set(built) - set(limits) == {"preserve_insertion_order"}


def test_without_limits_duckdb_takes_what_it_likes() -> None:
    assert duckdb_limits({"MIERUKA_MEMORY_LIMIT": "5GiB"}) == {}

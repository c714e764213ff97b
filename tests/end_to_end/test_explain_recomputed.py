"""A verdict can be drawn again, by hand as it were, from nothing but what `explain` prints."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from cli.explain import load
from cli.reader import open_published, to_json
from pipelines.settings import Home
from tests.reference import progress_rows
from tests.sql.engine import Case, Figure, Target

Mieruka = Callable[..., subprocess.CompletedProcess[str]]

DAYS = [date(2015, 12, 31), date(2016, 10, 27), date(2017, 12, 31), date(2019, 12, 31), date(2026, 11, 23)]


@pytest.fixture(scope="module")
def warehouse(home: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with open_published(Home(home)) as connection:
        yield connection


def day_of(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def case_of(part: dict[str, Any]) -> tuple[Case, Target]:
    """Return measure, primary target and figures as the printed explanation gives them."""
    measure, verdict = part["measure"], part["verdicts"][0]
    assert verdict["is_primary"]
    is_printed = verdict["baseline_basis"] == "printed"
    target = Target(
        value=None if verdict["target_value"] is None else str(verdict["target_value"]),
        deadline=day_of(verdict["target_date"]),
        baseline=str(verdict["baseline_value"]) if is_printed else None,
        baseline_date=day_of(verdict["baseline_date"]) if is_printed else None,
        kind=verdict["target_type"],
        comparator=verdict["comparator"],
        adopted_on=day_of(verdict["adopted_on"]),
        series=verdict["series_id"] or "none",
    )
    figures = [
        Figure(
            as_of=date.fromisoformat(figure["as_of_date"]),
            value=str(figure["value"]),
            status=figure["observation_status"],
            known_on=None if figure["known_on_basis"] == "not_before" else day_of(figure["known_on"]),
            series=figure["series_id"],
            enters=figure["enters_verdict"],
            area_code=figure["area_code"],
        )
        for figure in part["figures"]
        if figure["enters_verdict"] and figure["body_scope"] == measure["body_scope"]
    ]
    case = Case(
        [target],
        figures,
        measure["direction"],
        non_decreasing=measure["is_non_decreasing"],
        monitor_only=measure["is_monitor_only"],
        unit=measure["unit"],
    )
    return case, target


@pytest.mark.parametrize("day", DAYS, ids=str)
def test_every_verdict_follows_from_what_is_printed(warehouse: duckdb.DuckDBPyConnection, day: date) -> None:
    kpis = [row[0] for row in warehouse.execute("select kpi_id from marts.dim_kpi").fetchall()]
    statuses = set()
    for kpi in kpis:
        printed = json.loads(to_json(load(warehouse, kpi, "000000", day)))
        for part in printed["measures"]:
            case, target = case_of(part)
            again = progress_rows(case, target, day)
            told = part["verdicts"][0]
            mine = again["default"]
            name = part["measure"]["measure_id"]
            assert (told["status"], told["grade"], told["reason_code"]) == (
                mine["status"], mine["grade"], mine["reason_code"],
            ), name  # fmt: skip
            for number in ("progress", "elapsed", "pace", "required_per_year", "projected_value"):
                expected = mine[number]
                assert told[number] == (None if expected is None else pytest.approx(float(expected))), name
            for other in part["beside"]["schemes"]:
                if other["is_primary"] and other["scheme"] != "derived":
                    row = again[other["scheme"]]
                    assert (other["status"], other["grade"]) == (row["status"], row["grade"]), name
            statuses.add(told["status"])
    assert len(statuses) >= 4


def test_the_printed_steps_hold_as_arithmetic(mieruka: Mieruka) -> None:
    text = mieruka("explain", "gov_system_operating_cost", "--as-of", "2019-12-31", "--lang", "en").stdout
    share = re.search(r"p = \((\S+) - (\S+)\) / \((\S+) - (\S+)\) = (\S+)", text)
    time = re.search(r"= (\d+) / (\d+) = (\d\.\d+)", text)
    pace = re.search(r"p / e = (\S+)", text)
    assert share
    assert time
    assert pace
    value, base, goal, start, progress = (float(entry) for entry in share.groups())
    passed, whole, elapsed = (float(entry) for entry in time.groups())
    assert (value - base) / (goal - start) == pytest.approx(progress, abs=1e-6)
    assert passed / whole == pytest.approx(elapsed, abs=1e-6)
    assert progress / elapsed == pytest.approx(float(pace[1]), abs=1e-5)
    assert float(pace[1]) >= 1
    assert "A ahead" in text


def test_everything_beside_the_verdict_is_told(mieruka: Mieruka) -> None:
    text = mieruka("explain", "cloud_municipalities", "--as-of", "2017-12-31", "--lang", "en").stdout
    for words in (
        "! the plan's own wording", "B behind", "published methods", "monotone increasing", "Theil-Sen line",
        "1,062", "no setting known by this day",
    ):  # fmt: skip
        assert words in text, words
    later = mieruka("explain", "cloud_municipalities", "--lang", "ja").stdout
    assert "厳しさ +133.3%" in later

"""Replays of the published warehouse: each day with what was known on it, by command and by SQL alike."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest

Mieruka = Callable[..., subprocess.CompletedProcess[str]]

# What the roadmap's measures were on three days: status, letter and the figure that it rests on.
REPLAYS = {
    "cloud_municipalities": [
        ("baseline_only", "N", 550),
        ("ahead", "A", 948),
        ("achieved", "A", 1013),
    ],
    "facility_plan_adopted": [
        ("far_behind", "B", 6.3),
        ("missed", "B", 98.2102908277),
        ("missed", "B", 98.2102908277),
    ],
    "gov_system_operating_cost": [
        ("baseline_only", "N", 0),
        ("baseline_only", "N", 0),
        ("ahead", "A", -21.4),
    ],
    "konbini_issuance_bodies": [
        ("baseline_only", "N", 250),
        ("ahead", "A", 402),
        ("overdue_no_final_data", "N", 402),
    ],
}
DAYS = ("2016-10-01", "2017-12-31", "2019-12-31")


@pytest.fixture(scope="module")
def warehouse(home: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(home / "published" / "mieruka.duckdb"), read_only=True) as connection:
        yield connection


@pytest.mark.parametrize("measure_id", REPLAYS)
def test_verdicts_change_as_figures_become_known(
    warehouse: duckdb.DuckDBPyConnection, measure_id: str
) -> None:
    found = [
        warehouse.execute(
            "select status, grade, latest_value from marts.kpi_scorecard_as_of(?) where measure_id = ?",
            [day, measure_id],
        ).fetchone()
        for day in DAYS
    ]
    assert [(row[0], row[1], float(row[2])) for row in found if row] == [
        (status, grade, pytest.approx(value)) for status, grade, value in REPLAYS[measure_id]
    ]


def test_no_day_uses_a_figure_known_later(warehouse: duckdb.DuckDBPyConnection) -> None:
    days = warehouse.execute(
        "select distinct known_on from marts.fct_observation join marts.dim_measure using (item_id) "
        "where known_on is not null and known_on <= date '2026-11-23' union select cast(unnest(?) as date)",
        [list(DAYS)],
    ).fetchall()
    assert len(days) > 50
    for (day,) in days:
        late = warehouse.execute(
            """
            select verdict.measure_id, figure.known_on
            from marts.kpi_progress_as_of($day) as verdict
            join marts.fct_observation as figure
                on figure.observation_id in (
                    verdict.observation_id, verdict.baseline_observation_id, verdict.deadline_observation_id
                )
            where figure.known_on > $day
            union all
            select verdict.measure_id, target.known_on
            from marts.kpi_progress_as_of($day) as verdict
            join marts.dim_target as target using (measure_id, target_version)
            where target.known_on > $day and not target.is_primary
            union all
            select item_id, known_on from marts.fct_observation_as_of($day) where known_on > $day
            """,
            {"day": day},
        ).fetchall()
        assert late == [], day


def test_one_verdict_a_measure_area_version_and_scheme_on_every_day(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    for day in DAYS:
        twice = warehouse.execute(
            "select measure_id, area_code, target_version, scheme, count(*) from marts.kpi_progress_as_of(?) "
            "group by all having count(*) > 1",
            [day],
        ).fetchall()
        assert twice == []


def test_the_two_dates_of_a_row_say_the_same_as_the_macro(warehouse: duckdb.DuckDBPyConnection) -> None:
    """For tools that cannot call a table macro."""
    for day in DAYS:
        by_dates = warehouse.execute(
            "select measure_id, area_code, target_version, scheme, status from marts.kpi_progress "
            "where evaluated_on <= $day and (superseded_on is null or superseded_on > $day) order by all",
            {"day": date.fromisoformat(day)},
        ).fetchall()
        by_macro = warehouse.execute(
            "select measure_id, area_code, target_version, scheme, status from marts.kpi_progress_as_of(?) order by all",
            [day],
        ).fetchall()
        assert by_dates == by_macro != []


def test_the_scorecard_of_the_day_of_the_run_is_the_table(warehouse: duckdb.DuckDBPyConnection) -> None:
    table = warehouse.execute("select * from marts.kpi_scorecard order by measure_id").fetchall()
    macro = warehouse.execute(
        "select * from marts.kpi_scorecard_as_of('2026-11-23') order by measure_id"
    ).fetchall()
    assert table == macro


def test_a_vintage_is_latest_until_the_next_is_known(warehouse: duckdb.DuckDBPyConnection) -> None:
    """787 bodies of April 2016 were preliminary in October 2016 and are in the warehouse as such."""
    row = warehouse.execute(
        "select is_latest, observation_status from marts.fct_observation_as_of('2016-12-31') "
        "where item_id = 'cloud_municipalities' and as_of_date = date '2016-04-01' and value = 787"
    ).fetchone()
    assert row == (True, "preliminary")


def test_the_command_replays_the_same(mieruka: Mieruka, warehouse: duckdb.DuckDBPyConnection) -> None:
    for day in DAYS:
        shown = json.loads(mieruka("status", "--as-of", day, "--json").stdout)
        told = {
            measure["measure_id"]: (measure["status"], measure["grade"])
            for kpi in shown["kpis"]
            for measure in kpi["measures"]
        }
        card = warehouse.execute(
            "select measure_id, status, grade from marts.kpi_scorecard_as_of(?)", [day]
        ).fetchall()
        assert told == {measure_id: (status, grade) for measure_id, status, grade in card}


def test_macros_work_under_another_alias_that_is_in_use(home: Path) -> None:
    with duckdb.connect() as connection:
        connection.execute(f"attach '{home / 'published' / 'mieruka.duckdb'}' as anything (read_only)")
        connection.execute("use anything")
        count = connection.execute("select count(*) from marts.kpi_scorecard_as_of('2017-12-31')").fetchone()
        assert count == (34,)

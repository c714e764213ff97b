"""Worked examples of published methods, in the SQL that ships."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.sql.engine import Case, Engine, Figure, Target

BEFORE = date(2014, 1, 1)


def one(target: Target, *figures: Figure, direction: str = "increase") -> Case:
    return Case([target], list(figures), direction)


def test_j1_the_cabinets_own_example_gets_its_letter(engine: Engine) -> None:
    """Capital investment 64.9 (FY2012) -> 69.4 (FY2014), target 70 by FY2015: the government's grade was A."""
    case = one(
        Target(70, date(2016, 3, 31), 64.9, date(2013, 3, 31)),
        Figure(date(2015, 3, 31), 69.4, known_on=date(2015, 4, 1)),
    )
    verdict = engine.latest(case, date(2015, 6, 30))
    assert verdict["grade"] == "A"
    assert verdict["progress"] == pytest.approx(4.5 / 5.1)
    assert verdict["elapsed"] == pytest.approx(730 / 1096)
    assert verdict["status"] == "ahead"


def test_l1_counter_outsourcing_in_real_days(engine: Engine) -> None:
    case = one(
        Target(416, date(2021, 3, 31), 208, date(2014, 10, 1)),
        Figure(date(2017, 10, 1), 300, known_on=date(2017, 10, 1)),
    )
    verdict = engine.latest(case, date(2018, 1, 1))
    assert verdict["progress"] == pytest.approx(0.442308, abs=1e-6)
    assert verdict["elapsed"] == pytest.approx(1096 / 2373)
    assert verdict["elapsed"] == pytest.approx(0.461863, abs=1e-6)
    assert verdict["pace"] == pytest.approx(0.957661, abs=1e-6)
    assert verdict["path_value"] == pytest.approx(304.0674, abs=1e-4)
    assert verdict["projected_value"] == pytest.approx(407.1934, abs=1e-4)
    assert verdict["required_per_year"] / verdict["actual_per_year"] == pytest.approx(1.0822, abs=1e-4)
    assert (verdict["grade"], verdict["status"]) == ("B", "on_track")


def test_l3_a_cut_exactly_on_its_path_is_ahead(engine: Engine) -> None:
    case = one(
        Target(2800, date(2022, 3, 31), 4000, date(2014, 3, 31), comparator="<="),
        Figure(date(2018, 3, 31), 3400, known_on=date(2018, 3, 31)),
        direction="decrease",
    )
    verdict = engine.latest(case, date(2018, 6, 1))
    assert verdict["pace"] == 1.0
    assert (verdict["grade"], verdict["status"]) == ("A", "ahead")
    assert verdict["gap_to_path"] == 0


def test_l4_the_wrong_way_is_reversing(engine: Engine) -> None:
    case = one(
        Target(200, date(2018, 1, 1), 100, date(2014, 1, 1)),
        Figure(date(2016, 1, 1), 95, known_on=date(2016, 1, 1)),
    )
    verdict = engine.latest(case, date(2016, 6, 1))
    assert verdict["progress"] == pytest.approx(-0.05)
    assert verdict["pace"] == pytest.approx(-0.10, abs=1e-3)
    assert (verdict["grade"], verdict["status"]) == ("B", "reversing")
    assert verdict["projected_attainment_date"] is None


def test_l5_a_target_of_zero_needs_no_epsilon(engine: Engine) -> None:
    case = one(
        Target(0, date(2030, 1, 1), 10, date(2015, 1, 1), comparator="<="),
        Figure(date(2020, 1, 1), 8, known_on=date(2020, 1, 1)),
        direction="decrease",
    )
    verdict = engine.latest(case, date(2020, 6, 1))
    assert verdict["progress"] == pytest.approx(0.2)
    assert verdict["elapsed"] == pytest.approx(1 / 3, abs=1e-3)
    assert (verdict["grade"], verdict["status"]) == ("B", "behind")


def test_l6_a_target_equal_to_the_baseline_is_kept_or_lost_without_a_ratio(engine: Engine) -> None:
    target = Target(100, date(2030, 3, 31), 100, date(2015, 3, 31))
    slipped = engine.latest(
        one(target, Figure(date(2020, 3, 31), 95, known_on=date(2020, 4, 1))), date(2020, 6, 1)
    )
    kept = engine.latest(
        one(target, Figure(date(2020, 3, 31), 100, known_on=date(2020, 4, 1))), date(2020, 6, 1)
    )
    assert (slipped["status"], slipped["grade"], slipped["pace"], slipped["progress"]) == (
        "slipped",
        "B",
        None,
        None,
    )
    assert (kept["status"], kept["grade"], kept["pace"]) == ("maintained", "A", None)


@pytest.mark.parametrize(
    ("baseline", "target", "forecast", "progress"), [(4000, 2800, 2880, 0.9333), (1450, 725, 580, 1.2)]
)
def test_l7_a_forecast_is_never_an_observation(
    engine: Engine, baseline: int, target: int, forecast: int, progress: float
) -> None:
    deadline, start = date(2022, 3, 31), date(2014, 3, 31)
    as_forecast = Figure(deadline, forecast, "forecast", date(2017, 12, 21), enters=False)
    case = one(Target(target, deadline, baseline, start, comparator="<="), as_forecast, direction="decrease")
    verdict = engine.latest(case, date(2018, 1, 1))
    assert (verdict["status"], verdict["progress"], verdict["value"]) == ("baseline_only", None, baseline)
    measured = one(
        Target(target, deadline, baseline, start, comparator="<="),
        Figure(date(2022, 3, 31), forecast, "final", date(2022, 4, 1)),
        direction="decrease",
    )
    assert engine.latest(measured)["progress"] == pytest.approx(progress, abs=1e-4)


def test_l8_change_per_year_in_years_of_365_25_days(engine: Engine) -> None:
    case = one(
        Target(1000, date(2021, 3, 31), 550, date(2015, 3, 31)),
        Figure(date(2019, 3, 31), 900, known_on=date(2019, 4, 1)),
    )
    verdict = engine.latest(case, date(2019, 6, 1))
    assert verdict["required_per_year"] == pytest.approx(100 / (731 / 365.25))
    assert verdict["actual_per_year"] == pytest.approx(350 / (1461 / 365.25))


def test_l13_a_survey_on_the_day_after_answers_the_deadline(
    engine: Engine, engine_without_grace: Engine
) -> None:
    case = one(
        Target(1000, date(2018, 3, 31), 550, date(2014, 4, 1)),
        Figure(date(2018, 4, 1), 1005, known_on=date(2018, 6, 1)),
    )
    with_grace = engine.latest(case)
    assert (with_grace["status"], with_grace["grade"], with_grace["reason_code"]) == (
        "achieved",
        "A",
        "MET_AT_DEADLINE",
    )
    assert with_grace["deadline_value"] == 1005
    without = engine_without_grace.latest(case)
    assert (without["status"], without["grade"]) == ("achieved_late", "B")


@pytest.mark.parametrize(("gap", "days"), [(3, 487), (7, 300), (0.3, 501), (9, 731)])
def test_what_is_exactly_on_its_path_arrives_on_the_deadline(engine: Engine, gap: float, days: int) -> None:
    """A third, a seventh of the gap in the same share of the time: no double says so exactly."""
    parts = 3 if gap in (3, 0.3) else int(gap)
    start = date(2014, 4, 1)
    case = one(
        Target(gap, start + timedelta(days=parts * days), 0, start),
        Figure(start + timedelta(days=days), gap / parts, known_on=start + timedelta(days=days)),
    )
    verdict = engine.latest(case, start + timedelta(days=days + 1))
    assert (verdict["status"], verdict["grade"]) == ("ahead", "A")
    assert verdict["projected_attainment_date"] == verdict["target_date"]


def test_without_a_direction_no_side_of_the_path_is_better(engine: Engine) -> None:
    case = one(
        Target(200, date(2018, 1, 1), 100, date(2014, 1, 1)),
        Figure(date(2016, 1, 1), 120, known_on=date(2016, 1, 1)),
        direction="none",
    )
    verdict = engine.latest(case, date(2016, 6, 1))
    assert verdict["path_value"] == pytest.approx(150, abs=0.1)
    assert verdict["gap_to_path"] is None

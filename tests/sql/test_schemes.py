"""Schemes and published methods beside the default, in the SQL that ships: worked examples and traps."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from tests.sql.engine import RUN_DATE, Case, Engine, Figure, Target


def yearly(
    baseline: float,
    value: float,
    target: float,
    years: tuple[int, int, int],
    *,
    direction: str = "increase",
    comparator: str | None = None,
    unit: str = "団体",
) -> Case:
    """A case whose three figures are of three fiscal years' ends, far enough from today to be before its deadline."""
    shift = 2040 - years[2]
    first, now, last = (date(year + shift, 3, 31) for year in years)
    comparator = comparator or (">=" if direction == "increase" else "<=")
    plan = Target(target, last, baseline, first, comparator=comparator)
    return Case([plan], [Figure(now, value, known_on=now)], direction, unit=unit)


def methods(engine: Engine, cases: list[Case], day: date = RUN_DATE) -> list[dict[str, dict[str, Any]]]:
    """Return for each case the row of every method in whole fiscal years."""
    connection = engine.run(cases, [day])
    cursor = connection.execute(
        "select * from marts.scheme_comparison where time_basis = 'fiscal_years' and evaluated_on = ?", [day]
    )
    names = [column[0] for column in cursor.description]
    found: list[dict[str, dict[str, Any]]] = [{} for _ in cases]
    for entry in cursor.fetchall():
        row = dict(zip(names, entry, strict=True))
        found[int(row["measure_id"][1:])][row["scheme"]] = row
    return found


def rows_of(engine: Engine, case: Case, day: date = date(2039, 12, 31)) -> dict[str, dict[str, Any]]:
    return methods(engine, [case], day)[0]


DOUBLING = yearly(208, 300, 416, (2014, 2017, 2020))


class TestIntegerYears:
    """The option for schemes that count fiscal years: other verdicts on the same figures."""

    def test_l2_the_same_figures_are_behind_when_years_are_whole(self, engine: Engine) -> None:
        case = Case(
            [Target(416, date(2021, 3, 31), 208, date(2014, 10, 1))],
            [Figure(date(2017, 10, 1), 300, known_on=date(2017, 10, 1))],
        )
        whole = engine.latest(case, date(2018, 1, 1), "integer_years")
        days = engine.latest(case, date(2018, 1, 1))
        assert whole["pace"] == pytest.approx(0.884615, abs=1e-6)
        assert (whole["status"], days["status"]) == ("behind", "on_track")

    def test_l5_a_target_of_zero(self, engine: Engine) -> None:
        case = yearly(10, 8, 0, (2015, 2020, 2030), direction="decrease")
        verdict = engine.latest(case, date(2039, 12, 31), "integer_years")
        assert verdict["progress"] == pytest.approx(0.2)
        assert verdict["elapsed"] == pytest.approx(1 / 3)
        assert verdict["pace"] == pytest.approx(0.6)
        assert verdict["status"] == "behind"

    def test_l8_change_per_year(self, engine: Engine) -> None:
        verdict = engine.latest(
            yearly(550, 900, 1000, (2014, 2018, 2020)), date(2039, 12, 31), "integer_years"
        )
        assert verdict["required_per_year"] == pytest.approx(50)
        assert verdict["actual_per_year"] == pytest.approx(87.5)
        assert verdict["acceleration_factor"] == pytest.approx(0.5714, abs=1e-4)

    def test_a_figure_of_the_baselines_own_year_has_no_pace(self, engine: Engine) -> None:
        case = Case(
            [Target(416, date(2039, 3, 31), 208, date(2036, 4, 1))],
            [Figure(date(2036, 10, 1), 300, known_on=date(2036, 10, 1))],
        )
        verdict = engine.latest(case, date(2037, 1, 1), "integer_years")
        assert (verdict["elapsed"], verdict["pace"]) == (0, None)
        graded = rows_of(engine, case, date(2037, 1, 1))["linear_graded"]
        assert (graded["class"], graded["reason_code"]) == (None, "SAME_FISCAL_YEAR")


class TestRoadmap2017:
    """The plan's own rule: time passed since the first figure, over the time from the plan's start to the deadline."""

    def test_periods_have_different_origins(self, engine: Engine) -> None:
        target = Target(1000, date(2018, 3, 31), 550, date(2014, 4, 1))
        case = Case([target], [Figure(date(2016, 4, 1), 787, known_on=date(2016, 10, 27))])
        plan = engine.latest(case, date(2016, 12, 1), "roadmap_2017")
        own = engine.latest(case, date(2016, 12, 1))
        assert plan["elapsed"] == pytest.approx(731 / 1005)
        assert own["elapsed"] == pytest.approx(731 / 1460)
        assert (plan["status"], plan["grade"]) == ("behind", "B")
        assert (own["status"], own["grade"]) == ("ahead", "A")
        assert "DIFFERS_FROM_DEFAULT" in plan["flags"]
        assert "DIFFERS_FROM_DEFAULT" not in own["flags"]

    def test_progress_equal_to_the_time_passed_is_an_a(self, engine: Engine) -> None:
        """The wording has both 割合以上 and 上回る; the first is taken."""
        target = Target(1005, date(2018, 3, 31), 0, date(2015, 6, 30))
        case = Case([target], [Figure(date(2016, 4, 1), 276, known_on=date(2016, 5, 1))])
        verdict = engine.latest(case, date(2016, 6, 1), "roadmap_2017")
        assert verdict["progress"] == verdict["elapsed"]
        assert (verdict["status"], verdict["grade"]) == ("ahead", "A")

    def test_a_deadline_before_the_plans_start_gives_no_pace(self, engine: Engine) -> None:
        target = Target(1000, date(2015, 3, 31), 550, date(2014, 4, 1))
        case = Case([target], [Figure(date(2014, 10, 1), 700, known_on=date(2014, 11, 1))])
        verdict = engine.latest(case, date(2015, 1, 1), "roadmap_2017")
        assert (verdict["pace"], verdict["status"], verdict["grade"]) == (None, "baseline_only", "N")
        assert verdict["progress"] == pytest.approx(150 / 450)

    def test_the_deadline_decides_in_both_schemes(self, engine: Engine) -> None:
        target = Target(1000, date(2018, 3, 31), 550, date(2014, 4, 1))
        case = Case([target], [Figure(date(2018, 3, 31), 1013, known_on=date(2018, 3, 30))])
        assert engine.latest(case, scheme="roadmap_2017")["status"] == "achieved"


class TestDerived:
    """A figure computed from others gives a verdict beside, never the measure's own."""

    def test_a_derived_figure_is_judged_by_itself(self, engine: Engine) -> None:
        target = Target(100, date(2020, 4, 1), 0, date(2014, 4, 1), kind="share")
        computed = Figure(date(2019, 4, 1), 62, "derived", known_on=date(2019, 6, 1), enters=False)
        case = Case([target], [computed])
        own = engine.latest(case, date(2019, 12, 1))
        beside = engine.latest(case, date(2019, 12, 1), "derived")
        assert (own["status"], own["value"]) == ("baseline_only", 0)
        assert (beside["status"], beside["value"]) == ("behind", 62)

    def test_it_gives_no_letter_of_a_kpi(self, engine: Engine) -> None:
        target = Target(100, date(2020, 4, 1), 0, date(2014, 4, 1), kind="share")
        case = Case(
            [target], [Figure(date(2019, 4, 1), 62, "derived", known_on=date(2019, 6, 1), enters=False)]
        )
        schemes = engine.run([case]).execute("select distinct scheme from marts.kpi_verdict").fetchall()
        assert ("derived",) not in schemes

    def test_of_another_series_it_is_not_compared(self, engine: Engine) -> None:
        target = Target(100, date(2020, 4, 1), 0, date(2014, 4, 1), kind="share")
        other = Figure(
            date(2019, 4, 1), 62, "derived", known_on=date(2019, 6, 1), enters=False, series="other"
        )
        rows = engine.run([Case([target], [other])]).execute(
            "select * from marts.kpi_progress where scheme = 'derived'"
        )
        assert rows.fetchall() == []


class TestGrowth:
    """Methods built on compound growth."""

    @pytest.mark.parametrize(
        ("case", "ratio", "class_", "score"),
        [
            pytest.param(DOUBLING, 1.0603, "on_track", 3.2879, id="G1"),
            pytest.param(
                yearly(100, 141.4214, 200, (2014, 2017, 2020)), 1.0, "on_track", 2.8572, id="G2"
            ),
            pytest.param(
                yearly(4000, 3400, 2800, (2013, 2017, 2021), direction="decrease"),
                0.9131, "moderate", 2.2364, id="G3",
            ),
            pytest.param(
                yearly(1450, 900, 725, (2012, 2016, 2018), direction="decrease"),
                1.0302, "on_track", 3.0730, id="G4",
            ),
            pytest.param(yearly(100, 95, 200, (2014, 2017, 2020)), -0.1384, "deterioration", -3.0768, id="G5"),
            pytest.param(yearly(100, 100, 200, (2014, 2017, 2020)), 0.0, "limited", -2.5, id="G6"),
            pytest.param(yearly(-10, -5, -2, (2015, 2020, 2030)), 1.2724, "on_track", None, id="G10"),
        ],
    )  # fmt: skip
    def test_statistics_canada(
        self, engine: Engine, case: Case, ratio: float, class_: str, score: float | None
    ) -> None:
        row = rows_of(engine, case)["statcan"]
        assert row["ratio"] == pytest.approx(ratio, abs=1e-4)
        assert row["class"] == class_
        if score is not None:
            assert row["score"] == pytest.approx(score, abs=1e-4)

    @pytest.mark.parametrize("scheme", ["statcan", "eurostat", "unsd_2022"])
    def test_g11_nothing_stands_in_for_a_zero(self, engine: Engine, scheme: str) -> None:
        """Others put .001 (R = .0951) or 1 (R = .3067) in its place: the answer would be theirs, not the data's."""
        row = rows_of(engine, yearly(10, 8, 0, (2015, 2020, 2030), direction="decrease"))[scheme]
        assert (row["ratio"], row["class"], row["reason_code"]) == (None, None, "CAGR_UNDEFINED_NONPOSITIVE")

    def test_g12_a_flat_series_from_zero_is_not_a_deterioration(self, engine: Engine) -> None:
        case = yearly(0, 0, 100, (2015, 2020, 2030))
        verdict = engine.latest(case, date(2039, 12, 31))
        assert (verdict["progress"], verdict["status"]) == (0, "far_behind")
        assert rows_of(engine, case)["statcan"]["reason_code"] == "CAGR_UNDEFINED_NONPOSITIVE"

    @pytest.mark.parametrize(
        ("case", "share", "class_"),
        [
            (yearly(60, 70, 90, (2015, 2022, 2030)), 0.7828, "progress_too_slow"),
            (yearly(50, 52, 100, (2015, 2022, 2030)), 0.0877, "stagnation_or_regression"),
        ],
    )
    def test_g13_progress_chart(self, engine: Engine, case: Case, share: float, class_: str) -> None:
        row = rows_of(engine, case)["unsd_2024"]
        assert row["ratio"] == pytest.approx(share, abs=1e-4)
        assert row["class"] == class_

    def test_progress_chart_takes_a_share_within_one_point_of_its_limit_as_met(self, engine: Engine) -> None:
        near = rows_of(engine, yearly(90, 99, 100, (2015, 2022, 2030), unit="%"))["unsd_2024"]
        far = rows_of(engine, yearly(98.5, 98.9, 100, (2015, 2022, 2030), unit="%"))["unsd_2024"]
        assert (near["class"], far["class"]) == ("met_or_on_track", "progress_too_slow")

    def test_g14_required_growth(self, engine: Engine) -> None:
        row = rows_of(engine, yearly(100, 150, 200, (2010, 2015, 2020)))["statcan"]
        assert row["growth_required"] == pytest.approx(0.071773, abs=1e-6)

    @pytest.mark.parametrize(("ratio", "class_"), [(0.95, "on_track"), (0.5, "fair_progress")])
    def test_a_ratio_on_the_cut_belongs_to_the_better_class(
        self, engine: Engine, ratio: float, class_: str
    ) -> None:
        """A third-party implementation lets ratios on the cut fall through to deterioration."""
        growth = 2 ** (1 / 6) - 1
        value = 100 * (1 + ratio * growth + 1e-12) ** 3
        assert rows_of(engine, yearly(100, value, 200, (2014, 2017, 2020)))["unsd_2022"]["class"] == class_

    def test_a_falling_series_is_reported_as_falling(self, engine: Engine) -> None:
        """A third-party implementation takes the absolute growth and can never say so."""
        row = rows_of(engine, yearly(100, 80, 200, (2014, 2017, 2020)))
        assert row["unsd_2022"]["class"] == "deterioration"
        assert row["eurostat"]["class"] == "movement_away"


class TestLinear:
    """Methods built on straight lines."""

    @pytest.mark.parametrize(
        ("case", "index"),
        [
            (DOUBLING, 4.4231),
            (yearly(1450, 900, 725, (2012, 2016, 2018), direction="decrease"), 7.5862),
            (yearly(100, 95, 200, (2014, 2017, 2020)), -0.5),
            (yearly(0.8, 1.05, 1, (2014, 2017, 2020), comparator="="), 7.5),
        ],
    )
    def test_l9_current_status_index(self, engine: Engine, case: Case, index: float) -> None:
        assert rows_of(engine, case)["escap"]["ratio"] == pytest.approx(index, abs=1e-4)

    def test_l10_sdsn(self, engine: Engine) -> None:
        row = rows_of(engine, yearly(70, 74, 90, (2015, 2020, 2030)))["sdsn"]
        assert row["change_required"] == pytest.approx(1.3333, abs=1e-4)
        assert row["change_actual"] == pytest.approx(0.8)
        assert row["ratio"] == pytest.approx(0.6)
        assert row["class"] == "moderately_improving"

    def test_l11_weather(self, engine: Engine) -> None:
        row = rows_of(engine, DOUBLING)["destatis"]
        assert row["ratio"] == pytest.approx(0.1154, abs=1e-4)
        assert row["class"] == "slightly_cloudy"

    def test_l12_anticipated_gap(self, engine: Engine) -> None:
        row = rows_of(engine, DOUBLING)["escap"]
        assert row["score"] == pytest.approx(11.5385, abs=1e-4)
        assert row["class"] == "accelerate"

    @pytest.mark.parametrize(
        ("value", "class_"), [(120, "steady"), (116, "fair"), (111.8, "needs_improvement")]
    )
    def test_j2_schedule_of_tama(self, engine: Engine, value: float, class_: str) -> None:
        """Year 1 of 5: 1.00, .80 and .59 of what the schedule asks."""
        assert rows_of(engine, yearly(100, value, 200, (2015, 2016, 2020)))["tama"]["class"] == class_

    def test_the_naive_ratio_is_no_verdict(self, engine: Engine) -> None:
        row = rows_of(engine, yearly(208, 208.01, 416, (2014, 2015, 2020)))["naive_ratio"]
        assert row["ratio"] == pytest.approx(0.5, abs=1e-3)
        assert (row["class"], row["is_on_track"], row["reason_code"]) == (None, None, "NOT_A_VERDICT")


def test_disagreement_is_flagged_both_ways(engine: Engine) -> None:
    """Growth asks less early of what rises, and more early of what falls."""
    rising = rows_of(engine, DOUBLING)
    assert (rising["linear_graded"]["class"], rising["linear_graded"]["is_on_track"]) == ("behind", False)
    assert (rising["statcan"]["is_on_track"], rising["statcan"]["differs_from_graded"]) == (True, True)
    falling = rows_of(engine, yearly(4000, 3400, 2800, (2013, 2017, 2021), direction="decrease"))
    assert (falling["linear_graded"]["class"], falling["statcan"]["is_on_track"]) == ("ahead", False)
    assert falling["statcan"]["differs_from_letter"] is True
    agreed = rows_of(engine, yearly(100, 150, 200, (2014, 2017, 2020)))
    assert {row["differs_from_graded"] for name, row in agreed.items() if name != "naive_ratio"} == {False}


def test_a_target_equal_to_the_baseline_divides_by_nothing(engine: Engine) -> None:
    rows = rows_of(engine, yearly(100, 95, 100, (2015, 2020, 2030)))
    assert {row["reason_code"] for row in rows.values()} == {"NO_GAP"}


def test_without_a_direction_no_method_judges(engine: Engine) -> None:
    rows = rows_of(engine, yearly(100, 95, 200, (2015, 2020, 2030), direction="none"))
    assert {row["reason_code"] for row in rows.values()} == {"NO_DIRECTION"}


def test_after_the_deadline_the_deadlines_value_is_judged(engine: Engine) -> None:
    target = Target(200, date(2018, 3, 31), 100, date(2014, 3, 31))
    at = Figure(date(2018, 3, 31), 190, known_on=date(2018, 4, 1))
    later = Figure(date(2019, 3, 31), 250, known_on=date(2019, 4, 1))
    row = rows_of(engine, Case([target], [at, later]), date(2020, 1, 1))["linear_graded"]
    assert (row["ratio"], row["class"]) == (pytest.approx(0.9), "behind")
    without = rows_of(engine, Case([target], [later]), date(2020, 1, 1))["linear_graded"]
    assert (without["class"], without["reason_code"]) == (None, "NO_DEADLINE_VALUE")


class TestTraps:
    """Mistakes of other implementations, so that they do not come back here."""

    def test_a_target_of_zero_is_a_target(self, engine: Engine) -> None:
        """Others take a target of 0 for a missing one, or divide by it."""
        case = yearly(10, 8, 0, (2015, 2020, 2030), direction="decrease")
        assert engine.latest(case, date(2039, 12, 31))["reason_code"] == "PACE"
        rows = rows_of(engine, case)
        assert rows["linear_graded"]["class"] is not None
        assert (rows["naive_ratio"]["ratio"], rows["naive_ratio"]["reason_code"]) == (None, "NOT_A_VERDICT")
        assert (rows["statcan"]["score"], rows["statcan"]["ratio"]) == (None, None)

    def test_a_baseline_of_zero_is_a_baseline(self, engine: Engine) -> None:
        verdict = engine.latest(yearly(0, 40, 100, (2015, 2020, 2030)), date(2039, 12, 31))
        assert (verdict["baseline_basis"], verdict["baseline_value"]) == ("printed", 0)
        assert verdict["progress"] == pytest.approx(0.4)

    def test_the_start_alone_is_no_progress_of_zero(self, engine: Engine) -> None:
        """Others show 0% where nothing but the start is known; 0 is said of a later figure that did not move."""
        target = Target(200, date(2040, 3, 31), 100, date(2030, 3, 31))
        start = engine.latest(Case([target]), date(2035, 1, 1))
        assert (start["status"], start["progress"]) == ("baseline_only", None)
        still = Case([target], [Figure(date(2034, 3, 31), 100, known_on=date(2034, 3, 31))])
        unmoved = engine.latest(still, date(2035, 1, 1))
        assert (unmoved["status"], unmoved["progress"]) == ("far_behind", 0)

    def test_the_year_of_the_deadline_is_the_targets_own(self, engine: Engine) -> None:
        """Others write 2030 into the formula."""
        near, far = (yearly(100, 150, 200, (2014, 2017, year)) for year in (2020, 2026))
        ratios = [rows_of(engine, case)["statcan"]["ratio"] for case in (near, far)]
        assert ratios[1] == pytest.approx(2 * ratios[0], rel=0.05)

    def test_figures_of_one_year_are_told_apart_by_their_days(self, engine: Engine) -> None:
        """Others know whole years only."""
        case = Case(
            [Target(416, date(2039, 3, 31), 208, date(2036, 4, 1))],
            [Figure(date(2036, 10, 1), 300, known_on=date(2036, 10, 1))],
        )
        rows = engine.run([case], [date(2037, 1, 1)]).execute(
            "select time_basis, class from marts.scheme_comparison "
            "where scheme = 'sdsn' and evaluated_on = date '2037-01-01' order by 1"
        )
        assert rows.fetchall() == [("days", "on_track_or_maintaining"), ("fiscal_years", None)]

    def test_a_measure_that_falls_is_not_hidden_in_a_mean(self, engine: Engine) -> None:
        """Others average scores: one series far ahead and one falling read as moderate."""
        rising, falling = (yearly(100, value, 200, (2014, 2017, 2020)) for value in (199, 90))
        day = date(2039, 12, 31)
        cases = [replace(case, kpi="dual") for case in (rising, falling)]
        verdict = engine.run(cases, [day]).execute(
            "select status, grade from marts.kpi_verdict where evaluated_on = ? and scheme = 'default'", [day]
        )
        assert verdict.fetchall() == [("reversing", "B")]

    @pytest.mark.parametrize(
        ("value", "class_"),
        [(147.6, "sun"), (147.5, "slightly_cloudy"), (140, "slightly_cloudy"), (139.9, "cloudy")],
    )
    def test_a_gap_on_the_cut_belongs_where_the_words_say(
        self, engine: Engine, value: float, class_: str
    ) -> None:
        """Half of the time has gone: less than 5% of the way missing is sun, up to 20% slightly cloudy."""
        assert rows_of(engine, yearly(100, value, 200, (2014, 2017, 2020)))["destatis"]["class"] == class_

    def test_a_baseline_beyond_the_target_leaves_no_gap_to_judge(self, engine: Engine) -> None:
        """Going back from 120 to 95 would close the gap to 100 more than in full."""
        rows = rows_of(engine, yearly(120, 95, 100, (2014, 2017, 2020)))
        assert {row["reason_code"] for row in rows.values()} == {"NO_GAP"}

    def test_growth_beyond_any_number_is_null(self, engine: Engine) -> None:
        case = Case(
            [Target(10**6, date(2039, 3, 31), 1, date(2036, 4, 1))],
            [Figure(date(2036, 4, 2), 1000, known_on=date(2036, 4, 2))],
        )
        rows = engine.run([case], [date(2037, 1, 1)]).execute(
            "select distinct growth_actual, ratio, class from marts.scheme_comparison where time_basis = 'days' "
            "and scheme in ('statcan', 'eurostat', 'unsd_2024') and evaluated_on = date '2037-01-01'"
        )
        assert rows.fetchall() == [(None, None, None)]

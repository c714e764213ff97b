"""Trends: change, growth classes, slopes and the Mann-Kendall test, against published examples and scipy."""

from __future__ import annotations

import math
from datetime import date, timedelta

import numpy as np
import pytest
from scipy import stats

from tests.sql.series import Result, Series, SeriesEngine, fiscal_day

S1 = [(fiscal_day(2014 + place), value) for place, value in enumerate((550, 640, 720, 830, 900))]


def growing(rate: float, **options: object) -> Series:
    """A series that grows by `rate` in one fiscal year."""
    return Series([(fiscal_day(2016), 100), (fiscal_day(2017), round(100 * (1 + rate), 6))], **options)  # type: ignore[arg-type]


def of(values: list[float], **options: object) -> Series:
    """A series of one value a fiscal year."""
    return Series([(fiscal_day(2005 + year), value) for year, value in enumerate(values)], **options)  # type: ignore[arg-type]


def test_p5_to_p9_slopes_test_and_growth_of_the_synthetic_series(fiscal_series: SeriesEngine) -> None:
    trend = fiscal_series.run([Series(S1)]).trend()
    assert trend["points"] == 5
    assert trend["theil_sen_slope"] == 88.75
    assert (trend["theil_sen_low"], trend["theil_sen_high"]) == (70, 110)
    assert trend["siegel_slope"] == pytest.approx(88.3333, abs=1e-4)
    assert trend["kendall_s"] == 10
    assert trend["kendall_variance"] == pytest.approx(16.6667, abs=1e-4)
    assert trend["kendall_z"] == pytest.approx(2.2045, abs=1e-4)
    assert trend["kendall_p"] == pytest.approx(0.01667, abs=1e-5)
    assert trend["trend"] == "increasing"
    assert (trend["change"], trend["change_per_year"]) == (350, 87.5)
    assert 900 * (1 + trend["cagr"]) ** 2 == pytest.approx(1151.284, abs=1e-3)


def test_p8_exact_p_of_monotone_series(fiscal_series: SeriesEngine) -> None:
    result = fiscal_series.run([of(list(range(1, length + 1))) for length in range(3, 8)])
    found = [result.trend(number)["kendall_p"] for number in range(5)]
    assert found[0] is None
    assert result.trend(0)["kendall_reason"] == "TOO_FEW_POINTS"
    assert found[1:] == pytest.approx([0.08333, 0.01667, 0.00278, 0.00040], abs=1e-5)
    (three,) = result.rows(
        "select p_two_sided from intermediate.int_kendall_distribution where points = 3 and inversions = 0"
    )
    assert three["p_two_sided"] == pytest.approx(0.33333, abs=1e-5)


def test_g8_statistics_canadas_score_of_a_measure_without_a_target(fiscal_series: SeriesEngine) -> None:
    rates = [0.02, 0.015, 0.01, 0.005, 0.0025, 0, -0.01, -0.02, -0.03]
    result = fiscal_series.run([growing(rate) for rate in rates])
    trends = [result.trend(number) for number in range(len(rates))]
    assert [trend["statcan_score"] for trend in trends] == pytest.approx(
        [5, 2.5, 1.25, 0, -1.25, -2.5, -3.75, -5, -5], abs=1e-9
    )
    assert [trend["statcan_class"] for trend in trends] == [
        "substantial_progress", "substantial_progress", "moderate_progress", "moderate_progress", "limited_progress",
        "limited_progress", "deterioration", "deterioration", "deterioration",
    ]  # fmt: skip


def test_g9_the_factor_for_nearness_to_a_limit(fiscal_series: SeriesEngine) -> None:
    cases = [(50, 100), (90, 100), (100, 100), (8, 5), (6, 5), (10, 5)]
    result = fiscal_series.run([of([first, first], limit=limit) for first, limit in cases])
    found = [result.trend(number)["limit_factor"] for number in range(len(cases))]
    assert found == pytest.approx([0.95393, 0.37362, 0, 0.98289, 0.62870, 1], abs=1e-5)
    at_limit = result.trend(2)
    assert (at_limit["statcan_class"], at_limit["statcan_score"]) == ("substantial_progress", 5)


def test_near_a_limit_less_growth_is_enough(fiscal_series: SeriesEngine) -> None:
    free, bounded = of([90, 90.6]), of([90, 90.6], limit=100)
    result = fiscal_series.run([free, bounded])
    assert result.trend(0)["statcan_class"] == "moderate_progress"
    assert result.trend(1)["statcan_class"] == "substantial_progress"


def test_classes_at_their_edges(fiscal_series: SeriesEngine) -> None:
    expected = [
        (0.06, "significant_progress", "on_track", "clear_improvement"),
        (0.05, "significant_progress", "on_track", "slight_improvement"),
        (0.02, "significant_progress", "on_track", "slight_improvement"),
        (0.01, "significant_progress", "fair_progress", "stable"),
        (0.005, "moderate_progress", "fair_progress", "stable"),
        (0, "moderate_progress", "limited_or_no_progress", "stable"),
        (-0.005, "moderate_movement_away", "limited_or_no_progress", "stable"),
        (-0.01, "significant_movement_away", "limited_or_no_progress", "slight_worsening"),
        (-0.05, "significant_movement_away", "limited_or_no_progress", "clear_worsening"),
    ]
    result = fiscal_series.run([growing(case[0]) for case in expected])
    for number, case in enumerate(expected):
        trend = result.trend(number)
        assert (trend["eurostat_class"], trend["unsd_class"], trend["astat_class"]) == case[1:], case


def test_a_fall_is_progress_where_less_is_better(fiscal_series: SeriesEngine) -> None:
    trend = fiscal_series.run([growing(-0.02, direction="decrease")]).trend()
    assert trend["relative_growth"] == 0.02
    assert trend["statcan_class"] == "substantial_progress"


def test_without_a_direction_nothing_is_called_good_or_bad(fiscal_series: SeriesEngine) -> None:
    trend = fiscal_series.run([of([10, 20, 30, 40, 50], direction="none", limit=100)]).trend()
    classes = (
        "statcan_class",
        "statcan_score",
        "eurostat_class",
        "unsd_class",
        "astat_class",
        "relative_growth",
    )
    assert [trend[name] for name in classes] == [None] * 6
    assert trend["class_reason"] == "NO_DIRECTION"
    assert (trend["cagr"], trend["growth_reason"]) == (pytest.approx(5**0.25 - 1), None)
    assert trend["trend"] == "increasing"
    assert (trend["gap_closing_rate"], trend["gap_closing_reason"]) == (None, "NO_DIRECTION")


def test_growth_is_refused_not_bent(fiscal_series: SeriesEngine) -> None:
    cases: list[tuple[list[float], str]] = [
        ([0, 10], "CAGR_UNDEFINED_NONPOSITIVE"),
        ([10, 0], "CAGR_UNDEFINED_NONPOSITIVE"),
        ([-10, 10], "SIGN_CHANGE"),
        ([10], "TOO_FEW_POINTS"),
        ([], "TOO_FEW_POINTS"),
    ]
    result = fiscal_series.run([of(values) for values, _ in cases])
    for number, (_, reason) in enumerate(cases):
        trend = result.trend(number)
        assert (trend["cagr"], trend["relative_growth"], trend["statcan_class"]) == (None, None, None)
        assert (trend["growth_reason"], trend["class_reason"]) == (reason, reason)


def test_a_series_below_zero_grows_with_its_sign(fiscal_series: SeriesEngine) -> None:
    trend = fiscal_series.run([of([-10, -5])]).trend()
    assert trend["cagr"] == -0.5
    assert trend["relative_growth"] == 0.5


def test_how_fast_the_gap_to_the_limit_closes(fiscal_series: SeriesEngine) -> None:
    cases: list[tuple[list[float], float | None, str, float | None, str | None]] = [
        ([50, 75], 100, "increase", 0.5, None),
        ([50, 100], 100, "increase", 1.0, None),
        ([50, 40], 100, "increase", -0.2, None),
        ([20, 15], 10, "decrease", 0.5, None),
        ([100, 100], 100, "increase", None, "AT_LIMIT"),
        ([50, 120], 100, "increase", None, "BEYOND_LIMIT"),
        ([50, 75], None, "increase", None, "NO_LIMIT"),
    ]
    result = fiscal_series.run([of(case[0], limit=case[1], direction=case[2]) for case in cases])
    for number, (*_, rate, reason) in enumerate(cases):
        trend = result.trend(number)
        assert trend["gap_closing_reason"] == reason
        assert trend["gap_closing_rate"] == (None if rate is None else pytest.approx(rate))


def test_the_word_for_a_trend(fiscal_series: SeriesEngine) -> None:
    cases: list[tuple[list[float], str | None, str | None]] = [
        ([5], None, "TOO_FEW_POINTS"),
        ([1, 2], "monotone_increasing", "TOO_FEW_POINTS"),
        ([1, 2, 3, 4], "monotone_increasing", None),
        ([4, 3, 2, 1], "monotone_decreasing", None),
        ([1, 3, 2, 4], "not_monotone", None),
        ([1, 1, 2, 4], "not_monotone", "TIES"),
        ([7, 7, 7, 7, 7], "unchanged", "TIES"),
        ([1, 2, 3, 4, 5], "increasing", None),
        ([5, 4, 3, 2, 1], "decreasing", None),
        ([1, 2, 3, 5, 4], "no_trend", None),
        ([1, 2, 3, 4, 4], "undetermined", "TIES"),
        (list(range(41)), "undetermined", "TOO_MANY_POINTS"),
    ]
    day = date(1980, 4, 1)
    result = fiscal_series.run(
        [
            Series([(day + timedelta(days=366 * place), value) for place, value in enumerate(values)])
            for values, _, _ in cases
        ]
    )
    for number, (_, word, reason) in enumerate(cases):
        trend = result.trend(number)
        assert (trend["trend"], trend["kendall_reason"]) == (word, reason), number


def test_figures_of_another_series_are_no_points(fiscal_series: SeriesEngine) -> None:
    trend = fiscal_series.run([Series([], other_series=True)]).trend()
    assert (trend["points"], trend["reason_code"]) == (0, "SERIES_BREAK")


def test_a_printed_baseline_is_a_point_and_governs_its_own_day(fiscal_series: SeriesEngine) -> None:
    figures = [(fiscal_day(2014), 562.0), (fiscal_day(2015), 640.0)]
    result = fiscal_series.run(
        [
            Series(figures, baseline=(fiscal_day(2014), 550)),
            Series(figures, baseline=(fiscal_day(2013), 500)),
        ]
    )
    assert (result.trend(0)["points"], result.trend(0)["first_value"]) == (2, 550)
    assert (result.trend(1)["points"], result.trend(1)["first_value"]) == (3, 500)


def test_figures_of_unknown_release_make_a_replay_optimistic(fiscal_series: SeriesEngine) -> None:
    result = fiscal_series.run(
        [
            Series(S1[:2], basis="not_before"),
            Series(S1[:2]),
            Series(S1[:2], basis="not_before", evaluated_on=date(2026, 11, 23)),
        ]
    )
    assert [result.trend(number)["replay_is_optimistic"] for number in range(3)] == [True, False, False]


def random_series(count: int) -> list[list[tuple[date, float]]]:
    """Series of 3 to 12 distinct days, some with ties."""
    numbers = np.random.default_rng(20261123)
    found = []
    for place in range(count):
        length = int(numbers.integers(3, 13))
        days = sorted(numbers.choice(4000, size=length, replace=False).tolist())
        values = numbers.normal(0, 30, length) + np.arange(length) * numbers.normal(0, 12)
        values = np.round(values, 0 if place % 4 == 0 else 6)
        found.append(
            [
                (date(2008, 4, 1) + timedelta(days=day), float(value))
                for day, value in zip(days, values, strict=True)
            ]
        )
    return found


def years(points: list[tuple[date, float]]) -> np.ndarray:
    return np.array([(day - points[0][0]).days / 365.25 for day, _ in points])


@pytest.fixture(scope="module")
def many(series: SeriesEngine) -> tuple[Result, list[list[tuple[date, float]]]]:
    given = random_series(1200)
    return series.run([Series(points, evaluated_on=date(2020, 6, 1)) for points in given]), given


def test_slopes_equal_scipys(many: tuple[Result, list[list[tuple[date, float]]]]) -> None:
    result, given = many
    rows = {row["measure_id"]: row for row in result.rows("select * from marts.kpi_trend")}
    for number, points in enumerate(given):
        row, x = rows[f"m{number}"], years(points)
        y = np.array([value for _, value in points])
        expected = stats.theilslopes(y, x)
        assert row["theil_sen_slope"] == pytest.approx(expected.slope, abs=1e-9)
        assert row["theil_sen_low"] == pytest.approx(expected.low_slope, abs=1e-9)
        assert row["theil_sen_high"] == pytest.approx(expected.high_slope, abs=1e-9)
        assert row["siegel_slope"] == pytest.approx(stats.siegelslopes(y, x).slope, abs=1e-9)


def test_the_exact_p_equals_scipys(many: tuple[Result, list[list[tuple[date, float]]]]) -> None:
    result, given = many
    rows = {row["measure_id"]: row for row in result.rows("select * from marts.kpi_trend")}
    compared = 0
    for number, points in enumerate(given):
        row = rows[f"m{number}"]
        values = [value for _, value in points]
        if len(values) < 4 or len(set(values)) < len(values):
            assert row["kendall_p"] is None
            assert row["kendall_reason"] in {"TIES", "TOO_FEW_POINTS"}
            continue
        expected = stats.kendalltau(range(len(values)), values, method="exact").pvalue
        assert row["kendall_p"] == pytest.approx(expected, rel=1e-9)
        compared += 1
    assert compared > 700


def test_the_whole_distribution_equals_scipys(many: tuple[Result, list[list[tuple[date, float]]]]) -> None:
    result, _ = many
    rows = result.rows("select * from intermediate.int_kendall_distribution where points in (4, 11, 26, 40)")
    assert rows
    for row in rows:
        length = row["points"]
        order: list[int] = []
        left = row["inversions"]
        # A permutation with exactly so many inversions: each value placed before as many as are left.
        for value in range(length):
            step = min(left, value)
            order.insert(len(order) - step, value)
            left -= step
        expected = stats.kendalltau(range(length), order, method="exact").pvalue
        assert row["p_two_sided"] == pytest.approx(expected, rel=1e-9)


def test_kendalls_variance_allows_for_ties(many: tuple[Result, list[list[tuple[date, float]]]]) -> None:
    result, given = many
    rows = {row["measure_id"]: row for row in result.rows("select * from marts.kpi_trend")}
    for number, points in enumerate(given[:300]):
        values = [value for _, value in points]
        length = len(values)
        ties = [values.count(value) for value in set(values)]
        expected = (
            length * (length - 1) * (2 * length + 5) - sum(t * (t - 1) * (2 * t + 5) for t in ties)
        ) / 18
        steps = sum(
            math.copysign(1, values[j] - values[i]) if values[j] != values[i] else 0
            for i in range(length)
            for j in range(i + 1, length)
        )
        assert rows[f"m{number}"]["kendall_variance"] == pytest.approx(expected)
        assert rows[f"m{number}"]["kendall_s"] == steps

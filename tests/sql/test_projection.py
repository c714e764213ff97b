"""Projections: worked examples, the ladder by number of points, guards, and a reading apart from it with numpy and scipy."""

from __future__ import annotations

import math
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import duckdb
import numpy as np
import pytest
from scipy import optimize, stats

from tests.sql.engine import Case, Engine, Figure, Target
from tests.sql.series import TREND_MODELS, Flag, Result, Series, SeriesEngine, build, fiscal_day

S1 = [(fiscal_day(2014 + place), value) for place, value in enumerate((550, 640, 720, 830, 900))]
DEADLINE = fiscal_day(2020)


def synthetic(target: float = 1000, **options: Any) -> Series:
    """The series S1 of the method, known in June 2019, with a target for fiscal 2020."""
    given = {"limit": 1741, "deadline": DEADLINE, "evaluated_on": date(2019, 6, 1), **options}
    return Series(S1, target=target, **given)


@pytest.fixture(scope="module")
def s1(fiscal_series: SeriesEngine) -> Result:
    return fiscal_series.run([synthetic(), synthetic(1050), synthetic(1100)])


def test_p1_p2_ordinary_least_squares_and_its_interval(s1: Result) -> None:
    ols = s1.models()["ols"]
    assert ols["slope_per_year"] == pytest.approx(89.0)
    assert ols["residual_s"] == pytest.approx(9.486833, abs=1e-6)
    assert ols["projected_value"] == pytest.approx(1084.0)
    assert (ols["interval_low"], ols["interval_high"]) == pytest.approx((1058.0016, 1109.9984), abs=1e-4)
    deviation = (ols["interval_high"] - ols["projected_value"]) / stats.t.ppf(0.9, 3)
    assert deviation == pytest.approx(15.874508, abs=1e-6)
    wide = stats.t.ppf(0.975, 3) * deviation
    assert (1084 - wide, 1084 + wide) == pytest.approx((1033.4802, 1134.5198), abs=1e-4)


def test_p3_the_probability_of_attainment(s1: Result) -> None:
    found = [s1.models(number)["ols"]["probability_of_attainment"] for number in range(3)]
    assert found == pytest.approx([0.9934, 0.9392, 0.1939], abs=1e-4)
    words = [s1.models(number)["ols"]["probability_word"] for number in range(3)]
    assert words == ["very_likely", "very_likely", "unlikely"]


def test_p4_the_day_of_attainment(s1: Result) -> None:
    ols = s1.models()["ols"]
    assert 2018 + ols["attainment_years"] == pytest.approx(2019.0562, abs=1e-4)
    assert ols["attainment_date"] == date(2015, 3, 31) + timedelta(days=math.ceil(5.0561797752809 * 365.25))


def test_p5_theil_sen_with_the_joint_intercept(s1: Result) -> None:
    theil_sen = s1.models()["theil_sen"]
    assert theil_sen["slope_per_year"] == 88.75
    assert theil_sen["projected_value"] == pytest.approx(1082.5)
    # The other intercept, from the medians apart, is 720 - 88.75 * 2.
    assert 720 - 88.75 * 2 + 88.75 * 6 == 1075.0
    assert theil_sen["intercept"] == pytest.approx(550)


def test_p9_two_points_and_the_line_of_logarithms(s1: Result) -> None:
    models = s1.models()
    assert models["two_point"]["projected_value"] == pytest.approx(1075)
    assert models["log_line"]["projected_value"] == pytest.approx(1179.512, abs=1e-3)


def test_p10_the_logit_with_a_fixed_limit(s1: Result) -> None:
    logit = s1.models()["logit"]
    assert logit["slope_per_year"] == pytest.approx(0.213026, abs=1e-6)
    assert logit["projected_value"] == pytest.approx(1089.483, abs=1e-3)
    assert (logit["interval_low"], logit["interval_high"]) == pytest.approx((1062.688, 1115.842), abs=1e-3)
    assert logit["probability_of_attainment"] == pytest.approx(0.9937, abs=1e-4)


def test_p11_the_limit_is_never_fitted(s1: Result) -> None:
    """A free limit comes out at 1,362 +- 283 where 1,741 is true: so it is given, and the logit agrees with that fit."""
    x, y = np.arange(5.0), np.array([value for _, value in S1], dtype=float)

    def curve(t: Any, a: float, b: float, limit: float) -> Any:
        return limit / (1 + np.exp(-(a + b * t)))

    fixed, _ = optimize.curve_fit(lambda t, a, b: curve(t, a, b, 1741), x, y, p0=[0, 0.2])
    free, covariance = optimize.curve_fit(curve, x, y, p0=[0, 0.2, 1741], maxfev=20000)
    assert curve(6, *fixed, 1741) == pytest.approx(1089.002, abs=1e-3)
    assert curve(6, *free) == pytest.approx(1050.528, abs=1e-2)
    assert (free[2], math.sqrt(covariance[2][2])) == pytest.approx((1362.3, 283.1), abs=0.1)
    assert s1.models()["logit"]["projected_value"] == pytest.approx(curve(6, *fixed, 1741), abs=0.5)


def flags_of(
    levels: dict[date, int], bodies: dict[str, str], prefecture: str | None = None, **options: Any
) -> list[Flag]:
    """Flags of bodies of which the first so many have adopted on each day."""
    own = [code for code, place in bodies.items() if prefecture in (None, place)]
    return [
        Flag(code, day, int(place < level), **options)
        for day, level in levels.items()
        for place, code in enumerate(own)
    ]


def adoption(
    engine: SeriesEngine, flags: list[Flag], bodies: dict[str, str], **options: Any
) -> dict[str, dict[str, Any]]:
    """Run one adoption and return its projection by area, with the result under `result`."""
    given = {"target": 1000, "deadline": DEADLINE, "evaluated_on": date(2019, 6, 1), "limit": 1741, **options}
    result = engine.run([Series([], measure="cloud_municipalities", **given)], flags, bodies)
    rows = {row["area_code"]: row for row in result.rows("select * from marts.adoption_projection")}
    return {**rows, "result": result}  # type: ignore[dict-item]


def test_p12_hazards_of_one_pooled_group(fiscal_series: SeriesEngine) -> None:
    bodies = {f"b{number:04}": "010006" for number in range(1741)}
    levels = {day: int(value) for day, value in S1}
    found = adoption(fiscal_series, flags_of(levels, bodies), bodies)
    result: Result = found["result"]  # type: ignore[assignment]
    history = result.rows(
        "select * from marts.adoption_history where area_code = '000000' order by as_of_date"
    )
    assert [row["bodies_adopted"] for row in history] == [550, 640, 720, 830, 900]
    assert [row["hazard"] for row in history][1:] == pytest.approx(
        [0.07557, 0.07266, 0.10774, 0.07684], abs=1e-5
    )
    assert history[-1]["survivor_share"] == pytest.approx((1741 - 900) / (1741 - 550))
    nation = found["000000"]
    assert nation["prior_reason"] == "ONE_GROUP"
    assert nation["constant_hazard"] == pytest.approx(0.083313, abs=1e-6)
    assert nation["projected_bodies"] == pytest.approx(1034.295, abs=1e-3)
    hazard = result.models()["hazard"]
    assert (hazard["basis"], hazard["is_selected"]) == ("derived", False)
    assert hazard["projected_value"] == pytest.approx(1034.295, abs=1e-3)
    # 841 bodies left, each staying with the same chance over two years.
    stays = (1 - nation["constant_hazard"]) ** 2
    deviation = math.sqrt(841 * stays * (1 - stays))
    assert hazard["interval_low"] == pytest.approx(1034.295 - 1.2815516 * deviation, abs=1e-3)
    assert hazard["probability_of_attainment"] == pytest.approx(
        stats.norm.sf((1000 - 0.5 - nation["projected_bodies"]) / deviation), abs=1e-9
    )
    assert hazard["attainment_years"] == pytest.approx(
        math.log((1741 - 1000) / 841) / math.log(1 - nation["constant_hazard"])
    )


def test_p13_the_weighted_line(s1: Result) -> None:
    weighted = s1.models()["wls_half_life"]
    assert weighted["slope_per_year"] == pytest.approx(88.4085, abs=1e-4)
    assert weighted["projected_value"] == pytest.approx(1081.863, abs=1e-3)


def test_the_spread_is_that_of_all_models(s1: Result) -> None:
    models = s1.models()
    values = [row["projected_value"] for row in models.values()]
    for row in models.values():
        assert (row["spread_low"], row["spread_high"]) == (min(values), max(values))
    assert max(values) == pytest.approx(1179.512, abs=1e-3)


def years(points: list[tuple[date, float]], day: date | None = None) -> Any:
    """Years from the first point, in real days."""
    if day is not None:
        return (day - points[0][0]).days / 365.25
    return np.array([(entry - points[0][0]).days / 365.25 for entry, _ in points])


def random_series(count: int) -> list[Series]:
    """Series of 2 to 14 points that move by a line, a factor or a share of a limit, with scatter."""
    numbers = np.random.default_rng(41)
    found = []
    for place in range(count):
        length = int(numbers.integers(2, 15))
        x = np.sort(numbers.choice(3000, size=length, replace=False)) / 365.25
        kind = place % 4
        if kind == 0:
            y = 50 + numbers.normal(0, 20) * x + numbers.normal(0, 5, length)
        elif kind == 1:
            y = 20 * np.exp(numbers.normal(0, 0.3) * x + numbers.normal(0, 0.08, length))
        elif kind == 2:
            y = 1000 / (
                1
                + np.exp(
                    -(numbers.normal(-1, 1) + numbers.normal(0.2, 0.4) * x + numbers.normal(0, 0.2, length))
                )
            )
        else:
            y = numbers.normal(0, 40, length)
        points = [
            (date(2010, 4, 1) + timedelta(days=round(day * 365.25)), round(float(value), 3))
            for day, value in zip(x, y, strict=True)
        ]
        ahead = int(numbers.integers(30, 2500))
        comparator = ">=" if place % 3 else "<="
        found.append(
            Series(
                points,
                target=round(
                    points[-1][1] * float(numbers.uniform(0.6, 1.6)) + float(numbers.normal(0, 2)), 2
                ),
                deadline=points[-1][0] + timedelta(days=ahead),
                comparator=comparator,
                direction="increase" if comparator == ">=" else "decrease",
                limit=1000 if kind in (2, 1) else None,
                evaluated_on=points[-1][0] + timedelta(days=1),
            )
        )
    return found


SCALES = {
    "ols": (lambda y, k: y, lambda z, k: z, lambda y, k: np.zeros_like(y)),
    "log_line": (lambda y, k: np.log(y), lambda z, k: np.exp(z), lambda y, k: -np.log(y)),
    "logit": (
        lambda y, k: np.log(y / (k - y)),
        lambda z, k: k / (1 + np.exp(-z)),
        lambda y, k: np.log(k) - np.log(y) - np.log(k - y),
    ),
}


@pytest.fixture(scope="module")
def many(series: SeriesEngine) -> tuple[dict[tuple[str, str], dict[str, Any]], list[Series]]:
    given = random_series(1400)
    result = series.run(given)
    rows = result.rows("select * from marts.kpi_projection")
    return {(row["measure_id"], row["model"]): row for row in rows}, given


def usable(model: str, entry: Series) -> bool:
    values = [value for _, value in entry.points]
    if model == "ols":
        return len(values) >= 3
    if len(values) < 5 or min(values) <= 0:
        return False
    return model == "log_line" or (entry.limit is not None and max(values) < entry.limit)


def test_least_squares_on_each_scale_equal_scipys(
    many: tuple[dict[Any, dict[str, Any]], list[Series]],
) -> None:
    rows, given = many
    compared = {"ols": 0, "log_line": 0, "logit": 0}
    for number, entry in enumerate(given):
        for model, (to_scale, back, stretch) in SCALES.items():
            row = rows.get((f"m{number}", model))
            if not usable(model, entry):
                assert row is None or (row["projected_value"] is None and row["reason_code"])
                continue
            assert row is not None
            compared[model] += 1
            x, y = years(entry.points), np.array([value for _, value in entry.points])
            z, n = to_scale(y, entry.limit), len(entry.points)
            fit = stats.linregress(x, z)
            at = years(entry.points, entry.deadline)
            residual = z - fit.intercept - fit.slope * x
            s = math.sqrt(float(residual @ residual) / (n - 2))
            se = s * math.sqrt(1 + 1 / n + (at - x.mean()) ** 2 / float(((x - x.mean()) ** 2).sum()))
            centre = fit.intercept + fit.slope * at
            assert row["slope_per_year"] == pytest.approx(fit.slope, rel=1e-8, abs=1e-9)
            assert row["intercept"] == pytest.approx(fit.intercept, rel=1e-8, abs=1e-8)
            assert row["residual_s"] == pytest.approx(s, rel=1e-7)
            assert row["projected_value"] == pytest.approx(back(centre, entry.limit), rel=1e-8, abs=1e-8)
            width = stats.t.ppf(0.9, n - 2) * se
            for name, bound in (("interval_low", centre - width), ("interval_high", centre + width)):
                assert row[name] == pytest.approx(back(bound, entry.limit), rel=1e-7, abs=1e-7)
            if n >= 5:
                sigma = math.sqrt(float(residual @ residual) / n)
                likelihood = float(
                    stats.norm.logpdf(residual, 0, sigma).sum() + stretch(y, entry.limit).sum()
                )
                assert row["aicc"] == pytest.approx(6 - 2 * likelihood + 24 / (n - 4), rel=1e-8)
            check_probability(row, entry, model, to_scale, centre, se)
    assert min(compared.values()) > 250


def check_probability(
    row: dict[str, Any], entry: Series, model: str, to_scale: Any, centre: float, se: float
) -> None:
    """The probability is that of Student's t, from five points up and where the scale holds the target."""
    target, n = entry.target, len(entry.points)
    assert target is not None
    if n < 5:
        assert (row["probability_of_attainment"], row["probability_reason"]) == (None, "SHORT_SERIES")
        return
    if model == "log_line" and target <= 0:
        assert row["probability_reason"] == "TARGET_NONPOSITIVE"
        return
    if model == "logit" and not 0 < target < (entry.limit or 0):
        assert row["probability_reason"] == "TARGET_AT_LIMIT"
        return
    t = (float(to_scale(np.float64(target), entry.limit)) - centre) / se
    expected = stats.t.sf(t, n - 2) if entry.comparator == ">=" else stats.t.cdf(t, n - 2)
    assert row["probability_of_attainment"] == pytest.approx(expected, rel=1e-7, abs=1e-12)


def test_the_other_models_equal_numpy_and_scipy(many: tuple[dict[Any, dict[str, Any]], list[Series]]) -> None:
    rows, given = many
    for number, entry in enumerate(given):
        x, y = years(entry.points), np.array([value for _, value in entry.points])
        at, n = years(entry.points, entry.deadline), len(entry.points)
        two = rows[f"m{number}", "two_point"]
        expected = y[0] + (y[-1] - y[0]) / (x[-1] - x[0]) * at
        assert two["projected_value"] == pytest.approx(expected, rel=1e-9, abs=1e-8)
        if n == 2:
            assert rows[f"m{number}", "flat"]["projected_value"] == y[-1]
            continue
        robust = stats.theilslopes(y, x, method="joint")
        assert rows[f"m{number}", "theil_sen"]["projected_value"] == pytest.approx(
            robust.intercept + robust.slope * at, rel=1e-9, abs=1e-8
        )
        if n >= 5:
            weights = 0.5 ** ((x[-1] - x) / 2)
            slope, intercept = np.polyfit(x, y, 1, w=np.sqrt(weights))
            assert rows[f"m{number}", "wls_half_life"]["projected_value"] == pytest.approx(
                intercept + slope * at, rel=1e-7, abs=1e-6
            )


def test_the_gap_closes_at_a_constant_rate(many: tuple[dict[Any, dict[str, Any]], list[Series]]) -> None:
    rows, given = many
    compared = 0
    for number, entry in enumerate(given):
        row = rows[f"m{number}", "gap_closing"]
        first, last = entry.points[0][1], entry.points[-1][1]
        if entry.limit is None or entry.direction == "decrease" or max(first, last) >= entry.limit:
            assert row["projected_value"] is None
            assert row["reason_code"] in {"NO_LIMIT", "BEYOND_LIMIT", "AT_LIMIT"}
            continue
        compared += 1
        span, ahead = years(entry.points)[-1], years(entry.points, entry.deadline) - years(entry.points)[-1]
        rate = 1 - ((entry.limit - last) / (entry.limit - first)) ** (1 / span)
        assert row["rate_per_year"] == pytest.approx(rate, rel=1e-8, abs=1e-12)
        assert row["projected_value"] == pytest.approx(
            entry.limit - (entry.limit - last) * (1 - rate) ** ahead, rel=1e-8
        )
    assert compared > 200


def test_the_chosen_model_is_the_line_unless_another_is_clearly_better(
    many: tuple[dict[Any, dict[str, Any]], list[Series]],
) -> None:
    rows, given = many
    models: dict[str, dict[str, dict[str, Any]]] = {}
    for (measure, model), row in rows.items():
        models.setdefault(measure, {})[model] = row
    chosen = []
    for number, entry in enumerate(given):
        own = models[f"m{number}"]
        (selected,) = [model for model, row in own.items() if row["is_selected"]]
        n = len(entry.points)
        if n < 5:
            assert selected == ("two_point" if n == 2 else "theil_sen")
            continue
        scores = {model: row["aicc"] for model, row in own.items() if row["aicc"] is not None}
        best = min(scores, key=lambda model: scores[model])
        assert selected == ("ols" if scores["ols"] - scores[best] < 2 else best)
        chosen.append(selected)
    assert set(chosen) == {"ols", "log_line", "logit"}


def test_the_ladder_gives_each_number_of_points_its_models(
    many: tuple[dict[Any, dict[str, Any]], list[Series]],
) -> None:
    rows, given = many
    models: dict[int, set[str]] = {}
    for (measure, model), row in rows.items():
        models.setdefault(row["points"], set()).add(model)
        assert row["points"] == len(given[int(measure[1:])].points)
    assert models[2] == {"flat", "two_point", "gap_closing"}
    assert models[3] == models[4] == {"two_point", "gap_closing", "theil_sen", "ols"}
    for count in range(5, 15):
        assert models[count] == {
            "two_point", "gap_closing", "theil_sen", "ols", "log_line", "logit", "wls_half_life"
        }  # fmt: skip
    for row in rows.values():
        assert row["is_short_series"] == (row["points"] in (3, 4))
        if row["points"] < 5:
            assert row["probability_of_attainment"] is None
        if row["points"] == 2:
            assert row["interval_low"] is None


def test_every_missing_number_has_its_reason_and_every_reason_its_missing_number(
    many: tuple[dict[Any, dict[str, Any]], list[Series]],
) -> None:
    rows, _ = many
    pairs = {
        "projected_value": "reason_code",
        "interval_low": "interval_reason",
        "probability_of_attainment": "probability_reason",
        "attainment_date": "horizon_reason",
    }
    for row in rows.values():
        for value, reason in pairs.items():
            assert (row[value] is None) == (row[reason] is not None), (value, row)


def test_a_day_of_attainment_is_where_the_curve_meets_the_target(
    many: tuple[dict[Any, dict[str, Any]], list[Series]],
) -> None:
    rows, given = many
    compared = 0
    for (measure, model), row in rows.items():
        entry = given[int(measure[1:])]
        if row["attainment_date"] is None or model not in {"ols", "theil_sen", "two_point", "log_line"}:
            continue
        compared += 1
        at = years(entry.points)[-1] + row["attainment_years"]
        value = (
            row["intercept"] + row["slope_per_year"] * at
            if model != "log_line"
            else math.exp(row["intercept"] + row["slope_per_year"] * at)
        )
        assert value == pytest.approx(entry.target, rel=1e-6, abs=1e-6)
        span = years(entry.points)[-1]
        assert 0 < row["attainment_years"] <= max(years(entry.points, entry.deadline) - span, 2 * span) + 1e-9
        assert row["attainment_date"] > entry.points[-1][0]
    assert compared > 300


def test_students_t_equals_scipys(series: SeriesEngine) -> None:
    """The distribution function, as the shipped model writes it, at whole degrees of freedom."""
    deviations = np.linspace(-9, 9, 7)
    entries = []
    for length in (*range(5, 20), 25, 40, 62):
        points = [
            (date(2000, 1, 1) + timedelta(days=int(day) * 30), float((day * 7) % 5) + day)
            for day in range(length)
        ]
        entries += [
            Series(points, target=float(length + 2 + 2 * step), deadline=points[-1][0] + timedelta(days=90),
                   evaluated_on=points[-1][0] + timedelta(days=1))
            for step in deviations
        ]  # fmt: skip
    result = series.run(entries)
    rows = {
        row["measure_id"]: row
        for row in result.rows("select * from marts.kpi_projection where model = 'ols'")
    }
    for number, entry in enumerate(entries):
        row = rows[f"m{number}"]
        df = len(entry.points) - 2
        width = (row["interval_high"] - row["projected_value"]) / stats.t.ppf(0.9, df)
        t = ((entry.target or 0) - row["projected_value"]) / width
        assert row["probability_of_attainment"] == pytest.approx(stats.t.sf(t, df), rel=1e-6, abs=1e-12)


def test_quantiles_of_the_interval_equal_scipys(series: SeriesEngine) -> None:
    """The table up to 60 degrees of freedom, and the expansion beyond it."""
    entries = []
    for length in (*range(3, 63), 63, 70, 120, 400):
        points = [
            (date(1990, 1, 1) + timedelta(days=day * 20), float((day * 13) % 7)) for day in range(length)
        ]
        entries.append(
            Series(
                points, target=100, deadline=points[-1][0] + timedelta(days=20), evaluated_on=points[-1][0]
            )
        )
    rows = {
        row["measure_id"]: row
        for row in series.run(entries).rows("select * from marts.kpi_projection where model = 'ols'")
    }
    for number, entry in enumerate(entries):
        row, n = rows[f"m{number}"], len(entry.points)
        x, at = years(entry.points), years(entry.points, entry.deadline)
        se = row["residual_s"] * math.sqrt(1 + 1 / n + (at - x.mean()) ** 2 / ((x - x.mean()) ** 2).sum())
        found = (row["interval_high"] - row["interval_low"]) / (2 * se)
        assert found == pytest.approx(stats.t.ppf(0.9, n - 2), rel=1e-9)


def test_nothing_is_projected_past_the_deadline_across_a_break_or_from_one_point(
    fiscal_series: SeriesEngine,
) -> None:
    cases = [
        (synthetic(evaluated_on=date(2021, 3, 31)), None),
        (synthetic(evaluated_on=date(2021, 4, 1)), "DEADLINE_PAST"),
        (synthetic(series_ends=date(2019, 5, 1)), "SERIES_BREAK"),
        (synthetic(series_ends=date(2019, 8, 1)), None),
        (Series([], target=1, deadline=DEADLINE, other_series=True), "SERIES_BREAK"),
        (Series([], target=1, deadline=DEADLINE), "TOO_FEW_POINTS"),
        (Series(S1[:1], target=1000, deadline=DEADLINE), "TOO_FEW_POINTS"),
        (synthetic(deadline=fiscal_day(2018), evaluated_on=fiscal_day(2018)), "DEADLINE_OBSERVED"),
        (
            Series([(date(2018, 4, 1), 1.0), (date(2019, 3, 1), 2.0)], target=9, deadline=DEADLINE),
            "NO_TIME_SPAN",
        ),
    ]
    result = fiscal_series.run([entry for entry, _ in cases])
    for number, (_, reason) in enumerate(cases):
        models = result.models(number)
        if reason is None:
            assert "none" not in models
            continue
        assert list(models) == ["none"]
        row = models["none"]
        assert row["reason_code"] == reason
        assert (row["projected_value"], row["attainment_date"], row["is_selected"]) == (None, None, False)
        assert row["interval_reason"] == row["probability_reason"] == row["horizon_reason"] == reason


def test_a_target_without_a_deadline_has_no_projected_value(fiscal_series: SeriesEngine) -> None:
    ols = fiscal_series.run([synthetic(deadline=None)]).models()["ols"]
    assert (ols["projected_value"], ols["reason_code"]) == (None, "NO_DEADLINE")
    assert ols["attainment_years"] == pytest.approx(1.0562, abs=1e-4)


def test_measures_without_a_target_level_are_not_projected(fiscal_series: SeriesEngine) -> None:
    assert fiscal_series.run([Series(S1)]).models() == {}


def test_a_day_of_attainment_beyond_the_horizon_is_not_given(fiscal_series: SeriesEngine) -> None:
    """Observed for four years: eight years on, or to the deadline if that is later."""
    cases = [
        (synthetic(900 + 89 * 7), None),
        (synthetic(900 + 89 * 9), "BEYOND_HORIZON"),
        (synthetic(900 + 89 * 9, deadline=fiscal_day(2030)), None),
        (synthetic(880), "ALREADY_MET"),
        (synthetic(500, comparator="<=", direction="decrease"), "NOT_REACHED"),
    ]
    result = fiscal_series.run([entry for entry, _ in cases])
    for number, (_, reason) in enumerate(cases):
        row = result.models(number)["ols"]
        assert row["horizon_reason"] == reason
        assert (row["attainment_date"] is None) == (reason is not None)


def test_a_line_already_past_the_target_says_so(fiscal_series: SeriesEngine) -> None:
    points = [(fiscal_day(2014 + place), value) for place, value in enumerate((0, 10, 20, 30, 30))]
    row = fiscal_series.run([Series(points, target=31, deadline=DEADLINE)]).models()["ols"]
    assert row["intercept"] + 4 * row["slope_per_year"] > 31
    assert row["horizon_reason"] == "MODEL_ALREADY_THERE"


def test_values_beyond_the_limit_are_flagged_not_clipped(fiscal_series: SeriesEngine) -> None:
    points = [(fiscal_day(2014 + place), 60 + 10 * place) for place in range(4)]
    falling = [(fiscal_day(2014 + place), 30 - 10 * place) for place in range(3)]
    result = fiscal_series.run(
        [
            Series(points, target=100, deadline=DEADLINE, limit=100, unit="%"),
            Series(points, target=100, deadline=DEADLINE),
            Series(falling, target=20, deadline=DEADLINE, limit=100, unit="%"),
        ]
    )
    above = result.models(0)["two_point"]
    assert (above["projected_value"], above["is_beyond_limit"]) == (pytest.approx(120), True)
    assert result.models(0)["gap_closing"]["is_beyond_limit"] is False
    assert result.models(1)["two_point"]["is_beyond_limit"] is None
    below = result.models(2)["two_point"]
    assert (below["projected_value"], below["is_beyond_limit"]) == (pytest.approx(-30), True)


def test_a_target_at_the_limit_is_out_of_reach_of_curves_that_only_near_it(
    fiscal_series: SeriesEngine,
) -> None:
    points = [(fiscal_day(2014 + place), value) for place, value in enumerate((40, 55, 71, 80, 88))]
    models = fiscal_series.run([Series(points, target=100, deadline=DEADLINE, limit=100, unit="%")]).models()
    assert models["logit"]["projected_value"] < 100
    assert models["logit"]["probability_reason"] == "TARGET_AT_LIMIT"
    assert models["gap_closing"]["horizon_reason"] == "TARGET_AT_LIMIT"
    assert models["ols"]["probability_of_attainment"] is not None


def test_points_on_a_line_say_nothing_about_their_error(fiscal_series: SeriesEngine) -> None:
    straight = [(fiscal_day(2014 + place), 10.0 + 5 * place) for place in range(5)]
    constant = [(fiscal_day(2014 + place), 0.1) for place in range(5)]
    doubling = [(fiscal_day(2014 + place), 3.0 * 2**place) for place in range(5)]
    result = fiscal_series.run(
        [Series(points, target=60, deadline=DEADLINE) for points in (straight, constant, doubling)]
    )
    for number, selected in enumerate(("ols", "ols", "log_line")):
        row = result.models(number)[selected]
        assert row["is_selected"]
        assert (row["interval_low"], row["interval_reason"]) == (None, "PERFECT_FIT")
        assert (row["probability_of_attainment"], row["probability_reason"]) == (None, "PERFECT_FIT")
        assert (row["residual_s"], row["aicc"]) == (0, None)
    assert result.models(2)["log_line"]["projected_value"] == pytest.approx(3 * 2**6)


def test_less_is_better_mirrors_the_probability(fiscal_series: SeriesEngine) -> None:
    mirrored = [(day, -value) for day, value in S1]
    result = fiscal_series.run(
        [
            synthetic(1050),
            Series(mirrored, target=-1050, deadline=DEADLINE, comparator="<=", direction="decrease",
                   evaluated_on=date(2019, 6, 1)),
        ]
    )  # fmt: skip
    up, down = result.models(0)["ols"], result.models(1)["ols"]
    assert up["probability_of_attainment"] == pytest.approx(down["probability_of_attainment"])
    assert up["attainment_date"] == down["attainment_date"]


def test_real_days_are_the_rule(series: SeriesEngine) -> None:
    points = [(date(2014, 10, 1), 208.0), (date(2017, 10, 1), 300.0)]
    models = series.run([Series(points, target=416, deadline=date(2021, 3, 31))]).models()
    assert models["two_point"]["projected_value"] == pytest.approx(407.1934, abs=1e-4)
    assert (models["flat"]["projected_value"], models["flat"]["spread_low"]) == (300, 300)
    assert models["two_point"]["spread_high"] == pytest.approx(407.1934, abs=1e-4)


def test_the_same_input_gives_the_same_bits(series: SeriesEngine) -> None:
    given = random_series(300)
    first = series.run(given).rows("select * from marts.kpi_projection order by all")
    second = series.run(given).rows("select * from marts.kpi_projection order by all")
    assert first == second


# Adoption


def counted(engine: SeriesEngine, **options: Any) -> tuple[dict[str, dict[str, Any]], dict[str, Any]]:
    """Three prefectures that adopt at different speeds over gaps of one, two and one years."""
    bodies = {f"{place}{number:03}": place for place in ("a", "b", "c") for number in range(100)}
    days = [date(2012, 4, 1), date(2013, 4, 1), date(2015, 4, 1), date(2016, 4, 1)]
    levels = {"a": (10, 20, 40, 50), "b": (0, 2, 5, 6), "c": (30, 60, 90, 95)}
    flags = [
        flag
        for place, counts in levels.items()
        for flag in flags_of(dict(zip(days, counts, strict=True)), bodies, place)
    ]
    given = {"deadline": date(2018, 4, 1), "evaluated_on": date(2016, 6, 1), "target": 200, **options}
    return adoption(engine, flags, bodies, **given), {"levels": levels, "days": days}


def reference(levels: dict[str, tuple[int, ...]], days: list[date], deadline: date) -> dict[str, Any]:
    """The same arithmetic in Python: moments of the rates, then the chance to stay under each posterior."""
    gaps = [(b - a).days / 365.25 for a, b in pairwise(days)]
    adopted, waited = {}, {}
    for place, counts in levels.items():
        new = [b - a for a, b in pairwise(counts)]
        risk = [100 - count for count in counts[:-1]]
        adopted[place] = sum(new)
        waited[place] = sum(
            (r - k) * gap + k * max(gap - 1, 0) / 2 for r, k, gap in zip(risk, new, gaps, strict=True)
        )
    trials = {place: adopted[place] + waited[place] for place in levels}
    total = sum(trials.values())
    p = sum(adopted.values()) / total
    spread = sum(trials[g] * (adopted[g] / trials[g] - p) ** 2 for g in levels)
    groups = len(levels)
    rho = (spread / (p * (1 - p)) - (groups - 1)) / (
        total - sum(v * v for v in trials.values()) / total - (groups - 1)
    )
    a, b = p * (1 - rho) / rho, (1 - p) * (1 - rho) / rho
    ahead = (deadline - days[-1]).days / 365.25
    mean, variance = {}, {}
    for place, counts in levels.items():
        posterior = stats.beta(a + adopted[place], b + waited[place])
        one = posterior.expect(lambda h: (1 - h) ** ahead)
        two = posterior.expect(lambda h: (1 - h) ** (2 * ahead))
        left = 100 - counts[-1]
        mean[place] = counts[-1] + left * (1 - one)
        variance[place] = left * (one - two) + left**2 * (two - one**2)
    return {"a": a, "b": b, "mean": mean, "variance": variance}


def test_prefectures_are_drawn_towards_the_nation_and_add_up_to_it(series: SeriesEngine) -> None:
    found, given = counted(series)
    expected = reference(given["levels"], given["days"], date(2018, 4, 1))
    nation = found["000000"]
    assert nation["prior_a"] == pytest.approx(expected["a"], rel=1e-9)
    assert nation["prior_b"] == pytest.approx(expected["b"], rel=1e-9)
    for place in ("a", "b", "c"):
        assert found[place]["projected_bodies"] == pytest.approx(expected["mean"][place], rel=1e-7)
        assert found[place]["deviation"] ** 2 == pytest.approx(expected["variance"][place], rel=1e-5)
        pooled, own = nation["observed_rate"], found[place]["observed_rate"]
        assert min(pooled, own) < found[place]["hazard"] < max(pooled, own)
    mean, variance = sum(expected["mean"].values()), sum(expected["variance"].values())
    assert nation["projected_bodies"] == pytest.approx(mean, rel=1e-9)
    assert nation["deviation"] == pytest.approx(math.sqrt(variance), rel=1e-6)
    assert nation["interval_high"] == pytest.approx(
        mean + stats.norm.ppf(0.9) * math.sqrt(variance), rel=1e-7
    )
    assert nation["probability_of_attainment"] == pytest.approx(
        stats.norm.sf((199.5 - mean) / math.sqrt(variance)), rel=1e-5
    )
    assert found["a"]["probability_reason"] == "NATIONAL_TARGET"


def test_a_share_is_a_target_for_each_prefecture_too(series: SeriesEngine) -> None:
    found, _ = counted(series, target=95, unit="%", limit=100)
    assert [found[place]["target_bodies"] for place in ("000000", "a", "b", "c")] == [285, 95, 95, 95]
    assert (found["c"]["probability_of_attainment"], found["c"]["horizon_reason"]) == (1.0, "ALREADY_MET")
    assert 0 <= found["b"]["probability_of_attainment"] < 1e-6
    hazard: dict[str, Any] = found["result"].models()["hazard"]  # type: ignore[attr-defined]
    assert hazard["projected_value"] == pytest.approx(100 * found["000000"]["projected_bodies"] / 300)


def test_giving_up_is_counted_apart_and_bodies_unknown_on_a_day_are_left_out(series: SeriesEngine) -> None:
    bodies = dict.fromkeys("uvwxy", "p")
    first, second = date(2015, 4, 1), date(2016, 4, 1)
    flags = [
        Flag("u", first, 1), Flag("u", second, 0),
        Flag("v", first, 0), Flag("v", second, 1),
        Flag("w", first, 0), Flag("w", second, 0),
        Flag("x", first, 0),
        Flag("y", second, 1),
    ]  # fmt: skip
    found = adoption(series, flags, bodies, deadline=date(2018, 4, 1), evaluated_on=date(2016, 6, 1))
    rows = found["result"].rows(  # type: ignore[attr-defined]
        "select * from marts.adoption_history where area_code = '000000' order by as_of_date"
    )
    assert [(row["bodies"], row["bodies_adopted"]) for row in rows] == [(4, 1), (4, 2)]
    assert (rows[1]["at_risk"], rows[1]["newly_adopted"], rows[1]["given_up"]) == (2, 1, 1)
    assert rows[1]["hazard"] == 0.5
    assert rows[0]["hazard_reason"] == "FIRST_DAY"
    assert found["000000"]["given_up"] == 1


def test_a_list_of_adopters_only_tells_of_the_others_too(series: SeriesEngine) -> None:
    bodies = dict.fromkeys("uvwx", "p")
    flags = [
        Flag("u", date(2015, 4, 1), 1, "konbini_issuance_available"),
        Flag("u", date(2016, 4, 1), 1, "konbini_issuance_available"),
        Flag("v", date(2016, 4, 1), 1, "konbini_issuance_available"),
    ]
    result = series.run([Series([], measure="konbini_issuance_bodies")], flags, bodies)
    rows = result.rows("select * from marts.adoption_history where area_code = '000000' order by as_of_date")
    assert [(row["bodies"], row["bodies_adopted"]) for row in rows] == [(4, 1), (4, 2)]
    assert rows[1]["hazard"] == pytest.approx(1 / 3)


def test_adoption_uses_nothing_known_later_and_nothing_of_another_list(series: SeriesEngine) -> None:
    bodies = {f"{number:03}": "p" for number in range(10)}
    known = {date(2014, 4, 1): 1, date(2015, 4, 1): 3}
    flags = flags_of(known, bodies)
    later = flags_of({date(2016, 4, 1): 9}, bodies, known_on=date(2017, 1, 1))
    other = flags_of({date(2013, 4, 1): 8}, bodies, series="older")
    deadline = {"deadline": date(2018, 4, 1), "evaluated_on": date(2016, 6, 1), "target": 5}
    found = adoption(series, flags + later + other, bodies, **deadline)
    assert (found["000000"]["last_date"], found["000000"]["bodies_adopted"]) == (date(2015, 4, 1), 3)
    assert found["000000"]["first_date"] == date(2014, 4, 1)


def test_one_day_or_a_deadline_past_projects_no_adoption(series: SeriesEngine) -> None:
    bodies = {f"{number:03}": "p" for number in range(10)}
    options = {"deadline": date(2018, 4, 1), "evaluated_on": date(2016, 6, 1), "target": 5}
    one = adoption(series, flags_of({date(2015, 4, 1): 3}, bodies), bodies, **options)["000000"]
    assert (one["projected_bodies"], one["reason_code"]) == (None, "TOO_FEW_POINTS")
    two_days = flags_of({date(2014, 4, 1): 1, date(2015, 4, 1): 3}, bodies)
    past = adoption(series, two_days, bodies, **{**options, "evaluated_on": date(2018, 4, 2)})["000000"]
    assert (past["projected_bodies"], past["reason_code"]) == (None, "DEADLINE_PAST")
    still = flags_of({date(2014, 4, 1): 3, date(2015, 4, 1): 3}, bodies)
    none = adoption(series, still, bodies, **options)["000000"]
    assert (none["projected_bodies"], none["probability_reason"]) == (3, "NO_VARIATION")
    assert none["horizon_reason"] == "NOT_REACHED"


# Through the whole chain of models


@pytest.fixture(scope="module")
def chain(engine: Engine) -> duckdb.DuckDBPyConnection:
    """A measure with a target, its doubling and a successor; figures of two series, some known late."""
    own = [
        Figure(date(2014, 4, 1), 550, known_on=date(2014, 10, 1)),
        Figure(date(2015, 4, 1), 728, known_on=date(2015, 10, 1)),
        Figure(date(2016, 4, 1), 787, known_on=date(2016, 10, 27)),
        Figure(date(2017, 4, 1), 948, known_on=date(2017, 10, 10)),
        Figure(date(2018, 3, 31), 1013, known_on=date(2018, 3, 30)),
        Figure(date(2015, 4, 1), 931, series="with_planned", known_on=date(2015, 10, 1)),
        Figure(date(2018, 3, 31), 1500, status="forecast", enters=False, known_on=date(2016, 10, 27)),
    ]
    targets = [
        Target(1000, date(2018, 3, 31), 550, date(2014, 4, 1)),
        Target(1600, date(2024, 3, 31), version="later", primary=False, adopted_on=date(2018, 6, 15)),
    ]
    days = [
        date(2015, 1, 1),
        date(2016, 6, 1),
        date(2017, 1, 1),
        date(2018, 3, 31),
        date(2018, 7, 1),
        date(2025, 1, 1),
    ]
    connection = engine.run([Case(targets, own)], days)
    connection.execute("alter table staging.stg_measure add column limit_value decimal(38, 10)")
    connection.execute("update staging.stg_measure set limit_value = 1741")
    connection.execute(
        "create table staging.stg_series as select 'series' as series_id, null::date as valid_to"
    )
    for table, columns in {
        "intermediate.int_area_today": "area_code varchar, today_code varchar",
        "intermediate.int_sewerage_body": "scope varchar, as_of_date date, area_code varchar, is_applied integer, "
        "body_scope varchar",
    }.items():
        connection.execute(f"create table {table} ({columns})")
    connection.execute("alter table staging.stg_area add column prefecture_code varchar")
    connection.execute("alter table staging.stg_area add column valid_from date")
    for name in TREND_MODELS:
        build(connection, name, engine.sql)
    return connection


def on(connection: duckdb.DuckDBPyConnection, day: date, version: str = "plan") -> dict[str, dict[str, Any]]:
    rows = Result(connection).rows(
        f"select * from marts.kpi_projection where evaluated_on = date '{day}' and target_version = '{version}'"
    )
    return {row["model"]: row for row in rows}


def test_a_projection_uses_only_what_was_known(chain: duckdb.DuckDBPyConnection) -> None:
    assert list(on(chain, date(2015, 1, 1))) == ["none"]
    assert on(chain, date(2016, 6, 1))["two_point"]["last_date"] == date(2015, 4, 1)
    third = on(chain, date(2017, 1, 1))
    assert {row["points"] for row in third.values()} == {3}
    assert third["theil_sen"]["is_selected"]
    latest = chain.execute(
        "select max(as_of_date) from intermediate.int_trend_point where evaluated_on = date '2017-01-01'"
    ).fetchone()
    assert latest == (date(2016, 4, 1),)


def test_no_point_is_a_forecast_or_of_another_series(chain: duckdb.DuckDBPyConnection) -> None:
    values = chain.execute("select distinct value from intermediate.int_trend_point order by 1").fetchall()
    assert values == [(550,), (728,), (787,), (948,), (1013,)]


def test_a_successor_is_projected_beside_the_target_that_is_over(chain: duckdb.DuckDBPyConnection) -> None:
    over = on(chain, date(2018, 7, 1))
    assert list(over) == ["none"]
    assert over["none"]["reason_code"] == "DEADLINE_PAST"
    successor = on(chain, date(2018, 7, 1), "later")
    assert {row["points"] for row in successor.values()} == {5}
    (selected,) = [row for row in successor.values() if row["is_selected"]]
    assert selected["probability_of_attainment"] is not None
    assert on(chain, date(2018, 3, 31), "later") == {}
    assert on(chain, date(2025, 1, 1), "later")["none"]["reason_code"] == "DEADLINE_PAST"


def test_two_points_are_projected_as_the_verdict_projects_them(chain: duckdb.DuckDBPyConnection) -> None:
    (verdict,) = Result(chain).rows(
        "select projected_value, projected_attainment_date from marts.kpi_progress "
        "where evaluated_on = date '2016-06-01' and target_version = 'plan' and scheme = 'default'"
    )
    two = on(chain, date(2016, 6, 1))["two_point"]
    assert two["projected_value"] == pytest.approx(verdict["projected_value"])
    assert two["attainment_date"] == verdict["projected_attainment_date"]

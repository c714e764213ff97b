"""Random cases: the shipped SQL against a reading of the decision table written apart from it, in Python."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.sql.engine import PLAN_START, Case, Engine, Figure, Target

DAY = date(2019, 6, 1)


def _met(value: Fraction, target: Target) -> bool:
    goal = Fraction(str(target.value))
    return {">=": value >= goal, "<=": value <= goal, "=": value == goal}[target.comparator or ""]


def reference(case: Case, day: date) -> tuple[str, str, Fraction | None]:
    """Return status, letter and pace of a level target, step by step as the table reads."""
    target = case.targets[0]
    assert target.deadline is not None
    visible: dict[date, Figure] = {}
    for figure in sorted(
        case.figures,
        key=lambda entry: (entry.status != "final", -(entry.known_on or entry.as_of).toordinal()),
    ):
        if figure.enters and (figure.known_on or figure.as_of) <= day:
            visible.setdefault(figure.as_of, figure)
    figures = [visible[key] for key in sorted(visible)]
    value_of = {figure.as_of: Fraction(str(figure.value)) for figure in figures}
    finals = [figure.as_of for figure in figures if figure.status == "final"]
    if target.baseline is not None:
        base_day, base = target.baseline_date, Fraction(str(target.baseline))
    else:
        early = [entry for entry in finals if entry <= PLAN_START]
        base_day = early[-1] if early else (finals[0] if finals else None)
        base = value_of[base_day] if base_day else None
    after = [figure.as_of for figure in figures if base_day is None or figure.as_of > base_day]
    if base_day is None and not after:
        return "no_data", "N", None
    goal = Fraction(str(target.value))
    usable = base_day is not None and base is not None and base_day < target.deadline and base != goal
    latest_day = after[-1] if after else base_day
    latest = value_of[latest_day] if after else base
    assert latest is not None
    assert latest_day is not None
    pace = None
    if usable and after:
        assert base is not None
        assert base_day is not None
        share = (latest - base) / (goal - base)
        pace = share / Fraction((latest_day - base_day).days, (target.deadline - base_day).days)
    past = day > target.deadline
    at_deadline = _deadline_day(figures, target.deadline)
    kept = target.baseline is not None or (base_day is not None and base_day <= PLAN_START)
    if base is not None and base == goal and kept:
        if past and at_deadline is None:
            return "overdue_no_final_data", "N", None
        judged = value_of[at_deadline] if past and at_deadline else latest
        return ("maintained", "A", None) if _met(judged, target) else ("slipped", "B", None)
    if not past:
        return _before(latest, after, value_of, target, usable, pace)
    return _after(at_deadline, figures, value_of, base, base_day, target, case.non_decreasing, pace)


def _deadline_day(figures: list[Figure], deadline: date) -> date | None:
    for status in ("final", "preliminary"):
        window = [f.as_of for f in figures if f.status == status and 0 <= (deadline - f.as_of).days <= 31]
        if window:
            return window[-1]
        day_after = [f.as_of for f in figures if f.status == status and (f.as_of - deadline).days == 1]
        if day_after:
            return day_after[0]
    return None


def _before(
    latest: Fraction,
    after: list[date],
    value_of: dict[date, Fraction],
    target: Target,
    usable: bool,
    pace: Fraction | None,
) -> tuple[str, str, Fraction | None]:
    if _met(latest, target):
        return "achieved", "A", pace
    if not after or not usable:
        return "baseline_only", "N", pace
    if any(_met(value_of[entry], target) for entry in after[:-1]):
        return "slipped", "B", pace
    assert pace is not None
    for limit, status in (
        (1, "ahead"),
        (Fraction(95, 100), "on_track"),
        (Fraction(60, 100), "behind"),
        (0, "far_behind"),
    ):
        if pace >= limit:
            return status, "A" if status == "ahead" else "B", pace
    return "reversing", "B", pace


def _after(
    at_deadline: date | None,
    figures: list[Figure],
    value_of: dict[date, Fraction],
    base: Fraction | None,
    base_day: date | None,
    target: Target,
    non_decreasing: bool,
    pace: Fraction | None,
) -> tuple[str, str, Fraction | None]:
    assert target.deadline is not None
    limit = at_deadline or target.deadline
    later = [_met(value_of[figure.as_of], target) for figure in figures if figure.as_of > limit]
    if at_deadline is not None:
        if _met(value_of[at_deadline], target):
            return ("achieved_then_slipped" if not all(later) else "achieved"), "A", pace
        return ("achieved_late" if any(later) else "missed"), "B", pace
    before = [figure.as_of for figure in figures if figure.as_of <= target.deadline]
    if before:
        last_met: bool | None = _met(value_of[before[-1]], target)
    else:
        last_met = (
            _met(base, target)
            if base is not None and base_day is not None and base_day <= target.deadline
            else None
        )
    if last_met and all(later):
        return "achieved", "A", pace
    if last_met is False and any(later):
        return "achieved_date_unknown", "N", pace
    if not all(later) and non_decreasing:
        return "missed", "B", pace
    return "overdue_no_final_data", "N", pace


days = st.dates(date(2013, 1, 1), date(2020, 12, 31))
values = st.integers(-20, 140)


@st.composite
def figures(draw: st.DrawFn) -> Figure:
    as_of = draw(days)
    return Figure(
        as_of,
        draw(values),
        draw(st.sampled_from(["final", "final", "preliminary"])),
        draw(st.none() | st.integers(0, 500).map(lambda late: as_of + timedelta(days=late))),
        enters=draw(st.sampled_from([True, True, True, False])),
    )


@st.composite
def cases(draw: st.DrawFn) -> Case:
    increase = draw(st.booleans())
    printed = draw(st.booleans())
    deadline = draw(st.dates(date(2016, 1, 1), date(2020, 12, 31)))
    target = Target(
        draw(values),
        deadline,
        draw(values) if printed else None,
        draw(st.dates(date(2012, 1, 1), date(2015, 12, 31))) if printed else None,
        comparator=draw(st.sampled_from([">=", "<="])),
    )
    near = st.integers(-33, 3).map(lambda offset: deadline + timedelta(days=offset))
    given_figures = draw(
        st.lists(figures(), max_size=6, unique_by=lambda figure: (figure.as_of, figure.status))
    )
    if draw(st.booleans()):
        as_of = draw(near)
        given_figures = [entry for entry in given_figures if entry.as_of != as_of]
        given_figures.append(
            Figure(as_of, draw(values), draw(st.sampled_from(["final", "preliminary"])), as_of)
        )
    return Case([target], given_figures, "increase" if increase else "decrease", draw(st.booleans()))


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.function_scoped_fixture,
        HealthCheck.data_too_large,
    ],
)
@given(st.lists(cases(), min_size=20, max_size=40))
def test_the_sql_agrees_with_the_reference(engine: Engine, batch: list[Case]) -> None:
    connection = engine.run(batch, [DAY])
    found = {
        row[0]: row[1:]
        for row in connection.execute(
            "select measure_id, status, grade, pace from marts.kpi_progress where evaluated_on = ? and is_primary and scheme = 'default'",
            [DAY],
        ).fetchall()
    }
    assert len(found) == len(batch)
    for number, case in enumerate(batch):
        status, letter, pace = reference(case, DAY)
        assert found[f"m{number}"][:2] == (status, letter), case
        shipped = found[f"m{number}"][2]
        assert (shipped is None) == (pace is None), case
        if pace is not None:
            assert abs(shipped - float(pace)) <= 1e-9 * max(1.0, abs(float(pace)))


@settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.function_scoped_fixture,
        HealthCheck.data_too_large,
    ],
)
@given(st.lists(cases(), min_size=10, max_size=20), st.sampled_from([-7, 3, 12]), st.integers(-50, 50))
def test_a_change_of_unit_changes_no_verdict(
    engine: Engine, batch: list[Case], factor: int, offset: int
) -> None:
    """p, e and pace do not depend on the unit: y -> a y + b with any a but 0."""

    def moved(value: float | str | None) -> float | None:
        return None if value is None else float(value) * factor + offset

    def turned(case: Case) -> Case:
        target = case.targets[0]
        flipped = {">=": "<=", "<=": ">="}[target.comparator or ""] if factor < 0 else target.comparator
        new = Target(
            moved(target.value),
            target.deadline,
            moved(target.baseline),
            target.baseline_date,
            comparator=flipped,
        )
        figures_moved = [
            Figure(f.as_of, moved(f.value), f.status, f.known_on, enters=f.enters) for f in case.figures
        ]
        return Case([new], figures_moved, case.direction, case.non_decreasing)

    query = "select status, grade, round(pace, 9) from marts.kpi_progress where evaluated_on = ? and is_primary and scheme = 'default' order by measure_id"
    before = engine.run(batch, [DAY]).execute(query, [DAY]).fetchall()
    after = engine.run([turned(case) for case in batch], [DAY]).execute(query, [DAY]).fetchall()
    assert before == after

"""Cases rich in edges, drawn by Hypothesis: figures on, just before and just after every limit that the rules know."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction
from random import Random

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.reference import fiscal_year, known_from
from tests.sql.engine import FAR_PAST, PLAN_START, RUN_DATE, Case, Figure, Target

DEADLINES = [
    date(2018, 3, 31), date(2017, 3, 31), date(2020, 3, 31), date(2019, 3, 31), date(2018, 4, 1),
    date(2016, 2, 29), date(2017, 12, 31), date(2019, 6, 15), date(2016, 3, 31), date(2015, 6, 30),
    date(2015, 7, 1), date(2021, 3, 31),
]  # fmt: skip
STARTS = [
    date(2014, 4, 1), date(2013, 3, 31), date(2014, 10, 1), date(2015, 3, 31), date(2015, 6, 29), PLAN_START,
    date(2015, 7, 1), date(2016, 3, 31), date(2016, 4, 1), date(2012, 2, 29),
]  # fmt: skip
DAYS = [RUN_DATE, date(2016, 10, 1), date(2017, 12, 31), date(2019, 12, 31)]
FROM_THE_DEADLINE = [-400, -32, -31, -30, -1, 0, 0, 1, 1, 2, 33, 500]
LEADS = [Fraction(number, 100) for number in (100, 95, 60, 0, 130, 80, 30, -20)]
TINY = [Fraction(0), Fraction(0), Fraction(0), Fraction(1, 10**10), Fraction(-1, 10**10), Fraction(1, 100)]
STEPS = [Fraction(1), Fraction(1, 5), Fraction(-1, 2), Fraction(-1), Fraction(2), Fraction(3, 100)]
BASELINES = [Fraction(number) for number in (0, 100, 550, -40, 12)] + [Fraction("12.3456789")]
PREFECTURE = "010006"
COMPARATORS = {1: [">=", ">=", ">=", "=", "<="], -1: ["<=", "<=", "<=", "=", ">="]}


@dataclass(frozen=True)
class Group:
    """Measures of one KPI and the day on which they are judged."""

    cases: tuple[Case, ...]
    day: date


@dataclass(frozen=True)
class Plan:
    """Where a generated target begins and ends, and its step: the change that each unit of time asks for."""

    start: date
    baseline: Fraction
    deadline: date
    goal: Fraction
    step: Fraction
    clock: Callable[[date], int]

    def on_its_way(self, day: date, lead: Fraction) -> Fraction:
        """Return the value of a day at which the pace is `lead`, exactly."""
        return self.baseline + lead * self.step * (self.clock(day) - self.clock(self.start))


def text(value: Fraction) -> str:
    """Return a number as text, exact to the ten decimals that a figure has."""
    scaled = round(value * 10**10)
    return f"{'-' if scaled < 0 else ''}{abs(scaled) // 10**10}.{abs(scaled) % 10**10:010d}"


def plan_of(pick: Random) -> Plan:
    deadline = pick.choice(DEADLINES)
    near = deadline + timedelta(days=pick.randint(-40, 2))
    start = pick.choice(STARTS) if pick.randrange(10) else near
    clock = pick.choice([date.toordinal, date.toordinal, fiscal_year])
    origin = PLAN_START if clock is date.toordinal and not pick.randrange(5) else start
    step, baseline = pick.choice(STEPS), pick.choice(BASELINES)
    goal = baseline + step * (clock(deadline) - clock(origin))
    goal = pick.choice([goal] * 12 + [baseline, Fraction(0), Fraction(100)])
    return Plan(start, baseline, deadline, goal, step, clock)


def as_of_day(pick: Random, plan: Plan) -> date:
    kind = pick.randrange(4)
    if kind == 0:
        return plan.deadline + timedelta(days=pick.choice(FROM_THE_DEADLINE))
    if kind == 1:
        return pick.choice([plan.start, PLAN_START]) + timedelta(days=pick.randint(-1, 1))
    if kind == 2:
        return date(2013, 1, 1) + timedelta(days=pick.randrange(3200))
    return date(pick.randrange(2014, 2021), *pick.choice([(3, 31), (4, 1), (10, 1)]))


def figure_of(pick: Random, plan: Plan, kind: str) -> Figure:
    as_of = as_of_day(pick, plan)
    late = pick.choice([None, None, 0, 1, 30, 30, 200, 600, -1])
    status = pick.choice(
        ["final"] * 6 + ["preliminary"] * 3 + ["derived", "derived", "forecast", "official_claim"]
    )
    figure = Figure(
        as_of,
        None if status == "official_claim" else text(value_of(pick, plan, as_of)),
        status,
        None if late is None else as_of + timedelta(days=late),
        series=pick.choice(["series"] * 7 + ["other"]),
        enters=status in ("final", "preliminary") and pick.randrange(12) > 0,
        area_code=pick.choice(["000000"] * 9 + [PREFECTURE]),
        statistic="share" if kind == "share" else "count",
    )
    if kind == "share" and status != "official_claim" and pick.randrange(3) == 0:
        whole = pick.choice([3, 8, 1788])
        return replace(figure, value=None, numerator=pick.randint(0, whole), denominator=whole)
    return figure


def figure_on_its_way(pick: Random, plan: Plan) -> Figure:
    """Return a figure between baseline and deadline whose pace is at a cut or just beside it."""
    as_of = plan.start + timedelta(days=pick.randint(1, (plan.deadline - plan.start).days))
    value = plan.on_its_way(as_of, pick.choice(LEADS)) + pick.choice(TINY)
    return Figure(as_of, text(value), known_on=as_of + timedelta(days=pick.choice([0, 1, 30])))


def value_of(pick: Random, plan: Plan, as_of: date) -> Fraction:
    kind = pick.randrange(5)
    if kind < 2:
        exact = plan.on_its_way(as_of, pick.choice(LEADS))
        return exact + pick.choice(TINY) if kind else exact
    if kind == 2:
        return plan.goal + pick.choice(TINY)
    return plan.baseline + pick.choice(TINY) if kind == 3 else Fraction(pick.randint(-60, 140))


def target_of(pick: Random, plan: Plan) -> Target:
    kind = pick.choice(
        ["level"] * 14 + ["change", "multiple", "share", "share", "direction_only", "not_set", "none"]
    )
    printed = pick.randrange(3) > 0
    target = Target(
        kind=kind,
        baseline=text(plan.baseline) if printed else None,
        baseline_date=plan.start if printed else None,
        adopted_on=pick.choice([FAR_PAST, FAR_PAST, PLAN_START, date(2017, 12, 21)]),
        applies_to=pick.choice(["nation"] * 11 + ["each_area"]),
    )
    if kind in ("direction_only", "not_set", "none"):
        return target
    return replace(
        target,
        value=text(plan.goal),
        deadline=plan.deadline if pick.randrange(25) else None,
        comparator=pick.choice(COMPARATORS[1 if plan.goal >= plan.baseline else -1]),
    )


def successor_of(pick: Random, plan: Plan, number: int) -> Target:
    """Return a later version of the target, with or without a baseline of its own."""
    printed = pick.random() < 0.5
    return Target(
        text(plan.goal + 200 * plan.step),
        date(2021 + 2 * number, 3, 31) if pick.randrange(10) else None,
        text(plan.goal) if printed else None,
        date(2018, 3, 31) if printed else None,
        comparator=">=" if plan.step > 0 else "<=",
        version=f"later_{number}",
        primary=False,
        adopted_on=pick.choice([date(2018, 6, 15), date(2018, 1, 1), date(2020, 12, 25)]),
        series=pick.choice(["series"] * 4 + ["other"]),
    )


def case_of(pick: Random) -> Case:
    plan = plan_of(pick)
    target = target_of(pick, plan)
    drawn = [figure_of(pick, plan, target.kind) for _ in range(pick.choice([0, 1, 1, 2, 2, 3, 3, 4, 5, 6]))]
    if target.baseline is None and pick.randrange(4):
        statistic = "share" if target.kind == "share" else "count"
        drawn.append(Figure(plan.start, text(plan.baseline), known_on=plan.start, statistic=statistic))
    if pick.randrange(2) and plan.start < plan.deadline:
        drawn.append(figure_on_its_way(pick, plan))
    # Two figures of one day, status and release would leave open which of them stands.
    figures = {
        (figure.as_of, figure.status, known_from(figure), figure.series, figure.area_code): figure
        for figure in drawn
    }
    later = [successor_of(pick, plan, number) for number in range(pick.choice([0, 0, 0, 0, 1, 2]))]
    rises = target.comparator == ">=" if target.comparator in (">=", "<=") else plan.goal > plan.baseline
    direction = "increase" if rises else "decrease"
    other = [] if target.kind == "direction_only" else ["none", "maintain"]
    return Case(
        [target, *later],
        list(figures.values()),
        pick.choice([direction] * 12 + other),
        pick.random() < 0.5,
        unit=pick.choice(["団体", "%"]),
    )


def limits(case: Case) -> list[date]:
    """Return the days around which a verdict of a case changes."""
    days = list(DAYS)
    for target in case.targets:
        days += [day for day in (target.deadline, target.baseline_date, target.adopted_on) if day]
    for figure in case.figures:
        days += [known_from(figure), figure.as_of + timedelta(days=551)]
    return days


def group_of(pick: Random) -> Group:
    cases = [case_of(pick) for _ in range(pick.choice([1, 1, 1, 1, 1, 2, 3]))]
    released = [known_from(figure) for figure in cases[0].figures]
    day = pick.choice(released if released and pick.randrange(3) == 0 else limits(cases[0])) + timedelta(
        days=pick.choice([0, 0, -1, 1, 200])
    )
    if pick.randrange(60) == 0:
        cases = [replace(case, monitor_only=True) for case in cases]
    return Group(tuple(cases), min(max(day, date(2012, 1, 1)), RUN_DATE))


# One draw seeds all choices of a group: thousands of groups in seconds.
groups = st.binary(min_size=8, max_size=8).map(lambda drawn: group_of(Random(drawn)))  # noqa: S311


def collect(number: int, start: int = 0) -> list[Group]:
    """Return groups with at least this many different cases, the same ones in every run."""
    found: list[Group] = []
    seen: set[str] = set()

    def keep(group: Group) -> None:
        if len(seen) >= number:
            return
        texts = {repr((case, group.day)) for case in group.cases}
        if not texts & seen:
            seen.update(texts)
            found.append(group)

    while len(seen) < number:
        drawn = settings(
            max_examples=number - len(seen),
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )(given(groups)(keep))
        seed(start)(drawn)()
        start += 1_000_003
    return found

"""The arithmetic of savings: exact decimals, every amount of a task rounded to the yen once, everything else sums of them.

A saving is the cost before less the cost after, of one full year. What staff time, prices and volumes were after the
change is taken to stay so over the years evaluated.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction

from pipelines.normalize.text import header_key
from pipelines.savings.model import KINDS, Form, Kind, Side, Task

# Enough digits that no product or quotient here is rounded before its last step.
_DIGITS = 80
_YEN = Decimal(1)
_TENTH = Decimal("0.1")
_HUNDREDTH = Decimal("0.01")

# Why there is no number.
ZERO_COST_BEFORE = "ZERO_COST_BEFORE"
VOLUME_MISSING = "VOLUME_MISSING"
ZERO_VOLUME = "ZERO_VOLUME"
UNITS_DIFFER = "UNITS_DIFFER"
TIME_MISSING = "TIME_MISSING"
NO_SAVING = "NO_SAVING"
NOT_WITHIN_HORIZON = "NOT_WITHIN_HORIZON"
NO_DISCOUNT_RATE = "NO_DISCOUNT_RATE"
REASONS = (
    ZERO_COST_BEFORE, VOLUME_MISSING, ZERO_VOLUME, UNITS_DIFFER, TIME_MISSING, NO_SAVING, NOT_WITHIN_HORIZON,
    NO_DISCOUNT_RATE,
)  # fmt: skip


@dataclass(frozen=True)
class Outcome:
    """A number, or why there is none and which tasks are the cause."""

    value: Decimal | None
    reason: str | None = None
    tasks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Cost:
    """The cost of one year in yen, by what it is paid for."""

    staff: int
    running: int
    contract: int

    @property
    def total(self) -> int:
        """Return all of it."""
        return self.staff + self.running + self.contract

    @property
    def payments(self) -> int:
        """Return what is paid to others: all but staff time, which is no payment saved until posts are."""
        return self.running + self.contract

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.staff + other.staff, self.running + other.running, self.contract + other.contract)


@dataclass(frozen=True)
class Year:
    """One fiscal year: months after the start, saving and one-off costs in yen, and both discounted."""

    fiscal_year: int
    months: int
    saving: int
    one_off: int
    discounted_saving: int | None
    discounted_one_off: int | None
    cumulative: int
    discounted_cumulative: int | None


@dataclass(frozen=True)
class BreakEven:
    """The first month from whose end on the cumulative saving is never below zero again, or why there is none."""

    fiscal_year: int | None
    month: int | None
    reason: str | None = None


@dataclass(frozen=True)
class Result:
    """The figures of a task, of a kind or of all; yen, rates in percent."""

    name: str
    kind: Kind | None
    tasks: tuple[Task, ...]
    before: Cost
    after: Cost
    volume_adjusted_saving: Outcome
    saving_rate: Outcome
    payments_saving_rate: Outcome
    one_off: int
    years: tuple[Year, ...]
    break_even: BreakEven
    discounted_break_even: BreakEven
    per_resident_before: Decimal
    per_resident_after: Decimal
    per_transaction_before: Outcome
    per_transaction_after: Outcome
    hours_before: Outcome
    hours_after: Outcome

    @property
    def saving(self) -> int:
        """Return the saving of a full year."""
        return self.before.total - self.after.total

    @property
    def payments_saving(self) -> int:
        """Return the part of the saving that is paid to others no more."""
        return self.before.payments - self.after.payments

    @property
    def cumulative(self) -> int:
        """Return the saving of all years evaluated less the one-off costs."""
        return self.years[-1].cumulative

    @property
    def discounted_cumulative(self) -> int | None:
        """Return the same, discounted."""
        return self.years[-1].discounted_cumulative

    def reaches(self, percent: Decimal, *, payments: bool = False) -> bool | None:
        """Return whether the unrounded rate is at least so many percent; None without a rate."""
        before = self.before.payments if payments else self.before.total
        saving = self.payments_saving if payments else self.saving
        return saving * 100 >= percent * before if before else None


@dataclass(frozen=True)
class Evaluation:
    """All results of a form: by task, by kind in the order of the kinds, and the total."""

    form: Form
    tasks: tuple[Result, ...]
    kinds: tuple[Result, ...]
    total: Result


def yen(value: Decimal) -> int:
    """Return an amount in whole yen, half away from zero (四捨五入)."""
    return int(value.quantize(_YEN, ROUND_HALF_UP))


def cost_of(task: Task, side: Side) -> Cost:
    """Return what a task costs in a year."""
    with localcontext(prec=_DIGITS):
        staff = yen(side.staff * task.staff_rate) if task.staff_rate is not None else 0
    return Cost(staff, side.running, side.contract)


def evaluate(form: Form) -> Evaluation:
    """Return all figures of a form."""
    by_task = {task: _schedule(form, task) for task in form.tasks}

    def result(name: str, kind: Kind | None, tasks: Sequence[Task]) -> Result:
        return _result(form, name, kind, tuple(tasks), [by_task[task] for task in tasks])

    kinds = [
        result(kind, kind, members)
        for kind in KINDS
        if (members := [task for task in form.tasks if task.kind == kind])
    ]
    return Evaluation(
        form,
        tuple(result(task.name, task.kind, [task]) for task in form.tasks),
        tuple(kinds),
        result("total", None, form.tasks),
    )


@dataclass(frozen=True)
class _Flow:
    """What a task saves and costs in one fiscal year, in yen."""

    saving: int
    one_off: int
    discounted_saving: int | None
    discounted_one_off: int | None


def _schedule(form: Form, task: Task) -> dict[int, _Flow]:
    """Return the flows of a task by fiscal year; years before the change hold its one-off costs alone."""
    saving = cost_of(task, task.before).total - cost_of(task, task.after).total
    first = min([form.change_year, *(entry.fiscal_year for entry in task.one_offs)])
    flows = {}
    for year in range(first, form.last_year + 1):
        with localcontext(prec=_DIGITS):
            of_year = yen(Decimal(saving) * _months(form, year) / 12)
        one_off = sum(entry.amount for entry in task.one_offs if entry.fiscal_year == year)
        flows[year] = _Flow(of_year, one_off, _present(form, of_year, year), _present(form, one_off, year))
    return flows


def _months(form: Form, year: int) -> int:
    """Return how many months of a fiscal year lie after the start of the change."""
    if year < form.change_year:
        return 0
    return form.first_months if year == form.change_year else 12


def _present(form: Form, amount: int, year: int) -> int | None:
    """Return an amount in yen of the fiscal year of the change."""
    if form.discount_rate is None:
        return None
    with localcontext(prec=_DIGITS):
        growth = 1 + form.discount_rate / 100
        distance = year - form.change_year
        factor = growth ** abs(distance)
        return yen(Decimal(amount) / factor if distance >= 0 else Decimal(amount) * factor)


def _sum(amounts: Iterable[int | None]) -> int | None:
    known = list(amounts)
    return None if any(amount is None for amount in known) else sum(amount or 0 for amount in known)


def _years(form: Form, flows: Sequence[dict[int, _Flow]]) -> tuple[Year, ...]:
    years: list[Year] = []
    cumulative = 0
    discounted = None if form.discount_rate is None else 0
    for year in range(min(min(flow) for flow in flows), form.last_year + 1):
        found = [flow[year] for flow in flows if year in flow]
        saving, one_off = sum(flow.saving for flow in found), sum(flow.one_off for flow in found)
        cumulative += saving - one_off
        of_saving = _sum(flow.discounted_saving for flow in found)
        of_one_off = _sum(flow.discounted_one_off for flow in found)
        if discounted is not None and of_saving is not None and of_one_off is not None:
            discounted += of_saving - of_one_off
        else:
            of_saving = of_one_off = None
        years.append(
            Year(
                year,
                _months(form, year),
                saving,
                one_off,
                of_saving,
                of_one_off,
                cumulative,
                discounted,
            )
        )
    return tuple(years)


def _break_even(form: Form, saving: int, flows: Sequence[tuple[int, int, int, int]]) -> BreakEven:
    """Return when the cumulative saving is no longer below zero; `flows` are year, months, saving, one-off cost.

    Within a fiscal year the saving comes in evenly by month; one-off costs are paid on its first day.
    """
    if saving <= 0:
        return BreakEven(None, None, NO_SAVING)
    held: tuple[int, int] | None = None
    cumulative = Fraction(0)
    for year, months, of_year, one_off in flows:
        start = cumulative - one_off
        for passed in range(1, months + 1):
            value = start + Fraction(of_year * passed, months)
            if value < 0:
                held = None
            elif held is None:
                held = (year, (2 + 12 - months + passed) % 12 + 1)
        cumulative = start + of_year
    return BreakEven(*held) if held and cumulative >= 0 else BreakEven(None, None, NOT_WITHIN_HORIZON)


def _percent(saving: int, before: int) -> Outcome:
    if not before:
        return Outcome(None, ZERO_COST_BEFORE)
    with localcontext(prec=_DIGITS):
        return Outcome((Decimal(saving) * 100 / before).quantize(_HUNDREDTH, ROUND_HALF_UP))


def _because(reason: str, culprits: Sequence[Task], tasks: Sequence[Task]) -> Outcome:
    """Return that there is no number, and among several tasks of which ones it is."""
    return Outcome(None, reason, tuple(task.name for task in culprits) if len(tasks) > 1 else ())


def _without_volume(tasks: Sequence[Task], *sides: str) -> Outcome | None:
    """Return why the volumes of some tasks cannot be computed with, if they cannot."""
    missing = [task for task in tasks if task.before.volume is None or task.after.volume is None]
    if missing:
        return _because(VOLUME_MISSING, missing, tasks)
    zero = [task for task in tasks if any(not getattr(task, side).volume for side in sides)]
    return _because(ZERO_VOLUME, zero, tasks) if zero else None


def _volume_adjusted(tasks: Sequence[Task]) -> Outcome:
    """Return the cost before at the volume after, less the cost after."""
    if reason := _without_volume(tasks, "before"):
        return reason
    total = 0
    for task in tasks:
        before, volume = cost_of(task, task.before).total, task.before.volume or Decimal(1)
        with localcontext(prec=_DIGITS):
            total += yen(before * (task.after.volume or Decimal(0)) / volume)
        total -= cost_of(task, task.after).total
    return Outcome(Decimal(total))


def _per_transaction(tasks: Sequence[Task], side: str, cost: int) -> Outcome:
    if reason := _without_volume(tasks, side):
        return reason
    if len({header_key(task.volume_unit or "") for task in tasks}) > 1:
        return Outcome(None, UNITS_DIFFER)
    volume = sum((getattr(task, side).volume for task in tasks), Decimal(0))
    with localcontext(prec=_DIGITS):
        return Outcome((cost / volume).quantize(_TENTH, ROUND_HALF_UP))


def _hours(tasks: Sequence[Task], side: str) -> Outcome:
    """Return the hours that the transactions of a year take: minutes of each times the volume."""
    untimed = [task for task in tasks if task.before.minutes is None]
    if untimed:
        return _because(TIME_MISSING, untimed, tasks)
    if reason := _without_volume(tasks):
        return reason
    with localcontext(prec=_DIGITS):
        minutes = sum(
            (getattr(task, side).minutes * getattr(task, side).volume for task in tasks), Decimal(0)
        )
        return Outcome((minutes / 60).quantize(_TENTH, ROUND_HALF_UP))


def _per_resident(form: Form, cost: int) -> Decimal:
    with localcontext(prec=_DIGITS):
        return (Decimal(cost) / form.population).quantize(_TENTH, ROUND_HALF_UP)


def _result(
    form: Form, name: str, kind: Kind | None, tasks: tuple[Task, ...], flows: Sequence[dict[int, _Flow]]
) -> Result:
    before = sum((cost_of(task, task.before) for task in tasks), Cost(0, 0, 0))
    after = sum((cost_of(task, task.after) for task in tasks), Cost(0, 0, 0))
    years = _years(form, flows)
    saving = before.total - after.total
    nominal = [(year.fiscal_year, year.months, year.saving, year.one_off) for year in years]
    present = [
        (year.fiscal_year, year.months, year.discounted_saving or 0, year.discounted_one_off or 0)
        for year in years
    ]
    return Result(
        name=name,
        kind=kind,
        tasks=tasks,
        before=before,
        after=after,
        volume_adjusted_saving=_volume_adjusted(tasks),
        saving_rate=_percent(saving, before.total),
        payments_saving_rate=_percent(before.payments - after.payments, before.payments),
        one_off=sum(year.one_off for year in years),
        years=years,
        break_even=_break_even(form, saving, nominal),
        discounted_break_even=(
            BreakEven(None, None, NO_DISCOUNT_RATE)
            if form.discount_rate is None
            else _break_even(form, saving, present)
        ),
        per_resident_before=_per_resident(form, before.total),
        per_resident_after=_per_resident(form, after.total),
        per_transaction_before=_per_transaction(tasks, "before", before.total),
        per_transaction_after=_per_transaction(tasks, "after", after.total),
        hours_before=_hours(tasks, "before"),
        hours_after=_hours(tasks, "after"),
    )

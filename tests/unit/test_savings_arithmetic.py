"""The arithmetic of savings: examples computed by hand, every reason for no number, and what must always hold."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.savings.arithmetic import (
    NO_DISCOUNT_RATE,
    NO_SAVING,
    NOT_WITHIN_HORIZON,
    TIME_MISSING,
    UNITS_DIFFER,
    VOLUME_MISSING,
    ZERO_COST_BEFORE,
    ZERO_VOLUME,
    BreakEven,
    Result,
    evaluate,
    yen,
)
from pipelines.savings.model import KINDS, Form, OneOff, Side, Task

D = Decimal
COUNTER = Task(
    row=1, name="窓口", kind="outsourcing", evidence="決算書",
    before=Side(staff=D(8000), running=800_000, contract=0, volume=D(30_000), minutes=D(12)),
    after=Side(staff=D(1200), running=600_000, contract=17_000_000, volume=D(27_000), minutes=D("9.5")),
    one_offs=(OneOff(2023, 2_500_000),), staff_unit="hours", staff_rate=D(3350), volume_unit="件",
)  # fmt: skip
CLOUD = Task(
    row=2, name="基幹系", kind="cloud", evidence="契約書",
    before=Side(staff=D("2.5"), running=60_000_000, contract=0),
    after=Side(staff=D(1), running=3_000_000, contract=41_000_000),
    one_offs=(OneOff(2022, 30_000_000),), staff_unit="staff_years", staff_rate=D(7_800_000),
)  # fmt: skip


def form(*tasks: Task, **changes: object) -> Form:
    made = Form(
        area_code="124991", area_name="浜見町", change_year=2023, start_month=10, is_estimate=False, before_year=2022,
        after_year=2024, population=18_234, population_on=date(2024, 1, 1), years=3, discount_rate=D(2), tasks=tasks,
    )  # fmt: skip
    return replace(made, **changes)  # type: ignore[arg-type]


def only(task: Task, **changes: object) -> Result:
    return evaluate(form(task, **changes)).total


def test_counter_as_computed_by_hand() -> None:
    result = only(COUNTER)
    # 8,000 h x 3,350 + 800,000 = 27,600,000; 1,200 h x 3,350 + 600,000 + 17,000,000 = 21,620,000
    assert (result.before.total, result.after.total) == (27_600_000, 21_620_000)
    assert (result.saving, result.payments_saving) == (5_980_000, -16_800_000)
    # 5,980,000 / 27,600,000 = 21.666…%
    assert result.saving_rate.value == D("21.67")
    # 27,600,000 x 27,000 / 30,000 = 24,840,000; less 21,620,000
    assert result.volume_adjusted_saving.value == 3_220_000
    # 27,600,000 / 18,234 = 1,513.65…; 21,620,000 / 18,234 = 1,185.69…
    assert (result.per_resident_before, result.per_resident_after) == (D("1513.7"), D("1185.7"))
    # 27,600,000 / 30,000 = 920; 21,620,000 / 27,000 = 800.74…
    assert (result.per_transaction_before.value, result.per_transaction_after.value) == (D(920), D("800.7"))
    # 12 x 30,000 / 60; 9.5 x 27,000 / 60
    assert (result.hours_before.value, result.hours_after.value) == (D(6000), D(4275))


def test_years_of_the_counter_as_computed_by_hand() -> None:
    first, second, third = only(COUNTER).years
    # Six months from October: 5,980,000 / 2 = 2,990,000, less 2,500,000
    assert (first.fiscal_year, first.months, first.saving, first.one_off) == (2023, 6, 2_990_000, 2_500_000)
    assert (first.cumulative, second.cumulative, third.cumulative) == (490_000, 6_470_000, 12_450_000)
    # 5,980,000 / 1.02 = 5,862,745.098; / 1.0404 = 5,747,789.31
    assert (second.discounted_saving, third.discounted_saving) == (5_862_745, 5_747_789)
    assert third.discounted_cumulative == 490_000 + 5_862_745 + 5_747_789


def test_break_even_of_the_counter_is_its_sixth_month() -> None:
    # 498,333 yen a month from October: 2,491,667 in five months, 2,990,000 in six, against 2,500,000
    assert only(COUNTER).break_even == BreakEven(2023, 3)


def test_cost_paid_before_the_change_is_in_the_cumulative_saving_and_compounded() -> None:
    result = only(CLOUD)
    # 2.5 x 7,800,000 + 60,000,000 = 79,500,000; 7,800,000 + 44,000,000 = 51,800,000
    assert (result.saving, result.years[0].fiscal_year, result.years[0].months) == (27_700_000, 2022, 0)
    assert [year.cumulative for year in result.years] == [-30_000_000, -16_150_000, 11_550_000, 39_250_000]
    # 30,000,000 x 1.02
    assert result.years[0].discounted_one_off == 30_600_000
    # 16,150,000 are missing at the end of 2023; 2,308,333 a month: the 7th month of 2024 is October
    assert result.break_even == BreakEven(2024, 10)
    # 16,750,000 are missing; 27,700,000 / 1.02 / 12 = 2,263,072 a month: the 8th month
    assert result.discounted_break_even == BreakEven(2024, 11)


def test_total_of_unlike_tasks() -> None:
    total = evaluate(form(COUNTER, CLOUD)).total
    assert total.saving == 5_980_000 + 27_700_000
    assert (total.volume_adjusted_saving.reason, total.volume_adjusted_saving.tasks) == (
        VOLUME_MISSING,
        ("基幹系",),
    )
    assert (total.hours_before.reason, total.hours_before.tasks) == (TIME_MISSING, ("基幹系",))
    assert total.one_off == 32_500_000


def test_reaching_a_cut_is_judged_unrounded() -> None:
    # 29.996% shows as 30.00% and does not reach 30%.
    task = replace(
        CLOUD, staff_rate=None, before=Side(D(0), 100_000, 0), after=Side(D(0), 70_004, 0), one_offs=()
    )
    result = only(task)
    assert result.saving_rate.value == D("30.00")
    assert result.reaches(D(30)) is False
    assert only(replace(task, after=Side(D(0), 70_000, 0))).reaches(D(30)) is True


def test_falling_volume_is_no_saving() -> None:
    task = replace(COUNTER, after=replace(COUNTER.before, staff=D(4000), volume=D(10_000)))
    result = only(task)
    assert result.saving == 13_400_000
    # 27,600,000 / 3 = 9,200,000, less 14,200,000
    assert result.volume_adjusted_saving.value == -5_000_000


@pytest.mark.parametrize(
    ("task", "field", "reason"),
    [
        (CLOUD, "volume_adjusted_saving", VOLUME_MISSING),
        (CLOUD, "per_transaction_before", VOLUME_MISSING),
        (CLOUD, "hours_after", TIME_MISSING),
        (replace(CLOUD, before=Side(D(0), 0, 0)), "saving_rate", ZERO_COST_BEFORE),
        (replace(CLOUD, before=Side(D(1), 0, 0)), "payments_saving_rate", ZERO_COST_BEFORE),
        (
            replace(COUNTER, before=replace(COUNTER.before, volume=D(0))),
            "volume_adjusted_saving",
            ZERO_VOLUME,
        ),
        (replace(COUNTER, after=replace(COUNTER.after, volume=D(0))), "per_transaction_after", ZERO_VOLUME),
        (replace(COUNTER, before=replace(COUNTER.before, volume=None)), "hours_before", VOLUME_MISSING),
    ],
)
def test_no_number_has_a_reason(task: Task, field: str, reason: str) -> None:
    outcome = getattr(only(task), field)
    assert (outcome.value, outcome.reason, outcome.tasks) == (None, reason, ())


def test_transactions_of_different_units_are_not_added() -> None:
    other = replace(COUNTER, name="検針", volume_unit="戸")
    assert evaluate(form(COUNTER, other)).total.per_transaction_before.reason == UNITS_DIFFER
    same = replace(COUNTER, name="税証明", volume_unit=" 件")
    assert evaluate(form(COUNTER, same)).total.per_transaction_before.value == D(920)


def test_no_break_even_without_a_saving_or_within_the_years() -> None:
    dearer = replace(CLOUD, before=CLOUD.after, after=CLOUD.before)
    assert only(dearer).break_even == BreakEven(None, None, NO_SAVING)
    assert only(replace(CLOUD, after=CLOUD.before)).break_even == BreakEven(None, None, NO_SAVING)
    assert only(CLOUD, years=1).break_even == BreakEven(None, None, NOT_WITHIN_HORIZON)
    assert only(CLOUD, discount_rate=None).discounted_break_even.reason == NO_DISCOUNT_RATE
    assert only(CLOUD, discount_rate=None).discounted_cumulative is None


def test_break_even_is_the_last_time_the_sum_turns() -> None:
    # Without a cost the first month counts; a penalty in the last year puts it off to where it is made good.
    cheap = replace(CLOUD, one_offs=())
    assert only(cheap).break_even == BreakEven(2023, 10)
    late = replace(CLOUD, one_offs=(OneOff(2025, 50_000_000),))
    # 41,550,000 until then; 8,450,000 missing at 2,308,333 a month: the 4th month
    assert only(late).break_even == BreakEven(2025, 7)
    assert only(replace(CLOUD, one_offs=(OneOff(2025, 80_000_000),))).break_even.reason == NOT_WITHIN_HORIZON


@pytest.mark.parametrize(
    ("month", "months"), [(4, 12), (5, 11), (10, 6), (12, 4), (1, 3), (3, 1)]
)  # fmt: skip
def test_months_of_the_first_fiscal_year(month: int, months: int) -> None:
    assert form(COUNTER, start_month=month).first_months == months
    assert only(replace(COUNTER, one_offs=()), start_month=month).break_even == BreakEven(2023, month)


@pytest.mark.parametrize(("exact", "rounded"), [("0.5", 1), ("-0.5", -1), ("2.5", 3), ("1.49", 1), ("-1.5", -2)])  # fmt: skip
def test_half_a_yen_is_rounded_away_from_zero(exact: str, rounded: int) -> None:
    assert yen(D(exact)) == rounded


# What must always hold.

_AMOUNTS = st.integers(0, 10**9)
_SIDES = st.builds(
    Side,
    staff=st.decimals(0, 50_000, places=2),
    running=_AMOUNTS,
    contract=_AMOUNTS,
    volume=st.none() | st.decimals(0, 10**6, places=1),
)


@st.composite
def _tasks(draw: st.DrawFn, number: int) -> Task:
    return Task(
        row=number, name=f"業務{number}", kind=draw(st.sampled_from(KINDS)), evidence="作り物",
        before=draw(_SIDES), after=draw(_SIDES), staff_unit="hours",
        staff_rate=draw(st.decimals(100, 99_999, places=1)), volume_unit="件",
        one_offs=tuple(draw(st.lists(st.builds(OneOff, st.integers(2015, 2023), _AMOUNTS), max_size=3))),
    )  # fmt: skip


@st.composite
def _forms(draw: st.DrawFn) -> Form:
    tasks = tuple(draw(_tasks(number)) for number in range(draw(st.integers(1, 5))))
    return form(
        *tasks, start_month=draw(st.integers(1, 12)), years=draw(st.integers(1, 30)),
        discount_rate=draw(st.none() | st.decimals(0, 20, places=2)),
    )  # fmt: skip


@given(_forms())
def test_total_is_the_sum_of_the_kinds_and_of_the_tasks(made: Form) -> None:
    found = evaluate(made)
    for parts in (found.tasks, found.kinds):
        for name in ("saving", "payments_saving", "one_off", "cumulative"):
            assert getattr(found.total, name) == sum(getattr(part, name) for part in parts), name
        if made.discount_rate is not None:
            assert found.total.discounted_cumulative == sum(part.discounted_cumulative or 0 for part in parts)
        adjusted = [part.volume_adjusted_saving.value for part in parts]
        if found.total.volume_adjusted_saving.value is not None:
            assert found.total.volume_adjusted_saving.value == sum(value or 0 for value in adjusted)
        else:
            assert None in adjusted


@given(_forms(), st.integers(2, 9))
def test_saving_is_linear_in_prices(made: Form, factor: int) -> None:
    def dearer(side: Side) -> Side:
        return replace(side, running=side.running * factor, contract=side.contract * factor)

    scaled = [
        replace(
            task, before=dearer(task.before), after=dearer(task.after), staff_rate=(task.staff_rate or D(0)) * factor,
            one_offs=tuple(OneOff(entry.fiscal_year, entry.amount * factor) for entry in task.one_offs),
        )
        for task in made.tasks
    ]  # fmt: skip
    one, many = evaluate(made).total, evaluate(replace(made, tasks=tuple(scaled))).total
    # Each task's staff cost is rounded once before and once after the change.
    assert abs(many.saving - factor * one.saving) <= factor * len(made.tasks) * 2
    assert many.payments_saving == factor * one.payments_saving
    assert many.one_off == factor * one.one_off


@given(_forms())
def test_cumulative_saving_is_that_of_the_year_before_and_this_years(made: Form) -> None:
    for result in evaluate(made).tasks:
        before = 0
        for year in result.years:
            assert year.cumulative == before + year.saving - year.one_off
            before = year.cumulative
        assert result.years[-1].fiscal_year == made.last_year
        assert sum(year.months for year in result.years) == 12 * made.years - 12 + made.first_months


@given(_forms())
def test_break_even_agrees_with_the_cumulative_saving(made: Form) -> None:
    for result in evaluate(made).tasks:
        found, years = result.break_even, {year.fiscal_year: year for year in result.years}
        if found.fiscal_year is None:
            assert found.reason == (NO_SAVING if result.saving <= 0 else NOT_WITHIN_HORIZON)
            assert result.saving <= 0 or result.cumulative < 0
            continue
        assert found.month is not None
        assert all(year.cumulative >= 0 for year in result.years if year.fiscal_year >= found.fiscal_year)
        year = years[found.fiscal_year]
        passed = (found.month - 4) % 12 + 1 - (12 - year.months)
        start = year.cumulative - year.saving

        def after(
            months: int, year_saving: int = year.saving, of: int = year.months, start: int = start
        ) -> Fraction:
            return start + Fraction(year_saving * months, of)

        assert after(passed) >= 0
        assert passed == 1 or after(passed - 1) < 0


@given(_forms())
def test_without_interest_discounting_changes_nothing(made: Form) -> None:
    result = evaluate(replace(made, discount_rate=D(0))).total
    assert [year.discounted_cumulative for year in result.years] == [year.cumulative for year in result.years]
    assert result.discounted_break_even == result.break_even


@given(_forms())
def test_equal_volumes_need_no_adjustment(made: Form) -> None:
    tasks = tuple(
        replace(
            task,
            before=replace(task.before, volume=D(7)),
            after=replace(task.after, volume=D(7)),
        )
        for task in made.tasks
    )
    result = evaluate(replace(made, tasks=tasks)).total
    assert result.volume_adjusted_saving.value == result.saving

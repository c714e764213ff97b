"""The shipped SQL against an independent reading of the rules, on ten thousand generated cases run as one batch.

MIERUKA_CASES asks for another number of cases, MIERUKA_SEED for others.
"""

from __future__ import annotations

import os
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import duckdb
import pytest

from tests import reference
from tests.reference import Row
from tests.sql.engine import RUN_DATE, Case, Engine, Figure, Target
from tests.sql.generated import DAYS, Group, collect, limits, text

CASES = int(os.environ.get("MIERUKA_CASES", "10000"))
SEED = int(os.environ.get("MIERUKA_SEED", "0"))
AREAS = ("000000", "010006")
PROGRESS_KEY = ("measure_id", "area_code", "evaluated_on", "target_version", "scheme")
METHOD_KEY = ("measure_id", "area_code", "evaluated_on", "target_version", "scheme", "time_basis")
CUTS_OF_GROWTH = (0.95, 0.6, 0.5, 0.1, 0.0, -0.1)
DECIDED_BY_A_CUT = ("class", "score", "is_on_track", "differs_from_graded", "differs_from_letter")


@dataclass(frozen=True)
class Batch:
    """Cases with the day on which each is judged, and what the SQL made of them."""

    cases: list[Case]
    days: list[date]
    connection: duckdb.DuckDBPyConnection

    def rows(self, table: str, key: tuple[str, ...], where: str = "true") -> dict[tuple[Any, ...], Row]:
        cursor = self.connection.execute(f"select * from marts.{table} where {where}")
        names = [column[0] for column in cursor.description]
        found = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        return {tuple(row[name] for name in key): row for row in found}


def run(engine: Engine, groups: list[Group], *, on_all_days: bool = False) -> Batch:
    """Run all cases at once; those of a group are the measures of one KPI."""
    cases, days = [], []
    for number, group in enumerate(groups):
        cases += [replace(case, kpi=f"k{number}") for case in group.cases]
        days += [group.day] * len(group.cases)
    return Batch(cases, days, engine.run(cases, only_on=None if on_all_days else days))


@pytest.fixture(scope="module")
def groups() -> list[Group]:
    return collect(CASES, SEED)


@pytest.fixture(scope="module")
def batch(engine: Engine, groups: list[Group]) -> Batch:
    return run(engine, groups)


# --- Comparing ----------------------------------------------------------------------------------------------------


def agrees(expected: Any, found: Any, tolerance: float = 1e-9) -> bool:
    if expected is None or found is None or isinstance(expected, bool):
        return expected is found
    if isinstance(expected, set):
        return expected == set(found)
    if isinstance(expected, Fraction | float | int) and isinstance(found, Decimal | float | int):
        return abs(float(expected) - float(found)) <= tolerance * max(1.0, abs(float(expected)))
    return bool(expected == found)


def differing(expected: Row, found: Row) -> list[str]:
    """Return the columns in which two rows differ."""
    return [name for name, value in expected.items() if not agrees(value, found[name])]


def differing_by_method(expected: Row, found: Row) -> list[str]:
    """Return the columns in which two rows of a method differ, growth rates being as exact as doubles are."""
    required = expected["growth_required"]
    by_growth = required and expected["ratio"] is not None and isinstance(expected["ratio"], float)
    tolerance = 1e-9 + (1e-14 / abs(required) if by_growth else 0)
    wrong = [name for name, value in expected.items() if not agrees(value, found[name], tolerance)]
    if by_growth and any(abs(expected["ratio"] - cut) < 1e-9 + tolerance for cut in CUTS_OF_GROWTH):
        return [name for name in wrong if name not in DECIDED_BY_A_CUT]
    return wrong


@dataclass
class Differences:
    """Where the SQL and the reference part: a count for each column and the first cases in full."""

    counts: Counter[str]
    first: list[str]
    compared: int = 0

    def compare(
        self,
        key: tuple[Any, ...],
        case: Case,
        expected: Row | None,
        found: Row | None,
        by: Callable[[Row, Row], list[str]] = differing,
    ) -> None:
        self.compared += 1
        if expected is None or found is None:
            wrong = [] if expected is found else ["row is missing" if found is None else "row too many"]
        else:
            wrong = by(expected, found)
        self.counts.update(f"{key[-1]}: {name}" for name in wrong)
        if wrong and len(self.first) < 3:
            self.first.append(described(key, case, wrong, expected or {}, found or {}))

    def none(self) -> None:
        assert not self.counts, "\n\n".join(
            [f"{self.compared} rows compared; differing: {dict(self.counts)}", *self.first]
        )


def described(key: tuple[Any, ...], case: Case, wrong: list[str], expected: Row, found: Row) -> str:
    """Return a case and what both made of it, to be read by people."""
    lines = [
        " ".join(str(part) for part in key),
        f"  {case.direction}, non-decreasing {case.non_decreasing}, monitored only {case.monitor_only}, unit {case.unit}",
    ]
    lines += [f"  {target}" for target in case.targets]
    for figure in sorted(case.figures, key=lambda entry: entry.as_of):
        value = figure.value if figure.value is not None else f"{figure.numerator}/{figure.denominator}"
        lines.append(
            f"  {figure.as_of} {value} {figure.status} known {figure.known_on} {figure.series} {figure.area_code}"
            f"{'' if figure.enters else ' excluded'}"
        )
    for name in wrong:
        value = expected.get(name)
        shown = float(value) if isinstance(value, Fraction) else value
        lines.append(f"  {name}: reference {shown}, SQL {found.get(name)}")
    lines.append(f"  SQL {found.get('status')} {found.get('reason_code')} {found.get('value')}")
    return "\n".join(lines)


def areas_of(case: Case) -> list[str]:
    held = {figure.area_code for figure in case.figures}
    return [area for area in AREAS if area == "000000" or area in held]


# --- The batch ----------------------------------------------------------------------------------------------------


def test_every_row_of_kpi_progress_agrees(batch: Batch) -> None:
    shipped = batch.rows("kpi_progress", PROGRESS_KEY)
    seen = Differences(Counter(), [])
    for number, (case, day) in enumerate(zip(batch.cases, batch.days, strict=True)):
        for target in case.targets:
            for area in areas_of(case) if target.applies_to == "each_area" else AREAS[:1]:
                rows = reference.progress_rows(case, target, day, area)
                for scheme in reference.SCHEMES:
                    key = (f"m{number}", area, day, target.version, scheme)
                    seen.compare(key, case, rows.get(scheme), shipped.pop(key, None))
    seen.none()
    assert not shipped
    assert len(batch.cases) >= CASES


def test_every_row_of_kpi_verdict_agrees(batch: Batch) -> None:
    shipped = batch.rows("kpi_verdict", ("kpi_id", "scheme"))
    measures: dict[str, list[int]] = {}
    for number, case in enumerate(batch.cases):
        measures.setdefault(str(case.kpi), []).append(number)
    seen = Differences(Counter(), [])
    for kpi, numbers in measures.items():
        for scheme in ("default", "roadmap_2017", "integer_years"):
            rows = [
                reference.progress_row(
                    batch.cases[number], batch.cases[number].targets[0], batch.days[number], scheme
                )
                for number in numbers
            ]
            expected = reference.kpi_row([row for row in rows if row is not None])
            found = shipped.pop((kpi, scheme), None)
            if found is not None and found["status"] in expected.pop("statuses"):
                expected["status"] = found["status"]
            else:
                expected["status"] = None
            seen.compare((kpi, scheme), batch.cases[numbers[0]], expected, found)
    seen.none()
    assert not shipped


def test_every_row_of_scheme_comparison_agrees(batch: Batch) -> None:
    shipped = batch.rows("scheme_comparison", METHOD_KEY)
    seen = Differences(Counter(), [])
    for number, (case, day) in enumerate(zip(batch.cases, batch.days, strict=True)):
        for target in case.targets:
            for area in areas_of(case) if target.applies_to == "each_area" else AREAS[:1]:
                rows = reference.comparison_rows(case, target, day, area)
                for scheme, basis in rows or [
                    (method, basis) for method in reference.METHODS for basis in ("days", "fiscal_years")
                ]:
                    key = (f"m{number}", area, day, target.version, scheme, basis)
                    seen.compare(
                        (*key[:4], basis, scheme),
                        case,
                        rows.get((scheme, basis)),
                        shipped.pop(key, None),
                        differing_by_method,
                    )
    seen.none()
    assert not shipped


def test_the_batch_reaches_every_row_of_the_table(batch: Batch) -> None:
    found = batch.connection.execute(
        "select reason_code || ' ' || status, count(*) from marts.kpi_progress where scheme = 'default' group by 1"
    ).fetchall()
    counts = dict(found)
    rows = """
        MONITOR_ONLY monitor_only, NO_TARGET no_target, TARGET_PENDING target_pending, DIRECTION improving,
        DIRECTION flat, DIRECTION worsening, DIRECTION baseline_only, DIRECTION no_data,
        DEADLINE_PENDING deadline_pending, NO_DATA no_data, SERIES_BREAK not_comparable, MAINTAINED maintained,
        SLIPPED slipped, MET_EARLY achieved, BASELINE_ONLY baseline_only, NO_BASELINE baseline_only, PACE ahead,
        PACE on_track, PACE behind, PACE far_behind, PACE reversing, MET_AT_DEADLINE achieved,
        MET_AT_DEADLINE achieved_then_slipped, MISSED missed, MISSED achieved_late, MET_BEFORE_DEADLINE achieved,
        DEADLINE_BRACKETED achieved_date_unknown, MISSED_LATER missed, NO_DEADLINE_VALUE overdue_no_final_data
    """
    wanted = {row.strip() for row in rows.split(",")}
    assert set(counts) == wanted
    assert {row: count for row, count in counts.items() if count < 5} == {}
    classes = batch.connection.execute(
        "select count(distinct scheme || class) from marts.scheme_comparison"
    ).fetchone()
    assert classes is not None
    assert classes[0] >= 36


def test_the_same_cases_give_the_same_rows(engine: Engine, groups: list[Group], batch: Batch) -> None:
    again = collect(200, SEED)
    assert again == groups[: len(again)]
    second = run(engine, again)
    for table, key in (("kpi_progress", PROGRESS_KEY), ("scheme_comparison", METHOD_KEY)):
        rows = second.rows(table, key)
        first = batch.rows(table, key, f"cast(substr(measure_id, 2) as integer) < {len(second.cases)}")
        assert rows == first
        assert rows


# --- Identities between the shipped numbers ------------------------------------------------------------------------


def is_over(row: Row) -> bool:
    """Return whether the projected value is at the target or beyond it."""
    rises = row["target_value"] > row["baseline_value"]
    over = row["projected_value"] - float(row["target_value"])
    return bool(over >= 0 if rises else over <= 0)


def test_five_ways_to_say_that_the_target_will_be_reached(batch: Batch) -> None:
    """Pace 1 or more, projection over the target, attained by the deadline, no faster pace needed, letter A."""
    rows = batch.rows(
        "kpi_progress", PROGRESS_KEY, "scheme = 'default' and elapsed < 1 and elapsed > 0 and progress > 0"
    )
    exactly = 0
    for row in rows.values():
        enough = reaches(row)
        attained = row["projected_attainment_date"]
        assert (attained is not None and attained <= row["target_date"]) is enough, row
        if row["reason_code"] == "PACE" or (row["reason_code"] == "MET_EARLY" and not begins_beyond(row)):
            assert (row["grade"] == "A") is enough, row
        if abs(row["pace"] - 1) < 1e-9:
            exactly += 1
            continue
        assert (row["pace"] >= 1) is enough, row
        assert is_over(row) is enough, row
        assert (row["acceleration_factor"] <= 1) is enough, row
    assert len(rows) > 1000
    assert exactly > 50


def begins_beyond(row: Row) -> bool:
    """Return whether the baseline meets the target already."""
    return row["first_met_date"] == row["baseline_date"]


def reaches(row: Row) -> bool:
    """Return whether p >= e, from the row's own figures, exactly."""
    start, value, goal = (Fraction(row[name]) for name in ("baseline_value", "value", "target_value"))
    passed = (row["as_of_date"] - row["baseline_date"]).days
    whole = (row["target_date"] - row["baseline_date"]).days
    return (value - start) / (goal - start) >= Fraction(passed, whole)


@pytest.mark.parametrize("scheme", ["roadmap_2017", "integer_years", "derived"])
def test_pace_and_projection_agree_in_every_scheme(batch: Batch, scheme: str) -> None:
    rows = batch.rows("kpi_progress", PROGRESS_KEY, f"scheme = '{scheme}' and abs(pace - 1) > 1e-9")
    for row in rows.values():
        assert (row["pace"] >= 1) is is_over(row), row
        if row["reason_code"] == "PACE":
            assert (row["pace"] >= 1) is (row["grade"] == "A"), row
    assert len(rows) > 100


def simple(groups: Iterable[Group], *, printed: bool = False) -> list[Group]:
    """Return single measures whose figures can be moved: no shares of numerators, one target, free to fall."""
    found = []
    for group in groups:
        case = replace(group.cases[0], targets=group.cases[0].targets[:1], non_decreasing=False, unit="団体")
        if any(figure.numerator is not None for figure in case.figures):
            continue
        if case.targets[0].value is not None and (case.targets[0].baseline is not None or not printed):
            found.append(Group((case,), group.day))
    return found[:1500]


def moved(case: Case, factor: Fraction, offset: Fraction) -> Case:
    """Return the case in another unit: every value y is factor * y + offset."""

    def move(value: float | str | None) -> str | None:
        return None if value is None else text(Fraction(str(value)) * factor + offset)

    turned = {">=": "<=", "<=": ">="} if factor < 0 else {}
    way = {"increase": "decrease", "decrease": "increase"} if factor < 0 else {}
    targets = [
        replace(
            target,
            value=move(target.value),
            baseline=move(target.baseline),
            comparator=turned.get(str(target.comparator), target.comparator),
        )
        for target in case.targets
    ]
    figures = [replace(figure, value=move(figure.value)) for figure in case.figures]
    return replace(case, targets=targets, figures=figures, direction=way.get(case.direction, case.direction))


def ratios(batch: Batch, where: str = "true") -> dict[tuple[str, str], Row]:
    names = "status, grade, reason_code, progress, elapsed, pace, baseline_basis"
    cursor = batch.connection.execute(
        f"select measure_id, scheme, {names} from marts.kpi_progress where area_code = '000000' and {where}"
    )
    keys = names.split(", ")
    return {row[:2]: dict(zip(keys, row[2:], strict=True)) for row in cursor.fetchall()}


@pytest.mark.parametrize(
    ("factor", "offset"), [(Fraction(-7), Fraction(39, 2)), (Fraction(3), Fraction(-1000))]
)
def test_a_change_of_unit_changes_no_ratio(
    engine: Engine, groups: list[Group], factor: Fraction, offset: Fraction
) -> None:
    given = simple(groups)
    first = ratios(run(engine, given))
    second = ratios(
        run(engine, [Group((moved(group.cases[0], factor, offset),), group.day) for group in given])
    )
    assert first.keys() == second.keys()
    assert {key: row for key, row in first.items() if differing(row, second[key])} == {}
    assert sum(row["pace"] is not None for row in first.values()) > 500


def test_a_shift_of_all_days_changes_no_ratio(engine: Engine, groups: list[Group]) -> None:
    """Only where the plan prints the baseline, since the plan's start does not shift with the days."""
    weeks = timedelta(days=-91)

    def shifted(day: date | None) -> date | None:
        return None if day is None else day + weeks

    def move(group: Group) -> Group:
        case = group.cases[0]
        targets = [
            replace(
                target,
                deadline=shifted(target.deadline),
                baseline_date=shifted(target.baseline_date),
                adopted_on=shifted(target.adopted_on),
            )
            for target in case.targets
        ]
        figures = [
            replace(figure, as_of=figure.as_of + weeks, known_on=shifted(figure.known_on))
            for figure in case.figures
        ]
        return Group((replace(case, targets=targets, figures=figures),), group.day + weeks)

    given = simple(groups, printed=True)
    first = ratios(run(engine, given), "scheme = 'default' and baseline_basis = 'printed'")
    second = ratios(run(engine, [move(group) for group in given]), "scheme = 'default'")
    assert {key: row for key, row in first.items() if differing(row, second[key])} == {}
    assert sum(row["pace"] is not None for row in first.values()) > 150


def test_growth_depends_on_where_zero_is(engine: Engine) -> None:
    """R is the same in another unit, but not after a shift of all values; pace is the same after both."""
    target = Target(416, date(2020, 3, 31), 208, date(2014, 3, 31))
    case = Case([target], [Figure(date(2017, 3, 31), 300, known_on=date(2017, 3, 31))])
    forms = [case, moved(case, Fraction(12), Fraction(0)), moved(case, Fraction(1), Fraction(1000))]
    rows = run(engine, [Group((form,), date(2018, 1, 1)) for form in forms]).rows(
        "scheme_comparison", ("measure_id", "scheme"), "time_basis = 'days'"
    )
    for method in ("statcan", "eurostat", "unsd_2022", "unsd_2024"):
        first, scaled, offset = (rows[f"m{number}", method]["ratio"] for number in range(3))
        assert scaled == pytest.approx(first, abs=1e-9)
        assert abs(offset - first) > 0.01
    paces = [rows[f"m{number}", "linear_graded"]["ratio"] for number in range(3)]
    assert paces == pytest.approx([paces[0]] * 3)


# --- Every day -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def replayed(engine: Engine, groups: list[Group]) -> Batch:
    """Some of the cases on all the days that the warehouse itself would evaluate."""
    return run(engine, groups[:350], on_all_days=True)


def test_between_two_rows_the_verdict_stands(replayed: Batch) -> None:
    """The row of a day is the verdict of every day until the next row: nothing changes unseen."""
    shipped = replayed.rows("kpi_progress", PROGRESS_KEY, "area_code = '000000'")
    days_of: dict[tuple[str, str, str], list[date]] = {}
    for measure, _, day, version, scheme in sorted(shipped):
        days_of.setdefault((measure, version, scheme), []).append(day)
    first = min(key[2] for key in shipped)
    seen = Differences(Counter(), [])
    for number, case in enumerate(replayed.cases):
        some = set(limits(case)) | set(DAYS)
        days = sorted({day + timedelta(days=ahead) for day in some for ahead in (-1, 0, 9)})
        for target in case.targets:
            for day in [entry for entry in days if first <= entry <= RUN_DATE]:
                rows = reference.progress_rows(case, target, day)
                for scheme in reference.SCHEMES:
                    known = days_of.get((f"m{number}", target.version, scheme), [])
                    place = bisect_right(known, day)
                    key = (
                        (f"m{number}", "000000", known[place - 1], target.version, scheme) if place else None
                    )
                    found = shipped[key] if key else None
                    expected = rows.get(scheme)
                    if expected is not None:
                        expected["superseded_on"] = known[place] if place < len(known) else None
                    seen.compare((f"m{number}", day, target.version, scheme), case, expected, found)
    seen.none()


def test_a_kpi_is_judged_on_the_days_of_any_of_its_measures(replayed: Batch) -> None:
    shipped = replayed.rows("kpi_verdict", ("kpi_id", "evaluated_on"), "scheme = 'default'")
    measures: dict[str, list[Case]] = {}
    for case in replayed.cases:
        measures.setdefault(str(case.kpi), []).append(case)
    seen = Differences(Counter(), [])
    for (kpi, day), found in shipped.items():
        rows = [reference.progress_row(case, case.targets[0], day) for case in measures[kpi]]
        expected = reference.kpi_row([row for row in rows if row is not None])
        assert found["status"] in expected.pop("statuses")
        seen.compare((kpi, day), measures[kpi][0], expected, found)
    seen.none()
    assert len({kpi for kpi, _ in shipped}) == len(measures)

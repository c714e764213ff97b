"""The rules of verdicts a second time, in plain Python, to test the SQL that ships.

Written from the rules (docs/verdicts.md), not from the SQL. Progress, elapsed and pace are exact fractions, so that a
figure on a cut is on it; only powers are floats. Times are days, or years of 365.25 days.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from tests.sql.engine import PLAN_START, RUN_DATE, Case, Figure, Target

SUCCESSOR_START = date(2018, 6, 15)
DAYS_OF_A_YEAR = Fraction(36525, 100)
STALE_AFTER = 550
HUNDRED_YEARS = 36525
WINDOW = 31
GRACE = 1
CUTS = (
    (Fraction(1), "ahead"),
    (Fraction(95, 100), "on_track"),
    (Fraction(60, 100), "behind"),
    (Fraction(0), "far_behind"),
)
KINDS_WITH_A_VALUE = ("level", "change", "multiple", "share")
Row = dict[str, Any]
Verdict = tuple[str, str, str]


@dataclass(frozen=True)
class Known:
    """A figure as it stands on the day of the verdict, in the unit of the measure."""

    day: date
    value: Fraction
    is_preliminary: bool = False
    is_undated: bool = False


@dataclass(frozen=True)
class Baseline:
    """The point from which progress is counted."""

    point: Known
    basis: str


@dataclass(frozen=True)
class History:
    """What is known of one target's series on one day, oldest first."""

    figures: list[Known]
    baseline: Baseline | None
    has_other_series: bool

    @property
    def after(self) -> list[Known]:
        """The figures after the baseline; all of them where there is none."""
        if self.baseline is None:
            return self.figures
        return [figure for figure in self.figures if figure.day > self.baseline.point.day]

    @property
    def chain(self) -> list[Known]:
        """The baseline and the figures after it."""
        return ([self.baseline.point] if self.baseline else []) + self.after

    @property
    def latest(self) -> Known | None:
        return self.chain[-1] if self.chain else None


# --- What is known ------------------------------------------------------------------------------------------------


def value_of(figure: Figure) -> Fraction | None:
    """Return the published value; else the share of numerator and denominator in percent, to a figure's ten decimals."""
    if figure.value is not None:
        return Fraction(str(figure.value))
    if figure.numerator is None or not figure.denominator:
        return None
    return round(Fraction(100 * figure.numerator, figure.denominator), 10)


def known_from(figure: Figure) -> date:
    """Return the day from which a figure counts: of its release, else the day that it describes."""
    return figure.known_on or figure.as_of


def standing(figures: Iterable[Figure], day: date, statuses: tuple[str, ...]) -> list[Known]:
    """Return for each day described the figure that stands: final before preliminary, then the newest release."""
    best: dict[date, tuple[tuple[bool, date], Known]] = {}
    for figure in figures:
        value = value_of(figure)
        if known_from(figure) > day or figure.status not in statuses or value is None:
            continue
        rank = (figure.status != "preliminary", known_from(figure))
        point = Known(figure.as_of, value, figure.status == "preliminary", figure.known_on is None)
        if figure.as_of not in best or rank > best[figure.as_of][0]:
            best[figure.as_of] = rank, point
    return [best[as_of][1] for as_of in sorted(best)]


def baseline_of(target: Target, figures: list[Known], day: date) -> Baseline | None:
    """Return the printed baseline; else the last final figure up to the plan's start; else the first after it.

    What the plan prints counts from the day that it describes.
    """
    if target.baseline is not None and target.baseline_date is not None and target.baseline_date <= day:
        return Baseline(Known(target.baseline_date, Fraction(str(target.baseline))), "printed")
    finals = [figure for figure in figures if not figure.is_preliminary]
    early = [figure for figure in finals if figure.day <= plan_start(target)]
    if early:
        return Baseline(early[-1], "before_plan")
    return Baseline(finals[0], "first_observed") if finals else None


def plan_start(target: Target) -> date:
    return PLAN_START if target.primary else SUCCESSOR_START


def history_of(case: Case, target: Target, day: date, scheme: str, area: str = "000000") -> History:
    statuses = ("derived",) if scheme == "derived" else ("final", "preliminary")
    given = [
        figure
        for figure in case.figures
        if figure.area_code == area and (figure.enters or scheme == "derived")
    ]
    own = standing([figure for figure in given if figure.series == target.series], day, statuses)
    others = standing([figure for figure in given if figure.series != target.series], day, statuses)
    return History(own, baseline_of(target, own, day), bool(others))


def deadline_figure(figures: list[Known], deadline: date) -> Known | None:
    """Return the value at the deadline: in the 31 days up to it, else of the day after; final before preliminary."""
    for preliminary in (False, True):
        same = [figure for figure in figures if figure.is_preliminary == preliminary]
        inside = [figure for figure in same if 0 <= (deadline - figure.day).days <= WINDOW]
        if inside:
            return inside[-1]
        day_after = [figure for figure in same if 1 <= (figure.day - deadline).days <= GRACE]
        if day_after:
            return day_after[0]
    return None


def is_met(value: Fraction, target: Target) -> bool:
    goal = Fraction(str(target.value))
    return {">=": value >= goal, "<=": value <= goal, "=": value == goal}[target.comparator or ""]


# --- Numbers ------------------------------------------------------------------------------------------------------


def fiscal_year(day: date) -> int:
    """Return the fiscal year, April to March, by the year of its April."""
    return day.year if day.month >= 4 else day.year - 1


def years_between(first: date, last: date, *, whole: bool) -> Fraction:
    """Return the years between two days: of 365.25 days, or whole fiscal years."""
    if whole:
        return Fraction(fiscal_year(last) - fiscal_year(first))
    return (last - first).days / DAYS_OF_A_YEAR


def ratio(above: Fraction | None, below: Fraction | None) -> Fraction | None:
    return above / below if above is not None and below else None


def numbers_of(case: Case, target: Target, history: History, scheme: str) -> Row:
    """Return the numbers of a verdict; null where the rule has no answer."""
    names = (
        "progress", "elapsed", "pace", "path_value", "gap_to_path", "required_per_year", "actual_per_year",
        "acceleration_factor", "projected_value", "projected_attainment_date",
    )  # fmt: skip
    row: Row = dict.fromkeys(names)
    latest, baseline = history.latest, history.baseline
    if target.value is None or latest is None or baseline is None:
        return row
    goal, start, whole = Fraction(str(target.value)), baseline.point, scheme == "integer_years"
    if goal == start.value or (target.deadline is not None and start.day >= target.deadline):
        return row
    if target.deadline is not None and latest.day < target.deadline:
        row["required_per_year"] = ratio(
            goal - latest.value, years_between(latest.day, target.deadline, whole=whole)
        )
    if latest.day <= start.day:
        return row
    row["actual_per_year"] = ratio(
        latest.value - start.value, years_between(start.day, latest.day, whole=whole)
    )
    row["acceleration_factor"] = ratio(row["required_per_year"], row["actual_per_year"])
    row["progress"] = (latest.value - start.value) / (goal - start.value)
    row["projected_attainment_date"] = attainment_day(start, latest.day, row["progress"])
    if target.deadline is not None:
        row["elapsed"] = elapsed_of(start.day, latest.day, target, scheme)
    return row | _against_the_path(case, goal, start, latest, row)


def attainment_day(start: Known, day: date, progress: Fraction) -> date | None:
    """Return the first day on which the gap is closed at this pace; none beyond a hundred years."""
    if progress <= 0:
        return None
    days = math.ceil((day - start.day).days / progress)
    return start.day + timedelta(days=days) if days <= HUNDRED_YEARS else None


def elapsed_of(start: date, day: date, target: Target, scheme: str) -> Fraction | None:
    """Return the share of the time gone; the plan's own wording counts the whole from the plan's start."""
    assert target.deadline is not None
    whole = scheme == "integer_years"
    origin = plan_start(target) if scheme == "roadmap_2017" else start
    total = years_between(origin, target.deadline, whole=whole)
    return years_between(start, day, whole=whole) / total if total > 0 else None


def _against_the_path(case: Case, goal: Fraction, start: Known, latest: Known, row: Row) -> Row:
    """Return pace, path and projected value."""
    progress, elapsed = row["progress"], row["elapsed"]
    if elapsed is None:
        return {}
    # The path ends at the target.
    path = start.value + (goal - start.value) * min(elapsed, Fraction(1))
    sign = {"increase": 1, "decrease": -1}.get(case.direction)
    return {
        "path_value": path,
        "gap_to_path": None if sign is None else sign * (latest.value - path),
        "pace": ratio(progress, elapsed),
        "projected_value": start.value + (latest.value - start.value) / elapsed if elapsed else None,
    }


# --- The decision table -------------------------------------------------------------------------------------------


def verdict_of(case: Case, target: Target, history: History, day: date, numbers: Row) -> Verdict:
    """Return status, letter and reason: the first row of the table that holds."""
    without = _without_a_level(case, target, history)
    if without:
        return without
    assert target.deadline is not None
    if history.latest is None:
        return (
            ("not_comparable", "N", "SERIES_BREAK")
            if history.has_other_series
            else ("no_data", "N", "NO_DATA")
        )
    past = day > target.deadline
    if is_to_be_kept(target, history):
        return _kept(target, history, past=past)
    if past:
        return _after_the_deadline(case, target, history)
    return _before_the_deadline(target, history, numbers["progress"], numbers["elapsed"])


def is_to_be_kept(target: Target, history: History) -> bool:
    """A target equal to where the plan began asks for a level to be kept."""
    baseline = history.baseline
    return (
        baseline is not None
        and baseline.basis in ("printed", "before_plan")
        and target.value is not None
        and baseline.point.value == Fraction(str(target.value))
    )


def _without_a_level(case: Case, target: Target, history: History) -> Verdict | None:
    if case.monitor_only:
        return "monitor_only", "F", "MONITOR_ONLY"
    if target.kind == "none":
        return "no_target", "F", "NO_TARGET"
    if target.kind == "not_set":
        return "target_pending", "F", "TARGET_PENDING"
    if target.kind == "direction_only":
        return _direction(case, history)
    if target.deadline is None:
        return "deadline_pending", "N", "DEADLINE_PENDING"
    return None


def _direction(case: Case, history: History) -> Verdict:
    latest, baseline = history.latest, history.baseline
    if latest is None:
        return "no_data", "N", "DIRECTION"
    if baseline is None or not history.after:
        return "baseline_only", "N", "DIRECTION"
    better = latest.value - baseline.point.value
    if case.direction == "decrease":
        better = -better
    if better == 0:
        return "flat", "B", "DIRECTION"
    return ("improving", "A", "DIRECTION") if better > 0 else ("worsening", "B", "DIRECTION")


def _kept(target: Target, history: History, *, past: bool) -> Verdict:
    assert target.deadline is not None
    judged = deadline_figure(history.figures, target.deadline) if past else history.latest
    if judged is None:
        return "overdue_no_final_data", "N", "NO_DEADLINE_VALUE"
    if is_met(judged.value, target):
        return "maintained", "A", "MAINTAINED"
    return "slipped", "B", "SLIPPED"


def _before_the_deadline(
    target: Target, history: History, progress: Fraction | None, elapsed: Fraction | None
) -> Verdict:
    assert history.latest is not None
    if is_met(history.latest.value, target):
        return "achieved", "A", "MET_EARLY"
    if not history.after:
        return "baseline_only", "N", "BASELINE_ONLY"
    if any(is_met(figure.value, target) for figure in history.chain[:-1]):
        return "slipped", "B", "SLIPPED"
    if progress is None or elapsed is None:
        return "baseline_only", "N", "NO_BASELINE"
    return graded(progress, elapsed), "A" if progress >= elapsed else "B", "PACE"


def graded(progress: Fraction, elapsed: Fraction) -> str:
    """Return the graded status by pace; in a fiscal year's first months no time has passed yet."""
    return next((name for cut, name in CUTS if progress >= cut * elapsed), "reversing")


def _after_the_deadline(case: Case, target: Target, history: History) -> Verdict:
    assert target.deadline is not None
    at_deadline = deadline_figure(history.figures, target.deadline)
    if at_deadline is None:
        return _unanswered(case, target, history)
    later = [is_met(figure.value, target) for figure in history.figures if figure.day > at_deadline.day]
    if is_met(at_deadline.value, target):
        return "achieved" if all(later) else "achieved_then_slipped", "A", "MET_AT_DEADLINE"
    return "achieved_late" if any(later) else "missed", "B", "MISSED"


def _unanswered(case: Case, target: Target, history: History) -> Verdict:
    """The deadline is past and has no value: what the figures on both sides of it still allow to say."""
    assert target.deadline is not None
    before = last_before(target, history)
    later = [figure.value for figure in history.figures if figure.day > target.deadline]
    was_met = is_met(before.value, target) if before else None
    met_later = [is_met(value, target) for value in later]
    if was_met and all(met_later):
        return "achieved", "A", "MET_BEFORE_DEADLINE"
    if was_met is False and any(met_later):
        return "achieved_date_unknown", "N", "DEADLINE_BRACKETED"
    goal = Fraction(str(target.value))
    if case.non_decreasing and target.comparator != "<=" and any(value < goal for value in later):
        return "missed", "B", "MISSED_LATER"
    return "overdue_no_final_data", "N", "NO_DEADLINE_VALUE"


def last_before(target: Target, history: History) -> Known | None:
    """Return the last figure up to the deadline; on its own day, and after older figures, the baseline governs."""
    assert target.deadline is not None
    figures = [figure for figure in history.figures if figure.day <= target.deadline]
    start = history.baseline.point if history.baseline else None
    if start is not None and start.day <= target.deadline:
        return next((figure for figure in reversed(figures) if figure.day > start.day), start)
    return figures[-1] if figures else None


# --- Rows of kpi_progress and kpi_verdict --------------------------------------------------------------------------


def is_adopted_later(target: Target, day: date) -> bool:
    return target.adopted_on is not None and target.adopted_on > day


def progress_row(
    case: Case, target: Target, day: date, scheme: str = "default", area: str = "000000"
) -> Row | None:
    """Return the row of kpi_progress for one target, day and scheme; None where there is none."""
    if not target.primary and (target.adopted_on is None or is_adopted_later(target, day)):
        return None
    history = history_of(case, target, day, scheme, area)
    if scheme == "derived" and not history.figures:
        return None
    numbers = numbers_of(case, target, history, scheme)
    status, grade, reason = verdict_of(case, target, history, day, numbers)
    past = target.deadline is not None and day > target.deadline
    at_deadline = deadline_figure(history.figures, target.deadline) if target.deadline else None
    latest = history.latest
    return {
        **numbers,
        "status": status,
        "grade": grade,
        "reason_code": reason,
        "value": latest and latest.value,
        "as_of_date": latest and latest.day,
        "baseline_value": history.baseline and history.baseline.point.value,
        "baseline_date": history.baseline and history.baseline.point.day,
        "baseline_basis": history.baseline.basis if history.baseline else "none",
        "deadline_value": at_deadline and at_deadline.value,
        "deadline_as_of_date": at_deadline and at_deadline.day,
        "progress_at_deadline": _progress_at(target, history, at_deadline),
        "first_met_date": _first_met(target, history),
        "is_provisional": _is_provisional(target, history, at_deadline, past=past),
        "is_stale": latest is not None and (day - latest.day).days > STALE_AFTER,
        "target_adopted_later": is_adopted_later(target, day),
        "replay_is_optimistic": day < RUN_DATE and rests_on_undated(target, history, at_deadline, past=past),
        "is_primary": target.primary,
    }


def rests_on_undated(target: Target, history: History, at_deadline: Known | None, *, past: bool) -> bool:
    """Return whether the row uses a figure whose day of release is not known."""
    used = [point for point in (history.latest, at_deadline) if point]
    if history.baseline:
        used.append(history.baseline.point)
    if target.deadline is None or history.latest is None:
        return any(point.is_undated for point in used)
    if past:
        since = at_deadline.day if at_deadline else target.deadline
        used += [figure for figure in history.figures if figure.day > since]
        before = last_before(target, history)
        used += [before] if before and at_deadline is None else []
    elif not is_met(history.latest.value, target):
        used += [figure for figure in history.after if is_met(figure.value, target)]
    return any(point.is_undated for point in used)


def _progress_at(target: Target, history: History, at_deadline: Known | None) -> Fraction | None:
    if at_deadline is None or history.baseline is None or target.deadline is None:
        return None
    start = history.baseline.point
    if start.day >= target.deadline:
        return None
    return ratio(at_deadline.value - start.value, Fraction(str(target.value)) - start.value)


def _first_met(target: Target, history: History) -> date | None:
    if target.value is None:
        return None
    return next((figure.day for figure in history.chain if is_met(figure.value, target)), None)


def _is_provisional(target: Target, history: History, at_deadline: Known | None, *, past: bool) -> bool:
    judged = at_deadline if past and at_deadline else history.latest
    return judged is not None and judged.is_preliminary


SCHEMES = ("default", "roadmap_2017", "integer_years", "derived")


def progress_rows(case: Case, target: Target, day: date, area: str = "000000") -> dict[str, Row]:
    """Return the rows of kpi_progress for one target and day by scheme, each with its flags."""
    found = {scheme: progress_row(case, target, day, scheme, area) for scheme in SCHEMES}
    rows = {scheme: row for scheme, row in found.items() if row is not None}
    for row in rows.values():
        flags = {
            "PROVISIONAL": row["is_provisional"],
            "STALE": row["is_stale"],
            "TARGET_ADOPTED_LATER": row["target_adopted_later"],
            "NO_BASELINE": row["baseline_basis"] == "none" and target.value is not None,
            "REPLAY_OPTIMISTIC": row["replay_is_optimistic"],
            "DIFFERS_FROM_DEFAULT": row["grade"] != rows["default"]["grade"],
        }
        row["flags"] = {name for name, holds in flags.items() if holds}
    return rows


def kpi_row(rows: list[Row]) -> Row:
    """Return the verdict of a KPI: A only if all its measures have A, B if any has, else N if any, else F."""
    letters = {row["grade"] for row in rows}
    letter = next(letter for letter in "BNFA" if letter in letters)
    deciding = [row for row in rows if row["grade"] == letter]
    slowest = min(_pace_or_last(row) for row in deciding)
    paces = [row["pace"] for row in rows if row["pace"] is not None]
    return {
        "grade": letter,
        "statuses": {row["status"] for row in deciding if _pace_or_last(row) == slowest},
        "pace": min(paces, default=None),
        "measure_count": len(rows),
    }


def _pace_or_last(row: Row) -> tuple[bool, Fraction]:
    return row["pace"] is None, row["pace"] or Fraction(0)


# --- Published methods on the same figures ------------------------------------------------------------------------

METHODS = (
    "linear_graded", "statcan", "eurostat", "unsd_2024", "unsd_2022", "sdsn", "destatis", "escap", "tama",
    "naive_ratio",
)  # fmt: skip


@dataclass(frozen=True)
class Judged:
    """What every method reads: three points, the years between them and the desired direction."""

    start: Fraction
    value: Fraction
    goal: Fraction
    years: Fraction
    years_in_all: Fraction
    sign: int
    comparator: str
    unit: str

    @property
    def pace(self) -> Fraction:
        return (self.value - self.start) / (self.goal - self.start) * self.years_in_all / self.years

    @property
    def projected(self) -> Fraction:
        return self.start + (self.value - self.start) * self.years_in_all / self.years

    def meets(self, value: Fraction) -> bool:
        return {">=": value >= self.goal, "<=": value <= self.goal, "=": value == self.goal}[self.comparator]


def power(base: float, exponent: float) -> float | None:
    """Return a power; none where it is beyond any double."""
    try:
        raised = base**exponent
    except (OverflowError, ZeroDivisionError):
        return None
    return raised if abs(raised) < 1e300 else None


def growth(first: Fraction, last: Fraction, years: Fraction) -> float | None:
    """Return compound growth a year; none across zero."""
    if first == 0 or last / first <= 0:
        return None
    raised = power(float(last / first), 1 / float(years))
    return None if raised is None else raised - 1


def comparison_rows(
    case: Case, target: Target, day: date, area: str = "000000"
) -> dict[tuple[str, str], Row]:
    """Return the rows of scheme_comparison for one target and day, by method and way of counting years."""
    rows: dict[tuple[str, str], Row] = {}
    own = progress_row(case, target, day, area=area)
    if own is None or case.monitor_only or target.kind not in KINDS_WITH_A_VALUE or target.deadline is None:
        return rows
    for basis in ("days", "fiscal_years"):
        judged, reason = _judged(
            case, target, history_of(case, target, day, "default", area), day, whole=basis == "fiscal_years"
        )
        for method in METHODS:
            row: Row = dict.fromkeys(
                (
                    "ratio", "score", "class", "is_on_track", "growth_actual", "growth_required", "change_actual",
                    "change_required", "differs_from_graded", "differs_from_letter",
                )
            )  # fmt: skip
            row["reason_code"] = reason
            if judged is not None:
                row |= _changes(judged) | _METHOD[method](judged)
            rows[method, basis] = row
        _mark_differences(rows, basis, own["grade"])
    return rows


def _judged(
    case: Case, target: Target, history: History, day: date, *, whole: bool
) -> tuple[Judged | None, str | None]:
    assert target.deadline is not None
    past = day > target.deadline
    point = deadline_figure(history.figures, target.deadline) if past else history.latest
    sign = {"increase": 1, "decrease": -1}.get(case.direction)
    goal = Fraction(str(target.value))
    start = history.baseline.point if history.baseline else None
    if sign is None:
        return None, "NO_DIRECTION"
    if start is None:
        return None, "NO_BASELINE"
    if point is None:
        return None, "NO_DEADLINE_VALUE"
    if point.day <= start.day:
        return None, "BASELINE_ONLY"
    if sign * (goal - start.value) <= 0:
        return None, "NO_GAP"
    years = years_between(start.day, point.day, whole=whole)
    years_in_all = years_between(start.day, target.deadline, whole=whole)
    if years_in_all <= 0:
        return None, "NO_PERIOD"
    if years <= 0:
        return None, "SAME_FISCAL_YEAR"
    return (
        Judged(start.value, point.value, goal, years, years_in_all, sign, target.comparator or "", case.unit),
        None,
    )


def _changes(judged: Judged) -> Row:
    return {
        "growth_actual": growth(judged.start, judged.value, judged.years),
        "growth_required": growth(judged.start, judged.goal, judged.years_in_all),
        "change_actual": (judged.value - judged.start) / judged.years,
        "change_required": (judged.goal - judged.start) / judged.years_in_all,
    }


def _mark_differences(rows: dict[tuple[str, str], Row], basis: str, letter: str) -> None:
    graded_row = rows["linear_graded", basis]
    for method in METHODS:
        row = rows[method, basis]
        if row["is_on_track"] is None:
            continue
        if graded_row["is_on_track"] is not None:
            row["differs_from_graded"] = row["is_on_track"] != graded_row["is_on_track"]
        if letter in ("A", "B"):
            row["differs_from_letter"] = row["is_on_track"] != (letter == "A")


def _classed(ratio: Any, cuts: Iterable[tuple[Any, str]], worst: str, on_track: Iterable[str]) -> Row:
    """Return ratio and class: the first cut that the ratio reaches."""
    name = next((name for cut, name in cuts if ratio >= cut), worst)
    return {"ratio": ratio, "class": name, "is_on_track": name in on_track}


_NO_GROWTH: Row = {"reason_code": "CAGR_UNDEFINED_NONPOSITIVE"}


def _linear_graded(judged: Judged) -> Row:
    row = _classed(judged.pace, CUTS, "reversing", ("ahead", "on_track"))
    if judged.meets(judged.value):
        row |= {"class": "achieved", "is_on_track": True}
    return row


def _growths(judged: Judged) -> tuple[float, float] | None:
    actual = growth(judged.start, judged.value, judged.years)
    required = growth(judged.start, judged.goal, judged.years_in_all)
    return None if actual is None or required is None else (actual, required)


def _growth_ratio(judged: Judged) -> float | None:
    """Return R: growth over required growth, turned so that the desired direction is positive."""
    growths = _growths(judged)
    if growths is None or growths[1] == 0:
        return None
    turned = -1 if judged.start < 0 else 1
    return turned * judged.sign * growths[0] / abs(growths[1])


def _statcan(judged: Judged) -> Row:
    result = _growth_ratio(judged)
    row: Row = dict(_NO_GROWTH)
    if result is not None:
        cuts = ((0.95, "on_track"), (0.6, "moderate"), (0, "limited"))
        row = _classed(result, cuts, "deterioration", ("on_track",))
        row["score"] = min(7.1429 * result - 4.2857, 5) if result >= 0.6 else max(4.1667 * result - 2.5, -5)
    if judged.meets(judged.value):
        row |= {"class": "target_achieved", "is_on_track": True, "reason_code": None}
    return row


def _eurostat(judged: Judged) -> Row:
    result = _growth_ratio(judged)
    if result is None:
        return dict(_NO_GROWTH)
    cuts = ((0.95, "significant_progress"), (0.6, "moderate_progress"), (0, "insufficient_progress"))
    return _classed(result, cuts, "movement_away", ("significant_progress",))


def _unsd_2022(judged: Judged) -> Row:
    result = _growth_ratio(judged)
    if result is None:
        return dict(_NO_GROWTH)
    cuts = ((0.95, "on_track"), (0.5, "fair_progress"), (-0.1, "limited_or_no_progress"))
    return _classed(result, cuts, "deterioration", ("on_track",))


def _unsd_2024(judged: Judged) -> Row:
    actual = growth(judged.start, judged.value, judged.years)
    row: Row = dict(_NO_GROWTH)
    raised = None if actual is None else power(1 + actual, float(judged.years_in_all - judged.years))
    if raised is not None:
        expected = float(judged.value) * raised
        share = (expected - float(judged.start)) / float(judged.goal - judged.start)
        cuts = ((0.95, "met_or_on_track"), (0.1, "progress_too_slow"))
        row = _classed(share, cuts, "stagnation_or_regression", ("met_or_on_track",))
    near_its_limit = judged.unit == "%" and judged.goal in (0, 100) and abs(judged.value - judged.goal) <= 1
    if judged.meets(judged.value) or near_its_limit:
        row |= {"class": "met_or_on_track", "is_on_track": True, "reason_code": None}
    return row


def _sdsn(judged: Judged) -> Row:
    cuts = (
        (Fraction(1), "on_track_or_maintaining"),
        (Fraction(1, 2), "moderately_improving"),
        (Fraction(0), "stagnating"),
    )
    row = _classed(judged.pace, cuts, "decreasing", ("on_track_or_maintaining",))
    if judged.meets(judged.value):
        row |= {"class": "on_track_or_maintaining", "is_on_track": True}
    return row


def _destatis(judged: Judged) -> Row:
    missing = 1 - judged.pace
    if judged.meets(judged.value) or missing < Fraction(5, 100):
        name = "sun"
    elif missing <= Fraction(20, 100):
        name = "slightly_cloudy"
    else:
        name = "cloudy" if judged.pace >= 0 else "thunderstorm"
    return {"ratio": missing, "class": name, "is_on_track": name == "sun"}


def _escap(judged: Judged) -> Row:
    """Current status index and anticipated gap; a specific value is the target where the comparator is equality."""
    gap = abs(judged.goal - judged.start)
    index = judged.sign * 10 * (judged.value - judged.start) / gap
    if judged.comparator == "=":
        index = 10 - 10 * abs(judged.goal - judged.value) / gap
    is_enough = judged.meets(judged.value) or judged.pace >= 1
    left = Fraction(0) if is_enough else 100 * abs(judged.goal - judged.projected) / gap
    name = "maintain" if is_enough else ("accelerate" if judged.pace >= 0 else "reverse")
    return {"ratio": index, "score": left, "class": name, "is_on_track": is_enough}


def _tama(judged: Judged) -> Row:
    return _classed(
        judged.pace, ((1, "steady"), (Fraction(60, 100), "fair")), "needs_improvement", ("steady",)
    )


def _naive_ratio(judged: Judged) -> Row:
    return {"ratio": ratio(judged.value, judged.goal), "reason_code": "NOT_A_VERDICT"}


_METHOD: dict[str, Callable[[Judged], Row]] = {
    "linear_graded": _linear_graded,
    "statcan": _statcan,
    "eurostat": _eurostat,
    "unsd_2024": _unsd_2024,
    "unsd_2022": _unsd_2022,
    "sdsn": _sdsn,
    "destatis": _destatis,
    "escap": _escap,
    "tama": _tama,
    "naive_ratio": _naive_ratio,
}

"""Is a newer publication to be expected? From the cadence of a source and from what is held of it."""

from __future__ import annotations

import calendar
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from pipelines.catalog.models import Source
from pipelines.catalog.vocabulary import Cadence, load_vocabulary

State = Literal["fresh", "due", "overdue", "unknown"]
# What the expected day follows from, or why there is none.
Basis = Literal["published_on", "month", "period", "once", "irregular", "nothing_held", "no_date"]

STATES: tuple[State, ...] = ("fresh", "due", "overdue", "unknown")
BASES: tuple[Basis, ...] = (
    "published_on", "month", "period", "once", "irregular", "nothing_held", "no_date",
)  # fmt: skip


@dataclass(frozen=True)
class Held:
    """One publication that is held: its period (`FY2022` or an ISO day) and its day of publication, as far as known."""

    period: str | None
    published_on: date | None = None

    @property
    def period_end(self) -> date | None:
        """Return the last day that the publication describes."""
        if self.period is None:
            return None
        if self.period.startswith("FY"):
            return date(int(self.period[2:]) + 1, 3, 31)
        return date.fromisoformat(self.period)


@dataclass(frozen=True)
class Freshness:
    """Until when the newest publication held may be the newest there is.

    By `expected_on` the next one should be out; from `overdue_on` on it is overdue. Both are None where `basis` is
    a reason for not knowing, or where nothing more will come (`once`).
    """

    basis: Basis
    newest: Held | None = None
    expected_on: date | None = None
    overdue_on: date | None = None

    def state(self, today: date) -> State:
        """Return the state on a day."""
        if self.expected_on is None or self.overdue_on is None:
            return "fresh" if self.basis == "once" else "unknown"
        if today < self.expected_on:
            return "fresh"
        return "due" if today < self.overdue_on else "overdue"


def add_months(day: date, months: int) -> date:
    """Return the day so many months later; the last day of a month stays a last day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    is_last = day.day == calendar.monthrange(day.year, day.month)[1]
    return date(year, month + 1, last if is_last else min(day.day, last))


def _later(day: date, cadence: Cadence) -> date:
    return add_months(day, cadence.months) if cadence.months else day + timedelta(days=cadence.days or 0)


def _end_of_month_after(day: date, month: int) -> date:
    year = day.year + (month < day.month)
    return date(year, month, calendar.monthrange(year, month)[1])


def _newest(held: Iterable[Held]) -> Held | None:
    return max(
        held, key=lambda entry: (entry.period_end or date.min, entry.published_on or date.min), default=None
    )


def freshness_of(source: Source, held: Iterable[Held]) -> Freshness:
    """Return when the next publication of one table is expected, from all that is held of it.

    Of three bases the first that is known: the usual month after the end of the next period; one cadence after the
    day of publication; one cadence after the end of the next period, because no source is later than that.
    """
    cadence = load_vocabulary().cadences[source.cadence]
    newest = _newest(held)
    if newest is None:
        return Freshness("nothing_held")
    if cadence.months is None and cadence.days is None:
        return Freshness("once" if source.cadence == "once" else "irregular", newest)
    next_end = _later(newest.period_end, cadence) if newest.period_end else None
    basis: Basis
    if next_end and source.published_in_month:
        basis, expected = "month", _end_of_month_after(next_end, source.published_in_month.month)
    elif newest.published_on:
        basis, expected = "published_on", _later(newest.published_on, cadence)
    elif next_end:
        basis, expected = "period", _later(next_end, cadence)
    else:
        return Freshness("no_date", newest)
    return Freshness(basis, newest, expected, expected + timedelta(days=cadence.grace_days))


_WORST: tuple[State, ...] = ("overdue", "due", "fresh", "unknown")


def together(states: Iterable[State]) -> State:
    """Return the state of a source from those of its tables: the latest counts, tables that say nothing do not."""
    found = set(states)
    return next((state for state in _WORST if state in found), "unknown")

"""What is gathered while the register of areas is built: sightings, days of change, open questions.

Codes have five digits here, except in what is reported.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from pipelines.normalize.area_codes import check_digit

# Day on which the records of 標準地域コード begin; a code without an earlier source is valid from here.
RECORDS_BEGIN = date(1970, 4, 1)
OKINAWA_RETURNED = date(1972, 5, 15)
# The six villages of the Northern Territories: the lists carry them, no statistics of residents do.
NORTHERN_VILLAGES = frozenset(f"{code:05d}" for code in range(1695, 1701))
TYPES = {"市": "city", "町": "town", "村": "village"}

Moment = Literal["before", "after", "on"]


@dataclass(frozen=True)
class Problem:
    """What the sources contradict or leave open; `area_code` has six digits."""

    text: str
    area_code: str | None = None
    day: date | None = None
    reason_ja: str | None = None


@dataclass(frozen=True)
class Sighting:
    """A source naming a body on a day: as it was before that day's event, from it on, or on that day."""

    code: str
    day: date
    moment: Moment
    source: str
    name: str
    kana: str | None = None
    district: str | None = None
    district_kana: str | None = None
    tells_district: bool = True


@dataclass(frozen=True)
class Version:
    """A stretch of time in which name, reading and district stay the same; `end` is exclusive."""

    code: str
    start: date
    end: date | None
    basis: str
    name: str = ""
    kana: str | None = None
    district: str | None = None

    @property
    def is_ward(self) -> bool:
        """Say whether the body is a ward of a designated city."""
        return is_ward(self.code, self.name)

    def holds(self, day: date) -> bool:
        """Say whether the version is in force on the day."""
        return self.start <= day and (self.end is None or day < self.end)

    def ends_after(self, day: date) -> bool:
        """Say whether the version was in force on the eve of the day."""
        return self.start < day and (self.end is None or day <= self.end)


@dataclass
class Turns:
    """The days on which codes begin and end, and those on which a code goes on under another name."""

    begins: defaultdict[str, set[date]] = field(default_factory=lambda: defaultdict(set))
    ends: defaultdict[str, set[date]] = field(default_factory=lambda: defaultdict(set))
    changes: defaultdict[str, dict[date, tuple[str, str]]] = field(default_factory=lambda: defaultdict(dict))


@dataclass
class Work:
    """What is gathered while the register is built. Codes have five digits here."""

    sightings: defaultdict[str, list[Sighting]] = field(default_factory=lambda: defaultdict(list))
    turns: Turns = field(default_factory=Turns)
    edges: dict[tuple[str, str, date], tuple[str, str]] = field(default_factory=dict)
    district_turns: list[tuple[date, str, str, Literal["begins", "ends"]]] = field(default_factory=list)
    editions: dict[tuple[str, str, date], set[str]] = field(default_factory=dict)
    first_seen: dict[str, tuple[date, str]] = field(default_factory=dict)
    offices: dict[str, str] = field(default_factory=dict)
    variants: set[tuple[str, date, str, str, str]] = field(default_factory=set)
    left_out: set[str] = field(default_factory=lambda: set(NORTHERN_VILLAGES))
    problems: list[Problem] = field(default_factory=list)

    def report(
        self, text: str, code: str | None = None, day: date | None = None, reason: str | None = None
    ) -> None:
        """Add a problem, its code with check digit."""
        self.problems.append(Problem(text, six_digits(code) if code else None, day, reason))


def six_digits(code5: str) -> str:
    """Return a 5-digit code with its check digit."""
    return code5 + check_digit(code5)


def is_ward(code5: str, name: str) -> bool:
    """Say whether a body is a ward of a designated city: third digit 1, named 区, not in 東京都."""
    return code5[2] == "1" and code5[:2] != "13" and name.endswith("区")


def layer_of(code5: str, name: str) -> str:
    """Return which part of a list a body stands in: 総務省's list of wards repeats the designated cities."""
    if is_ward(code5, name):
        return "ward"
    return "designated_city" if code5[2] == "1" and code5[:2] != "13" else "municipality"


def records_begin(code: str) -> tuple[date, str]:
    """Return the first day of which the records of 標準地域コード could tell of a code, and the basis."""
    if code.startswith("47"):
        return OKINAWA_RETURNED, "return_to_japan"
    return RECORDS_BEGIN, "code_system_start"

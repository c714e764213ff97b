"""What a filled-in form says, typed: amounts in whole yen a year, everything else exact."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

Kind = Literal["outsourcing", "cloud", "consolidation", "other"]
KINDS: tuple[Kind, ...] = ("outsourcing", "cloud", "consolidation", "other")


@dataclass(frozen=True)
class OneOff:
    """A cost paid once: yen, in a fiscal year."""

    fiscal_year: int
    amount: int


@dataclass(frozen=True)
class Side:
    """A task in one year, before or after the change: staff time in its unit, yen, volume, minutes a transaction."""

    staff: Decimal
    running: int
    contract: int
    volume: Decimal | None = None
    minutes: Decimal | None = None


@dataclass(frozen=True)
class Task:
    """One row of the form; `staff_rate` is yen per `staff_unit` (null where there is no staff time)."""

    row: int
    name: str
    kind: Kind
    before: Side
    after: Side
    one_offs: tuple[OneOff, ...]
    evidence: str
    staff_unit: str | None = None
    staff_rate: Decimal | None = None
    volume_unit: str | None = None
    note: str | None = None


@dataclass(frozen=True)
class Form:
    """A whole form; `discount_rate` in percent a year, `years` fiscal years from that of the change on."""

    area_code: str
    area_name: str
    change_year: int
    start_month: int
    is_estimate: bool
    before_year: int
    after_year: int
    population: int
    population_on: date
    years: int
    discount_rate: Decimal | None
    tasks: tuple[Task, ...]

    @property
    def last_year(self) -> int:
        """Return the last fiscal year evaluated."""
        return self.change_year + self.years - 1

    @property
    def first_months(self) -> int:
        """Return how many months of the first fiscal year lie after the start: 12 from April, 1 from March."""
        return 12 - (self.start_month - 4) % 12

"""Which fiscal year or day a file describes, from every place that says so; contradictions stop the file."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date

from pipelines.catalog.published import Period
from pipelines.normalize.japanese_dates import DateExpressionError
from pipelines.normalize.spans import Parts, find_parts


class PeriodError(ValueError):
    """The file says no period, or two that differ; `found` holds what each place says."""

    def __init__(self, found: dict[str, str]) -> None:
        super().__init__("; ".join(f"{place}: {text}" for place, text in found.items()))
        self.found = found


@dataclass(frozen=True)
class Span:
    """What a file describes: a fiscal year or a month (`day` is its last day), or one day.

    `is_inside` tells that the file itself says so, not only its name.
    """

    kind: str
    year: int
    day: date
    is_inside: bool = True

    @property
    def label(self) -> str:
        """Return the span as an identifier: `FY2022` or `2020-01-01`."""
        return f"FY{self.year}" if self.kind == "fiscal_year" else self.day.isoformat()


def _combine(said: dict[str, tuple[Parts, str]]) -> Parts:
    together: Parts = {}
    for parts, _ in said.values():
        for name, number in parts.items():
            if together.setdefault(name, number) != number:
                raise PeriodError({place: text for place, (_, text) in said.items()})
    return together


def _month_end(year: int, month: int) -> date:
    return date(year, month, calendar.monthrange(year, month)[1])


_DATES = (
    r"^{year}[-/年.](?P<month>\d{1,2})[-/月.](?P<day>\d{1,2})",
    r"^FY(?P<western>\d{4})$",
    "^{year}(?:年?度)?$",
)


def names_period(text: str) -> bool:
    """Return whether a cell holds a day or a year, such as a column's; notes under a table do not."""
    try:
        return find_parts(_DATES, text) is not None
    except DateExpressionError:
        return False


def read_period(rule: Period, texts: dict[str, str]) -> Span:
    """Return the span that a file's title, sheet name, header, column and name agree on.

    `texts` has the text of each place: title, sheet, header, column (its last; of fiscal years also its first),
    file, known. Raises PeriodError.
    """
    said: dict[str, tuple[Parts, str]] = {}
    for place in ("title", "sheet", "header", "column", "column_first", "file", "known"):
        patterns = _DATES if place in ("column", "column_first", "known") else getattr(rule, place)
        try:
            found = find_parts(patterns, texts.get(place, ""), latest=place == "header")
        except DateExpressionError as error:
            raise PeriodError({place: str(error)}) from error
        if found:
            said[place] = found
    parts = _combine(said)
    is_inside = any(place != "file" for place in said)
    try:
        if rule.kind == "fiscal_year":
            return Span(rule.kind, parts["year"], date(parts["year"] + 1, 3, 31), is_inside)
        if rule.kind == "month":
            return Span(rule.kind, parts["year"], _month_end(parts["year"], parts["month"]), is_inside)
        return Span(rule.kind, parts["year"], date(parts["year"], parts["month"], parts["day"]), is_inside)
    except (KeyError, ValueError) as error:
        raise PeriodError({place: text for place, (_, text) in said.items()}) from error


_ERA_STARTS = (("R", "令和", 2018), ("H", "平成", 1988), ("S", "昭和", 1925))


def period_words(span: Span) -> dict[str, str]:
    """Return the words that header patterns may use: `era` (R5), `era_before` (R4), `year` (2023), `wareki` (令和5)."""

    def era(year: int) -> tuple[str, str, int]:
        return next((letter, name, year - start) for letter, name, start in _ERA_STARTS if year > start)

    def short(year: int) -> str:
        letter, _, within = era(year)
        return f"{letter}{within}"

    def full(year: int) -> str:
        _, name, within = era(year)
        return f"{name}{'元' if within == 1 else within}"

    return {
        "era": short(span.year),
        "era_before": short(span.year - 1),
        "year": str(span.year),
        "wareki": full(span.year),
        "wareki_before": full(span.year - 1),
    }

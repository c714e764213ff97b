"""Words, numbers and days as HTML in both languages; the page shows the one that its reader chose."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from markupsafe import Markup, escape

from pipelines.catalog.vocabulary import Label, Vocabulary, load_vocabulary
from pipelines.pages.text import OFFICES, TEXTS
from pipelines.pages.wording import Pair, Wording
from pipelines.settings import TIMEZONE

# The sign and tone of each status: the shape tells what the colour tells.
_SIGNS = {"good": "●", "warn": "▲", "bad": "■", "none": "◇"}
_TONES = {
    "achieved": "good", "ahead": "good", "on_track": "good", "improving": "good", "maintained": "good",
    "behind": "warn", "flat": "warn", "achieved_late": "warn", "achieved_then_slipped": "warn", "slipped": "warn",
    "far_behind": "bad", "reversing": "bad", "missed": "bad", "worsening": "bad",
}  # fmt: skip
_PERCENT = {"%": "ポイント"}
# How much of each unit of money 億円 is: what a chart divides by when its values reach that.
_HUNDRED_MILLION_YEN = {"円": 100_000_000, "千円": 100_000, "百万円": 100}


def both(ja: object, en: object) -> Markup:
    """Return a text in both languages; plainly where they are the same."""
    if ja == en:
        return escape(ja)
    return Markup(f'<span lang="ja">{escape(ja)}</span><span lang="en">{escape(en)}</span>')  # noqa: S704


@lru_cache(maxsize=4096)
def text(key: str, **values: object) -> Markup:
    """Return a text of the table with its values, escaped, filled in."""
    ja, en = TEXTS[key]
    return both(ja.format(**values), en.format(**values)) if values else both(ja, en)


def offices(printed: str) -> Markup:
    """Return the offices that the roadmap prints for a KPI or step; one without an English name stays as printed."""
    parts = re.split("[、／]", printed)
    return both(printed, "; ".join(OFFICES.get(part, part) for part in parts))


def exact(value: Decimal | float | int | None) -> str:
    """Return a number with all of its digits and no more, such as 0.71 or -12.5; nothing for none."""
    if value is None:
        return ""
    return f"{value.normalize():f}" if isinstance(value, Decimal) else repr(value)


def moment(at: datetime | None) -> str:
    """Return a moment in Japan's time to the minute."""
    return at.astimezone(TIMEZONE).strftime("%Y-%m-%d %H:%M") if at else ""


def tone(status: str) -> str:
    """Return the tone of a status: good, warn, bad or none."""
    return _TONES.get(status, "none")


class Shown:
    """The formats of the pages over the words that the caller brought."""

    def __init__(self, wording: Wording, vocabulary: Vocabulary | None = None) -> None:
        self.wording = wording
        self.vocabulary = vocabulary or load_vocabulary()
        self._value = lru_cache(maxsize=65536)(self._value_of)
        self._day = lru_cache(maxsize=8192)(self._day_of)
        self.label = lru_cache(maxsize=4096)(self._label)

    def _value_of(self, value: Decimal, unit: str, decimals: int) -> Markup:
        if unit == "有無":
            return text("present" if value else "absent")
        words = (self.wording.value(value, unit, decimals, language) for language in ("ja", "en"))
        # A true minus sign, as in the differences and on the axes.
        return both(*(f"−{shown[1:]}" if shown.startswith("-") else shown for shown in words))

    def units(self, unit: str) -> tuple[str, str]:
        """Return a unit as it stands after a number in both languages."""
        return self.wording.unit(unit, "ja"), self.wording.unit(unit, "en")

    def drawn_in(self, unit: str, largest: float) -> tuple[int, tuple[str, str]]:
        """Return what the values of a chart are divided by, and the unit in which they then are."""
        divisor = _HUNDRED_MILLION_YEN.get(unit)
        if divisor is None or largest < divisor:
            return 1, self.units(unit)
        return divisor, ("億円", "×100 million yen")

    def unit(self, unit: str) -> Markup:
        """Return a unit in words."""
        return both(*self.units(unit))

    def titled(self, row: Mapping[str, Any]) -> tuple[str, str]:
        """Return the name of an item or measure in both languages, with its unit in brackets where it has one."""
        ja, en = (f" ({unit})" if unit else "" for unit in self.units(row["unit"]))
        return f"{row['name_ja']}{ja}", f"{row['name_en']}{en}"

    def rounded(self, value: Decimal | float, decimals: int | None) -> str:
        """Return a number without its unit, rounded for display."""
        return self.wording.value(Decimal(str(value)), "", decimals or 0, "ja")

    def value(self, value: Decimal | float | None, unit: str, decimals: int | None) -> Markup:
        """Return a value with its unit; the words for no figure where there is none."""
        if value is None:
            return text("no_figure")
        return self._value(Decimal(str(value)), unit, decimals or 0)

    def change(self, value: Decimal | float, unit: str, decimals: int | None) -> Markup:
        """Return a difference with its sign; of percentages in points."""
        number, unit = Decimal(str(value)), _PERCENT.get(unit, unit)
        sign = "+" if number > 0 else "−" if number < 0 else "±"
        return Markup("{}{}").format(sign, self._value(abs(number), unit, decimals or 0))

    def day(self, day: date | None, precision: str | None = "day") -> Markup:
        """Return a day as precisely as it is known."""
        return self._day(day, precision)

    def _day_of(self, day: date | None, precision: str | None) -> Markup:
        return both(*(self.wording.day(day, precision, language) for language in ("ja", "en")))

    def deadline(self, day: date) -> Markup:
        """Return a deadline; the end of March is the end of a fiscal year."""
        return self.day(day, "fiscal_year")

    def target(self, row: Mapping[str, Any]) -> Markup:
        """Return a target in words; `row` has the columns of `dim_target` with unit, decimals and direction."""
        return both(*(self.wording.target(dict(row), language) for language in ("ja", "en")))

    def word(self, kind: str, key: str | None) -> Markup:
        """Return a word of a table of the wording, such as `reasons`, or the word itself."""
        pair: Pair = getattr(self.wording, kind).get(key, (key or "", key or ""))
        return both(*pair)

    def _label(self, kind: str, key: str | None) -> Markup:
        """Return a word of the shared vocabulary, such as `area_types`, or the word itself."""
        found: Label | None = getattr(self.vocabulary, kind).get(key)
        return both(found.ja, found.en) if found else escape(key or "")

    def status(self, status: str, grade: str) -> Markup:
        """Return a verdict as a badge: letter, shape, words and colour."""
        kind = tone(status)
        return Markup(
            '<span class="status tone-{}"><span class="letter">{}</span><i aria-hidden="true">{}</i>{}</span>'
        ).format(kind, grade, _SIGNS[kind], self.word("statuses", status))

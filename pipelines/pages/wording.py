"""The words and number formats that the pages share with the terminal; the caller brings them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

Pair = tuple[str, str]
Table = dict[str, Pair]


@dataclass(frozen=True)
class Wording:
    """Vocabularies (word to its Japanese and English) and formats of values, days and targets.

    `value(value, unit, decimals, language)`, `unit(unit, language)`, `day(day, precision, language)` and `target(row, language)` return text.
    """

    statuses: Table
    reasons: Table
    flags: Table
    schemes: Table
    date_bases: Table
    freshness: Table
    freshness_bases: Table
    models: Table
    projection_reasons: Table
    register_terms: Table
    register_explained: Table
    value: Callable[[Any, str, int, str], str]
    unit: Callable[[str, str], str]
    day: Callable[[date | None, str | None, str], str]
    target: Callable[[dict[str, Any], str], str]

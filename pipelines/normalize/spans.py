"""The year, month and day that a title or a file's name tells, by patterns of a description."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pipelines.normalize.japanese_dates import YEAR_PATTERN, year_of
from pipelines.normalize.text import normalise_width

Parts = dict[str, int]


def _parts(match: re.Match[str]) -> Parts:
    groups = {name: text for name, text in match.groupdict().items() if text}
    parts: Parts = {}
    if "yy" in groups:
        parts["year"] = 2000 + int(groups["yy"])
    elif "western" in groups or "era_year" in groups:
        parts["year"] = year_of(match)
    parts |= {name: int(groups[name]) for name in ("month", "day") if name in groups}
    return parts


def find_parts(patterns: Iterable[str], text: str, *, latest: bool = False) -> tuple[Parts, str] | None:
    """Return the year, month and day that the first matching pattern finds, with the text it matched.

    A pattern finds its first match, or that of the `latest` year.
    """
    plain = normalise_width(text)
    for pattern in patterns:
        found = [
            (_parts(match), match.group(0))
            for match in re.finditer(pattern.replace("{year}", YEAR_PATTERN), plain)
        ]
        if found:
            return max(found, key=lambda entry: entry[0].get("year", 0)) if latest else found[0]
    return None

"""Texts that satisfy the patterns of a description: regular expressions of periods and rows, names of sheets."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import date
from fnmatch import fnmatchcase
from itertools import islice, product
from re import _constants as codes  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

from pipelines.normalize.japanese_dates import YEAR_PATTERN

_ERAS = ((2018, "令和", "R"), (1988, "平成", "H"), (1925, "昭和", "S"))
_CATEGORIES = {"CATEGORY_DIGIT": "7", "CATEGORY_SPACE": " ", "CATEGORY_WORD": "x", "CATEGORY_NOT_DIGIT": "甲"}
_TRIED = 400


def wide(text: str) -> str:
    """Return a text in NFKC without white space, as patterns are compared with it."""
    return "".join(unicodedata.normalize("NFKC", text).split())


def era_year(year: int, *, letter: bool = False) -> str:
    """Return a Western year in Japanese: 令和5, or R5."""
    start, name, short = next(era for era in _ERAS if year > era[0])
    return f"{short if letter else name}{year - start}"


def spellings_of(year: int) -> tuple[str, ...]:
    """Return the ways a document writes a year."""
    return era_year(year), era_year(year, letter=True), str(year)


class _Examples:
    """Texts matched by a parsed regular expression; named groups take the given texts."""

    def __init__(self, groups: Mapping[str, str]) -> None:
        self._groups = groups

    def of(self, parsed: Any) -> Iterator[str]:
        """Yield concatenations of what the parts may be, the first choices first."""
        return map("".join, product(*(list(islice(self._part(*part), 6)) for part in parsed)))

    def _part(self, code: Any, value: Any) -> Iterator[str]:
        if code is codes.LITERAL:
            yield chr(value)
        elif code is codes.ANY:
            yield "甲"
        elif code is codes.IN:
            yield from self._one_of(value)
        elif code is codes.NOT_LITERAL:
            yield "甲" if value != ord("甲") else "乙"
        elif code is codes.BRANCH:
            for branch in value[1]:
                yield from islice(self.of(branch), 4)
        elif code is codes.SUBPATTERN:
            yield from self._group(value)
        elif code in (codes.MAX_REPEAT, codes.MIN_REPEAT):
            yield from self._repeated(*value)
        elif code in (codes.AT, codes.ASSERT, codes.ASSERT_NOT):
            yield ""
        else:
            raise NotImplementedError(f"{code} in a pattern")

    def _group(self, value: Any) -> Iterator[str]:
        number, parsed = value[0], value[-1]
        name = next((name for name, index in self._names.items() if index == number), None)
        if name in self._groups:
            yield self._groups[name]
        else:
            yield from self.of(parsed)

    def _repeated(self, least: int, most: Any, parsed: Any) -> Iterator[str]:
        counts = (1, 0) if least == 0 and most == 1 else (least, least + 1)
        for count in counts:
            for text in islice(self.of(parsed), 3):
                yield text * count

    @staticmethod
    def _one_of(value: Any) -> Iterator[str]:
        if value[0][0] is codes.NEGATE:
            yield "甲"
            return
        for code, content in value:
            if code is codes.LITERAL:
                yield chr(content)
            elif code is codes.RANGE:
                yield chr(content[0])
            else:
                yield _CATEGORIES[str(content)]

    def read(self, pattern: str) -> Iterator[str]:
        """Yield texts that the pattern may match."""
        parsed = parser.parse(pattern)
        self._names: dict[str, int] = parsed.state.groupdict
        return self.of(parsed)


def matching(pattern: str) -> str:
    """Return a text that a regular expression matches whole."""
    for text in islice(_Examples({}).read(pattern), _TRIED):
        if re.fullmatch(pattern, wide(text)):
            return text
    raise NotImplementedError(f"no text for {pattern}")


def naming(pattern: str, day: date, *, year: int, suffix: str = "") -> Iterator[str]:
    """Yield texts in which a pattern of a period finds this day; the year is one of how documents write it."""
    groups = {
        "yy": f"{year % 100:02}", "western": str(year), "era": era_year(year, letter=True)[0],
        "era_year": str(year - next(era[0] for era in _ERAS if year > era[0])),
    }  # fmt: skip
    for month, number in ((f"{day.month}", f"{day.day}"), (f"{day.month:02}", f"{day.day:02}")):
        examples = _Examples(groups | {"month": month, "day": number})
        for spelling in spellings_of(year):
            for text in islice(examples.read(pattern.replace("{year}", spelling)), _TRIED):
                if _finds(pattern, text + suffix, day, year):
                    yield text + suffix


def _finds(pattern: str, text: str, day: date, year: int) -> bool:
    match = re.search(pattern.replace("{year}", YEAR_PATTERN), unicodedata.normalize("NFKC", text).strip())
    if not match:
        return False
    said = {name: number for name, number in match.groupdict().items() if number}
    starts = {letter: start for start, era, short in _ERAS for letter in (era, short)}
    named = int(said.get("western") or 0) or int(said.get("yy") or -2000) + 2000
    if "era" in said:
        named = starts.get(said["era"], -9999) + int(said["era_year"])
    wanted = {"month": day.month, "day": day.day}
    return named in (year, 0) and all(int(said.get(name) or wanted[name]) == wanted[name] for name in wanted)


def named_like(pattern: str, filling: str = "") -> str:
    """Return a name that a file-name pattern matches: the first `*` replaced by a filling, the others empty."""
    name = (
        re.sub(r"\[(.)[^\]]*\]", r"\1", pattern).replace("?", "甲").replace("*", filling, 1).replace("*", "")
    )
    if not fnmatchcase(name, pattern):
        raise NotImplementedError(f"no name for {pattern}")
    return name

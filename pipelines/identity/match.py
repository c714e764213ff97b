"""From a code or a name, as a publisher prints it, to the area that bore it on a day. Nothing is guessed.

A name that several areas bear gives them all, one that none bears gives none: the caller decides, and
`AreaIndex.nearest` says for the message what comes closest.
"""

from __future__ import annotations

import difflib
import hashlib
import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache
from typing import Any, Literal

import polars as pl

from pipelines.identity.associations import ASSOCIATION
from pipelines.identity.names import fold_name
from pipelines.normalize.area_codes import NATION, check_digit
from pipelines.normalize.text import normalise_width

_LEADING_NUMBER = re.compile(r"^\d+(?=\D)")
_HINT = re.compile(r"\(([^()]+)\)$")
# 八重山郡竹富町, 大島支庁大島町, 三宅島三宅村: what may stand in front of the name of a town or village.
_IN_FRONT = re.compile(r"郡|支庁|振興局|島")
_NORTHERN_DISTRICTS = frozenset({"色丹郡", "国後郡", "択捉郡", "紗那郡", "蘂取郡"})
_CLOSE = 0.6


@dataclass(frozen=True)
class Area:
    """An area as it is on a day; `district_ja` is its 郡 or 支庁, of a ward its city."""

    area_code: str
    name_ja: str
    prefecture_code: str | None
    prefecture_name: str | None
    district_ja: str | None
    area_type: str

    @property
    def label(self) -> str:
        """Return name and code for a message: 北海道札幌市中央区 (011011)."""
        city = self.district_ja if self.area_type == "ward" else None
        prefecture = None if self.area_type in ("nation", "prefecture") else self.prefecture_name
        return f"{prefecture or ''}{city or ''}{self.name_ja} ({self.area_code})"


Digits = Literal[5, 6]
_Row = dict[str, Any]


def _code_readings(text: str, digits: Digits | None = None) -> list[str]:
    """Return the 6-digit codes that a text may mean, most likely first; a wrong check digit gives none."""
    plain = normalise_width(text)
    if not re.fullmatch(r"[0-9]{4,6}", plain):
        return []
    if not plain.strip("0"):
        return [NATION]
    six, five = plain.zfill(6), plain.zfill(5)
    readings = []
    if digits != 5 and len(plain) >= 5 and check_digit(six[:5]) == six[5]:
        readings.append(six)
    if digits != 6 and len(plain) <= 5:
        readings.append(five + check_digit(five))
    return readings


class _Areas:
    """The areas that are valid together, by code and by name; days between two changes share them."""

    def __init__(self, areas: Iterable[Area]) -> None:
        self.by_code = {area.area_code: area for area in areas}
        self.prefectures = _prefecture_keys(self.by_code.values())
        self.by_name: defaultdict[str, list[Area]] = defaultdict(list)
        self.by_prefecture: defaultdict[tuple[str | None, str], list[Area]] = defaultdict(list)
        self.types: defaultdict[str, set[str]] = defaultdict(set)
        for area in self.by_code.values():
            for key in _name_keys(area):
                self.by_name[key].append(area)
                self.by_prefecture[area.prefecture_code, key].append(area)
            self.types[area.area_type].add(area.area_code)
        self.of_types: dict[tuple[str, ...], frozenset[str]] = {}
        self.codes: dict[tuple[str, Digits | None], list[Area]] = {}
        self.answers: defaultdict[Hashable, dict[Hashable, Area]] = defaultdict(dict)
        # Nearly every name is printed just as the register has it: no need to fold and part it.
        self.exact: dict[tuple[str | None, str], list[Area]] = {}
        for area in self.by_code.values():
            self._add_exact(area)

    def _add_exact(self, area: Area) -> None:
        key = _folded(area.name_ja)
        if _plain(area.name_ja) != key or _HINT.search(key):
            return
        self.exact[None, area.name_ja] = self.by_name[key]
        held = area.prefecture_name
        if held is not None and self.prefectures.get(_plain(held)) == area.prefecture_code:
            self.exact[held, area.name_ja] = self.by_prefecture[area.prefecture_code, key]


class AreaIndex:
    """The areas valid on one day, by code and by name."""

    def __init__(self, day: date, areas: _Areas, register: AreaRegister | None = None) -> None:
        self.day = day
        self._register = register
        self._areas = areas

    def answers(self, question: Hashable) -> dict[Hashable, Area]:
        """Return where a caller may keep what it found on this day; days with the same areas share it."""
        return self._areas.answers[question]

    def by_code(self, text: str, digits: Digits | None = None) -> Area | None:
        """Return the area of a code of six or five digits, its leading zero lost or not.

        Five digits may be a 6-digit code without its zero or a 5-digit code; some are both (12203 is 士別市 and
        市川市). A caller that knows how many digits its column has says so with `digits`. None for a code that is
        not in use on the day, has a wrong check digit, or remains two areas (`code_problem` says which).
        """
        found = self._read_as(text, digits)
        return found[0] if len(found) == 1 else None

    def code_problem(self, text: str, digits: Digits | None = None) -> str | None:
        """Return for a message why `by_code` finds nothing, or None when it finds an area."""
        found = self._read_as(text, digits)
        if len(found) == 1:
            return None
        if found:
            return " / ".join(area.label for area in found)
        if self._register and (ever := self._register.coded_ever(_code_readings(text, digits))):
            return ", ".join(ever)
        return f"{normalise_width(text)} ?"

    def _read_as(self, text: str, digits: Digits | None) -> list[Area]:
        found = self._areas.codes.get((text, digits))
        if found is None:
            held = self._areas.by_code
            found = [held[code] for code in _code_readings(text, digits) if code in held]
            # Only what names an area is kept: of other texts there is no end.
            if found:
                self._areas.codes[text, digits] = found
        return found

    def by_name(self, prefecture: str | None, name: str) -> list[Area]:
        """Return every area that bears the name in the prefecture, or anywhere if None is given.

        The name may carry its 郡, 支庁 or island, for a ward its city, a number in front, a footnote mark behind,
        and without a prefecture the prefecture in front or in parentheses behind.
        """
        if exact := self._areas.exact.get((prefecture, name)):
            return list(exact)
        plain = _plain(name)
        given = [prefecture] if prefecture is not None else []
        if hint := _HINT.search(plain):
            # 中空知広域市町村圏組合（普通会計分）: of an association the parentheses are a part of its name.
            if whole := self._get(self._areas.prefectures.get(_plain(prefecture or "")), plain):
                return list(whole)
            given.append(hint[1])
            plain = plain[: hint.start()]
        codes = {self._areas.prefectures.get(_plain(text)) for text in given}
        if not codes:
            return self._named(None, plain) or self._named_with_prefecture(plain)
        code = codes.pop()
        if code is None or codes:
            return []
        # 東京都 | 東京都特別区: some tables print the prefecture twice.
        repeated = [area for area in self._named_with_prefecture(plain) if area.prefecture_code == code]
        return self._named(code, plain) or repeated

    def of_types(self, *types: str) -> frozenset[str]:
        """Return the codes of all areas of these types."""
        held = self._areas
        if types not in held.of_types:
            held.of_types[types] = frozenset(code for name in types for code in held.types.get(name, ()))
        return held.of_types[types]

    def nearest(self, prefecture: str | None, name: str) -> str:
        """Return, for a message, what comes closest to a name: the same on another day, or a like spelling."""
        plain = _HINT.sub("", _plain(name))
        code = None if prefecture is None else self._areas.prefectures.get(_plain(prefecture))
        on_other_days = self._register.named_ever(code, plain) if self._register else []
        if on_other_days:
            return ", ".join(on_other_days)
        keys = [key for held, key in self._areas.by_prefecture if code is None or held == code]
        close = difflib.get_close_matches(plain, sorted(set(keys)), n=3, cutoff=_CLOSE)
        areas = [area for key in close for area in self._get(code, key)]
        return ", ".join(area.label for area in dict.fromkeys(areas))

    def _get(self, prefecture_code: str | None, key: str) -> list[Area]:
        if prefecture_code is None:
            return self._areas.by_name.get(key, [])
        return self._areas.by_prefecture.get((prefecture_code, key), [])

    def _named(self, prefecture_code: str | None, plain: str) -> list[Area]:
        if found := self._get(prefecture_code, plain):
            return list(found)
        for front, rest in _without_front(plain):
            found = [area for area in self._get(prefecture_code, rest) if _may_stand_in(area, front)]
            if found:
                return found
        return []

    def _named_with_prefecture(self, plain: str) -> list[Area]:
        for name, code in self._areas.prefectures.items():
            if name[-1] in "都道府県" and plain.startswith(name) and plain != name:
                return self._named(code, plain.removeprefix(name))
        return []


class AreaRegister:
    """The areas of all days, as rows of `Register.areas`."""

    def __init__(self, areas: pl.DataFrame) -> None:
        self._frame = areas
        self._rows = list(areas.iter_rows(named=True))
        self._indexes: dict[date, AreaIndex] = {}
        self._held: dict[int, _Areas] = {}
        self._prefecture_names = {
            row["area_code"]: row["name_ja"] for row in self._rows if row["area_type"] == "prefecture"
        }

    def holding(self, types: Collection[str]) -> AreaRegister:
        """Return what a table of bodies of these types is read with: associations only where they belong.

        Lists of every year bring new ones, and tables that hold none need not be read again for them.
        """
        return self if ASSOCIATION in types else self._without_associations

    @cached_property
    def _without_associations(self) -> AreaRegister:
        return AreaRegister(self._frame.filter(pl.col("area_type") != ASSOCIATION))

    @cached_property
    def content_hash(self) -> str:
        """Return a hash of all that the register says, the same for the same areas wherever they came from."""
        return hashlib.sha256(self._frame.write_csv().encode()).hexdigest()

    def on(self, day: date) -> AreaIndex:
        """Return the areas valid on a day; built once for all days between two changes."""
        if day not in self._indexes:
            since = bisect_right(self._changes, day)
            if since not in self._held:
                self._held[since] = _Areas(
                    area
                    for row, area in zip(self._rows, self._every_area, strict=True)
                    if row["valid_from"] <= day and (row["valid_to"] is None or day < row["valid_to"])
                )
            self._indexes[day] = AreaIndex(day, self._held[since], self)
        return self._indexes[day]

    @cached_property
    def _changes(self) -> list[date]:
        """Return every day from which other areas are valid than on the day before, in order."""
        days = {row[name] for row in self._rows for name in ("valid_from", "valid_to")}
        return sorted(days - {None})

    @cached_property
    def _every_area(self) -> list[Area]:
        return [self._area(row) for row in self._rows]

    def named_ever(self, prefecture_code: str | None, key: str) -> list[str]:
        """Return label and first and last day of every area that bore a name at some time."""
        rows = self._by_key.get(key, [])
        for _, rest in _without_front(key):
            rows = rows or self._by_key.get(rest, [])
        return [self._dated(row) for row in rows if prefecture_code in (None, row["prefecture_code"])]

    def coded_ever(self, codes: Collection[str]) -> list[str]:
        """Return label and first and last day of every area that bore one of the codes at some time."""
        return [self._dated(row) for row in self._rows if row["area_code"] in codes]

    def _dated(self, row: _Row) -> str:
        return f"{self._area(row).label} {row['valid_from']}–{row['valid_to'] or ''}"

    def _area(self, row: _Row) -> Area:
        prefecture = row["prefecture_code"] or (
            row["area_code"] if row["area_type"] == "prefecture" else None
        )
        return Area(
            str(row["area_code"]),
            str(row["name_ja"]),
            prefecture,
            self._prefecture_names.get(prefecture or ""),
            row["district_ja"],
            str(row["area_type"]),
        )

    @cached_property
    def _by_key(self) -> dict[str, list[_Row]]:
        by_key: defaultdict[str, list[_Row]] = defaultdict(list)
        for row, area in zip(self._rows, self._every_area, strict=True):
            for key in _name_keys(area):
                by_key[key].append(row)
        return dict(by_key)


# Every file names the same bodies.
_folded = lru_cache(maxsize=32768)(fold_name)


@lru_cache(maxsize=32768)
def _plain(text: str) -> str:
    return _LEADING_NUMBER.sub("", fold_name(text))


def _prefecture_keys(areas: Iterable[Area]) -> dict[str, str]:
    """Return the codes of the prefectures by name, with and without 都, 府 or 県."""
    keys: dict[str, str] = {}
    for area in areas:
        if area.area_type == "prefecture":
            name = _folded(area.name_ja)
            keys[name] = area.area_code
            if name != "北海道":
                keys[name[:-1]] = area.area_code
    return keys


def _name_keys(area: Area) -> set[str]:
    """Return the folded names under which an area is found."""
    name = _folded(area.name_ja)
    if area.area_type == "ward":
        return {name, _folded(area.district_ja or "") + name}
    if area.area_type == "prefecture" and name != "北海道":
        return {name, name[:-1]}
    return {name}


def _without_front(plain: str) -> Iterator[tuple[str, str]]:
    """Yield each way to part a name into what stands in front and a town's or village's name."""
    if plain.endswith(("町", "村")):
        for match in _IN_FRONT.finditer(plain):
            if plain[match.end() :]:
                yield plain[: match.end()], plain[match.end() :]


def _may_stand_in(area: Area, front: str) -> bool:
    """Say whether a 郡, 支庁 or island may be that of a town or village, as far as the register knows it."""
    if area.area_type not in ("town", "village") or front in _NORTHERN_DISTRICTS:
        return False
    if front.endswith("島"):
        return (area.district_ja or "").endswith("支庁")
    district = _folded(area.district_ja or "")
    # The lists give 支庁 and 振興局 of 北海道 and 東京都 where others print the 郡.
    return district == front or not district.endswith("郡")

"""Which body each row names: by code or by prefecture and name as valid on the file's day; never guessed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial

from pipelines.catalog.published import Identity
from pipelines.defects import Defect, RefusedFileError
from pipelines.extract.body import BODY, Body
from pipelines.extract.columns import plain
from pipelines.extract.header import Header
from pipelines.extract.sheet import address
from pipelines.extract.table import Place
from pipelines.identity.match import Area, AreaIndex, AreaRegister
from pipelines.normalize.area_codes import NATION, check_digit

# A list of bodies may be that old where it prints names.
_A_YEAR = timedelta(days=365)
# Kinds of rows whose area type the description itself gives.
_OWN_TYPE = ("nation", "aggregate")
# Of other bodies the repository has its own list.
_LISTED = {"city", "town", "village"}


@dataclass(frozen=True)
class Bodies:
    """For each row of a body its area code (null when it names none), its type, its prefecture's code."""

    codes: list[str | None]
    types: list[str | None]
    prefectures: list[str | None]

    @property
    def matched(self) -> int:
        """Return how many bodies the rows name; a long table names each of them many times."""
        return len(set(self.codes) - {None})


class _Matcher:
    """Matches the rows of one file; an unresolved row becomes a defect and stays without a code."""

    def __init__(
        self, identity: Identity, index: AreaIndex, body: Body, header: Header, place: Place
    ) -> None:
        self._identity = identity
        self._index = index
        self._body = body
        self._header = header
        self._place = place
        self.defects: list[Defect] = []
        self.ambiguous: dict[int, list[Area]] = {}
        self.former: Callable[[], AreaIndex] | None = None

    def _column(self, key: str | None) -> list[str] | None:
        return self._body.texts(key) if key and key in self._body.columns else None

    def match(self) -> list[Area | None]:
        codes = self._column(self._identity.code)
        names, prefectures = self._column(self._identity.name), self._column(self._identity.prefecture)
        kinds = self._body.kinds
        nothing, anywhere = [""] * len(kinds), [None] * len(kinds)
        keys = list(zip(codes or nothing, prefectures or anywhere, names or nothing, kinds, strict=True))
        asked = self._identity
        # Every file names the same bodies, a long table many times; only rows not seen before are looked at.
        known = self._index.answers((codes is None, asked.no_code, asked.code_digits, tuple(asked.types)))
        areas = list(map(known.get, keys))
        warned: dict[Hashable, Area] = {}
        for place in [place for place, area in enumerate(areas) if area is None]:
            code, prefecture, name, kind = key = keys[place]
            if kind != BODY:
                continue
            area = known.get(key) or warned.get(key)
            if area is None:
                said = len(self.defects)
                by_name = codes is None or self._is_no_code(code)
                area = (
                    self._by_name(place, prefecture, name)
                    if by_name
                    else self._by_code(place, code, prefecture, name)
                )
                if area is not None:
                    (known if len(self.defects) == said else warned)[key] = area
            areas[place] = area
        return areas

    def _is_no_code(self, code: str) -> bool:
        no_code = self._identity.no_code
        return no_code is not None and re.fullmatch(no_code, plain(code)) is not None

    def _whole_code(self, code: str) -> str:
        digits = self._identity.code_digits
        if digits is None or not re.fullmatch("[0-9]+", code) or len(code) > digits:
            return code
        return code.zfill(6) if digits == 6 else code.zfill(5) + check_digit(code.zfill(5))

    def _by_code(self, place: int, code: str, prefecture: str | None, name: str) -> Area | None:
        area = self._index.by_code(self._whole_code(plain(code)))
        if area is None:
            self._refuse(
                place, self._identity.code, "unknown_area_code", code,
                f"この時点で有効な団体コードが必要です（{self._index.day}）",
                f"An area code valid on {self._index.day} is needed",
            )  # fmt: skip
        elif (
            name
            and area.area_type != "prefecture"
            and not self._same_name(self._index, area, prefecture, name)
        ):
            if self.former and self._same_name(self.former(), area, prefecture, name):
                self._refuse(
                    place, self._identity.name, "former_name", name,
                    f"{self._index.day} には「{area.name_ja}」です。コードは同じなので読みました",
                    f"On {self._index.day} this is {area.name_ja}: read by its code, which is the same",
                )  # fmt: skip
                self.defects[-1] = replace(self.defects[-1], severity="warning")
                return self._of_known_type(place, area, code)
            self._refuse(
                place, self._identity.name, "code_and_name_differ", f"{code} {name}",
                f"コード {area.area_code} は「{area.name_ja}」です。コードか団体名を確かめてください",
                f"Code {area.area_code} is {area.name_ja}: check the code or the name",
            )  # fmt: skip
            return None
        return self._of_known_type(place, area, code)

    @staticmethod
    def _same_name(index: AreaIndex, area: Area, prefecture: str | None, name: str) -> bool:
        return any(found.area_code == area.area_code for found in index.by_name(prefecture or None, name))

    def _by_name(self, place: int, prefecture: str | None, name: str) -> Area | None:
        if not name and prefecture:
            found = [area for area in self._index.by_name(None, prefecture) if area.area_type == "prefecture"]
        else:
            found = [
                area
                for area in self._index.by_name(prefecture or None, name)
                if area.area_type in self._identity.types
            ]
        shown = " ".join(part for part in (prefecture, name) if part)
        key = self._identity.name or self._identity.prefecture
        if len(found) == 1:
            return self._of_known_type(place, found[0], shown)
        if not found:
            hint = self._index.nearest(prefecture or None, name or prefecture or "")
            self._refuse(
                place, key, "unknown_area_name", shown,
                f"この時点（{self._index.day}）にある団体の名が必要です。{hint or ''}",
                f"The name of a body existing on {self._index.day} is needed. {hint or ''}".strip(),
            )  # fmt: skip
            return None
        self.ambiguous[place] = found
        return None

    def _of_known_type(self, place: int, area: Area | None, found: str) -> Area | None:
        if area is not None and area.area_type not in self._identity.types:
            self._refuse(
                place, self._identity.code or self._identity.name, "unexpected_area_type", found,
                f"この表にあるのは {'・'.join(self._identity.types)} だけのはずです",
                f"This table should only hold {', '.join(self._identity.types)}",
            )  # fmt: skip
            return None
        return area

    def _refuse(self, place: int, key: str | None, rule: str, found: str, ja: str, en: str) -> None:
        row = self._body.rows[place]
        position = self._header.positions.get(key or "")
        self.defects.append(
            self._place.defect(
                rule, found, ja, en, row=row + 1, column=key,
                cell=address(row, position) if position is not None else None,
            )
        )  # fmt: skip

    def settle(self, areas: list[Area | None]) -> None:
        """Settle ambiguous names by elimination where the description allows it; refuse the rest."""
        taken = {area.area_code for area in areas if area}
        for place, found in self.ambiguous.items():
            left = [area for area in found if area.area_code not in taken]
            shown = "・".join(f"{area.prefecture_name}{area.name_ja}" for area in found)
            name = self._column(self._identity.name)
            text = name[place] if name else ""
            if self._identity.by_elimination and len(left) == 1 and len(left) < len(found):
                areas[place] = left[0]
                continue
            self._refuse(
                place, self._identity.name, "ambiguous_area_name", text,
                f"同じ名の団体が複数あります（{shown}）。都道府県名か団体コードを書いてください",
                f"Several bodies bear this name ({shown}): give the prefecture or the code",
            )  # fmt: skip


def _duplicates(areas: list[Area | None], repeats: list[str], matcher: _Matcher) -> None:
    named = [(area.area_code, repeat) for area, repeat in zip(areas, repeats, strict=True) if area]
    if len(set(named)) == len(named):
        return
    keys = Counter(named)
    for place, (area, repeat) in enumerate(zip(areas, repeats, strict=True)):
        if area and keys[(area.area_code, repeat)] > 1:
            matcher._refuse(
                place, matcher._identity.code or matcher._identity.name, "duplicate_area", area.name_ja,
                "同じ団体の行が複数あります。一行だけ残してください", "This body has several rows: keep one",
            )  # fmt: skip
            areas[place] = None


def _name_of(index: AreaIndex, code: str) -> str:
    area = index.by_code(code)
    return area.name_ja if area else code


def expected_bodies(identity: Identity, index: AreaIndex, named: Iterable[str | None]) -> frozenset[str]:
    """Return the bodies that a file must name: those of the nation, or of each prefecture of which it names one."""
    complete = index.of_types(*identity.complete) if identity.complete else frozenset()
    if identity.complete_in == "nation":
        return complete
    prefectures = {code[:2] for code in complete.intersection(code for code in named if code)}
    return frozenset(code for code in complete if code[:2] in prefectures)


def refuse_without_list(identity: Identity, index: AreaIndex, place: Place) -> None:
    """Raise RefusedFileError for a file of municipalities when no list of them was read: every row would be a defect."""
    wanted = sorted(_LISTED & set(identity.types))
    if wanted and not index.of_types(*wanted):
        raise RefusedFileError(
            [
                place.defect(
                    "area_list_missing", "0",
                    f"{index.day} の市区町村の一覧が先に必要です（標準地域コード FEA_hyoujun-….csv など）",
                    f"A list of the municipalities of {index.day} is needed first, such as FEA_hyoujun-….csv",
                )
            ]
        )  # fmt: skip


def _missing(identity: Identity, index: AreaIndex, areas: list[Area | None], place: Place) -> list[Defect]:
    """Return a defect for each body that existed on the file's day and has no row."""
    present = {area.area_code for area in areas if area}
    absent = sorted(expected_bodies(identity, index, present) - present)
    return [
        place.defect(
            "body_missing", None,
            f"{_name_of(index, code)}（{code}）の行がありません。この時点で存在する団体です",
            f"{_name_of(index, code)} ({code}) existed on {index.day} and has no row",
            column=code, severity="warning",
        )
        for code in absent
    ]  # fmt: skip


def match_bodies(
    identity: Identity, index: AreaIndex, body: Body, header: Header, repeats: list[str], place: Place,
    former: Callable[[], AreaIndex] | None = None,
) -> tuple[Bodies, list[Defect]]:  # fmt: skip
    """Return the body of each row and the rows that name none; `repeats` tells apart rows of one body.

    A code may still stand beside the name that its body bore on the day of `former`.
    """
    matcher = _Matcher(identity, index, body, header, place)
    matcher.former = former
    areas = matcher.match()
    matcher.settle(areas)
    _duplicates(areas, repeats, matcher)
    defects = matcher.defects + _missing(identity, index, areas, place)
    codes = [area.area_code if area else None for area in areas]
    types = [area.area_type if area else None for area in areas]
    prefectures = [area.prefecture_code if area else None for area in areas]
    for row, kind in enumerate(body.kinds):
        if kind in _OWN_TYPE:
            types[row] = kind
            codes[row] = NATION
    return Bodies(codes, types, prefectures), defects


def match_bodies_by_day(
    identity: Identity, register: AreaRegister, body: Body, header: Header, repeats: list[str], days: list[date],
    place: Place,
) -> tuple[Bodies, dict[date, list[Defect]]]:  # fmt: skip
    """Return the body of each row as of its own day, and by day the rows that name none and the bodies without a row."""
    if len(set(days)) == 1:
        day = days[0]
        former = partial(register.on, day - _A_YEAR)
        bodies, defects = match_bodies(identity, register.on(day), body, header, repeats, place, former)
        return bodies, {day: defects}
    rows_of: dict[date, list[int]] = {}
    for row, day in enumerate(days):
        rows_of.setdefault(day, []).append(row)
    whole = Bodies([None] * len(days), [None] * len(days), [None] * len(days))
    found: dict[date, list[Defect]] = {}
    for day, rows in sorted(rows_of.items()):
        part, found[day] = match_bodies(
            identity, register.on(day), body.part(rows), header, [repeats[row] for row in rows], place,
            partial(register.on, day - _A_YEAR),
        )  # fmt: skip
        for row, code, area_type, prefecture in zip(
            rows, part.codes, part.types, part.prefectures, strict=True
        ):
            whole.codes[row], whole.types[row], whole.prefectures[row] = code, area_type, prefecture
    return whole, found

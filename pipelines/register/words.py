"""What the words of a register mean: accounts, whose register it is, of which year and which accounts."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from pipelines.catalog.registers import RegisterTable, Words
from pipelines.identity.match import AreaRegister
from pipelines.normalize.area_codes import AreaCodeError, check_digit, parse_area_code
from pipelines.normalize.japanese_dates import YEAR_PATTERN, year_of
from pipelines.normalize.text import header_key, normalise_width

_CODE = re.compile(r"(?<![0-9])[0-9]{6}(?![0-9])")
_SHORT_CODE = re.compile(r"(?<![0-9.,])[0-9]{5}(?![0-9.,])")
_FISCAL_YEAR = re.compile(YEAR_PATTERN + r"\s*年?度")
_YEAR_END = re.compile(YEAR_PATTERN + r"(?:年?\s*0?3月末?(?:31日)?|[._/-]?0?3[._/-]?31(?!\d))")
_FILE_YEAR = re.compile(
    r"(?<![A-Za-z0-9])(?:FY\s*(?P<fiscal>20\d{2})|(?P<western>20\d{2})|(?P<era>[HR])(?P<era_year>元|\d{1,2}))(?:末)?(?![0-9]|[./][0-9]|-[0-9]{1,2}-)",
    re.IGNORECASE,
)
_SEPARATORS = re.compile(r"[/_\-\s()（）\[\]【】「」.,、。:：・]+")
_NO_NAMES = re.compile(r"固定資産台帳|資産台帳|一般会計等?|全体|連結|の$")
_BETWEEN_ACCOUNTS = re.compile(r"有形|固定|資産|財産|公共用?|[のと等・/／:：_()（）\[\]【】\-＞>、,.0-9]")
_PLAUSIBLE_YEARS = range(1990, 2100)


@dataclass(frozen=True)
class Account:
    """What a line is: None where its words do not say."""

    group: str | None
    class_: str | None


def _first(words: Iterable[Words], text: str) -> str | None:
    return next((entry.is_ for entry in words if any(word in text for word in entry.words)), None)


class AccountWords:
    """The accounts by their words; `around` is what the sheet and the file are called, where lines do not say."""

    def __init__(self, table: RegisterTable, around: tuple[str, ...]) -> None:
        self._table = table
        self._around = tuple(header_key(text) for text in around)
        known = [*table.account_groups, *table.account_classes]
        self._words = sorted({word for entry in known for word in entry.words}, key=len, reverse=True)
        self.read = lru_cache(maxsize=8192)(self._read)

    def _read(
        self,
        group_text: str | None,
        account_text: str | None,
        section: str = "",
        also: tuple[str | None, ...] = (),
    ) -> Account:
        texts = [header_key(text) for text in (account_text, group_text, *also) if text]
        own = self._of(texts)
        if own.group and own.class_:
            return own
        around = self._of([*texts, header_key(section), *self._around])
        # A building is tangible whatever else is not said.
        return Account(around.group or ("unspecified" if own.class_ else None), own.class_ or around.class_)

    def said_around(self) -> bool:
        """Return whether what the sheet and the file are called says by itself what their lines are."""
        return self._of(self._around).class_ is not None

    def names_only_accounts(self, text: str) -> bool:
        """Return whether a text is an account and nothing else: 事業用資産の建物, but not 土地取得事業特別会."""
        rest = header_key(text)
        for word in self._words:
            rest = rest.replace(word, "")
        return rest != header_key(text) and not _BETWEEN_ACCOUNTS.sub("", rest)

    def of_total(self, text: str) -> Account | None:
        """Return the account that a total names; None when it names none, which means all lines."""
        found = self._of([header_key(text)])
        return found if found.group or found.class_ else None

    def _of(self, texts: Iterable[str]) -> Account:
        held = list(texts)
        groups, classes = self._table.account_groups, self._table.account_classes
        group = next((found for text in held if (found := _first(groups, text))), None)
        if group in self._table.single_class_groups:
            return Account(group, self._table.single_class_groups[group])
        # The name of a group holds none of a class: 無形固定資産 その他 is other, 有形固定資産 nothing.
        class_ = next((found for text in held if (found := _first(classes, text))), None)
        return Account("goods" if group is None and class_ == "goods" else group, class_)


def entity_of(table: RegisterTable, texts: Iterable[str]) -> str:
    """Return which accounts of the body a register is of, by the first text that says so; else the general accounts."""
    return next((found for text in texts if (found := _first(table.entities, header_key(text)))), "general")


def cost_basis_of(table: RegisterTable, text: str | None) -> str | None:
    """Return whether a cost is known, was estimated as of replacement, or is the memo price."""
    return _first(table.cost_bases, header_key(text)) if text else None


def fiscal_years_in(text: str, *, is_file_name: bool = False) -> set[int]:
    """Return the fiscal years that a title or a file's name names: 平成29年度, 平成30年3月31日現在, R04末, FY2017."""
    plain = normalise_width(text)
    found = {year_of(match) for match in _FISCAL_YEAR.finditer(plain)}
    if not found:
        found = {year_of(match) - 1 for match in _YEAR_END.finditer(plain)}
    if not found and is_file_name:
        found = {_file_year(match) for match in _FILE_YEAR.finditer(plain)}
    return {year for year in found if year in _PLAUSIBLE_YEARS}


def _file_year(match: re.Match[str]) -> int:
    if match["fiscal"] or match["western"]:
        return int(match["fiscal"] or match["western"])
    within = 1 if match["era_year"] == "元" else int(match["era_year"])
    return {"H": 1988, "R": 2018}[match["era"].upper()] + within


def year_end(fiscal_year: int) -> date:
    """Return the day that a register of a fiscal year states."""
    return date(fiscal_year + 1, 3, 31)


def areas_in(text: str, register: AreaRegister, day: date) -> set[str]:
    """Return the bodies of a day that a text names, by code or else by name (`462012_鹿児島市`)."""
    index = register.on(day)
    plain = normalise_width(text)
    found = {area.area_code for code in codes_in(text) if (area := index.by_code(code))}
    if found:
        return found
    for part in _SEPARATORS.split(plain):
        token = _NO_NAMES.sub("", _FISCAL_YEAR.sub("", part))
        named = index.by_name(None, token) if len(token) > 1 else []
        if len(named) == 1:
            found.add(named[0].area_code)
    if not found:
        shorts = {match[0] for match in _SHORT_CODE.finditer(plain)}
        found = {
            area.area_code
            for short in shorts
            for code in _whole_codes(short)
            if (area := index.by_code(code))
        }
    return found


def _whole_codes(short: str) -> list[str]:
    """Return the codes that five digits may be: without the check digit, or without the zero that a spreadsheet drops."""
    return [short + check_digit(short), *([f"0{short}"] if _is_code(f"0{short}") else [])]


def codes_in(text: str) -> set[str]:
    """Return what stands in a text as a code of a body, of whatever day."""
    return {match[0] for match in _CODE.finditer(normalise_width(text)) if _is_code(match[0])}


def _is_code(text: str) -> bool:
    try:
        parse_area_code(text)
    except AreaCodeError:
        return False
    return True

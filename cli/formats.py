"""Numbers, dates and targets as people read them, in both languages."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from cli.messages import Speaker

_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_ENGLISH_UNITS = {
    "団体": "bodies", "市町村": "municipalities", "市": "cities", "圏域": "areas", "件": "cases", "人": "people",
    "円": "yen", "システム": "systems", "グループ": "groups", "事業": "enterprises", "年": "years", "ポイント": "points",
    "円/人": "yen per person", "万円/人": "×10,000 yen per person", "倍": "times", "百万円": "million yen", "通": "copies",
    "千円": "thousand yen", "枚": "cards", "世帯": "households", "施設": "facilities",
}  # fmt: skip


def plain_number(value: Decimal, decimals: int) -> str:
    """Return a rounded number with thousands separators: half away from zero, as ministries round."""
    rounded = value.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    return f"{rounded:,}"


# How many yen the units of money are.
_YEN = {"円": 1, "千円": 1_000, "百万円": 1_000_000}


def _amount(value: Decimal) -> str:
    """Return a large amount with at least three figures, such as 2.59, 26.0, 1,500."""
    return plain_number(value, 2 if abs(value) < 10 else 1 if abs(value) < 100 else 0)


def _large(value: Decimal, unit: str, language: str) -> str | None:
    size = abs(value)
    if unit == "人" and size >= 1_000_000:
        return (
            f"{plain_number(value / 10_000, 0)}万人"
            if language == "ja"
            else f"{value / 1_000_000:,.2f} million people"
        )
    yen = value * _YEN.get(unit, 0)
    if abs(yen) < 100_000_000:
        return None
    if language == "ja":
        return f"{_amount(yen / 100_000_000)}億円"
    if abs(yen) < 1_000_000_000:
        return f"{plain_number(yen / 1_000_000, 0)} million yen"
    return f"{_amount(yen / 1_000_000_000)} billion yen"


def unit_text(unit: str, language: str) -> str:
    """Return a unit as it stands after a number; nothing for an index, which is a bare number."""
    if unit == "指数":
        return ""
    return _ENGLISH_UNITS.get(unit, unit) if language == "en" else unit


def value_text(value: Any, unit: str, decimals: int, language: str) -> str:
    """Return a value with its unit, such as 1,013団体, 98.2%, 5,014万人."""
    number = Decimal(str(value))
    if large := _large(number, unit, language):
        return large
    shown, said = plain_number(number, decimals), unit_text(unit, language)
    return f"{shown} {said}".rstrip() if language == "en" and unit != "%" else f"{shown}{said}"


def day_text(day: date | None, precision: str | None, language: str) -> str:
    """Return a day as precisely as it is known: 2018-04-01, 2018年3月, 2016年度末."""
    if day is None:
        return "時点不明" if language == "ja" else "undated"
    if precision == "month":
        return f"{day.year}年{day.month}月" if language == "ja" else f"{_MONTHS[day.month - 1]} {day.year}"
    if precision == "calendar_year":
        return f"{day.year}年" if language == "ja" else str(day.year)
    if precision == "fiscal_year" and (day.month, day.day) == (3, 31):
        return f"{day.year - 1}年度末" if language == "ja" else f"end of FY{day.year - 1}"
    return day.isoformat()


def deadline_text(day: date, language: str) -> str:
    """Return a deadline; the end of March is the end of a fiscal year."""
    return day_text(day, "fiscal_year", language)


def target_text(row: dict[str, Any], say: Speaker) -> str:
    """Return a target with its deadline in words; `row` has the columns of `dim_target` and the measure's unit."""
    kind = row["target_type"]
    if kind == "none":
        return say("no_target")
    if kind == "direction_only":
        return say(row["direction"])
    if kind == "not_set":
        due = row["target_due_on"]
        return say("not_set") + (f" ({say('pending_due', day=due)})" if due else "")
    when = deadline_text(row["target_date"], say.language) if row["target_date"] else say("no_deadline")
    if kind == "change" and row["comparator"] == "<=" and row["target_value"] < 0:
        value = value_text(-row["target_value"], row["unit"], row["decimals"], say.language)
        return f"{say('cut_of', value=value)} ({when})"
    value = value_text(row["target_value"], row["unit"], row["decimals"], say.language)
    if row["value_is_approximate"]:
        value = say("about", value=value)
    comparator = {">=": "at_least", "<=": "at_most", "=": "equal_to"}[row["comparator"]]
    return f"{say(comparator, value=value)} ({when})"


def bar(progress: float, elapsed: float | None, width: int = 24) -> str:
    """Return a bar of ASCII: `=` up to the progress, `|` where the path stands at the figure's date."""
    filled = round(max(0.0, min(1.0, progress)) * width)
    cells = ["="] * filled + ["."] * (width - filled)
    if elapsed is not None:
        cells[min(width - 1, max(0, round(max(0.0, min(1.0, elapsed)) * width) - 1))] = "|"
    return f"[{''.join(cells)}]"


def percent(share: float) -> str:
    """Return a share as a whole percentage; where it would read 100 without having reached it, to a tenth."""
    if 0.995 <= share < 1:
        return f"{min(share * 100, 99.9):.1f}%"
    return f"{share * 100:.0f}%"

"""Numbers that keep the rules of a row: each rule is solved for one of its columns, exactly."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from fractions import Fraction
from functools import cache
from types import CodeType

import polars as pl

from pipelines.catalog.published import Layout

_SIGNS = {"=": operator.eq, "<=": operator.le, ">=": operator.ge, "<": operator.lt, ">": operator.gt}
_COMPARISON = re.compile(r"^(?P<left>[^<>=!]+)(?P<sign><=|>=|=|<|>)(?P<right>[^<>=!]+)$")
_DIFFERENCE = re.compile(r"^abs\((?P<left>.+)\)\s*<=?\s*[0-9.]+$")


def _without_casts(sql: str) -> str:
    return re.sub(r"cast\((\w+) as \w+\)", r"\1", " ".join(sql.split()), flags=re.IGNORECASE)


def _equation(sql: str) -> str | None:
    """Return the arithmetic that must come to nothing for a rule to hold, as a Python expression."""
    plain = _without_casts(sql)
    if match := _DIFFERENCE.match(plain):
        return match["left"]
    match = _COMPARISON.match(plain)
    return f"({match['left']}) - ({match['right']})" if match and match["sign"] == "=" else None


def _holds(sql: str, values: dict[str, Decimal | None]) -> bool:
    """Return whether a rule holds or says nothing: by plain arithmetic, where that is all it is, else as SQL."""
    match = _COMPARISON.match(_without_casts(sql))
    if match:
        difference = _value_of(f"({match['left']}) - ({match['right']})", values)
        if difference is not None:
            return _SIGNS[match["sign"]](difference, 0)
    frame = pl.DataFrame({key: pl.Series([value], dtype=pl.Decimal(38, 10)) for key, value in values.items()})
    # A rule may ask for the kind of body; what holds for a town must hold for every made-up row.
    frame = frame.with_columns(area_type=pl.lit("town"))
    answer = frame.select(pl.sql_expr(sql).alias("holds"))["holds"].item()
    return answer is None or bool(answer)


@cache
def _compiled(expression: str) -> CodeType:
    return compile(expression.strip(), "rule", "eval")


def _coalesce(*values: Fraction | None) -> Fraction | None:
    return next((value for value in values if value is not None), None)


def _value_of(expression: str, values: Mapping[str, Decimal | Fraction | None]) -> Fraction | None:
    """Return what an arithmetic expression comes to; None when it is more than that or a value is missing."""
    known = {name: None if value is None else Fraction(value) for name, value in values.items()}
    try:
        code = _compiled(expression)
        return Fraction(eval(code, {"__builtins__": {}, "abs": abs, "coalesce": _coalesce}, known))  # noqa: S307 - our own descriptions
    except (ArithmeticError, TypeError, NameError, SyntaxError):
        return None


def _root(expression: str, values: dict[str, Decimal | None], key: str) -> Fraction | None:
    """Return the value of one column for which an expression that is linear in it is nothing."""
    at_zero, at_one = (_value_of(expression, values | {key: Decimal(value)}) for value in (0, 1))
    if at_zero is None or at_one is None or at_zero == at_one:
        return None
    root = at_zero / (at_zero - at_one)
    rest = _value_of(expression, values | {key: root})
    return root if rest is not None and abs(rest) < Fraction(1, 10**9) else None


def solved(
    layout: Layout, values: dict[str, Decimal], fixed: set[str], decimals: Callable[[str], int]
) -> dict[str, Decimal] | None:
    """Return the numbers changed so that every rule of the row holds, or None."""
    settled = set(fixed)
    absent = dict.fromkeys(
        key for key, column in layout.columns.items() if column.type == "number" and key not in values
    )
    for sql in [
        part for check in layout.checks for part in re.split(r"\s+and\s+", check.sql, flags=re.IGNORECASE)
    ]:
        named = [word for word in re.findall(r"\w+", sql) if word in values]
        expression = _equation(sql)
        for key in reversed(named) if expression else ():
            if _holds(sql, absent | values):
                break
            root = _root(str(expression), absent | values, key) if key not in settled else None
            if root is not None:
                exact = Decimal(root.numerator) / Decimal(root.denominator)
                tried = values | {key: round(exact, decimals(key))}
                values = tried if _holds(sql, absent | tried) else values
        if not _holds(sql, absent | values):
            return None
        settled |= set(named)
    return values

"""全国地方公共団体コード: six digits as text, the last of them a check digit (総務省)."""

from __future__ import annotations

import re

from pipelines.normalize.text import normalise_width

NATION = "000000"
_SIX_DIGITS = re.compile(r"[0-9]{6}")


class AreaCodeError(ValueError):
    """Not a code of six digits, or its check digit is wrong."""


def check_digit(first_five: str) -> str:
    """Return the check digit of a 5-digit code: the last digit of 11 - (6a+5b+4c+3d+2e) mod 11."""
    weighted = sum(int(digit) * weight for digit, weight in zip(first_five, (6, 5, 4, 3, 2), strict=True))
    return str((11 - weighted % 11) % 10)


def with_check_digit(text: str) -> str | None:
    """Return the code that a code of five digits, or one with a wrong check digit, may mean; else nothing."""
    code = normalise_width(text)
    if not re.fullmatch(r"[0-9]{5,6}", code):
        return None
    return code[:5] + check_digit(code[:5])


def parse_area_code(text: str) -> str:
    """Return a valid 6-digit area code; 000000 (Japan) is exempt from the check digit."""
    code = normalise_width(text)
    if not _SIX_DIGITS.fullmatch(code):
        raise AreaCodeError(text)
    if code != NATION and check_digit(code[:5]) != code[5]:
        raise AreaCodeError(text)
    return code

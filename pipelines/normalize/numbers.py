"""Numbers as printed in Japanese documents, to exact decimals."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal

from pipelines.normalize.text import normalise_width

_MINUS = str.maketrans({"−": "-", "‐": "-", "–": "-", "—": "-", "ー": "-", "▲": "-", "△": "-"})
_NUMBER = re.compile(r"[+-]?(?:[1-9][0-9]{0,2}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]+)?")
# Marks that NFKC would turn into digits of the number: footnote superscripts, subscripts, circled numbers.
_MARKS = ("<super>", "<sub>", "<circle>")
_APPROXIMATE = re.compile(r"^(?:約|およそ|概ね)\s*")


class NumberFormatError(ValueError):
    """The text is not one number."""


@dataclass(frozen=True)
class PrintedNumber:
    """A number and whether the document calls it approximate (約)."""

    value: Decimal
    is_approximate: bool


def parse_number(text: str, unit: str | None = None) -> PrintedNumber:
    """Return the exact value of a printed number.

    Accepts full-width digits, thousands separators in their right places, △ ▲ and every dash for minus,
    約 before the number, and the column's own unit after it. Raises NumberFormatError for all else
    (`1,23`, `12.3.4`, `約`, `1013²`, words), because a misread figure is worse than a refused one.
    """
    if any(unicodedata.decomposition(character).startswith(_MARKS) for character in text):
        raise NumberFormatError(text)
    plain = normalise_width(text)
    bare = _APPROXIMATE.sub("", plain)
    if unit:
        bare = bare.removesuffix(normalise_width(unit)).strip()
    candidate = bare.translate(_MINUS).replace("- ", "-")
    if not _NUMBER.fullmatch(candidate):
        raise NumberFormatError(text)
    return PrintedNumber(
        Decimal(candidate.replace(",", "")), bare != plain and bool(_APPROXIMATE.match(plain))
    )

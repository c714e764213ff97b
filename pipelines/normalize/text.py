"""Text as people meant it: width, spaces, line breaks, footnote marks."""

from __future__ import annotations

import re
import unicodedata

_SPACES = re.compile(r"\s+")
_CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"
_FOOTNOTE = re.compile(r"(?:※|\*)\d*$|(?<=.)注\d+$|\(注\d*\)")


def normalise_width(text: str) -> str:
    """Return NFKC text without surrounding white space: full-width digits and letters become plain."""
    return unicodedata.normalize("NFKC", text).strip()


def header_key(text: str) -> str:
    """Return a header as it is compared: NFKC, no white space, no line breaks, no footnote marks."""
    plain = _SPACES.sub("", unicodedata.normalize("NFKC", text))
    return _FOOTNOTE.sub("", plain)


def circled(number: int) -> str:
    """Return 6 as ⑥; a number that has no such sign as it is."""
    return _CIRCLED[number - 1] if 0 < number <= len(_CIRCLED) else str(number)

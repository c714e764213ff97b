"""Names of areas as they are compared: width, spaces, and characters that are written in two ways."""

from __future__ import annotations

import re

from pipelines.normalize.text import header_key

_KATAKANA = {code: code - 0x60 for code in range(ord("ァ"), ord("ヶ") + 1)}

# One group a string: spellings that publishers use for one and the same name. All are compared as the first.
_SPELLINGS = (
    "ケヶ",
    "カヵ",
    "崎﨑",
    "祇祗",
    "曽曾",
    "桜櫻",
    "槙槇",
    "滝瀧",
    "館舘",
    "淵渕",
    "竈竃",
    "桧檜",
    "鰺鯵",
    "竜龍",
    "梼檮",
    "恵惠",
    "条條",
    "沢澤",
    "浜濱",
    "広廣",
    "国國",
    "斎齋",
    "砺礪",
    "蛎蠣",
    "頸頚",
    "篭籠",
    "薮藪",
)
_FOLD = {ord(other): spellings[0] for spellings in _SPELLINGS for other in spellings[1:]}
_IDEOGRAPHIC_SELECTOR = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")


def clean_name(text: str) -> str:
    """Return a name in NFKC without white space, footnote marks and variation selectors."""
    return _IDEOGRAPHIC_SELECTOR.sub("", header_key(text))


def fold_name(text: str) -> str:
    """Return a name as it is compared: clean, each variant character by one of its group (六ヶ所 = 六ケ所)."""
    return clean_name(text).translate(_FOLD)


def hiragana(text: str) -> str:
    """Return katakana of any width as hiragana, without white space."""
    return clean_name(text).translate(_KATAKANA)

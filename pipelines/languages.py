"""The two languages that every text is in, Japanese first."""

from __future__ import annotations

LANGUAGES = ("ja", "en")


def choose(pair: tuple[str, str], language: str) -> str:
    """Return the text of a pair in a language."""
    return pair[LANGUAGES.index(language)]

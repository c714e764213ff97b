"""The fields of a JSON object as texts, those of objects within it under their own heads."""

from __future__ import annotations

from typing import Any

LEVELS = ">"
_LIST = "、"


def _text(value: object) -> str:
    """Return a value of a JSON document as text; null is a blank cell."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def flat_fields(entry: dict[str, Any], prefix: str = "") -> dict[str, str]:
    """Return the texts of an entry; a list of objects within it is a table of its own and is left to its own path."""
    texts: dict[str, str] = {}
    for key, value in entry.items():
        # Nearly all values are texts, for numbers are read as such.
        if type(value) is str:
            texts[prefix + key] = value
        elif isinstance(value, dict):
            texts.update(flat_fields(value, f"{prefix}{key}{LEVELS}"))
        elif not isinstance(value, list):
            texts[prefix + key] = _text(value)
        elif not any(isinstance(part, dict | list) for part in value):
            texts[prefix + key] = _LIST.join(_text(part) for part in value)
    return texts

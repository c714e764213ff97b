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


def field_text(value: object) -> str | None:
    """Return the text of a field, a list of values joined; None for an object, and for a list that holds any."""
    if isinstance(value, dict):
        return None
    if not isinstance(value, list):
        return _text(value)
    try:
        return _LIST.join(value)
    except TypeError:
        if any(isinstance(part, dict | list) for part in value):
            return None
        return _LIST.join(map(_text, value))


def flat_fields(entry: dict[str, Any], prefix: str = "") -> dict[str, str]:
    """Return the texts of an entry; a list of objects within it is a table of its own and is left to its own path."""
    texts: dict[str, str] = {}
    for key, value in entry.items():
        # Nearly all values are texts, for numbers are read as such.
        if type(value) is str:
            texts[prefix + key] = value
        elif isinstance(value, dict):
            texts.update(flat_fields(value, f"{prefix}{key}{LEVELS}"))
        elif (text := field_text(value)) is not None:
            texts[prefix + key] = text
    return texts

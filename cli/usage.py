"""How a command says that it was used wrongly."""

from __future__ import annotations

from cli.messages import Speaker
from pipelines.normalize.area_codes import AreaCodeError, parse_area_code, with_check_digit


class UsageError(ValueError):
    """The command was used wrongly; the text is the whole message."""


def area_code_of(text: str, say: Speaker) -> str:
    """Return the code of an area as it is kept; raise UsageError for what is none, with the code that may be meant."""
    try:
        return parse_area_code(text)
    except AreaCodeError as error:
        meant = with_check_digit(text)
        hint = say("area_meant", code=meant) if meant else ""
        raise UsageError(say("bad_area", text=text) + hint) from error

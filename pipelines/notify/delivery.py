"""What every way of telling shares: a secret comes from the environment and is in no message, a failure says why."""

from __future__ import annotations

import os
from collections.abc import Iterable


class DeliveryError(RuntimeError):
    """Something was not delivered; `may_pass` tells whether trying again at once is of use. No secret is in its text."""

    def __init__(self, text: str, *, may_pass: bool = False) -> None:
        super().__init__(text)
        self.may_pass = may_pass


def secret(variable: str) -> str:
    """Return the value of a variable; raise DeliveryError when it is not set."""
    value = os.environ.get(variable, "").strip()
    if not value:
        raise DeliveryError(f"environment variable {variable} is not set")
    return value


def masked(text: str, secrets: Iterable[str]) -> str:
    """Return a text with every secret in it replaced, on one line."""
    for value in sorted((value for value in secrets if value), key=len, reverse=True):
        text = text.replace(value, "***")
    return " ".join(text.split())

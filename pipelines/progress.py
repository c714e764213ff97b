"""What long work says of itself: a step, how far it is, and nothing about how that is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from pipelines.faults import passing


@dataclass(frozen=True)
class Step:
    """A moment of a run: which step, how many of its parts are done (`total` None: not known)."""

    name: str
    done: int = 0
    total: int | None = None
    detail: str = ""


_listeners: list[Callable[[Step], None]] = []


def report(name: str, done: int = 0, total: int | None = None, detail: str = "") -> None:
    """Tell whoever listens; silent when nobody does."""
    passing(f"step.{name}")
    for listener in _listeners:
        listener(Step(name, done, total, detail))


@contextmanager
def listening(listener: Callable[[Step], None]) -> Iterator[None]:
    """Send the steps of everything inside to a listener, from whichever thread they come."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)

"""Transactions that lost against another writer, tried again: a bounded number of times, each after a longer random wait."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")

TRIES = 10
_FIRST_WAIT, _LONGEST_WAIT = 0.1, 5.0
# What DuckLake and PostgreSQL say when somebody else committed first.
_SIGNS = ("conflict", "could not serialize", "deadlock detected", "ducklake_max_retry_count")


class LakeBusyError(RuntimeError):
    """Every try met another writer; the text is what the last one said."""


def is_conflict(error: Exception) -> bool:
    """Return whether an error says that another writer committed first, so that the same work may succeed later."""
    text = str(error).lower()
    return any(sign in text for sign in _SIGNS)


def with_retries(
    work: Callable[[], Result], *, tries: int = TRIES, sleep: Callable[[float], None] = time.sleep
) -> Result:
    """Do the work, again when another writer was faster; raise LakeBusyError, or the work's own error at once."""
    import duckdb

    longest = _FIRST_WAIT
    for left in range(tries - 1, -1, -1):
        try:
            return work()
        except duckdb.Error as error:
            if not is_conflict(error):
                raise
            if not left:
                raise LakeBusyError(str(error)) from error
        # Writers that met once must not meet again at the same moment.
        sleep(random.uniform(0, longest))  # noqa: S311
        longest = min(longest * 2, _LONGEST_WAIT)
    raise AssertionError("unreachable")

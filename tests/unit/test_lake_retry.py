"""Transactions that lost are tried again a bounded number of times; other errors are not."""

from __future__ import annotations

from collections.abc import Callable

import duckdb
import pytest

from pipelines.lake.retry import TRIES, LakeBusyError, with_retries

CONFLICT = "Failed to commit DuckLake transaction. Transaction conflict - attempting to delete from table"


def _failing(times: int, message: str) -> tuple[Callable[[], str], list[int]]:
    calls: list[int] = []

    def work() -> str:
        calls.append(1)
        if len(calls) <= times:
            raise duckdb.TransactionException(message)
        return "done"

    return work, calls


def test_work_that_lost_three_times_is_done_at_the_fourth_after_random_waits() -> None:
    waits: list[float] = []
    work, calls = _failing(3, CONFLICT)
    assert with_retries(work, sleep=waits.append) == "done"
    assert len(calls) == 4
    assert all(0 <= wait <= 0.1 * 2**place for place, wait in enumerate(waits))
    assert len(set(waits)) == 3


def test_work_that_always_loses_ends_with_what_was_said() -> None:
    waits: list[float] = []
    work, calls = _failing(100, CONFLICT)
    with pytest.raises(LakeBusyError, match="conflict"):
        with_retries(work, sleep=waits.append)
    assert len(calls) == TRIES
    assert len(waits) == TRIES - 1
    assert max(waits) <= 5.0


def test_other_errors_are_not_tried_again() -> None:
    work, calls = _failing(1, "Table with name line does not exist")
    with pytest.raises(duckdb.TransactionException, match="does not exist"):
        with_retries(work, sleep=pytest.fail)
    assert len(calls) == 1

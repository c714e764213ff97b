"""The quality gate in a process of its own, which imports Great Expectations while the models are built.

The import takes longer than all that the gate asks, and a build leaves a processor free for it.
"""

from __future__ import annotations

import multiprocessing
import sys
from collections.abc import Collection
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

from pipelines.quality.gate import GateReport, great_expectations, run_gate

_waiting: tuple[BaseProcess, Connection] | None = None


def _judge(asked: Connection) -> None:
    """Answer one question; without one, because who would ask is gone, end."""
    great_expectations()
    with suppress(EOFError):
        database, previous, accept = asked.recv()
        try:
            asked.send(run_gate(database, previous, accept=accept))
        except Exception as error:
            asked.send(error)


def get_ready() -> None:
    """Start the process, unless it waits already or this one has long imported what it would import."""
    global _waiting
    if _waiting is not None or "great_expectations" in sys.modules:
        return
    # A forked process would hold the locks of threads it does not have.
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_judge, args=(there,), name="quality gate", daemon=True)
    process.start()
    there.close()
    _waiting = process, here


def dismiss() -> None:
    """End the process that waits, when there is nothing to judge."""
    global _waiting
    if _waiting is not None:
        process, asked = _waiting
        _waiting = None
        # Without a question it ends by itself; killed, it would leave behind what its libraries share between processes.
        asked.close()
        process.join()


def judge(database: Path, previous: Path | None, accept: Collection[str] = ()) -> GateReport:
    """Return what `run_gate` finds, raising what it raises: from the process that waits, or where none answers, from here."""
    if _waiting is None:
        return run_gate(database, previous, accept=accept)
    asked = _waiting[1]
    try:
        asked.send((database, previous, list(accept)))
        answer = asked.recv()
    except (EOFError, OSError):
        return run_gate(database, previous, accept=accept)
    finally:
        dismiss()
    if isinstance(answer, Exception):
        raise answer
    return answer

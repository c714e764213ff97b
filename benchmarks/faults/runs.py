"""Runs of `mieruka run`, each in a process of its own that can be killed with all that it started.

The imports of a run cost more than its work on small sources. `Forked` imports once and forks for every run, so that
all kills fall into the work; `Spawned` is the command as users type it.
"""

from __future__ import annotations

import importlib
import os
import signal
import subprocess
import sys
import time
import warnings
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pipelines.faults import VARIABLE
from pipelines.settings import PROJECT_ROOT

_LONGEST_SECONDS = 1800.0
_DAY = "2026-11-23"
# What a run imports; the work itself starts threads, which a fork would not have.
_HEAVY = (
    "assets.build", "dbt.adapters.duckdb.connections", "dbt.cli.main", "great_expectations", "cli.commands", "cli.run",
    "cli.scorecard", "pipelines.quality.gate",
)  # fmt: skip


@dataclass(frozen=True)
class Ended:
    """How a run ended: its exit status (negative: the signal), what it said, and after how many seconds."""

    status: int
    said: str
    seconds: float

    @property
    def was_killed(self) -> bool:
        """Return whether it was killed."""
        return self.status == -signal.SIGKILL

    @property
    def last_step(self) -> str:
        """Return the step that was reported last."""
        steps = [line[2:] for line in self.said.splitlines() if line.startswith("- ")]
        return steps[-1] if steps else "-"


class Runner(Protocol):
    """Starts runs."""

    def run(
        self, arguments: list[str], work: Path, *, fault: str = "", kill_after: float | None = None
    ) -> Ended:
        """Run a command of `mieruka`, killed after some seconds unless it has ended."""


def _environment(work: Path, fault: str) -> dict[str, str]:
    temporary = work / "tmp"
    temporary.mkdir(parents=True, exist_ok=True)
    given = {
        "MIERUKA_OFFLINE": "1",
        "MIERUKA_LANG": "en",
        "MIERUKA_TODAY": _DAY,
        "TMPDIR": str(temporary),
        VARIABLE: fault,
    }
    return {name: value for name, value in given.items() if value}


def _wait(pid: int, kill_after: float | None) -> tuple[int, float]:
    started = time.monotonic()
    deadline = started + (_LONGEST_SECONDS if kill_after is None else kill_after)
    while True:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            break
        if time.monotonic() >= deadline:
            os.killpg(pid, signal.SIGKILL)
            _, status = os.waitpid(pid, 0)
            break
        time.sleep(0.005)
    # What it started may outlive it.
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
    return os.waitstatus_to_exitcode(status), time.monotonic() - started


class Spawned:
    """A new interpreter for every run."""

    def run(
        self, arguments: list[str], work: Path, *, fault: str = "", kill_after: float | None = None
    ) -> Ended:
        """Run the command as users do."""
        environment = {**os.environ, **_environment(work, fault)}
        environment.pop("DAGSTER_HOME", None)
        with (work / "output.txt").open("w+b") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "cli.main", *arguments],
                cwd=PROJECT_ROOT, env=environment, stdout=output, stderr=output, start_new_session=True,
            )  # fmt: skip
            status, seconds = _wait(process.pid, kill_after)
            process.returncode = status
        return Ended(status, (work / "output.txt").read_text(encoding="utf-8", errors="replace"), seconds)


class Forked:
    """A fork of this process for every run; nothing may have been read or computed here before."""

    def __init__(self) -> None:
        warnings.filterwarnings("ignore")
        for name in _HEAVY:
            importlib.import_module(name)

    def run(
        self, arguments: list[str], work: Path, *, fault: str = "", kill_after: float | None = None
    ) -> Ended:
        """Run the command in a fork."""
        environment, path = _environment(work, fault), work / "output.txt"
        pid = os.fork()
        if pid == 0:
            self._become(arguments, environment, path)
        status, seconds = _wait(pid, kill_after)
        return Ended(status, path.read_text(encoding="utf-8", errors="replace"), seconds)

    @staticmethod
    def _become(arguments: list[str], environment: dict[str, str], path: Path) -> None:
        code = 70
        try:
            os.setsid()
            output = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o644)
            os.dup2(output, 1)
            os.dup2(output, 2)
            os.environ.pop("DAGSTER_HOME", None)
            os.environ.update(environment)
            os.chdir(PROJECT_ROOT)
            from cli.main import main

            code = main(arguments)
        except BaseException:
            import traceback

            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)

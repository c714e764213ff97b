"""One published warehouse for all end-to-end tests of a session, made by the command that users type."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

# Long, or in need of a network: only when asked for (`make nights`, `make container-test`, docs/open-data.md).
_ON_REQUEST = {
    "MIERUKA_NIGHTS": "test_nights_by_daemon.py",
    "MIERUKA_CONTAINER": "test_container_steps.py",
    "MIERUKA_FRICTIONLESS": "test_export_by_frictionless.py",
    "MIERUKA_CALC": "test_export_in_calc.py",
    "MIERUKA_SUPERSET": "test_superset.py",
    "MIERUKA_METRICFLOW": "test_metrics.py",
    "MIERUKA_BROWSER": "test_pages_browser.py",
    "MIERUKA_SPARK": "test_register_engines.py",
}
collect_ignore = [module for variable, module in _ON_REQUEST.items() if not os.environ.get(variable)]
ROOT = Path(__file__).resolve().parents[2]
Mieruka = Callable[..., subprocess.CompletedProcess[str]]


def command(home: Path, *arguments: str) -> tuple[list[str], dict[str, str]]:
    """Return the command line and environment of a `mieruka` call on a home of its own."""
    environment = {
        **os.environ,
        "MIERUKA_OFFLINE": "1",
        "MIERUKA_HOME": str(home),
        "MIERUKA_LANG": "ja",
        "MIERUKA_TODAY": "2026-11-23",
    }
    environment.pop("DAGSTER_HOME", None)
    return [sys.executable, "-m", "cli.main", *arguments], environment


def call(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `mieruka` and return what it printed."""
    line, environment = command(home, *arguments)
    return subprocess.run(
        line, env=environment, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300
    )


def made_once(shared: Path) -> Path:
    """Return the home that the first process to ask has made; the others wait for it."""
    made = shared / "home_made_once"
    # Written last: a home without it was not finished.
    output = made / "first_output.txt"
    with (shared / "home_made_once.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not output.exists():
            shutil.rmtree(made, ignore_errors=True)
            result = call(made, "run")
            assert result.returncode == 0, result.stderr
            output.write_text(result.stdout, encoding="utf-8")
    return made


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a home of this process's own: a copy of the one made for all processes of the session."""
    own = tmp_path_factory.getbasetemp()
    made = made_once(own.parent if "PYTEST_XDIST_WORKER" in os.environ else own)
    folder = tmp_path_factory.mktemp("homes") / "home"
    shutil.copytree(made, folder, symlinks=True)
    return folder


@pytest.fixture(scope="session")
def mieruka(home: Path) -> Mieruka:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return call(home, *arguments)

    return run

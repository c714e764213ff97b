"""Runs that are killed, or refused by the disk, at named points: nothing is torn or lost, and the next run recovers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.end_to_end.conftest import ROOT

# The full proof is `python -m benchmarks.faults`; docs/recovery.md has its figures.
POINTS, ERRORS, DAMAGES, KILLS = 20, 2, 1, 1


def test_nothing_is_lost_wherever_a_run_is_stopped(tmp_path: Path) -> None:
    result = subprocess.run(
        [
            sys.executable, "-m", "benchmarks.faults", "--kills", str(KILLS), "--points", str(POINTS),
            "--errors", str(ERRORS), "--damages", str(DAMAGES), "--recover-every", "5", "--seed", "5",
            "--work", str(tmp_path), "--json", str(tmp_path / "trials.json"),
        ],
        env={**os.environ, "MIERUKA_OFFLINE": "1"}, cwd=ROOT, capture_output=True, text=True, check=False, timeout=1500,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr[-3000:]
    trials = json.loads((tmp_path / "trials.json").read_text(encoding="utf-8"))
    assert len(trials) == KILLS + POINTS + ERRORS + DAMAGES
    assert [trial["name"] for trial in trials if trial["problem"]] == []
    named = trials[KILLS : KILLS + POINTS + ERRORS]
    assert all(trial["stopped"] for trial in named)
    assert {trial["found"] for trial in named} == {"old", "new"}

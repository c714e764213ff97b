"""A night on which nothing changed: it is found without anything heavy, and nothing is touched."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.end_to_end.conftest import ROOT, call, command

_HEAVY = "{'dagster', 'dbt', 'great_expectations', 'pandera', 'polars', 'pandas', 'pydantic', 'yaml'}"


def stamps(home: Path) -> dict[str, tuple[int, int]]:
    """Return inode and time of every file that a run would write but for its own history."""
    folders = (home / name for name in ("archive", "raw", "quarantine", "build", "published", "reports"))
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    return {str(path): (path.stat().st_ino, path.stat().st_mtime_ns) for path in files}


def test_an_unchanged_night_says_so_and_touches_nothing(home: Path) -> None:
    # A test before may have changed something.
    assert call(home, "run").returncode == 0
    before = stamps(home)
    result = call(home, "run")
    assert result.returncode == 0
    assert "変更はありません" in result.stdout or "変更なし" in result.stdout
    assert stamps(home) == before


def test_an_unchanged_night_imports_nothing_heavy(home: Path) -> None:
    assert call(home, "run").returncode == 0
    code = f"import sys; from cli.main import main; main(['run']); sys.exit(', '.join({_HEAVY} & set(sys.modules)) or 0)"
    result = subprocess.run(
        [sys.executable, "-c", code],
        env=command(home)[1], cwd=ROOT, check=False, timeout=120, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr.decode()[-500:]

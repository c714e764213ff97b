"""The package in its own validator, on request: MIERUKA_FRICTIONLESS names the program `frictionless` (docs/open-data.md).

It needs libraries of its own, so it lives in an environment of its own. Parquet is left to test_export.py: the program
reads it by pandas, which has no whole numbers with blanks.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Mieruka = Callable[..., subprocess.CompletedProcess[str]]
PROGRAM = os.environ["MIERUKA_FRICTIONLESS"]


def validate(folder: Path) -> dict[str, Any]:
    done = subprocess.run(
        [PROGRAM, "validate", "datapackage.json", "--json"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    report: dict[str, Any] = json.loads(done.stdout)
    return report


@pytest.fixture
def folder(mieruka: Mieruka, tmp_path: Path) -> Path:
    result = mieruka("export", "--to", str(tmp_path), "--format", "csv")
    assert result.returncode == 0, result.stderr
    return tmp_path


def test_package_is_valid(folder: Path) -> None:
    report = validate(folder)
    assert report["valid"], [task["errors"][:3] for task in report["tasks"] if task["errors"]]
    assert len(report["tasks"]) == len(list((folder / "csv").iterdir()))


def test_a_figure_of_an_unknown_item_is_found(folder: Path) -> None:
    path = folder / "csv" / "fct_observation.csv"
    path.write_text(
        path.read_text(encoding="utf-8").replace(",cloud_municipalities,", ",cloud_unknown,", 1),
        encoding="utf-8",
    )
    errors = {error["type"] for task in validate(folder)["tasks"] for error in task["errors"]}
    assert "foreign-key" in errors

"""`run --full` limited to sources and fiscal years."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from pipelines.acquire.archive import Archive
from pipelines.settings import Home
from tests.end_to_end.conftest import Mieruka, call
from tests.publications import MIRROR, needs

INDICES = "soumu__fiscal_indices"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--source", INDICES], "--source と --period は --full と一緒に使います"),
        (["--period", "FY2015"], "--source と --period は --full と一緒に使います"),
        (["--full", "--source", "soumu__nothing"], "そのようなデータ源はありません: soumu__nothing"),
        (["--full", "--period", "FY2020..FY2015"], "FY2015..FY2020 と書いてください: FY2020..FY2015"),
    ],
)
def test_what_limits_nothing_or_is_not_known_is_refused(
    mieruka: Mieruka, arguments: list[str], said: str
) -> None:
    result = mieruka("run", *arguments)
    assert result.returncode == 2
    assert said in result.stderr


@needs("1_master")
@needs("2_fiscal_indices")
def test_only_the_named_years_of_the_named_source_are_read_again(home: Path, tmp_path: Path) -> None:
    copy, origin = tmp_path / "home", tmp_path / "origin"
    shutil.copytree(home, copy)
    for name in ("1_master", "2_fiscal_indices"):
        shutil.copytree(MIRROR / name, origin / name)
    first = call(copy, "run", "--origin", str(origin))
    assert first.returncode == 0, first.stderr
    before = {path: path.stat().st_ino for path in (copy / "raw").rglob("*.parquet")}
    content = {path: path.read_bytes() for path in before}
    again = call(
        copy, "run", "--origin", str(origin), "--full", "--source", INDICES, "--period", "FY2015..FY2016"
    )
    assert again.returncode == 0, again.stderr
    replaced = {path for path, inode in before.items() if path.stat().st_ino != inode}
    read = {json.loads(path.read_text(encoding="utf-8"))["snapshot_sha256"][:16] for path in records(copy)}
    years = {path.stem for path in replaced if path.parent.parent.name == INDICES}
    assert years == read
    assert {path.relative_to(copy / "raw").parts[0] for path in replaced} <= {INDICES, "catalog"}
    # When a table was last looked for is another moment.
    changed = {path.name for path in replaced if path.read_bytes() != content[path]}
    assert changed <= {"source_status.parquet"}
    assert Archive(Home(copy)).current(INDICES)


def records(home: Path) -> list[Path]:
    """Return the records of the files of the indices that describe fiscal 2015 and 2016."""
    return [
        path
        for path in (home / "quarantine" / INDICES).rglob("[0-9a-f]*.json")
        if json.loads(path.read_text(encoding="utf-8")).get("period") in {"FY2015", "FY2016"}
    ]

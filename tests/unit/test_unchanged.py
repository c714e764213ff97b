"""Whatever a run depends on or left behind: when it changes, the next run looks closely; else it does nothing."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from pipelines import unchanged
from pipelines.attempts import Stale
from pipelines.defects import file_defect
from pipelines.publish.runs import Publication, write_publication
from pipelines.settings import Home
from pipelines.unchanged import Outcome, Sight

DAY = date(2026, 11, 23)
MISSING = file_defect("a", "b", "c.csv", "file_missing", None, "戻す", "put back")
SAID = Outcome([], [MISSING], [Stale("a.b", "c.csv", "2026-10-01T02:00:00+09:00", None, MISSING)])


@pytest.fixture
def settled(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of origin and code of a home whose last run ended well."""
    monkeypatch.setattr(unchanged, "PROJECT_ROOT", tmp_path)
    for name in ("origin/a.csv", "pipelines/code.py", "sources/one/source.yml", "home/published/mieruka.duckdb",
                 "home/raw/one/a.parquet", "home/quarantine/one/a.json", "home/archive/ab/abc",
                 "home/state/current/one.json"):  # fmt: skip
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("1")
    write_publication(home, Publication("run", "inputs", "2026-11-01", "2027-01-01"))
    Sight(home, tmp_path / "origin").settle(SAID)
    return tmp_path


def outcome(home: Home, folder: Path, day: date = DAY) -> Outcome | None:
    """Return what a run that begins now finds of the last one."""
    return Sight(home, folder / "origin").outcome_if_unchanged(day)


def test_when_nothing_changed_the_last_run_is_told_again(home: Home, settled: Path) -> None:
    assert outcome(home, settled) == SAID


def test_a_file_that_is_only_touched_is_unchanged(home: Home, settled: Path) -> None:
    os.utime(settled / "origin" / "a.csv", ns=(1, 1))
    (settled / "home" / "state" / "current" / "one.json").write_text("1")
    assert outcome(home, settled) == SAID


@pytest.mark.parametrize(
    "name",
    ["origin/a.csv", "origin/new.csv", "pipelines/code.py", "sources/one/source.yml", "home/raw/one/a.parquet",
     "home/raw/one/new.parquet", "home/quarantine/one/a.json", "home/archive/ab/abc", "home/state/current/one.json",
     "home/published/mieruka.duckdb", "home/state/settled.json", "home/state/published.json"],
)  # fmt: skip
@pytest.mark.parametrize(
    "change", [lambda path: path.write_text("2"), lambda path: path.unlink(missing_ok=True)]
)
def test_what_changed_is_found(
    home: Home, settled: Path, name: str, change: Callable[[Path], object]
) -> None:
    existed = (settled / name).exists()
    change(settled / name)
    assert (outcome(home, settled) is None) == (existed or (settled / name).exists())


def test_a_link_that_leads_nowhere_stops_no_night(home: Home, settled: Path) -> None:
    (settled / "origin" / "gone.csv").symlink_to("nowhere.csv")
    assert outcome(home, settled) is None
    Sight(home, settled / "origin").settle(SAID)
    assert outcome(home, settled) == SAID


def test_another_origin_is_another_sight(home: Home, settled: Path) -> None:
    assert Sight(home, None).outcome_if_unchanged(DAY) is None


@pytest.mark.parametrize("day", [date(2026, 10, 31), date(2027, 1, 1)])
def test_the_calendar_may_change_a_verdict(home: Home, settled: Path, day: date) -> None:
    assert outcome(home, settled, day) is None


def test_a_run_that_begins_is_not_settled_until_it_ends_well(home: Home, settled: Path) -> None:
    sight = Sight(home, settled / "origin")
    sight.forget()
    assert outcome(home, settled) is None
    sight.settle(SAID)
    assert outcome(home, settled) == SAID


def test_what_changes_during_a_run_is_found_by_the_next(home: Home, settled: Path) -> None:
    sight = Sight(home, settled / "origin")
    (settled / "origin" / "a.csv").write_text("2")
    sight.settle(SAID)
    assert outcome(home, settled) is None

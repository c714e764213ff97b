"""Hashes remembered by stamps: taken again when a file may have changed, and only then."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from pipelines import stamps
from pipelines.files import sha256_of
from pipelines.stamps import Stamps, files_below


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that fills with the names of the files that are really hashed."""
    names: list[str] = []

    def noting(path: Path) -> str:
        names.append(path.name)
        return sha256_of(path)

    monkeypatch.setattr(stamps, "sha256_of", noting)
    return names


def later(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """Let the clock be further on than the files' times."""
    moment = time.time_ns() + int(seconds * 1e9)
    monkeypatch.setattr(stamps.time, "time_ns", lambda: moment)


def test_a_file_at_rest_is_hashed_once(
    tmp_path: Path, hashed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "a.csv"
    file.write_text("1")
    later(monkeypatch, 60)
    for _ in range(3):
        memory = Stamps(tmp_path / "stamps.json")
        assert memory.sha256(str(file)) == sha256_of(file)
        memory.save()
    assert hashed == ["a.csv"]


def test_a_file_written_a_moment_ago_is_hashed_again(tmp_path: Path, hashed: list[str]) -> None:
    file = tmp_path / "a.csv"
    file.write_text("1")
    for _ in range(2):
        memory = Stamps(tmp_path / "stamps.json")
        memory.sha256(str(file))
        memory.save()
    assert hashed == ["a.csv", "a.csv"]


def test_other_bytes_of_the_same_size_and_time_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "a.csv"
    file.write_text("1")
    os.utime(file, ns=(10**18, 10**18))
    later(monkeypatch, 60)
    memory = Stamps(tmp_path / "stamps.json")
    before = memory.sha256(str(file))
    memory.save()
    # The clock of a file system may be coarser than two writes lie apart.
    time.sleep(0.05)
    file.write_text("2")
    os.utime(file, ns=(10**18, 10**18))
    assert Stamps(tmp_path / "stamps.json").sha256(str(file)) == sha256_of(file) != before


def test_who_believes_no_stamp_hashes_everything(
    tmp_path: Path, hashed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "a.csv"
    file.write_text("1")
    later(monkeypatch, 60)
    for believed in (True, False):
        memory = Stamps(tmp_path / "stamps.json", believed=believed)
        memory.sha256(str(file))
        memory.save()
    assert hashed == ["a.csv", "a.csv"]


@pytest.mark.parametrize("torn", ["", "{", "[1]", "7"])
def test_a_torn_memory_is_none(tmp_path: Path, torn: str) -> None:
    file, kept = tmp_path / "a.csv", tmp_path / "stamps.json"
    file.write_text("1")
    kept.write_text(torn)
    assert Stamps(kept).sha256(str(file)) == sha256_of(file)


def test_files_below_a_folder_come_in_order_without_hidden_ones(tmp_path: Path) -> None:
    for name in ("b/2.csv", "b/1.csv", "a.csv", ".hidden", "~$a.xlsx", "__pycache__/x.pyc", ".git/x"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    found = [Path(path).relative_to(tmp_path).as_posix() for path in files_below(tmp_path, ("__pycache__",))]
    assert found == ["a.csv", "b/1.csv", "b/2.csv"]

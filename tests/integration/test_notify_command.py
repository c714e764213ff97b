"""A run that a command begins is noted and told however it ends, and what stopped it is one line."""

from __future__ import annotations

import errno
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from cli.main import main
from pipelines import changes
from pipelines.acquire import origin as origins
from pipelines.catalog import loader
from pipelines.catalog.errors import SourceDescriptionError
from pipelines.files import StorageError
from pipelines.lock import writing
from pipelines.publish.runs import History
from pipelines.settings import Home
from pipelines.unchanged import Sight


def reasons(path: Path) -> list[str]:
    """Return why runs failed, as was told."""
    if not path.exists():
        return []
    told = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [event["data"]["reason"] for event in told if event["kind"] == "run_failed"]


def outcomes(home: Home) -> list[str]:
    return [run.outcome for run in History(home).runs()]


def run(home: Home, *arguments: str) -> int:
    return main(["run", "--home", str(home.root), "--lang", "en", *arguments])


@pytest.mark.parametrize(("arguments", "told"), [((), 0), (("--wait", "0"), 1)])
def test_a_busy_home_is_told_where_the_run_was_to_wait_for_it(
    home: Home, events: Path, capfd: pytest.CaptureFixture[str], arguments: tuple[str, ...], told: int
) -> None:
    with writing(home), ThreadPoolExecutor(1) as another:
        assert another.submit(run, home, *arguments).result() == 1
    assert "another run is writing this warehouse" in capfd.readouterr().err
    assert ["another run is writing" in reason for reason in reasons(events)] == [True] * told
    assert outcomes(home) == []


def test_descriptions_that_cannot_be_read_are_noted_and_told(
    home: Home, events: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def refuse(path: Path) -> None:
        raise SourceDescriptionError(f"{path}: wrong")

    monkeypatch.setattr(loader, "_read", refuse)
    assert run(home) == 1
    assert "a source description is wrong" in capfd.readouterr().err
    (reason,) = reasons(events)
    assert "a source description is wrong" in reason
    assert outcomes(home) == ["failed"]


@pytest.mark.parametrize("error", [PermissionError(1, "Operation not permitted", "/x"), RuntimeError("odd")])
def test_whatever_else_ends_a_run_is_noted_and_told(
    home: Home, events: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(changes, "reasons_to_run", fail)
    if isinstance(error, OSError):
        assert run(home) == 1
    else:
        with pytest.raises(RuntimeError, match="odd"):
            run(home)
    (reason,) = reasons(events)
    assert ("/x" if isinstance(error, OSError) else "RuntimeError: odd") in reason
    assert outcomes(home) == ["failed"]


def test_a_folder_of_too_many_files_is_one_line(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).touch()
    monkeypatch.setattr(origins, "MAX_FILES", 1)
    arguments = ["--home", str(home.root), "--lang", "en", "--origin", str(tmp_path)]
    assert main(["fetch", "soumu__area_codes", *arguments]) == 1
    last = capfd.readouterr().err.strip().splitlines()[-1]
    assert last.startswith("the folder holds too many files")
    assert str(tmp_path) in last


def test_an_origin_that_is_gone_is_told_unless_it_was_typed(
    home: Home, events: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = str(tmp_path / "gone")
    assert run(home, "--origin", gone) == 2
    assert reasons(events) == []
    monkeypatch.setenv("MIERUKA_ORIGIN", gone)
    assert run(home) == 2
    (reason,) = reasons(events)
    assert gone in reason


def test_a_run_is_not_failed_because_its_end_cannot_be_remembered(
    home: Home, events: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise StorageError(errno.ENOSPC, "No space left on device", "/x")

    monkeypatch.setattr(changes, "reasons_to_run", lambda *_: [])
    monkeypatch.setattr(Sight, "settle", refuse)
    # Nothing is published in this home, so that there is no scorecard to show.
    assert run(home) == 1
    assert outcomes(home) == ["unchanged"]
    assert reasons(events) == []

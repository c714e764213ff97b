"""Atomic writes, the lock, and where things are."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from pipelines.files import atomic_path, remove_leftovers, sha256_of, write_atomically
from pipelines.lock import HomeBusyError, exclusive
from pipelines.settings import PROJECT_ROOT, Home, today


class WriterError(Exception):
    """What the tests' writers raise."""


def fail_after(path: Path, part: str) -> None:
    path.write_text(part)
    raise WriterError


def test_writer_that_raises_leaves_the_old_content(tmp_path: Path) -> None:
    target = tmp_path / "file"
    target.write_text("old")
    with pytest.raises(WriterError), atomic_path(target) as temporary:
        fail_after(temporary, "ne")
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_writer_that_raises_leaves_no_new_file(tmp_path: Path) -> None:
    with pytest.raises(WriterError), atomic_path(tmp_path / "file"):
        raise WriterError
    assert list(tmp_path.iterdir()) == []


def test_old_content_is_there_until_the_writer_ends(tmp_path: Path) -> None:
    target = tmp_path / "file"
    target.write_text("old")
    with atomic_path(target) as temporary:
        temporary.write_text("new")
        assert target.read_text() == "old"
    assert target.read_text() == "new"


@pytest.mark.parametrize(
    ("content", "data"), [("日本", "日本".encode()), (b"\x00\xff", b"\x00\xff"), ("", b"")]
)
def test_whole_content_is_written_and_folders_made(tmp_path: Path, content: str | bytes, data: bytes) -> None:
    target = tmp_path / "a" / "b" / "file"
    write_atomically(target, content)
    assert target.read_bytes() == data
    assert target.stat().st_mode & 0o777 == 0o644
    assert list(target.parent.iterdir()) == [target]


def test_hash_is_sha256(tmp_path: Path) -> None:
    write_atomically(tmp_path / "file", "abc")
    assert sha256_of(tmp_path / "file") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_leftovers_of_a_killed_run_are_removed_and_nothing_else(tmp_path: Path) -> None:
    kept = [tmp_path / "file.tmp", tmp_path / ".hidden", tmp_path / "sub" / "file"]
    gone = [tmp_path / ".file.abc.tmp", tmp_path / "sub" / ".file.abc.tmp", tmp_path / ".file.abc.tmp.wal"]
    for path in (*kept, *gone):
        path.parent.mkdir(exist_ok=True)
        path.touch()
    remove_leftovers(tmp_path)
    assert all(path.exists() for path in kept)
    assert not any(path.exists() for path in gone)


def test_second_writer_of_a_home_is_refused_until_the_first_ends(home: Home) -> None:
    with exclusive(home):
        with pytest.raises(HomeBusyError, match=home.root.name), exclusive(home):
            pass
        with pytest.raises(HomeBusyError), exclusive(home):
            pass
    with exclusive(home):
        assert (home.root / ".lock").exists()


def test_lock_is_freed_when_the_writer_fails(home: Home) -> None:
    with pytest.raises(WriterError), exclusive(home):
        raise WriterError
    with exclusive(home):
        assert (home.root / ".lock").exists()


def test_homes_do_not_lock_each_other(tmp_path: Path) -> None:
    with exclusive(Home(tmp_path / "a")), exclusive(Home(tmp_path / "b")):
        assert (tmp_path / "a" / ".lock").exists()


def test_home_is_the_argument_then_the_environment_then_warehouse(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIERUKA_HOME", str(tmp_path / "env"))
    assert Home.resolve(tmp_path / "given").root == tmp_path / "given"
    assert Home.resolve().root == tmp_path / "env"
    monkeypatch.delenv("MIERUKA_HOME")
    assert Home.resolve().root == PROJECT_ROOT / "warehouse"


def test_day_of_the_run_can_be_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIERUKA_TODAY", "2018-04-01")
    assert today() == date(2018, 4, 1)
    monkeypatch.setenv("MIERUKA_TODAY", "2018-02-30")
    with pytest.raises(ValueError, match="day"):
        today()

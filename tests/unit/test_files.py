"""Atomic writes, the lock, and where things are."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest

from pipelines.faults import VARIABLE
from pipelines.files import (
    StorageError,
    atomic_path,
    read_record,
    remove_leftovers,
    sha256_of,
    write_atomically,
    write_record,
)
from pipelines.lock import HomeBusyError, exclusive, holder_of, is_held, writing
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


def test_another_process_is_waited_for_until_it_ends(home: Home) -> None:
    code = (
        "import sys, time; from pipelines.lock import exclusive; from pipelines.settings import Home\n"
        "from pathlib import Path\n"
        "with exclusive(Home(Path(sys.argv[1]))): print('held', flush=True); time.sleep(600)"
    )
    told = []
    with subprocess.Popen(
        [sys.executable, "-c", code, str(home.root)], stdout=subprocess.PIPE, cwd=PROJECT_ROOT, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(HomeBusyError), exclusive(home, 0.3, lambda: told.append("first")):
            pass
        assert f"process {holder.pid} since" in holder_of(home)

        def end_it() -> None:
            told.append("second")
            holder.kill()

        with exclusive(home, None, end_it):
            assert f"process {os.getpid()} since" in holder_of(home)
    assert told == ["first", "second"]


def test_a_command_and_its_job_are_one_writer(home: Home) -> None:
    (home.root / ".left.tmp").touch()
    with writing(home):
        assert is_held(home)
        assert not (home.root / ".left.tmp").exists()
        (home.root / ".mine.tmp").touch()
        with writing(home):
            assert (home.root / ".mine.tmp").exists()
        with pytest.raises(HomeBusyError), exclusive(home):
            pass
    assert not is_held(home)


def test_another_thread_of_the_process_is_another_writer(home: Home) -> None:
    """As in the server of Dagster's code, where the night's tick and the sensors are threads."""
    with ThreadPoolExecutor(1) as other, writing(home):

        def enter() -> bool:
            with writing(home):
                return True

        assert not other.submit(is_held, home).result()
        with pytest.raises(HomeBusyError):
            other.submit(enter).result()
        with writing(home):
            assert is_held(home)
    with ThreadPoolExecutor(1) as other:
        assert other.submit(enter).result()


def test_a_folder_with_a_lock_of_its_own_is_cleaned_by_its_own_writer(home: Home) -> None:
    own = Home(home.state / "notifications")
    with exclusive(own):
        under_way = own.root / ".outbox.json.abc.tmp"
        under_way.touch()
        with writing(home):
            assert under_way.exists()
    remove_leftovers(own.root)
    assert not under_way.exists()


def test_folders_that_a_killed_database_left_are_removed(home: Home) -> None:
    spilled = home.published / ".mieruka.duckdb.abc.tmp.tmp"
    spilled.mkdir()
    (spilled / "block").touch()
    remove_leftovers(home.root)
    assert not spilled.exists()


def test_a_record_is_known_from_a_torn_or_altered_one(tmp_path: Path) -> None:
    path = tmp_path / "record.json"
    content = {"数": [1, {"b": None}], "sha256": "its own", "text": '"}\n'}
    write_record(path, content)
    whole = path.read_bytes()
    assert read_record(path) == content | json.loads(whole[: whole.rindex(b",\n")] + b"}")
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        assert read_record(path) is None
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        assert read_record(path) is None
    path.unlink()
    assert read_record(path) is None


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device", "/somewhere/.file.tmp"),
        RuntimeError('IO Error: Could not write file "/x/y.duckdb": No space left on device'),
    ],
)
def test_what_the_disk_refuses_is_said_of_the_file_that_was_meant(tmp_path: Path, error: Exception) -> None:
    target = tmp_path / "file"
    target.write_text("old")

    def refuse(path: Path) -> None:
        path.write_text("1234")
        raise error

    with pytest.raises(StorageError) as told, atomic_path(target) as temporary:
        refuse(temporary)
    assert (told.value.errno, told.value.filename) == (errno.ENOSPC, str(target))
    assert "4 bytes written" in str(told.value)
    assert target.read_text() == "old"


@pytest.mark.parametrize("action", ["ENOSPC", "EIO", "EROFS", "short"])
@pytest.mark.parametrize("point", ["file.written", "file.synced", "file.renamed"])
def test_an_error_of_the_disk_leaves_the_old_file_or_the_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, point: str, action: str
) -> None:
    target = tmp_path / "file"
    target.write_text("old")
    monkeypatch.setenv(VARIABLE, f"{point},*/file@2:{action}")
    write_atomically(target, "newer")
    with pytest.raises(StorageError):
        write_atomically(target, "newest")
    assert target.read_text() == ("newest" if point == "file.renamed" else "newer")
    assert list(tmp_path.iterdir()) == [target]
    write_atomically(target, "last")
    assert target.read_text() == "last"


def test_a_point_that_is_not_meant_is_passed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "file.written,*/other:EIO")
    write_atomically(tmp_path / "file", "new")
    assert (tmp_path / "file").read_text() == "new"

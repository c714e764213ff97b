"""Disks that are full or read-only, folders that are forbidden, and two runs at once."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from dagster import asset, materialize

from assets.resources import WarehouseResource
from pipelines.lock import exclusive, is_held
from pipelines.settings import Home
from tests.end_to_end.conftest import ROOT, call, command
from tests.end_to_end.test_runs import CLOUD_728, changed_origin, figures_of

READING = (
    ["status"],
    ["sql", "select count(*) from marts.kpi_scorecard"],
    ["explain", "advice_cases"],
    ["sources"],
)


def with_files_of(home: Path, target: Path) -> Path:
    """Copy a home."""
    subprocess.run(["cp", "-a", f"{home}/.", str(target)], check=True)
    (target / "first_output.txt").unlink()
    return target


Disk = Callable[..., None]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[tuple[Path, Disk]]:
    """A file system of its own that can be made smaller, larger and read-only."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=400m", "mieruka_test", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode != 0:
        pytest.skip("mounting a file system needs root")

    def change(options: str) -> None:
        subprocess.run(["mount", "-o", f"remount,{options}", str(folder)], check=True)

    try:
        yield folder, change
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def free_bytes(folder: Path) -> int:
    status = os.statvfs(folder)
    return status.f_bavail * status.f_frsize


def used_bytes(folder: Path) -> int:
    status = os.statvfs(folder)
    return (status.f_blocks - status.f_bfree) * status.f_frsize


@pytest.mark.parametrize("room", [64 * 1024, 8_000_000])
def test_a_full_disk_is_told_in_one_line_and_the_next_run_recovers(
    home: Path, small_disk: tuple[Path, Disk], tmp_path: Path, room: int
) -> None:
    folder, change = small_disk
    copy = with_files_of(home, folder)
    before = figures_of(copy)
    origin = changed_origin(tmp_path, CLOUD_728, CLOUD_728.replace("728", "729"))
    change(f"size={used_bytes(folder) + room}")
    failed = call(copy, "run", "--origin", str(origin))
    assert failed.returncode == 1, failed.stderr
    told = [line for line in failed.stderr.splitlines() if "ディスクに空きがありません" in line]
    assert len(told) == 1, failed.stderr
    assert str(copy) in told[0]
    assert "空きは" in told[0]
    assert "Traceback" not in failed.stderr
    assert figures_of(copy) == before
    assert call(copy, "status").returncode == 0
    change("size=400m")
    recovered = call(copy, "run", "--origin", str(origin))
    assert recovered.returncode == 0, recovered.stderr
    assert figures_of(copy) != before
    assert not list(copy.rglob(".*.tmp*"))


def test_a_read_only_home_is_refused_before_anything_and_can_be_read(
    home: Path, small_disk: tuple[Path, Disk]
) -> None:
    folder, change = small_disk
    copy = with_files_of(home, folder)
    change("ro")
    for arguments in (["run"], ["fetch"]):
        refused = call(copy, *arguments)
        assert refused.returncode == 1
        lines = refused.stderr.strip().splitlines()
        assert "書き込みできない場所です" in lines[-1]
        assert str(copy) in lines[-1]
        assert len(lines) <= 2
    for arguments in READING:
        assert call(copy, *arguments).returncode == 0, arguments


@pytest.mark.parametrize("forbidden", [".", "raw"])
def test_a_forbidden_folder_is_named_before_anything_and_can_be_read(
    home: Path, tmp_path: Path, forbidden: str
) -> None:
    copy = tmp_path / "home"
    copy.mkdir()
    with_files_of(home, copy)
    (copy / ".lock").unlink()
    before = {path: path.stat().st_mtime_ns for path in copy.rglob("*") if path.is_file()}
    (copy / forbidden).chmod(0o555)
    # Nothing is forbidden to root, unless it lets go of that.
    prefix = ["setpriv", "--bounding-set", "-dac_override"] if os.geteuid() == 0 else []

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        line, environment = command(copy, *arguments)
        return subprocess.run(
            [*prefix, *line],
            env=environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    refused = run("run", "--full")
    assert refused.returncode == 1
    assert "書き込みできない場所です" in refused.stderr
    assert str((copy / forbidden).resolve()) in refused.stderr
    assert "Traceback" not in refused.stderr
    after = {
        path: path.stat().st_mtime_ns for path in copy.rglob("*") if path.is_file() and path.name != ".lock"
    }
    assert after == before
    for arguments in READING:
        assert run(*arguments).returncode == 0, arguments
    (copy / forbidden).chmod(0o755)


def test_a_second_run_waits_when_asked(home: Path, tmp_path: Path) -> None:
    copy = tmp_path / "home"
    copy.mkdir()
    with_files_of(home, copy)
    line, environment = command(copy, "fetch", "soumu__area_codes", "--wait")
    with exclusive(Home(copy)):
        refused = call(copy, "fetch", "soumu__area_codes", "--wait", "0.5")
        assert refused.returncode == 1
        assert f"process {os.getpid()} since" in refused.stderr
        waiting = subprocess.Popen(line, env=environment, cwd=ROOT, stderr=subprocess.PIPE, text=True)
        assert waiting.stderr is not None
        assert "待っています" in waiting.stderr.readline()
        assert waiting.poll() is None
    _, _ = waiting.communicate(timeout=120)
    assert waiting.returncode == 0


@pytest.mark.parametrize("seconds", ["-1", "soon", "nan", "1e12"])
def test_a_wrong_wait_is_bad_usage(tmp_path: Path, seconds: str) -> None:
    result = call(tmp_path, "run", f"--wait={seconds}")
    assert result.returncode == 2
    assert len(result.stderr.strip().splitlines()) == 1


def test_a_job_of_dagster_is_one_writer_with_the_commands(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    held = []

    @asset
    def writes(warehouse: WarehouseResource) -> None:
        held.append(is_held(warehouse.get_home()))
        assert call(home.root, "fetch", "soumu__area_codes").returncode == 1

    warehouse = WarehouseResource(home=str(home.root), wait_seconds=0.1)
    assert materialize([writes], resources={"warehouse": warehouse}).success
    assert held == [True]
    assert not is_held(home)
    line, environment = command(home.root, "fetch", "soumu__area_codes")
    assert subprocess.run(line, env=environment, cwd=ROOT, check=False, timeout=120).returncode == 0

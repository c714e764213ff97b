"""The files of docs/deployment say what is true of this repository, and are in the form their readers expect."""

from __future__ import annotations

import configparser
import os
import re
import shutil
import stat
import subprocess
import tomllib
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from dagster import DagsterInstance

from pipelines.settings import PROJECT_ROOT, nightly_schedule
from tests.containerfile import read_instructions

DEPLOYMENT = PROJECT_ROOT / "docs" / "deployment"
UNITS = sorted((DEPLOYMENT / "systemd").glob("*.service"))
CONTAINER = read_instructions(DEPLOYMENT / "Containerfile")
TOKYO, UTC = ZoneInfo("Asia/Tokyo"), ZoneInfo("UTC")


def unit(path: Path) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(strict=False, interpolation=None, delimiters=("=",))
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(path, encoding="utf-8")
    return parser


def test_the_units_are_accepted_by_systemd(tmp_path: Path) -> None:
    assert len(UNITS) == 4
    for tool in ("mieruka", "dagster-daemon", "dagster-webserver"):
        program = tmp_path / "mieruka" / ".venv" / "bin" / tool
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text("#!/bin/sh\n", encoding="ascii")
        program.chmod(0o755)
    (tmp_path / "mieruka" / "docs" / "deployment").mkdir(parents=True)
    for path in (DEPLOYMENT / "systemd").glob("*.[st]*"):
        text = path.read_text(encoding="utf-8").replace("/opt/mieruka", str(tmp_path / "mieruka"))
        (tmp_path / path.name).write_text(text, encoding="utf-8")
    units = [str(path) for path in sorted(tmp_path.glob("*.[st]*")) if path.suffix in {".service", ".timer"}]
    assert len(units) == 5
    if shutil.which("systemd-analyze") is None:
        return
    result = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *units],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    said = [line for line in result.stderr.splitlines() if "mieruka" in line]
    assert said == []
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
def test_a_service_is_nobody_special_and_writes_only_its_own_folders(path: Path) -> None:
    service = unit(path)["Service"]
    assert service["User"] == "mieruka"
    assert service["ProtectSystem"] == "strict"
    assert service["ReadWritePaths"].split() == ["/var/lib/mieruka", "/var/lib/mieruka-dagster"]
    assert service["CapabilityBoundingSet"] == ""
    assert service["NoNewPrivileges"] == "yes"
    assert re.fullmatch(r"\d+G", service["MemoryMax"])


def test_the_pages_are_on_the_loopback_only() -> None:
    service = unit(DEPLOYMENT / "systemd" / "mieruka-pages.service")["Service"]
    assert "--host 127.0.0.1" in service["ExecStart"]
    assert (service["IPAddressDeny"], service["IPAddressAllow"]) == ("any", "localhost")
    dev = re.search(r"dagster dev.*", (PROJECT_ROOT / "Makefile").read_text(encoding="utf-8"))
    assert dev is not None
    assert "--host 127.0.0.1" in dev[0]


def test_timer_cron_and_schedule_name_the_same_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MIERUKA_SCHEDULE", raising=False)
    minute, hour, *days = nightly_schedule().split()
    assert days == ["*", "*", "*"]
    timer = unit(DEPLOYMENT / "systemd" / "mieruka.timer")["Timer"]["OnCalendar"]
    assert timer == f"*-*-* {int(hour):02}:{int(minute):02}:00 Asia/Tokyo"
    cron = next(
        line
        for line in (DEPLOYMENT / "mieruka.cron").read_text(encoding="utf-8").splitlines()
        if re.match(r"\d", line)
    ).split()
    in_japan = datetime(2026, 11, 23, int(cron[1]), int(cron[0]), tzinfo=UTC).astimezone(TOKYO)
    assert (in_japan.hour, in_japan.minute) == (int(hour), int(minute))
    assert cron[5] == "mieruka"


def test_the_settings_are_ones_that_the_code_reads() -> None:
    text = (DEPLOYMENT / "systemd" / "mieruka.env").read_text(encoding="utf-8")
    named = set(re.findall(r"^#?([A-Z_]+)=", text, re.MULTILINE)) - {"DAGSTER_HOME"}
    code = "".join(
        path.read_text(encoding="utf-8")
        for folder in ("cli", "assets", "pipelines")
        for path in (PROJECT_ROOT / folder).rglob("*.py")
    )
    assert named >= {"MIERUKA_HOME", "MIERUKA_ORIGIN", "MIERUKA_SCHEDULE"}
    assert {name for name in named if f'"{name}"' not in code} == set()


def test_the_container_is_made_of_files_that_are_here_and_of_hashed_packages() -> None:
    from_here = [entry for entry in CONTAINER if entry.name == "COPY" and "--from=build" not in entry.text]
    copied = {word for entry in from_here for word in entry.words[:-1]}
    assert {name for name in copied if not (PROJECT_ROOT / name).exists()} == set()
    project = tomllib.loads((PROJECT_ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert set(project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]) <= copied
    assert {project["project"]["readme"], *project["project"]["license-files"]} <= copied
    assert {"sources", "dbt_project", "dagster.yaml"} <= copied
    installs = [entry.text for entry in CONTAINER if entry.name == "RUN" and " install --quiet" in entry.text]
    assert len(installs) == 3
    assert all("--require-hashes" in text or "--no-deps" in text for text in installs)
    assert not [entry for entry in CONTAINER if entry.name == "ADD"]


def test_the_container_runs_as_a_user_and_writes_only_its_volume() -> None:
    last = max(entry.stage for entry in CONTAINER)
    final = [entry for entry in CONTAINER if entry.stage == last]
    (user,) = [entry.text for entry in final if entry.name == "USER"]
    assert int(user) > 0
    (volume,) = [entry.text for entry in final if entry.name == "VOLUME"]
    settings = dict(word.split("=", 1) for entry in final if entry.name == "ENV" for word in entry.words)
    assert settings["MIERUKA_HOME"].startswith(volume + "/")
    assert settings["DAGSTER_HOME"].startswith(volume + "/")
    (check,) = [entry.text for entry in final if entry.name == "HEALTHCHECK"]
    assert 'CMD ["mieruka", "status", "--json"]' in check
    names = [entry.name for entry in final]
    assert names.index("USER") > max(index for index, name in enumerate(names) if name == "RUN")


@pytest.mark.parametrize("path", sorted(DEPLOYMENT.glob("*.sh")), ids=lambda path: path.stem)
def test_the_scripts_can_be_run_by_any_shell(path: Path) -> None:
    assert path.stat().st_mode & stat.S_IXUSR
    assert subprocess.run(["sh", "-n", str(path)], check=False).returncode == 0
    assert "set -eu" in path.read_text(encoding="utf-8")


def test_the_offline_installation_refuses_packages_without_the_known_hash(tmp_path: Path) -> None:
    for script in ("wheelhouse.sh", "install_offline.sh"):
        text = (DEPLOYMENT / script).read_text(encoding="utf-8")
        assert "--require-hashes" in text
    repository = tmp_path / "mieruka"
    (repository / "docs" / "deployment").mkdir(parents=True)
    shutil.copy(DEPLOYMENT / "install_offline.sh", repository / "docs" / "deployment")
    (tmp_path / "wheels").mkdir()
    (repository / "requirements.txt").write_text(f"nothing==1.0 --hash=sha256:{'0' * 64}\n", "utf-8")
    environment = {**os.environ, "PIP_FIND_LINKS": str(tmp_path), "PIP_INDEX_URL": "https://192.0.2.1/simple"}
    result = subprocess.run(
        [str(repository / "docs" / "deployment" / "install_offline.sh"), str(tmp_path / "wheels")],
        env=environment, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert result.returncode != 0
    assert "No matching distribution found for nothing==1.0" in result.stderr
    assert "192.0.2.1" not in result.stderr


def test_dagster_keeps_everything_below_its_own_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "dagster").mkdir()
    (tmp_path / "dagster" / "dagster.yaml").symlink_to(PROJECT_ROOT / "dagster.yaml")
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "dagster"))
    monkeypatch.chdir(tmp_path / "elsewhere")
    with DagsterInstance.get() as instance:
        instance.get_runs()
        assert instance.telemetry_enabled is False
        assert instance.get_concurrency_config().run_queue_config.max_concurrent_runs == 1
        assert instance.run_monitoring_enabled
        assert instance.run_monitoring_max_runtime_seconds < 24 * 3600
    assert not list((tmp_path / "elsewhere").iterdir())
    assert (tmp_path / "dagster" / "runs.db").exists() or list((tmp_path / "dagster").rglob("*.db"))

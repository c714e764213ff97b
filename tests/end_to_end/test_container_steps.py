"""The steps of the container file, taken in a folder of their own where there is no container engine.

Installs every package from the index anew, and so runs only when it is asked for: `make container-test`.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

from pipelines.settings import PROJECT_ROOT
from tests.containerfile import read_instructions

_NOBODY = 65534


def build(root: Path) -> Path:
    """Take the COPY and RUN steps of the first stage below `root`; return the folder of the application."""
    application = root / "opt" / "mieruka"
    application.mkdir(parents=True)
    for step in read_instructions(PROJECT_ROOT / "docs" / "deployment" / "Containerfile"):
        if step.stage != 0:
            continue
        if step.name == "COPY":
            *names, target = step.words
            for name in names:
                source = PROJECT_ROOT / name
                if source.is_dir():
                    shutil.copytree(
                        source, application / target, ignore=shutil.ignore_patterns("target", "__pycache__")
                    )
                else:
                    shutil.copy(source, application / target)
        elif step.name == "RUN":
            subprocess.run(step.text, shell=True, check=True, cwd=application)  # noqa: S602
    return application


def test_what_the_container_file_builds_runs_as_nobody_and_writes_only_its_volume(tmp_path: Path) -> None:
    application = build(tmp_path)
    volume = tmp_path / "var"
    volume.mkdir()
    line = [str(application / ".venv" / "bin" / "mieruka")]
    if os.geteuid() == 0:
        os.chown(volume, _NOBODY, _NOBODY)
        for folder in (tmp_path, *tmp_path.parents[:2]):
            folder.chmod(0o755)
        line = ["setpriv", f"--reuid={_NOBODY}", f"--regid={_NOBODY}", "--clear-groups", *line]
    environment = {
        "PATH": os.environ["PATH"], "HOME": "/nonexistent", "LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1",
        "MIERUKA_HOME": str(volume / "home"), "MIERUKA_OFFLINE": "1", "MIERUKA_LANG": "en",
    }  # fmt: skip
    before = {path for path in application.rglob("*") if ".venv" not in path.parts}
    for arguments in (["run"], ["status", "--json"]):
        result = subprocess.run(
            [*line, *arguments], env=environment, cwd=application, capture_output=True, text=True, check=False
        )
        assert result.returncode == 0, result.stderr[-2000:]
    assert json.loads(result.stdout)["kpis"]
    assert {path for path in application.rglob("*") if ".venv" not in path.parts} == before
    assert (volume / "home" / "published" / "mieruka.duckdb").stat().st_uid == (
        _NOBODY if os.geteuid() == 0 else os.geteuid()
    )

"""The dbt project as dbt parsed it: once for all homes, because neither a home's place nor the day goes into it.

It is kept in the project's `target` folder, or where that cannot be written (an installation that belongs to somebody
else) in the home. A file says from what it was made and what its bytes hash to: one of another project, of another dbt or
damaged is not used, and two processes that write it at once write the same.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import threading
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pipelines.files import make_folder, write_atomically
from pipelines.land.parquet import code_fingerprint, fingerprint
from pipelines.settings import DBT_PROJECT_DIR, Home

# What dbt keeps for the whole process is not made for two commands at once.
ONE_AT_A_TIME = threading.Lock()
_LIBRARIES = ("dbt-core", "dbt-duckdb", "duckdb")
_KEPT_IN = DBT_PROJECT_DIR / "target"
# Stands for the folder of the landed files, of which each home has its own.
_RAW_DIR = "/the-landed-files-of-a-home"
_MANIFEST, _OBJECT = "parsed.json", "parsed.msgpack"


class DbtBuildError(RuntimeError):
    """The project could not be parsed, or a model or test failed; the message lists each with what dbt said."""


def dbt_arguments(target: Path, logs: Path, variables: dict[str, Any]) -> list[str]:
    """Return what every command of dbt in this process is given: the project, its folders and variables, and no words."""
    return [
        "--project-dir", str(DBT_PROJECT_DIR), "--profiles-dir", str(DBT_PROJECT_DIR),
        "--target-path", str(target), "--log-path", str(logs),
        "--log-level", "none", "--log-level-file", "none", "--vars", json.dumps(variables),
    ]  # fmt: skip


def project_manifest(home: Home) -> dict[str, Any]:
    """Return the manifest as JSON has it; raise DbtBuildError when dbt cannot parse the project."""
    place = json.dumps(str(home.raw), ensure_ascii=False)[1:-1]
    content: dict[str, Any] = json.loads(_read(home, _MANIFEST).decode().replace(_RAW_DIR, place))
    return content


def project_object(home: Home) -> Any:
    """Return dbt's own object of the manifest, to be handed to a build that then need not parse."""
    from dbt.contracts.graph.manifest import Manifest

    manifest = Manifest.from_msgpack(_read(home, _OBJECT))
    for source in manifest.sources.values():
        source.meta = {
            key: value.replace(_RAW_DIR, str(home.raw)) if isinstance(value, str) else value
            for key, value in source.meta.items()
        }
    return manifest


def project_fingerprint() -> str:
    """Return the fingerprint of the project, the code that runs it and the versions of dbt and DuckDB."""
    return fingerprint(code_fingerprint("dbt_project", "assets"), [version(name) for name in _LIBRARIES])


def _head(data: bytes, made_from: str) -> bytes:
    return f"{made_from} {hashlib.sha256(data).hexdigest()}\n".encode()


def _read(home: Home, name: str) -> bytes:
    made_from = project_fingerprint()
    folders = (_KEPT_IN, home.build / "dbt")
    for folder in folders:
        try:
            head, _, data = (folder / name).read_bytes().partition(b"\n")
        except OSError:
            continue
        if head + b"\n" == _head(data, made_from):
            return data
    files = _parse()
    try:
        _keep(folders[0], files, made_from)
    except OSError:
        _keep(folders[1], files, made_from)
    return files[name]


def _keep(folder: Path, files: dict[str, bytes], made_from: str) -> None:
    make_folder(folder)
    for name, data in files.items():
        write_atomically(folder / name, _head(data, made_from) + data)


def _parse() -> dict[str, bytes]:
    from dbt.cli.main import dbtRunner

    os.environ["DBT_SEND_ANONYMOUS_USAGE_STATS"] = "false"
    with ONE_AT_A_TIME, tempfile.TemporaryDirectory(prefix="mieruka-dbt-") as folder:
        place = Path(folder)
        result = dbtRunner().invoke(["parse", *dbt_arguments(place, place, {"raw_dir": _RAW_DIR})])
        if not result.success:
            raise DbtBuildError(str(result.exception or "dbt parse"))
        written = {_MANIFEST: "manifest.json", _OBJECT: "partial_parse.msgpack"}
        return {name: Path(folder, file).read_bytes() for name, file in written.items()}

"""`manifest.json`: from which bytes, by which code and for which day a version was made, and what it holds."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import asdict, dataclass
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from pipelines.acquire.archive import Archive, Snapshot
from pipelines.attempts import read_attempts
from pipelines.files import read_record, write_record
from pipelines.land.parquet import code_fingerprint
from pipelines.publish.content import TableContent
from pipelines.publish.runs import Publication, Run
from pipelines.quarantine import ACQUISITION, read_defects
from pipelines.settings import CODE_FOLDERS, DBT_PROJECT_DIR, PROJECT_ROOT, Home

MANIFEST_NAME = "manifest.json"
FORMAT = 1
_LIBRARIES = (
    "duckdb", "dbt-core", "dbt-duckdb", "polars", "pyarrow", "pandas", "pandera", "python-calamine", "openpyxl",
)  # fmt: skip
_GIT_SECONDS = 5


@dataclass(frozen=True)
class Input:
    """A snapshot held, and what the build used it for.

    `read`: it is the newest of its table or one of its files. `last_good`: its table stands on it, because the newest
    was refused. `held`: it is listed only.
    """

    snapshot: Snapshot
    use: str


@dataclass(frozen=True)
class Manifest:
    """What is needed to build a version again, and to tell whether it came out the same.

    `memory` is what a home remembers of each source beside its files: what could not be acquired, and since when.
    """

    run: Run
    publication: Publication
    previous: str | None
    code: dict[str, str | None]
    variables: dict[str, Any]
    libraries: dict[str, str]
    inputs: list[Input]
    memory: dict[str, dict[str, Any]]
    hashed_by: str
    tables: dict[str, TableContent]

    @property
    def version(self) -> str:
        """Return the version's id, that of the run that published it."""
        return self.publication.run_id


def present_code() -> dict[str, str | None]:
    """Return which code this is: a hash over its files, and the git commit where there is one."""
    return {"fingerprint": code_fingerprint(*CODE_FOLDERS), "commit": _commit()}


def _commit() -> str | None:
    """Return the commit with `-dirty` behind it when files differ from it; None outside of a clone."""
    git = shutil.which("git")
    if git is None or not (PROJECT_ROOT / ".git").exists():
        return None
    try:
        done = subprocess.run(  # noqa: S603
            [git, "-C", str(PROJECT_ROOT), "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"],
            capture_output=True, text=True, check=False, timeout=_GIT_SECONDS,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None if done.returncode == 0 else None


def present_libraries() -> dict[str, str]:
    """Return the versions of the libraries that read, compute and write."""
    found = {}
    for name in _LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def variables_of(run_date: date) -> dict[str, Any]:
    """Return the variables of the dbt project as a build for this day has them, without paths of this machine."""
    import yaml

    project = yaml.safe_load((DBT_PROJECT_DIR / "dbt_project.yml").read_text(encoding="utf-8"))
    variables: dict[str, Any] = project["vars"] | {"run_date": run_date.isoformat()}
    variables.pop("raw_dir", None)
    return variables


def inputs_of(home: Home) -> list[Input]:
    """Return every snapshot held, oldest first, with what a build uses it for."""
    archive = Archive(home)
    held = archive.snapshots()
    use: dict[tuple[str, str, str], str] = {}
    for source_id in {entry.source_id for entry in held}:
        for table, attempt in read_attempts(home, source_id).items():
            if attempt.good_sha256:
                use[source_id, table, attempt.good_sha256] = "last_good"
        for entry in archive.current(source_id):
            use[source_id, entry.table, entry.snapshot_sha256] = "read"
    return [
        Input(entry, use.get((entry.source_id, entry.table, entry.snapshot_sha256), "held")) for entry in held
    ]


def memory_of(home: Home) -> dict[str, dict[str, Any]]:
    """Return what is remembered of each source of the home beside its files."""
    known = {path.parent.name for path in home.quarantine.glob(f"*/{ACQUISITION}.json")}
    known |= {path.stem for path in home.attempts.glob("*.json")}
    return {
        source_id: {
            "attempts": {name: asdict(entry) for name, entry in read_attempts(home, source_id).items()},
            "not_acquired": [asdict(entry) for entry in read_defects(home, source_id, ACQUISITION)],
        }
        for source_id in sorted(known)
    }


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the manifest of the version in a folder."""
    content = {
        "format": FORMAT,
        "version": manifest.version,
        "previous": manifest.previous,
        "run": asdict(manifest.run),
        "publication": asdict(manifest.publication),
        "code": manifest.code,
        "variables": manifest.variables,
        "libraries": manifest.libraries,
        "inputs": [asdict(entry.snapshot) | {"use": entry.use} for entry in manifest.inputs],
        "memory": manifest.memory,
        "hashed_by": manifest.hashed_by,
        "tables": {name: asdict(entry) for name, entry in manifest.tables.items()},
    }
    write_record(folder / MANIFEST_NAME, content)


def read_manifest(path: Path) -> Manifest | None:
    """Return a manifest; None when there is none, it is damaged, or of a form that this code does not know."""
    content = read_record(path)
    if content is None or content.get("format") != FORMAT:
        return None
    return Manifest(
        run=Run(**content["run"]),
        publication=Publication(**content["publication"]),
        previous=content["previous"],
        code=content["code"],
        variables=content["variables"],
        libraries=content["libraries"],
        inputs=[_input(entry) for entry in content["inputs"]],
        memory=content["memory"],
        hashed_by=content["hashed_by"],
        tables={name: TableContent(**entry) for name, entry in content["tables"].items()},
    )


def _input(entry: dict[str, Any]) -> Input:
    fields = {name: value for name, value in entry.items() if name != "use"}
    return Input(Snapshot(**fields), entry["use"])

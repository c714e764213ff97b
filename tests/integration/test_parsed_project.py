"""dbt parses the project once for all homes; what was kept is used only where it is whole and of this project."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assets import parsed_project
from assets.parsed_project import project_manifest, project_object
from pipelines.settings import Home


@pytest.fixture
def parses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Keep parsed projects in the test's folder, and return a list that grows with each parse."""
    made: list[int] = []

    def parse() -> dict[str, bytes]:
        made.append(len(made))
        path = f"{parsed_project._RAW_DIR}/a.parquet"
        return {"parsed.json": json.dumps({"path": path, "nth": len(made)}).encode(), "parsed.msgpack": b""}

    monkeypatch.setattr(parsed_project, "_parse", parse)
    monkeypatch.setattr(parsed_project, "_KEPT_IN", tmp_path / "project" / "target")
    return made


def test_two_homes_share_one_parse_and_each_reads_its_own_files(parses: list[int], tmp_path: Path) -> None:
    for name in ("one", 'two "quoted"'):
        home = Home(tmp_path / name)
        assert project_manifest(home) == {"path": f"{home.raw}/a.parquet", "nth": 1}
    assert len(parses) == 1


@pytest.mark.parametrize("harm", ["cut", "altered", "other"])
def test_what_is_damaged_or_of_another_project_is_parsed_anew(
    parses: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, harm: str
) -> None:
    home = Home(tmp_path / "home")
    project_manifest(home)
    kept = tmp_path / "project" / "target" / "parsed.json"
    data = kept.read_bytes()
    if harm == "cut":
        kept.write_bytes(data[: len(data) // 2])
    elif harm == "altered":
        kept.write_bytes(data.replace(b"a.parquet", b"b.parquet"))
    else:
        monkeypatch.setattr(parsed_project, "code_fingerprint", lambda *folders: "another project")
    assert project_manifest(home)["nth"] == 2
    assert project_manifest(home)["nth"] == 2


def test_a_project_that_cannot_be_written_is_kept_in_the_home(
    parses: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr(parsed_project, "_KEPT_IN", tmp_path / "file" / "target")
    home = Home(tmp_path / "home")
    assert project_manifest(home) == project_manifest(home)
    assert len(parses) == 1
    assert (home.build / "dbt" / "parsed.json").exists()


def test_dbt_reads_the_files_of_the_home_it_builds(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    places = [source.meta["external_location"] for source in project_object(home).sources.values()]
    assert places
    assert all(f"'{home.raw}/" in place for place in places)
    assert parsed_project._RAW_DIR not in json.dumps(project_manifest(home))

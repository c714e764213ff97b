"""Versions as a user meets them: what changed, back to an earlier one, one built again from its manifest."""

from __future__ import annotations

import json
import shutil
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from pipelines.attempts import read_attempts
from pipelines.publish.manifest import write_manifest
from pipelines.publish.versions import current_version, kept_versions, manifest_of, version_folder
from pipelines.settings import Home
from tests.end_to_end.conftest import call
from tests.end_to_end.test_runs import CLOUD_728, changed_origin, figures_of
from tests.small_warehouse import blocks, damage


@pytest.fixture(scope="module")
def changed(home: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return a home with a second version, in which one figure was revised, and the origin of it."""
    folder = tmp_path_factory.mktemp("changed")
    shutil.copytree(home, folder / "home", symlinks=True)
    origin = changed_origin(folder, CLOUD_728, CLOUD_728.replace("728", "729"))
    result = call(folder / "home", "run", "--origin", str(origin))
    assert result.returncode == 0, result.stderr
    return folder / "home", origin


@pytest.fixture
def copy(changed: tuple[Path, Path], tmp_path: Path) -> tuple[Home, Path]:
    shutil.copytree(changed[0], tmp_path / "home", symlinks=True)
    return Home(tmp_path / "home"), changed[1]


def test_the_difference_of_two_versions_names_the_figure_and_its_source(changed: tuple[Path, Path]) -> None:
    home, _ = changed
    result = call(home, "diff", "previous", "latest", "--json")
    assert result.returncode == 0, result.stderr
    told = json.loads(result.stdout)
    assert [told["old"], told["new"]] == kept_versions(Home(home))
    assert told["counts"]["figures"] == {"added": 0, "revised": 1, "removed": 0}
    assert told["counts"]["files"] == {"added": 1, "changed": 0, "removed": 0}
    (figure,) = told["figures"]
    assert (figure["item_id"], figure["old_value"], figure["new_value"]) == ("cloud_municipalities", 728, 729)
    assert figure["citation_url"].startswith("http")
    assert figure["source_id"] == "mieruka__cited_figures"
    lines = call(home, "diff", "previous", "latest").stdout.splitlines()
    assert any("728団体 → 729団体" in line and figure["citation_url"] in line for line in lines)
    kept = json.loads((home / "published" / "current" / "diff.json").read_text(encoding="utf-8"))
    assert kept["figures"] == told["figures"]


def test_published_files_are_compared_like_versions(changed: tuple[Path, Path]) -> None:
    home, _ = changed
    old, new = (
        str(version_folder(Home(home), version) / "mieruka.duckdb") for version in kept_versions(Home(home))
    )
    assert json.loads(call(home, "diff", old, new, "--json").stdout)["counts"]["figures"]["revised"] == 1
    assert "違いはありません" in call(home, "diff", new, str(home / "published" / "mieruka.duckdb")).stdout


@pytest.mark.parametrize(
    "arguments", [["diff", "latest", "20200101T000000+0900"], ["diff", "latest", "no.duckdb"], ["rollback", "x"],
                  ["rebuild", "x", "--to", "nowhere"], ["diff", "latest"], ["rebuild", "latest"]],
)  # fmt: skip
def test_a_version_that_is_not_kept_is_bad_usage(changed: tuple[Path, Path], arguments: list[str]) -> None:
    result = call(changed[0], *arguments)
    assert result.returncode == 2
    assert len(result.stderr.splitlines()) == 1


def test_the_list_marks_the_published_version(changed: tuple[Path, Path]) -> None:
    listed = json.loads(call(changed[0], "versions", "--json").stdout)
    assert [entry["is_published"] for entry in listed] == [False, True]
    assert listed[1]["previous"] == listed[0]["version"]
    lines = call(changed[0], "versions").stdout.splitlines()
    assert [line[0] for line in lines[1:]] == [" ", "*"]


def test_a_rollback_holds_until_the_inputs_change(copy: tuple[Home, Path], tmp_path: Path) -> None:
    home, origin = copy
    first, second = kept_versions(home)
    revised = figures_of(home.root)
    result = call(home.root, "rollback", "--lang", "en")
    assert result.returncode == 0, result.stderr
    assert first in result.stdout
    assert current_version(home) == first
    original = figures_of(home.root)
    assert original != revised

    again = call(home.root, "run", "--origin", str(origin))
    assert again.returncode == 0
    assert "変更はありません" in again.stdout
    assert f"版 {first} に戻したまま" in again.stdout
    assert current_version(home) == first
    assert "のままです" not in call(home.root, "rollback", "latest").stdout

    # A record that is made again is no input either.
    record = home.attempts / "mieruka__cited_figures.json"
    record.write_bytes(b"garbage")
    repaired = call(home.root, "run", "--origin", str(origin))
    assert repaired.returncode == 0, repaired.stderr
    assert "変更はありません" in repaired.stdout
    assert read_attempts(home, "mieruka__cited_figures")
    assert current_version(home) == first

    newer = changed_origin(tmp_path, CLOUD_728, CLOUD_728.replace("728", "730"))
    assert call(home.root, "run", "--origin", str(newer)).returncode == 0
    third = current_version(home)
    assert third not in (None, first, second)
    told = json.loads(call(home.root, "diff", first, "latest", "--json").stdout)
    assert [(entry["old_value"], entry["new_value"]) for entry in told["figures"]] == [(728, 730)]
    rows = json.loads(
        call(home.root, "sql", "--json", "select outcome, version from meta.run order by started_at").stdout
    )
    assert {"outcome": "rolled_back", "version": first} in rows


def test_a_full_run_ends_a_rollback(copy: tuple[Home, Path]) -> None:
    home, origin = copy
    revised = figures_of(home.root)
    assert call(home.root, "rollback").returncode == 0
    assert call(home.root, "run", "--full", "--origin", str(origin)).returncode == 0
    assert figures_of(home.root) == revised


def damage_figures(database: Path) -> None:
    """Damage a block of a database so that it still opens and the sources of its figures cannot be read."""
    content = database.read_bytes()
    places = blocks(database)
    for place in (*places[len(places) // 2 :], *places[: len(places) // 2]):
        damage(database, place)
        with suppress(duckdb.IOException), duckdb.connect(str(database), read_only=True) as connection:
            try:
                connection.execute("select source_id from marts.fct_observation").fetchall()
            except duckdb.IOException:
                return
        with database.open("r+b") as stream:
            stream.write(content)
    raise AssertionError("no such block")


@pytest.mark.parametrize("part", ["header", "figures"])
def test_a_full_run_replaces_a_damaged_published_database(copy: tuple[Home, Path], part: str) -> None:
    home, origin = copy
    revised = figures_of(home.root)
    if part == "header":
        damage(home.published_database, 0)
    else:
        damage_figures(home.published_database)
    result = call(home.root, "run", "--full", "--origin", str(origin))
    assert result.returncode == 0, result.stderr
    assert figures_of(home.root) == revised
    judged = json.loads((home.reports / "quality.json").read_text(encoding="utf-8"))
    (said,) = [outcome for outcome in judged if outcome["suite"] == "previous"]
    assert (said["success"], said["blocks"], said["severity"]) == (False, False, "warn")
    assert "sources_published" not in {outcome["suite"] for outcome in judged}
    assert "公開中の倉庫" in (home.reports / "quality.html").read_text(encoding="utf-8")


def test_a_version_is_built_again_to_the_same_tables(changed: tuple[Path, Path], tmp_path: Path) -> None:
    home = changed[0]
    first, second = kept_versions(Home(home))
    for version in (first, second):
        # The last version is not the newest input of the archive, and its day is not that of the command.
        result = call(home, "rebuild", version, "--to", str(tmp_path / version), "--json")
        assert result.returncode == 0, result.stdout + result.stderr
        made = json.loads(result.stdout)
        assert (made["is_equal"], made["version"], made["differing"]) == (True, version, [])
        assert made["tables"] >= 35
    assert figures_of(tmp_path / first) != figures_of(tmp_path / second)
    assert (
        "違いはありません"
        in call(home, "diff", second, str(tmp_path / second / "published" / "mieruka.duckdb")).stdout
    )
    refused = call(home, "rebuild", first, "--to", str(tmp_path / first))
    assert refused.returncode == 2


def test_a_rebuild_says_which_tables_come_out_otherwise(copy: tuple[Home, Path], tmp_path: Path) -> None:
    home, _ = copy
    version = kept_versions(home)[1]
    manifest = manifest_of(home, version)
    assert manifest is not None
    name = "marts.dim_target"
    other = replace(manifest.tables[name], content_hash="0" * 64)
    write_manifest(version_folder(home, version), replace(manifest, tables={**manifest.tables, name: other}))
    result = call(home.root, "rebuild", version, "--to", str(tmp_path / "made"))
    assert result.returncode == 1
    assert result.stdout.splitlines()[-1].strip() == name


def test_a_rebuild_is_refused_without_the_bytes_or_the_code(copy: tuple[Home, Path], tmp_path: Path) -> None:
    home, _ = copy
    version = kept_versions(home)[0]
    manifest = manifest_of(home, version)
    assert manifest is not None
    figures = next(entry.snapshot for entry in manifest.inputs if entry.snapshot.file_name == "figures.csv")
    held = home.archive / figures.snapshot_sha256[:2] / figures.snapshot_sha256
    content = held.read_bytes()
    held.write_bytes(content.replace(b"728", b"727"))
    result = call(home.root, "rebuild", version, "--to", str(tmp_path / "made"))
    assert result.returncode == 1
    assert figures.snapshot_sha256 in result.stderr
    held.write_bytes(content)

    write_manifest(
        version_folder(home, version), replace(manifest, code={"fingerprint": "0" * 64, "commit": "abc123"})
    )
    result = call(home.root, "rebuild", version, "--to", str(tmp_path / "made"))
    assert result.returncode == 1
    assert "abc123" in result.stderr
    assert not (tmp_path / "made").exists()
    forced = call(home.root, "rebuild", version, "--to", str(tmp_path / "made"), "--force")
    assert forced.returncode == 0, forced.stderr

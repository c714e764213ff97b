"""The power fails at any moment: what the disk then holds is old or new, whole, and the next run goes on from it."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path

import pytest

from pipelines.acquire.archive import Archive
from pipelines.acquire.fetch import acquire
from pipelines.catalog.loader import Catalog
from pipelines.files import read_record, write_atomically, write_record
from pipelines.land.source import SourceLanding
from pipelines.lock import writing
from pipelines.publish.release import publish
from pipelines.publish.runs import Run, new_run_id
from pipelines.publish.versions import complete
from pipelines.settings import Home, now
from tests.crash_disk import TORN, Recording, State, recording

SOURCE = "mieruka__cited_figures"
DATABASE = "published/mieruka.duckdb"


def not_torn(state: State) -> None:
    torn = [path for path, content in state.files().items() if content == TORN]
    assert torn == []


def seen(state: State) -> tuple[str | None, tuple[tuple[str, str], ...], str | None]:
    """What readers see: the database, the Parquet files, their description."""
    parquet = tuple(sorted(state.files("published/parquet").items()))
    return state.read(DATABASE), parquet, state.read("published/datapackage.json")


def test_the_disk_knows_a_careless_writer(tmp_path: Path) -> None:
    root = tmp_path / "home"
    root.mkdir()
    (root / "file").write_text("old")
    with recording(root) as careless:
        (root / ".file.tmp").write_text("new")
        (root / ".file.tmp").replace(root / "file")
    assert {state.read("file") == TORN for state in careless.states()} == {True, False}
    with recording(root) as careful:
        write_atomically(root / "file", "newer")
    assert {state.read("file") for state in careful.states()} == {
        content for content, data in careful.contents.items() if data in (b"new", b"newer")
    }


def test_a_new_folder_is_not_lost_with_what_was_synced_in_it(tmp_path: Path) -> None:
    with recording(tmp_path) as disk:
        write_atomically(tmp_path / "a" / "b" / "file", "content")
    assert [state.files() for state in disk.states()][-1] == {"a/b/file": list(disk.contents)[-1]}
    last = list(disk.states())[-1]
    assert last.read("a/b/file") is not None


def test_a_record_is_old_or_new(tmp_path: Path) -> None:
    path = tmp_path / "record.json"
    write_record(path, {"a": 1})
    with recording(tmp_path) as disk:
        write_record(path, {"a": 2})
    found = {disk.contents[state.read("record.json") or ""] for state in disk.states()}
    assert {json.loads(data)["a"] for data in found} == {1, 2}


def acquired(home: Home, catalog: Catalog) -> Recording:
    with recording(home.root.parent) as disk, writing(home):
        snapshots, _ = acquire(catalog.sources[SOURCE], home)
        SourceLanding(catalog.sources[SOURCE], catalog, home).land(snapshots)
    return disk


def test_acquisition_and_landing_leave_nothing_torn_and_no_register_without_bytes(
    tmp_path: Path, catalog: Catalog
) -> None:
    (tmp_path / "disk").mkdir()
    disk = acquired(Home(tmp_path / "disk" / "home"), catalog)
    assert disk.operations > 50
    for state in disk.states():
        not_torn(state)
        files = state.files("home")
        held = {path.split("/")[2]: content for path, content in files.items() if path.startswith("archive/")}
        assert all(name == content for name, content in held.items())
        for register in ("archive.json", "state/snapshots.json", f"state/current/{SOURCE}.json"):
            if register in files:
                listed = json.loads(disk.contents[files[register]])["snapshots"]
                assert {entry["snapshot_sha256"] for entry in listed} <= held.keys()


@pytest.fixture(scope="module")
def published(home: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Recording, Home]:
    """Record the publication of a second version over a first."""
    copy = Home(tmp_path_factory.mktemp("power") / "home")
    shutil.copytree(home, copy.root, symlinks=True, ignore=shutil.ignore_patterns("dbt", "*.txt"))
    build = copy.build_database
    kept = copy.root.parent / "build.duckdb"
    build.rename(kept)
    build.symlink_to(kept)
    moment = now()
    run = Run(new_run_id(moment), moment.isoformat(), None, "running", 0, 0)
    with writing(copy), recording(copy.root) as disk:
        publish(copy, run, "inputs", date(2026, 11, 23))
    return disk, copy


def test_publication_shows_old_or_new_at_every_moment(published: tuple[Recording, Home]) -> None:
    disk, _ = published
    states = list(disk.states())
    old, new = seen(states[0]), seen(states[-1])
    assert all(left != right for left, right in zip(old, new, strict=True))
    before, after = states[0].read("state/published.json"), states[-1].read("state/published.json")
    assert before != after
    found = set()
    for state in states:
        not_torn(state)
        database, parquet, package = seen(state)
        assert database in (old[0], new[0])
        # The files beside the database change together.
        assert (parquet, package) in (old[1:], new[1:])
        record = state.read("state/published.json")
        assert record in (before, after)
        # The state never speaks of what readers do not see.
        assert record == before or database == new[0]
        found.add((database == new[0], package == new[2], record == after))
    # The moments between were really looked at.
    assert (True, False, False) in found
    assert (True, True, True) in found


def test_after_a_cut_in_the_publication_the_next_run_finishes_it(
    published: tuple[Recording, Home], tmp_path: Path
) -> None:
    disk, _ = published
    distinct: dict[tuple[object, ...], State] = {}
    for state in disk.states():
        hidden = tuple(sorted((str(inode), *names) for inode, names in state.names.items()))
        distinct.setdefault((seen(state), state.read("state/published.json"), hidden), state)
    chosen = list(distinct.values())
    for number, state in enumerate(chosen[:: max(1, len(chosen) // 12)]):
        copy = Home(tmp_path / str(number))
        state.write_to(copy.root, disk.contents)
        with writing(copy):
            complete(copy)
        folder = copy.published
        assert (folder / "current").resolve().name
        assert (folder / "mieruka.duckdb").read_bytes() == (
            folder / "current" / "mieruka.duckdb"
        ).read_bytes()
        package = json.loads((folder / "datapackage.json").read_bytes())
        assert package["version"] == (folder / "current").resolve().name
        record = read_record(copy.state / "published.json")
        assert record is not None
        assert record["run_id"] == package["version"]
        assert list(folder.glob("versions/.*")) == []
        assert Archive(copy).snapshots()
        shutil.rmtree(copy.root)

"""Versions: published in one step, kept by a rule, finished after a kill, gone back to."""

from __future__ import annotations

import errno
import json
import multiprocessing
import os
import shutil
from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from pipelines.publish.content import contents
from pipelines.publish.manifest import MANIFEST_NAME, Input, read_manifest
from pipelines.publish.release import publish
from pipelines.publish.retention import (
    RetentionRule,
    RetentionRuleError,
    remove_old_versions,
    retention_rule,
    to_keep,
)
from pipelines.publish.rollback import AlreadyPublishedError, DamagedVersionError, roll_back
from pipelines.publish.runs import History, Run, new_run_id, read_publication
from pipelines.publish.versions import (
    UnknownVersionError,
    complete,
    current_version,
    kept_versions,
    manifest_of,
    named_version,
    version_database,
    version_folder,
    version_said,
)
from pipelines.quality.gate import load_suites, run_gate
from pipelines.settings import Home, now
from tests.small_warehouse import (
    DAY,
    blocks,
    damage,
    publish_built,
    publish_small,
    small_build,
    stamped,
    value_in,
    version_id,
)

FIRST, SECOND, THIRD = (version_id(number) for number in (1, 2, 3))


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


def parquet_value(home: Home) -> object:
    """Return the one value of all figures in the Parquet that readers see."""
    path = home.published / "parquet" / "fct_observation.parquet"
    found = duckdb.sql(f"select distinct value from '{path}'").fetchall()
    assert len(found) == 1
    return found[0][0]


def is_whole(home: Home, version: str, value: int) -> None:
    """All that readers and the next run see is this version."""
    assert value_in(home.published_database) == parquet_value(home) == value
    assert current_version(home) == version
    assert (home.published / "current").resolve() == version_folder(home, version).resolve()
    assert json.loads((home.published / "datapackage.json").read_text(encoding="utf-8"))["version"] == version
    publication = read_publication(home)
    assert publication is not None
    assert publication.run_id == version
    assert not list(home.published.rglob(".*"))


def test_each_publication_is_kept_with_its_files(home: Home) -> None:
    publish_small(home, 1, *stamped(10))
    publish_small(home, 2, *stamped(20))
    is_whole(home, SECOND, 20)
    assert kept_versions(home) == [FIRST, SECOND]
    assert value_in(version_database(home, FIRST)) == 10
    assert sorted(path.name for path in version_folder(home, SECOND).iterdir()) == [
        "datapackage.json", "diff.json", "manifest.json", "mieruka.duckdb", "parquet",
    ]  # fmt: skip
    # The current version costs no second copy, and what readers open is a file of its own name.
    assert home.published_database.samefile(version_database(home, SECOND))
    assert not home.published_database.is_symlink()
    with duckdb.connect(str(home.published_database), read_only=True) as connection:
        schemas = connection.execute("select distinct schema_name from duckdb_tables()").fetchall()
    assert sorted(schemas) == [("marts",), ("meta",)]


def test_the_manifest_says_what_the_version_holds(home: Home) -> None:
    publish_small(home, 1, *stamped(10))
    publish_small(home, 2, *stamped(20))
    manifest = manifest_of(home, SECOND)
    assert manifest is not None
    assert (manifest.version, manifest.previous, manifest.publication.run_date) == (
        SECOND,
        FIRST,
        DAY.isoformat(),
    )
    assert len(manifest.code["fingerprint"] or "") == 64
    assert manifest.libraries["duckdb"] == duckdb.__version__
    assert manifest.variables["run_date"] == DAY.isoformat()
    assert "raw_dir" not in manifest.variables
    assert manifest.tables["marts.fct_observation"].rows == 3
    assert "meta.run" not in manifest.tables
    with duckdb.connect(str(home.published_database), read_only=True) as connection:
        assert contents(connection) == manifest.tables


@pytest.mark.parametrize(
    ("change", "until"),
    [
        ("", "2027-10-03"),  # the figure of 2026-03-31 is older than 550 days
        ("update marts.dim_target set target_date = date '2027-03-31'", "2027-04-01"),
        ("update marts.dim_target set target_due_on = date '2027-03-31'", "2027-04-01"),
        (f"update meta.source_status set overdue_on = date '{DAY}'", "2027-10-03"),
        ("update meta.source_status set overdue_on = date '2027-03-31'", "2027-03-31"),
    ],
)
def test_a_version_stands_until_a_day_changes_what_it_says(home: Home, change: str, until: str) -> None:
    publish_small(home, 1, "insert into meta.source_status values (null, null)", change)
    manifest = manifest_of(home, FIRST)
    assert manifest is not None
    assert manifest.publication.valid_until == until


def test_when_a_figure_is_stale_is_said_in_one_place(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "dbt_project.yml").write_text("vars: {stale_after_days: 400}\n", encoding="utf-8")
    monkeypatch.setattr("pipelines.publish.manifest.DBT_PROJECT_DIR", tmp_path)
    publish_small(home, 1)
    publication = read_publication(home)
    assert publication is not None
    assert publication.valid_until == "2027-05-06"


def test_the_content_hash_knows_rows_and_not_their_order(tmp_path: Path) -> None:
    def content(number: int, *statements: str) -> object:
        with duckdb.connect(str(tmp_path / f"{number}.duckdb")) as connection:
            connection.execute("create schema marts; create table marts.t (a integer, b varchar)")
            for statement in statements:
                connection.execute(statement)
            return contents(connection)["marts.t"]

    one = content(1, "insert into marts.t values (1, 'x'), (2, 'y')")
    assert content(2, "insert into marts.t values (2, 'y')", "insert into marts.t values (1, 'x')") == one
    assert content(3, "insert into marts.t values (1, 'y'), (2, 'x')") != one
    assert content(4, "insert into marts.t values (1, 'x'), (2, 'y'), (2, 'y'), (2, 'y')") != one
    assert content(5, "insert into marts.t values (1, null), (2, 'y')") != one
    assert (
        content(6, "alter table marts.t alter a type bigint", "insert into marts.t values (1, 'x'), (2, 'y')")
        != one
    )


def test_a_damaged_manifest_is_none(home: Home) -> None:
    publish_small(home, 1)
    path = version_folder(home, FIRST) / MANIFEST_NAME
    path.write_text(path.read_text(encoding="utf-8").replace('"rows": 3', '"rows": 4'), encoding="utf-8")
    assert read_manifest(path) is None


def test_versions_are_named_by_id_and_by_their_place(home: Home) -> None:
    for number in (1, 2, 3):
        publish_small(home, number)
    assert named_version(home, "latest") == THIRD
    assert named_version(home, "previous") == SECOND
    assert named_version(home, FIRST) == FIRST
    with pytest.raises(UnknownVersionError):
        named_version(home, "20200101T000000+0900")


@pytest.fixture(params=["hard links", "no hard links"])
def disk(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that knows second names of a file, and one that does not."""

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

    if request.param == "no hard links":
        monkeypatch.setattr(os, "link", refuse)


@pytest.mark.usefixtures("disk")
@pytest.mark.parametrize("number", [1, 2])
def test_a_run_named_before_the_newest_version_is_the_version_after_it(home: Home, number: int) -> None:
    publish_small(home, 2, *stamped(20))
    run = publish_small(home, number, *stamped(10))
    assert run.run_id == THIRD
    is_whole(home, THIRD, 10)
    assert kept_versions(home) == [SECOND, THIRD]
    assert value_in(version_database(home, SECOND)) == 20
    assert [entry.version for entry in History(home).runs()] == [SECOND, THIRD]


def test_an_id_that_the_history_knows_is_not_given_again(home: Home, tmp_path: Path) -> None:
    History(home).add(Run(SECOND, now().isoformat(), None, "failed", 0, 0))
    assert publish_small(home, 2).run_id == THIRD
    # Of what was published and is no longer kept the history alone knows.
    shutil.copytree(home.state, tmp_path / "later" / "state")
    assert publish_small(Home(tmp_path / "later"), 1).run_id == version_id(4)


def test_a_database_says_its_version_whatever_the_other_ids_are() -> None:
    with duckdb.connect() as connection:
        connection.execute("create schema meta; create table meta.run (run_id varchar, outcome varchar)")
        assert version_said(connection) is None
        rows = [(THIRD, "published"), (FIRST, "published"), (SECOND, "failed")]
        connection.executemany("insert into meta.run values (?, ?)", rows)
        assert version_said(connection) == FIRST


def test_a_publication_that_fails_leaves_nothing_behind(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    publish_small(home, 1, *stamped(10))
    small_build(home, *stamped(20))
    monkeypatch.setenv("MIERUKA_FAULT", "publish.finished@1:EIO")
    with pytest.raises(OSError, match="Input/output"):
        publish_built(home, 2)
    monkeypatch.delenv("MIERUKA_FAULT")
    is_whole(home, FIRST, 10)
    assert kept_versions(home) == [FIRST]


def test_what_fails_after_the_rename_is_finished_later(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    publish_small(home, 1, *stamped(10))
    small_build(home, *stamped(20))
    monkeypatch.setenv("MIERUKA_FAULT", "publish.published@1:EIO")
    with pytest.raises(OSError, match="Input/output"):
        publish_built(home, 2)
    monkeypatch.delenv("MIERUKA_FAULT")
    assert value_in(home.published_database) == 20
    complete(home)
    is_whole(home, SECOND, 20)


def _publish_and_die(root: str, fault: str) -> None:
    os.environ["MIERUKA_FAULT"] = fault
    publish_built(Home(Path(root)), 2)


def _roll_back_and_die(root: str, fault: str) -> None:
    os.environ["MIERUKA_FAULT"] = fault
    roll_back(
        Home(Path(root)), FIRST, "present inputs", DAY, datetime.fromisoformat("2026-11-24T09:00:00+09:00")
    )


def killed(target: object, *arguments: str) -> None:
    process = multiprocessing.get_context("spawn").Process(target=target, args=arguments)  # type: ignore[arg-type]
    process.start()
    process.join(timeout=120)
    assert process.exitcode == -9


@pytest.mark.parametrize(
    ("point", "value"),
    [
        ("publish.finished", 10),
        ("file.synced,*/published/mieruka.duckdb", 10),
        ("file.renamed,*/published/mieruka.duckdb", 20),
        ("publish.kept", 20),
        ("publish.pointed@2", 20),
        ("file.synced,*/state/published.json", 20),
        ("file.synced,*/state/runs.jsonl", 20),
    ],
)
def test_killed_at_any_step_a_publication_is_done_or_not_done(home: Home, point: str, value: int) -> None:
    publish_small(home, 1, *stamped(10))
    small_build(home, *stamped(20))
    killed(_publish_and_die, str(home.root), f"{point}:kill")
    # Before anything is put right, the database and the files beside it are each of one version.
    assert value_in(home.published_database) == value
    assert parquet_value(home) in (10, 20)
    for leftover in home.root.rglob(".*.tmp"):
        leftover.unlink()
    complete(home)
    is_whole(home, SECOND if value == 20 else FIRST, value)
    published = [run.run_id for run in History(home).runs() if run.outcome == "published"]
    assert published == kept_versions(home) == ([FIRST, SECOND] if value == 20 else [FIRST])
    publish_small(home, 3, *stamped(30))
    is_whole(home, THIRD, 30)


@pytest.mark.parametrize(
    ("point", "value"),
    [
        ("file.renamed,*/state/published.json", 20),
        ("publish.published", 10),
        ("publish.pointed", 10),
        ("file.synced,*/state/runs.jsonl", 10),
    ],
)
def test_killed_at_any_step_a_rollback_is_done_or_not_done(home: Home, point: str, value: int) -> None:
    publish_small(home, 1, *stamped(10))
    publish_small(home, 2, *stamped(20))
    killed(_roll_back_and_die, str(home.root), f"{point}:kill")
    for leftover in home.root.rglob(".*.tmp"):
        leftover.unlink()
    complete(home)
    is_whole(home, FIRST if value == 10 else SECOND, value)
    publication = read_publication(home)
    assert publication is not None
    assert (publication.held_since is not None) == (value == 10)
    outcomes = [run.outcome for run in History(home).runs()]
    assert outcomes == ["published", "published"] + ["rolled_back"] * (value == 10)


def older_home(home: Home) -> None:
    """Turn a home into one of the time before versions were kept."""
    parquet = (home.published / "parquet").resolve()
    for name in ("parquet", "datapackage.json"):
        (home.published / name).unlink()
    shutil.copytree(parquet, home.published / "parquet")
    shutil.copyfile(parquet.parent / "datapackage.json", home.published / "datapackage.json")
    (home.published / "current").unlink()
    shutil.rmtree(home.published / "versions")


def test_a_home_without_versions_is_taken_over_and_its_warehouse_kept(home: Home) -> None:
    publish_small(home, 1, *stamped(10))
    older_home(home)
    complete(home)
    assert value_in(home.published_database) == parquet_value(home) == 10
    publish_small(home, 2, *stamped(20))
    is_whole(home, SECOND, 20)
    assert kept_versions(home) == [FIRST, SECOND]
    roll_back(home, FIRST, "present inputs", DAY, now())
    is_whole(home, FIRST, 10)


def test_a_copied_home_without_links_is_one_version_again_after_the_next_run(
    home: Home, tmp_path: Path
) -> None:
    publish_small(home, 1, *stamped(10))
    publish_small(home, 2, *stamped(20))
    copy = Home(tmp_path / "copy")
    shutil.copytree(home.root, copy.root)
    assert not (copy.published / "current").is_symlink()
    assert current_version(copy) == SECOND
    complete(copy)
    is_whole(copy, SECOND, 20)
    publish_small(copy, 3, *stamped(30))
    is_whole(copy, THIRD, 30)


# What compares with the published warehouse, of which the small one has the tables.
COMPARING = [suite for suite in load_suites() if suite.needs_previous and suite.name != "verdicts"]


def test_a_damaged_published_file_does_not_stand_in_the_way(home: Home) -> None:
    publish_small(home, 1, *stamped(1))
    left_out = set()
    for number, place in enumerate([0, *blocks(home.published_database)], start=2):
        damage(home.published_database, place)
        small_build(home, *stamped(number))
        report = run_gate(home.build_database, home.published_database, COMPARING)
        assert report.blocking == []
        assert {(outcome.suite, outcome.label_ja != "") for outcome in report.warnings} <= {
            ("previous", True)
        }
        suites = {outcome.suite for outcome in report.outcomes}
        left_out.add(len(COMPARING) - len(suites - {"previous"}))
        assert ("previous" in suites) == (not suites.issuperset(suite.name for suite in COMPARING))
        publish_built(home, number)
        is_whole(home, version_id(number), number)
    # A file that cannot be opened, one of which some can be read, and one of which what matters here can be.
    assert {0, len(COMPARING)} < left_out


def test_a_rollback_is_a_publication_that_holds(home: Home) -> None:
    publish_small(home, 1, *stamped(10))
    publish_small(home, 2, *stamped(20))
    moment = datetime.fromisoformat("2026-11-24T09:00:00+09:00")
    roll_back(home, FIRST, "present inputs", DAY, moment)
    is_whole(home, FIRST, 10)
    publication = read_publication(home)
    assert publication is not None
    assert (publication.inputs, publication.valid_until, publication.held_since) == (
        "present inputs", None, moment.isoformat(),
    )  # fmt: skip
    last = History(home).runs()[-1]
    assert (last.outcome, last.version) == ("rolled_back", FIRST)
    # What was gone back from is still there to go forward to.
    roll_back(home, SECOND, "present inputs", DAY, moment.replace(hour=10))
    is_whole(home, SECOND, 20)
    publish_small(home, 3, *stamped(30))
    is_whole(home, THIRD, 30)
    with duckdb.connect(str(home.published_database), read_only=True) as connection:
        found = connection.execute(
            "select version from meta.run where outcome = 'rolled_back' order by started_at"
        ).fetchall()
    assert found == [(FIRST,), (SECOND,)]
    publication = read_publication(home)
    assert publication is not None
    assert publication.held_since is None


def test_runs_that_begin_in_one_second_are_all_remembered(home: Home) -> None:
    publish_small(home, 1, *stamped(10))
    publish_small(home, 2, *stamped(20))
    moment = datetime.fromisoformat("2026-11-24T09:00:00+09:00")
    History(home).note("unchanged", moment, moment)
    roll_back(home, FIRST, "present inputs", DAY, moment)
    complete(home)
    History(home).note("failed", moment, moment)
    small_build(home, *stamped(30))
    publish(home, Run(new_run_id(moment), moment.isoformat(), None, "running", 0, 0), "inputs", DAY)
    with duckdb.connect(str(home.published_database), read_only=True) as connection:
        found = connection.execute("select outcome, version from meta.run order by run_id").fetchall()
    last = current_version(home)
    assert found == [
        ("published", FIRST), ("published", SECOND), ("unchanged", None), ("rolled_back", FIRST), ("failed", None),
        ("published", last),
    ]  # fmt: skip
    assert [run.outcome for run in History(home).runs()] == [outcome for outcome, _ in found]


def test_the_published_version_is_not_gone_back_to(home: Home) -> None:
    publish_small(home, 1)
    with pytest.raises(AlreadyPublishedError):
        roll_back(home, FIRST, "present inputs", DAY, now())


def test_a_damaged_version_is_not_published_again(home: Home) -> None:
    publish_small(home, 1, *stamped(10))
    publish_small(home, 2, *stamped(20))
    with duckdb.connect(str(version_database(home, FIRST))) as connection:
        connection.execute("update marts.dim_target set target_value = 11")
    with pytest.raises(DamagedVersionError, match=r"marts\.dim_target"):
        roll_back(home, FIRST, "present inputs", DAY, now())
    is_whole(home, SECOND, 20)


def test_the_rule_keeps_the_newest_and_the_last_of_each_month() -> None:
    days = [f"2026{month:02}{day:02}T020000+0900" for month in range(1, 12) for day in (1, 15, 28)]
    kept = to_keep(days, RetentionRule(versions=4, months=3))
    assert sorted(kept) == [
        "20260928T020000+0900",
        "20261028T020000+0900",
        "20261101T020000+0900",
        "20261115T020000+0900",
        "20261128T020000+0900",
    ]
    assert to_keep([], RetentionRule()) == set()
    assert to_keep(["20251231T020000+0900", "20260101T020000+0900"], RetentionRule(versions=2, months=0)) == {
        "20251231T020000+0900",
        "20260101T020000+0900",
    }


def test_old_versions_go_but_never_the_published_one(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIERUKA_KEEP_VERSIONS", "2")
    monkeypatch.setenv("MIERUKA_KEEP_MONTHS", "0")
    for number in (1, 2, 3):
        publish_small(home, number, *stamped(number))
    assert kept_versions(home) == [SECOND, THIRD]
    roll_back(home, SECOND, "present inputs", DAY, now())
    shutil.copytree(version_folder(home, THIRD), version_folder(home, version_id(4)))
    shutil.copytree(version_folder(home, THIRD), version_folder(home, version_id(5)))
    assert remove_old_versions(home, RetentionRule(versions=2, months=0)) == [THIRD]
    is_whole(home, SECOND, 2)


def test_a_version_that_is_being_read_stays(home: Home) -> None:
    for number in (1, 2, 3, 4):
        publish_small(home, number, *stamped(number))
    folder = version_folder(home, SECOND)
    with (
        duckdb.connect(str(version_database(home, FIRST)), read_only=True) as reader,
        (folder / "parquet" / "fct_observation.parquet").open("rb"),
    ):
        assert remove_old_versions(home, RetentionRule(versions=2, months=0)) == []
        assert reader.execute("select distinct value from marts.fct_observation").fetchone() == (1,)
    assert remove_old_versions(home, RetentionRule(versions=2, months=0)) == [FIRST, SECOND]


@pytest.mark.parametrize("text", ["1", "0", "-3", "many", "２"])
def test_a_rule_that_cannot_be_used_is_said_before_anything_is_done(
    home: Home, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv("MIERUKA_KEEP_VERSIONS", text)
    with pytest.raises(RetentionRuleError, match="MIERUKA_KEEP_VERSIONS"):
        publish_small(home, 1)
    assert not home.published_database.exists()


def test_the_rule_comes_from_the_environment_or_the_configuration(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.create()
    assert retention_rule(home) == RetentionRule(14, 12)
    (home.root / "mieruka.toml").write_text("[retention]\nversions = 3\n", encoding="utf-8")
    assert retention_rule(home) == RetentionRule(3, 12)
    monkeypatch.setenv("MIERUKA_KEEP_VERSIONS", "5")
    assert retention_rule(home) == RetentionRule(5, 12)


def test_inputs_say_what_each_snapshot_was_used_for(home: Home) -> None:
    from pipelines.acquire.archive import Archive, Snapshot
    from pipelines.attempts import Attempt, write_attempts
    from pipelines.publish.manifest import inputs_of

    home.create()
    old, good, refused = (
        Snapshot(letter * 64, "office", "areas", "areas.csv", "file:///areas.csv", f"2026-01-0{day}T00:00:00+09:00", None, 1)
        for day, letter in enumerate("abc", start=1)
    )  # fmt: skip
    archive = Archive(home)
    archive.remember([old, good, refused])
    archive.set_current("office", [refused])
    write_attempts(home, "office", {"areas": Attempt(good_sha256=good.snapshot_sha256)})
    assert inputs_of(home) == [Input(old, "held"), Input(good, "last_good"), Input(refused, "read")]

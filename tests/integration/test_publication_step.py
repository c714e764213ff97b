"""The last step of a run in Dagster: what was built is published, unless the same is published already."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from dagster import ExecuteInProcessResult, materialize

from assets.build_state import complete, prepare
from assets.resources import WarehouseResource
from assets.warehouse import published_warehouse
from pipelines.acquire.archive import Archive
from pipelines.acquire.fetch import acquire
from pipelines.catalog.loader import Catalog
from pipelines.changes import build_inputs, reasons_to_run
from pipelines.defects import file_defect
from pipelines.publish import release
from pipelines.publish.content import TableContent, contents
from pipelines.publish.rollback import roll_back
from pipelines.publish.runs import History, read_publication
from pipelines.publish.versions import current_version, kept_versions
from pipelines.quarantine import ACQUISITION, discard_damaged, read_defects, write_defects
from pipelines.settings import SOURCES_DIR, Home, now
from tests.histories import land_all
from tests.small_warehouse import DAY, small_tables

CITED, INDICES = "mieruka__cited_figures", "soumu__fiscal_indices"
MONTH_LATER = DAY + timedelta(days=30)


def build(home: Home, day: date, *changes: str) -> None:
    """Build the small warehouse as dbt would, for a day, with changes in SQL."""
    home.create()
    prepare(home, day, full=True)
    with duckdb.connect(str(home.build_database)) as connection:
        small_tables(connection, *changes)
    complete(home)


def last_step(home: Home, catalog: Catalog, *, full: bool = False) -> ExecuteInProcessResult:
    """Do the last step of a run."""
    warehouse = WarehouseResource(home=str(home.root), offline=True, full=full, wait_seconds=1)
    return materialize([published_warehouse(catalog)], resources={"warehouse": warehouse})


class Nights:
    """A home, the folder that its files come from, and what runs on it do."""

    def __init__(self, home: Home, catalog: Catalog, origin: Path) -> None:
        self.home, self.catalog, self.origin = home, catalog, origin

    def reasons(self, day: date = DAY) -> list[str]:
        """Return why a run would be needed on a day."""
        return reasons_to_run(self.home, self.catalog, day, self.origin)

    def run(self, day: date = DAY, *, full: bool = False) -> str:
        """Do what a run does, for whatever reason, and return how it ended."""
        for source in self.catalog.sources.values():
            acquire(source, self.home, self.origin)
        land_all(self.home, self.catalog)
        build(self.home, day)
        assert last_step(self.home, self.catalog, full=full).success
        return History(self.home).runs()[-1].outcome

    def put(self, text: str) -> None:
        """Put another file of our own form into the folder."""
        folder = self.origin / CITED
        folder.mkdir(parents=True, exist_ok=True)
        figures = (SOURCES_DIR / CITED / "figures.csv").read_text(encoding="utf-8")
        (folder / "figures.csv").write_text(figures.replace(",,728,,,", text), encoding="utf-8")

    def fail(self, why: str) -> None:
        """Let a publisher not answer, as an acquisition from the web notes it."""
        defect = file_defect(INDICES, "municipalities", "https://office.example/", "unreachable", why, "再実行", "again")  # fmt: skip
        write_defects(self.home, INDICES, ACQUISITION, [defect])


@pytest.fixture
def nights(home: Home, catalog: Catalog, tmp_path: Path) -> Nights:
    """Return a home in which a version is published."""
    made = Nights(home, catalog, tmp_path / "origin")
    made.put(",,728,,,")
    assert made.reasons() == ["nothing_published"]
    assert made.run() == "published"
    return made


@pytest.fixture
def held(nights: Nights) -> Nights:
    """Return a home that was rolled back to its first version."""
    nights.put(",,729,,,")
    assert nights.run() == "published"
    first, _ = kept_versions(nights.home)
    inputs = build_inputs(nights.home, nights.catalog)
    roll_back(nights.home, first, inputs, DAY, datetime.fromisoformat("2026-11-24T09:00:00+09:00"))
    return nights


def refuse_for_ever(nights: Nights) -> None:
    """Put a file into the folder that is refused whenever it is looked at."""
    path = nights.origin / CITED / "documents.csv"
    outside = nights.origin.parent / "outside.csv"
    outside.write_bytes((SOURCES_DIR / CITED / "documents.csv").read_bytes())
    path.symlink_to(outside)


def test_what_was_built_before_midnight_is_published_for_that_day(
    home: Home, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    next_day = (DAY + timedelta(days=1)).isoformat()
    build(home, DAY, f"update marts.dim_target set target_date = date '{DAY}'")
    monkeypatch.setenv("MIERUKA_TODAY", next_day)
    assert last_step(home, catalog).success
    publication = read_publication(home)
    assert publication is not None
    assert publication.run_date == DAY.isoformat()
    # The deadline that passed with that midnight is still to be judged.
    assert publication.valid_until == next_day


def test_a_publication_keeps_to_the_limits_of_the_build(
    home: Home, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits: list[tuple[object, ...]] = []

    def note(connection: duckdb.DuckDBPyConnection) -> dict[str, TableContent]:
        limits.extend(connection.execute("select current_setting('threads')").fetchall())
        return contents(connection)

    monkeypatch.setenv("MIERUKA_DBT_TARGET", "limited")
    monkeypatch.setenv("MIERUKA_THREADS", "1")
    monkeypatch.setattr(release, "contents", note)
    build(home, DAY)
    assert last_step(home, catalog).success
    assert limits == [(1,)]


def test_nothing_is_published_again_for_a_file_that_is_refused_every_night(nights: Nights) -> None:
    refuse_for_ever(nights)
    # Readers are told of it, once.
    assert nights.run() == "published"
    versions = kept_versions(nights.home)
    for _ in range(2):
        assert nights.reasons() == [CITED]
        assert nights.run() == "unchanged"
    assert kept_versions(nights.home) == versions
    nights.put(",,729,,,")
    assert nights.run() == "published"


def test_a_step_that_publishes_nothing_new_says_so(home: Home, catalog: Catalog) -> None:
    build(home, DAY)
    said = []
    for _ in range(2):
        (event,) = last_step(home, catalog).asset_materializations_for_node(
            "publication__published_warehouse"
        )
        said.append(event.metadata)
    assert "kept" not in said[0]
    assert said[1]["kept"].value is True
    assert said[1]["run_id"] == said[0]["run_id"]


@pytest.mark.parametrize(
    ("day", "full", "outcome"),
    [(MONTH_LATER, False, "unchanged"), (DAY, True, "published"), (date(2027, 10, 3), False, "published")],
)
def test_what_is_asked_for_or_due_is_published(nights: Nights, day: date, full: bool, outcome: str) -> None:
    assert nights.run(day, full=full) == outcome


def test_in_which_order_files_were_found_is_no_reason(nights: Nights) -> None:
    archive = Archive(nights.home)
    archive.set_current(CITED, archive.current(CITED)[::-1])
    assert nights.reasons() == []


def test_what_fails_is_a_reason_of_its_own(nights: Nights) -> None:
    assert nights.reasons() == []
    nights.fail("no route")
    assert nights.reasons() == ["failures"]


def test_a_second_file_of_a_table_that_fails_is_told_too(nights: Nights) -> None:
    nights.fail("no route")
    assert last_step(nights.home, nights.catalog).success
    assert nights.reasons() == []
    known = read_defects(nights.home, INDICES, ACQUISITION)
    other = file_defect(INDICES, "municipalities", "R5.xlsx", "unreachable", "no route", "再実行", "again")
    write_defects(nights.home, INDICES, ACQUISITION, [*known, other])
    assert nights.reasons() == ["failures"]


def no_answer(nights: Nights) -> None:
    nights.fail("no route")


def another_answer(nights: Nights) -> None:
    nights.fail("no route")
    nights.fail("timed out")


def damaged_records(nights: Nights) -> None:
    nights.home.attempts.joinpath(f"{CITED}.json").write_bytes(b"garbage")
    for path in nights.home.quarantine.glob(f"{CITED}/*.json"):
        path.write_bytes(b"garbage")
    assert discard_damaged(nights.home) > 1


@pytest.mark.parametrize("happens", [no_answer, another_answer, damaged_records, refuse_for_ever])
def test_a_rollback_outlasts_what_is_no_input(held: Nights, happens: Callable[[Nights], None]) -> None:
    first = kept_versions(held.home)[0]
    happens(held)
    assert set(held.reasons(MONTH_LATER)) <= {CITED}
    # A run for another reason changes nothing either.
    assert held.run(MONTH_LATER) == "unchanged"
    assert current_version(held.home) == first


def test_a_rollback_ends_with_another_file_other_code_or_a_full_run(
    held: Nights, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = kept_versions(held.home)[0]
    assert held.run() == "unchanged"
    with monkeypatch.context() as patch:
        patch.setattr("pipelines.changes.code_fingerprint", lambda *_: "other code")
        assert held.reasons() == ["code"]
    held.put(",,730,,,")
    assert held.reasons() == [CITED]
    assert held.run() == "published"
    roll_back(held.home, first, build_inputs(held.home, held.catalog), DAY, now())
    assert held.run() == "unchanged"
    assert held.run(full=True) == "published"

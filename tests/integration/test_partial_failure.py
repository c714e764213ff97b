"""One table fails, the others stay: what stands instead is known, since when, and why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from cli.messages import Speaker
from cli.sources import list_sources, source_lines
from pipelines.acquire import fetch
from pipelines.acquire.archive import Archive, Snapshot
from pipelines.attempts import Attempt, read_attempts
from pipelines.catalog.loader import Catalog, DescribedSource
from pipelines.defects import Defect, file_defect
from pipelines.land import catalog_tables
from pipelines.land import status as landed_status
from pipelines.land.catalog_tables import land_source_files, land_source_statuses
from pipelines.land.publication import FileRecord
from pipelines.land.source import table_path
from pipelines.land.status import TableStatus, failure_fingerprint, source_statuses, stale_tables
from pipelines.settings import TIMEZONE, Home
from tests.conftest import Origin

CITED = "mieruka__cited_figures"
START = datetime(2026, 11, 1, 2, 0, tzinfo=TIMEZONE)


@pytest.fixture
def nights(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], str]:
    """Return a setter of the night on which files are acquired; it returns the moment as it is remembered."""

    def set_night(number: int) -> str:
        moment = START + timedelta(days=number)
        monkeypatch.setattr(fetch, "now", lambda: moment)
        return moment.isoformat()

    return set_night


@pytest.fixture
def origin(origin_of: Callable[[str], Origin], nights: Callable[[int], str]) -> Origin:
    made = origin_of(CITED)
    nights(0)
    made.land()
    return made


def statuses(origin: Origin) -> dict[str, TableStatus]:
    return {status.table: status for status in source_statuses(origin.home, origin.source)}


def test_what_landed_is_not_stale(origin: Origin) -> None:
    for status in statuses(origin).values():
        assert not status.is_stale
        assert status.failure is None
        assert status.failing_since is None
        assert status.last_good is not None
        assert status.last_attempt_at == START.isoformat()


def test_a_refused_file_leaves_its_last_good_one(origin: Origin, nights: Callable[[int], str]) -> None:
    good = statuses(origin)["figures"].last_good
    rows = origin.rows("figures.csv")
    rows[0][0] = "item_kode"
    origin.write("figures.csv", rows)
    since = nights(1)
    origin.land()
    for night in (2, 3):
        nights(night)
        origin.land()
    status = statuses(origin)["figures"]
    assert status.is_stale
    assert status.last_good == good
    assert status.failing_since == since
    assert status.files_refused == 1
    assert status.failure is not None
    assert "item_kode" in status.failure.message("ja")
    assert not statuses(origin)["documents"].is_stale


def test_after_several_refusals_the_last_good_file_is_still_known(
    origin: Origin, nights: Callable[[int], str]
) -> None:
    good = statuses(origin)["figures"].last_good
    for night, header in enumerate(("a", "b", "c"), start=1):
        rows = origin.rows("figures.csv")
        rows[0][0] = header
        origin.write("figures.csv", rows)
        nights(night)
        origin.land()
    assert statuses(origin)["figures"].last_good == good


def test_a_missing_file_is_a_failure_from_its_first_night_on(
    origin: Origin, nights: Callable[[int], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    good = statuses(origin)["figures"].last_good
    monkeypatch.setattr(
        fetch, "locate", lambda source, file, origin=None: None if file == "figures.csv" else Path(source.folder / file)
    )  # fmt: skip
    since = nights(1)
    origin.land()
    last = nights(2)
    origin.land()
    status = statuses(origin)["figures"]
    assert status.failure is not None
    assert status.failure.rule == "file_missing"
    assert (status.is_stale, status.failing_since, status.last_attempt_at) == (True, since, last)
    assert status.last_good == good
    monkeypatch.undo()
    origin.land()
    assert statuses(origin)["figures"].failing_since is None


def test_a_refused_row_is_counted_and_makes_nothing_stale(origin: Origin) -> None:
    origin.put("figures.csv", 10, "value", "七二八")
    origin.land()
    status = statuses(origin)["figures"]
    assert (status.rows_refused, status.is_stale, status.files) == (1, False, 1)


def test_a_table_of_which_nothing_is_held_is_not_stale(home: Home, catalog: Catalog) -> None:
    status, *_ = source_statuses(home, catalog.sources["soumu__fiscal_indices"])
    assert (status.files, status.is_stale, status.last_good, status.failure) == (0, False, None, None)
    assert status.freshness.basis == "nothing_held"


def test_readers_are_told_when_what_fails_changes(
    origin: Origin, catalog: Catalog, nights: Callable[[int], str]
) -> None:
    before = failure_fingerprint(origin.home, catalog)
    nights(1)
    origin.land()
    assert failure_fingerprint(origin.home, catalog) == before
    rows = origin.rows("figures.csv")
    rows[0][0] = "item_kode"
    origin.write("figures.csv", rows)
    origin.land()
    failing = failure_fingerprint(origin.home, catalog)
    assert failing != before
    nights(2)
    origin.land()
    assert failure_fingerprint(origin.home, catalog) == failing


def test_states_are_landed_for_the_warehouse(origin: Origin, catalog: Catalog) -> None:
    import polars as pl

    assert land_source_statuses(origin.home, catalog)
    rows = pl.read_parquet(table_path(origin.home, "catalog", "source_status")).to_dicts()
    tables = {
        (name, table)
        for name, source in catalog.sources.items()
        for table in (*source.description.tables, *source.description.collected())
    }
    assert {(row["source_id"], row["source_table"]) for row in rows} == tables
    figures = next(row for row in rows if row["source_table"] == "figures" and row["source_id"] == CITED)
    assert figures["last_good_file"] == "figures.csv"
    assert figures["freshness_basis"] == "irregular"


@pytest.mark.parametrize("language", ["ja", "en"])
def test_sources_says_what_stands_instead_and_why(origin: Origin, language: str) -> None:
    rows = origin.rows("figures.csv")
    rows[0][1] = "series_kode"
    origin.write("figures.csv", rows)
    origin.land()
    listed = list_sources(origin.home)
    record = next(entry for entry in listed if entry["source_id"] == CITED)
    assert record["is_stale"]
    assert record["tables"]["figures"]["failure"]["rule"] == "unknown_header"
    assert record["tables"]["figures"]["last_good"]["file_name"] == "figures.csv"
    (line,) = [
        line
        for line in source_lines(listed, Speaker(language))
        if f"{CITED}.figures" not in line and "series_kode" in line and "2026-11-01" in line
    ]
    assert "figures.csv" in line


def test_what_is_stale_is_remembered_for_the_nights_without_a_change(
    origin: Origin, catalog: Catalog
) -> None:
    assert stale_tables(origin.home, catalog) == []
    rows = origin.rows("figures.csv")
    rows[0][1] = "series_kode"
    origin.write("figures.csv", rows)
    origin.land()
    (table,) = stale_tables(origin.home, catalog)
    assert (table.table, table.file, table.failing_since[:10]) == (
        f"{CITED}.figures",
        "figures.csv",
        "2026-11-01",
    )
    assert table.failure.rule == "unknown_header"


def test_a_damaged_memory_is_none(origin: Origin) -> None:
    path = origin.home.state / "attempts" / f"{CITED}.json"
    path.write_text(path.read_text(encoding="utf-8").replace("figures", "fugures"), encoding="utf-8")
    assert read_attempts(origin.home, CITED) == {}
    assert Archive(origin.home).current(CITED)
    origin.land()
    assert read_attempts(origin.home, CITED)["figures"] != Attempt()


INDICES = "soumu__fiscal_indices"


class Unreachable:
    """A publisher that does not answer."""

    def acquire(self, source: DescribedSource) -> tuple[list[Snapshot], list[Defect]]:
        """Return the defect that an acquisition from the web makes of it."""
        defect = file_defect(
            source.source_id,
            "municipalities",
            "https://www.soumu.go.jp/",
            "unreachable",
            "no route",
            "再実行",
            "again",
        )
        return [], [defect]


def record(
    sha256: str, *, accepted: bool, period: str = "FY2022", defects: list[Defect] | None = None
) -> FileRecord:
    return FileRecord(
        source_id=INDICES, source_table="municipalities", snapshot_sha256=sha256, file_name="R4.xlsx", sheet="s",
        period=period, names_its_year=True, accepted=accepted, figures=5 if accepted else 0, bodies=1, unresolved_rows=0,
        sums_compared=0, seconds=0.0, fingerprint="f", defects=[asdict(entry) for entry in defects or []],
    )  # fmt: skip


@pytest.fixture
def held(home: Home, monkeypatch: pytest.MonkeyPatch) -> Callable[[list[tuple[str, str, FileRecord]]], None]:
    """Return a setter of the files of the fiscal indices: hash, moment of retrieval, and how each was read."""

    def set_held(files: list[tuple[str, str, FileRecord]]) -> None:
        snapshots = [
            Snapshot(sha256, INDICES, "municipalities", "R4.xlsx", "", moment, None, 1)
            for sha256, moment, _ in files
        ]
        Archive(home).set_current(INDICES, snapshots)
        records = [entry for _, _, entry in files]
        monkeypatch.setattr(
            landed_status,
            "read_records",
            lambda _home, _source, table: records if table == "municipalities" else [],
        )

    return set_held


def municipalities(home: Home, catalog: Catalog) -> TableStatus:
    return source_statuses(home, catalog.sources[INDICES])[0]


def test_in_which_order_files_were_found_is_no_change(
    home: Home, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = [record(letter * 64, accepted=True) for letter in "ab"]
    monkeypatch.setattr(
        catalog_tables,
        "read_records",
        lambda _home, source, table: (
            found if (source.source_id, table) == (INDICES, "municipalities") else []
        ),
    )
    assert land_source_files(home, catalog)
    found.reverse()
    assert not land_source_files(home, catalog)


def test_an_unreachable_publisher_leaves_what_is_held(
    home: Home,
    tmp_path: Path,
    catalog: Catalog,
    nights: Callable[[int], str],
    held: Callable[[list[tuple[str, str, FileRecord]]], None],
) -> None:
    (tmp_path / "R4.xlsx").write_bytes(b"figures")
    sha256 = Archive(home).store(tmp_path / "R4.xlsx")
    held([(sha256, "2026-01-05T02:00:00+09:00", record(sha256, accepted=True))])
    since = nights(1)
    fetch.acquire(catalog.sources[INDICES], home, web=Unreachable())  # type: ignore[arg-type]
    nights(2)
    fetch.acquire(catalog.sources[INDICES], home, web=Unreachable())  # type: ignore[arg-type]
    found, *others = source_statuses(home, catalog.sources[INDICES])
    assert (found.is_stale, found.failing_since, found.files) == (True, since, 1)
    assert found.failure is not None
    assert found.failure.rule == "unreachable"
    assert not any(other.failure for other in others)
    assert all(not entry.failure for entry in source_statuses(home, catalog.sources[CITED]))
    # A night on which nobody was asked neither mends nor worsens it.
    nights(3)
    fetch.acquire(catalog.sources[INDICES], home)
    assert municipalities(home, catalog).failing_since == since


def test_a_newer_vintage_that_is_refused_leaves_the_one_before(
    home: Home, catalog: Catalog, held: Callable[[list[tuple[str, str, FileRecord]]], None]
) -> None:
    wrong = file_defect(INDICES, "municipalities", "R4.xlsx", "unknown_header", "謎", "見出し", "header")
    held(
        [
            ("a" * 64, "2026-01-05T02:00:00+09:00", record("a" * 64, accepted=True)),
            ("b" * 64, "2026-02-05T02:00:00+09:00", record("b" * 64, accepted=False, defects=[wrong])),
        ]
    )
    found = municipalities(home, catalog)
    assert found.is_stale
    assert found.last_good is not None
    assert found.last_good.snapshot_sha256 == "a" * 64
    assert (found.files, found.files_refused) == (1, 1)
    assert found.failing_since == "2026-02-05T02:00:00+09:00"
    assert found.failure == wrong


def test_a_refused_file_makes_nothing_fresh(
    home: Home, catalog: Catalog, held: Callable[[list[tuple[str, str, FileRecord]]], None]
) -> None:
    held(
        [
            ("a" * 64, "2026-01-05T02:00:00+09:00", record("a" * 64, accepted=True, period="FY2022")),
            ("b" * 64, "2026-02-05T02:00:00+09:00", record("b" * 64, accepted=False, period="FY2024")),
        ]
    )
    newest = municipalities(home, catalog).freshness.newest
    assert newest is not None
    assert newest.period == "FY2022"

"""The freshness of sources and publications as the published warehouse and the scorecard say it."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import duckdb

from pipelines.catalog.loader import Catalog
from pipelines.catalog.vocabulary import load_vocabulary
from pipelines.freshness import add_months
from pipelines.land.status import all_statuses
from pipelines.settings import Home
from tests.end_to_end.conftest import Mieruka, call

RUN_DATE = date(2026, 11, 23)


def rows(home: Path, query: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(home / "published" / "mieruka.duckdb"), read_only=True) as connection:
        return connection.execute(query).fetchall()


def test_warehouse_says_what_the_command_says(home: Path, catalog: Catalog) -> None:
    said = rows(
        home,
        "select source_id, source_table, freshness, freshness_basis, is_stale, last_good_sha256 from meta.source_status",
    )
    assert set(said) == {
        (
            status.source_id, status.table, status.state(RUN_DATE), status.freshness.basis, status.is_stale,
            status.last_good.snapshot_sha256 if status.last_good else None,
        )
        for status in all_statuses(Home(home), catalog)
    }  # fmt: skip


def test_publications_are_expected_as_the_cadence_says(home: Path) -> None:
    cadences = load_vocabulary().cadences
    checked = 0
    for cadence, newest, expected, overdue, freshness in rows(
        home, "select cadence, newest_as_of, expected_on, overdue_on, freshness from meta.publication_status"
    ):
        months = cadences[str(cadence)].months
        if newest is None or months is None:
            assert (expected, overdue, freshness) == (None, None, "unknown")
            continue
        assert isinstance(newest, date)
        assert isinstance(overdue, date)
        assert expected == add_months(newest, 2 * months)
        assert (overdue - add_months(newest, 2 * months)).days == cadences[str(cadence)].grace_days
        assert (freshness == "overdue") == (overdue <= RUN_DATE)
        checked += 1
    assert checked >= 5


def test_every_kpi_has_its_publication(home: Path) -> None:
    (missing,) = rows(
        home,
        "select count(*) from marts.dim_measure as measure left join meta.publication_status as status "
        "using (publication_id) where status.publication_id is null or not list_contains(kpi_ids, kpi_id)",
    )
    assert missing == (0,)


def test_scorecard_ends_with_the_publications_that_are_overdue(home: Path, mieruka: Mieruka) -> None:
    overdue = rows(
        home,
        "select title_ja from meta.publication_status join marts.dim_publication using (publication_id) "
        "where freshness = 'overdue'",
    )
    shown = mieruka("status").stdout
    _, _, footer = shown.partition("公表の時期を過ぎてまだ持っていない公表物")
    assert overdue
    assert all(f"「{title}」" in footer for (title,) in overdue)
    listed = json.loads(mieruka("status", "--json").stdout)["overdue_publications"]
    assert sorted(entry["title_ja"] for entry in listed) == sorted(title for (title,) in overdue)
    assert all(entry["kpi_ids"] for entry in listed)


def test_of_an_earlier_day_nothing_is_said(mieruka: Mieruka) -> None:
    shown = mieruka("status", "--as-of", "2026-11-22")
    assert shown.returncode == 0
    assert "公表の時期を過ぎて" not in shown.stdout


def test_the_day_on_which_a_source_becomes_overdue_is_a_reason_to_run(home: Path) -> None:
    until = json.loads((home / "state" / "published.json").read_text(encoding="utf-8"))["valid_until"]
    (first,) = rows(
        home,
        "select min(day) from (select unnest([expected_on, overdue_on]) as day from meta.source_status union all "
        f"select unnest([expected_on, overdue_on]) from meta.publication_status) where day > date '{RUN_DATE}'",
    )
    assert first[0] is None or until <= str(first[0])


def test_sources_in_words_names_freshness(home: Path) -> None:
    table = call(home, "sources", "--lang", "en").stdout.splitlines()
    assert [line.split()[-2:] for line in table if line.startswith("cao__")] == [["fresh", "0"]]
    assert [line.split()[-2:] for line in table if line.startswith("jlis__")] == [["unknown", "0"]]
    named = ("cao__reform_roadmap_2017", "jlis__konbini_issuance")
    shown = call(home, "sources", *named, "--lang", "en").stdout
    assert "freshness: fresh (published once)" in shown
    assert "freshness: unknown (no file held)" in shown
    assert "soumu__" not in shown

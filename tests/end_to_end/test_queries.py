"""The worked queries on a published warehouse: what they say they answer is what they answer."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest

from tests.scripts import script

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
Mieruka = Callable[..., subprocess.CompletedProcess[str]]


GENERATOR = script("generate_queries")
QUERIES = GENERATOR.load_queries()
# Of these the figures lie in publishers' own files, which are not in the repository.
_WITHOUT_FIGURES_HERE = {"11-depreciation", "14-sewerage", "18-years", "19-todays-boundaries"}


@pytest.fixture(scope="module")
def warehouse(home: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(home / "published" / "mieruka.duckdb"), read_only=True) as connection:
        yield connection


def test_there_are_twenty_and_the_page_is_current() -> None:
    assert [query.number for query in QUERIES] == [f"{number:02}" for number in range(1, 21)]
    assert (DOCS / "queries.md").read_text(encoding="utf-8") == GENERATOR.render(QUERIES), (
        "stale: run .venv/bin/python docs/generate_queries.py"
    )


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.name)
def test_a_query_answers_with_the_columns_it_names(
    warehouse: duckdb.DuckDBPyConnection, query: object
) -> None:
    answer = warehouse.execute(query.sql)  # type: ignore[attr-defined]
    found = {column[0]: str(column[1]).lower() for column in answer.description}
    described = {
        row[0]: row[1].lower()
        for row in warehouse.execute(f"describe {query.sql}").fetchall()  # type: ignore[attr-defined]
    }
    assert list(found) == list(described)
    assert described == query.columns  # type: ignore[attr-defined]


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.name)
def test_a_query_has_rows_in_one_order(warehouse: duckdb.DuckDBPyConnection, query: object) -> None:
    rows = warehouse.execute(query.sql).fetchall()  # type: ignore[attr-defined]
    assert bool(rows) == (query.name not in _WITHOUT_FIGURES_HERE)  # type: ignore[attr-defined]
    assert warehouse.execute(query.sql).fetchall() == rows  # type: ignore[attr-defined]


def answer(mieruka: Mieruka, number: str) -> list[dict[str, object]]:
    """Return the answer of a query as a user gets it."""
    (path,) = (DOCS / "queries").glob(f"{number}-*.sql")
    result = mieruka("sql", "--file", str(path), "--json")
    assert result.returncode == 0, result.stderr
    rows: list[dict[str, object]] = json.loads(result.stdout)
    return rows


def test_the_verdicts_are_those_of_the_scorecard(mieruka: Mieruka) -> None:
    rows = {row["measure_id"]: row for row in answer(mieruka, "01")}
    assert len(rows) == 34
    assert (rows["facility_plan_adopted"]["status"], rows["facility_plan_adopted"]["latest_value"]) == (
        "missed",
        99.9,
    )
    assert rows["cloud_municipalities"]["difference_to_target"] == -13
    first = next(iter(rows.values()))
    assert first["status"] in ("missed", "behind", "far_behind")


def test_the_arithmetic_can_be_followed(mieruka: Mieruka) -> None:
    row = next(
        row
        for row in answer(mieruka, "02")
        if (row["scheme"], row["target_version"]) == ("default", "roadmap_2017")
    )
    assert (row["baseline_value"], row["value"], row["target_value"]) == (550, 1013, 1000)
    assert row["progress"] == pytest.approx((1013 - 550) / (1000 - 550))


def test_the_replay_differs_from_today(mieruka: Mieruka) -> None:
    rows = {row["measure_id"]: (row["status_then"], row["status_today"]) for row in answer(mieruka, "03")}
    assert rows["settlement_areas"] == ("ahead", "overdue_no_final_data")
    assert "cloud_municipalities" not in rows


def test_targets_that_cannot_be_compared_say_why(mieruka: Mieruka) -> None:
    rows = {row["measure_id"]: row for row in answer(mieruka, "04")}
    assert rows["cloud_municipalities"]["to_value"] == 1600
    assert rows["gov_system_operating_cost"]["reason_code"] == "OTHER_SERIES"
    assert rows["gov_system_operating_cost"]["stringency_change"] is None


def test_shimane_has_the_oldest_assets_of_the_prefectures(mieruka: Mieruka) -> None:
    row = next(row for row in answer(mieruka, "05") if row["item_id"] == "asset_depreciation_rate")
    assert (row["value"], row["rank"], row["group_size"], row["median"]) == (79.5, 1, 47, 63)


def test_provenance_leads_to_the_text_in_the_archived_file(mieruka: Mieruka, home: Path) -> None:
    row = answer(mieruka, "08")[0]
    line, column = str(row["cell"]).split(":", 1)
    archived = home / "archive" / str(row["snapshot_sha256"])[:2] / str(row["snapshot_sha256"])
    lines = archived.read_text(encoding="utf-8").splitlines()
    assert lines[int(line) - 1].split(",")[lines[0].split(",").index(column)] == row["raw_text"] == "79.5"


def test_missing_figures_lead_to_a_publication(mieruka: Mieruka) -> None:
    rows = answer(mieruka, "10")
    assert len(rows) >= 20
    assert [row["measure_id"] for row in rows if not row["publication_url"]] == []


def test_both_contradicting_counts_of_the_cloud_are_shown(mieruka: Mieruka) -> None:
    rows = [row for row in answer(mieruka, "13") if row["conflict_group"] == "cloud_2014_04_01"]
    assert [(row["value"], row["enters_verdict"]) for row in rows] == [(550, True), (562, False)]


def test_a_claim_of_savings_without_an_amount_stays_without_one(mieruka: Mieruka) -> None:
    claims = [row for row in answer(mieruka, "15") if row["value_status"] == "claim_without_value"]
    assert claims
    assert [row["value"] for row in claims] == [None] * len(claims)


def test_blanks_beside_values_have_their_reason(warehouse: duckdb.DuckDBPyConnection) -> None:
    in_wide = warehouse.execute(
        "select count(*) from marts.observation_wide_items where blanks is not null"
    ).fetchone()
    in_long = warehouse.execute(
        "select count(distinct (area_code, fiscal_year)) from marts.fct_observation "
        "where value is null and is_latest and body_scope = 'each_body'"
    ).fetchone()
    assert in_wide == in_long


def test_latest_and_wide_views_show_the_figures_themselves(warehouse: duckdb.DuckDBPyConnection) -> None:
    newest = warehouse.execute(
        "select value, fiscal_year, area_name_ja, prefecture_name_ja, unit from marts.observation_latest "
        "where area_code = '320005' and item_id = 'asset_depreciation_rate'"
    ).fetchall()
    assert [(float(row[0]), *row[1:]) for row in newest] == [(79.5, 2023, "島根県", "島根県", "%")]
    by_year = warehouse.execute(
        "select fy2022, fy2023, fy2021 from marts.observation_wide_years "
        "where area_code = '320005' and item_id = 'asset_depreciation_rate'"
    ).fetchone()
    by_item = warehouse.execute(
        "select asset_depreciation_rate from marts.observation_wide_items where area_code = '320005' order by fiscal_year"
    ).fetchall()
    assert by_year == (by_item[0][0], by_item[1][0], None)
    assert [float(row[0]) for row in by_item] == [79, 79.5]
    repeated = warehouse.execute(
        "select item_id, series_id, area_code, body_scope from marts.observation_latest group by all having count(*) > 1"
    ).fetchall()
    assert repeated == []


def test_names_are_beside_every_figure(warehouse: duckdb.DuckDBPyConnection) -> None:
    counted = warehouse.execute(
        "select count(*), count(item_name_ja), count(area_name_ja), count(source_title_ja), count(series_definition_ja) "
        "from marts.observation_named"
    ).fetchone()
    rows = warehouse.execute("select count(*) from marts.fct_observation").fetchone()
    assert counted is not None
    assert rows is not None
    assert set(counted[:4]) == set(rows)


def test_macros_are_commented_too(warehouse: duckdb.DuckDBPyConnection) -> None:
    macros = warehouse.execute(
        "select function_name, comment from duckdb_functions() where not internal and schema_name = 'marts'"
    ).fetchall()
    assert len(macros) >= 5
    assert [name for name, comment in macros if not comment] == []

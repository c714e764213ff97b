"""What a user gets: the scorecard, its replays, and the way from every figure to its document."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

Mieruka = Callable[..., subprocess.CompletedProcess[str]]

KPI_IDS = [
    "facility_plan_adopted",
    "facility_consolidation",
    "asset_depreciation_rate",
    "fixed_asset_register_published",
    "public_accounting_used",
    "public_enterprise_accounting_30k",
    "public_enterprise_accounting_under_30k",
    "per_capita_cost_prefecture",
    "counter_outsourcing",
    "one_stop_counter",
    "back_office_consolidation",
    "expenditure_efficiency",
    "standard_outsourcing_spec",
    "model_outsourcing_outcome",
    "core_city_areas",
    "settlement_areas",
    "social_population_change",
    "it_bpr_municipalities",
    "mynumber_effect",
    "konbini_issuance",
    "advice_cases",
    "gov_information_systems",
    "gov_system_operating_cost",
    "cloud_municipalities",
    "local_it_efficiency",
    "local_it_operating_cost",
]


@pytest.fixture(scope="module")
def warehouse(home: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(home / "published" / "mieruka.duckdb"), read_only=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def today(mieruka: Mieruka) -> dict[str, Any]:
    return measures(mieruka, "2026-11-23")


# The columns that users, BI tools and scripts rely on; more may be added, none may go.
CONTRACT = {
    "marts.dim_kpi": "kpi_id name_ja name_en tier tier_basis initiative_nos ministry_ja is_monitor_only",
    "marts.dim_measure": "measure_id kpi_id item_id body_scope name_ja name_en unit decimals direction",
    "marts.dim_target": "measure_id target_version plan_id is_primary target_type comparator baseline_value baseline_date "
    "baseline_basis target_value target_date value_is_approximate date_is_approximate target_due_on condition_ja "
    "target_text_ja adopted_on source_page source_url",
    "marts.dim_series": "series_id item_id definition_ja valid_from valid_to break_reason_ja succeeds_series_id",
    "marts.dim_area": "area_code valid_from valid_to name_ja name_kana prefecture_code area_type",
    "marts.dim_area_current": "area_code name_ja name_kana prefecture_code area_type",
    "marts.area_change": "from_code to_code effective_on kind",
    "marts.dim_source": "source_id publisher_ja title_ja licence landing_url cadence",
    "marts.fct_observation": "observation_id item_id series_id area_code body_scope statistic as_of_date date_precision "
    "date_basis fiscal_year period_start value numerator denominator unit value_status observation_status "
    "label_is_inferred conflict_group enters_verdict exclusion_reason source_id snapshot_sha256 sheet cell raw_text "
    "citation_url published_on known_on known_on_basis retrieved_at is_latest",
    "marts.kpi_progress": "measure_id area_code evaluated_on target_version scheme observation_id as_of_date value progress "
    "elapsed pace path_value gap_to_path required_per_year actual_per_year projected_value projected_attainment_date "
    "status grade reason_code replay_is_optimistic",
    "marts.kpi_verdict": "kpi_id evaluated_on scheme status grade pace",
    "marts.kpi_scorecard": "measure_id name_ja name_en latest_value latest_as_of_date target_value target_date status grade "
    "progress elapsed pace successor_target_version successor_status",
    "marts.peer_comparison": "item_id area_code as_of_date peer_scheme fiscal_year peer_group value group_size missing_count "
    "mean_unweighted mean_weighted median rank percentile deviation_score",
    "marts.milestone": "initiative_no milestone_no label_ja label_en starts_fiscal_year ends_fiscal_year ministry_ja",
    "meta.source_snapshot": "snapshot_sha256 source_id file_name origin_url retrieved_at published_on bytes period",
    "meta.run": "run_id started_at finished_at outcome sources_changed figures_changed",
    "meta.defect": "defect_id source_id snapshot_sha256 sheet cell rule found expected severity",
}


@pytest.mark.parametrize("table", CONTRACT)
def test_the_published_columns_are_those_of_the_contract(
    warehouse: duckdb.DuckDBPyConnection, table: str
) -> None:
    columns = {row[0] for row in warehouse.execute(f"describe {table}").fetchall()}
    assert set(CONTRACT[table].split()) - columns == set()


def test_money_and_rates_are_decimals(warehouse: duckdb.DuckDBPyConnection) -> None:
    kinds = warehouse.execute(
        "select distinct data_type from duckdb_columns() where column_name in ('value', 'numerator', 'denominator', "
        "'target_value', 'baseline_value', 'latest_value', 'deadline_value')"
    ).fetchall()
    assert kinds == [("DECIMAL(38,10)",)]


def measures(mieruka: Mieruka, day: str) -> dict[str, Any]:
    result = mieruka("status", "--as-of", day, "--json")
    assert result.returncode == 0, result.stderr
    content = json.loads(result.stdout)
    return {entry["measure_id"]: entry for kpi in content["kpis"] for entry in kpi["measures"]}


def test_every_kpi_of_the_roadmap_is_in_its_order(warehouse: duckdb.DuckDBPyConnection) -> None:
    rows = warehouse.execute("select kpi_id from marts.dim_kpi order by display_order").fetchall()
    assert [row[0] for row in rows] == KPI_IDS


@pytest.mark.parametrize(
    ("measure", "status", "letter", "reason", "successor"),
    [
        ("cloud_municipalities", "achieved", "A", "MET_AT_DEADLINE", "overdue_no_final_data"),
        ("facility_plan_adopted", "missed", "B", "MISSED", None),
        ("core_city_areas", "achieved_date_unknown", "N", "DEADLINE_BRACKETED", None),
        ("konbini_issuance_bodies", "overdue_no_final_data", "N", "NO_DEADLINE_VALUE", None),
        ("konbini_issuance_population", "overdue_no_final_data", "N", "NO_DEADLINE_VALUE", None),
        ("settlement_areas", "overdue_no_final_data", "N", "NO_DEADLINE_VALUE", None),
        (
            "gov_system_operating_cost",
            "overdue_no_final_data",
            "N",
            "NO_DEADLINE_VALUE",
            "overdue_no_final_data",
        ),
        ("gov_information_systems", "overdue_no_final_data", "N", "NO_DEADLINE_VALUE", None),
        ("counter_outsourcing", "overdue_no_final_data", "N", "NO_DEADLINE_VALUE", "overdue_no_final_data"),
        ("one_stop_counter", "overdue_no_final_data", "N", "NO_DEADLINE_VALUE", "overdue_no_final_data"),
        ("back_office_consolidation", "overdue_no_final_data", "N", "NO_DEADLINE_VALUE", None),
        ("it_bpr_municipalities", "target_pending", "F", "TARGET_PENDING", None),
        ("standard_outsourcing_spec", "target_pending", "F", "TARGET_PENDING", "no_data"),
        ("local_it_operating_cost", "deadline_pending", "N", "DEADLINE_PENDING", "overdue_no_final_data"),
        ("expenditure_efficiency", "monitor_only", "F", "MONITOR_ONLY", None),
        ("social_population_change", "monitor_only", "F", "MONITOR_ONLY", None),
        ("mynumber_effect", "monitor_only", "F", "MONITOR_ONLY", None),
        ("local_it_efficiency", "monitor_only", "F", "MONITOR_ONLY", None),
        ("fixed_asset_register_published", "no_data", "N", "NO_DATA", None),
        ("asset_depreciation_rate", "no_target", "F", "NO_TARGET", None),
    ],
)
def test_expected_on_the_collected_figures(
    warehouse: duckdb.DuckDBPyConnection,
    measure: str,
    status: str,
    letter: str,
    reason: str,
    successor: str | None,
) -> None:
    row = warehouse.execute(
        "select status, grade, reason_code, successor_status from marts.kpi_scorecard where measure_id = ?",
        [measure],
    ).fetchone()
    assert row == (status, letter, reason, successor)


def test_values_behind_the_expectations(today: dict[str, Any]) -> None:
    assert (today["cloud_municipalities"]["value"], today["cloud_municipalities"]["as_of_date"]) == (
        1013,
        "2018-03-31",
    )
    assert today["facility_plan_adopted"]["deadline_value"] == pytest.approx(1756 / 1788 * 100)
    assert today["facility_plan_adopted"]["value"] == 99.9
    assert today["konbini_issuance_population"]["value"] == 50_140_000
    assert today["gov_system_operating_cost"]["value"] == -21.4


def test_replay_at_the_end_of_2016(mieruka: Mieruka) -> None:
    then = measures(mieruka, "2016-12-31")
    cloud = then["cloud_municipalities"]
    assert (cloud["value"], cloud["is_provisional"], cloud["target_adopted_later"]) == (787, True, True)
    assert cloud["status"] != "achieved"
    bodies, people = then["konbini_issuance_bodies"], then["konbini_issuance_population"]
    assert (bodies["value"], people["value"]) == (250, 50_140_000)
    assert [entry["value"] for entry in bodies["forecasts"]] == [370]
    assert [entry["value"] for entry in people["forecasts"]] == [71_500_000]
    assert bodies["status"] == people["status"] == "baseline_only"


def test_replay_in_april_2018_differs(mieruka: Mieruka) -> None:
    then = measures(mieruka, "2018-04-30")
    assert then["cloud_municipalities"]["status"] == "achieved"
    assert then["facility_plan_adopted"]["status"] == "missed"
    assert then["facility_plan_adopted"]["value"] == pytest.approx(98.2103, abs=1e-4)
    versions = {other["target_version"] for other in then["cloud_municipalities"]["other_targets"]}
    assert versions == {"roadmap_2017_doubling", "roadmap_2017_pending"}


def test_a_replay_shows_no_figure_from_its_future(warehouse: duckdb.DuckDBPyConnection) -> None:
    wrong = warehouse.execute(
        "select count(*) from marts.kpi_progress join marts.fct_observation using (observation_id) where known_on > evaluated_on"
    ).fetchone()
    assert wrong == (0,)
    early = warehouse.execute(
        "select count(*) from marts.kpi_progress where baseline_date > evaluated_on or as_of_date > evaluated_on + 31"
    ).fetchone()
    assert early == (0,)


def test_the_scorecard_on_the_terminal(home: Path) -> None:
    text = (home / "first_output.txt").read_text(encoding="utf-8")
    for words in (
        "⑥",
        "⑦",
        "⑧⑨⑩",
        "⑮",
        "クラウド導入市区町村数",
        "1,013団体 (2018年3月)",
        "A 達成",
        "[====",
        "掲載される公表物",
    ):
        assert words in text
    for kpi_id in KPI_IDS:
        assert text.count(f" {kpi_id}\n") == 1


def test_both_languages(mieruka: Mieruka) -> None:
    english = mieruka("--lang", "en", "status").stdout
    assert "Municipalities that adopted cloud systems" in english
    assert "publication that would hold it" in english
    assert mieruka("status", "--lang", "en").stdout == english


def test_every_figure_on_the_scorecard_is_traced(mieruka: Mieruka, today: dict[str, Any]) -> None:
    shown = {entry["kpi_id"] for entry in today.values() if entry["observation_id"]}
    assert len(shown) >= 10
    for kpi_id in shown:
        content = json.loads(mieruka("explain", kpi_id, "--json").stdout)
        for part in content["measures"]:
            figures = {figure["observation_id"]: figure for figure in part["figures"]}
            for verdict in part["verdicts"]:
                if verdict["observation_id"]:
                    figure = figures[verdict["observation_id"]]
                    assert figure["citation_publisher_ja"]
                    assert figure["citation_title_ja"]
                    assert figure["citation_url"].startswith("http")
                    assert figure["sheet"] == "figures.csv"
                    assert len(figure["snapshot_sha256"]) == 64


def test_a_figure_of_an_area_leads_to_the_row_it_was_read_from(mieruka: Mieruka, home: Path) -> None:
    content = json.loads(mieruka("explain", "asset_depreciation_rate", "--area", "320005", "--json").stdout)
    verdict = content["measures"][0]["verdicts"][0]
    figure = next(
        f for f in content["measures"][0]["figures"] if f["observation_id"] == verdict["observation_id"]
    )
    row, column = figure["cell"].split(":", 1)
    archived = home / "archive" / figure["snapshot_sha256"][:2] / figure["snapshot_sha256"]
    lines = archived.read_text(encoding="utf-8").splitlines()
    assert lines[int(row) - 1].split(",")[lines[0].split(",").index(column)] == figure["raw_text"]
    assert (verdict["value"], content["area"]["name_ja"]) == (79.5, "島根県")


def test_prefectures_cities_and_wards_appear_by_area(warehouse: duckdb.DuckDBPyConnection) -> None:
    rows = warehouse.execute(
        "select area_type, item_id, count(distinct area_code), count(distinct fiscal_year) "
        "from marts.fct_observation join marts.dim_area_current using (area_code) "
        "where body_scope = 'each_body' and item_id in ('asset_depreciation_rate', 'per_capita_cost_accrual') group by all"
    ).fetchall()
    expected = {("prefecture", 47), ("designated_city", 20), ("special_ward", 23)}
    for item in ("asset_depreciation_rate", "per_capita_cost_accrual"):
        assert {(row[0], row[2]) for row in rows if row[1] == item} == expected
    assert {row[3] for row in rows} == {2}


def test_conflicting_counts_are_both_kept(warehouse: duckdb.DuckDBPyConnection) -> None:
    rows = warehouse.execute(
        "select value, enters_verdict, exclusion_reason from marts.fct_observation "
        "where conflict_group = 'cloud_2014_04_01' order by value"
    ).fetchall()
    assert rows == [(550, True, None), (562, False, "conflict")]


def test_every_table_and_column_has_a_japanese_comment(warehouse: duckdb.DuckDBPyConnection) -> None:
    tables = warehouse.execute(
        "select table_name, comment from duckdb_tables() where schema_name in ('marts', 'meta') "
        "union all select view_name, comment from duckdb_views() where schema_name = 'marts'"
    ).fetchall()
    assert len(tables) >= 20
    assert [name for name, comment in tables if not comment] == []
    columns = warehouse.execute(
        "select table_name || '.' || column_name from duckdb_columns() where schema_name in ('marts', 'meta') and comment is null"
    ).fetchall()
    assert columns == []


def test_the_file_works_under_any_alias_and_from_any_folder(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir("/")
    with duckdb.connect() as connection:
        connection.execute(f"attach '{home / 'published' / 'mieruka.duckdb'}' as anything (read_only)")
        assert connection.execute("select count(*) from anything.marts.dim_area_current").fetchone() == (92,)
        schemas = {
            row[0]
            for row in connection.execute(
                "select distinct schema_name from duckdb_tables() where database_name = 'anything'"
            ).fetchall()
        }
        assert schemas == {"marts", "meta"}


def test_parquet_holds_the_same_rows(home: Path, warehouse: duckdb.DuckDBPyConnection) -> None:
    for path in (home / "published" / "parquet").glob("[!m]*.parquet"):
        in_parquet = duckdb.sql(f"select count(*) from '{path}'").fetchone()
        assert in_parquet == warehouse.execute(f"select count(*) from marts.{path.stem}").fetchone()


def test_sql_reads_and_nothing_else(mieruka: Mieruka, home: Path, tmp_path: Path) -> None:
    good = mieruka("sql", "select count(*) as n from marts.dim_kpi", "--json")
    assert json.loads(good.stdout) == [{"n": 26}]
    before = (home / "published" / "mieruka.duckdb").read_bytes()
    target = tmp_path / "stolen.csv"
    for query in (
        "drop table marts.dim_kpi", f"copy marts.dim_kpi to '{target}'", "select * from read_text('/etc/passwd')",
        f"attach '{target}' as other", "set enable_external_access = true", "select broken from",
    ):  # fmt: skip
        result = mieruka("sql", query)
        assert result.returncode == 1, query
        assert result.stderr.startswith("SQLの誤り: ")
        assert len(result.stderr.splitlines()) == 1
    assert not target.exists()
    assert (home / "published" / "mieruka.duckdb").read_bytes() == before


@pytest.mark.parametrize(
    "arguments",
    [
        [], ["nonsense"], ["status", "--as-of", "yesterday"], ["status", "--as-of", "1900-01-01"], ["explain"],
        ["explain", "cloud"], ["explain", "cloud_municipalities", "--area", "123456"], ["run", "--origin", "/nowhere"],
        ["check", "/nowhere.csv"], ["fetch", "nobody"], ["status", "--lang", "fr"],
    ],
)  # fmt: skip
def test_bad_usage_is_one_line_and_code_2(mieruka: Mieruka, arguments: list[str]) -> None:
    result = mieruka(*arguments)
    assert result.returncode == 2
    assert len(result.stderr.strip().splitlines()) == 1
    assert "Traceback" not in result.stderr


def test_sources_lists_each_with_licence_and_freshness(mieruka: Mieruka) -> None:
    listed = json.loads(mieruka("sources", "--json").stdout)
    assert {entry["source_id"] for entry in listed} >= {"cao__reform_roadmap_2017", "mieruka__cited_figures"}
    assert all(entry["licence"]["ja"] for entry in listed)
    held = {entry["source_id"] for entry in listed if entry["last_retrieved_at"] and entry["snapshots_held"]}
    assert held == {
        "cao__reform_roadmap_2017",
        "mieruka__cited_figures",
        "mieruka__peer_groups",
        "soumu__area_codes",
        "soumu__public_accounting_indicators",
    }
    assert "公表ページ" not in mieruka("sources").stderr


def test_nothing_changed_touches_nothing(mieruka: Mieruka, home: Path) -> None:
    watched = [home / "published" / "mieruka.duckdb", *(home / "raw").rglob("*.parquet")]
    before = {path: path.stat().st_mtime_ns for path in watched}
    result = mieruka("run")
    assert result.returncode == 0
    assert "変更はありません" in result.stdout
    assert {path: path.stat().st_mtime_ns for path in watched} == before


def test_a_file_that_no_source_describes_is_named_though_nothing_changed(
    mieruka: Mieruka, home: Path, tmp_path: Path
) -> None:
    (tmp_path / "001057555.xlsx").write_bytes(b"of a name that nobody described")
    before = (home / "published" / "mieruka.duckdb").stat().st_mtime_ns
    result = mieruka("run", "--origin", str(tmp_path))
    assert result.returncode == 0
    assert "変更はありません" in result.stdout
    assert "001057555.xlsx" in result.stderr
    assert (home / "published" / "mieruka.duckdb").stat().st_mtime_ns == before


def test_check_reports_without_touching_the_warehouse(mieruka: Mieruka, tmp_path: Path) -> None:
    source = (
        Path(__file__).resolve().parents[2]
        / "sources"
        / "soumu__public_accounting_indicators"
        / "prefectures.csv"
    )
    lines = source.read_text(encoding="utf-8").splitlines()
    fields = lines[1].split(",")
    fields[5] = "五十七"
    (tmp_path / "prefectures.csv").write_text(
        "\n".join([lines[0], ",".join(fields), *lines[2:]]), encoding="utf-8"
    )
    result = mieruka("check", str(tmp_path / "prefectures.csv"))
    assert result.returncode == 1
    assert "[誤り] 2:有形固定資産減価償却率（％）" in result.stdout
    assert "見つかったもの: 五十七" in result.stdout
    assert "直し方: " in result.stdout
    assert mieruka("check", str(source)).returncode == 0
    (tmp_path / "unknown.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    beside = mieruka("check", str(tmp_path / "unknown.csv"), str(source))
    assert beside.returncode == 2
    assert "prefectures.csv" in beside.stdout
    assert "unknown.csv" in beside.stderr
    alone = mieruka("check", str(tmp_path / "unknown.csv"))
    assert (alone.returncode, alone.stdout) == (2, "")


def test_the_gates_report_opens_without_a_network(home: Path) -> None:
    page = (home / "reports" / "quality.html").read_text(encoding="utf-8")
    assert "公開前の品質検査" in page
    assert "http" not in page.replace("https?://", "")
    report = json.loads((home / "reports" / "quality.json").read_text(encoding="utf-8"))
    assert len(report) >= 15
    assert all(entry["error"] is None for entry in report)


def test_the_data_package_describes_every_parquet_file(home: Path) -> None:
    package = json.loads((home / "published" / "datapackage.json").read_text(encoding="utf-8"))
    described = {entry["path"]: entry for entry in package["resources"]}
    files = {f"parquet/{path.name}" for path in (home / "published" / "parquet").glob("[!.]*.parquet")}
    assert described.keys() == files
    for path, resource in described.items():
        columns = [
            row[0] for row in duckdb.sql(f"describe select * from '{home / 'published' / path}'").fetchall()
        ]
        assert [field["name"] for field in resource["schema"]["fields"]] == columns
        assert all(field["description"] and field["type"] != "any" for field in resource["schema"]["fields"])
    assert package["licenses"]
    assert len(package["sources"]) == 5

"""Registers through the models that ship: rates, checks and renewal of made-up registers, one of them with a city's totals."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from assets.dbt_runner import DbtRunner
from cli.messages import Speaker
from cli.register import Examined, as_lines, computed, read_register, tables_of, with_findings
from pipelines.acquire.fetch import acquire
from pipelines.catalog.loader import load_catalog
from pipelines.land.catalog_tables import all_defects
from pipelines.register.about import About
from pipelines.register.landing import RegisterLanding
from pipelines.register.schema import LINES, folder_of
from pipelines.settings import Home, now
from tests.registers import (
    HEADERS,
    KAGOSHIMA,
    KAGOSHIMA_TOTALS,
    SOURCE,
    TABLE,
    Line,
    areas,
    kagoshima_lines,
    rows_of,
    straight_lines,
    write_csv,
)

KANOYA = "462039"
PREFECTURE = "460001"
COLUMNS = tuple(HEADERS)
# In thousands, each amount rounded by itself; accounts without group; what cannot be told is left out of the rates.
_ROUNDED = [
    Line("1", "建物", "前橋公園管理棟", "", 50, date(2007, 4, 1), 1000, 200),
    Line("2", "建物", "豊橋市道12号線", "", 50, date(2007, 4, 1), 1000, 200),
    Line("3", "工作物", "大橋(上り)", "", 10, date(2000, 4, 1), 500, 500),
    Line("4", "土地", "大橋", "", None, date(2000, 4, 1), 70, 0),
    Line("5", "その他", "なぞ", "", 10, date(2000, 4, 1), 900, 899),
    Line("6", "インフラ資産", "道路の何か", "", 10, date(2000, 4, 1), 900, 899),
]
_ABOUT = "area_code: '462012'\nfiscal_year: 2017\nunit: 円\ntotals_unit: 千円\ntotals:\n" + "".join(
    f"  - {{account: {account}, acquisition_cost: {cost}, accumulated_depreciation: {accumulated}}}\n"
    for account, cost, accumulated in KAGOSHIMA_TOTALS
)


def land(home: Home, origin: Path) -> bool:
    """Acquire and land the registers of a folder; return whether any changed."""
    source = load_catalog().sources[SOURCE]
    snapshots, _ = acquire(source, home, origin)
    return RegisterLanding(source, TABLE, home, areas()).land(snapshots).changed


def broken_lines() -> list[Line]:
    """Return lines of straight-line depreciation, of which each of some breaks one rule."""
    lines = straight_lines(60)
    lines[10] = replace(lines[10], accumulated_depreciation=lines[10].accumulated_depreciation + 5_000)
    lines[11] = replace(lines[11], useful_life_years=None)
    lines[12] = replace(lines[12], acquired_on=date(2018, 4, 1), accumulated_depreciation=0)
    lines[13] = replace(lines[13], asset_no="13")
    lines[14] = replace(lines[14], account="事業用資産/土地")
    lines[15] = replace(lines[15], account="なぞの科目")
    lines[16] = replace(lines[16], accumulated_depreciation=lines[16].acquisition_cost + 9)
    lines[17] = replace(lines[17], accumulated_depreciation=lines[17].acquisition_cost)
    return lines


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("origin")
    heading: list[object] = [HEADERS[name] for name in COLUMNS]
    write_csv(folder / "asset_register" / KAGOSHIMA / "lines.csv", [heading, *rows_of(kagoshima_lines())])
    (folder / "asset_register" / KAGOSHIMA / "register.yml").write_text(_ABOUT, encoding="utf-8")
    rows = rows_of(broken_lines())
    book = COLUMNS.index("book_value")
    rows[20][book] += 90  # type: ignore[operator]
    rows[21][COLUMNS.index("use_name")] = rows[21][COLUMNS.index("asset_name")] = "なぞの施設"
    total: list[object] = ["" for _ in COLUMNS]
    total[COLUMNS.index("asset_name")], total[COLUMNS.index("acquisition_cost")] = "合計", 1
    write_csv(folder / f"{KANOYA}_固定資産台帳_平成29年度.csv", [heading, *rows, total], "cp932")
    rounded = rows_of(_ROUNDED)
    rounded[0][book] -= 1  # type: ignore[operator]
    write_csv(
        folder / f"{PREFECTURE}_固定資産台帳_平成29年度.csv", [["（単位：千円）"], heading, *rounded], "cp932"
    )
    return folder


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, origin: Path) -> Home:
    made = Home(tmp_path_factory.mktemp("home"))
    made.create()
    assert land(made, origin)
    for _ in DbtRunner(made, date(2026, 11, 23)).build(select="tag:register"):
        pass
    return made


@pytest.fixture(scope="module")
def built(home: Home) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(home.build_database), read_only=True) as connection:
        yield connection


def rows(built: duckdb.DuckDBPyConnection, query: str, *values: object) -> list[tuple[Any, ...]]:
    return built.execute(query, list(values)).fetchall()


@pytest.mark.parametrize(
    ("breakdown", "value", "rate"),
    [
        ("account", "business/building", "55.7"),
        ("account", "infrastructure/structure", "60.6"),
        ("total", "total", "57.4"),
    ],
)
def test_a_register_with_the_totals_of_the_city_gives_its_rates(
    built: duckdb.DuckDBPyConnection, breakdown: str, value: str, rate: str
) -> None:
    ((found, on_book),) = rows(
        built,
        "select depreciation_rate, depreciation_rate_on_book from marts.register_rate "
        "where area_code = ? and breakdown = ? and breakdown_value = ?",
        KAGOSHIMA, breakdown, value,
    )  # fmt: skip
    assert round(found, 1) == Decimal(rate)
    assert found == on_book


def test_sums_of_accounts_are_those_of_the_city_to_the_yen(built: duckdb.DuckDBPyConnection) -> None:
    found = rows(
        built,
        "select acquisition_cost, accumulated_depreciation from marts.register_rate "
        "where area_code = ? and breakdown = 'account'",
        KAGOSHIMA,
    )
    assert sorted((int(cost), int(accumulated)) for cost, accumulated in found) == sorted(
        (cost * 1000, accumulated * 1000) for _, cost, accumulated in KAGOSHIMA_TOTALS
    )


@pytest.mark.parametrize(
    "breakdown", ["account_group", "account", "facility_type", "department", "acquisition_decade"]
)
def test_the_classes_of_every_breakdown_add_up_to_the_total(
    built: duckdb.DuckDBPyConnection, breakdown: str
) -> None:
    columns = (
        "line_count, acquisition_cost, accumulated_depreciation, depreciating_cost, depreciating_accumulated"
    )
    parts = ", ".join(f"sum({name.strip()})" for name in columns.split(","))
    query = (
        "select area_code, {} from marts.register_rate where breakdown = ? group by all order by area_code"
    )
    assert rows(built, query.format(parts), breakdown) == rows(built, query.format(parts), "total")


def test_the_balance_sheet_beside_the_register_agrees(built: duckdb.DuckDBPyConnection) -> None:
    found = rows(
        built, "select agrees, count(*) from marts.register_total where area_code = ? group by all", KAGOSHIMA
    )
    assert found == [(True, len(KAGOSHIMA_TOTALS))]


@pytest.mark.parametrize(
    ("rule", "row_nos"),
    [
        ("straight_line_differs", {12, 19}),
        ("life_missing", {13}),
        ("date_after_year_end", {14}),
        ("duplicate_number", {15}),
        ("never_depreciated", {16}),
        ("unknown_account", {17}),
        ("accumulated_over_cost", {18}),
        ("memo_floor_missing", {19}),
        ("book_value_differs", {22}),
        ("register_total_differs", {62}),
    ],
)
def test_a_line_that_breaks_a_rule_is_found(
    built: duckdb.DuckDBPyConnection, rule: str, row_nos: set[int]
) -> None:
    found = rows(
        built,
        "select row_no, finding_count from marts.register_finding where area_code = ? and rule = ?",
        KANOYA,
        rule,
    )
    assert row_nos <= {row for row, _ in found}
    assert {count for _, count in found} == {len(found)}


def test_nothing_else_is_found(built: duckdb.DuckDBPyConnection) -> None:
    found = rows(built, "select distinct rule from marts.register_finding where area_code = ?", KANOYA)
    assert {rule for (rule,) in found} == {
        "straight_line_differs", "life_missing", "date_after_year_end", "duplicate_number", "never_depreciated",
        "unknown_account", "accumulated_over_cost", "memo_floor_missing", "negative_amount", "book_value_differs",
        "register_total_differs",
    }  # fmt: skip


def test_only_the_lines_that_differ_from_straight_line_are_named(built: duckdb.DuckDBPyConnection) -> None:
    found = rows(
        built,
        "select row_no, found, expected from marts.register_finding where area_code = ? and rule = 'straight_line_differs'",
        KANOYA,
    )
    assert sorted(found) == [
        (12, "11005032", "11000032 (table_next_year)"),
        (19, "18000054", "14580043 (table_next_year)"),
    ]


def test_a_register_without_groups_has_rates_of_what_is_known_to_depreciate(
    built: duckdb.DuckDBPyConnection,
) -> None:
    found = rows(
        built,
        "select breakdown_value, depreciating_cost, depreciating_accumulated from marts.register_rate "
        "where area_code = ? and breakdown in ('total', 'facility_type') and depreciating_line_count > 0 order by 1",
        PREFECTURE,
    )
    assert [(value, int(cost), int(written)) for value, cost, written in found] == [
        ("bridge_tunnel", 500_000, 500_000), ("park", 1_000_000, 200_000), ("road", 1_000_000, 200_000),
        ("total", 2_500_000, 900_000),
    ]  # fmt: skip


def test_amounts_in_thousands_tie_to_a_unit_and_show_no_memo_price(
    built: duckdb.DuckDBPyConnection,
) -> None:
    found = rows(built, "select rule, row_no from marts.register_finding where area_code = ?", PREFECTURE)
    assert sorted(found) == [("unknown_account", 7), ("unknown_account", 8)]


def test_the_convention_is_told_by_the_lines(built: duckdb.DuckDBPyConnection) -> None:
    found = rows(
        built, "select convention from marts.register_convention where area_code = ? and is_applied", KANOYA
    )
    assert found == [("table_next_year",)]


def test_an_unknown_facility_is_listed(built: duckdb.DuckDBPyConnection) -> None:
    found = rows(built, "select use_name from marts.register_unknown_facility where area_code = ?", KANOYA)
    assert found == [("なぞの施設",)]


def test_renewal_is_at_the_end_of_the_life(built: duckdb.DuckDBPyConnection) -> None:
    expected: dict[tuple[int, str], int] = {}
    for line in kagoshima_lines():
        if line.useful_life_years and line.acquired_on:
            year = line.acquired_on.year + line.useful_life_years
            key = year, "overdue" if year <= 2017 else "due"
            expected[key] = expected.get(key, 0) + line.acquisition_cost
    found = rows(
        built,
        "select renewal_fiscal_year, renewal_status, renewal_cost from marts.register_renewal "
        "where area_code = ? and breakdown = 'total'",
        KAGOSHIMA,
    )
    assert {(year, status): int(cost) for year, status, cost in found} == expected


@pytest.mark.parametrize("language", ["ja", "en"])
def test_an_officer_is_shown_rates_renewal_and_findings(
    built: duckdb.DuckDBPyConnection, origin: Path, language: str
) -> None:
    path = origin / "asset_register" / KAGOSHIMA / "lines.csv"
    source = load_catalog().sources[SOURCE]
    reading, report = read_register(path, path.as_posix(), source, areas(), About(), Speaker(language))
    text = "\n".join(as_lines(Examined(report, reading, tables_of(built)), Speaker(language)))
    shown = {
        "ja": ("事業用資産 建物: 55.7", "インフラ資産 工作物: 60.6", "全体: 57.4", "償却率表、供用の翌年度から", "帳簿価額が合わない: 1件"),
        "en": ("business assets buildings: 55.7", "infrastructure assets structures: 60.6", "all: 57.4", "Book value does not tie: 1."),
    }[language]  # fmt: skip
    assert [words for words in shown if words not in text] == []
    assert (report.accepted, report.defects) == (True, [])


def test_an_officer_is_shown_what_is_published_of_the_body_and_its_peers(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.published_database.parent.mkdir(parents=True)
    with duckdb.connect(str(home.published_database)) as connection:
        connection.execute("create schema marts; create schema meta")
        connection.execute(
            "create table marts.fct_observation as select 'one' as observation_id, '462012' as area_code, 2017 as fiscal_year, "
            "'asset_depreciation_rate' as item_id, true as is_latest, 57.5 as value, 'reported' as value_status, "
            "'final' as observation_status, 'soumu' as source_id"
        )
        connection.execute(
            "create table marts.peer_comparison as select '462012' as area_code, 'asset_depreciation_rate' as item_id, 2017 as "
            "fiscal_year, 'similar_bodies' as peer_scheme, 'core' as peer_group, 57.5 as value, 60.1 as median, 7 as rank, 48 as group_size"
        )
        connection.execute(
            "create table marts.area_peer_group as select 'core' as peer_group, '中核市' as label_ja"
        )
    heading: list[object] = [HEADERS[name] for name in COLUMNS]
    path = write_csv(
        tmp_path / f"{KAGOSHIMA}_固定資産台帳_平成29年度.csv", [heading, *rows_of(kagoshima_lines())]
    )
    source = load_catalog().sources[SOURCE]
    reading, report = read_register(path, path.name, source, areas(), About(), Speaker("ja"))
    text = "\n".join(as_lines(Examined(report, reading, computed(reading, home)), Speaker("ja")))
    assert "公表された率: 57.5（台帳との差 +0.1ポイント、soumu）" in text
    assert "中核市 48団体の公表値: 中央値 60.1、この団体は大きい順に7位" in text
    assert "管財課: 57.4" not in text.split("所属別")[0]
    assert "　管財課: 57.4" in text
    assert "償却累計額の大きい資産" in text


def test_what_the_lines_break_is_in_the_report_of_the_file(tmp_path: Path) -> None:
    heading: list[object] = [HEADERS[name] for name in COLUMNS]
    cells = rows_of(straight_lines(3))
    cells[1][COLUMNS.index("book_value")] += 7  # type: ignore[operator]
    path = write_csv(tmp_path / f"{KAGOSHIMA}_固定資産台帳_平成29年度.csv", [["(単位：円)"], heading, *cells])
    source = load_catalog().sources[SOURCE]
    report = with_findings(*read_register(path, path.name, source, areas(), About(), Speaker("ja")))
    (found,) = report.defects
    assert (found.rule, found.row, found.severity, report.accepted) == (
        "book_value_differs",
        4,
        "warning",
        True,
    )
    assert found.found in found.message("ja")


def test_what_did_not_change_is_not_read_again(home: Home, origin: Path) -> None:
    assert not land(home, origin)


def test_a_newer_register_takes_the_place_of_the_one_it_repeats(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, heading = Home(tmp_path / "home"), [HEADERS[name] for name in COLUMNS]
    home.create()
    lines = kagoshima_lines(3)
    name = f"{KAGOSHIMA}_固定資産台帳_平成29年度"
    write_csv(tmp_path / "first" / f"{name}.csv", [heading, *rows_of(lines)])
    other = [replace(line, asset_no=f"W{line.asset_no}") for line in lines[:4]]
    write_csv(tmp_path / "first" / f"{name}_水路.csv", [heading, *rows_of(other)])
    land(home, tmp_path / "first")
    assert len(list(folder_of(home, LINES).rglob("*/*/*.parquet"))) == 2
    write_csv(tmp_path / "second" / f"{name}_訂正.csv", [heading, *rows_of(lines[:-1])])
    tomorrow = now() + timedelta(days=1)
    monkeypatch.setattr("pipelines.acquire.fetch.now", lambda: tomorrow)
    land(home, tmp_path / "second")
    assert len(list(folder_of(home, LINES).rglob("*/*/*.parquet"))) == 2
    defects = all_defects(home, load_catalog())
    assert [defect.file for defect in defects if defect.rule == "register_superseded"] == [f"{name}.csv"]
    # The other file has names, days and costs of these assets under numbers of its own.
    assert {defect.file for defect in defects if defect.rule == "register_overlaps"} <= {
        f"{name}_水路.csv",
        f"{name}_訂正.csv",
    }
    assert any(defect.rule == "register_overlaps" for defect in defects)


def test_files_of_one_body_that_number_anew_stand_beside_each_other(tmp_path: Path) -> None:
    home, heading = Home(tmp_path / "home"), [HEADERS[name] for name in COLUMNS]
    home.create()
    folder = tmp_path / "origin" / f"{KAGOSHIMA}_固定資産台帳_平成29年度"
    lines = kagoshima_lines(3)
    for place in range(0, len(lines), 3):
        part = [replace(line, asset_no=str(number)) for number, line in enumerate(lines[place : place + 3])]
        write_csv(folder / f"{place}.csv", [heading, *rows_of(part)])
    departments = [
        replace(line, asset_no=str(place), asset_name=f"庁舎{place}") for place, line in enumerate(lines[6:9])
    ]
    write_csv(folder / "総務課.csv", [heading, *rows_of(departments)])
    land(home, tmp_path / "origin")
    assert len(list(folder_of(home, LINES).rglob("*/*/*.parquet"))) == len(lines) // 3 + 1


def test_a_newer_register_without_numbers_takes_the_place_of_the_older(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    columns = tuple(name for name in COLUMNS if name not in ("asset_no", "branch_no"))
    home, heading, lines = Home(tmp_path / "home"), [HEADERS[name] for name in columns], kagoshima_lines(3)
    home.create()
    for day, name in enumerate(("初版", "改訂")):
        file = tmp_path / name / f"{KAGOSHIMA}_固定資産台帳_平成29年度_{name}.csv"
        write_csv(file, [heading, *rows_of(lines[day:], columns)])
        moment = now() + timedelta(days=day)
        monkeypatch.setattr("pipelines.acquire.fetch.now", lambda moment=moment: moment)
        land(home, tmp_path / name)
    (kept,) = folder_of(home, LINES).rglob("*/*/*.parquet")
    assert pl.read_parquet(kept).height == len(lines) - 1

"""What a user gets from a folder of publishers' files: figures by town, peers, revisions, defects that can be acted on."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pytest

from pipelines.normalize.area_codes import check_digit
from tests.end_to_end.conftest import call

Run = Callable[..., subprocess.CompletedProcess[str]]

TOWNS = [("02801", "見本町"), ("02802", "例示村"), ("02803", "試作市")]
HEADS = [
    "団体コード",
    "都道府県名",
    "団体名",
    "財政力指数",
    "経常収支比率",
    "実質公債費比率",
    "将来負担比率",
    "ラスパイレス指数",
]


def six(code: str) -> str:
    return code + check_digit(code)


def save(path: Path, sheets: dict[str, list[list[object]]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    path.parent.mkdir(parents=True, exist_ok=True)
    book.save(path)
    return path


def bundled_bodies(home: Path) -> list[tuple[str, str, str]]:
    """Return (code, prefecture, name) of the bodies that the project itself knows, without its made-up towns."""
    with duckdb.connect(str(home / "published" / "mieruka.duckdb"), read_only=True) as connection:
        return connection.execute(
            "select area.area_code, prefecture.name_ja, area.name_ja from marts.dim_area_current as area "
            "join marts.dim_area_current as prefecture on area.prefecture_code = prefecture.area_code "
            "where area.area_type in ('designated_city', 'special_ward') order by 1"
        ).fetchall()


def code_list(origin: Path, bodies: list[tuple[str, str, str]]) -> None:
    heads = [
        "団体コード",
        "都道府県名\n（漢字）",
        "市区町村名\n（漢字）",
        "都道府県名\n（ｶﾅ）",
        "市区町村名\n（ｶﾅ）",
    ]
    rows: list[list[object]] = [heads, [six("02000"), "青森県", None, "ｱｵﾓﾘｹﾝ", None]]
    rows += [[six(code), "青森県", name, "ｱｵﾓﾘｹﾝ", "ﾐﾎﾝ"] for code, name in TOWNS]
    rows += [[code, prefecture, name, "ｹﾝ", "ﾅﾏｴ"] for code, prefecture, name in bodies]
    wards: list[list[object]] = [
        heads,
        *([code, prefecture, name, "ｹﾝ", "ﾅﾏｴ"] for code, prefecture, name in bodies[:1]),
    ]
    save(
        origin / "都道府県コード及び市区町村コード.xlsx",
        {"R3.1.1現在の団体": rows, "R3.1.1政令指定都市": wards},
    )


def indices(origin: Path, year: int, bodies: list[tuple[str, str, str]], **changes: Any) -> Path:
    """Write the fiscal indices of a year of 令和; `changes` maps a town to its fiscal strength."""
    everyone = bodies + [(six(code), "青森県", name) for code, name in TOWNS]
    rows: list[list[object]] = [[f"全市町村の主要財政指標（令和{year}年度）"], changes.pop("heads", HEADS)]
    strengths = []
    for place, (code, prefecture, name) in enumerate(sorted(everyone)):
        strength = changes.get(name, round(0.30 + place * 0.01 + year * 0.001, 3))
        strengths.append((name, strength))
        rows.append(
            [code, prefecture, name, strength, 90.1 + place / 10, 7.5, "－" if place % 3 else 40.5, 98.7]
        )
    counted = [value for name, value in strengths if not name.endswith("区")]
    rows.append(["全国市町村平均", None, None, round(sum(counted) / len(counted), 2), 92.0, 7.0, 30.0, "－"])
    return save(origin / "city" / f"R{year}.xlsx", {"全市町村の主要財政指標 ": rows})


@pytest.fixture(scope="module")
def origin(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("origin")
    bodies = bundled_bodies(home)
    code_list(folder, bodies)
    for year in (3, 4):
        indices(folder, year, bodies)
    return folder


@pytest.fixture(scope="module")
def own_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("municipal") / "home"


@pytest.fixture(scope="module")
def mieruka(own_home: Path, origin: Path) -> Run:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return call(own_home, *arguments)

    first = run("run", "--origin", str(origin))
    assert first.returncode == 0, first.stderr
    return run


@pytest.fixture
def warehouse(mieruka: Run, own_home: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(own_home / "published" / "mieruka.duckdb"), read_only=True) as connection:
        yield connection


def test_a_towns_figures_stand_with_their_cells(warehouse: duckdb.DuckDBPyConnection) -> None:
    rows = warehouse.execute(
        "select figure.fiscal_year, figure.value, figure.value_status, figure.sheet, figure.raw_text, "
        "snapshot.file_name from marts.fct_observation as figure "
        "join meta.source_snapshot as snapshot using (snapshot_sha256) "
        "join marts.dim_area_current as area on area.area_code = figure.area_code "
        "where area.name_ja = '見本町' and item_id = 'fiscal_strength_index' order by 1"
    ).fetchall()
    assert [(row[0], str(row[4]), row[5]) for row in rows] == [
        (2021, f"{rows[0][1]:g}".rstrip("0"), "city/R3.xlsx"),
        (2022, f"{rows[1][1]:g}".rstrip("0"), "city/R4.xlsx"),
    ]
    assert {row[2] for row in rows} == {"reported"}
    assert {row[3] for row in rows} == {"全市町村の主要財政指標 "}


def test_a_mark_keeps_its_meaning(warehouse: duckdb.DuckDBPyConnection) -> None:
    statuses = warehouse.execute(
        "select distinct value_status, value is null, raw_text from marts.fct_observation "
        "where item_id = 'future_burden_ratio' and body_scope = 'each_body' order by 1"
    ).fetchall()
    assert statuses == [("not_calculated", True, "－"), ("reported", False, "40.5")]


def test_a_town_stands_among_the_towns_of_its_day(warehouse: duckdb.DuckDBPyConnection) -> None:
    groups = warehouse.execute(
        "select distinct peer_group, group_size, missing_count from marts.peer_comparison "
        "where item_id = 'ordinary_balance_ratio' and peer_scheme = 'area_type' order by 1"
    ).fetchall()
    assert groups == [
        ("city", 1, 0),
        ("designated_city", 20, 0),
        ("special_ward", 23, 0),
        ("town", 1, 0),
        ("village", 1, 0),
    ]


def test_each_file_is_accounted_for(warehouse: duckdb.DuckDBPyConnection) -> None:
    files = warehouse.execute(
        "select file_name, period, is_accepted, bodies, unresolved_rows, sums_compared from meta.source_file "
        "where source_table = 'municipalities' order by 1"
    ).fetchall()
    bodies = len(TOWNS) + 20 + 23 + 1
    assert files == [
        ("city/R3.xlsx", "FY2021", True, bodies, 0, 1),
        ("city/R4.xlsx", "FY2022", True, bodies, 0, 1),
    ]


def test_a_second_run_finds_nothing_to_do(mieruka: Run, origin: Path) -> None:
    result = mieruka("run", "--origin", str(origin))
    assert result.returncode == 0
    assert "変更はありません" in result.stdout


def test_check_names_cell_reason_and_remedy(mieruka: Run, home: Path, tmp_path: Path) -> None:
    heads = [*HEADS[:4], "経常収支比率（改）", *HEADS[5:]]
    path = indices(tmp_path, 4, bundled_bodies(home), heads=heads)
    result = mieruka("check", str(path))
    assert result.returncode == 1
    assert "E2" in result.stdout
    assert "経常収支比率" in result.stdout
    assert "なぜ問題か: " in result.stdout
    listed = json.loads(mieruka("check", str(path), "--json").stdout)
    assert {defect["rule"] for defect in listed[0]["defects"]} == {"unknown_header", "missing_header"}
    assert listed[0]["accepted"] is False
    page = tmp_path / "report.html"
    assert mieruka("check", str(path), "--html", str(page), "--lang", "en").returncode == 1
    assert "How to mend it" in page.read_text(encoding="utf-8")
    assert "http" not in page.read_text(encoding="utf-8")


def test_a_good_file_under_any_name_is_recognised(mieruka: Run, home: Path, tmp_path: Path) -> None:
    path = indices(tmp_path, 4, bundled_bodies(home))
    renamed = path.rename(tmp_path / "町から届いた表.xlsx")
    listed = json.loads(mieruka("check", str(renamed), "--json").stdout)
    assert (listed[0]["table"], listed[0]["period"], listed[0]["accepted"]) == (
        "municipalities",
        "FY2022",
        True,
    )


def test_a_revision_is_kept_beside_the_old_figure_and_a_bad_file_costs_nothing(
    mieruka: Run, home: Path, own_home: Path, origin: Path
) -> None:
    bodies = bundled_bodies(home)
    indices(origin, 4, bodies, 見本町=0.55)
    indices(origin, 3, bodies, heads=[*HEADS[:3], "財政力", *HEADS[4:]])
    result = mieruka("run", "--origin", str(origin))
    assert result.returncode == 0, result.stderr
    assert "city/R3.xlsx" in result.stderr
    with duckdb.connect(str(own_home / "published" / "mieruka.duckdb"), read_only=True) as connection:
        revised = connection.execute(
            "select area.name_ja, new_value from marts.observation_revision "
            "join marts.dim_area_current as area using (area_code) where item_id = 'fiscal_strength_index'"
        ).fetchall()
        assert [(name, float(value)) for name, value in revised if name == "見本町"] == [("見本町", 0.55)]
        years = connection.execute(
            "select fiscal_year, count(*) from marts.fct_observation where item_id = 'debt_service_ratio' "
            "and body_scope = 'each_body' and is_latest group by 1 order by 1"
        ).fetchall()
        # The broken file of FY2021 was refused: its older vintage stays published.
        assert [year for year, _ in years] == [2021, 2022]
        assert len({count for _, count in years}) == 1
        refused = connection.execute(
            "select file_name, is_accepted from meta.source_file where source_table = 'municipalities' and not is_accepted"
        ).fetchall()
        assert refused == [("city/R3.xlsx", False)]


def test_a_misspelt_header_is_named_under_any_name(mieruka: Run, home: Path, tmp_path: Path) -> None:
    path = indices(tmp_path, 4, bundled_bodies(home), heads=[*HEADS[:4], "経常収支率", *HEADS[5:]])
    renamed = path.rename(tmp_path / "町から届いた表.xlsx")
    listed = json.loads(mieruka("check", str(renamed), "--json").stdout)
    assert listed[0]["table"] == "municipalities"
    assert [defect["rule"] for defect in listed[0]["defects"]] == ["unknown_header", "missing_header"]

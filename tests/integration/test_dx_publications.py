"""DX of municipalities in the documented layouts: the transposed dashboard, the lists of AI and RPA, konbini issuance."""

from __future__ import annotations

import csv
import io
import zipfile
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from pipelines.catalog.loader import Catalog
from pipelines.identity.match import AreaRegister
from pipelines.land.published import FileReading
from tests.publications import figure, read, rules
from tests.workbooks import MadeUpArea, made_up_areas, made_up_register

DASHBOARD, SURVEY, KONBINI = "digital__dx_dashboard", "soumu__dx_survey", "jlis__konbini_issuance"
COMPARISON = "市区町村毎のDX進捗状況_市区町村比較.csv"
AREAS = made_up_areas()
BODIES = [area for area in AREAS if area.area_type not in ("prefecture", "ward")]
REGISTER = made_up_register(AREAS)

ROWS = [
    ("自治体DXの推進体制等", "全体方針策定", "実施"),
    ("自治体DXの推進体制等", "CIOの任命", "未実施"),
    ("自治体業務のDX", "AIの導入状況", "調査無し"),
    ("自治体業務のDX", "RPAの導入状況", "未公表"),
    ("住民サービスのDX", "マイナンバーカードの保有状況", "83%"),
    ("住民サービスのDX", "よく使う32手続のオンライン化状況", "-"),
    ("住民サービスのDX", "実施されている手続総数（分母）", "24"),
    ("住民サービスのDX", "オンライン化済と回答した手続数（分子）", "15"),
]


def _csv(rows: list[list[str]]) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows(rows)
    return out.getvalue().encode("utf-8-sig")


def _dashboard(
    catalog: Catalog, folder: Path, bodies: list[MadeUpArea], register: AreaRegister = REGISTER,
    rows: list[tuple[str, str, str]] = ROWS, name: str = "dx_dashboard_2023-04-01.zip",
) -> FileReading:  # fmt: skip
    content = [
        ["", "", *(area.name for area in bodies)],
        *([*row[:2], *[row[2]] * len(bodies)] for row in rows),
    ]
    with zipfile.ZipFile(folder / name, "w") as archive:
        archive.writestr(COMPARISON, _csv(content))
        archive.writestr("別の表.csv", b"a,b\n")
    return read(catalog, register, DASHBOARD, "municipalities", folder / name)


def test_bodies_in_columns_of_a_file_within_a_zip(catalog: Catalog, tmp_path: Path) -> None:
    reading = _dashboard(catalog, tmp_path, BODIES)
    assert (reading.bodies, rules(reading)) == (len(BODIES), set())
    first, last = BODIES[0].area_code, BODIES[-1].area_code
    found = figure(reading, "dx_policy_adopted__dashboard", first)
    assert (found["value"], found["raw_text"], found["cell"], found["sheet"]) == (1, "実施", "C2", COMPARISON)
    assert (found["as_of_date"], found["date_basis"]) == (date(2023, 4, 1), "interpreted")
    assert figure(reading, "cio_appointed__dashboard", last)["value"] == 0
    assert figure(reading, "mynumber_card_holding_rate__dashboard", last)["value"] == Decimal(83)


@pytest.mark.parametrize(
    ("series", "status"),
    [
        ("ai_adopted", "not_surveyed"),
        ("rpa_adopted", "suppressed"),
        ("online_procedures_frequent_rate", "nil_mark"),
    ],
)
def test_words_without_a_value_have_their_status(
    catalog: Catalog, tmp_path: Path, series: str, status: str
) -> None:
    found = figure(_dashboard(catalog, tmp_path, BODIES), f"{series}__dashboard", BODIES[0].area_code)
    assert (found["value"], found["value_status"]) == (None, status)


def test_bodies_that_share_a_name_are_refused(catalog: Catalog, tmp_path: Path) -> None:
    towns = [area for area in BODIES if area.area_type == "town"]
    shared = [replace(area, name=towns[0].name) if area is towns[1] else area for area in AREAS]
    reading = _dashboard(
        catalog, tmp_path, [area for area in shared if area.area_type == "town"], made_up_register(shared)
    )
    assert rules(reading) == {"ambiguous_area_name"}
    assert {defect.cell for defect in reading.defects} == {"C1", "D1"}
    assert reading.bodies == len(towns) - 2


def test_an_unknown_indicator_refuses_the_file(catalog: Catalog, tmp_path: Path) -> None:
    reading = _dashboard(catalog, tmp_path, BODIES, rows=[*ROWS, ("自治体業務のDX", "新しい指標", "実施")])
    assert (reading.frame, rules(reading)) == (None, {"unknown_header"})
    assert {defect.cell for defect in reading.defects} == {"B10"}


def test_a_dashboard_without_its_day_is_refused(catalog: Catalog, tmp_path: Path) -> None:
    assert rules(_dashboard(catalog, tmp_path, BODIES, name="dx_dashboard.zip")) == {"period_unknown"}


@pytest.mark.parametrize(
    ("table", "name"),
    [("ai", "AI導入団体一覧"), ("rpa", "RPA導入団体一覧"), ("generative_ai", "生成AI導入団体一覧")],
)
def test_lists_of_bodies_that_use_or_try_it(catalog: Catalog, tmp_path: Path, table: str, name: str) -> None:
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.title = name
    sheet.append([f"{name}（令和７年４月１日現在）"])
    sheet.append([None, "番号", "団体区分", "都道府県", "団体名", "導入済", "実証中"])
    for number, (area, uses) in enumerate(zip(BODIES[:2], (True, False), strict=True), start=1):
        marks = ("○", None) if uses else (None, "○")
        sheet.append([None, number, "市区町村", area.prefecture, area.name, *marks])
    sheet.append([None, 3, "都道府県", AREAS[0].name, AREAS[0].name, "○", None])
    path = tmp_path / f"{name}.xlsx"
    book.save(path)
    reading = read(catalog, REGISTER, SURVEY, table, path)
    assert (reading.bodies, rules(reading)) == (3, set())
    series = f"{table}_adopted__list"
    assert [figure(reading, series, area.area_code)["value"] for area in (*BODIES[:2], AREAS[0])] == [1, 0, 1]
    assert figure(reading, series, BODIES[0].area_code)["as_of_date"] == date(2025, 4, 1)


def test_bodies_listed_for_konbini_issuance(catalog: Catalog, tmp_path: Path) -> None:
    listed = [["都道府県名", "市区町村名", "コンビニ交付"]]
    listed += [
        [area.prefecture if place == 0 else "", area.name, "○"] for place, area in enumerate(BODIES[:3])
    ]
    path = tmp_path / "konbini_2026-04-01.csv"
    path.write_bytes(_csv(listed))
    reading = read(catalog, REGISTER, KONBINI, "municipalities", path)
    assert (reading.bodies, rules(reading)) == (3, set())
    found = figure(reading, "konbini_issuance_available__list", BODIES[2].area_code)
    assert (found["value"], found["statistic"], found["as_of_date"]) == (1, "flag", date(2026, 4, 1))

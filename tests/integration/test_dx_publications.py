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


def _list_of_users(folder: Path, name: str, title: str, rows: list[list[str | None]]) -> Path:
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.append([title])
    sheet.append([None, "番号", "団体区分", "都道府県", "団体名", "導入済", "実証中"])
    for row in rows:
        sheet.append([None, *row])
    book.save(folder / name)
    return folder / name


def _users(bodies: list[MadeUpArea]) -> list[list[str | None]]:
    return [
        [str(number), "市区町村", area.prefecture, area.name, "○", None] for number, area in enumerate(bodies)
    ]


@pytest.mark.parametrize(
    ("name", "title", "rule"),
    [
        ("001070421.xlsx", "AIの導入団体一覧（令和6年12月31日現在）", None),
        ("001070421_2024-12-31.xlsx", "AIの導入団体一覧", None),
        ("001070421_2024-12-31.xlsx", "AIの導入団体一覧（令和6年12月31日現在）", None),
        ("001070421_2023-12-31.xlsx", "AIの導入団体一覧（令和6年12月31日現在）", "period_contradicts"),
        ("001070421.xlsx", "AIの導入団体一覧", "period_unknown"),
        ("001070421_T20.12.31.xlsx", "AIの導入団体一覧", "period_unknown"),
    ],
)
def test_the_day_of_a_list_under_the_publishers_own_name(
    catalog: Catalog, tmp_path: Path, name: str, title: str, rule: str | None
) -> None:
    reading = read(catalog, REGISTER, SURVEY, "ai", _list_of_users(tmp_path, name, title, _users(BODIES[:3])))
    assert rules(reading) == ({rule} if rule else set())
    assert (reading.span.day if reading.span else None) == (None if rule else date(2024, 12, 31))


def test_a_note_inside_a_list_refuses_it(catalog: Catalog, tmp_path: Path) -> None:
    rows, note = _users(BODIES[:4]), [None, None, "※回答がない団体を除く", None, None, None]
    for listed, rule in (([*rows, note], None), ([*rows[:2], note, *rows[2:]], "note_inside")):
        path = _list_of_users(tmp_path, "AI導入団体一覧_2024-12-31.xlsx", "一覧", listed)
        assert rules(read(catalog, REGISTER, SURVEY, "ai", path)) == ({rule} if rule else set())


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


KONBINI_PAGE = """<html><head><meta http-equiv="content-type" content="text/html; charset={charset}">
<title>コンビニ交付</title><script>var rows = "<table><tr><td>住民票の写し</td></tr></table>";</script></head><body>
<table><tr><td><a href="01-00.html">トップ</a></td><td>利用できる市区町村</td></tr></table>
<h2>利用できる市区町村</h2><p>{said}</p>
<table border=1><thead><tr><th>都道府県<th>市区町村<th>住民票<br>の写し<th>印鑑登録証明書<th>各種税証明書
<th>戸籍証明書<th>戸籍の附票の写し<th>サービス開始日</tr></thead><tbody>{rows}</tbody></table></body></html>"""


def _konbini_page(
    folder: Path, name: str, bodies: list[MadeUpArea], said: str = "", charset: str = "utf-8"
) -> Path:
    rows = ""
    for prefecture in dict.fromkeys(area.prefecture for area in bodies):
        own = [area for area in bodies if area.prefecture == prefecture]
        for place, area in enumerate(own):
            first = f"<td rowspan={len(own)}>{prefecture}</td>" if place == 0 else ""
            rows += f"<tr>{first}<td>&nbsp;{area.name}<td>○<td>○<td>×<td>&#9675;<td><td>2020年2月1日</tr>\n"
    path = folder / name
    path.write_bytes(KONBINI_PAGE.format(charset=charset, said=said, rows=rows).encode(charset))
    return path


@pytest.mark.parametrize("charset", ["utf-8", "shift_jis", "euc-jp"])
def test_the_page_of_konbini_issuance_as_saved(catalog: Catalog, tmp_path: Path, charset: str) -> None:
    path = _konbini_page(tmp_path, "konbini.html", BODIES, "令和８年４月１日現在", charset)
    reading = read(catalog, REGISTER, KONBINI, "municipalities", path)
    assert (reading.bodies, rules(reading), reading.sheet) == (len(BODIES), set(), "利用できる市区町村")
    first, last = BODIES[0].area_code, BODIES[-1].area_code
    found = figure(reading, "konbini_issuance_available__list", last)
    assert (found["value"], found["as_of_date"], found["cell"]) == (
        1,
        date(2026, 4, 1),
        f"C{2 + len(BODIES)}",
    )
    assert figure(reading, "konbini_family_register__list", first)["value"] == 1
    for series in ("konbini_tax_certificate__list", "konbini_register_supplement__list"):
        found = figure(reading, series, first)
        assert (found["value"], found["value_status"]) == (None, "nil_mark")


def test_pages_by_prefecture_form_the_list_together(catalog: Catalog, tmp_path: Path) -> None:
    found = []
    for prefecture in dict.fromkeys(area.prefecture for area in BODIES):
        bodies = [area for area in BODIES if area.prefecture == prefecture]
        path = _konbini_page(tmp_path, f"konbini_2026-04-01_{len(found)}.html", bodies)
        reading = read(catalog, REGISTER, KONBINI, "municipalities", path)
        assert (reading.bodies, rules(reading)) == (len(bodies), set())
        assert reading.frame is not None
        found += reading.frame["area_code"].unique().to_list()
    assert sorted(found) == sorted(area.area_code for area in BODIES)


def test_a_page_of_another_kind_is_no_list(catalog: Catalog, tmp_path: Path) -> None:
    path = tmp_path / "konbini_2026-04-01.html"
    for body, rule in (("メンテナンス中", "unreadable_file"), ("<table><tr><td>404</table>", "no_header")):
        path.write_text(f"<!DOCTYPE html><html><body>{body}</body></html>", encoding="utf-8")
        assert rules(read(catalog, REGISTER, KONBINI, "municipalities", path)) == {rule}
    saved = _konbini_page(tmp_path, "konbini_2026-04-01.csv", BODIES)
    assert rules(read(catalog, REGISTER, KONBINI, "municipalities", saved)) == {"unreadable_file"}


def test_a_note_within_the_page_loses_no_body(catalog: Catalog, tmp_path: Path) -> None:
    path = _konbini_page(tmp_path, "konbini_2026-04-01.html", BODIES)
    page, note = path.read_text(encoding="utf-8"), "<tr><td colspan=8>※一部の窓口を除く</td></tr>"
    path.write_text(page.replace("</tbody>", f"{note}</tbody>"), encoding="utf-8")
    assert rules(read(catalog, REGISTER, KONBINI, "municipalities", path)) == set()
    last = f"<td>&nbsp;{BODIES[-1].name}"
    for inside in (page.replace("</tr>", f"</tr>{note}", 4), page.replace(last, last.replace(";", ";※"))):
        path.write_text(inside, encoding="utf-8")
        reading = read(catalog, REGISTER, KONBINI, "municipalities", path)
        assert (reading.frame, rules(reading)) == (None, {"note_inside"})

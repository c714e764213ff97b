"""The survey of local services in the documented form: a sheet for each body, blocks of the form side by side."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from pipelines.catalog.loader import Catalog
from pipelines.defects import Defect
from pipelines.land.published import FileReading
from tests.publications import figure, read, rules
from tests.workbooks import MadeUpArea, made_up_areas, made_up_register

SOURCE = "soumu__local_services_reform"
AREAS = made_up_areas()
REGISTER = made_up_register(AREAS)
MUNICIPALITIES = [area for area in AREAS if area.area_type not in ("prefecture", "ward")]
TABLES = (
    "outsourcing", "designated_managers", "one_stop_counters", "counter_outsourcing", "back_office", "cloud",
)  # fmt: skip

TASKS = (
    "本庁舎の清掃", "本庁舎の夜間警備", "案内・受付", "電話交換", "公用車運転", "し尿収集", "一般ごみ収集", "学校給食（調理）",
    "学校給食（運搬）", "学校用務員事務", "水道メーター検針", "道路維持補修・清掃等", "ホームヘルパー派遣", "在宅配食サービス",
    "情報処理・庁内情報システム維持", "ホームページ作成・運営", "調査・集計",
)  # fmt: skip
FACILITIES = (
    "体育館", "競技場（野球場、テニスコート等）", "プール", "海水浴場", "宿泊休養施設\n（ホテル、国民宿舎等）",
    "休養施設（公衆浴場、海・山の家等）", "キャンプ場等", "図書館",
)  # fmt: skip
FIRST_TASK, FIRST_FACILITY = 8, 29
POLICY = "当面は直営を維持しながら今後のあり方について検討する"


class _Book:
    """A workbook with the form for each body; `put` changes a cell on a body's sheet."""

    def __init__(self, bodies: Iterable[MadeUpArea], year: str = "平成27年") -> None:
        self.book = Workbook()
        self.book.active.title = "目次"
        self.book.active["A1"] = "団体の一覧"
        for body in bodies:
            self.add(body, year)

    def add(self, body: MadeUpArea, year: str = "平成27年", name: str | None = None) -> Worksheet:
        sheet = self.book.create_sheet(name or f"{body.area_code[:5]} {body.name}")
        sheet["A1"] = f"地方行政サービス改革の取組状況等（{year}4月1日現在）"
        _row(sheet, 3, "A", ["自治体コード", "", "都道府県名", "市区町村名"])
        _row(sheet, 4, "A", [int(body.area_code[:5]), "", body.prefecture, body.name])
        _outsourcing(sheet)
        _managers(sheet)
        _counters(sheet)
        _back_office(sheet)
        _cloud(sheet)
        return sheet

    def put(self, body: MadeUpArea, cell: str, value: object) -> None:
        self.book[f"{body.area_code[:5]} {body.name}"][cell] = value

    def read(self, catalog: Catalog, folder: Path, table: str) -> FileReading:
        path = folder / "地方行政サービス改革_91.xlsx"
        self.book.save(path)
        return read(catalog, REGISTER, SOURCE, table, path)


def _row(sheet: Worksheet, row: int, first: str, values: list[Any]) -> None:
    for place, value in enumerate(values):
        if value != "":
            sheet.cell(row, ord(first) - 64 + place, value)


def _outsourcing(sheet: Worksheet) -> None:
    """Write block (1): the names of the tasks are merged over two columns and have no header."""
    sheet["A6"] = "(1)民間委託"
    _row(
        sheet,
        7,
        "C",
        ["直営（※）", "今後の対応方針\n【直営（※）を選択した団体のみ回答】", "【参考】\n類似団体\n委託率"],
    )
    for place, task in enumerate(TASKS):
        row = FIRST_TASK + place
        sheet.cell(row, 1, task)
        sheet.merge_cells(start_row=row, end_row=row, start_column=1, end_column=2)
        sheet.cell(row, 5, "90.0%")
    sheet["C12"], sheet["D12"] = "○", POLICY
    sheet["A26"] = "※専任職員を置いて直営で行うもの"


def _managers(sheet: Worksheet) -> None:
    sheet["A27"] = "(2)指定管理者制度等の導入"
    _row(sheet, 28, "C", ["施設数", "制度導入\n施設数", "導入率"])
    for place, kind in enumerate(FACILITIES):
        _row(sheet, FIRST_FACILITY + place, "A", [kind, "", 3 + place, place, f"{place / (3 + place):.1%}"])
    sheet.cell(FIRST_FACILITY + len(FACILITIES), 1, "作り物の施設")
    sheet.cell(FIRST_FACILITY + len(FACILITIES), 3, 1)


def _counters(sheet: Worksheet) -> None:
    """Write block (3) beside the tasks."""
    sheet["H6"] = "(3)窓口業務"
    _row(sheet, 7, "H", ["設置状況", "予定時期", "類似団体設置率", "委託状況", "類似団体委託率"])
    _row(sheet, 8, "H", ["設置予定", "未定", "12.0%", "委託有", "18.5%"])


def _back_office(sheet: Worksheet) -> None:
    sheet["H10"] = "(4)庶務業務の集約化"
    _row(sheet, 11, "H", ["実施状況", "対象部局", "", "", "", "対象業務"])
    _row(
        sheet, 12, "I", ["首長部局", "企業局", "教育委員会", "その他", "給与", "旅費", "福利厚生", "財務会計"]
    )
    for cells in ("H11:H12", "I11:L11", "M11:P11"):
        sheet.merge_cells(cells)
    _row(sheet, 13, "H", ["実施済み", "○", "", "○", "", "○", "○", "", ""])


def _cloud(sheet: Worksheet) -> None:
    """Write block (5): the headers are merged over two rows and stand again over the rates of similar bodies."""
    sheet["H15"] = "(5)自治体情報システムのクラウド化"
    _row(sheet, 16, "H", ["自治体クラウド", "単独クラウド", "検討状況", "", "自治体クラウド", "単独クラウド"])
    for column in "HIJ":
        sheet.merge_cells(f"{column}16:{column}17")
    _row(sheet, 18, "H", ["○", "", "", "", "10.0%", "22.1%"])


def of_rule(reading: FileReading, rule: str) -> list[Defect]:
    return [defect for defect in reading.defects if defect.rule == rule]


def sheet_of(body: MadeUpArea) -> str:
    return f"{body.area_code[:5]} {body.name}"


@pytest.mark.parametrize("table", TABLES)
def test_every_block_of_the_same_sheets_is_read(catalog: Catalog, tmp_path: Path, table: str) -> None:
    reading = _Book(MUNICIPALITIES).read(catalog, tmp_path, table)
    assert reading.frame is not None, reading.defects[:3]
    assert [defect for defect in reading.defects if defect.severity == "error"] == []
    assert reading.bodies == len(MUNICIPALITIES)
    assert rules(reading) <= {"undescribed_breakdown"}
    assert set(reading.frame["sheet"]) == {sheet_of(body) for body in MUNICIPALITIES}
    assert set(reading.frame["as_of_date"]) == {date(2015, 4, 1)}


def test_two_bodies_keep_their_sheets_cells_and_texts(catalog: Catalog, tmp_path: Path) -> None:
    first, second = MUNICIPALITIES[0], MUNICIPALITIES[1]
    book = _Book(MUNICIPALITIES)
    book.put(second, "C12", "")
    book.put(second, "D12", "")
    book.put(second, "C9", "◯")
    book.put(second, "D9", "委託予定（平成29年度から）")
    reading = book.read(catalog, tmp_path, "outsourcing")
    held = figure(reading, "direct_operation_driving__reform_survey", first.area_code)
    assert (held["value"], held["raw_text"], held["sheet"], held["cell"]) == (1, "○", sheet_of(first), "C12")
    held = figure(reading, "outsourcing_policy_driving__reform_survey", first.area_code)
    assert (held["value"], held["raw_text"], held["cell"]) == (1, POLICY, "D12")
    held = figure(reading, "direct_operation_driving__reform_survey", second.area_code)
    assert (held["value"], held["sheet"], held["cell"]) == (0, sheet_of(second), "C12")
    held = figure(reading, "outsourcing_policy_driving__reform_survey", second.area_code)
    assert (held["value"], held["value_status"]) == (None, "not_applicable")
    held = figure(reading, "outsourcing_policy_night_guard__reform_survey", second.area_code)
    assert (held["value"], held["raw_text"]) == (1, "委託予定（平成29年度から）")


def test_facilities_are_known_without_the_examples_in_brackets(catalog: Catalog, tmp_path: Path) -> None:
    reading = _Book(MUNICIPALITIES).read(catalog, tmp_path, "designated_managers")
    code = MUNICIPALITIES[0].area_code
    assert figure(reading, "public_facilities_lodging__reform_survey", code)["value"] == 7
    assert figure(reading, "managed_facilities_lodging__reform_survey", code)["value"] == 4
    unknown = of_rule(reading, "undescribed_breakdown")
    assert [(defect.found, defect.cell) for defect in unknown] == [("作り物の施設", "A37")]


def test_coded_answers_give_what_is_done_and_what_is_planned(catalog: Catalog, tmp_path: Path) -> None:
    book, code = _Book(MUNICIPALITIES), MUNICIPALITIES[0].area_code
    counters = book.read(catalog, tmp_path, "one_stop_counters")
    assert figure(counters, "one_stop_counter_adopted__reform_survey", code)["value"] == 0
    planned = figure(counters, "one_stop_counter_planned__reform_survey", code)
    assert (planned["value"], planned["raw_text"], planned["cell"]) == (1, "設置予定", "H8")
    outsourced = book.read(catalog, tmp_path, "counter_outsourcing")
    assert figure(outsourced, "counter_outsourcing_adopted__reform_survey", code)["value"] == 1
    assert figure(outsourced, "counter_outsourcing_planned__reform_survey", code)["value"] == 0
    office = book.read(catalog, tmp_path, "back_office")
    assert figure(office, "back_office_consolidated__reform_survey", code)["value"] == 1
    covered = {
        name: figure(office, f"back_office_covers_{name}__reform_survey", code)["value"]
        for name in ("executive", "enterprises", "pay", "accounting")
    }
    assert covered == {"executive": 1, "enterprises": 0, "pay": 1, "accounting": 0}


@pytest.mark.parametrize(
    ("shared", "sole", "considered", "expected"),
    [
        ("○", "", "", (1, 1, 0, "H18")),
        ("", "●", "", (1, 0, 1, "I18")),
        ("○", "○", "", (1, 1, 1, "I18")),
        ("", "", "令和2年度の導入を検討中", (0, 0, 0, "H18")),
    ],
)
def test_a_body_with_either_cloud_has_adopted_one(
    catalog: Catalog, tmp_path: Path, shared: str, sole: str, considered: str, expected: tuple[Any, ...]
) -> None:
    book, body = _Book(MUNICIPALITIES), MUNICIPALITIES[3]
    for cell, text in (("H18", shared), ("I18", sole), ("J18", considered)):
        book.put(body, cell, text)
    reading = book.read(catalog, tmp_path, "cloud")
    adopted = figure(reading, "cloud_adopted__reform_survey", body.area_code)
    others = [
        figure(reading, f"cloud_{name}__reform_survey", body.area_code)["value"]
        for name in ("shared", "sole")
    ]
    assert (adopted["value"], *others, adopted["cell"]) == tuple(
        Decimal(part) if isinstance(part, int) else part for part in expected
    )


def test_no_answer_is_not_a_body_without_a_cloud(catalog: Catalog, tmp_path: Path) -> None:
    book, body = _Book(MUNICIPALITIES), MUNICIPALITIES[3]
    book.put(body, "H18", "")
    reading = book.read(catalog, tmp_path, "cloud")
    assert reading.frame is not None
    assert body.area_code not in set(reading.frame["area_code"])
    defect = of_rule(reading, "cloud_is_answered")[0]
    assert (defect.sheet, defect.row, defect.severity) == (sheet_of(body), 18, "error")


def test_a_wrong_header_on_one_sheet_names_it_and_costs_that_body_only(
    catalog: Catalog, tmp_path: Path
) -> None:
    book, body = _Book(MUNICIPALITIES), MUNICIPALITIES[4]
    book.put(body, "D7", "今後の対応方針と理由")
    reading = book.read(catalog, tmp_path, "outsourcing")
    assert reading.frame is not None
    assert set(reading.frame["area_code"]) == {area.area_code for area in MUNICIPALITIES if area != body}
    unknown = of_rule(reading, "unknown_header")[0]
    assert (unknown.sheet, unknown.cell, unknown.severity) == (sheet_of(body), "D7", "error")
    assert "今後の対応方針" in unknown.expected_ja
    assert [defect.sheet for defect in of_rule(reading, "missing_header")] == [sheet_of(body)]
    assert [defect.column for defect in of_rule(reading, "body_missing")] == [body.area_code]


def test_too_many_wrong_sheets_refuse_the_file(catalog: Catalog, tmp_path: Path) -> None:
    book = _Book(MUNICIPALITIES)
    for body in MUNICIPALITIES[:3]:
        book.put(body, "C7", "委託先")
    reading = book.read(catalog, tmp_path, "outsourcing")
    assert reading.frame is None
    assert {defect.sheet for defect in reading.defects} == {sheet_of(body) for body in MUNICIPALITIES[:3]}


def test_a_body_on_two_sheets_gives_no_figures_and_names_both(catalog: Catalog, tmp_path: Path) -> None:
    book, body = _Book(MUNICIPALITIES), MUNICIPALITIES[2]
    book.add(body, name=f"{body.area_code[:5]}{body.name}(2)")
    book.book[f"{body.area_code[:5]}{body.name}(2)"].title = f"{body.area_code[:5]}"
    reading = book.read(catalog, tmp_path, "outsourcing")
    assert reading.frame is not None
    assert body.area_code not in set(reading.frame["area_code"])
    doubled = of_rule(reading, "duplicate_area")
    assert [defect.sheet for defect in doubled] == [sheet_of(body), body.area_code[:5]]
    assert {defect.severity for defect in doubled} == {"error"}


def test_a_sheet_under_another_bodys_name_is_refused(catalog: Catalog, tmp_path: Path) -> None:
    book, body, other = _Book(MUNICIPALITIES), MUNICIPALITIES[2], MUNICIPALITIES[5]
    book.put(body, "D4", other.name)
    reading = book.read(catalog, tmp_path, "cloud")
    assert reading.frame is not None
    contradicting = of_rule(reading, "sheet_name_contradicts")
    assert [defect.sheet for defect in contradicting] == [sheet_of(body)]
    assert contradicting[0].found == f"{body.name}／{other.name}"
    assert body.area_code not in set(reading.frame["area_code"])


def test_a_sheet_of_no_known_body_is_quarantined_once(catalog: Catalog, tmp_path: Path) -> None:
    book = _Book(MUNICIPALITIES)
    book.add(MadeUpArea("999999", "丁町", "甲野県", "910007", "town"))
    reading = book.read(catalog, tmp_path, "outsourcing")
    assert reading.frame is not None
    assert [(defect.sheet, defect.found) for defect in of_rule(reading, "unknown_area_code")] == [
        ("99999 丁町", "99999")
    ]
    assert reading.unresolved == 1


def test_a_sheet_of_another_year_is_refused(catalog: Catalog, tmp_path: Path) -> None:
    book, body = _Book(MUNICIPALITIES), MUNICIPALITIES[2]
    book.put(body, "A1", "地方行政サービス改革の取組状況等（平成28年4月1日現在）")
    reading = book.read(catalog, tmp_path, "cloud")
    assert reading.frame is not None
    assert set(reading.frame["as_of_date"]) == {date(2015, 4, 1)}
    assert [(defect.sheet, defect.found) for defect in of_rule(reading, "sheets_differ")] == [
        (sheet_of(body), "2016-04-01")
    ]


def test_a_lost_row_of_the_form_is_named(catalog: Catalog, tmp_path: Path) -> None:
    book, body = _Book(MUNICIPALITIES), MUNICIPALITIES[6]
    book.put(body, "A11", "電話の交換")
    reading = book.read(catalog, tmp_path, "outsourcing")
    lost = of_rule(reading, "form_row_missing")
    assert [(defect.sheet, defect.column, defect.severity) for defect in lost] == [
        (sheet_of(body), "電話交換", "warning")
    ]
    assert [defect.found for defect in of_rule(reading, "undescribed_breakdown")] == ["電話の交換"]


def test_a_file_of_one_prefecture_misses_its_own_bodies_only(catalog: Catalog, tmp_path: Path) -> None:
    own = [
        area for area in MUNICIPALITIES if area.prefecture == "甲野県" and area.area_type != "designated_city"
    ]
    reading = _Book(own[:-1]).read(catalog, tmp_path, "cloud")
    assert reading.frame is not None
    assert [defect.column for defect in of_rule(reading, "body_missing")] == [own[-1].area_code]


def test_a_file_of_designated_cities_misses_nobody(catalog: Catalog, tmp_path: Path) -> None:
    cities = [area for area in MUNICIPALITIES if area.area_type == "designated_city"]
    reading = _Book(cities).read(catalog, tmp_path, "cloud")
    assert reading.frame is not None
    assert reading.defects == []
    assert reading.sheet == sheet_of(cities[0])


def test_a_policy_beside_a_task_that_is_not_run_directly_is_a_warning(
    catalog: Catalog, tmp_path: Path
) -> None:
    book, body = _Book(MUNICIPALITIES), MUNICIPALITIES[1]
    book.put(body, "D10", POLICY)
    reading = book.read(catalog, tmp_path, "outsourcing")
    warned = of_rule(reading, "policy_of_direct_operation")
    assert [(defect.sheet, defect.row, defect.severity) for defect in warned] == [
        (sheet_of(body), 10, "warning")
    ]

"""The settlement survey of municipalities: e-Stat's long files, and workbooks of the same form with made-up bodies."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from time import perf_counter
from typing import Any

import polars as pl
import pytest
from openpyxl import Workbook
from python_calamine import CalamineWorkbook

from pipelines.catalog.loader import Catalog
from pipelines.identity.match import AreaRegister
from pipelines.land.published import FileReading
from pipelines.normalize.area_codes import check_digit
from tests.publications import MIRROR, figure, needs, read, real_register, rules
from tests.workbooks import MadeUpArea, made_up_register

SOURCE = "soumu__settlement_statistics"
FOLDER = "2_kessan_estat"
MAINTENANCE = ("a0010202361200100.xlsx", "a0010202361202200.xlsx")
CONSTRUCTION = "a0010202361214300.xlsx"


# e-Stat's own files.


@pytest.fixture(scope="module")
def register(catalog: Catalog, tmp_path_factory: pytest.TempPathFactory) -> AreaRegister:
    """Return the register of the real bodies."""
    return real_register(catalog, tmp_path_factory.mktemp("areas"))


@pytest.fixture(scope="module")
def real(catalog: Catalog, register: AreaRegister) -> Callable[[str], FileReading]:
    """Return a reader that reads each of the files once."""
    seen: dict[str, FileReading] = {}

    def read_once(name: str) -> FileReading:
        table = "subsidised_construction" if name == CONSTRUCTION else "maintenance"
        if name not in seen:
            seen[name] = read(catalog, register, SOURCE, table, MIRROR / FOLDER / name)
        return seen[name]

    return read_once


@needs(FOLDER)
@pytest.mark.parametrize(
    ("name", "items", "sums"), [(MAINTENANCE[0], 15, 15), (MAINTENANCE[1], 13, 13), (CONSTRUCTION, 8, 48)]
)
def test_every_body_and_every_total(
    real: Callable[[str], FileReading], name: str, items: int, sums: int
) -> None:
    reading = real(name)
    assert reading.defects == []
    assert reading.frame is not None
    assert reading.frame["item_id"].n_unique() == items
    # 1,741 municipalities, 1,332 associations and the nation.
    assert reading.frame.height == 3074 * items
    assert (reading.bodies, reading.unresolved, reading.compared_sums) == (3074, 0, sums)


@needs(FOLDER)
def test_figures_read_off_the_files_by_eye(real: Callable[[str], FileReading]) -> None:
    sapporo = figure(real(MAINTENANCE[0]), "maintenance_cost__settlement_survey", "011002")
    assert (sapporo["value"], sapporo["unit"], sapporo["cell"]) == (Decimal(32583169), "千円", "K2")
    assert (sapporo["as_of_date"], sapporo["fiscal_year"]) == (date(2024, 3, 31), 2023)
    nation = figure(real(MAINTENANCE[1]), "maintenance_cost_education__settlement_survey", "000000")
    assert (nation["value"], nation["cell"], nation["statistic"]) == (Decimal(114024847), "K64575", "sum")
    assert nation["body_scope"] == "municipalities_and_associations"
    schools = figure(
        real(CONSTRUCTION), "subsidised_construction_cost_primary_schools__settlement_survey", "012033"
    )
    assert (schools["value"], schools["cell"]) == (Decimal(595998), "K4")


@needs(FOLDER)
def test_reading_takes_little_longer_than_opening_the_file(catalog: Catalog, register: AreaRegister) -> None:
    path = MIRROR / FOLDER / MAINTENANCE[0]

    def seconds(work: Callable[[], object]) -> float:
        started = perf_counter()
        work()
        return perf_counter() - started

    bare = min(
        seconds(lambda: CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python())
        for _ in range(3)
    )
    whole = min(seconds(lambda: read(catalog, register, SOURCE, "maintenance", path)) for _ in range(3))
    assert whole < 3 * bare


# Workbooks of the same form with made-up bodies.


def _code(first_five: str) -> str:
    return first_five + check_digit(first_five)


PREFECTURE = _code("02000")
CITY, TOWN = _code("02201"), _code("02301")
AREAS = [
    MadeUpArea(PREFECTURE, "甲野県", "甲野県", PREFECTURE, "prefecture"),
    MadeUpArea(CITY, "甲一市", "甲野県", PREFECTURE, "city"),
    MadeUpArea(TOWN, "甲二町", "甲野県", PREFECTURE, "town"),
    MadeUpArea(_code("02801"), "甲野広域連合", "甲野県", PREFECTURE, "association"),
    MadeUpArea(_code("02802"), "甲野水道企業団", "甲野県", PREFECTURE, "association"),
]
# Code, name, class: 4 cities, 5 towns and villages, 6 and 7 associations.
BODIES = [
    (CITY, "甲一市", 4),
    (TOWN, "甲二町", 5),
    (_code("02801"), "甲野広域連合", 6),
    (_code("02802"), "甲野水道企業団", 7),
]
KEYS = [
    "決算年度",
    "業務コード",
    "団体コード ",
    "県名",
    "団体名",
    "団体区分",
    "表番号",
    "表名称",
    "行番号",
    "行名称",
]
MAINTAINED = ["001:維持補修費", "002:都道府県からの受託事業費", "003:都道府県からの受託事業費・うち国費", "004:他の市町村からの受託事業費", "005:他の市町村からの受託事業費・うち国費"]  # fmt: skip
BUILT = [
    "001:決算額", "002:1列のうち補助基本額", "003:1列の内訳・その団体で行うもの", "004:1列の内訳・補助金",
    "005:1列の財源内訳・国庫支出金", "006:1列の財源内訳・都道府県支出金", "007:1列の財源内訳・分担金・負担金・寄附金",
    "008:1列の財源内訳・地方債", "009:1列の財源内訳・その他の特定財源", "010:1列の財源内訳・一般財源等",
    "011:3列の内訳・更新整備", "012:3列の内訳・新規整備", "013:3列の内訳・用地取得",
]  # fmt: skip
Rows = list[list[Any]]


def _block(
    number: int, purpose: str, amounts: list[list[int]], table: int = 20, columns: list[str] = MAINTAINED
) -> Rows:
    """Return a block of the long form: the header again, a row for each body, the national total."""
    about = [table, "表の名", number, purpose]
    rows: Rows = [[*KEYS, *columns]]
    for (code, name, kind), figures in zip(BODIES, amounts, strict=True):
        rows.append([2021, 61, int(code), "甲野県", name, kind, *about, *figures])
    totals = [sum(column) for column in zip(*amounts, strict=True)]
    return [*rows, [2021, 61, "合計(全国)", None, None, None, *about, *totals]]


def _maintained(*amounts: int) -> list[list[int]]:
    return [[amount, 0, 0, 0, 0] for amount in amounts]


def _write(folder: Path, rows: Rows, name: str = "a0010202161200100.xlsx") -> Path:
    workbook = Workbook()
    sheet = workbook.active
    assert sheet is not None
    sheet.title = name.removesuffix(".xlsx").upper()
    for row in rows:
        sheet.append(row)
    workbook.save(folder / name)
    return folder / name


TOTAL = _block(1, "合計", _maintained(500, 60, 7, 1))
WELFARE = _block(4, "民生費", _maintained(40, 20, 5, 0))
OTHER = _block(11, "その他", _maintained(1, 1, 1, 1))
TOTAL_COST = "maintenance_cost__settlement_survey"


@pytest.fixture(scope="module")
def made_up(catalog: Catalog) -> Callable[..., FileReading]:
    """Return a reader that knows the made-up bodies."""
    register = made_up_register(AREAS)

    def read_made_up(path: Path, table: str = "maintenance") -> FileReading:
        return read(catalog, register, SOURCE, table, path)

    return read_made_up


def test_blocks_become_items_of_bodies_and_associations(
    made_up: Callable[..., FileReading], tmp_path: Path
) -> None:
    reading = made_up(_write(tmp_path, [*TOTAL, *WELFARE, *OTHER]))
    assert reading.defects == []
    assert reading.compared_sums == 2
    assert reading.frame is not None
    assert reading.frame.height == 10
    assert set(reading.frame["area_code"]) == {*(code for code, _, _ in BODIES), "000000"}
    assert figure(reading, TOTAL_COST, CITY)["value"] == Decimal(500)
    assert figure(reading, "maintenance_cost_welfare__settlement_survey", TOWN)["cell"] == "K9"
    nation = figure(reading, TOTAL_COST, "000000")
    assert (nation["value"], nation["fiscal_year"]) == (Decimal(568), 2021)


def test_a_total_that_the_bodies_do_not_reach_is_reported(
    made_up: Callable[..., FileReading], tmp_path: Path
) -> None:
    wrong = [*TOTAL[:-1], [*TOTAL[-1][:10], 569, 0, 0, 0, 0]]
    reading = made_up(_write(tmp_path, [*wrong, *WELFARE]))
    assert rules(reading) == {"total_differs"}
    assert [defect.row for defect in reading.defects] == [6]


def test_a_file_that_ends_within_a_block_is_refused(
    made_up: Callable[..., FileReading], tmp_path: Path
) -> None:
    reading = made_up(_write(tmp_path, [*TOTAL, *WELFARE[:3]]))
    assert reading.frame is None
    assert rules(reading) == {"total_missing"}


def test_a_block_that_is_not_described_is_named(made_up: Callable[..., FileReading], tmp_path: Path) -> None:
    school = _block(43, "うち小学校", _maintained(3, 2, 1, 0))
    renumbered = _block(5, "民生費", _maintained(3, 2, 1, 0))
    reading = made_up(_write(tmp_path, [*TOTAL, *school, *renumbered]))
    assert reading.frame is not None
    assert reading.frame.height == 5
    found = [(defect.rule, defect.found, defect.row) for defect in reading.defects]
    assert found == [
        ("undescribed_breakdown", "うち小学校 43", 8),
        ("undescribed_breakdown", "民生費 5", 14),
    ]
    assert {defect.severity for defect in reading.defects} == {"warning"}


def test_years_that_differ_within_a_file_stop_it(made_up: Callable[..., FileReading], tmp_path: Path) -> None:
    earlier = [[2020, *row[1:]] if row[0] == 2021 else row for row in WELFARE]
    reading = made_up(_write(tmp_path, [*TOTAL, *earlier], "維持補修費.xlsx"))
    assert reading.frame is None
    assert rules(reading) == {"period_contradicts"}


def test_another_years_name_stops_a_file(made_up: Callable[..., FileReading], tmp_path: Path) -> None:
    reading = made_up(_write(tmp_path, TOTAL, "a0010202261200100.xlsx"))
    assert rules(reading) == {"period_contradicts"}


def test_another_table_is_refused(made_up: Callable[..., FileReading], tmp_path: Path) -> None:
    reading = made_up(_write(tmp_path, _block(1, "合計", _maintained(500, 60, 7, 1), table=19)))
    assert reading.frame is None
    assert rules(reading) == {"table_number"}


def test_a_body_twice_in_one_block_is_refused(made_up: Callable[..., FileReading], tmp_path: Path) -> None:
    reading = made_up(_write(tmp_path, [*TOTAL[:2], TOTAL[1], *TOTAL[2:]]))
    assert "duplicate_area" in rules(reading)


def _built(cost: int, national: int, bonds: int) -> list[int]:
    return [cost, cost, cost - 1, 1, national, 0, 0, bonds, 0, cost - national - bonds, 0, 0, 0]


def test_construction_must_agree_with_its_sources_of_funds(
    made_up: Callable[..., FileReading], tmp_path: Path
) -> None:
    amounts = [_built(900, 300, 500), _built(80, 20, 30), _built(7, 1, 1), _built(5, 1, 1)]
    amounts[1][9] += 1
    rows = [*_block(43, "小学校", amounts, 21, BUILT), *_block(52, "その他", amounts, 21, BUILT)]
    reading = made_up(_write(tmp_path, rows, "a0010202161214300.xlsx"), "subsidised_construction")
    assert rules(reading) == {"cost_of_funds"}
    series = "subsidised_construction_cost_primary_schools__settlement_survey"
    assert figure(reading, series, CITY)["value"] == Decimal(900)
    assert reading.frame is not None
    assert TOWN not in reading.frame["area_code"].to_list()
    assert (
        reading.frame.filter(pl.col("item_id").str.contains("primary_schools")).height == reading.frame.height
    )

"""Settled accounts of prefectures in the documented layout: the year's block beside the year before and the change."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from pipelines.catalog.loader import Catalog
from pipelines.land.published import FileReading
from tests.publications import figure, read, rules
from tests.workbooks import made_up_areas, made_up_register

SOURCE = "soumu__prefecture_settlement"
AREAS = made_up_areas()
REGISTER = made_up_register(AREAS)
PREFECTURES = [area for area in AREAS if area.area_type == "prefecture"]
BLOCK = ("歳　入", "歳　出", "歳入歳出差引額", "翌年度に\n繰り越すべき財源", "実質収支")


def _numbers(place: int, less: int = 0) -> list[int]:
    revenue, expenditure, carried = 1000 * (place + 1) - less, 900 * (place + 1), 10
    balance = revenue - expenditure
    return [revenue, expenditure, balance, carried, balance - carried]


class _Sheet:
    """Table 1 from column P on, as in the workbook of fiscal 2002."""

    first = 16

    def __init__(self, year: str = "令和元年度", before: str = "平成30年度") -> None:
        self.book = Workbook()
        sheet = self.book.active
        assert isinstance(sheet, Worksheet)
        self.cells = sheet
        sheet.cell(1, self.first, "第１表　決算状況")
        sheet.cell(2, self.first, "（単位：千円）")
        sheet.cell(4, self.first, "都道府県名")
        for block, label in enumerate((year, before, "増減額")):
            start = self.first + 1 + 5 * block
            sheet.cell(4, start, label)
            sheet.merge_cells(start_row=4, start_column=start, end_row=4, end_column=start + 4)
            for place, name in enumerate(BLOCK):
                sheet.cell(5, start + place, name)
        totals = [
            sum(column)
            for column in zip(*(_numbers(place) for place in range(len(PREFECTURES))), strict=True)
        ]
        rows = [(area.name, _numbers(place)) for place, area in enumerate(PREFECTURES)]
        for row, (name, numbers) in enumerate([*rows, ("合　計", totals)], start=7):
            sheet.cell(row, self.first, name)
            for place, number in enumerate([*numbers, *_numbers(place=9), *([0] * 5)], start=1):
                sheet.cell(row, self.first + place, number)

    def read(
        self, catalog: Catalog, folder: Path, name: str = "都道府県決算状況調_第1表_令和元年度.xlsx"
    ) -> FileReading:
        self.book.save(folder / name)
        return read(catalog, REGISTER, SOURCE, "accounts", folder / name)


def test_only_the_block_of_the_year_is_read(catalog: Catalog, tmp_path: Path) -> None:
    reading = _Sheet().read(catalog, tmp_path)
    assert (rules(reading), reading.compared_sums) == (set(), 5)
    found = figure(reading, "prefecture_revenue__settlement", PREFECTURES[1].area_code)
    assert (found["value"], found["cell"], found["as_of_date"]) == (Decimal(2000), "Q8", date(2020, 3, 31))
    nation = figure(reading, "prefecture_real_balance__settlement", "000000")
    assert (nation["statistic"], nation["body_scope"]) == ("sum", "prefectures")


def test_a_file_of_another_year_is_refused(catalog: Catalog, tmp_path: Path) -> None:
    reading = _Sheet("令和２年度", "令和元年度").read(catalog, tmp_path)
    assert reading.frame is None


def test_a_total_that_differs_is_reported(catalog: Catalog, tmp_path: Path) -> None:
    sheet = _Sheet()
    row = 7 + len(PREFECTURES)
    for place, number in ((1, 7000), (3, 1600), (5, 1570)):
        sheet.cells.cell(row, sheet.first + place, number)
    reading = sheet.read(catalog, tmp_path)
    assert rules(reading) == {"total_differs"}


def test_a_balance_that_does_not_follow_refuses_the_prefecture(catalog: Catalog, tmp_path: Path) -> None:
    sheet = _Sheet()
    sheet.cells.cell(7, sheet.first + 3, 101)
    assert "balance_of_totals" in rules(sheet.read(catalog, tmp_path))


REVENUE = ("地方税", "地方譲与税", "地方交付税", "国庫支出金", "諸収入", "歳入合計")


@pytest.mark.parametrize("unit", ["千円", "百万円"])
def test_revenue_by_kind(catalog: Catalog, tmp_path: Path, unit: str) -> None:
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.append(["令和５年度　歳入の状況"])
    sheet.append([f"（単位：{unit}）"])
    sheet.append(["都道府県名", *REVENUE])
    sheet.append([])
    rows = [[100 * (place + 1), 5, 30, 20, 45, 100 * (place + 1) + 100] for place in range(len(PREFECTURES))]
    for area, numbers in zip(PREFECTURES, rows, strict=True):
        sheet.append([area.name, *numbers])
    sheet.append(["合計", *(sum(column) for column in zip(*rows, strict=True))])
    path = tmp_path / "都道府県決算状況調_歳入_R5年度.xlsx"
    book.save(path)
    reading = read(catalog, REGISTER, SOURCE, "revenue", path)
    if unit == "百万円":
        assert (reading.frame, rules(reading)) == (None, {"unit_differs"})
        return
    assert (rules(reading), reading.compared_sums) == (set(), 4)
    found = {
        kind: figure(reading, f"prefecture_{kind}__settlement", PREFECTURES[0].area_code)["value"]
        for kind in ("local_tax", "allocation_tax", "national_subsidy")
    }
    assert found == {"local_tax": 100, "allocation_tax": 30, "national_subsidy": 20}

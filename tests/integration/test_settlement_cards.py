"""Settled accounts of municipalities in the documented layout: the grid from column O and row 10, groups by prefecture."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from pipelines.catalog.loader import Catalog
from pipelines.land.published import FileReading
from tests.publications import figure, read, rules
from tests.workbooks import MadeUpArea, made_up_areas, made_up_register

SOURCE = "soumu__settlement_cards"
AREAS = made_up_areas()
REGISTER = made_up_register(AREAS)
CITIES = ("designated_city", "core_city", "special_city", "special_ward", "city")
FIRST_COLUMN, HEADER_ROW, BODY_ROW = 15, 10, 17

# Header, its part or unit below, and a body's number.
COLUMNS: list[tuple[str, str, Any]] = [
    ("住民基本台帳登載人口", "人", 98765),
    ("うち日本人", "人", 98000),
    ("国勢調査\n人口", "人", 97654),
    ("基準財政需要額", "千円", 20_000_000),
    ("基準財政収入額", "千円", 12_000_000),
    ("標準財政規模", "千円", 25_000_000),
    ("実質収支比率", "％", 4.5),
    ("経常収支比率", "％", 95.4),
    ("公債費負担比率", "％", 14.2),
    ("財政力指数", "", 0.61),
    ("実質赤字比率", "％", "－"),
    ("連結実質赤字比率", "％", "－"),
    ("実質公債費比率", "％", -1.2),
    ("将来負担比率", "％", "－"),
    ("歳入総額", "千円", 50_000_500),
    ("歳出総額", "千円", 48_000_000),
    ("歳入歳出差引額", "千円", 2_000_500),
    ("翌年度に繰り越すべき財源", "千円", 500),
    ("実質収支", "千円", 2_000_000),
    ("実質単年度収支", "千円", -30),
]


def _bodies(*kinds: str) -> list[MadeUpArea]:
    return [area for area in AREAS if area.area_type in kinds]


class _Sheet:
    """A workbook in the layout of the publication; `put` changes a body's cell."""

    def __init__(self, bodies: list[MadeUpArea], year: str = "令和５年度") -> None:
        self._book = Workbook()
        self._sheet = self._book.active
        self._sheet.title = "AFAHO11H0010"
        self._sheet.cell(2, FIRST_COLUMN, f"{year}　市町村別決算状況調　概況")
        for place, (name, unit, _) in enumerate([("団体コード", "", None), ("団体名", "", None), *COLUMNS]):
            self._sheet.cell(HEADER_ROW, FIRST_COLUMN + place, name)
            self._sheet.cell(HEADER_ROW + 6, FIRST_COLUMN + place, unit)
        self.rows: dict[str, int] = {}
        self._write(bodies)

    def _write(self, bodies: list[MadeUpArea]) -> None:
        row, prefecture = BODY_ROW, ""
        for area in bodies:
            if area.prefecture != prefecture:
                prefecture = area.prefecture
                self._sheet.cell(row + 1, FIRST_COLUMN + 1, "　".join(prefecture))
                row += 3
            self._sheet.cell(row, FIRST_COLUMN, area.area_code)
            self._sheet.cell(row, FIRST_COLUMN + 1, area.name)
            for place, (_, _, number) in enumerate(COLUMNS, start=2):
                self._sheet.cell(row, FIRST_COLUMN + place, number)
            self.rows[area.area_code] = row
            row += 1

    def put(self, area: MadeUpArea, header: str, value: Any) -> None:
        names = ["団体コード", "団体名", *(name for name, _, _ in COLUMNS)]
        self._sheet.cell(self.rows[area.area_code], FIRST_COLUMN + names.index(header)).value = value

    def rename(self, header: str, name: str, below: int = 0) -> None:
        names = ["団体コード", "団体名", *(name for name, _, _ in COLUMNS)]
        self._sheet.cell(HEADER_ROW + below, FIRST_COLUMN + names.index(header), name)

    def read(
        self, catalog: Catalog, folder: Path, table: str = "cities", name: str = "000999900.xlsx"
    ) -> FileReading:
        self._book.save(folder / name)
        return read(catalog, REGISTER, SOURCE, table, folder / name)


@pytest.fixture
def sheet() -> _Sheet:
    return _Sheet(_bodies(*CITIES))


def test_figures_of_cities(catalog: Catalog, sheet: _Sheet, tmp_path: Path) -> None:
    reading = sheet.read(catalog, tmp_path)
    assert (reading.bodies, rules(reading)) == (len(_bodies(*CITIES)), set())
    city = _bodies("city")[0]
    found = figure(reading, "settlement_expenditure__settlement_cards", city.area_code)
    assert (found["value"], found["unit"], found["as_of_date"]) == (
        Decimal(48_000_000),
        "千円",
        date(2024, 3, 31),
    )
    assert (found["sheet"], found["cell"]) == ("AFAHO11H0010", f"AF{sheet.rows[city.area_code]}")
    assert figure(reading, "debt_service_ratio__settlement_cards", city.area_code)["value"] == Decimal("-1.2")
    missing = figure(reading, "future_burden_ratio__settlement_cards", city.area_code)
    assert (missing["value"], missing["value_status"]) == (None, "not_calculated")


def test_figures_of_towns(catalog: Catalog, tmp_path: Path) -> None:
    towns = _bodies("town", "village")
    reading = _Sheet(towns, "令和元年度").read(catalog, tmp_path, "towns", "000999905.xlsx")
    assert (reading.bodies, rules(reading)) == (len(towns), set())
    assert (
        figure(reading, "fiscal_strength_index__settlement_cards", towns[0].area_code)["fiscal_year"] == 2019
    )


def test_towns_under_the_name_of_cities_are_refused(catalog: Catalog, tmp_path: Path) -> None:
    reading = _Sheet(_bodies("town", "village")).read(catalog, tmp_path)
    assert reading.frame is None


def test_a_balance_that_does_not_follow_refuses_the_body(
    catalog: Catalog, sheet: _Sheet, tmp_path: Path
) -> None:
    city = _bodies("city")[0]
    sheet.put(city, "歳出総額", 47_000_000)
    reading = sheet.read(catalog, tmp_path)
    assert rules(reading) == {"balance_of_totals"}
    assert reading.frame is not None
    assert city.area_code not in set(reading.frame["area_code"])


def test_a_body_that_lost_its_code_is_missed(catalog: Catalog, sheet: _Sheet, tmp_path: Path) -> None:
    sheet.put(_bodies("city")[0], "団体コード", None)
    assert rules(sheet.read(catalog, tmp_path)) == {"body_missing"}


def test_an_unknown_header_refuses_the_file(catalog: Catalog, sheet: _Sheet, tmp_path: Path) -> None:
    sheet.rename("実質単年度収支", "新しい指標")
    reading = sheet.read(catalog, tmp_path)
    assert (reading.frame, rules(reading)) == (None, {"unknown_header"})


def test_another_unit_in_the_head_of_one_column_refuses_the_file(
    catalog: Catalog, sheet: _Sheet, tmp_path: Path
) -> None:
    sheet.rename("標準財政規模", "（百万円）", below=6)
    reading = sheet.read(catalog, tmp_path)
    assert reading.frame is None
    assert [(defect.rule, defect.column) for defect in reading.defects] == [
        ("unit_differs", "標準財政規模>(百万円)")
    ]

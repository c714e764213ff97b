"""Registers of assets made up for tests: lines whose sums are given, and files of them in the forms that bodies use."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

import polars as pl

from pipelines.acquire.archive import Snapshot
from pipelines.catalog.loader import load_catalog
from pipelines.catalog.registers import RegisterTable
from pipelines.files import sha256_of
from pipelines.identity.match import AreaRegister
from pipelines.identity.register import AREA_SCHEMA
from pipelines.register.about import About
from pipelines.register.reading import RegisterReader, RegisterReading

SOURCE, TABLE = "municipality__asset_registers", "asset_line"
THOUSAND = 1_000

# 鹿児島市, fiscal year 2017, as its page states beside its register, in thousand yen: label, cost, accumulated.
KAGOSHIMA = "462012"
KAGOSHIMA_TOTALS = (
    ("事業用資産/土地", 312_327_230, 0),
    ("事業用資産/立木竹", 2_042_325, 0),
    ("事業用資産/建物", 406_260_018, 226_298_161),
    ("事業用資産/工作物", 49_411_352, 23_521_406),
    ("インフラ資産/土地", 53_171_998, 0),
    ("インフラ資産/建物", 15_599_912, 6_240_466),
    ("インフラ資産/工作物", 502_336_891, 304_473_458),
    ("物品", 11_307_577, 5_046_384),
)

HEADERS = {
    "asset_no": "資産番号",
    "branch_no": "枝番",
    "department": "所管課",
    "account": "勘定科目",
    "asset_name": "件名",
    "use_name": "用途",
    "useful_life_years": "耐用年数",
    "acquired_on": "取得年月日",
    "in_use_on": "供用開始年月日",
    "acquisition_cost": "取得価額等",
    "accumulated_depreciation": "減価償却累計額",
    "book_value": "帳簿価額",
}
_USES = {"建物": ("学校", "第{}小学校"), "工作物": ("道路", "市道{}号線"), "土地": ("道路敷", "敷地{}")}


@dataclass(frozen=True)
class Line:
    """One asset line; amounts in yen."""

    asset_no: str
    account: str
    asset_name: str
    use_name: str
    useful_life_years: int | None
    acquired_on: date | None
    acquisition_cost: int
    accumulated_depreciation: int
    branch_no: str = "0"
    department: str = "管財課"

    @property
    def in_use_on(self) -> date | None:
        """Return the day of first use, that of acquisition."""
        return self.acquired_on

    @property
    def book_value(self) -> int:
        """Return what is left."""
        return self.acquisition_cost - self.accumulated_depreciation


def shares_of(total: int, count: int) -> list[int]:
    """Return whole amounts, no two alike, that add up to a total."""
    weights = [7 * place % 97 + place + 1 for place in range(count)]
    found = [total * weight // sum(weights) for weight in weights]
    found[-1] += total - sum(found)
    return found


def kagoshima_lines(count: int = 25) -> list[Line]:
    """Return lines that add up, to the yen, to the totals of the city."""
    lines: list[Line] = []
    for account, cost, accumulated in KAGOSHIMA_TOTALS:
        use, name = next((entry for word, entry in _USES.items() if word in account), ("備品", "備品{}"))
        amounts = zip(
            shares_of(cost * THOUSAND, count), shares_of(accumulated * THOUSAND, count), strict=True
        )
        for place, (part, written_off) in enumerate(amounts):
            depreciates = accumulated > 0
            lines.append(
                Line(
                    str(len(lines) + 1), account, name.format(place + 1), use, 50 if depreciates else None,
                    date(1975 + place, 4, 1), part, written_off,
                )
            )  # fmt: skip
    return lines


def straight_lines(count: int, fiscal_year: int = 2017) -> list[Line]:
    """Return buildings written off by the statutory rate from the year after use began, down to 1 yen."""
    lines = []
    for place in range(count):
        life, used = (15, 24, 38, 47, 50)[place % 5], date(1970 + place % 45, 1 + place % 12, 1)
        cost = 1_000_003 * (place + 1)
        years = fiscal_year - (used.year - (used.month < 4))
        written_off = min(cost - 1, cost * -(-1000 // life) // 1000 * years)
        lines.append(
            Line(str(place + 1), "事業用資産/建物", f"第{place}小学校", "学校", life, used, cost, written_off)
        )
    return lines


def rows_of(
    lines: Sequence[Line], columns: Sequence[str] = tuple(HEADERS), unit: int = 1
) -> list[list[object]]:
    """Return lines as rows of cells, blank for what is not given."""
    amounts = {"acquisition_cost", "accumulated_depreciation", "book_value"}
    return [
        [
            "" if (value := getattr(line, name)) is None else (value / unit if name in amounts and unit > 1 else value)
            for name in columns
        ]
        for line in lines
    ]  # fmt: skip


def write_csv(path: Path, rows: Sequence[Sequence[object]], encoding: str = "utf-8-sig") -> Path:
    """Write rows as CSV."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.getvalue().encode(encoding))
    return path


def write_xlsx(path: Path, sheets: dict[str, Sequence[Sequence[object]]], merged: Sequence[str] = ()) -> Path:
    """Write sheets as a workbook; `merged` are ranges of the first sheet."""
    import openpyxl

    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append([None if cell == "" else cell for cell in row])
    for area in merged:
        book.worksheets[0].merge_cells(area)
    path.parent.mkdir(parents=True, exist_ok=True)
    book.save(path)
    return path


@cache
def described() -> RegisterTable:
    """Return the description that ships."""
    return load_catalog().sources[SOURCE].description.registers[TABLE]


def read_file(
    path: Path, areas: AreaRegister, about: About | None = None, name: str | None = None
) -> RegisterReading:
    """Read one register as the pipeline does."""
    snapshot = Snapshot(
        sha256_of(path), SOURCE, TABLE, name or path.name, path.as_uri(), "2026-11-23T00:00:00+09:00", None,
        path.stat().st_size,
    )  # fmt: skip
    return RegisterReader(SOURCE, TABLE, described(), areas).read(path, snapshot, about)


def areas() -> AreaRegister:
    """Return a register of areas in which the city, its prefecture and one more city have always been."""
    rows = [
        {
            "area_code": code, "valid_from": date(1968, 12, 1), "valid_to": None, "name_ja": name, "name_kana": "さく",
            "district_ja": None, "prefecture_code": "460001", "area_type": kind, "valid_from_basis": "code_system_start",
        }
        for code, name, kind in (
            ("460001", "鹿児島県", "prefecture"), (KAGOSHIMA, "鹿児島市", "core_city"), ("462039", "鹿屋市", "city"),
        )
    ]  # fmt: skip
    return AreaRegister(pl.DataFrame(rows, schema=AREA_SCHEMA))

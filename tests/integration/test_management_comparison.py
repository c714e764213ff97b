"""Management comparison tables in the documented layout: one business a file, one row, five years, rows for charts below."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from pipelines.acquire.origin import is_file_of
from pipelines.catalog.loader import Catalog
from pipelines.land.published import FileReading
from tests.publications import figure, read, rules
from tests.workbooks import MadeUpArea, made_up_areas, made_up_register

SOURCE = "soumu__management_comparison"
AREAS = made_up_areas()
REGISTER = made_up_register(AREAS)
CITY = next(area for area in AREAS if area.area_type == "city")
YEARS = ("(N-4)", "(N-3)", "(N-2)", "(N-1)", "(N)")

HEALTH, AGE = "1. 経営の健全性・効率性", "2. 老朽化の状況"
WATER = [
    (HEALTH, "①経常収支比率(％)", 110.5), (HEALTH, "②累積欠損金比率(％)", 0), (HEALTH, "③流動比率(％)", 357.62),
    (HEALTH, "④企業債残高対給水収益比率(％)", 200.42), (HEALTH, "⑤料金回収率(％)", 102.3),
    (HEALTH, "⑥給水原価(円)", 177.56), (HEALTH, "⑦施設利用率(％)", 60.1), (HEALTH, "⑧有収率(％)", 89.2),
    (AGE, "①有形固定資産減価償却率(％)", 51.2), (AGE, "②管路経年化率(％)", 23.7), (AGE, "③管路更新率(％)", 0.75),
]  # fmt: skip
SEWERAGE = [
    (HEALTH, "①収益的収支比率(％)", 95.1), (HEALTH, "②累積欠損金比率(％)", "該当数値なし"),
    (HEALTH, "③流動比率(％)", "該当数値なし"), (HEALTH, "④企業債残高対事業規模比率(％)", 776.35),
    (HEALTH, "⑤経費回収率(％)", 82.0), (HEALTH, "⑥汚水処理原価(円)", 142.28), (HEALTH, "⑦施設利用率(％)", "-"),
    (HEALTH, "⑧水洗化率(％)", 94.57), (AGE, "①有形固定資産減価償却率(％)", "該当数値なし"),
    (AGE, "②管渠老朽化率(％)", "該当数値なし"), (AGE, "③管渠改善率(％)", 0.12),
]  # fmt: skip
BASIC: dict[str, list[tuple[str, Any]]] = {
    "water": [
        ("資金不足比率(％)", "-"), ("自己資本構成比率(％)", 71.3), ("普及率(％)", 99.9),
        ("1か月20m3当たり家庭料金(円)", 2970), ("人口（人）", 54118), ("面積(km2)", 299.69), ("人口密度(人/km2)", 180.58),
        ("現在給水人口(人)", 53000), ("給水区域面積(km2)", 10.12), ("給水人口密度(人/km2)", 293.48),
    ],
    "sewerage": [
        ("資金不足比率(％)", "-"), ("自己資本構成比率(％)", "該当数値なし"), ("普及率(％)", 91.82), ("有収率(％)", 91.14),
        ("1か月20m3当たり家庭料金(円)", 3132), ("人口（人）", 62863), ("面積(km2)", 103.58), ("人口密度(人/km2)", 606.9),
        ("処理区域内人口(人)", 57366), ("処理区域面積(km2)", 17.11), ("処理区域内人口密度(人/km2)", 3352.78),
    ],
}  # fmt: skip


class _Form:
    """The sheet データ of one business; `put` changes a cell of its row by the texts that head it."""

    def __init__(
        self, table: str, business: str, *, area: MadeUpArea = CITY, facility: object = 0, merged: bool = False,
        word: str = "比率", name: str | None = None,
    ) -> None:  # fmt: skip
        self._table, self._merged = table, merged
        accounting = "法適用" if table == "water" else "法非適用"
        industry = "水道事業" if table == "water" else "下水道事業"
        place = f"{area.prefecture}　{area.name}" if name is None else name
        self.columns: list[tuple[str, str, str, Any]] = [
            ("大項目", "中項目", "小項目", "参照用"), ("年度", "", "", 2022), ("団体CD", "", "", int(area.area_code)),
            ("業務CD", "", "", 46), ("業種CD", "", "", 1), ("事業CD", "", "", 0), ("施設CD", "", "", facility),
            ("基本情報", "都道府県名", "", place), ("基本情報", "法適・法非適", "", accounting),
            ("基本情報", "業種名称", "", industry), ("基本情報", "事業名称", "", business),
            ("基本情報", "類似団体区分", "", "A5"), ("基本情報", "管理者情報", "", "非設置"),
        ]  # fmt: skip
        self.columns += [("基本情報", header, "", value) for header, value in BASIC[table]]
        for group, header, value in WATER if table == "water" else SEWERAGE:
            numbers = [value if isinstance(value, str) else value + 4 - place for place in range(5)]
            self.columns += [
                (group, header, f"{word}{year}", n) for year, n in zip(YEARS, numbers, strict=True)
            ]
            self.columns += [(group, header, f"類似団体平均{year}", 5555) for year in YEARS]
            self.columns += [(group, header, "全国平均", 4444)]

    def put(self, header: str, part: str, value: object) -> None:
        place = next(n for n, column in enumerate(self.columns) if column[1:3] == (header, part))
        self.columns[place] = (*self.columns[place][:3], value)

    def read(self, catalog: Catalog, folder: Path, file: str = "2022_932019_46_010.xlsx") -> FileReading:
        book = Workbook()
        book.active.title = "法適用_水道事業"
        sheet = book.create_sheet("データ")
        sheet.append(["項番", *range(1, len(self.columns))])
        seen: set[tuple[str, ...]] = set()
        starts: list[tuple[int, int]] = []
        for column, levels in enumerate(self.columns, start=1):
            for level in range(3):
                path = (*levels[: level + 1], str(level))
                if levels[level] and (level == 2 or path not in seen):
                    sheet.cell(2 + level, column, levels[level])
                    starts.append((2 + level, column))
                seen.add(path)
            sheet.cell(5, column, levels[3])
            sheet.cell(6, column, "グラフ参照用" if column == 1 else levels[3])
        sheet.cell(8, 1, "年度")
        for place in range(5):
            sheet.cell(8, 2 + place, date(2018 + place, 1, 1))
        if self._merged:
            self._merge(sheet, starts)
        book.save(folder / file)
        return read(catalog, REGISTER, SOURCE, self._table, folder / file)

    def _merge(self, sheet: Any, starts: list[tuple[int, int]]) -> None:
        for row in (2, 3):
            columns = [column for at, column in starts if at == row] + [len(self.columns) + 1]
            for left, right in pairwise(columns):
                right = min([right, *(column for at, column in starts if at < row and column > left)])
                if right - left > 1:
                    sheet.merge_cells(start_row=row, end_row=row, start_column=left, end_column=right - 1)


@pytest.mark.parametrize("merged", [False, True], ids=["heads left of their columns", "merged heads"])
@pytest.mark.parametrize("word", ["比率", "当該値"])
def test_five_years_of_a_business(catalog: Catalog, tmp_path: Path, merged: bool, word: str) -> None:
    reading = _Form("water", "末端給水事業", merged=merged, word=word).read(catalog, tmp_path)
    assert reading.frame is not None, reading.defects
    assert (reading.bodies, rules(reading), reading.frame.height) == (1, set(), 11 * 5 + 5)
    series = "water_unit_cost__supply"
    years = [figure(reading, series, CITY.area_code, fiscal_year=2018 + n) for n in range(5)]
    assert [found["value"] for found in years] == [Decimal("181.56") - n for n in range(5)]
    assert [found["as_of_date"] for found in years] == [date(2019 + n, 3, 31) for n in range(5)]
    assert {found["unit"] for found in years} == {"円"}
    assert {found["sheet"] for found in years} == {"データ"}
    served = figure(reading, "water_served_population__supply", CITY.area_code)
    assert (served["value"], served["statistic"], served["fiscal_year"]) == (53000, "count", 2022)
    assert 5555 not in reading.frame["value"].to_list()


def test_a_sewerage_business_without_enterprise_accounting(catalog: Catalog, tmp_path: Path) -> None:
    reading = _Form("sewerage", "特定環境保全公共下水道", facility="000").read(catalog, tmp_path)
    assert (reading.bodies, rules(reading)) == (1, set())
    kind = "special_environment"
    ratio = figure(reading, f"sewerage_revenue_expenditure_ratio__{kind}", CITY.area_code, fiscal_year=2022)
    assert (ratio["value"], ratio["unit"]) == (Decimal("95.1"), "%")
    for item, status in {
        "liquidity_ratio": "nil_mark", "facility_utilisation_rate": "nil_mark", "fund_shortage_ratio": "not_calculated",
    }.items():  # fmt: skip
        found = figure(reading, f"sewerage_{item}__{kind}", CITY.area_code, fiscal_year=2022)
        assert (found["value"], found["value_status"]) == (None, status)


@pytest.mark.parametrize(
    ("business", "kind"),
    [("公共下水道", "public"), ("農業集落排水施設", "farming"), ("個別排水処理施設", "individual")],
)
def test_each_kind_of_business_is_a_series(
    catalog: Catalog, tmp_path: Path, business: str, kind: str
) -> None:
    reading = _Form("sewerage", business).read(catalog, tmp_path)
    assert reading.frame is not None
    assert {name.rpartition("__")[2] for name in reading.frame["series_id"]} == {kind}


def test_businesses_of_one_kind_are_told_apart_by_the_facility(catalog: Catalog, tmp_path: Path) -> None:
    for code, kind in (("000", "simple"), (5, "simple_5")):
        reading = _Form("water", "簡易水道事業", facility=code).read(catalog, tmp_path)
        assert figure(reading, f"water_charge_20m3__{kind}", CITY.area_code)["value"] == 2970
    reading = _Form("water", "簡易水道事業", facility=77).read(catalog, tmp_path)
    assert (rules(reading), reading.frame is not None and reading.frame.height) == (
        {"undescribed_breakdown"},
        0,
    )


def test_a_business_of_a_prefecture(catalog: Catalog, tmp_path: Path) -> None:
    prefecture = next(area for area in AREAS if area.area_type == "prefecture")
    reading = _Form("water", "用水供給事業", area=prefecture, name=prefecture.name).read(catalog, tmp_path)
    assert figure(reading, "water_equity_ratio__bulk", prefecture.area_code)["value"] == Decimal("71.3")


def test_a_code_beside_another_bodys_name_is_quarantined(catalog: Catalog, tmp_path: Path) -> None:
    reading = _Form("water", "末端給水事業", name="甲野県　ほかの市").read(catalog, tmp_path)
    assert rules(reading) == {"code_and_name_differ"}


def test_a_depreciation_rate_beyond_the_whole_is_refused(catalog: Catalog, tmp_path: Path) -> None:
    form = _Form("water", "末端給水事業")
    form.put("①有形固定資産減価償却率(％)", "比率(N)", 151.2)
    reading = form.read(catalog, tmp_path)
    assert rules(reading) == {"out_of_range"}


def test_a_new_indicator_and_another_businesss_form_refuse_the_file(catalog: Catalog, tmp_path: Path) -> None:
    form = _Form("water", "末端給水事業")
    form.columns.append((AGE, "④新しい指標(％)", "比率(N)", 1))
    assert rules(form.read(catalog, tmp_path)) == {"unknown_header"}
    sewerage = _Form("sewerage", "公共下水道")
    sewerage._table = "water"
    assert "missing_header" in rules(sewerage.read(catalog, tmp_path))


@pytest.mark.parametrize(
    ("name", "tables"),
    [
        ("2022_932019_46_010.xlsx", {"water"}),
        ("kouei/2022_932019_47_1718.xls", {"sewerage"}),
        ("水道事業経営比較分析表（令和4年度）.xlsx", {"water"}),
        ("令和４年度　簡易水道事業　経営比較分析表.xlsx", {"water"}),
        ("経営比較分析表_上水道.xls", {"water"}),
        ("公共下水道事業経営比較分析表.xlsx", {"sewerage"}),
        ("経営比較分析表（農業集落排水）.xlsx", {"sewerage"}),
        ("経営比較分析表（病院事業）.xlsx", set()),
    ],
)
def test_names_of_files(catalog: Catalog, name: str, tables: set[str]) -> None:
    published = catalog.sources[SOURCE].description.published
    assert {table for table, described in published.items() if is_file_of(name, described)} == tables
    assert not any(described.genuine_file_seen for described in published.values())

"""The list of public accounting indicators: the transcription of it, and workbooks as the ministry's are described."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from openpyxl import Workbook

from cli.check import check_files
from cli.messages import Speaker
from pipelines.catalog.loader import Catalog
from pipelines.land.published import FileReading
from pipelines.normalize.area_codes import check_digit
from pipelines.settings import Home
from tests.publications import MIRROR, figure, needs, read, real_register, rules
from tests.workbooks import MadeUpArea, made_up_register

SOURCE = "soumu__public_accounting_indicators"
FILE = "2_kokaikei/kokaikei_indicators_FY2023_FY2022.csv"
RATE, COST = "asset_depreciation_rate__indicator_list", "per_capita_cost_accrual__indicator_list"
THIS_YEAR, YEAR_BEFORE = date(2024, 3, 31), date(2023, 3, 31)


# The transcription.


@pytest.fixture(scope="module")
def transcription(catalog: Catalog, tmp_path_factory: pytest.TempPathFactory) -> FileReading:
    """Return the transcription of the list of fiscal 2023 as it is read."""
    register = real_register(catalog, tmp_path_factory.mktemp("areas"))
    return read(catalog, register, SOURCE, "transcription", MIRROR / FILE)


@needs(FILE)
def test_every_row_names_one_body(transcription: FileReading) -> None:
    assert transcription.defects == []
    assert (transcription.bodies, transcription.unresolved) == (1740, 0)
    assert transcription.frame is not None
    assert transcription.frame.height == 4 * 1740
    assert set(transcription.frame["citation_publisher_ja"]) == {"ray-ray870/mitchie-fiscal"}


@needs(FILE)
@pytest.mark.parametrize(
    ("area_code", "cell", "value"),
    [
        ("011002", "B9", "71.4"),
        # 伊達市, 金山町 and 太子町 without a prefecture are those of 福島県 and 兵庫県.
        ("072133", "B31", "48.3"),
        ("074454", "B172", "70.8"),
        ("284645", "B1156", "58.9"),
        ("010006", "B2", "59"),
    ],
)
def test_figures_read_off_the_file_by_eye(
    transcription: FileReading, area_code: str, cell: str, value: str
) -> None:
    found = figure(transcription, RATE, area_code, as_of_date=THIS_YEAR)
    assert (found["cell"], found["value"], found["fiscal_year"]) == (cell, Decimal(value), 2023)


@needs(FILE)
def test_bodies_of_one_name_are_told_apart(transcription: FileReading) -> None:
    rates = {
        code: figure(transcription, RATE, code, as_of_date=THIS_YEAR)["raw_text"]
        for code in ("012335", "063614", "273813", "454311")
    }
    assert rates == {"012335": "63.7", "063614": "72.4", "273813": "64", "454311": "71.7"}


@needs(FILE)
def test_the_year_before_and_its_blanks(transcription: FileReading) -> None:
    before = figure(transcription, COST, "011002", as_of_date=YEAR_BEFORE)
    assert (before["value"], before["fiscal_year"], before["cell"]) == (Decimal("49.9"), 2022, "E9")
    blank = figure(transcription, RATE, "062065", as_of_date=YEAR_BEFORE)
    assert (blank["value"], blank["value_status"]) == (None, "nil_mark")


@needs(FILE)
def test_likely_errors_are_kept_as_published(transcription: FileReading) -> None:
    assert figure(transcription, COST, "053619", as_of_date=THIS_YEAR)["value"] == Decimal("10.7")
    assert figure(transcription, COST, "053660", as_of_date=THIS_YEAR)["value"] == Decimal(307)


# Files of the same form with made-up bodies.


def _code(first_five: str) -> str:
    return first_five + check_digit(first_five)


PREFECTURES = {
    name: _code(f"{number}000") for number, name in (("91", "甲野県"), ("92", "乙山県"), ("93", "丙川県"))
}
TWINS = {name: _code(f"{code[:2]}301") for name, code in PREFECTURES.items()}
PAIR = {name: _code(f"{PREFECTURES[name][:2]}302") for name in ("甲野県", "乙山県")}
CITY = _code("91201")
AREAS = [
    *(MadeUpArea(code, name, name, code, "prefecture") for name, code in PREFECTURES.items()),
    *(MadeUpArea(code, "三美町", name, PREFECTURES[name], "town") for name, code in TWINS.items()),
    *(MadeUpArea(code, "二葉村", name, PREFECTURES[name], "village") for name, code in PAIR.items()),
    MadeUpArea(CITY, "甲一市", "甲野県", PREFECTURES["甲野県"], "city"),
]
HEADER = ["団体名", "有形固定資産減価償却率R5(％)", "有形固定資産減価償却率R4(％)", "住民一人当たり行政コストR5(万円)", "住民一人当たり行政コストR4(万円)", "類団区分"]  # fmt: skip
ROWS = [[name, 60.5, 59, 40, 41.5, "C"] for name in PREFECTURES]
Reader = Callable[[str, Path], FileReading]


@pytest.fixture(scope="module")
def made_up(catalog: Catalog) -> Reader:
    """Return a reader that knows the made-up bodies."""
    register = made_up_register(AREAS)

    def read_made_up(table: str, path: Path) -> FileReading:
        return read(catalog, register, SOURCE, table, path)

    return read_made_up


def _csv(
    folder: Path, rows: Sequence[Sequence[Any]], header: Sequence[str] = HEADER, name: str = "FY2023_FY2022"
) -> Path:
    path = folder / f"kokaikei_indicators_{name}.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([header, *ROWS, *rows])
    return path


def _row(name: str, rate: float = 50.5) -> list[Any]:
    return [name, rate, "", 33, 32.5, "町村Ⅰ－０"]


def test_a_bare_name_is_the_body_that_no_other_row_names(made_up: Reader, tmp_path: Path) -> None:
    rows = [_row("三美町", 51), _row("三美町（甲野）", 52), _row("三美町（丙川）", 53), _row("甲一市")]
    reading = made_up("transcription", _csv(tmp_path, rows))
    assert reading.defects == []
    rates = {name: figure(reading, RATE, code, fiscal_year=2023)["value"] for name, code in TWINS.items()}
    assert rates == {"乙山県": Decimal(51), "甲野県": Decimal(52), "丙川県": Decimal(53)}
    blank = figure(reading, RATE, CITY, fiscal_year=2022)
    assert (blank["value_status"], blank["as_of_date"]) == ("nil_mark", YEAR_BEFORE)


def test_a_row_shifted_by_a_comma_in_a_number_is_refused_alone(made_up: Reader, tmp_path: Path) -> None:
    path = _csv(tmp_path, [_row("甲一市"), _row("三美町（甲野）")])
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("甲一市,50.5,,33,", "甲一市,50.5,,1,033,"), encoding="utf-8")
    reading = made_up("transcription", path)
    assert [(defect.rule, defect.row, defect.found) for defect in reading.defects] == [
        ("wrong_width", 5, "7")
    ]
    assert reading.frame is not None
    assert set(reading.frame["area_code"]) == {*PREFECTURES.values(), TWINS["甲野県"]}
    types = made_up("transcription_types", path)
    assert (types.frame, rules(types)) == (None, {"wrong_width"})


def test_a_file_of_shifted_rows_is_refused(made_up: Reader, tmp_path: Path) -> None:
    path = _csv(tmp_path, [[*_row(f"{name[:2]}町"), "余分"] for name in PREFECTURES] + [["甲一市", 1]])
    reading = made_up("transcription", path)
    assert (reading.frame, rules(reading)) == (None, {"wrong_width"})


def test_a_bare_name_that_two_bodies_may_bear_is_left_open(made_up: Reader, tmp_path: Path) -> None:
    reading = made_up(
        "transcription", _csv(tmp_path, [_row("三美町"), _row("三美町（甲野）"), _row("二葉村")])
    )
    assert [defect.rule for defect in reading.defects] == ["ambiguous_area_name"] * 2
    assert reading.frame is not None
    assert {*TWINS.values(), *PAIR.values()} & set(reading.frame["area_code"]) == {TWINS["甲野県"]}


def test_a_hint_at_a_prefecture_without_that_body_is_refused(made_up: Reader, tmp_path: Path) -> None:
    reading = made_up("transcription", _csv(tmp_path, [_row("二葉村（丙川）")]))
    assert rules(reading) == {"unknown_area_name"}


def test_the_later_year_of_the_headers_is_the_files(made_up: Reader, tmp_path: Path) -> None:
    turned = [HEADER[index] for index in (0, 2, 1, 4, 3, 5)]
    reading = made_up("transcription", _csv(tmp_path, [], turned))
    assert reading.span is not None
    assert reading.span.label == "FY2023"
    assert figure(reading, RATE, PREFECTURES["甲野県"], fiscal_year=2022)["value"] == Decimal("60.5")


def test_other_years_are_read_by_the_same_description(made_up: Reader, tmp_path: Path) -> None:
    header = [text.replace("R5", "R1").replace("R4", "H30") for text in HEADER]
    first = made_up("transcription", _csv(tmp_path, [], header, "FY2019_FY2018"))
    assert figure(first, COST, PREFECTURES["甲野県"], fiscal_year=2018)["value"] == Decimal("41.5")
    header = [text.replace("R5", "R7").replace("R4", "R6") for text in HEADER]
    later = made_up("transcription", _csv(tmp_path, [], header, "FY2025_FY2024"))
    assert figure(later, COST, PREFECTURES["甲野県"], fiscal_year=2024)["value"] == Decimal("41.5")


def test_a_file_under_another_years_name_is_refused(made_up: Reader, tmp_path: Path) -> None:
    reading = made_up("transcription", _csv(tmp_path, [], name="FY2024_FY2023"))
    assert rules(reading) == {"period_contradicts"}


def test_a_prefecture_that_is_not_there_is_reported(made_up: Reader, tmp_path: Path) -> None:
    path = _csv(tmp_path, [_row("甲一市")])
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join([*lines[:3], *lines[4:]]), encoding="utf-8")
    assert "body_missing" in rules(made_up("transcription", path))


# Workbooks in the form that is known of the ministry's: places and words of the values, four header rows.

INDICATORS = [
    "①住民一人当たり資産額（万円）", "②歳入額対資産比率（年）", "③有形固定資産減価償却率（％）", "④純資産比率（％）",
    "⑤将来世代負担比率（％）", "⑥住民一人当たり行政コスト（万円）", "⑦住民一人当たり負債額（万円）",
    "⑧業務・投資活動収支（百万円）", "⑨受益者負担比率（％）",
]  # fmt: skip
# What each indicator is made of stands left of it.
PARTS = ["資産合計", "住民基本台帳人口"]
VALUES = [250.5, 3.5, 65.4, 70, 20.5, 45.1, 60, -123, 4.2]
ITEMS = [
    "per_capita_assets", "revenue_to_assets_ratio", "asset_depreciation_rate", "net_asset_ratio",
    "future_generation_burden_ratio", "per_capita_cost_accrual", "per_capita_liabilities",
    "business_investment_balance", "beneficiary_burden_ratio",
]  # fmt: skip


def _merge(sheet: Any, top: int, bottom: int, left: int, right: int) -> None:
    sheet.merge_cells(start_row=top, end_row=bottom, start_column=left, end_column=right)


def _head(sheet: Any, heads: list[str], indicators: list[str], *, merges: bool) -> None:
    """Write four rows of heads: of the names, then of each indicator over two figures and its value."""
    for column, head in enumerate(heads, start=2):
        sheet.cell(1, column, head)
        if merges:
            _merge(sheet, 1, 4, column, column)
    for place, indicator in enumerate(indicators):
        left = len(heads) + 2 + 3 * place
        if place % 3 == 0:
            sheet.cell(1, left, "財務書類から得られる指標")
        sheet.cell(2, left, indicator)
        if merges:
            _merge(sheet, 2, 3, left, left + 2)
        for offset, text in enumerate((*PARTS, "当該値")):
            sheet.cell(4, left + offset, text)


def _fill(sheet: Any, bodies: list[list[str]], values: list[float]) -> None:
    """Write a row for each body: its names, then of each indicator two figures and its value."""
    for row, names in enumerate(bodies, start=5):
        cells = [*names, *(number for value in values for number in (1000, 10, value))]
        for column, cell in enumerate(cells, start=2):
            sheet.cell(row, column, cell)


def _workbook(
    folder: Path,
    *,
    years: Sequence[str] = ("R5", "R4"),
    indicators: list[str] = INDICATORS,
    is_prefectural: bool = False,
    merges: bool = True,
) -> Path:
    book = Workbook()
    book.remove(book.worksheets[0])
    bodies = [["甲野県", "甲一市", "都市Ⅰ－１"], ["乙山県", "三美町", "町村Ⅴ－２"]]
    heads = ["都道府県名", "団体名", "類団区分"]
    if is_prefectural:
        bodies, heads = [["甲野県", "B"], ["乙山県", "C"]], ["都道府県名", "グループ区分"]
    for number, year in enumerate(years):
        sheet = book.create_sheet(f"{year}指標")
        _head(sheet, heads, indicators, merges=merges)
        _fill(sheet, bodies, [value + number for value in VALUES])
    path = folder / ("都道府県指標一覧.xlsx" if is_prefectural else "市区町村指標一覧.xlsx")
    book.save(path)
    return path


@pytest.mark.parametrize("merges", [True, False], ids=["heads merged", "heads not merged"])
def test_values_stand_at_their_places_under_repeated_heads(
    made_up: Reader, tmp_path: Path, merges: bool
) -> None:
    reading = made_up("municipalities", _workbook(tmp_path, merges=merges))
    assert reading.defects == []
    assert reading.sheet == "R5指標"
    assert reading.frame is not None
    assert reading.frame.height == 2 * 9
    read_values = {item: figure(reading, f"{item}__indicator_list", CITY) for item in ITEMS}
    expected = [Decimal(str(value)) for value in VALUES[:7]] + [Decimal(-123_000_000), Decimal("4.2")]
    assert [entry["value"] for entry in read_values.values()] == expected
    assert [entry["cell"] for entry in read_values.values()] == [
        "G5",
        "J5",
        "M5",
        "P5",
        "S5",
        "V5",
        "Y5",
        "AB5",
        "AE5",
    ]
    town = figure(reading, RATE, TWINS["乙山県"])
    assert (town["as_of_date"], town["fiscal_year"], town["is_secondary"]) == (THIS_YEAR, 2023, False)


@pytest.mark.parametrize("years", [("R5", "R4"), ("R4", "R5")])
def test_the_year_before_is_read_from_its_own_sheet(
    made_up: Reader, tmp_path: Path, years: tuple[str, str]
) -> None:
    path = _workbook(tmp_path, years=years)
    newest, before = made_up("municipalities", path), made_up("municipalities_restated", path)
    assert (newest.sheet, before.sheet) == ("R5指標", "R4指標")
    assert figure(before, RATE, CITY)["fiscal_year"] == 2022
    assert newest.frame is not None
    assert before.frame is not None
    assert set(newest.frame["series_id"]) == set(before.frame["series_id"])


def test_the_change_of_era_lies_between_the_sheets(made_up: Reader, tmp_path: Path) -> None:
    path = _workbook(tmp_path, years=("R元", "H30"))
    assert figure(made_up("municipalities", path), RATE, CITY)["fiscal_year"] == 2019
    assert figure(made_up("municipalities_restated", path), RATE, CITY)["fiscal_year"] == 2018


def test_a_workbook_without_the_year_before_gives_nothing_for_it(made_up: Reader, tmp_path: Path) -> None:
    for years in (("R5",), ("R5", "R3")):
        path = _workbook(tmp_path, years=years)
        newest, before = made_up("municipalities", path), made_up("municipalities_restated", path)
        assert figure(newest, RATE, CITY)["fiscal_year"] == 2023
        assert (before.defects, before.is_of_nothing, newest.is_of_nothing) == ([], True, False)
        assert before.frame is not None
        assert before.frame.is_empty()


def test_a_workbook_without_a_sheet_of_any_year_is_unreadable(made_up: Reader, tmp_path: Path) -> None:
    path = _workbook(tmp_path, years=("主要",))
    assert rules(made_up("municipalities_restated", path)) == {"unreadable_file"}


@pytest.mark.parametrize("years", [("R1_", "H30_"), ("令和元年度", "平成30年度"), ("R01 ", "H30.")])
def test_the_year_may_stand_apart_in_the_sheets_name(
    made_up: Reader, tmp_path: Path, years: tuple[str, str]
) -> None:
    path = _workbook(tmp_path, years=years)
    assert figure(made_up("municipalities", path), RATE, CITY)["fiscal_year"] == 2019
    assert figure(made_up("municipalities_restated", path), RATE, CITY)["fiscal_year"] == 2018


def test_an_impossible_year_in_a_sheets_name_is_no_year(made_up: Reader, tmp_path: Path) -> None:
    path = _workbook(tmp_path, years=("T20", "R5"))
    assert figure(made_up("municipalities", path), RATE, CITY)["fiscal_year"] == 2023
    assert rules(made_up("municipalities", _workbook(tmp_path, years=("T20",)))) == {"period_unknown"}


def test_a_broken_first_edition_is_not_passed_over_as_having_nothing(
    tmp_path: Path, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cli.check.load_register", lambda _: made_up_register(AREAS))
    broken = [INDICATORS[0], "新しい指標", *INDICATORS[2:]]
    path = _workbook(tmp_path, years=("R5",), indicators=broken)
    [report], _ = check_files([path], home, SOURCE, Speaker("ja"))
    assert not report.accepted
    assert "unknown_header" in {defect.rule for defect in report.defects}


@pytest.mark.parametrize("merges", [True, False], ids=["heads merged", "heads not merged"])
def test_another_indicator_at_the_place_is_no_value_of_this_one(
    made_up: Reader, tmp_path: Path, merges: bool
) -> None:
    moved = [INDICATORS[1], INDICATORS[0], *INDICATORS[2:]]
    reading = made_up("municipalities", _workbook(tmp_path, indicators=moved, merges=merges))
    assert reading.frame is None
    assert {(defect.rule, defect.column) for defect in reading.defects} >= {
        ("missing_header", "*住民一人当たり資産額*当該値*"),
        ("missing_header", "*歳入額対資産比率*当該値*"),
    }


def test_the_prefectures_workbook_has_a_column_less(made_up: Reader, tmp_path: Path) -> None:
    path = _workbook(tmp_path, is_prefectural=True)
    reading = made_up("all_prefectures", path)
    assert reading.defects == []
    rate = figure(reading, RATE, PREFECTURES["甲野県"])
    assert (rate["value"], rate["cell"]) == (Decimal("65.4"), "L5")
    restated = made_up("all_prefectures_restated", path)
    assert restated.frame is not None
    assert restated.frame.filter(pl.col("series_id") == RATE)["fiscal_year"].unique().to_list() == [2022]


@pytest.mark.parametrize("is_prefectural", [False, True])
def test_the_types_stand_in_the_rows_of_the_figures(
    made_up: Reader, tmp_path: Path, is_prefectural: bool
) -> None:
    path = _workbook(tmp_path, is_prefectural=is_prefectural)
    names = (
        ("prefectural_types", "all_prefectures") if is_prefectural else ("municipal_types", "municipalities")
    )
    types, figures = made_up(names[0], path), made_up(names[1], path)
    assert types.defects == []
    assert types.frame is not None
    assert figures.frame is not None
    texts = ["B", "C"] if is_prefectural else ["都市Ⅰ－１", "町村Ⅴ－２"]
    assert types.frame["type_text"].to_list() == texts
    assert types.frame["as_of"].unique().to_list() == [THIS_YEAR]
    assert set(types.frame["__row"]) == set(figures.frame["__row"])


def test_the_transcribed_types_stand_in_the_rows_of_the_figures(made_up: Reader, tmp_path: Path) -> None:
    path = _csv(tmp_path, [])
    types, figures = made_up("transcription_types", path), made_up("transcription", path)
    assert types.defects == []
    assert types.frame is not None
    assert figures.frame is not None
    assert set(figures.frame["__row"]) <= set(types.frame["__row"])


def test_the_form_is_described_without_a_genuine_file(catalog: Catalog) -> None:
    published = catalog.sources[SOURCE].description.published
    unseen = {name for name, table in published.items() if not table.genuine_file_seen}
    assert unseen == {
        "municipalities",
        "municipalities_restated",
        "municipal_types",
        "all_prefectures",
        "all_prefectures_restated",
        "prefectural_types",
    }

"""The ordinary local allocation tax: the ministry's own workbooks, and workbooks of the same form with made-up bodies."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from openpyxl import Workbook
from python_calamine import CalamineWorkbook

from pipelines.acquire.archive import Snapshot
from pipelines.acquire.fetch import acquire
from pipelines.catalog.loader import Catalog
from pipelines.catalog.published import PublishedColumn
from pipelines.files import sha256_of
from pipelines.identity.match import AreaRegister
from pipelines.identity.register import AREA_SCHEMA
from pipelines.land.publication import PublicationLanding
from pipelines.land.published import FileReading, PublishedReader
from pipelines.land.register import land_register, load_register
from pipelines.land.source import SourceLanding
from pipelines.normalize.area_codes import check_digit
from pipelines.settings import Home
from tests.conftest import RETRIEVED_AT

SOURCE = "soumu__local_allocation_tax"
MIRROR = Path(os.environ.get("MIERUKA_MIRROR", "/nonexistent")) / "7_kofuzei"
real_files = pytest.mark.skipif(
    not MIRROR.is_dir(), reason="MIERUKA_MIRROR names no folder with the ministry's files"
)

Read = Callable[[str, Path, str], FileReading]
Rows = list[list[Any]]


def _reader(catalog: Catalog, register: AreaRegister) -> Read:
    def read(table: str, path: Path, name: str) -> FileReading:
        snapshot = Snapshot(
            sha256_of(path), SOURCE, table, name, path.as_uri(), RETRIEVED_AT, None, path.stat().st_size
        )
        description = catalog.sources[SOURCE].description
        return PublishedReader(description, table, register, catalog).read(path, snapshot)

    return read


def _figure(reading: FileReading, item_id: str, area_code: str) -> tuple[Any, str, date, str]:
    """Return a figure's value, status, day and cell; there must be exactly one."""
    assert reading.frame is not None, [defect.message("en") for defect in reading.defects[:5]]
    found = reading.frame.filter((pl.col("item_id") == item_id) & (pl.col("area_code") == area_code))
    assert found.height == 1
    row = found.row(0, named=True)
    return row["value"], row["value_status"], row["as_of_date"], row["cell"]


def _rules(reading: FileReading) -> set[str]:
    return {defect.rule for defect in reading.defects}


# The ministry's own workbooks.


@pytest.fixture(scope="session")
def real(catalog: Catalog, tmp_path_factory: pytest.TempPathFactory) -> Read:
    """Return a reader that knows the bodies of every day from the published tables of areas."""
    home = Home(tmp_path_factory.mktemp("areas"))
    home.create()
    nobody = AreaRegister(pl.DataFrame(schema=AREA_SCHEMA))
    for source_id in ("soumu__area_codes", "soumu__standard_area_codes"):
        source = catalog.sources[source_id]
        snapshots, _ = acquire(source, home, MIRROR.parent)
        SourceLanding(source, catalog, home).land(snapshots)
        PublicationLanding(source, catalog, home, nobody).land(snapshots, list(source.description.published))
    land_register(home, catalog)
    return _reader(catalog, load_register(home))


def _cell(name: str, sheet: str | None, where: tuple[int, int]) -> Any:
    """Return a cell by its position, not by way of the project's own readers."""
    workbook = CalamineWorkbook.from_path(str(MIRROR / name))
    rows = workbook.get_sheet_by_name(sheet or workbook.sheet_names[0]).to_python(skip_empty_area=False)
    return rows[where[0] - 1][where[1]]


@dataclass(frozen=True)
class Spot:
    """A figure read off a file by eye: whose it is, in which cell it stands (row from 1, column from 0)."""

    table: str
    file: str
    item_id: str
    area_code: str
    value: int
    where: tuple[int, int]
    sheet: str | None = None


SPOTS = [
    Spot("municipal_tax", "muni/2022.xlsx", "ordinary_allocation_tax", "011002", 117105909, (7, 3)),
    Spot("municipal_tax", "muni/2015.xlsx", "ordinary_allocation_tax", "473821", 1176055, (1725, 3)),
    Spot("municipal_need", "muni/2015-demand.xls", "standard_fiscal_need_fire_service", "012033", 1499736, (8, 6), "個別包括"),
    Spot("municipal_need", "muni/2015-demand.xls", "standard_fiscal_need", "131008", 1582124624, (633, 56), "個別包括"),
    Spot("municipal_need", "muni/2022-demand.xlsx", "standard_fiscal_need", "011002", 427958244, (6, 56), "個別包括"),
    Spot("municipal_need", "muni/2022-demand.xlsx", "extraordinary_debt_transfer", "012025", 2057043, (7, 55), "個別包括"),
    Spot("municipal_need", "muni/2021-demand.xlsx", "standard_fiscal_need_debt_service", "011002", 46713351, (6, 49), "個別包括"),
    Spot("municipal_revenue", "muni/2015-income.xls", "standard_fiscal_revenue", "011002", 239213005, (7, 38)),
    Spot("municipal_revenue", "muni/2022-income.xls", "standard_fiscal_revenue_residents_tax", "012033", 4057259, (9, 10)),
    Spot("prefectural_need", "pref/2015-demand.xlsx", "standard_fiscal_need", "020001", 328886502, (9, 48), "個別包括"),
    Spot("prefectural_need", "pref/2021-demand-revised.xlsx", "standard_fiscal_need", "010006", 1148296641, (6, 50), "個別包括"),
    Spot("prefectural_revenue", "pref/2022-income.xls", "standard_fiscal_revenue", "010006", 547010029, (7, 42)),
    Spot("prefectural_tax", "pref/2020.xls", "ordinary_allocation_tax", "470007", 209398240, (52, 9)),
]  # fmt: skip


@real_files
@pytest.mark.parametrize("spot", SPOTS, ids=lambda spot: f"{spot.file} {spot.item_id}")
def test_a_figure_of_the_ministry_is_read_from_its_cell(real: Read, spot: Spot) -> None:
    reading = real(spot.table, MIRROR / spot.file, f"7_kofuzei/{spot.file}")
    value, status, day, cell = _figure(reading, spot.item_id, spot.area_code)
    assert (value, status) == (Decimal(spot.value), "reported")
    assert day == date(int(spot.file[5:9]) + 1, 3, 31)
    assert int(cell.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")) == spot.where[0]
    assert _cell(spot.file, spot.sheet, spot.where) == spot.value


def _real_files() -> list[tuple[str, str]]:
    kinds = {"": "tax", "-demand": "need", "-demand-revised": "need", "-income": "revenue"}
    levels = {"muni": "municipal", "pref": "prefectural"}
    files = sorted(MIRROR.glob("*/*.xls*")) if MIRROR.is_dir() else []
    return [
        (f"{levels[path.parent.name]}_{kinds[path.stem[4:]]}", f"{path.parent.name}/{path.name}")
        for path in files
    ]


@real_files
@pytest.mark.parametrize(("table", "file"), _real_files())
def test_every_file_of_the_ministry_adds_up(real: Read, table: str, file: str) -> None:
    reading = real(table, MIRROR / file, f"7_kofuzei/{file}")
    assert reading.frame is not None, [defect.message("en") for defect in reading.defects[:5]]
    assert reading.span is not None
    assert reading.span.label == f"FY{file[5:9]}"
    # 丹波篠山市 still stands under the name it bore until May 2019.
    known = {"former_name"} if file == "muni/2020-demand.xlsx" else set()
    assert _rules(reading) == known, [defect.message("en") for defect in reading.defects[:5]]
    assert reading.unresolved == 0
    assert reading.bodies == (1719 if file.startswith("muni") else 47)
    assert reading.compared_sums or table == "municipal_tax"


@real_files
def test_recalculated_need_takes_the_place_of_the_first_calculation(real: Read) -> None:
    first = real("prefectural_need", MIRROR / "pref/2021-demand.xlsx", "7_kofuzei/pref/2021-demand.xlsx")
    later = real(
        "prefectural_need",
        MIRROR / "pref/2021-demand-revised.xlsx",
        "7_kofuzei/pref/2021-demand-revised.xlsx",
    )
    assert first.frame is not None
    assert later.frame is not None
    assert first.frame["observation_status"].unique().to_list() == ["preliminary"]
    assert later.frame["observation_status"].unique().to_list() == ["final"]
    assert _figure(first, "standard_fiscal_need", "010006")[0] == Decimal(1099772134)
    same = ["item_id", "series_id", "area_code", "as_of_date"]
    assert first.frame.select(same).equals(later.frame.select(same))


# Workbooks of the same form with made-up bodies.

_TOWNS = 30
# The towns, one that became a city, one that was renamed, and the wards as one.
_BODIES = _TOWNS + 3


def _code(first_five: str) -> str:
    return first_five + check_digit(first_five)


HOKKAIDO, TOKYO = _code("01000"), _code("13000")
WARDS = _code("13100")
TOWNS = [_code(f"01{number:03d}") for number in range(301, 301 + _TOWNS)]
OLD, NEW = _code("01391"), _code("01237")
RENAMED = _code("01238")


def _names() -> dict[str, str]:
    return dict(
        zip(
            TOWNS,
            (f"見本{letter}町" for letter in "あいうえおかきくけこさしすせそたちつてとなにぬねのはひふへほ"),
            strict=True,
        )
    )


@pytest.fixture(scope="session")
def made_up(catalog: Catalog) -> Read:
    """Return a reader that knows the made-up bodies: thirty towns, two that changed, and the wards as one."""
    areas = [
        (HOKKAIDO, date(1970, 4, 1), None, "北海道", HOKKAIDO, "prefecture"),
        (TOKYO, date(1970, 4, 1), None, "東京都", TOKYO, "prefecture"),
        (WARDS, date(1970, 4, 1), None, "特別区", TOKYO, "aggregate"),
        *((code, date(1970, 4, 1), None, name, HOKKAIDO, "town") for code, name in _names().items()),
        (OLD, date(1970, 4, 1), date(2016, 10, 10), "仮称町", HOKKAIDO, "town"),
        (NEW, date(2016, 10, 10), None, "仮称市", HOKKAIDO, "city"),
        (RENAMED, date(1970, 4, 1), date(2018, 5, 1), "旧例市", HOKKAIDO, "city"),
        (RENAMED, date(2018, 5, 1), None, "例示市", HOKKAIDO, "city"),
    ]
    columns = ("area_code", "valid_from", "valid_to", "name_ja", "prefecture_code", "area_type")
    rows = [dict.fromkeys(AREA_SCHEMA) | dict(zip(columns, area, strict=True)) for area in areas]
    return _reader(catalog, AreaRegister(pl.DataFrame(rows, schema=AREA_SCHEMA)))


def _bodies(year: int) -> list[tuple[str, str, str]]:
    """Return code, prefecture and name of every body of 1 April, as the sheets list them."""
    small = (OLD, "仮称町") if year <= 2016 else (NEW, "仮称市")
    renamed = (RENAMED, "旧例市" if year <= 2018 else "例示市")
    listed = [(code, "北海道", name) for code, name in [*_names().items(), small, renamed]]
    return [*listed, (WARDS, "東京都", "特別区")]


@dataclass
class Form:
    """A sheet before it is written: titles, header rows, bodies, what follows, merged ranges."""

    rows: Rows
    first_body: int
    merged: list[str] = field(default_factory=list)
    sheet: str = "個別包括"

    def write(self, path: Path) -> Path:
        """Write the sheet as a workbook."""
        workbook = Workbook()
        sheet = workbook.active
        assert sheet is not None
        sheet.title = self.sheet
        for row in self.rows:
            sheet.append([None if cell == "" else cell for cell in row])
        for cells in self.merged:
            sheet.merge_cells(cells)
        path.parent.mkdir(parents=True, exist_ok=True)
        workbook.save(path)
        return path


def _total(rows: Rows, label: str, width: int, at: int) -> list[Any]:
    sums = [sum(row[index] for row in rows) for index in range(at, width)]
    return ["", "", label, "", ""][:at] + [""] * max(0, at - 5) + sums


_NEED = (
    ("消防費", "", "人　口"), ("土　　木　　費", "下水道費", "人　口"), ("厚　　生　　費", "生活保護費", "市部人口"),
    ("厚　　生　　費", "社会福祉費", "人　口"), ("厚　　生　　費", "保健衛生費", "人　口"), ("厚　　生　　費", "清掃費", "人　口"),
    ("", "公債費", ""), ("個別算定経費\n合　　計", "", ""), ("包括算定経費\n合　　計", "", ""),
    ("総　計\n(臨時財政対策債\n振替前需要額)", "", ""), ("臨時財政対策債振替相当額", "", ""), ("臨時財政対策債\n振替後需要額", "", ""),
)  # fmt: skip


def _need_form(year: int, title: str, extra: tuple[tuple[str, str, str], ...] = ()) -> Form:
    """Return the form of need by municipality; `extra` are columns between the costs and their total."""
    columns = (*_NEED[:7], *extra, *_NEED[7:])
    header: Rows = [
        [*(head if level == 0 else [""] * 5), *(column[level] for column in columns)]
        for level in range(3)
        for head in [["コード", "都道府県", "市町村", "団体\n区分", "不足\n超過\nの別"]]
    ]
    bodies: Rows = []
    for number, (code, prefecture, name) in enumerate(_bodies(year), start=1):
        costs = [100 * number, 20, 30, 40, 50, 60, 7 * number, *(3 for _ in extra)]
        individual, comprehensive, transfer = sum(costs), 500 + number, 10 * number
        before = individual + comprehensive
        kind = "超過" if name == "特別区" else "不足"
        bodies.append(
            [
                f"C{code}110000",
                prefecture,
                name,
                6,
                kind,
                *costs,
                individual,
                comprehensive,
                before,
                transfer,
                before - transfer,
            ]
        )
    width = len(bodies[0])
    short = [row for row in bodies if row[4] == "不足"]
    ample = [row for row in bodies if row[4] == "超過"]
    rows = [
        [title, *[""] * (width - 1)],
        ["", "", "", "", "", "(個別算定経費)", *[""] * (width - 7), "（単位：千円）"],
        *header,
        *bodies,
        _total(short, "不\u3000 足", width, 5),
        _total(ample, "  超　　過", width, 5),
        _total(bodies, "  合 　  計", width, 5),
        ["", "", "", "", "", "※錯誤額は除く", *[""] * (width - 6)],
        [""] * width,
        ["", "", "", "", "", *_total(bodies, "", width, 5)[5:]],
        ["", "", "OK", "", "", *[0] * (width - 5)],
        # Padding far to the right and below, as the ministry leaves it.
        *([*[""] * (width + 4), 0, 0, 0] for _ in range(300)),
    ]
    return Form(rows, first_body=5)


TITLES = {2016: "平成28年度", 2019: "令和元年度", 2021: "令和３年度", 2022: "令和４年度"}


def _need(year: int, **settings: Any) -> Form:
    return _need_form(year, f"{TITLES[year]} 市町村別（費目別）基準財政需要額　一本算定ベース", **settings)


def _read_need(made_up: Read, folder: Path, form: Form, year: int) -> FileReading:
    name = f"muni/{year}-demand.xlsx"
    return made_up("municipal_need", form.write(folder / name), name)


def test_totals_notes_and_check_rows_are_no_bodies(made_up: Read, tmp_path: Path) -> None:
    reading = _read_need(made_up, tmp_path, _need(2022), 2022)
    assert not reading.defects
    assert reading.bodies == _BODIES
    # Seven costs, two totals of costs, the grand total, the transfer, the need after it.
    assert reading.compared_sums == 12
    assert reading.frame is not None
    assert reading.frame.height == 12 * (_BODIES)
    assert set(reading.frame["unit"]) == {"千円"}


def test_the_wards_are_one_aggregate(made_up: Read, tmp_path: Path) -> None:
    reading = _read_need(made_up, tmp_path, _need(2022), 2022)
    number = _BODIES
    before = 107 * number + 200 + 500 + number
    assert _figure(reading, "standard_fiscal_need", WARDS)[0] == Decimal(before - 10 * number)
    assert _figure(reading, "standard_fiscal_need_before_transfer", WARDS)[0] == Decimal(before)


def test_a_code_of_another_form_is_reported_as_printed(made_up: Read, tmp_path: Path) -> None:
    form = _need(2022)
    form.rows[form.first_body][0] = "C01-301"
    reading = _read_need(made_up, tmp_path, form, 2022)
    defect = next(defect for defect in reading.defects if defect.rule == "unknown_area_code")
    assert (defect.row, defect.found) == (form.first_body + 1, "C01-301")
    assert reading.bodies == _BODIES - 1


def test_a_total_that_does_not_tie_is_reported(made_up: Read, tmp_path: Path) -> None:
    form = _need(2022)
    total = next(row for row in form.rows if str(row[2]).strip() == "合 　  計")
    total[5] += 1
    reading = _read_need(made_up, tmp_path, form, 2022)
    assert [(defect.rule, defect.column) for defect in reading.defects] == [("total_differs", "fire_service")]
    assert reading.frame is not None


@pytest.mark.parametrize(("column", "rule"), [(-5, "need_of_its_parts"), (-2, "need_after_transfer")])
def test_a_row_that_does_not_add_up_is_refused(made_up: Read, tmp_path: Path, column: int, rule: str) -> None:
    form = _need(2022)
    form.rows[form.first_body][column] += 1
    reading = _read_need(made_up, tmp_path, form, 2022)
    assert rule in _rules(reading)
    assert reading.frame is not None
    assert TOWNS[0] not in set(reading.frame["area_code"])
    assert TOWNS[1] in set(reading.frame["area_code"])


def test_a_lost_total_row_is_missed(made_up: Read, tmp_path: Path) -> None:
    form = _need(2022)
    form.rows = [row for row in form.rows if str(row[2]).strip() != "合 　  計"]
    reading = _read_need(made_up, tmp_path, form, 2022)
    assert reading.frame is None
    assert _rules(reading) == {"total_missing"}


def test_a_file_cut_off_is_refused(made_up: Read, tmp_path: Path) -> None:
    form = _need(2022)
    del form.rows[form.first_body + 10 :]
    reading = _read_need(made_up, tmp_path, form, 2022)
    assert reading.frame is None
    assert "body_missing" in _rules(reading)


def test_an_unknown_cost_stops_the_file(made_up: Read, tmp_path: Path) -> None:
    reading = _read_need(made_up, tmp_path, _need(2022, extra=(("新しい費", "", "人　口"),)), 2022)
    assert reading.frame is None
    assert [defect.found for defect in reading.defects] == ["新しい費>人口"]


def test_title_and_file_name_must_agree(made_up: Read, tmp_path: Path) -> None:
    reading = _read_need(made_up, tmp_path, _need(2019), 2022)
    assert reading.frame is None
    assert _rules(reading) == {"period_contradicts"}


def test_a_code_beside_the_name_its_body_bore_a_year_ago(made_up: Read, tmp_path: Path) -> None:
    form = _need(2019)
    row = next(row for row in form.rows if row[2] == "例示市")
    row[2] = "旧例市"
    reading = _read_need(made_up, tmp_path, form, 2019)
    assert [(defect.rule, defect.severity) for defect in reading.defects] == [("former_name", "warning")]
    assert reading.unresolved == 0
    assert _figure(reading, "standard_fiscal_need", RENAMED)[1] == "reported"
    later = _read_need(made_up, tmp_path, _need(2021), 2021)
    assert not later.defects


def test_a_name_of_long_ago_is_refused(made_up: Read, tmp_path: Path) -> None:
    form = _need(2021)
    next(row for row in form.rows if row[2] == "例示市")[2] = "旧例市"
    reading = _read_need(made_up, tmp_path, form, 2021)
    assert "code_and_name_differ" in _rules(reading)


def test_bodies_are_those_of_the_first_of_april(made_up: Read, tmp_path: Path) -> None:
    reading = _read_need(made_up, tmp_path, _need(2016), 2016)
    assert not reading.defects
    assert _figure(reading, "standard_fiscal_need", OLD)[2] == date(2017, 3, 31)
    later = _read_need(made_up, tmp_path, _need(2019), 2019)
    assert not later.defects
    assert _figure(later, "standard_fiscal_need", NEW)[2] == date(2020, 3, 31)


@pytest.mark.parametrize(
    ("year", "recalculated", "status"),
    [(2019, False, "final"), (2021, False, "preliminary"), (2021, True, "final"), (2022, True, "final")],
)
def test_only_a_first_calculation_that_may_be_replaced_is_preliminary(
    made_up: Read, tmp_path: Path, year: int, recalculated: bool, status: str
) -> None:
    extra = (("臨時経済対策費", "", "人　口"), ("臨時財政対策債償還基金費", "", "")) if recalculated else ()
    reading = _read_need(made_up, tmp_path, _need(year, extra=extra), year)
    assert not reading.defects
    assert reading.frame is not None
    assert set(reading.frame["observation_status"]) == {status}
    assert reading.frame["enters_verdict"].all()


def _decided_form(year: int, short: str, *, total: bool) -> Form:
    bodies = _bodies(year)
    body_rows: Rows = [
        ["", "", name, 1000 + number, 900 + number] for number, (_, _, name) in enumerate(bodies)
    ]
    # The prefecture stands once for each printed page, in merged cells.
    for row, prefecture in ((0, "北海道"), (20, "北海道"), (len(bodies) - 1, "東京都")):
        body_rows[row][1] = prefecture
    sums = [["", "", "", "", ""], ["", "", "", *(sum(row[at] for row in body_rows) for at in (3, 4))]]
    rows: Rows = [
        [""] * 5,
        [f"{TITLES[year]}　市町村別普通交付税決定額", "", "", "", ""],
        [""] * 5,
        ["", "", "", "", "（単位：千円）"],
        ["", "", "市町村", "普通交付税", ""],
        ["", "", "", short, "（参考）前年度当初算定"],
        *body_rows,
        *(sums if total else []),
    ]
    merged = ["B5:B6", "C5:C6", "D5:E5", "B7:B26", f"B27:B{5 + len(bodies)}"]
    return Form(rows, first_body=6, merged=merged, sheet=short)


@pytest.mark.parametrize(("year", "short"), [(2022, "Ｒ４"), (2019, "R元"), (2016, "Ｈ２８")])
@pytest.mark.parametrize("total", [True, False])
def test_tax_decided_with_prefectures_in_merged_cells(
    made_up: Read, tmp_path: Path, year: int, short: str, total: bool
) -> None:
    name = f"muni/{year}.xlsx"
    form = _decided_form(year, short, total=total)
    reading = made_up("municipal_tax", form.write(tmp_path / name), name)
    assert not reading.defects
    assert reading.bodies == _BODIES
    assert reading.compared_sums == int(total)
    assert _figure(reading, "ordinary_allocation_tax", TOWNS[25])[0] == Decimal(1025)
    assert _figure(reading, "ordinary_allocation_tax", WARDS)[0] == Decimal(1000 + _BODIES - 1)


def test_tax_decided_of_a_lost_body_is_missed(made_up: Read, tmp_path: Path) -> None:
    form = _decided_form(2019, "R元", total=True)
    del form.rows[form.first_body + 3]
    form.merged = form.merged[:3]
    reading = made_up("municipal_tax", form.write(tmp_path / "muni/2019.xlsx"), "muni/2019.xlsx")
    missing = [defect.column for defect in reading.defects if defect.rule == "body_missing"]
    assert missing == [TOWNS[3]]
    assert "total_differs" in _rules(reading)


def test_sheet_name_of_another_year_is_a_contradiction(made_up: Read, tmp_path: Path) -> None:
    form = _decided_form(2019, "R元", total=False)
    form.sheet = "Ｈ２８"
    reading = made_up("municipal_tax", form.write(tmp_path / "muni/2019.xlsx"), "muni/2019.xlsx")
    assert _rules(reading) == {"period_contradicts"}


_REVENUE = (
    ("市町村民税", "計", "", ""), ("固定資産税", "計", "", ""), ("軽自動車税\n種別割", "", "", ""), ("法定普通税計", "", "", ""),
    ("利子割交付金", "", "", ""), ("地方消費税\n交付金", "", "", ""), ("目的税等計", "", "", ""), ("森林環境譲与税", "", "", ""),
    ("譲与税計", "", "", ""), ("交通安全対策特別交付金", "", "", ""), ("東日本大震災に係る特例加算額", "", "", ""),
)  # fmt: skip


@pytest.mark.parametrize(
    ("last", "figures"),
    [
        ((("地方特例交付金", "", "", ""),), (9,)),
        ((("地方特例交付金", "", "", ""), ("低工法等による\n控除額", "", "", "")), (9, -2)),
        (
            (
                ("", "地方特例交付金", "（個人住民税減収補填）", ""),
                ("", "地方特例交付金", "（自動車税減収補填）", ""),
                ("", "地方特例交付金", "（軽自動車税減収補填）", ""),
            ),
            (4, 3, 2),
        ),
    ],
    ids=["one grant", "with a deduction", "grant in three parts"],
)
def test_revenue_adds_up_in_every_form(
    made_up: Read, tmp_path: Path, last: tuple[tuple[str, ...], ...], figures: tuple[int, ...]
) -> None:
    columns = [*_REVENUE, *last, ("合　　計", "", "", "")]
    names = ["コード", "都道府県", "市町村", "団体\n区分", "不足\n超過\nの別"]
    header: Rows = [
        [*(names if level == 0 else [""] * 5), *(column[level] for column in columns)] for level in range(4)
    ]
    bodies: Rows = []
    for number, (code, prefecture, name) in enumerate(_bodies(2022), start=1):
        taxes = [50 * number, 30, 5, 50 * number + 35, 1, 2, 3, 4, 4, 5, 6]
        total = 50 * number + 35 + 3 + 4 + 5 + 6 + sum(figures)
        bodies.append([f"C{code}110000", prefecture, name, 6, "不足", *taxes, *map(abs, figures), total])
    width = len(bodies[0])
    title = f"{TITLES[2022]} 市町村別（税目別）基準財政収入額　一本算定ベース"
    rows = [
        [title],
        ["", "（単位：千円）"],
        *header,
        *bodies,
        _total(bodies, "  合   計", width, 5),
        ["", "", "", "", "", "※錯誤額は除く"],
    ]
    form = Form(rows, first_body=6, sheet="市町村別収入額")
    name = "muni/2022-income.xlsx"
    reading = made_up("municipal_revenue", form.write(tmp_path / name), name)
    assert not reading.defects
    assert _figure(reading, "standard_fiscal_revenue", TOWNS[0])[0] == Decimal(50 + 35 + 18 + sum(figures))
    bodies[0][-1] += 1
    reading = made_up("municipal_revenue", form.write(tmp_path / name), name)
    assert "revenue_of_its_parts" in _rules(reading)


def test_numbered_prefectures_are_known_by_name(made_up: Read, tmp_path: Path) -> None:
    figures = [(" 1  北海道", 30, 30, 0), ("13\u3000東  京", 10, 0, 10)]
    body: Rows = [
        [name, need if short else "", "" if short else need, need, short and 20, ample and 25, 20 if short else 25,
         ample and 15, short and 10, short and 10, short and 3, short and 2, short and 15]
        for name, need, short, ample in figures
    ]  # fmt: skip
    total = ["合計", *(sum(row[at] for row in body if row[at] != "") for at in range(1, 13))]
    rows: Rows = [
        ["第２部　２－７　地方交付税の状況"],
        ["　２－７－３表　都道府県別地方交付税交付額", *[""] * 11, "（単位　千円）"],
        ["区　　分", "基準財政需要額", "", "", "基準財政収入額", "", "", "財源超過額", "財源不足額", "普通交付税額", "特別交付税額", "震災復興特別交付税", "地方交付税総額"],
        ["", "財源不足団体", "財源超過団体", "計", "財源不足団体", "財源超過団体", "計", *[""] * 6],
        [""] * 13,
        *body,
        total,
        ["（注）東京都については、特別区と合算して算定している。"],
    ]  # fmt: skip
    form = Form(rows, first_body=5, merged=["B3:D3", "E3:G3"], sheet="2-7-3")
    reading = made_up("prefectural_tax", form.write(tmp_path / "pref/2019.xlsx"), "pref/2019.xlsx")
    assert not reading.defects
    assert _figure(reading, "ordinary_allocation_tax", HOKKAIDO)[:2] == (Decimal(10), "reported")
    assert _figure(reading, "ordinary_allocation_tax", TOKYO)[0] == Decimal(0)


@pytest.mark.parametrize(
    ("column", "message"),
    [
        ({"type": "text"}, "left_of"),
        ({"from": ["計"], "type": "number", "unit": "千円", "clean": "[0-9]+"}, "clean"),
    ],
)
def test_a_column_that_cannot_be_found_or_changes_figures_is_no_description(
    column: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        PublishedColumn.model_validate(column)

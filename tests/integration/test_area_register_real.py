"""The register built from the publishers' own lists and events, held against their other files.

The files are not in the repository: the folder is named by MIERUKA_MIRROR or lies beside the repository.
"""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from python_calamine import CalamineWorkbook

from pipelines.identity.match import Area, AreaIndex, AreaRegister
from pipelines.identity.register import Register, build_register
from pipelines.normalize.japanese_dates import parse_date_expression
from pipelines.normalize.text import normalise_width
from pipelines.settings import SOURCES_DIR
from tests.unit.test_area_register import (
    EVENT_COLUMNS,
    LIST_COLUMNS,
    STANDARD_COLUMNS,
    assert_consistent,
)

ROOT = Path(__file__).parents[2]
MIRROR = Path(os.environ.get("MIERUKA_MIRROR", ROOT.parent / "shared" / "mirror"))
MASTER = MIRROR / "1_master"
CODE_LISTS = ("000730858.xlsx", "000925835.xlsx")
STANDARD_AREAS = ("FEA_hyoujun-20220225015648.csv", "FEA_hyoujun-20250210024619.csv")
POPULATION = sorted((MIRROR / "1_population").glob("*.xlsx"))
INDICES = sorted((MIRROR / "2_fiscal_indices" / "indices" / "city").glob("*.xls*"))

pytestmark = pytest.mark.skipif(
    not MASTER.is_dir() or not POPULATION or not INDICES,
    reason="the publishers' files are not here: MIERUKA_MIRROR names no folder that holds them",
)

MUNICIPALITIES = (
    "designated_city", "core_city", "special_city", "special_ward", "city", "town", "village",
)  # fmt: skip
# Printed in the resident registers' files without residents, and left out of the register by rule.
NORTHERN_CODES = {"016951", "016969", "016977", "016985", "016993", "017001"}
# 島しょ of 東京都: one total of four 支庁, printed under the code of the first.
TOKYO_ISLANDS = "133604"


def sheet_rows(path: Path, sheet: str | None = None) -> list[list[Any]]:
    workbook = CalamineWorkbook.from_path(path)
    return workbook.get_sheet_by_name(sheet or workbook.sheet_names[0]).to_python()


def code_lists() -> pl.DataFrame:
    rows = []
    for name in CODE_LISTS:
        for sheet in CalamineWorkbook.from_path(MASTER / name).sheet_names:
            printed = re.match(r"[HR]\d+\.\d+\.\d+", sheet)
            assert printed
            as_of = parse_date_expression(printed[0]).day
            for code, prefecture, body, prefecture_kana, kana, *_ in sheet_rows(MASTER / name, sheet)[1:]:
                if str(code).strip():
                    text = str(code).split(".")[0].zfill(6)
                    rows.append((as_of, text, prefecture, body or None, prefecture_kana, kana or None))
    return pl.DataFrame(rows, schema=LIST_COLUMNS, orient="row")


def csv_rows(name: str, encoding: str) -> list[list[str | None]]:
    with (MASTER / name).open(encoding=encoding, newline="") as file:
        return [[field or None for field in row] for row in csv.reader(file)][1:]


def standard_areas() -> pl.DataFrame:
    rows: list[tuple[Any, ...]] = []
    for name in STANDARD_AREAS:
        stamp = name.split("-")[1]
        as_of = date(int(stamp[:4]), int(stamp[4:6]), int(stamp[6:8]))
        for *texts, day, changed in csv_rows(name, "cp932"):
            rows.append((*texts, date.fromisoformat(day) if day else None, changed is not None, as_of))
    return pl.DataFrame(rows, schema=STANDARD_COLUMNS, orient="row")


def events() -> pl.DataFrame:
    rows = [
        (*texts, date.fromisoformat(str(day)), reason)
        for *texts, day, reason in csv_rows("estat-haichi.csv", "utf-8")
    ]
    return pl.DataFrame(rows, schema=EVENT_COLUMNS, orient="row")


@pytest.fixture(scope="module")
def bundled() -> pl.DataFrame:
    path = SOURCES_DIR / "soumu__area_codes" / "areas.csv"
    return pl.read_csv(path, infer_schema=False).with_columns(pl.col("valid_from", "valid_to").str.to_date())


@pytest.fixture(scope="module")
def register(bundled: pl.DataFrame) -> Register:
    return build_register(code_lists(), standard_areas(), events(), bundled)


@pytest.fixture(scope="module")
def matching(register: Register) -> AreaRegister:
    return AreaRegister(register.areas)


def municipalities(index: AreaIndex) -> frozenset[str]:
    return index.of_types(*MUNICIPALITIES)


def test_every_event_is_read_and_nothing_contradicts(register: Register) -> None:
    assert register.problems == ()


def test_the_register_is_consistent(register: Register) -> None:
    assert_consistent(register)


@pytest.mark.parametrize(
    ("day", "count"),
    [
        (date(1999, 3, 31), 3232 + 23),
        (date(2006, 3, 31), 1821 + 23),
        (date(2010, 3, 31), 1727 + 23),
        (date(2014, 4, 5), 1718 + 23),
        (date(2024, 1, 1), 1718 + 23),
    ],
)
def test_the_number_of_municipalities_is_the_known_one(matching: AreaRegister, day: date, count: int) -> None:
    assert len(municipalities(matching.on(day))) == count


def test_the_code_lists_agree_exactly(matching: AreaRegister) -> None:
    listed = code_lists().filter(
        pl.col("name_ja").is_not_null() & ~pl.col("area_code").is_in(list(NORTHERN_CODES))
    )
    for as_of, rows in listed.group_by("as_of"):
        index = matching.on(as_of[0])  # type: ignore[arg-type]
        printed = dict(rows.select("area_code", "name_ja").iter_rows())
        # The list of wards may be of another day than the list of all; it repeats the designated cities.
        types = {area.area_type for code in printed if (area := index.by_code(code))}
        assert types in ({*MUNICIPALITIES}, {"designated_city", "ward"}, {*MUNICIPALITIES, "ward"})
        assert set(printed) == index.of_types(*types)
        for code, name in printed.items():
            area = index.by_code(code)
            assert area is not None
            assert name == (f"{area.district_ja}{area.name_ja}" if area.area_type == "ward" else area.name_ja)


def population_day(rows: list[list[Any]]) -> date:
    title = re.match(r".+?日", normalise_width(str(rows[0][0])))
    assert title
    return parse_date_expression(title[0]).day


def population_bodies(rows: list[list[Any]]) -> Iterator[tuple[str, str, str]]:
    """Yield code, prefecture and name of every coded row; the name of a prefecture's own row is its own."""
    for code, prefecture, name, *_ in rows:
        if re.fullmatch(r"\d{6}", str(code)) and code not in NORTHERN_CODES:
            yield code, prefecture, prefecture if name in (None, "", "-") else name


@pytest.mark.parametrize("path", POPULATION, ids=lambda path: path.stem)
def test_the_residents_files_name_the_same_bodies(matching: AreaRegister, path: Path) -> None:
    rows = sheet_rows(path)
    index = matching.on(population_day(rows))
    bodies = {body for body in population_bodies(rows) if body[0] != TOKYO_ISLANDS}
    found = {body: index.by_name(body[1], body[2]) for body in bodies}
    unlike = [body for body, areas in found.items() if [area.area_code for area in areas] != [body[0]]]
    assert unlike == []
    assert all(found[body] == [index.by_code(body[0])] for body in bodies)
    codes = {code for code, _, _ in bodies}
    assert codes >= municipalities(index) | index.of_types("ward", "prefecture")
    # Of the districts the files leave out the 支庁 and 振興局 alone.
    left_out = index.of_types("district") - codes
    assert all(_area(index, code).name_ja.endswith(("支庁", "振興局")) for code in left_out)


def _area(index: AreaIndex, code: str) -> Area:
    area = index.by_code(code)
    assert area is not None
    return area


def fiscal_year_end(path: Path) -> date:
    """Return 31 March of the fiscal year that a file is named after (H17, R1)."""
    return parse_date_expression(f"{path.stem}年度末").day


@pytest.mark.parametrize("path", INDICES, ids=lambda path: path.stem)
def test_the_fiscal_indices_name_the_same_bodies(matching: AreaRegister, path: Path) -> None:
    index = matching.on(fiscal_year_end(path))
    rows = sheet_rows(path)
    first = rows[1].index("都道府県名")
    bodies = [(row, *row[first : first + 2]) for row in rows[2:] if row[first] and row[first + 1]]
    bodies = [body for body in bodies if body[2] != "平均"]
    found = [(row, index.by_name(prefecture, name), prefecture, name) for row, prefecture, name in bodies]
    assert [(prefecture, name) for _, areas, prefecture, name in found if len(areas) != 1] == []
    assert {areas[0].area_code for _, areas, _, _ in found} == municipalities(index)
    assert len(found) == len(municipalities(index))
    if first:
        assert [row[0] for row, areas, _, _ in found if row[0] != areas[0].area_code] == []


def test_names_are_ambiguous_only_between_bodies_told_apart_by_their_district(
    matching: AreaRegister,
) -> None:
    days = [date(1971, 1, 1), date(1985, 1, 1), date(2000, 1, 1), date(2006, 3, 31), date(2024, 1, 1)]
    ambiguous = set()
    for day in days:
        index = matching.on(day)
        for code in municipalities(index):
            area = _area(index, code)
            found = index.by_name(area.prefecture_name, area.name_ja)
            assert area in found
            if len(found) > 1:
                ambiguous.add((day.year, area.prefecture_name, area.name_ja))
                assert index.by_name(area.prefecture_name, f"{area.district_ja}{area.name_ja}") == [area]
    # 群馬県東村 (three), 兵庫県一宮町, 広島県三和町: until the mergers of 2005.
    names = {("群馬県", "東村"), ("兵庫県", "一宮町"), ("広島県", "三和町")}
    assert ambiguous == {(year, *name) for year in (1971, 1985, 2000) for name in names}


def test_what_became_of_known_bodies(register: Register) -> None:
    kinds = {
        (source, target): kind
        for source, target, kind in register.changes.select("from_code", "to_code", "kind").iter_rows()
    }
    assert kinds["204315", "212067"] == "merger"  # 山口村, from 長野県 to 中津川市 in 岐阜県
    assert kinds["193411", "192015"] == kinds["193411", "194301"] == "split"  # 上九一色村
    assert kinds["221350", "221384"] == kinds["221350", "221392"] == "split"  # 北区 of 浜松市
    assert kinds["221376", "221406"] == "status"  # 天竜区: a new code for the same ward
    assert kinds["014397", "014729"] == "boundary"  # 幌加内町, from 空知支庁 to 上川支庁
    assert kinds["432016", "431001"] == "status"  # 熊本市
    assert kinds["282219", "282219"] == "rename"  # 丹波篠山市


def test_the_editions_alone_give_the_same_bodies_on_their_day(
    bundled: pl.DataFrame, matching: AreaRegister
) -> None:
    nothing = pl.DataFrame(schema=EVENT_COLUMNS)
    alone = AreaRegister(
        build_register(pl.DataFrame(schema=LIST_COLUMNS), standard_areas(), nothing, bundled).areas
    )
    day = standard_areas()["as_of"].max() + timedelta(days=1)  # type: ignore[operator]
    types = (*MUNICIPALITIES, "ward")
    assert alone.on(day).of_types("district") == frozenset()
    assert alone.on(day).of_types(*types) == matching.on(day).of_types(*types)

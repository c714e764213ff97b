"""Individual Number Cards issued: the transcribed releases, and CSV files of the same form with made-up bodies."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipelines.acquire.archive import Snapshot
from pipelines.catalog.loader import Catalog
from pipelines.files import sha256_of
from pipelines.identity.match import AreaRegister
from pipelines.land.published import FileReading, PublishedReader
from pipelines.normalize.area_codes import check_digit
from tests.conftest import RETRIEVED_AT
from tests.publications import MIRROR, figure, needs, real_register, rules
from tests.workbooks import MadeUpArea, made_up_register

SOURCE = "soumu__mynumber_cards"
FOLDER = "5_mynumber"
FILES = {
    "municipalities": "all_localgovs.csv",
    "prefectures": "all_prefectures.csv",
    "types": "summary_by_types.csv",
}
RELEASES = sorted(path.name for path in (MIRROR / FOLDER).glob("2*")) if MIRROR.is_dir() else []
CARDS, RATE = "mynumber_cards_issued__release", "mynumber_card_rate__release"
POPULATION = "population__mynumber_denominator"


def _read(catalog: Catalog, register: AreaRegister, table: str, path: Path) -> FileReading:
    """Read a file under the name of its folder and its own, as it lies in a folder of releases."""
    name = f"{path.parent.name}/{path.name}"
    snapshot = Snapshot(
        sha256_of(path), SOURCE, table, name, path.as_uri(), RETRIEVED_AT, None, path.stat().st_size
    )
    return PublishedReader(catalog.sources[SOURCE].description, table, register, catalog).read(path, snapshot)


# The transcribed releases.


@pytest.fixture(scope="module")
def register(catalog: Catalog, tmp_path_factory: pytest.TempPathFactory) -> AreaRegister:
    """Return the register of the real bodies."""
    return real_register(catalog, tmp_path_factory.mktemp("areas"))


@needs(FOLDER)
@pytest.mark.parametrize("release", RELEASES)
def test_a_release_is_read_whole(catalog: Catalog, register: AreaRegister, release: str) -> None:
    day = date(int(release[:4]), int(release[4:6]), int(release[6:]))
    municipalities = _read(
        catalog, register, "municipalities", MIRROR / FOLDER / release / FILES["municipalities"]
    )
    assert municipalities.frame is not None
    # The transcriber gives 丹波篠山市 and 那珂川市 their present name and code in the releases before they had them.
    later = (day < date(2019, 5, 1)) + (day < date(2018, 10, 1))
    assert (municipalities.bodies, municipalities.unresolved) == (1741 - later, later)
    prefectures = _read(catalog, register, "prefectures", MIRROR / FOLDER / release / FILES["prefectures"])
    assert (prefectures.bodies, prefectures.unresolved, prefectures.defects) == (47, 0, [])
    classes = _read(catalog, register, "types", MIRROR / FOLDER / release / FILES["types"])
    assert classes.compared_sums == 2
    assert rules(classes) <= {"rate_of_cards"}
    for reading in (municipalities, prefectures, classes):
        assert reading.span is not None
        assert reading.span.day == day


@needs(FOLDER)
def test_the_nation_is_the_sum_of_the_prefectures(catalog: Catalog, register: AreaRegister) -> None:
    folder = MIRROR / FOLDER / "20221231"
    prefectures = _read(catalog, register, "prefectures", folder / FILES["prefectures"])
    nation = _read(catalog, register, "types", folder / FILES["types"])
    assert prefectures.frame is not None
    cards = prefectures.frame.filter(pl.col("series_id") == CARDS)["value"].sum()
    assert cards == figure(nation, CARDS, "000000", body_scope="each_body")["value"] == Decimal(71905789)


@needs(FOLDER)
def test_figures_read_off_the_file_by_eye(catalog: Catalog, register: AreaRegister) -> None:
    reading = _read(
        catalog, register, "municipalities", MIRROR / FOLDER / "20170308" / FILES["municipalities"]
    )
    cards = figure(reading, CARDS, "011002")
    assert (cards["value"], cards["cell"], cards["as_of_date"]) == (Decimal(144447), "E2", date(2017, 3, 8))
    assert cards["citation_publisher_ja"] == "codeforjapan/mynumbercard_statistics"
    assert cards["original_publisher_ja"] == "総務省"
    assert figure(reading, RATE, "473812")["value"] == Decimal("10.8")
    population = figure(reading, POPULATION, "473812")
    assert (population["value"], population["as_of_date"]) == (Decimal(4239), date(2016, 1, 1))


@needs(FOLDER)
def test_bodies_whose_code_was_lost_are_known_by_their_names(
    catalog: Catalog, register: AreaRegister
) -> None:
    reading = _read(
        catalog, register, "municipalities", MIRROR / FOLDER / "20221231" / FILES["municipalities"]
    )
    assert reading.unresolved == 0
    assert {figure(reading, CARDS, code)["cell"] for code in ("133817", "134015")} == {"E686", "E688"}


# Files of the same form with made-up bodies.


def _code(first_five: str) -> str:
    return first_five + check_digit(first_five)


NORTH, SOUTH = _code("01000"), _code("12000")
AREAS = [
    MadeUpArea(NORTH, "甲野県", "甲野県", NORTH, "prefecture"),
    MadeUpArea(SOUTH, "乙山県", "乙山県", SOUTH, "prefecture"),
    # Without its leading zero this code reads like that of the ward below.
    MadeUpArea(_code("01210"), "甲一市", "甲野県", NORTH, "city"),
    MadeUpArea(_code("01381"), "甲二町", "甲野県", NORTH, "town"),
    MadeUpArea(_code("12106"), "乙市東区", "乙山県", SOUTH, "ward"),
    MadeUpArea(_code("12381"), "乙二村", "乙山県", SOUTH, "village"),
]
DAYS = ("2020/01/01", "2021/01/20")
HEADER = ["算出基準日", "都道府県名", "市区町村名", "総数（人口）", "交付枚数", "人口に対する交付枚数率", "人口算出基準日", "交付件数基準日", "団体コード"]  # fmt: skip
BODIES: list[tuple[str, str, int, int, float, str]] = [
    ("甲野県", "甲一市", 20000, 3000, 15.0, "12106"),
    ("甲野県", "八重郡甲二町", 3000, 1000, 33.3, _code("01381").lstrip("0")),
    ("乙山県", "乙二村", 700, 70, 10.0, _code("12381")),
]


def _write(path: Path, header: Sequence[str], rows: Sequence[Sequence[Any]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        csv.writer(stream, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n").writerows([header, *rows])
    return path


def _municipalities(
    folder: Path, bodies: Sequence[tuple[str, str, int, int, float, str]] = BODIES, release: str = "20210120"
) -> Path:
    rows = [["2021/01/20", *body[:5], *DAYS, body[5]] for body in bodies]
    return _write(folder / release / FILES["municipalities"], HEADER, rows)


def _types(folder: Path, classes: Sequence[tuple[str, int, int, float]]) -> Path:
    header = [
        "算出基準日",
        "区分",
        "人口",
        "交付枚数",
        "人口に対する交付枚数率",
        "人口算出基準日",
        "交付枚数算出基準日",
    ]
    return _write(
        folder / "20210120" / FILES["types"], header, [["2021/01/20", *entry, *DAYS] for entry in classes]
    )


@pytest.fixture(scope="module")
def made_up() -> AreaRegister:
    """Return the register of the made-up bodies."""
    return made_up_register(AREAS)


def test_codes_without_their_leading_zero_are_codes_of_six_digits(
    catalog: Catalog, made_up: AreaRegister, tmp_path: Path
) -> None:
    reading = _read(catalog, made_up, "municipalities", _municipalities(tmp_path))
    assert reading.defects == []
    assert reading.bodies == 3
    cards = figure(reading, CARDS, _code("01210"))
    assert (cards["value"], cards["unit"], cards["as_of_date"]) == (Decimal(3000), "枚", date(2021, 1, 20))
    assert (cards["fiscal_year"], cards["date_precision"], cards["is_secondary"]) == (2020, "day", True)
    population = figure(reading, POPULATION, _code("01210"))
    assert (population["value"], population["as_of_date"]) == (Decimal(20000), date(2020, 1, 1))


def test_a_lost_code_is_made_up_for_by_the_name(
    catalog: Catalog, made_up: AreaRegister, tmp_path: Path
) -> None:
    bodies = [*BODIES[:2], (*BODIES[2][:5], "<NA>")]
    reading = _read(catalog, made_up, "municipalities", _municipalities(tmp_path, bodies))
    assert reading.defects == []
    assert figure(reading, CARDS, _code("12381"))["value"] == Decimal(70)


def test_a_blank_code_is_not_taken_for_a_lost_one(
    catalog: Catalog, made_up: AreaRegister, tmp_path: Path
) -> None:
    bodies = [*BODIES[:2], (*BODIES[2][:5], "")]
    reading = _read(catalog, made_up, "municipalities", _municipalities(tmp_path, bodies))
    assert "unknown_area_code" in rules(reading)


def test_a_row_whose_rate_contradicts_its_counts_is_refused(
    catalog: Catalog, made_up: AreaRegister, tmp_path: Path
) -> None:
    bodies = [*BODIES[:2], ("乙山県", "乙二村", 700, 70, 10.1, _code("12381"))]
    reading = _read(catalog, made_up, "municipalities", _municipalities(tmp_path, bodies))
    assert rules(reading) == {"rate_of_cards"}
    assert reading.frame is not None
    assert _code("12381") not in reading.frame["area_code"].to_list()
    assert reading.frame.height == 6


def test_a_file_in_the_folder_of_another_day_is_refused(
    catalog: Catalog, made_up: AreaRegister, tmp_path: Path
) -> None:
    reading = _read(catalog, made_up, "municipalities", _municipalities(tmp_path, release="20210201"))
    assert reading.frame is None
    assert rules(reading) == {"period_contradicts"}


def test_latest_says_the_same_as_the_release_it_repeats(
    catalog: Catalog, made_up: AreaRegister, tmp_path: Path
) -> None:
    dated = _read(catalog, made_up, "municipalities", _municipalities(tmp_path))
    latest = _read(catalog, made_up, "municipalities", _municipalities(tmp_path, release="latest"))
    assert dated.frame is not None
    assert latest.frame is not None
    assert dated.frame.drop("sheet").equals(latest.frame.drop("sheet"))


CLASSES = [("全国", 1000, 200, 20.0), ("特別区", 100, 30, 30.0), ("政令指定都市", 200, 60, 30.0), ("市（政令指定都市を除く）", 300, 60, 20.0), ("町村", 400, 50, 12.5)]  # fmt: skip


def test_classes_are_figures_of_the_nation_with_a_scope_of_their_own(
    catalog: Catalog, made_up: AreaRegister, tmp_path: Path
) -> None:
    reading = _read(catalog, made_up, "types", _types(tmp_path, CLASSES))
    assert reading.defects == []
    assert reading.compared_sums == 2
    assert reading.frame is not None
    cards = reading.frame.filter(pl.col("series_id") == CARDS)
    assert dict(zip(cards["body_scope"], cards["value"], strict=True)) == {
        "each_body": Decimal(200),
        "special_wards": Decimal(30),
        "designated_cities": Decimal(60),
        "cities_except_designated_cities": Decimal(60),
        "towns_and_villages": Decimal(50),
    }
    assert set(cards["area_code"]) == {"000000"}


def test_classes_of_later_releases_are_known(catalog: Catalog, made_up: AreaRegister, tmp_path: Path) -> None:
    later = [("全国", 1000, 200, 20.0), ("指定都市", 200, 60, 30.0), ("特別区・市（指定都市を除く）", 400, 90, 22.5), ("町村", 400, 50, 12.5)]  # fmt: skip
    reading = _read(catalog, made_up, "types", _types(tmp_path, later))
    assert reading.defects == []
    scope = "wards_and_cities_except_designated_cities"
    assert figure(reading, CARDS, "000000", body_scope=scope)["value"] == Decimal(90)


def test_a_class_that_is_not_known_is_reported(
    catalog: Catalog, made_up: AreaRegister, tmp_path: Path
) -> None:
    reading = _read(catalog, made_up, "types", _types(tmp_path, [*CLASSES[:4], ("町", 400, 50, 12.5)]))
    assert reading.frame is None
    assert rules(reading) == {"unknown_area_name", "total_differs"}


def test_of_a_class_with_a_wrong_rate_the_counts_are_kept(
    catalog: Catalog, made_up: AreaRegister, tmp_path: Path
) -> None:
    reading = _read(catalog, made_up, "types", _types(tmp_path, [*CLASSES[:4], ("町村", 400, 50, 20.0)]))
    assert rules(reading) == {"rate_of_cards"}
    assert reading.frame is not None
    kept = reading.frame.filter(pl.col("body_scope") == "towns_and_villages")
    assert set(kept["series_id"]) == {CARDS, POPULATION}


def test_classes_that_do_not_add_up_are_reported(
    catalog: Catalog, made_up: AreaRegister, tmp_path: Path
) -> None:
    wrong = [("全国", 1000, 210, 21.0), *CLASSES[1:]]
    reading = _read(catalog, made_up, "types", _types(tmp_path, wrong))
    assert rules(reading) == {"total_differs"}

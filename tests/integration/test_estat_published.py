"""Tables of the e-Stat API read by their descriptions: made-up bodies of many years, and recorded answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

from pipelines.acquire.origin import is_file_of
from pipelines.catalog.loader import Catalog, DescribedSource
from pipelines.catalog.models import Source
from pipelines.identity.match import AreaRegister
from pipelines.identity.register import AREA_SCHEMA
from pipelines.land.published import FileReading
from pipelines.normalize.area_codes import check_digit
from tests.estat import NOTES, TABLE, Answer, Value, answer, pages, refusal, value
from tests.publications import MIRROR, figure, needs, read, real_register, rules

SSDS, CENSUS = "estat__social_demographic_statistics", "estat__population_census"
FOLDER = "7_estat_api"
PREFECTURES = "0000010101"

# Made-up bodies: 乙町 becomes 乙市 with another code on 2015-01-01, and 丙村 joins it then.
BODIES = {
    "91000": ("甲野県", "prefecture", date(1968, 12, 1), None),
    "91201": ("甲市", "city", date(1968, 12, 1), None),
    "91202": ("乙市", "city", date(2015, 1, 1), None),
    "91301": ("乙町", "town", date(1968, 12, 1), date(2015, 1, 1)),
    "91401": ("丙村", "village", date(1968, 12, 1), date(2015, 1, 1)),
}
NAMES = {code: f"甲野県 {name}" for code, (name, *_) in BODIES.items()} | {"91000": "甲野県", "00000": "全国"}

DESCRIPTION = """
source_id: made_up__years
publisher: {ja: 作り物, en: made up}
title: {ja: 作り物の統計, en: made-up statistics}
licence: pdl_1
landing_url: https://example.org/
cadence: yearly
series: {population__made_up: {item_id: population, definition: {ja: 人口, en: population}}}
published:
  years:
    role: figures
    title: {ja: 各年の人口, en: population by year}
    files: ["*.json"]
    period: {kind: day, title: ["UPDATED_DATE: (?P<western>\\\\d{4})-(?P<month>\\\\d{2})-(?P<day>\\\\d{2})"]}
    identity: {code: area, name: name, code_digits: 5, as_of: row, types: [city, town, village]}
    marks: {"***": not_surveyed, "-": nil_mark}
    layouts:
      - from: 2000
        sheet: ["0000099999"]
        anchor: [area_code]
        ignore: [tab_code, tab_name, cat01_name, time_code, time_name, year_kind]
        columns:
          item: {from: [cat01_code], type: text}
          area: {from: [area_code], type: text}
          name: {from: [area_name], type: text}
          year: {from: [year], type: year}
          unit: {from: [unit], type: text}
          annotation: {from: [annotation], type: text}
          value:
            from: [value]
            type: number
            unit: 人
            measures: [{item_id: population, series_id: population__made_up, statistic: count, as_of: column, as_of_column: year, when: {item: A1101, unit: 人, annotation: ""}}]
"""

Read = Callable[[Any], FileReading]


@pytest.fixture(scope="module")
def made_up() -> AreaRegister:
    rows = [
        {
            "area_code": code + check_digit(code), "valid_from": since, "valid_to": until, "name_ja": name,
            "name_kana": "さく", "district_ja": None, "prefecture_code": "91000" + check_digit("91000"),
            "area_type": kind, "valid_from_basis": "code_system_start",
        }
        for code, (name, kind, since, until) in BODIES.items()
    ]  # fmt: skip
    return AreaRegister(pl.DataFrame(rows, schema=AREA_SCHEMA))


@pytest.fixture
def read_years(catalog: Catalog, made_up: AreaRegister, tmp_path: Path) -> Read:
    source = Source.model_validate(yaml.safe_load(DESCRIPTION))
    described = replace(catalog, sources={source.source_id: DescribedSource(source, tmp_path)})

    def read_answer(document: Answer) -> FileReading:
        path = tmp_path / "answer.json"
        path.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
        return read(described, made_up, source.source_id, "years", path)

    return read_answer


def figures(reading: FileReading) -> list[tuple[Any, ...]]:
    assert reading.frame is not None, [defect.message("en") for defect in reading.defects]
    return reading.frame.select(
        "area_code", "as_of_date", "date_precision", "fiscal_year", "value", "value_status", "sheet", "cell"
    ).rows()


def test_each_row_is_of_the_bodies_of_its_own_year(read_years: Read) -> None:
    reading = read_years(
        answer(
            [
                value("91301", "2010000000", "100"),
                value("91202", "2015000000", "160"),
                value("91201", "2014100000", "900"),
                value("91201", "2015100000", "901"),
            ],
            NAMES,
        )
    )
    assert reading.defects == []
    assert (reading.bodies, reading.unresolved) == (3, 0)
    assert figures(reading) == [
        ("913014", date(2010, 12, 31), "calendar_year", 2010, Decimal(100), "reported", TABLE, "L3"),
        ("912026", date(2015, 12, 31), "calendar_year", 2015, Decimal(160), "reported", TABLE, "L4"),
        ("912018", date(2015, 3, 31), "fiscal_year", 2014, Decimal(900), "reported", TABLE, "L5"),
        ("912018", date(2016, 3, 31), "fiscal_year", 2015, Decimal(901), "reported", TABLE, "L6"),
    ]


def test_a_body_of_another_year_is_refused_with_the_day_and_the_span_of_its_code(read_years: Read) -> None:
    reading = read_years(
        answer(
            [
                value("91301", "2010000000", "100"),
                value("91301", "2020000000", "101"),
                value("91202", "2010000000", "102"),
                value("91999", "2020000000", "103"),
            ],
            NAMES | {"91999": "甲野県 丁町"},
        )
    )
    assert [row[:2] for row in figures(reading)] == [("913014", date(2010, 12, 31))]
    assert reading.unresolved == 3
    found = {(defect.cell, defect.rule, defect.found) for defect in reading.defects}
    assert found == {
        ("E4", "unknown_area_code", "91301"),
        ("E5", "unknown_area_code", "91202"),
        ("E6", "unknown_area_code", "91999"),
    }
    assert "2020-12-31" in next(defect.expected_ja for defect in reading.defects if defect.cell == "E4")


def test_a_code_beside_another_bodys_name_is_refused(read_years: Read) -> None:
    reading = read_years(answer([value("91201", "2020000000", "1")], NAMES | {"91201": "甲野県 乙市"}))
    assert reading.frame is not None
    assert reading.frame.is_empty()
    assert rules(reading) == {"code_and_name_differ"}


def test_marks_are_read_by_the_legend_and_never_guessed(read_years: Read) -> None:
    values = [
        value("91201", f"{year}000000", text)
        for year, text in ((2001, "***"), (2002, "-"), (2003, "X"), (2004, "0"))
    ]
    reading = read_years(answer(values, NAMES, notes=NOTES | {"X": "数値が秘匿されているもの"}))
    assert [row[5] for row in figures(reading)] == ["not_surveyed", "nil_mark", "parse_failed", "reported"]
    assert reading.frame is not None
    assert reading.frame["raw_text"].to_list() == ["***", "-", "X", "0"]
    unknown = next(defect for defect in reading.defects if defect.rule == "mark_not_in_legend")
    assert (unknown.found, unknown.severity) == ("X（数値が秘匿されているもの）", "warning")
    assert rules(reading) == {"mark_not_in_legend", "not_a_number"}
    assert rules(read_years(answer(values[:2], NAMES, notes={"-": "該当なし"}))) == set()


@pytest.mark.parametrize(
    "other",
    [{"unit": "千人"}, {"item": "A1102"}, {"annotation": "J1"}],
    ids=["unit", "item", "annotation"],
)
def test_what_is_not_described_is_not_read_and_said(read_years: Read, other: dict[str, str]) -> None:
    reading = read_years(
        answer([value("91201", "2020000000", "1"), value("91201", "2021000000", "2", **other)], NAMES)
    )
    assert [row[4] for row in figures(reading)] == [Decimal(1)]
    assert rules(reading) == {"undescribed_breakdown"}


def test_one_page_of_many_gives_nothing(read_years: Read) -> None:
    values = [value("91201", f"{year}000000", "1") for year in range(2000, 2010)]
    reading = read_years(pages(values, NAMES, 4)[0])
    assert reading.frame is None
    assert [(defect.rule, defect.found, defect.severity) for defect in reading.defects] == [
        ("incomplete_answer", "4 / 10", "error")
    ]


@pytest.mark.parametrize(
    ("document", "rule"),
    [
        (refusal(100, "認証に失敗しました。"), "unreadable_file"),
        (answer([value("91201", "2020000000", "1")], NAMES, table="0000088888"), "unreadable_file"),
        (answer([value("91201", "2020000000", "1")], NAMES, UPDATED_DATE=""), "period_unknown"),
        (answer([value("91201", "2020000000", "1")] * 2, NAMES), "unreadable_file"),
    ],
)
def test_a_file_that_cannot_be_trusted_gives_nothing(read_years: Read, document: Answer, rule: str) -> None:
    reading = read_years(document)
    assert reading.frame is None
    assert rules(reading) == {rule}


# The project's own descriptions, with made-up figures.


@pytest.mark.parametrize(
    ("source_id", "name"), [(SSDS, "prefectures"), (SSDS, "municipalities"), (CENSUS, "preliminary_2020")]
)
def test_answers_with_figures_are_files_of_the_table_and_descriptions_are_not(
    catalog: Catalog, source_id: str, name: str
) -> None:
    table = catalog.sources[source_id].description.published[name]
    assert table.estat is not None
    table_id = table.estat.stats_data_id
    for file in (f"statsData_{table_id}.json", f"a/{table_id}_A1101.json", f"stats-data/{table_id}.json"):
        assert is_file_of(file, table)
        assert table.member_of(file) is None
    assert is_file_of(f"statsData_{table_id}.tar.gz", table)
    assert table.member_of(f"statsData_{table_id}.tar.gz") == "*.json"
    assert not is_file_of(f"meta-info/{table_id}.json", table)


def _prefectures(catalog: Catalog, register: AreaRegister, values: list[Value], folder: Path) -> FileReading:
    path = folder / f"{PREFECTURES}.json"
    names = {"00000": "全国", "91000": "甲野県"}
    path.write_text(json.dumps(answer(values, names, table=PREFECTURES)), encoding="utf-8")
    return read(catalog, register, SSDS, "prefectures", path)


def test_total_population_is_of_the_first_of_october(
    catalog: Catalog, made_up: AreaRegister, tmp_path: Path
) -> None:
    values = [value("00000", "2020100000", "1000"), value("91000", "2020100000", "1000")]
    reading = _prefectures(catalog, made_up, values, tmp_path)
    found = figure(reading, "population__ssds", "910007")
    assert (found["as_of_date"], found["date_precision"]) == (date(2020, 10, 1), "day")
    assert (found["date_basis"], found["fiscal_year"], found["unit"]) == ("interpreted", 2020, "人")
    assert figure(reading, "population__ssds", "000000")["value"] == 1000
    assert reading.compared_sums == 1


def test_prefectures_that_do_not_add_up_to_the_nation_are_refused(
    catalog: Catalog, made_up: AreaRegister, tmp_path: Path
) -> None:
    values = [
        value(area, f"{year}100000", text)
        for year in (2019, 2020)
        for area, text in (("00000", "100000"), ("91000", "10000"))
    ]
    reading = _prefectures(catalog, made_up, values, tmp_path)
    assert reading.frame is None
    assert rules(reading) == {"total_differs"}


# Recorded answers.


@pytest.fixture(scope="module")
def register(catalog: Catalog, tmp_path_factory: pytest.TempPathFactory) -> AreaRegister:
    return real_register(catalog, tmp_path_factory.mktemp("areas"))


def _recorded(catalog: Catalog, register: AreaRegister, source: str, table: str, name: str) -> FileReading:
    return read(catalog, register, source, table, MIRROR / FOLDER / name)


@needs(FOLDER)
def test_fifty_years_of_prefectures(catalog: Catalog, register: AreaRegister) -> None:
    reading = _recorded(catalog, register, SSDS, "prefectures", "stats47/stats-data/0000010101_A1101.json")
    assert (reading.bodies, reading.unresolved, reading.compared_sums, reading.defects) == (48, 0, 50, [])
    assert reading.frame is not None
    assert reading.frame.height == 2400
    nation = figure(reading, "population__ssds", "000000", as_of_date=date(1975, 10, 1))
    assert (nation["value"], nation["sheet"], nation["cell"]) == (111939643, "0000010101", "L3")


@needs(FOLDER)
def test_municipalities_within_the_boundaries_of_one_day(catalog: Catalog, register: AreaRegister) -> None:
    reading = _recorded(catalog, register, SSDS, "municipalities", "stats47/stats-data/0000020201_A1101.json")
    assert reading.span is not None
    assert reading.span.day == date(2024, 3, 31)
    assert (reading.bodies, reading.unresolved, reading.compared_sums) == (1741 + 171, 0, 9)
    # In 1980 the special wards add up to 37 people less than their total.
    assert [defect.rule for defect in reading.defects] == ["total_differs"]
    assert reading.frame is not None
    assert dict(reading.frame["value_status"].value_counts().rows()) == {"reported": 16900, "nil_mark": 279}
    ward = figure(reading, "population__ssds_present_boundaries", "011011", as_of_date=date(2020, 10, 1))
    assert (ward["value_status"], ward["date_basis"]) == ("reported", "interpreted")


@needs(FOLDER)
def test_a_page_of_another_table_is_a_part_of_it(catalog: Catalog, register: AreaRegister) -> None:
    reading = _recorded(catalog, register, SSDS, "municipalities", "SampleResponse1752633595900.json")
    assert reading.frame is None
    assert [(defect.rule, defect.found) for defect in reading.defects] == [
        ("incomplete_answer", "10 / 403,227")
    ]


@needs(FOLDER)
def test_the_census_adds_up_everywhere(catalog: Catalog, register: AreaRegister) -> None:
    reading = _recorded(catalog, register, CENSUS, "preliminary_2020", "statsData_0003433219.json")
    assert (reading.bodies, reading.unresolved, reading.defects) == (1 + 47 + 1741 + 175, 0, [])
    # 福島県 has a town without a figure, so its sum cannot be compared.
    assert reading.compared_sums == 3 * (1 + 46 + 1)
    nation = figure(reading, "population__census", "000000")
    assert (nation["value"], nation["observation_status"]) == (126226568, "preliminary")
    assert (nation["as_of_date"], nation["date_precision"]) == (date(2020, 10, 1), "day")
    assert reading.frame is not None
    empty = reading.frame.filter(pl.col("value_status") == "nil_mark")
    assert (empty.height, empty["area_code"].n_unique()) == (3, 1)

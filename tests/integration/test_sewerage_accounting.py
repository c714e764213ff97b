"""Enterprise accounting of sewerage: the transcribed yearbook, and archives of the same form with made-up bodies."""

from __future__ import annotations

import io
import json
import tarfile
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipelines.catalog.loader import Catalog
from pipelines.land.published import FileReading
from tests.publications import MIRROR, figure, needs, read, real_register, rules
from tests.workbooks import made_up_areas, made_up_register

SOURCE = "soumu__sewerage_accounting"
YEARBOOK = "3_kouei/mierugesuido/yearbook_all_1586.tar.gz"
PUBLIC = "public_enterprise_accounting_applied__sewerage_public"
FARMING = "public_enterprise_accounting_applied__sewerage_farming"
AREAS = made_up_areas()
REGISTER = made_up_register(AREAS)
CITY, TOWN = (next(area for area in AREAS if area.area_type == kind) for kind in ("city", "town"))


def _business(key: str, name: str, applied_on: str | None) -> dict[str, Any]:
    rows = [
        {"rowNumber": 12, "labelCells": ["２．供用開始年月日"], "valueText": "S.24. 4. 1", "kind": "data"}
    ]
    if applied_on is not None:
        rows.append(
            {"rowNumber": 13, "labelCells": ["３．法適用年月日"], "valueText": applied_on, "kind": "data"}
        )
    group = {
        "id": "1", "title": "（１）施設及び業務概況", "businessTypeName": "公共下水道", "workbookUrl": "u",
        "sheetName": "№1", "rows": rows,
    }  # fmt: skip
    accounting = "non_legal_applied" if applied_on is None else "legal_applied"
    return {"businessKey": key, "accountingType": accounting, "operatorName": name, "groups": [group]}


def _archive(folder: Path, bodies: dict[str, list[dict[str, Any]]], year: int = 2030) -> Path:
    path = folder / "yearbook_all.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for code, businesses in bodies.items():
            content = json.dumps(
                {"fiscalYear": year, "sourcePageUrl": "u", "businesses": businesses}
            ).encode()
            info = tarfile.TarInfo(f"yearbook/{code}.json")
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


@pytest.fixture
def bodies() -> dict[str, list[dict[str, Any]]]:
    return {
        CITY.area_code: [
            _business("17-1-000", CITY.name, "S.57. 4. 1"), _business("17-5-000", CITY.name, "R. 2.10. 1"),
        ],
        TOWN.area_code: [_business("17-1-000", TOWN.name, None)],
    }  # fmt: skip


def _read(catalog: Catalog, table: str, path: Path) -> FileReading:
    return read(catalog, REGISTER, SOURCE, table, path)


def test_flags_at_the_end_of_the_year(catalog: Catalog, bodies: dict[str, Any], tmp_path: Path) -> None:
    reading = _read(catalog, "businesses", _archive(tmp_path, bodies))
    assert (reading.bodies, rules(reading)) == (2, set())
    assert [figure(reading, PUBLIC, area.area_code)["value"] for area in (CITY, TOWN)] == [1, 0]
    found = figure(reading, FARMING, CITY.area_code)
    assert (found["value"], found["as_of_date"], found["fiscal_year"]) == (1, date(2031, 3, 31), 2030)
    assert (found["statistic"], found["date_precision"], found["is_secondary"]) == (
        "flag",
        "fiscal_year",
        True,
    )


def test_a_business_applies_from_its_day(catalog: Catalog, bodies: dict[str, Any], tmp_path: Path) -> None:
    reading = _read(catalog, "adoption_dates", _archive(tmp_path, bodies))
    assert rules(reading) == set()
    assert reading.frame is not None
    assert reading.frame.height == 2
    found = figure(reading, PUBLIC, CITY.area_code)
    assert (found["value"], found["as_of_date"], found["fiscal_year"]) == (1, date(1982, 4, 1), 1982)
    assert found["date_precision"] == "day"
    assert figure(reading, FARMING, CITY.area_code)["as_of_date"] == date(2020, 10, 1)


def test_a_day_that_cannot_be_read_gives_no_figure(
    catalog: Catalog, bodies: dict[str, Any], tmp_path: Path
) -> None:
    bodies[CITY.area_code][0] = _business("17-1-000", CITY.name, "-")
    reading = _read(catalog, "adoption_dates", _archive(tmp_path, bodies))
    assert rules(reading) == {"not_a_date"}
    assert reading.frame is not None
    assert reading.frame["series_id"].to_list() == [FARMING]


@pytest.mark.parametrize("key", ["17-1-001", "19-0-000"])
def test_a_business_without_a_series_is_reported(
    catalog: Catalog, bodies: dict[str, Any], tmp_path: Path, key: str
) -> None:
    bodies[TOWN.area_code].append(_business(key, TOWN.name, "R. 2. 4. 1"))
    reading = _read(catalog, "businesses", _archive(tmp_path, bodies))
    assert rules(reading) == {"undescribed_breakdown"}


def test_a_file_named_for_another_body_is_refused(
    catalog: Catalog, bodies: dict[str, Any], tmp_path: Path
) -> None:
    bodies[TOWN.area_code][0]["operatorName"] = CITY.name
    reading = _read(catalog, "businesses", _archive(tmp_path, bodies))
    assert rules(reading) == {"code_and_name_differ"}
    assert reading.bodies == 1


def test_yearbooks_of_two_years_in_one_archive_are_refused(
    catalog: Catalog, bodies: dict[str, Any], tmp_path: Path
) -> None:
    path = _archive(tmp_path, bodies)
    with tarfile.open(path, "w:gz") as archive:
        for year, (code, businesses) in zip((2029, 2030), bodies.items(), strict=True):
            content = json.dumps({"fiscalYear": year, "businesses": businesses}).encode()
            info = tarfile.TarInfo(f"{code}.json")
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    assert rules(_read(catalog, "businesses", path)) == {"period_unknown"}


@needs(YEARBOOK)
def test_the_transcribed_yearbook(catalog: Catalog, tmp_path: Path) -> None:
    register = real_register(catalog, tmp_path)
    businesses = read(catalog, register, SOURCE, "businesses", MIRROR / YEARBOOK)
    days = read(catalog, register, SOURCE, "adoption_dates", MIRROR / YEARBOOK)
    assert (businesses.unresolved, rules(businesses), days.unresolved, rules(days)) == (0, set(), 0, set())
    assert businesses.frame is not None
    assert days.frame is not None
    assert businesses.frame.group_by("value").len().sort("value").rows() == [(0, 93), (1, 3328)]
    assert days.frame.height == 3328
    assert figure(days, PUBLIC, "012025")["as_of_date"] == date(1994, 4, 1)
    applied = (
        businesses.frame.filter(pl.col("value") == 1).select("area_code", "series_id").sort(pl.all()).rows()
    )
    assert days.frame.select("area_code", "series_id").sort(pl.all()).rows() == applied

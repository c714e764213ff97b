"""The register of areas: which codes were valid on which day, under which name, and what became of them.

Built from 総務省's code lists, e-Stat's 標準地域コード and 廃置分合等情報 (from April 1970) and the rows bundled with
the project. What the sources do not say, or say in two ways, is reported and never filled in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from pipelines.identity.designations import with_designations
from pipelines.identity.districts import district_versions
from pipelines.identity.findings import TYPES, Problem, Version, Work, six_digits
from pipelines.identity.happenings import see_events
from pipelines.identity.listings import is_fixed, see_bundled, see_code_lists, see_standard_areas
from pipelines.identity.timeline import compared_with_editions, hokkaido_offices, versions_of

AREA_SCHEMA: dict[str, type[pl.DataType]] = {
    "area_code": pl.String,
    "valid_from": pl.Date,
    "valid_to": pl.Date,
    "name_ja": pl.String,
    "name_kana": pl.String,
    "district_ja": pl.String,
    "prefecture_code": pl.String,
    "area_type": pl.String,
    "valid_from_basis": pl.String,
}
CHANGE_SCHEMA: dict[str, type[pl.DataType]] = {
    "from_code": pl.String,
    "to_code": pl.String,
    "effective_on": pl.Date,
    "kind": pl.String,
    "reason_ja": pl.String,
}
VARIANT_SCHEMA: dict[str, type[pl.DataType]] = {
    "area_code": pl.String,
    "valid_from": pl.Date,
    "name_ja": pl.String,
    "variant_ja": pl.String,
    "source": pl.String,
}


@dataclass(frozen=True)
class Register:
    """The areas, what became of them, other spellings of their names, and what is open.

    `areas` has one row for each area_code and valid_from; `valid_to` is the first day on which it is no longer so.
    """

    areas: pl.DataFrame
    changes: pl.DataFrame
    name_variants: pl.DataFrame
    problems: tuple[Problem, ...]


def build_register(
    code_lists: pl.DataFrame, standard_areas: pl.DataFrame, events: pl.DataFrame, bundled: pl.DataFrame
) -> Register:
    """Return the register of areas from the lists and events as they were read from their files.

    Shapes: `code_lists` as_of, area_code (6 digits), prefecture_name, name_ja (null for a prefecture; a ward with
    its city in front), prefecture_kana, name_kana; `standard_areas` code5, prefecture_name, parent_name,
    parent_kana, name_ja (null for a designated city), name_kana, effective_on, has_change, as_of; `events` code5,
    prefecture_name, parent_name, parent_kana, name_ja, name_kana, effective_on, reason_ja; `bundled` the columns of
    sources/soumu__area_codes/areas.csv. The first three may be empty: the register then holds what the others say,
    without the events no districts.
    Sources: https://www.soumu.go.jp/denshijiti/code.html and https://www.e-stat.go.jp/municipalities/cities.
    """
    work = Work()
    fixed = {row["area_code"]: row for row in bundled.iter_rows(named=True)}
    see_bundled(work, fixed.values())
    see_code_lists(work, code_lists, fixed)
    see_standard_areas(work, standard_areas, events["effective_on"].max() if events.height else None)
    see_events(work, events)
    work.offices = hokkaido_offices(work)
    versions = compared_with_editions(work, versions_of(work, fixed))
    # A district's code follows from all the members that it ever had: the lists alone do not tell them.
    districts = [] if events.is_empty() else district_versions(work, versions)
    return _register(work, versions, districts, fixed)


def _area_type(version: Version) -> str:
    if version.code[2] == "1":
        if version.code.startswith("13"):
            return "special_ward"
        return "ward" if version.is_ward else "designated_city"
    return TYPES[version.name[-1]]


def _area(version: Version, area_type: str) -> dict[str, Any]:
    return {
        "area_code": six_digits(version.code),
        "valid_from": version.start,
        "valid_to": version.end,
        "name_ja": version.name,
        "name_kana": version.kana,
        "district_ja": version.district,
        "prefecture_code": six_digits(version.code[:2] + "000"),
        "area_type": area_type,
        "valid_from_basis": version.basis,
    }


def _register(
    work: Work,
    versions: Iterable[Version],
    districts: Iterable[Version],
    fixed: Mapping[str, Mapping[str, Any]],
) -> Register:
    areas = [{"district_ja": None, **row} for row in fixed.values() if is_fixed(row)]
    areas += [_area(version, _area_type(version)) for version in versions]
    areas += [_area(version, "district") for version in districts]
    edges = [
        (six_digits(source), six_digits(target), day, kind, reason)
        for (source, target, day), (kind, reason) in work.edges.items()
    ]
    changes = pl.DataFrame(edges, schema=CHANGE_SCHEMA, orient="row")
    frame = pl.DataFrame(
        [{column: row[column] for column in AREA_SCHEMA} for row in areas], schema=AREA_SCHEMA
    )
    return Register(
        with_designations(frame, changes),
        changes.sort("effective_on", "from_code", "to_code"),
        pl.DataFrame(sorted(work.variants), schema=VARIANT_SCHEMA, orient="row"),
        tuple(work.problems),
    )

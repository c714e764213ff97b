"""Bodies that do not exist, of every type, and a register in which they have always existed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from pipelines.identity.match import AreaRegister
from pipelines.identity.register import AREA_SCHEMA
from pipelines.normalize.area_codes import check_digit


@dataclass(frozen=True)
class MadeUpArea:
    """A body that does not exist."""

    area_code: str
    name: str
    prefecture: str
    prefecture_code: str
    area_type: str


def _code(first_five: str) -> str:
    return first_five + check_digit(first_five)


def made_up_areas() -> list[MadeUpArea]:
    """Return three prefectures with bodies of every type."""
    areas = []
    for number, prefecture, kinds in (
        ("91", "甲野県", ("designated_city", "core_city", "city", "city", "town", "village", "village")),
        ("92", "乙山県", ("core_city", "special_city", "city", "city", "town", "town", "town", "village")),
        ("93", "丙川県", ("special_ward", "special_ward", "special_ward", "city", "city", "town", "village")),
    ):
        code = _code(f"{number}000")
        areas.append(MadeUpArea(code, prefecture, prefecture, code, "prefecture"))
        for place, kind in enumerate(kinds):
            first = f"{number}{ {'designated_city': 100, 'special_ward': 101, 'town': 301, 'village': 401}.get(kind, 201) + place:03}"
            ending = {"special_ward": "区", "town": "町", "village": "村"}.get(kind, "市")
            name = f"{prefecture[0]}{'一二三四五六七八'[place]}{ending}"
            areas.append(MadeUpArea(_code(first), name, prefecture, code, kind))
            if kind == "designated_city":
                for ward in (1, 2):
                    areas.append(
                        MadeUpArea(
                            _code(f"{number}{100 + ward}"),
                            f"{name}{'東西'[ward - 1]}区",
                            prefecture,
                            code,
                            "ward",
                        )
                    )
    return sorted(areas, key=lambda area: area.area_code)


def made_up_register(areas: list[MadeUpArea]) -> AreaRegister:
    """Return a register in which these bodies have always existed."""
    rows = []
    for area in areas:
        city, _, ward = area.name.partition("市")
        is_ward = area.area_type == "ward"
        rows.append(
            {
                "area_code": area.area_code, "valid_from": date(1968, 12, 1), "valid_to": None,
                "name_ja": ward if is_ward else area.name, "name_kana": "さく",
                "district_ja": f"{city}市" if is_ward else None,
                "prefecture_code": area.prefecture_code, "area_type": area.area_type,
                "valid_from_basis": "code_system_start",
            }
        )  # fmt: skip
    return AreaRegister(pl.DataFrame(rows, schema=AREA_SCHEMA))

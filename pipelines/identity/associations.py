"""Associations of municipalities (一部事務組合, 広域連合): bodies with codes, outside the lists of municipalities."""

from __future__ import annotations

from datetime import date

import polars as pl

from pipelines.normalize.area_codes import AreaCodeError, check_digit, parse_area_code

ASSOCIATION = "association"


def _code(text: str) -> str | None:
    """Return a 6-digit code, its leading zero lost or not; None when its check digit is wrong."""
    try:
        return parse_area_code(text.strip().zfill(6))
    except AreaCodeError:
        return None


def with_associations(areas: pl.DataFrame, listed: pl.DataFrame) -> pl.DataFrame:
    """Return the areas with the associations that yearly lists name, from the first fiscal year that names them.

    Shape of `listed`: area_code, name_ja, as_of (the last day of the fiscal year); a row may repeat. An association
    that a later list leaves out ends with the last year that names it; a code with a wrong check digit is left out.
    """
    if listed.is_empty():
        return areas
    known = set(areas["area_code"].to_list())
    years: dict[str, dict[date, str]] = {}
    for text, name, as_of in (
        listed.select("area_code", "name_ja", "as_of").unique().sort("as_of").iter_rows()
    ):
        code = _code(text or "")
        if code and name and code not in known:
            years.setdefault(code, {})[as_of] = name
    newest = listed["as_of"].max()
    rows = []
    for code, names in years.items():
        first, last = min(names), max(names)
        prefecture = code[:2] + "000"
        rows.append(
            {
                "area_code": code, "valid_from": date(first.year - 1, 4, 1),
                "valid_to": None if last == newest else date(last.year, 4, 1), "name_ja": names[last].strip(),
                "name_kana": None, "district_ja": None, "prefecture_code": prefecture + check_digit(prefecture),
                "area_type": ASSOCIATION, "valid_from_basis": "first_listed",
            }
        )  # fmt: skip
    return pl.concat([areas, pl.DataFrame(rows, schema=areas.schema)]).sort("area_code", "valid_from")

"""Core cities and special cities: designations that change neither name nor code, read from the history of changes."""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import date
from typing import Any

import polars as pl

from pipelines.identity.findings import six_digits

_DESIGNATION = re.compile(r"\((?P<code>\d{5})\)が(?:特例市から)?(?P<kind>特例市|中核市)に移行")
_TYPES = {"中核市": "core_city", "特例市": "special_city"}

_Days = dict[str, list[tuple[date, str]]]


def designation_days(changes: pl.DataFrame) -> _Days:
    """Return for each 6-digit code the days from which it was a core or special city, in their order.

    特例市 stays special_city after the system ended (施行時特例市, 2015-04-01) until the city becomes something else.
    """
    days: defaultdict[str, set[tuple[date, str]]] = defaultdict(set)
    for day, reason in changes.select("effective_on", "reason_ja").unique().iter_rows():
        for match in _DESIGNATION.finditer(reason or ""):
            days[six_digits(match["code"])].add((day, _TYPES[match["kind"]]))
    return {code: sorted(found) for code, found in days.items()}


def _parts(row: dict[str, Any], days: list[tuple[date, str]]) -> list[dict[str, Any]]:
    """Return a city's row cut at its designations; a merger under the same code does not end one."""
    kind = next((kind for day, kind in reversed(days) if day <= row["valid_from"]), row["area_type"])
    parts = [{**row, "area_type": kind}]
    for day, later in days:
        if row["valid_from"] < day and (row["valid_to"] is None or day < row["valid_to"]):
            parts[-1]["valid_to"] = day
            parts.append({**row, "valid_from": day, "area_type": later, "valid_from_basis": "designation"})
    return parts


def with_designations(areas: pl.DataFrame, changes: pl.DataFrame) -> pl.DataFrame:
    """Return the areas with cities cut at the days on which they became core or special cities."""
    days = designation_days(changes)
    rows = []
    for row in areas.iter_rows(named=True):
        rows += (
            _parts(row, days[row["area_code"]])
            if row["area_type"] == "city" and row["area_code"] in days
            else [row]
        )
    return pl.DataFrame(rows, schema=areas.schema).sort("area_code", "valid_from")

"""What the lists say: the bundled rows, 総務省's code lists and the editions of 標準地域コード."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

import polars as pl

from pipelines.identity.findings import Sighting, Work, is_ward, layer_of, records_begin, six_digits
from pipelines.identity.names import clean_name, hiragana


def rows_of(work: Work, frame: pl.DataFrame) -> Iterator[dict[str, Any]]:
    """Yield the rows of a frame with their 5-digit code, without those that are left out by rule."""
    for row in frame.iter_rows(named=True):
        code = row.get("code5") or str(row["area_code"]).zfill(6)[:5]
        if code not in work.left_out:
            yield {**row, "code5": code}


def _list(work: Work, source: str, as_of: date, code: str, name: str) -> None:
    work.editions.setdefault((source, layer_of(code, name), as_of), set()).add(code)


def see_bundled(work: Work, rows: Iterable[Mapping[str, Any]]) -> None:
    """Gather the bundled municipalities; an aggregate (特別区) is left out of what the lists say."""
    for row in rows:
        code = row["area_code"][:5]
        if row["area_type"] == "aggregate":
            work.left_out.add(code)
        if is_fixed(row):
            continue
        work.sightings[code].append(
            Sighting(
                code,
                row["valid_from"],
                "on",
                "bundled",
                row["name_ja"],
                row["name_kana"],
                tells_district=False,
            )
        )
        if row["valid_to"]:
            work.turns.ends[code].add(row["valid_to"])


def is_fixed(row: Mapping[str, Any]) -> bool:
    """Say whether a bundled row is taken as it is: the events tell of municipalities and wards alone."""
    return row["area_type"] in ("nation", "prefecture", "aggregate")


def see_code_lists(work: Work, code_lists: pl.DataFrame, fixed: Mapping[str, Mapping[str, Any]]) -> None:
    """Gather the bodies of 総務省's code lists; compare its prefectures with the bundled ones."""
    rows = list(rows_of(work, code_lists))
    kana_of_city = {(row["prefecture_name"], row["name_ja"]): row["name_kana"] or "" for row in rows}
    for row in rows:
        code, code6, as_of = row["code5"], str(row["area_code"]).zfill(6), row["as_of"]
        if six_digits(code) != code6:
            work.report("a code list prints a code with a wrong check digit", code, as_of)
        elif row["name_ja"]:
            _see_listed(work, row, kana_of_city)
        elif fixed.get(code6, {}).get("name_ja") != clean_name(row["prefecture_name"]):
            work.report(f"listed as {row['prefecture_name']}, bundled under another name or not", code, as_of)


def _see_listed(
    work: Work, row: Mapping[str, Any], kana_of_city: Mapping[tuple[str, str | None], str]
) -> None:
    code, name, kana = row["code5"], clean_name(row["name_ja"]), row["name_kana"] or ""
    city = re.match(r".+?市(?=.+区$)", name) if is_ward(code, name) else None
    if city:
        name = name.removeprefix(city[0])
        kana = kana.removeprefix(kana_of_city.get((row["prefecture_name"], city[0]), ""))
    work.sightings[code].append(
        Sighting(
            code,
            row["as_of"],
            "on",
            "code_list",
            name,
            hiragana(kana) or None,
            city[0] if city else None,
            tells_district=city is not None,
        )
    )
    _list(work, "code_list", row["as_of"], code, name)
    _seen_from(work, code, row["as_of"], "first_listed")


def _seen_from(work: Work, code: str, day: date, basis: str) -> None:
    """Keep the earliest day from which a list says that a code is in use."""
    if code not in work.first_seen or day < work.first_seen[code][0]:
        work.first_seen[code] = (day, basis)


def own_name(row: Mapping[str, Any]) -> tuple[str, str | None, str | None, str | None]:
    """Return name, reading, district and its reading; a designated city stands in the district's columns."""
    if row["name_ja"]:
        parent = clean_name(row["parent_name"]) if row["parent_name"] else None
        return clean_name(row["name_ja"]), row["name_kana"] or None, parent, row["parent_kana"] or None
    return clean_name(row["parent_name"] or row["prefecture_name"]), row["parent_kana"] or None, None, None


def see_standard_areas(work: Work, standard_areas: pl.DataFrame, last_event: Any) -> None:
    """Gather the bodies of the editions of 標準地域コード; `last_event` is the day to which the events reach."""
    for row in rows_of(work, standard_areas):
        code = row["code5"]
        own = own_name(row)
        work.sightings[code].append(Sighting(code, row["as_of"], "on", "standard_area", *own))
        _list(work, "standard_area", row["as_of"], code, own[0])
        day, basis = records_begin(code)
        # Of a change after the last event only the day is known: the row says nothing of the time before it.
        if row["effective_on"] and row["effective_on"] > (last_event or day):
            day, basis = row["effective_on"], "event"
        _seen_from(work, code, day, basis)

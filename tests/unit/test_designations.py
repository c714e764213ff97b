"""Core and special cities: designations from the history of changes cut a city's row, nothing else does."""

from __future__ import annotations

from datetime import date

import polars as pl

from pipelines.identity.designations import designation_days, with_designations
from pipelines.identity.register import AREA_SCHEMA, CHANGE_SCHEMA


def area(start: date, end: date | None, kind: str = "city", code: str = "990019") -> dict[str, object]:
    return {
        "area_code": code, "valid_from": start, "valid_to": end, "name_ja": "見本市", "name_kana": "みほんし",
        "district_ja": None, "prefecture_code": "990001", "area_type": kind, "valid_from_basis": "event",
    }  # fmt: skip


def changes(*reasons: tuple[date, str]) -> pl.DataFrame:
    rows = [("990019", "990019", day, "status", reason) for day, reason in reasons]
    return pl.DataFrame(rows, schema=CHANGE_SCHEMA, orient="row")


HISTORY = changes(
    (date(2001, 4, 1), "見本市(99001)が特例市に移行"), (date(2008, 4, 1), "見本市(99001)が特例市から中核市に移行")
)  # fmt: skip


def spans(areas: list[dict[str, object]], history: pl.DataFrame) -> list[tuple[object, ...]]:
    frame = with_designations(pl.DataFrame(areas, schema=AREA_SCHEMA), history)
    return frame.select("area_type", "valid_from", "valid_to", "valid_from_basis").rows()


def test_the_days_are_read_with_their_check_digit() -> None:
    ((code, days),) = designation_days(HISTORY).items()
    assert (code[:5], len(code)) == ("99001", 6)
    assert days == [(date(2001, 4, 1), "special_city"), (date(2008, 4, 1), "core_city")]


def test_a_city_is_cut_at_its_designations() -> None:
    code = next(iter(designation_days(HISTORY)))
    assert spans([area(date(1970, 4, 1), None, code=code)], HISTORY) == [
        ("city", date(1970, 4, 1), date(2001, 4, 1), "event"),
        ("special_city", date(2001, 4, 1), date(2008, 4, 1), "designation"),
        ("core_city", date(2008, 4, 1), None, "designation"),
    ]


def test_a_merger_under_the_same_code_keeps_the_designation() -> None:
    code = next(iter(designation_days(HISTORY)))
    rows = [area(date(1970, 4, 1), date(2005, 1, 1), code=code), area(date(2005, 1, 1), None, code=code)]
    assert [(kind, start) for kind, start, _, _ in spans(rows, HISTORY)] == [
        ("city", date(1970, 4, 1)), ("special_city", date(2001, 4, 1)), ("special_city", date(2005, 1, 1)),
        ("core_city", date(2008, 4, 1)),
    ]  # fmt: skip


def test_other_bodies_stay_as_they_are() -> None:
    code = next(iter(designation_days(HISTORY)))
    rows = [area(date(1970, 4, 1), None, "town"), area(date(1970, 4, 1), None, "designated_city", code)]
    assert {kind for kind, _, _, _ in spans(rows, HISTORY)} == {"town", "designated_city"}

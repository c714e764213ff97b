"""Associations of municipalities: known from the yearly lists that name them."""

from __future__ import annotations

from datetime import date

import polars as pl

from pipelines.identity.associations import ASSOCIATION, with_associations
from pipelines.identity.match import AreaRegister
from pipelines.identity.register import AREA_SCHEMA
from pipelines.normalize.area_codes import check_digit

NOBODY = pl.DataFrame(schema=AREA_SCHEMA)


def six(code: str) -> str:
    return code + check_digit(code)


def listed(*rows: tuple[str, str, int]) -> pl.DataFrame:
    return pl.DataFrame(
        [{"area_code": code, "name_ja": name, "as_of": date(year + 1, 3, 31)} for code, name, year in rows],
        schema={"area_code": pl.String, "name_ja": pl.String, "as_of": pl.Date},
    )


def test_an_association_is_valid_from_the_first_year_that_names_it() -> None:
    code = six("01801")
    areas = with_associations(
        NOBODY, listed((code.lstrip("0"), "見本広域連合", 2022), (code, "見本広域連合", 2023))
    )
    assert areas.select("area_code", "valid_from", "valid_to", "area_type", "prefecture_code").rows() == [
        (code, date(2022, 4, 1), None, "association", six("01000"))
    ]


def test_one_that_a_later_list_leaves_out_has_ended() -> None:
    gone, stays = six("01801"), six("01802")
    areas = with_associations(
        NOBODY, listed((gone, "甲組合", 2022), (stays, "乙組合", 2022), (stays, "乙組合", 2023))
    )
    assert dict(areas.select("area_code", "valid_to").iter_rows()) == {gone: date(2023, 4, 1), stays: None}


def test_a_wrong_check_digit_and_a_known_body_are_left_out() -> None:
    code = six("01801")
    wrong = code[:5] + str((int(code[5]) + 1) % 10)
    held = with_associations(NOBODY, listed((code, "甲組合", 2023)))
    assert with_associations(NOBODY, listed((wrong, "甲組合", 2023))).is_empty()
    assert with_associations(held, listed((code, "甲組合", 2024))).rows() == held.rows()


def test_without_lists_nothing_changes() -> None:
    assert with_associations(NOBODY, pl.DataFrame()).is_empty()


def test_a_new_association_changes_only_what_tables_of_associations_are_read_with() -> None:
    town = (six("01303"), date(2000, 1, 1), None, "当別町", None, "石狩郡", six("01000"), "town", "event")
    towns = pl.DataFrame([town], schema=AREA_SCHEMA, orient="row")
    before = AreaRegister(with_associations(towns, listed((six("01801"), "甲組合", 2023))))
    after = AreaRegister(
        with_associations(towns, listed((six("01801"), "甲組合", 2023), (six("01802"), "乙組合", 2023)))
    )
    for types, is_same in ((["town", "city"], True), (["town", ASSOCIATION], False)):
        hashes = {register.holding(types).content_hash for register in (before, after)}
        assert (len(hashes) == 1) == is_same
    day = date(2023, 6, 1)
    assert after.holding(["town"]).on(day).by_code(six("01802")) is None
    assert after.holding(["town", ASSOCIATION]).on(day).by_code(six("01802")) is not None
    assert after.holding(["town"]).on(day).by_code(six("01303")) is not None

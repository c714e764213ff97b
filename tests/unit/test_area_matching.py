"""Codes and names as publishers print them, matched against the areas of a day; nothing is guessed."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.identity.findings import six_digits
from pipelines.identity.match import Area, AreaIndex, AreaRegister
from pipelines.identity.names import fold_name, hiragana
from pipelines.identity.register import AREA_SCHEMA

DAY = date(2024, 1, 1)
START = date(1970, 4, 1)
# 5-digit code, name, district, type, first day, first day no more
ROWS: list[tuple[str, str, str | None, str, date, date | None]] = [
    ("01000", "北海道", None, "prefecture", START, None),
    ("02000", "青森県", None, "prefecture", START, None),
    ("12000", "千葉県", None, "prefecture", START, None),
    ("13000", "東京都", None, "prefecture", START, None),
    ("21000", "岐阜県", None, "prefecture", START, None),
    ("26000", "京都府", None, "prefecture", START, None),
    ("34000", "広島県", None, "prefecture", START, None),
    ("45000", "宮崎県", None, "prefecture", START, None),
    ("05000", "秋田県", None, "prefecture", START, None),
    ("01100", "札幌市", None, "designated_city", START, None),
    ("01101", "中央区", "札幌市", "ward", START, None),
    ("01220", "士別市", None, "city", START, None),
    ("12203", "市川市", None, "city", START, None),
    ("01403", "泊村", "後志総合振興局", "village", START, None),
    ("02323", "鰺ヶ沢町", "西津軽郡", "town", START, None),
    ("02320", "西津軽郡", None, "district", START, None),
    ("13102", "中央区", None, "special_ward", START, None),
    ("13206", "府中市", None, "city", START, None),
    ("13361", "大島町", "大島支庁", "town", START, None),
    ("13381", "三宅村", "三宅支庁", "village", START, None),
    ("13402", "青ヶ島村", "八丈支庁", "village", START, None),
    ("34208", "府中市", None, "city", START, None),
    ("34302", "府中町", "安芸郡", "town", START, None),
    ("26100", "京都市", None, "designated_city", START, None),
    ("05434", "美郷町", "仙北郡", "town", date(2004, 11, 1), None),
    ("45431", "美郷町", "東臼杵郡", "town", date(2006, 1, 1), None),
    ("21214", "可児市", None, "city", START, None),
    ("21403", "谷汲村", "揖斐郡", "village", START, date(2005, 1, 31)),
    # Two bodies of one name in one prefecture, told apart by their districts alone.
    ("21501", "東村", "甲郡", "village", START, None),
    ("21521", "東村", "乙郡", "village", START, None),
    # Two names that differ in the form of a character alone.
    ("21531", "檜沢町", "丙郡", "town", START, None),
    ("21541", "桧澤町", "丁郡", "town", START, None),
]
NATION = ("000000", START, None, "日本", None, None, None, "nation", "code_system_start")
AREAS = pl.DataFrame(
    [
        NATION,
        *(
            (
                six_digits(code),
                start,
                end,
                name,
                None,
                district,
                six_digits(code[:2] + "000"),
                area_type,
                "event",
            )
            for code, name, district, area_type, start, end in ROWS
        ),
    ],
    schema=AREA_SCHEMA,
    orient="row",
)
REGISTER = AreaRegister(AREAS)


@pytest.fixture
def index() -> AreaIndex:
    return REGISTER.on(DAY)


def codes(areas: list[Area]) -> set[str]:
    return {area.area_code[:5] for area in areas}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("011002", "01100"),
        ("11002", "01100"),
        ("01100", "01100"),
        ("1100", "01100"),
        ("０１１００２", "01100"),
        (" 011002 ", "01100"),
        ("132063", "13206"),
        ("13206", "13206"),
        ("000000", "00000"),
        ("00000", "00000"),
        ("1000", "01000"),
    ],
)
def test_a_code_is_found_in_every_form(index: AreaIndex, text: str, code: str) -> None:
    area = index.by_code(text)
    assert area is not None
    assert area.area_code[:5] == code
    assert index.code_problem(text) is None


@pytest.mark.parametrize("text", ["011003", "", "110", "0110021", "A11002", "011002.0", "-", "999999"])
def test_what_is_no_code_is_not_found(index: AreaIndex, text: str) -> None:
    assert index.by_code(text) is None
    assert index.code_problem(text) is not None


def test_a_code_of_two_readings_is_not_guessed(index: AreaIndex) -> None:
    assert index.by_code("12203") is None
    problem = index.code_problem("12203")
    assert problem is not None
    assert "士別市" in problem
    assert "市川市" in problem


def test_a_column_of_known_width_has_one_reading(index: AreaIndex) -> None:
    six, five = index.by_code("12203", digits=6), index.by_code("12203", digits=5)
    assert six is not None
    assert five is not None
    assert (six.name_ja, five.name_ja) == ("士別市", "市川市")


def test_the_problem_of_a_code_of_another_day_names_the_days(index: AreaIndex) -> None:
    text = six_digits("21403")
    assert index.by_code(text) is None
    assert "谷汲村" in str(index.code_problem(text))
    assert "2005-01-31" in str(index.code_problem(text))


@pytest.mark.parametrize(
    ("prefecture", "name", "expected"),
    [
        ("北海道", "札幌市", {"01100"}),
        ("青森", "鰺ヶ沢町", {"02323"}),
        ("青森県", "鯵ケ沢町", {"02323"}),
        ("青　森", "西津軽郡鰺ケ沢町", {"02323"}),
        ("青森県", "西津軽郡", {"02320"}),
        ("青森県", "東津軽郡鰺ヶ沢町", set()),
        ("京都", "京　都　市", {"26100"}),
        ("東京都", "三宅島　三宅村", {"13381"}),
        ("東京都", "大島支庁大島町", {"13361"}),
        ("東京", "青ケ島村", {"13402"}),
        ("北海道", "古宇郡泊村", {"01403"}),
        ("北海道", "国後郡泊村", set()),
        ("北海道", "札幌市中央区", {"01101"}),
        ("北海道", "中央区", {"01101"}),
        (None, "中央区", {"01101", "13102"}),
        (None, "北海道札幌市中央区", {"01101"}),
        (None, "東京都府中市", {"13206"}),
        ("東京都", "東京都府中市", {"13206"}),
        ("広島県", "東京都府中市", set()),
        (None, "府中市", {"13206", "34208"}),
        ("広島県", "府中市", {"34208"}),
        ("広島県", "安芸郡府中町", {"34302"}),
        (None, "美郷町", {"05434", "45431"}),
        (None, "美郷町（宮崎）", {"45431"}),
        (None, "美郷町（宮崎県）", {"45431"}),
        ("宮崎県", "美郷町（宮崎）", {"45431"}),
        ("秋田県", "美郷町（宮崎）", set()),
        (None, "美郷町（仮）", set()),
        ("京都府", "京都市※1", {"26100"}),
        ("京都府", "京都市*", {"26100"}),
        (None, " 1  北海道", {"01000"}),
        (None, "２　青　森", {"02000"}),
        (None, "京都", {"26000"}),
        ("岐阜県", "東村", {"21501", "21521"}),
        ("岐阜県", "乙郡東村", {"21521"}),
        ("岐阜県", "桧沢町", {"21531", "21541"}),
        ("岐阜県", "谷汲村", set()),
        ("岐阜県", "可児", set()),
        ("虚県", "可児市", set()),
        (None, "", set()),
        ("北海道", "", set()),
    ],
)
def test_a_name_gives_all_who_bear_it(
    index: AreaIndex, prefecture: str | None, name: str, expected: set[str]
) -> None:
    assert codes(index.by_name(prefecture, name)) == expected


def test_a_body_is_found_on_its_days_alone() -> None:
    assert codes(REGISTER.on(date(2005, 1, 30)).by_name("岐阜県", "谷汲村")) == {"21403"}
    assert REGISTER.on(date(2005, 1, 31)).by_name("岐阜県", "谷汲村") == []
    assert REGISTER.on(date(2004, 10, 31)).by_name(None, "美郷町") == []


def test_the_index_of_a_day_is_built_once() -> None:
    assert REGISTER.on(DAY) is REGISTER.on(DAY)


def test_nearest_names_another_day_or_a_like_spelling(index: AreaIndex) -> None:
    assert "2005-01-31" in index.nearest("岐阜県", "揖斐郡谷汲村")
    assert "可児市" in index.nearest("岐阜県", "可兒市")
    assert "府中市 (132063)" not in index.nearest("広島県", "府虫市")
    assert index.nearest("岐阜県", "まったくちがう") == ""


def test_types_give_codes(index: AreaIndex) -> None:
    assert index.of_types("designated_city") == {six_digits("01100"), six_digits("26100")}
    assert index.of_types("nation", "special_ward") == {"000000", six_digits("13102")}
    assert index.of_types("core_city") == frozenset()


def test_katakana_of_any_width_becomes_hiragana() -> None:
    assert hiragana("ｷﾀｷｭｳｼｭｳｼ") == hiragana("キタキュウシュウシ") == "きたきゅうしゅうし"
    assert hiragana("ｳﾞｪｰ") == "ゔぇー"


@given(text=st.text())
def test_folding_is_stable(text: str) -> None:
    assert fold_name(fold_name(text)) == fold_name(text)


@given(row=st.sampled_from(ROWS), spaces=st.lists(st.sampled_from(["", " ", "　"]), min_size=12, max_size=12))
def test_every_valid_body_is_found_under_its_code_and_its_name(
    row: tuple[str, str, str | None, str, date, date | None], spaces: list[str]
) -> None:
    code, name, district, area_type, _, end = row
    index = REGISTER.on(end.replace(year=end.year - 1) if end else DAY)
    area = index.by_code(six_digits(code))
    assert area is not None
    assert area.name_ja == name
    prefix = district if district and area_type in ("ward", "town", "village") else ""
    printed = "".join(letter + space for letter, space in zip(prefix + name, spaces, strict=False))
    found = index.by_name(area.prefecture_name, printed + (prefix + name)[12:])
    assert area in found


@given(text=st.text(max_size=12))
def test_no_text_is_matched_to_what_it_does_not_say(text: str) -> None:
    index = REGISTER.on(DAY)
    for area in index.by_name(None, text):
        assert fold_name(area.name_ja)[:-1] in fold_name(text)
    found = index.by_code(text)
    assert found is None or found.area_code.lstrip("0")[:4] in fold_name(text).lstrip("0") + "0000"

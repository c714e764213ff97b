"""Properties that hold for every input: numbers, dates, check digits, extraction."""

from __future__ import annotations

import csv
import io
import re
import tempfile
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pipelines.catalog.models import Table
from pipelines.contracts.cells import read_cells
from pipelines.extract.grid import read_grid
from pipelines.extract.table import Place, read_table
from pipelines.normalize.area_codes import AreaCodeError, check_digit, parse_area_code
from pipelines.normalize.japanese_dates import (
    DateExpressionError,
    fiscal_year_of,
    parse_date_expression,
    parse_fiscal_year,
)
from pipelines.normalize.numbers import NumberFormatError, parse_number
from pipelines.normalize.text import header_key, normalise_width

WIDE = str.maketrans("0123456789.,", "０１２３４５６７８９．，")
numbers = st.decimals(min_value=Decimal(-(10**15)), max_value=Decimal(10**15), places=4)
units = st.sampled_from(["%", "％", "団体", "万人", "円/人"])
days = st.dates(min_value=date(1868, 10, 23), max_value=date(2100, 12, 31))


@given(
    value=numbers,
    minus=st.sampled_from(["-", "−", "‐", "–", "—", "ー", "－", "▲", "△", "▲ ", "△ "]),
    separators=st.booleans(),
    wide=st.booleans(),
    about=st.sampled_from(["", "約", "約 ", "およそ", "概ね"]),
    suffix=st.one_of(st.just(""), units),
    space=st.sampled_from(["", " ", "　"]),
)
def test_every_rendering_of_a_number_gives_the_number_back(
    value: Decimal, minus: str, separators: bool, wide: bool, about: str, suffix: str, space: str
) -> None:
    digits = f"{abs(value):,f}" if separators else f"{abs(value):f}"
    text = about + (minus if value < 0 else "") + (digits.translate(WIDE) if wide else digits)
    number = parse_number(text + (space + suffix if suffix else ""), suffix or None)
    assert number.value == value
    assert number.is_approximate == bool(about)


# What a number may look like after NFKC, written apart from the code under test.
PRINTED = re.compile(r"\s*(?:(?:約|およそ|概ね)\s*)?([+\-−‐–—ー▲△] ?)?([0-9][0-9,]*(?:\.[0-9]+)?)\s*")


@given(st.one_of(st.text(max_size=12), st.text(alphabet="0123456789０１²①٣,，.．-−△▲+約 　%e_", max_size=10)))
@settings(max_examples=500)
def test_text_either_is_a_rendering_of_its_value_or_is_refused(text: str) -> None:
    try:
        number = parse_number(text)
    except NumberFormatError:
        return
    match = PRINTED.fullmatch(normalise_width(text))
    assert match is not None
    size = Decimal(match[2].replace(",", ""))
    assert number.value == (size if (match[1] or "+").strip() == "+" else -size)
    assert "," not in match[2] or match[2].split(".")[0].lstrip("0,") in f"{int(size):,}" or size == 0


@given(value=numbers, junk=st.text(alphabet="abcあ※注①²%円/()", min_size=1, max_size=3), front=st.booleans())
def test_number_with_anything_else_beside_it_is_refused(value: Decimal, junk: str, front: bool) -> None:
    text = f"{junk}{value:f}" if front else f"{value:f}{junk}"
    with pytest.raises(NumberFormatError):
        parse_number(text)


date_like = st.text(
    alphabet="0123456789０１²元年度月日末中までを目途に現在時点予算から平成令和昭HRS.-/ ", max_size=16
)
shaped = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(["平成", "令和", "昭和", "H", "R", "", "平"]),
    st.integers(0, 99999),
    st.sampled_from(["年", ".", "/", "-", "年度", "年度末", "年度を目途", "年度予算から"]),
    st.one_of(st.just(""), st.builds("{}月{}日".format, st.integers(0, 99), st.integers(0, 99)), st.builds("{}.{}".format, st.integers(0, 99), st.integers(0, 99))),
)  # fmt: skip


@given(st.one_of(st.text(max_size=16), date_like, shaped))
@settings(max_examples=1000)
def test_date_expression_gives_an_existing_day_or_its_own_error(text: str) -> None:
    try:
        expression = parse_date_expression(text)
    except DateExpressionError:
        return
    assert date.fromisoformat(expression.day.isoformat()) == expression.day
    assert expression.precision in {"day", "month", "fiscal_year"}
    assert expression.precision != "fiscal_year" or (expression.day.month, expression.day.day) == (3, 31)


@given(st.one_of(st.text(max_size=12), date_like, shaped))
@settings(max_examples=1000)
def test_fiscal_year_has_a_last_day_or_is_refused(text: str) -> None:
    try:
        year = parse_fiscal_year(text)
    except DateExpressionError:
        return
    assert fiscal_year_of(date(year + 1, 3, 31)) == year


@given(day=days, pattern=st.sampled_from(["{y}年{m}月{d}日", "{y}年{m}月{d}日現在", "{y:04}-{m:02}-{d:02}", "{y}.{m}.{d}", "{y}/{m}/{d}"]), wide=st.booleans())  # fmt: skip
def test_every_rendering_of_a_day_gives_the_day_back(day: date, pattern: str, wide: bool) -> None:
    text = pattern.format(y=day.year, m=day.month, d=day.day)
    expression = parse_date_expression(text.translate(WIDE) if wide else text)
    assert (expression.day, expression.precision) == (day, "day")


@given(
    day=st.dates(min_value=date(1989, 1, 8), max_value=date(2019, 4, 30)),
    letter=st.sampled_from(["平成", "H", "Ｈ"]),
)
def test_wareki_and_western_year_name_the_same_day(day: date, letter: str) -> None:
    wareki = f"{letter}{day.year - 1988}年{day.month}月{day.day}日"
    assert parse_date_expression(wareki) == parse_date_expression(f"{day.year}年{day.month}月{day.day}日")


@given(days)
def test_fiscal_year_holds_its_day(day: date) -> None:
    year = fiscal_year_of(day)
    assert date(year, 4, 1) <= day <= date(year + 1, 3, 31)
    assert parse_date_expression(f"{year}年度末").day >= day


@given(st.from_regex(r"[0-9]{5}", fullmatch=True))
def test_one_check_digit_makes_a_code_valid(first_five: str) -> None:
    valid = []
    for digit in "0123456789":
        try:
            valid.append(parse_area_code(first_five + digit)[5])
        except AreaCodeError:
            continue
    assert valid == ([check_digit(first_five)] if first_five != "00000" else ["0", check_digit("00000")])


@given(st.from_regex(r"[0-9]{5}", fullmatch=True), st.integers(0, 4), st.integers(1, 9))
def test_single_wrong_digit_is_refused_where_it_changes_the_check_digit(
    first_five: str, position: int, shift: int
) -> None:
    wrong = first_five[:position] + str((int(first_five[position]) + shift) % 10) + first_five[position + 1 :]
    assume(check_digit(wrong) != check_digit(first_five))
    code = wrong + check_digit(first_five)
    assume(code != "000000")
    with pytest.raises(AreaCodeError):
        parse_area_code(code)


@given(
    st.text(alphabet="団体コードAb1ｶﾞ（）％", max_size=12), st.sampled_from([" ", "　", "\n", "\r\n", "\t"])
)
def test_header_key_does_not_depend_on_white_space(text: str, space: str) -> None:
    assert header_key(space + space.join(text) + space) == "".join(map(header_key, text))


HEADER = ["団体コード", "団体名", "年度", "値（％）"]
rows = st.lists(
    st.tuples(
        st.sampled_from(["010006", "020001", "131016", "011002"]),
        st.text(alphabet="北海道青森札幌", min_size=1, max_size=4),
        st.sampled_from(["令和4年度", "2023年度"]),
        numbers.map(lambda value: f"{value:f}"),
    ).map(list),
    max_size=6,
)


@pytest.fixture(scope="session")
def described(make_table: Callable[..., Table]) -> Table:
    return make_table(
        {
            "area_code": {"from": ["団体コード"], "type": "area_code"},
            "name": {"from": ["団体名"], "type": "text"},
            "year": {"from": ["年度"], "type": "fiscal_year"},
            "value": {"from": ["値（％）"], "type": "decimal"},
        }
    )


def extracted(
    content: list[list[str]], encoding: str, table: Table, place: Place
) -> list[tuple[object, ...]]:
    stream = io.StringIO(newline="")
    csv.writer(stream).writerows(content)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bytes"
        path.write_bytes(stream.getvalue().encode(encoding))
        raw, defects = read_table(read_grid(path, "some.csv"), table, place)
    assert raw is not None
    typed, unreadable = read_cells(raw.frame, table, place)
    assert (defects, unreadable) == ([], [])
    return typed.select("area_code", "name", "year", "value").rows()


@given(
    body=rows,
    order=st.permutations(range(4)),
    above=st.lists(st.sampled_from([[], ["令和5年度 一覧"], ["", "", ""], ["総務省", "", ""]]), max_size=8),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "cp932"]),
    wide=st.booleans(),
)
@settings(max_examples=150)
def test_extraction_does_not_depend_on_the_look_of_the_file(
    described: Table, place: Place, body: list[list[str]], order: list[int], above: list[list[str]],
    encoding: str, wide: bool,
) -> None:  # fmt: skip
    plain = extracted([HEADER, *body], "utf-8", described, place)
    assert plain == [
        (code, name, 2022 if year == "令和4年度" else 2023, Decimal(value))
        for code, name, year, value in body
    ]
    shown = [[cell.translate(WIDE) for cell in row] for row in body] if wide else body
    moved = [*above, *([row[index] for index in order] for row in [HEADER, *shown])]
    assert extracted(moved, encoding, described, place) == plain

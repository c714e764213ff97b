"""A register in the forms in which bodies publish theirs: the same figures, or a finding that says what is wrong."""

from __future__ import annotations

import tempfile
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.identity.match import AreaRegister
from pipelines.register.about import About, AboutError, read_about
from pipelines.register.reading import RegisterReading
from tests.registers import (
    HEADERS,
    KAGOSHIMA,
    KAGOSHIMA_TOTALS,
    THOUSAND,
    areas,
    described,
    kagoshima_lines,
    read_file,
    rows_of,
    write_csv,
    write_xlsx,
)

NAME = f"{KAGOSHIMA}_固定資産台帳_平成29年度.csv"
COLUMNS = tuple(HEADERS)
AMOUNTS = ("acquisition_cost", "accumulated_depreciation", "book_value")
_SETTINGS = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
_LINES = kagoshima_lines(3)


@pytest.fixture(scope="module")
def bodies() -> AreaRegister:
    return areas()


def sums(reading: RegisterReading) -> dict[tuple[str, str], tuple[int, int, int]]:
    """Return cost, accumulated and book value by account."""
    assert reading.lines is not None, [defect.message("en") for defect in reading.defects]
    found = reading.lines.group_by("account_group", "account_class").agg(*AMOUNTS).to_dicts()
    return {
        (row["account_group"], row["account_class"]): tuple(
            int(sum(filter(None, row[name]))) for name in AMOUNTS
        )
        for row in found
    }  # type: ignore[misc]


EXPECTED = {
    account: (cost * THOUSAND, accumulated * THOUSAND, (cost - accumulated) * THOUSAND)
    for account, (_, cost, accumulated) in zip(
        (
            ("business", "land"), ("business", "timber"), ("business", "building"), ("business", "structure"),
            ("infrastructure", "land"), ("infrastructure", "building"), ("infrastructure", "structure"), ("goods", "goods"),
        ),
        KAGOSHIMA_TOTALS, strict=True,
    )
}  # fmt: skip


def table(columns: tuple[str, ...] = COLUMNS, unit: int = 1) -> list[list[object]]:
    return [[HEADERS[name] for name in columns], *rows_of(_LINES, columns, unit)]


def rules(reading: RegisterReading) -> set[str]:
    return {defect.rule for defect in reading.defects}


def test_lines_add_up_to_the_totals_of_the_city(tmp_path: Path, bodies: AreaRegister) -> None:
    reading = read_file(write_csv(tmp_path / NAME, table()), bodies)
    assert sums(reading) == EXPECTED
    assert (reading.area_code, reading.fiscal_year, reading.entity) == (KAGOSHIMA, 2017, "general")
    assert rules(reading) == {"register_unit_assumed"}
    assert reading.lines is not None
    assert reading.lines["row_no"].to_list() == list(range(2, len(_LINES) + 2))
    first = reading.lines.row(6, named=True)
    assert (first["asset_name"], first["useful_life_years"], first["acquired_on"]) == (
        "第1小学校",
        50,
        date(1975, 4, 1),
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932", "utf-16"])
def test_csv_is_read_in_its_encodings(tmp_path: Path, bodies: AreaRegister, encoding: str) -> None:
    assert sums(read_file(write_csv(tmp_path / NAME, table(), encoding), bodies)) == EXPECTED


def test_a_workbook_with_title_unit_merged_header_and_totals(tmp_path: Path, bodies: AreaRegister) -> None:
    upper = [*(HEADERS[name] for name in COLUMNS[:9]), "金額", "", ""]
    lower = [*("" for _ in range(9)), "取得価額等", "減価償却累計額", "帳簿価額"]
    body = rows_of(_LINES, COLUMNS, THOUSAND)
    total = [
        "",
        "",
        "",
        "合計",
        "",
        "",
        "",
        "",
        "",
        *(sum(row[place] for row in body) for place in (9, 10, 11)),
    ]  # type: ignore[misc]
    rows: list[list[object]] = [
        ["鹿児島市　固定資産台帳"], ["平成30年3月31日現在", "", "", "", "", "", "", "", "", "", "", "（単位：千円）"], [],
        upper, lower, *body[:5], [], upper, lower, *body[5:], total, ["※ 道路の敷地は備忘価額1円"],
    ]  # fmt: skip
    path = write_xlsx(tmp_path / "固定資産台帳.xlsx", {"表紙": [["目次"]], "明細": rows}, [])
    reading = read_file(path, bodies)
    assert sums(reading) == EXPECTED
    assert (reading.area_code, reading.fiscal_year) == (KAGOSHIMA, 2017)
    assert rules(reading) == set()
    stated = reading.totals.row(0, named=True)
    assert stated["acquisition_cost"] == sum(line.acquisition_cost for line in _LINES)
    assert (stated["account_group"], stated["unit_yen"], reading.totals.height) == (None, THOUSAND, 1)


def test_one_file_an_account_is_known_by_its_name(tmp_path: Path, bodies: AreaRegister) -> None:
    columns = tuple(name for name in COLUMNS if name != "account")
    rows = [
        ["種別", *(HEADERS[name] for name in columns)],
        *([["建物", *row] for row in rows_of(_LINES[6:9], columns)]),
    ]
    reading = read_file(write_csv(tmp_path / f"H29_{KAGOSHIMA}_インフラ資産_固定資産台帳.csv", rows), bodies)
    assert set(sums(reading)) == {("infrastructure", "building")}
    without = read_file(write_csv(tmp_path / NAME, rows), bodies)
    assert set(sums(without)) == {("unspecified", "building")}


_SPELLINGS = {name: column.header for name, column in described().columns.items()}


@st.composite
def forms(draw: st.DrawFn) -> tuple[list[list[object]], int]:
    """Draw a form of the same lines: order and spelling of columns, unit, rows around, other columns between."""
    columns = tuple(draw(st.permutations(COLUMNS)))
    unit = draw(st.sampled_from([1, THOUSAND]))
    named = {1: "円", THOUSAND: "千円"}[unit]
    headers = [
        draw(st.sampled_from(_SPELLINGS[name])) + (f"({named})" if name in AMOUNTS else "")
        for name in columns
    ]
    rows = rows_of(_LINES, columns, unit)
    place = columns.index("asset_name")
    kind = draw(st.sampled_from(["合計", "総合計", "小計", "計", ""]))
    footer: list[object] = ["" for _ in columns]
    if kind:
        footer[place] = kind
        for name in AMOUNTS:
            where = columns.index(name)
            footer[where] = sum(row[where] for row in rows)  # type: ignore[misc]
    above = draw(
        st.lists(st.sampled_from([["鹿児島市"], [], ["固定資産台帳"], ["作成：管財課"]]), max_size=3)
    )
    blanks = draw(st.sampled_from(["", "-", "－", "―"]))
    rows = [[blanks if cell == "" else cell for cell in row] for row in rows]
    return [*above, headers, *rows, *([footer] if kind else []), ["（注）備考"]], unit


@_SETTINGS
@given(form=forms(), encoding=st.sampled_from(["utf-8-sig", "cp932"]))
def test_every_form_of_the_same_lines_gives_the_same_figures(
    bodies: AreaRegister, form: tuple[list[list[object]], int], encoding: str
) -> None:
    rows, unit = form
    with tempfile.TemporaryDirectory() as folder:
        rows = [[cell.replace("－", "-") if isinstance(cell, str) else cell for cell in row] for row in rows]
        reading = read_file(write_csv(Path(folder) / NAME, rows, encoding), bodies)
    assert sums(reading) == EXPECTED
    assert reading.lines is not None
    assert reading.lines["unit_yen"].unique().to_list() == [unit]
    assert {defect.severity for defect in reading.defects} <= {"warning"}


@_SETTINGS
@given(dropped=st.sets(st.sampled_from(COLUMNS), min_size=1, max_size=6))
def test_a_lost_column_is_said_or_follows_from_the_others(bodies: AreaRegister, dropped: set[str]) -> None:
    columns = tuple(name for name in COLUMNS if name not in dropped)
    with tempfile.TemporaryDirectory() as folder:
        reading = read_file(write_csv(Path(folder) / NAME, table(columns)), bodies)
    needed = [{"asset_name", "asset_no", "use_name"}, {"account"}, set(AMOUNTS)]
    if any(group <= dropped for group in needed):
        assert reading.lines is None
        assert rules(reading) & {"missing_header", "no_header"}
        return
    assert reading.lines is not None
    for name in set(AMOUNTS) - dropped:
        assert sum(reading.lines[name].drop_nulls()) == sum(getattr(line, name) for line in _LINES)


@_SETTINGS
@given(name=st.sampled_from(COLUMNS), letter=st.sampled_from("甲乙丙丁"), data=st.data())
def test_a_header_nobody_knows_is_named(
    bodies: AreaRegister, name: str, letter: str, data: st.DataObject
) -> None:
    rows = table()
    spelled = HEADERS[name]
    cut = data.draw(st.integers(0, len(spelled)))
    rows[0][COLUMNS.index(name)] = changed = spelled[:cut] + letter + spelled[cut:]
    with tempfile.TemporaryDirectory() as folder:
        reading = read_file(write_csv(Path(folder) / NAME, rows), bodies)
    assert any(changed in (defect.found or "") for defect in reading.defects)


@_SETTINGS
@given(
    row=st.integers(0, len(_LINES) - 1), name=st.sampled_from([*AMOUNTS, "useful_life_years", "acquired_on"]),
    text=st.sampled_from(["12.3.4", "1,23", "約百万", "2018/02/30", "#REF!", "1234.5", "abc"]),
)  # fmt: skip
def test_an_unreadable_cell_is_shown_with_its_place(
    bodies: AreaRegister, row: int, name: str, text: str
) -> None:
    rows = table()
    rows[row + 1][COLUMNS.index(name)] = text
    with tempfile.TemporaryDirectory() as folder:
        reading = read_file(write_csv(Path(folder) / NAME, rows), bodies)
    (found,) = [defect for defect in reading.defects if defect.rule == "register_cell"]
    assert (found.row, found.found, found.column) == (row + 2, text, name)
    assert found.cell == f"{'ABCDEFGHIJKL'[COLUMNS.index(name)]}{row + 2}"
    assert reading.lines is not None
    assert reading.lines[name][row] is None


@pytest.mark.parametrize(
    ("name", "about", "rule"),
    [
        ("固定資産台帳_平成29年度.csv", None, "register_area_unknown"),
        (f"{KAGOSHIMA}_固定資産台帳.csv", None, "register_year_unknown"),
        (f"{KAGOSHIMA}_固定資産台帳_平成29年度_令和2年度.csv", None, "register_year_contradicts"),
        (f"{KAGOSHIMA}_462039_固定資産台帳_平成29年度.csv", None, "register_area_unknown"),
        ("固定資産台帳.csv", About(area_code=KAGOSHIMA, fiscal_year=2017), None),
        ("鹿児島市/固定資産台帳_R04末.csv", None, None),
        (f"{KAGOSHIMA}/h29koteishisandaicho.csv", None, None),
    ],
)
def test_whose_register_it_is_and_of_which_year(
    tmp_path: Path, bodies: AreaRegister, name: str, about: About | None, rule: str | None
) -> None:
    reading = read_file(write_csv(tmp_path / "register.csv", table()), bodies, about, name)
    assert (rules(reading) - {"register_unit_assumed"}) == ({rule} if rule else set())
    assert (reading.lines is None) == (rule is not None)


def test_a_code_that_this_warehouse_does_not_hold_is_named(tmp_path: Path, bodies: AreaRegister) -> None:
    reading = read_file(
        write_csv(tmp_path / "register.csv", table()), bodies, None, "011002_固定資産台帳_平成29年度.csv"
    )
    (found,) = [defect for defect in reading.defects if defect.rule == "register_area_unknown"]
    assert (found.found, reading.lines) == ("011002", None)
    assert "2018-03-31" in found.message("ja")


def test_a_title_of_another_year_than_the_file_is_refused(tmp_path: Path, bodies: AreaRegister) -> None:
    path = write_csv(tmp_path / NAME, [["令和元年度末 固定資産台帳"], *table()])
    assert rules(read_file(path, bodies)) == {"register_year_contradicts"}


def test_the_same_number_and_branch_twice_is_marked(tmp_path: Path, bodies: AreaRegister) -> None:
    rows = table()
    rows[5][0] = rows[3][0]
    reading = read_file(write_csv(tmp_path / NAME, rows), bodies)
    assert reading.lines is not None
    marked = reading.lines.filter(reading.lines["duplicate_of_row"].is_not_null())
    assert marked.select("row_no", "duplicate_of_row").rows() == [(6, 4)]


def test_totals_of_accounts_are_kept_apart_from_lines(tmp_path: Path, bodies: AreaRegister) -> None:
    rows = table()
    cost, accumulated = COLUMNS.index("acquisition_cost"), COLUMNS.index("accumulated_depreciation")
    footer: list[object] = ["" for _ in COLUMNS]
    footer[3], footer[cost], footer[accumulated] = "事業用資産 建物 計", 1, 2
    reading = read_file(write_csv(tmp_path / NAME, [*rows, footer]), bodies)
    assert sums(reading) == EXPECTED
    assert reading.totals.select("account_group", "account_class", "acquisition_cost", "row_no").rows() == [
        ("business", "building", 1, len(rows) + 1)
    ]


@pytest.mark.parametrize("content", [b"\x00\x01", b"<html><body></body></html>", b"", "見出しだけ".encode()])
def test_what_is_no_register_is_refused_in_words(
    tmp_path: Path, bodies: AreaRegister, content: bytes
) -> None:
    for suffix in (".csv", ".xlsx"):
        path = tmp_path / f"{NAME}{suffix}"
        path.write_bytes(content)
        reading = read_file(path, bodies)
        assert reading.lines is None
        assert rules(reading) & {"unreadable_file", "no_header"}


@pytest.mark.parametrize(
    "text",
    ["area_code: 462012\n", "fiscal_year: 平成29\n", "unit: ドル\n", "totals: 3\n", "a: b\n", "- 1\n", "{", "x" * 70_000],
)  # fmt: skip
def test_a_wrong_file_beside_a_register_says_where(tmp_path: Path, text: str) -> None:
    path = tmp_path / "register.yml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(AboutError):
        read_about(path)


def test_lines_are_streamed(tmp_path: Path, bodies: AreaRegister) -> None:
    """Sixty thousand lines come in pieces, with their rows and duplicates across pieces."""
    line = rows_of(_LINES[6:7])[0]
    rows: list[list[Any]] = [[HEADERS[name] for name in COLUMNS]]
    rows += [[str(number % 50_000), *line[1:]] for number in range(60_000)]
    reading = read_file(write_csv(tmp_path / NAME, rows), bodies)
    assert reading.lines is not None
    assert reading.lines["row_no"].to_list() == list(range(2, 60_002))
    assert reading.lines["duplicate_of_row"].drop_nulls().to_list() == list(range(2, 10_002))

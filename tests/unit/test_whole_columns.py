"""Columns judged as a whole give what cells one by one would; answers kept from file to file change nothing."""

from __future__ import annotations

import math
from datetime import date
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.extraction import MeasuredFile, Timing, bare_read, paired, report
from pipelines.acquire.archive import Snapshot
from pipelines.catalog.published import Identity, Layout
from pipelines.contracts.bodies import match_bodies
from pipelines.contracts.figures import read_columns
from pipelines.extract.body import Body, read_body
from pipelines.extract.columns import text_series
from pipelines.extract.header import Header
from pipelines.extract.sheet import Sheet, cell_text
from pipelines.extract.table import Place
from pipelines.identity.match import AreaRegister
from pipelines.identity.register import AREA_SCHEMA
from pipelines.normalize.area_codes import check_digit
from tests.made_up_areas import made_up_areas, made_up_register

PLACE = Place("made_up", "table", Snapshot("0" * 64, "made_up", "table", "f.xlsx", "", "", None, 1))
DAY = date(2020, 1, 1)
MUNICIPALITIES = ["designated_city", "core_city", "special_city", "special_ward", "city", "town", "village"]


def layout(*rules: dict[str, object]) -> Layout:
    columns = {
        "flag": {"from": ["区分"], "type": "text"},
        "name": {"from": ["団体名"], "type": "text"},
        "people": {"from": ["人口"], "type": "number", "unit": "人"},
    }
    return Layout.model_validate(
        {"from": 2000, "sheet": ["*"], "anchor": ["団体名"], "columns": columns, "rows": list(rules)}
    )


def rows_of(rows: list[list[object]], *rules: dict[str, object]) -> tuple[list[int], list[str], list[str]]:
    sheet = Sheet("s", [["区分", "団体名", "人口"], *rows])
    header = Header(0, 1, {"flag": 0, "name": 1, "people": 2}, ["区分", "団体名", "人口"])
    body, _ = read_body(sheet, layout(*rules), header, ["name"], PLACE)
    return body.rows, body.kinds, body.notes


def test_true_and_one_are_not_taken_for_each_other() -> None:
    rows: list[list[object]] = [[True, "甲市", 1.0], [1.0, "乙市", 2.0]]
    assert rows_of(rows, {"is": "skip", "where": {"flag": "TRUE"}})[0] == [2]
    assert rows_of(rows, {"is": "skip", "where": {"flag": "1"}})[0] == [1]


def test_the_first_rule_that_holds_gives_the_kind() -> None:
    rules = ({"is": "total", "where": {"name": "合計"}}, {"is": "skip", "where": {"name": ".*計"}})
    rows: list[list[object]] = [["", "甲市", 1.0], ["", "合計", 3.0], ["", "小計", 1.0]]
    assert rows_of(rows, *rules)[:2] == ([1, 2], ["body", "total"])


def test_a_note_behind_blank_cells_ends_the_table() -> None:
    rows: list[list[object]] = [["", "甲市", 1.0], ["", "（注）概数", ""], ["x", "乙市", 2.0]]
    assert rows_of(rows) == ([1], ["body"], ["(注)概数", "x"])


def test_short_rows_and_repeated_headers() -> None:
    rows: list[list[object]] = [["x", "甲市", 1.0], ["区分", "団体名", "人口"], ["x", "乙市"], []]
    assert rows_of(rows)[0] == [1, 3]


def test_columns_are_read_together_as_each_alone() -> None:
    columns = layout().columns
    read = read_columns({"people": ["1", "－", "１２", "?"]}, columns, {"-": "nil_mark"})["people"]
    assert read.values.to_list() == [Decimal(1), None, Decimal(12), None]
    assert read.statuses.to_list() == ["reported", "nil_mark", "reported", "parse_failed"]
    assert read.failed == [3]
    assert read_columns({}, columns, {}) == {}


_NUMBERS = st.one_of(
    st.floats(),
    st.floats(-1e7, 1e7).map(lambda number: round(number, 3)),
    st.integers(-(10**7), 10**7).map(float),
    st.integers(-(2**70), 2**70),
)


@given(st.lists(st.one_of(_NUMBERS, st.text(max_size=3))))
def test_cells_are_written_together_as_each_alone(cells: list[object]) -> None:
    assert text_series(cells).to_list() == [cell_text(cell) for cell in cells]


@pytest.mark.parametrize(
    "number", [-0.0, 0.0, 1e-4, 1e-5, 1e15, 1e16, -1e15, 5e-324, 0.1 + 0.2, math.nan, math.inf, 10**15]
)
def test_numbers_at_the_limits_of_plain_writing(number: float) -> None:
    assert text_series([number, 1.5, "-"]).to_list() == [cell_text(number), "1.5", "-"]


def test_columns_of_other_cells_than_texts_and_numbers() -> None:
    cells: list[object] = [True, 1, date(2020, 1, 1), "x", 1.0]
    assert text_series(cells).to_list() == ["TRUE", "1", "2020-01-01", "x", "1"]


def test_failed_cells_are_told_apart_by_column() -> None:
    columns = {"one": layout().columns["people"], "other": layout().columns["people"]}
    read = read_columns({"one": ["1", "?"], "other": ["?", 2.5]}, columns, {})
    assert [read[key].failed for key in ("one", "other")] == [[1], [0]]
    assert read["other"].values.to_list() == [None, Decimal("2.5")]
    assert read["other"].texts.to_list() == ["?", "2.5"]


def matched(
    register: AreaRegister, code: str, name: str, types: list[str]
) -> tuple[list[str | None], list[str]]:
    body = Body([1], ["body"], {"code": [code], "name": [name]}, [], [None])
    identity = Identity.model_validate({"code": "code", "name": "name", "types": types})
    header = Header(0, 1, {"code": 0, "name": 1}, ["code", "name"])
    bodies, defects = match_bodies(
        identity, register.on(DAY), body, header, [""], PLACE, lambda: register.on(date(2018, 1, 1))
    )
    return bodies.codes, [defect.rule for defect in defects]


def test_kept_answers_do_not_pass_from_one_question_to_another() -> None:
    areas = made_up_areas()
    register = made_up_register(areas)
    town = next(area for area in areas if area.area_type == "town")
    for _ in range(2):
        assert matched(register, town.area_code, town.name, MUNICIPALITIES) == ([town.area_code], [])
        assert matched(register, town.area_code, town.name, ["city"]) == ([None], ["unexpected_area_type"])
        assert matched(register, town.area_code, "無名町", MUNICIPALITIES)[1] == ["code_and_name_differ"]


def test_a_former_name_is_warned_of_in_every_file() -> None:
    code, prefecture = (five + check_digit(five) for five in ("91301", "91000"))
    renamed = date(2019, 1, 1)
    town = {"area_code": code, "prefecture_code": prefecture, "area_type": "town"}
    home = {"area_code": prefecture, "prefecture_code": prefecture, "area_type": "prefecture"}
    rows = [
        {**town, "name_ja": "旧町", "valid_from": date(1970, 1, 1), "valid_to": renamed},
        {**town, "name_ja": "新町", "valid_from": renamed},
        {**home, "name_ja": "甲野県", "valid_from": date(1970, 1, 1)},
    ]
    register = AreaRegister(pl.DataFrame(rows, schema=AREA_SCHEMA))
    for _ in range(2):
        assert matched(register, code, "旧町", ["town"]) == ([code], ["former_name"])
    assert register.on(date(2018, 12, 31)).by_name("甲野県", "旧町")
    assert not register.on(date(2019, 1, 1)).by_name("甲野県", "旧町")


def test_days_between_two_changes_share_their_areas() -> None:
    register = made_up_register(made_up_areas())
    first, second = register.on(DAY), register.on(date(2021, 1, 1))
    assert (first.day, second.day) == (DAY, date(2021, 1, 1))
    assert first.answers("x") is second.answers("x")
    assert first.answers("x") is not first.answers("y")


def test_both_are_timed_in_every_round_and_take_turns() -> None:
    order: list[str] = []
    paired(lambda: order.append("bare"), lambda: order.append("ours"), 2)
    assert order == ["bare", "ours", "ours", "bare"]


def test_the_report_ends_with_all_files_together() -> None:
    timing = Timing("f.csv", "s.t", 10, 4, 0.001, 0.003, 3.0, 0.005, None, 0.002)
    assert list(report([timing, timing]))[-1].startswith(
        "| all 2 files together | 20 | 8 | 2.0 | 6.0 | 3.00 |"
    )


def test_formats_without_a_bare_reader_are_named(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("bare") / "f.csv"
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    file = MeasuredFile("s", "t", path.name, path)
    assert bare_read(file.path, file.name, None) == [["a", "b"], ["1", "2"]]
    with pytest.raises(ValueError, match="no bare reader"):
        bare_read(path, "f.pdf", None)

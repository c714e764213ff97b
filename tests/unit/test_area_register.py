"""The register of areas: what the wordings of events mean, on made-up places, and what holds for every register."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.identity.findings import six_digits
from pipelines.identity.reasons import parse_reason
from pipelines.identity.register import Register, build_register
from pipelines.normalize.area_codes import parse_area_code
from pipelines.settings import SOURCES_DIR

EVENT_COLUMNS = {
    "code5": pl.String,
    "prefecture_name": pl.String,
    "parent_name": pl.String,
    "parent_kana": pl.String,
    "name_ja": pl.String,
    "name_kana": pl.String,
    "effective_on": pl.Date,
    "reason_ja": pl.String,
}
STANDARD_COLUMNS = {
    "code5": pl.String,
    "prefecture_name": pl.String,
    "parent_name": pl.String,
    "parent_kana": pl.String,
    "name_ja": pl.String,
    "name_kana": pl.String,
    "effective_on": pl.Date,
    "has_change": pl.Boolean,
    "as_of": pl.Date,
}
LIST_COLUMNS = {
    "as_of": pl.Date,
    "area_code": pl.String,
    "prefecture_name": pl.String,
    "name_ja": pl.String,
    "prefecture_kana": pl.String,
    "name_kana": pl.String,
}
BUNDLED = pl.read_csv(SOURCES_DIR / "soumu__area_codes" / "areas.csv", infer_schema=False).with_columns(
    pl.col("valid_from", "valid_to").str.to_date()
)
NO_BUNDLED = BUNDLED.clear()
START, DAY = date(1970, 4, 1), date(2005, 4, 1)
EVE = DAY - timedelta(days=1)

Row = tuple[str, str | None, str | None]  # code, district or city, name


def events(*happened: tuple[date, str, Sequence[Row]]) -> pl.DataFrame:
    """Return the frame of events: each repeated once for every row, as e-Stat prints it."""
    rows = [
        (code, "仮県", parent, None, name, None, day, reason)
        for day, reason, affected in happened
        for code, parent, name in affected
    ]
    return pl.DataFrame(rows, schema=EVENT_COLUMNS, orient="row")


def standard(as_of: date, *rows: Row, effective_on: date | None = None) -> pl.DataFrame:
    listed = [
        (code, "仮県", parent, None, name, None, effective_on, effective_on is not None, as_of)
        for code, parent, name in rows
    ]
    return pl.DataFrame(listed, schema=STANDARD_COLUMNS, orient="row")


def code_list(as_of: date, *rows: tuple[str, str | None, str | None]) -> pl.DataFrame:
    listed = [(as_of, code, "仮県", name, "ｶﾘｹﾝ", kana) for code, name, kana in rows]
    return pl.DataFrame(listed, schema=LIST_COLUMNS, orient="row")


def build(
    happened: pl.DataFrame | None = None,
    listed: pl.DataFrame | None = None,
    codes: pl.DataFrame | None = None,
    bundled: pl.DataFrame = NO_BUNDLED,
) -> Register:
    return build_register(
        pl.DataFrame(schema=LIST_COLUMNS) if codes is None else codes,
        pl.DataFrame(schema=STANDARD_COLUMNS) if listed is None else listed,
        pl.DataFrame(schema=EVENT_COLUMNS) if happened is None else happened,
        bundled,
    )


def valid(register: Register, day: date, *, districts: bool = False) -> dict[str, str]:
    """Return the names by 5-digit code that are valid on a day."""
    rows = register.areas.filter(
        (pl.col("valid_from") <= day) & (pl.col("valid_to").is_null() | (day < pl.col("valid_to")))
    )
    rows = rows if districts else rows.filter(pl.col("area_type") != "district")
    return {code[:5]: name for code, name in rows.select("area_code", "name_ja").iter_rows()}


def changes(register: Register) -> set[tuple[str, str, str]]:
    return {
        (source[:5], target[:5], kind)
        for source, target, kind in register.changes.select("from_code", "to_code", "kind").iter_rows()
    }


def column(register: Register, code5: str, name: str) -> list[Any]:
    return register.areas.filter(pl.col("area_code") == six_digits(code5))[name].to_list()


# --- the kinds of change ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    reason: str
    rows: Sequence[Row]
    before: dict[str, str]
    after: dict[str, str]
    changes: set[tuple[str, str, str]]


TOWN, VILLAGE, CITY = ("99301", "甲郡", "つがの町"), ("99302", "甲郡", "北村"), ("99201", None, "仮市")
CASES = {
    "merged into a new body": Case(
        "つがの町(99301)、北村(99302)が合併し、東かりの市(99205)を新設\r\n甲郡(99300)の廃止",
        [TOWN, VILLAGE, ("99205", None, "東かりの市")],
        {"99301": "つがの町", "99302": "北村"},
        {"99205": "東かりの市"},
        {("99301", "99205", "merger"), ("99302", "99205", "merger")},
    ),
    "merged into a new body of an old code": Case(
        "仮市(99201)、つがの町(99301)が合併し、仮市を新設",
        [CITY, TOWN],
        {"99201": "仮市", "99301": "つがの町"},
        {"99201": "仮市"},
        {("99201", "99201", "merger"), ("99301", "99201", "merger")},
    ),
    "joined to another": Case(
        "つがの町(99301)、北村(99302)が仮市(99201)に編入",
        [TOWN, VILLAGE, CITY],
        {"99201": "仮市", "99301": "つがの町", "99302": "北村"},
        {"99201": "仮市"},
        {("99301", "99201", "merger"), ("99302", "99201", "merger")},
    ),
    "joined to another in another prefecture": Case(
        "仮県北村(99302)が虚県仮市(98201)に編入",
        [VILLAGE, ("98201", None, "仮市")],
        {"99302": "北村", "98201": "仮市"},
        {"98201": "仮市"},
        {("99302", "98201", "merger")},
    ),
    "parted among two": Case(
        "北村(99302)大字上及び下が仮市(99201)に編入し、大字中、奥及び端が南町(99303)に編入",
        [VILLAGE, CITY, ("99303", "甲郡", "南町")],
        {"99302": "北村", "99201": "仮市", "99303": "南町"},
        {"99201": "仮市", "99303": "南町"},
        {("99302", "99201", "split"), ("99302", "99303", "split")},
    ),
    "village to town": Case(
        "北村(99302)が北町(99302)に町制施行",
        [VILLAGE, ("99302", "甲郡", "北町")],
        {"99302": "北村"},
        {"99302": "北町"},
        {("99302", "99302", "status")},
    ),
    "town to city": Case(
        "つがの町(99301)がつがの市(99206)に市制施行\r\n甲郡(99300)の廃止",
        [TOWN, ("99206", None, "つがの市")],
        {"99301": "つがの町"},
        {"99206": "つがの市"},
        {("99301", "99206", "status")},
    ),
    "town to city of another name": Case(
        "つがの町(99301)が仮の市に市制施行し、北仮の市(99206)に名称変更",
        [TOWN, ("99206", None, "北仮の市")],
        {"99301": "つがの町"},
        {"99206": "北仮の市"},
        {("99301", "99206", "status")},
    ),
    "renamed, then to city": Case(
        "つがの町(99301)が仮の町に名称変更し、仮の市(99206)に市制施行",
        [TOWN, ("99206", None, "仮の市")],
        {"99301": "つがの町"},
        {"99206": "仮の市"},
        {("99301", "99206", "status")},
    ),
    "renamed": Case(
        "仮市(99201)が虚市(99201)に名称変更",
        [("99201", None, "虚市"), CITY],
        {"99201": "仮市"},
        {"99201": "虚市"},
        {("99201", "99201", "rename")},
    ),
    "moved to another district": Case(
        "甲郡北村(99302)、つがの町(99301)が乙郡北村(99321)、つがの町(99322)に郡の区域変更\r\n"
        "甲郡(99300)の廃止\r\n乙郡(99320)の新設",
        [VILLAGE, TOWN, ("99321", "乙郡", "北村"), ("99322", "乙郡", "つがの町")],
        {"99301": "つがの町", "99302": "北村"},
        {"99321": "北村", "99322": "つがの町"},
        {("99302", "99321", "boundary"), ("99301", "99322", "boundary")},
    ),
    "core city": Case(
        "仮市(99201)が特例市から中核市に移行",
        [CITY],
        {"99201": "仮市"},
        {"99201": "仮市"},
        {("99201", "99201", "status")},
    ),
    "designated city": Case(
        "仮市(99201)の仮市(99100)への政令指定都市移行\r\n中央区(99101)、北区(99102)の新設",
        [CITY, ("99100", "仮市", None), ("99101", "仮市", "中央区"), ("99102", "仮市", "北区")],
        {"99201": "仮市"},
        {"99100": "仮市", "99101": "中央区", "99102": "北区"},
        {("99201", "99100", "status")},
    ),
    "ward split off": Case(
        "西区(99103)から分離し、西北区(99104)を新設",
        [("99103", "仮市", "西区"), ("99104", "仮市", "西北区")],
        {"99103": "西区"},
        {"99103": "西区", "99104": "西北区"},
        {("99103", "99104", "split")},
    ),
    "ward parted": Case(
        "西区(99103)を分割し、上西区(99104)、下西区(99105)を新設",
        [("99103", "仮市", "西区"), ("99104", "仮市", "上西区"), ("99105", "仮市", "下西区")],
        {"99103": "西区"},
        {"99104": "上西区", "99105": "下西区"},
        {("99103", "99104", "split"), ("99103", "99105", "split")},
    ),
    "wards united": Case(
        "西区(99103)と東区(99104)が統合し、西区(99105)を新設",
        [("99103", "仮市", "西区"), ("99104", "仮市", "東区"), ("99105", "仮市", "西区")],
        {"99103": "西区", "99104": "東区"},
        {"99105": "西区"},
        {("99103", "99105", "merger"), ("99104", "99105", "merger")},
    ),
    "wards reorganised": Case(
        "仮市（99100）の区の再編（４区から３区へ再編）　東区（99101）、北区（99102）（山地区／上町、下町）を中央区（99111）に再編"
        "　北区（99102）（山地区以外）、奥区（99103）を奥北区（99112）に再編"
        "　島区（99104）を島区（99113）に再編（区名、区域の変更なし）",
        [
            ("99101", "仮市", "東区"),
            ("99102", "仮市", "北区"),
            ("99103", "仮市", "奥区"),
            ("99104", "仮市", "島区"),
            ("99111", "仮市", "中央区"),
            ("99112", "仮市", "奥北区"),
            ("99113", "仮市", "島区"),
        ],
        {"99101": "東区", "99102": "北区", "99103": "奥区", "99104": "島区"},
        {"99111": "中央区", "99112": "奥北区", "99113": "島区"},
        {
            ("99101", "99111", "merger"),
            ("99102", "99111", "split"),
            ("99102", "99112", "split"),
            ("99103", "99112", "merger"),
            ("99104", "99113", "status"),
        },
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_an_event_means_what_its_words_say(case: Case) -> None:
    register = build(events((DAY, case.reason, case.rows)))
    assert register.problems == ()
    assert valid(register, START) == valid(register, EVE) == case.before
    assert valid(register, DAY) == valid(register, date(2030, 1, 1)) == case.after
    assert changes(register) == case.changes


def test_a_statement_that_no_rule_reads_is_reported() -> None:
    register = build(events((DAY, "北村(99302)が独立した", [VILLAGE])))
    (problem,) = register.problems
    assert "北村が独立した" in problem.text
    assert (problem.area_code, problem.day) == (six_digits("99302"), DAY)
    assert problem.reason_ja == "北村(99302)が独立した"


def test_a_new_body_without_a_code_and_without_a_part_of_its_name_is_reported() -> None:
    clauses, unread = parse_reason("北村(99302)、南町(99303)が合併し、仮市を新設", {})
    assert clauses == []
    assert unread == ["北村、南町が合併し、仮市を新設"]


def test_codes_that_change_in_unequal_number_are_reported() -> None:
    reason = "甲郡北村(99302)が乙郡北村(99321)、南町(99322)に郡の区域変更"
    assert parse_reason(reason, {})[1] != []


def test_two_events_of_one_day_follow_each_other() -> None:
    register = build(
        events(
            (
                DAY,
                "仮町(99301)がかり町(99301)に名称変更",
                [("99301", "甲郡", "仮町"), ("99301", "甲郡", "かり町")],
            ),
            (
                DAY,
                "かり町(99301)がかり市(99206)に市制施行",
                [("99301", "甲郡", "かり町"), ("99206", None, "かり市")],
            ),
        )
    )
    assert register.problems == ()
    assert valid(register, EVE) == {"99301": "仮町"}
    assert valid(register, DAY) == {"99206": "かり市"}
    assert changes(register) == {("99301", "99301", "rename"), ("99301", "99206", "status")}


def test_a_body_renamed_on_the_day_it_is_joined_by_another() -> None:
    register = build(
        events(
            (DAY, "仮市(99201)が虚市(99201)に名称変更", [CITY, ("99201", None, "虚市")]),
            (DAY, "北村(99302)が仮市(99201)に編入", [VILLAGE, CITY]),
        )
    )
    assert register.problems == ()
    assert valid(register, EVE) == {"99201": "仮市", "99302": "北村"}
    assert valid(register, DAY) == {"99201": "虚市"}


def test_a_new_reading_of_the_same_name_is_a_new_row() -> None:
    reason = "仮町(かりちょう、99301)が仮町(かりまち、99301)に名称変更"
    frame = pl.DataFrame(
        [
            ("99301", "仮県", "甲郡", None, "仮町", "かりちょう", DAY, reason),
            ("99301", "仮県", "甲郡", None, "仮町", "かりまち", DAY, reason),
        ],
        schema=EVENT_COLUMNS,
        orient="row",
    )
    register = build(frame)
    assert column(register, "99301", "name_kana") == ["かりちょう", "かりまち"]
    assert column(register, "99301", "valid_from") == [START, DAY]
    assert column(register, "99301", "valid_from_basis") == ["code_system_start", "event"]


def test_contradicting_events_are_reported() -> None:
    twice = build(
        events(
            (EVE, "北村(99302)が仮市(99201)に編入", [VILLAGE, CITY]),
            (DAY, "北村(99302)が仮市(99201)に編入", [VILLAGE, CITY]),
        )
    )
    assert any("ends on a day on which it is not in use" in problem.text for problem in twice.problems)
    two_names = build(
        events(
            (EVE, "北村(99302)が仮市(99201)に編入", [VILLAGE, CITY]),
            (DAY, "南村(99304)が虚市(99201)に編入", [("99304", "甲郡", "南村"), ("99201", None, "虚市")]),
        )
    )
    assert any("仮市" in problem.text and "虚市" in problem.text for problem in two_names.problems)


# --- lists --------------------------------------------------------------------------------------------------------


def test_with_nothing_but_the_bundled_rows_the_register_holds_those() -> None:
    register = build(bundled=BUNDLED)
    assert register.problems == ()
    assert register.areas["area_code"].sort().to_list() == BUNDLED["area_code"].sort().to_list()
    same = ["area_code", "valid_from", "valid_to", "name_ja", "name_kana", "area_type", "valid_from_basis"]
    assert register.areas.select(same).sort("area_code").equals(BUNDLED.select(same).sort("area_code"))


def test_a_code_list_alone_tells_from_when_a_code_was_listed() -> None:
    lists = pl.concat(
        [
            code_list(date(2019, 5, 1), ("992011", "仮市", "ｶﾘｼ"), ("993026", "北村", "ｷﾀﾑﾗ")),
            code_list(date(2024, 1, 1), ("992011", "仮市", "ｶﾘｼ"), ("993018", "つがの町", "ﾂｶﾞﾉﾁｮｳ")),
        ]
    ).with_columns(pl.col("area_code").str.slice(0, 5).map_elements(six_digits, return_dtype=pl.String))
    register = build(codes=lists)
    assert valid(register, date(2019, 5, 1)) == {"99201": "仮市", "99302": "北村"}
    assert valid(register, date(2024, 1, 1)) == {"99201": "仮市", "99301": "つがの町"}
    assert column(register, "99301", "valid_from_basis") == ["first_listed"]
    assert column(register, "99301", "name_kana") == ["つがのちょう"]
    (problem,) = register.problems
    assert (problem.area_code, problem.day) == (six_digits("99302"), date(2024, 1, 1))


def test_a_ward_of_a_code_list_is_parted_from_its_city() -> None:
    lists = code_list(
        date(2024, 1, 1),
        (six_digits("99100"), "仮市", "ｶﾘｼ"),
        (six_digits("99110"), "仮市中央区", "ｶﾘｼﾁｭｳｵｳｸ"),
    )
    register = build(codes=lists)
    assert column(register, "99110", "name_ja") == ["中央区"]
    assert column(register, "99110", "name_kana") == ["ちゅうおうく"]
    assert column(register, "99110", "district_ja") == ["仮市"]
    assert column(register, "99110", "area_type") == ["ward"]
    assert column(register, "99100", "area_type") == ["designated_city"]


def test_a_wrong_check_digit_and_an_unknown_prefecture_are_reported() -> None:
    register = build(codes=code_list(date(2024, 1, 1), ("992010", "仮市", None), ("990000", None, None)))
    assert register.areas.is_empty()
    assert len(register.problems) == 2


def test_the_villages_of_the_northern_territories_are_left_out() -> None:
    listed = standard(date(2024, 1, 1), ("01694", "根室振興局", "羅臼町"), ("01696", "根室振興局", "泊村"))
    assert valid(build(listed=listed), date(2024, 1, 1)) == {"01694": "羅臼町"}


def test_an_edition_that_lists_what_no_event_began_is_reported() -> None:
    happened = events((DAY, "北村(99302)が仮市(99201)に編入", [VILLAGE, CITY]))
    register = build(happened, standard(date(2010, 1, 1), CITY, VILLAGE))
    assert [(problem.area_code, problem.day) for problem in register.problems] == [
        (six_digits("99302"), date(2010, 1, 1))
    ]


def test_a_change_after_the_last_event_is_taken_from_the_edition() -> None:
    happened = events((DAY, "北村(99302)が仮市(99201)に編入", [VILLAGE, CITY]))
    new = date(2009, 10, 1)
    listed = pl.concat(
        [
            standard(date(2010, 1, 1), CITY),
            standard(date(2010, 1, 1), ("99207", None, "新市"), effective_on=new),
        ]
    )
    register = build(happened, listed)
    assert column(register, "99207", "valid_from") == [new]
    assert column(register, "99207", "valid_from_basis") == ["event"]


def test_another_spelling_is_kept_beside_the_name() -> None:
    codes = code_list(date(2024, 1, 1), (six_digits("99301"), "梼原町", None))
    register = build(listed=standard(date(2024, 1, 1), ("99301", "甲郡", "檮原町")), codes=codes)
    assert column(register, "99301", "name_ja") == ["梼原町"]
    assert register.name_variants.select("name_ja", "variant_ja", "source").row(0) == (
        "梼原町",
        "檮原町",
        "standard_area",
    )
    assert register.problems == ()


def test_the_offices_of_hokkaido_are_renamed_on_their_day() -> None:
    happened = events(
        (
            DAY,
            "上村(01305)が下町(01304)に編入",
            [("01305", "石狩支庁", "上村"), ("01304", "石狩支庁", "下町")],
        )
    )
    register = build(happened, standard(date(2022, 1, 1), ("01304", "石狩振興局", "下町")))
    assert register.problems == ()
    assert column(register, "01304", "district_ja") == ["石狩支庁", "石狩振興局"]
    assert column(register, "01304", "valid_to") == [date(2010, 4, 1), None]
    assert column(register, "01300", "name_ja") == ["石狩支庁", "石狩振興局"]


def test_okinawa_begins_on_its_return() -> None:
    register = build(listed=standard(date(2022, 1, 1), ("47381", "八重山郡", "竹富町")))
    assert column(register, "47381", "valid_from") == [date(1972, 5, 15)]
    assert column(register, "47381", "valid_from_basis") == ["return_to_japan"]


def test_a_district_has_the_code_and_the_time_of_its_members() -> None:
    reason = "つがの町(99301)、北村(99302)が仮市(99201)に編入\r\n甲郡(99300)の廃止"
    register = build(events((DAY, reason, [TOWN, VILLAGE, CITY])))
    assert register.problems == ()
    assert column(register, "99300", "area_type") == ["district"]
    assert column(register, "99300", "valid_to") == [DAY]


def test_a_district_whose_event_disagrees_with_its_members_is_reported() -> None:
    reason = "つがの町(99301)が仮市(99201)に編入\r\n甲郡(99300)の廃止"
    register = build(events((DAY, reason, [TOWN, CITY])), standard(date(2010, 1, 1), CITY, VILLAGE))
    (problem,) = register.problems
    assert "甲郡" in problem.text


# --- what holds for every register --------------------------------------------------------------------------------


@dataclass
class World:
    """Made-up bodies to which made-up events happen, written down as e-Stat would."""

    bodies: dict[str, tuple[str, str | None]]
    day: date = date(1999, 4, 1)
    serial: int = 0
    happened: list[tuple[date, str, list[Row]]] = field(default_factory=list)
    history: list[tuple[date, dict[str, str]]] = field(default_factory=list)

    def names(self) -> dict[str, str]:
        return {code: name for code, (name, _) in self.bodies.items()}

    def row(self, code: str) -> Row:
        name, district = self.bodies[code]
        return code, district, name

    def text(self, code: str) -> str:
        return f"{self.bodies[code][0]}({code})"

    def fresh(self, suffix: str) -> str:
        self.serial += 1
        return (
            f"{'にがのと'[self.serial % 4]}かほ{'甲乙丙丁'[self.serial % 4] * (1 + self.serial // 4)}{suffix}"
        )

    def free_code(self, low: int) -> str:
        used = {code for _, _, rows in self.happened for code, _, _ in rows} | set(self.bodies)
        return next(f"{number:05d}" for number in range(low, low + 90) if f"{number:05d}" not in used)

    def happen(self, reason: str, old: Sequence[str], new: dict[str, tuple[str, str | None]]) -> None:
        rows = [self.row(code) for code in old]
        for code in old:
            del self.bodies[code]
        self.bodies.update(new)
        rows += [self.row(code) for code in new if self.row(code) not in rows]
        self.happened.append((self.day, reason, rows))


def _towns(world: World) -> list[str]:
    return [code for code, (name, _) in world.bodies.items() if name.endswith(("町", "村"))]


def merge(world: World, choose: Callable[[list[str]], str]) -> None:
    one = choose(_towns(world))
    other = choose([code for code in world.bodies if code != one])
    code, name = world.free_code(99210), world.fresh("市")
    reason = f"{world.text(one)}、{world.text(other)}が合併し、{name}({code})を新設"
    world.happen(reason, [one, other], {code: (name, None)})


def join(world: World, choose: Callable[[list[str]], str]) -> None:
    one = choose(_towns(world))
    other = choose([code for code in world.bodies if code != one])
    reason = f"{world.text(one)}が{world.text(other)}に編入"
    world.happen(reason, [one, other], {other: world.bodies[other]})


def merge_into_same_code(world: World, choose: Callable[[list[str]], str]) -> None:
    one = choose(_towns(world))
    other = choose([code for code in world.bodies if code != one])
    name = world.bodies[other][0]
    reason = f"{world.text(one)}、{world.text(other)}が合併し、{name}を新設"
    world.happen(reason, [one, other], {other: world.bodies[other]})


def become_city(world: World, choose: Callable[[list[str]], str]) -> None:
    one = choose(_towns(world))
    code, name = world.free_code(99210), world.bodies[one][0][:-1] + "市"
    world.happen(f"{world.text(one)}が{name}({code})に市制施行", [one], {code: (name, None)})


def rename(world: World, choose: Callable[[list[str]], str]) -> None:
    one = choose(list(world.bodies))
    old, district = world.bodies[one]
    name = world.fresh(old[-1])
    world.happen(f"{world.text(one)}が{name}({one})に名称変更", [one], {one: (name, district)})


def move(world: World, choose: Callable[[list[str]], str]) -> None:
    one = choose(_towns(world))
    name, district = world.bodies[one]
    to, low = ("乙郡", 99321) if district == "甲郡" else ("甲郡", 99301)
    code = world.free_code(low)
    reason = f"{district}{world.text(one)}が{to}{name}({code})に郡の区域変更"
    world.happen(reason, [one], {code: (name, to)})


HAPPENINGS = (merge, join, merge_into_same_code, become_city, rename, move)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    bodies = {
        f"{99301 + number:05d}": (f"{letter}つがの{'町村'[number % 2]}", "甲郡")
        for number, letter in enumerate("壱弐参肆伍陸")
    }
    world = World({"99201": ("仮市", None), **bodies})
    world.history.append((START, world.names()))
    for happening in draw(st.lists(st.sampled_from(HAPPENINGS), max_size=8)):
        if len(_towns(world)) < 2:
            break
        world.day += timedelta(days=draw(st.integers(1, 700)))
        happening(world, lambda codes: draw(st.sampled_from(sorted(codes))))
        world.history.append((world.day, world.names()))
    return world


def assert_consistent(register: Register) -> None:
    """Assert what holds for every register, of made-up and of real places."""
    areas = register.areas
    assert areas.filter(pl.col("valid_to") <= pl.col("valid_from")).is_empty()
    following = areas.sort("area_code", "valid_from").with_columns(
        pl.col("valid_from").shift(-1).over("area_code").alias("next_from")
    )
    overlapping = pl.col("next_from").is_not_null() & (
        pl.col("valid_to").is_null() | (pl.col("valid_to") > pl.col("next_from"))
    )
    assert following.filter(overlapping).is_empty()
    for code in areas["area_code"].unique():
        assert parse_area_code(code) == code
    known = set(areas["area_code"])
    ends = set(areas.select("area_code", "valid_to").iter_rows())
    holding = {code: [] for code in known}
    for code, start, end in areas.select("area_code", "valid_from", "valid_to").iter_rows():
        holding[code].append((start, end))
    for source, target, day in register.changes.select("from_code", "to_code", "effective_on").iter_rows():
        went_on = any(start < day and (end is None or day < end) for start, end in holding[source])
        assert (source, day) in ends or went_on, (source, target, day)
        in_use = any(start <= day and (end is None or day <= end) for start, end in holding[target])
        assert in_use, (source, target, day)
    keys = ["from_code", "to_code", "effective_on"]
    assert not register.changes.select(keys).is_duplicated().any()
    assert set(register.changes["kind"]) <= {"merger", "split", "rename", "status", "boundary"}


@given(world=worlds())
def test_the_register_is_the_world_it_was_told_of(world: World) -> None:
    last = standard(world.day + timedelta(days=1), *(world.row(code) for code in world.bodies))
    register = build(events(*world.happened), last)
    assert register.problems == ()
    assert_consistent(register)
    for number, (day, names) in enumerate(world.history):
        assert valid(register, day) == names
        if number:
            assert valid(register, day - timedelta(days=1)) == world.history[number - 1][1]


@given(world=worlds(), order=st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(world: World, order: Any) -> None:
    happened = events(*world.happened)
    numbers = list(range(happened.height))
    order.shuffle(numbers)
    one, other = build(happened), build(happened[numbers])
    assert one.areas.equals(other.areas)
    assert one.changes.equals(other.changes)

"""Registers in the forms of cities that print them each in its own way: the same figures, or a finding that says what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from pipelines.identity.match import AreaRegister
from pipelines.register.reading import RegisterReading
from tests.registers import KAGOSHIMA, Line, areas, kagoshima_lines, read_file, write_csv, write_xlsx

NAME = f"{KAGOSHIMA}_固定資産台帳_平成29年度.csv"
LINES = kagoshima_lines(3)
Row = list[object]


@pytest.fixture(scope="module")
def bodies() -> AreaRegister:
    return areas()


def sums(reading: RegisterReading) -> tuple[int, int]:
    """Return cost and accumulated depreciation of all lines, whichever of the amounts are printed."""
    assert reading.lines is not None, [defect.message("en") for defect in reading.defects]
    rows = reading.lines.to_dicts()
    return (
        int(sum(row["acquisition_cost"] for row in rows)),
        int(sum(
            row["accumulated_depreciation"] if row["accumulated_depreciation"] is not None else row["acquisition_cost"] - row["book_value"]
            for row in rows
        )),
    )  # fmt: skip


def accounts(reading: RegisterReading) -> list[tuple[str, str]]:
    assert reading.lines is not None
    return reading.lines.select("account_group", "account_class").rows()  # type: ignore[return-value]


EXPECTED = sum(line.acquisition_cost for line in LINES), sum(line.accumulated_depreciation for line in LINES)
ACCOUNTS = {
    "事業用資産/土地": ("business", "land"), "事業用資産/立木竹": ("business", "timber"), "事業用資産/建物": ("business", "building"),
    "事業用資産/工作物": ("business", "structure"), "インフラ資産/土地": ("infrastructure", "land"),
    "インフラ資産/建物": ("infrastructure", "building"), "インフラ資産/工作物": ("infrastructure", "structure"), "物品": ("goods", "goods"),
}  # fmt: skip


def rules(reading: RegisterReading) -> set[str]:
    return {defect.rule for defect in reading.defects} - {"register_unit_assumed"}


def amounts(line: Line, unit: int = 1) -> Row:
    parts = (line.acquisition_cost, line.accumulated_depreciation, line.book_value)
    return [part if unit == 1 else part / unit for part in parts]


def total_of(lines: Sequence[Line]) -> Row:
    return [sum(column) for column in zip(*map(amounts, lines), strict=True)]  # type: ignore[arg-type]


def era(day: date | None) -> str:
    assert day is not None
    return f"S{day.year - 1925}.{day.month}.{day.day}"


def merged_and_subtotals(folder: Path) -> Path:
    """Accounts merged downwards, a subtotal an account, a total, a footnote."""
    rows: list[Row] = [
        ["鹿児島市　固定資産台帳"], ["平成29年度末", "", "", "", "", "", "単位：円"],
        ["資産", "", "資産の内容", "", "取得年月日", "耐用年数", "取得価額", "減価償却", "", "帳簿価額"],
        ["番号", "勘定科目", "名称", "用途", "", "", "", "当年度償却額", "累計額", ""],
    ]  # fmt: skip
    merged = ["A3:B3", "C3:D3", "E3:E4", "F3:F4", "G3:G4", "H3:I3", "J3:J4"]
    for account, group in groupby(LINES, key=lambda line: line.account):
        held, first = list(group), len(rows) + 1
        for line in held:
            cost, written, book = amounts(line)
            rows.append([line.asset_no, account if line is held[0] else "", line.asset_name, line.use_name,
                         era(line.acquired_on), line.useful_life_years or "", cost, 0, written, book])  # fmt: skip
        merged.append(f"B{first}:B{len(rows)}")
        cost, written, book = total_of(held)
        rows.append(["", "", "小計", "", "", "", cost, "", written, book])
    cost, written, book = total_of(LINES)
    rows += [["合計", "", "", "", "", "", cost, "", written, book], [], ["※1 開始時は再調達原価による"]]
    return write_xlsx(folder / "固定資産台帳.xlsx", {"台帳": rows}, merged)


def departments_and_dittos(folder: Path) -> Path:
    """No number; land without day and life; the account as above by 〃; a subtotal a department; the header again."""
    header: Row = [
        "所管課",
        "勘定科目",
        "資産名",
        "取得年月日",
        "耐用年数",
        "取得価額",
        "償却累計額",
        "帳簿価額",
    ]
    rows: list[Row] = [["鹿児島市　固定資産台帳　平成30年3月31日現在"], header]
    for name, held in (("管財課", LINES[:10]), ("道路課", LINES[10:20]), ("財政課", LINES[20:])):
        above = ""
        for line in held:
            days: Row = (
                [era(line.acquired_on), line.useful_life_years] if line.useful_life_years else ["", ""]
            )
            account = "〃" if line.account == above else line.account
            rows.append([name, account, line.asset_name, *days, *amounts(line)])
            above = line.account
        rows += [[f"{name}計", "", "", "", "", *total_of(held)], header]
    rows.append(["総計", "", "", "", "", *total_of(LINES)])
    return write_csv(folder / NAME, rows, "cp932")


def unlabelled_total(folder: Path) -> Path:
    """The last row adds up and says nothing; days by the number of the era."""
    rows: list[Row] = [
        [
            "資産番号",
            "勘定科目",
            "名称",
            "供用開始年月日",
            "耐用年数",
            "取得価額(円)",
            "減価償却累計額(円)",
            "簿価(円)",
        ]
    ]
    for line in LINES:
        assert line.acquired_on is not None
        era_and_year = f"3{line.acquired_on.year - 1925:02}" if line.acquired_on.year < 1989 else "4"
        days = f"{era_and_year}{line.acquired_on:%m%d}"
        rows.append(
            [line.asset_no, line.account, line.asset_name, days, line.useful_life_years or 0, *amounts(line)]
        )
    return write_csv(folder / NAME, [*rows, ["", "", "", "", "", *total_of(LINES)]], "utf-8")


def before_and_after(folder: Path) -> Path:
    """Amounts of the year before and of this year below one header each."""
    rows: list[Row] = [
        ["資産コード", "科目", "資産名", "前年度末", "", "", "増減", "", "当年度末", "", ""],
        [
            "",
            "",
            "",
            "取得価額",
            "減価償却累計額",
            "簿価",
            "増加額",
            "減少額",
            "取得価額",
            "減価償却累計額",
            "簿価",
        ],
    ]
    rows += [[line.asset_no, line.account, line.asset_name, 7, 3, 4, 0, 0, *amounts(line)] for line in LINES]
    return write_xlsx(folder / f"{NAME}.xlsx", {"台帳": rows})


def two_years(folder: Path) -> Path:
    """The same, the years named."""
    rows: list[Row] = [
        ["資産コード", "科目", "資産名", "平成28年度", "", "", "平成29年度", "", ""],
        ["", "", "", "取得価額", "減価償却累計額", "簿価", "取得価額", "減価償却累計額", "簿価"],
    ]
    rows += [[line.asset_no, line.account, line.asset_name, 7, 3, 4, *amounts(line)] for line in LINES]
    return write_xlsx(folder / f"{NAME}.xlsx", {"台帳": rows})


def thousands_among_units(folder: Path) -> Path:
    """No accumulated depreciation; the unit stands beside that of the area."""
    rows: list[Row] = [
        ["固定資産台帳", "", "", "", "（単位：㎡、千円）"],
        ["No.", "資産区分", "施設名", "面積", "取得価額", "現在簿価"],
    ]
    rows += [
        [place, line.account, line.asset_name, 10.5, line.acquisition_cost / 1000, line.book_value / 1000]
        for place, line in enumerate(LINES, start=1)
    ]
    return write_xlsx(folder / f"{NAME}.xlsx", {"台帳": rows})


def deductions(folder: Path) -> Path:
    """Group and class in two columns, columns numbered below the header, accumulated depreciation as a deduction."""
    rows: list[Row] = [
        ["資産番号", "勘定科目", "種別", "件名", "取得価額等", "減価償却累計額", "期末簿価"],
        ["①", "②", "③", "④", "⑤", "⑥", "⑦"],
    ]
    for line in LINES:
        group, _, kind = line.account.partition("/")
        cost, written, book = amounts(line)
        rows.append(
            [
                line.asset_no,
                group,
                kind or group,
                line.asset_name,
                f"{cost:,}",
                f"△{written:,}" if written else 0,
                f"￥{book:,}",
            ]
        )
    return write_csv(folder / NAME, rows, "cp932")


def tabs(folder: Path) -> Path:
    """Cells parted by tabs."""
    rows = ["\t".join(["財産番号", "科目名称", "財産名", "取得価格", "償却累計額", "帳簿価格"])]
    rows += [
        "\t".join(map(str, [line.asset_no, line.account, line.asset_name, *amounts(line)])) for line in LINES
    ]
    (folder / NAME).write_text("\n".join(rows), encoding="utf-16")
    return folder / NAME


def sheets_and_a_summary(folder: Path) -> Path:
    """A sheet an account, in each of which numbers begin anew, and one of sums; no column of accounts."""
    header: Row = ["資産番号", "資産名称", "所属", "取得年度", "取得価額", "期末減価償却累計額", "期末簿価"]
    sheets: dict[str, Sequence[Sequence[object]]] = {
        "集計": [
            ["勘定科目", "件数", "取得価額", "減価償却累計額", "期末簿価"],
            ["合計", len(LINES), *total_of(LINES)],
        ]
    }
    for account, group in groupby(LINES, key=lambda line: line.account):
        held = list(group)
        rows: list[Row] = [[account], header]
        rows += [
            [place, line.asset_name, "管財課", f"{line.acquired_on:%Y}", *amounts(line)]
            for place, line in enumerate(held, start=1)
        ]
        sheets[account.replace("/", "_")] = [*rows, ["", "合計", "", "", *total_of(held)]]
    return write_xlsx(folder / f"{NAME}.xlsx", sheets)


def sections(folder: Path) -> Path:
    """One sheet in parts: a title with the unit, the header again, numbers anew, a count beside each total; units below headers."""
    header: list[Row] = [
        ["番号", "名称", "耐用\n年数", "取　得\n価　額", "償却累計額", "期末簿価"],
        ["", "", "(年)", "(円)", "(円)", "(円)"],
    ]
    rows: list[Row] = [["鹿児島市 固定資産台帳 平成29年度"]]
    for account, group in groupby(LINES, key=lambda line: line.account):
        held = list(group)
        rows += [[], [f"◆{account}", "", "", "", "", "(単位：円)"], *header]
        rows += [
            [place, line.asset_name, line.useful_life_years or "", *amounts(line)]
            for place, line in enumerate(held, start=1)
        ]
        rows += [["計", f"{len(held)}件", "", *total_of(held)], ["※ 道路の敷地は備忘価額"]]
    return write_xlsx(folder / f"{NAME}.xlsx", {"台帳": rows})


def accounts_once(folder: Path) -> Path:
    """Written as CSV from merged cells: the account only where it changes."""
    rows: list[Row] = [["区分", "科目", "番号", "名称", "取得価額", "償却累計額", "簿価"]]
    above: tuple[str, str] = ("", "")
    for line in LINES:
        group, _, kind = line.account.partition("/")
        texts: Row = [group if group != above[0] else "", kind or group if (group, kind) != above else ""]
        rows.append([*texts, line.asset_no, line.asset_name, *amounts(line)])
        above = (group, kind)
    return write_csv(folder / NAME, rows, "cp932")


FORMS = (
    sections, accounts_once,
    merged_and_subtotals, departments_and_dittos, unlabelled_total, before_and_after, two_years, thousands_among_units, deductions, tabs,
    sheets_and_a_summary,
)  # fmt: skip
_SAID = {
    accounts_once: {"register_account_from_above"},
    deductions: {"register_sign_reversed"},
    sheets_and_a_summary: {"register_sheet_skipped"},
}


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
def test_the_same_lines_in_every_form_of_print(
    tmp_path: Path, bodies: AreaRegister, form: Callable[[Path], Path]
) -> None:
    reading = read_file(form(tmp_path), bodies)
    assert sums(reading) == EXPECTED
    assert accounts(reading) == [ACCOUNTS[line.account] for line in LINES]
    assert rules(reading) == _SAID.get(form, set())
    assert reading.lines is not None
    assert reading.lines["duplicate_of_row"].null_count() == len(LINES)
    # A total that is left to be compared is that of a sheet or an account; subtotals that hold are not.
    assert set(reading.totals["label"]) <= {"合計", "総計", ""}


def test_days_of_the_forms_are_read(tmp_path: Path, bodies: AreaRegister) -> None:
    for form, column, expected in (
        (merged_and_subtotals, "acquired_on", lambda line: line.acquired_on),
        (unlabelled_total, "in_use_on", lambda line: line.acquired_on),
        (sheets_and_a_summary, "acquired_on", lambda line: date(line.acquired_on.year + 1, 3, 31)),
    ):
        reading = read_file(form(tmp_path), bodies)
        assert reading.lines is not None
        assert reading.lines[column].to_list() == [expected(line) for line in LINES]


def table(rows: Sequence[Row]) -> list[Row]:
    return [["勘定科目", "資産名", "取得価額(円)", "減価償却累計額(円)", "帳簿価額(円)"], *rows]


BUILDING: Row = ["事業用資産/建物", "第1小学校", 900, 300, 600]


@pytest.mark.parametrize(
    ("row", "lines", "rule"),
    [
        (["", "", 900, 300, 600], 1, None),
        (["", "", 901, 300, 601], 1, "register_row_unnamed"),
        (["事業用資産 建物 計", "", 901, 300, 601], 1, None),
        (["事業用資産/土地", "計", 901, 0, 901], 1, None),
        (["", "第2小学校", 900, 300, 600], 2, None),
        (["物品", "時計", 100, 50, 50], 2, None),
        (["土地取得事業特別会計", "第2小学校敷地", 100, 0, 100], 2, None),
        (["事業用資産/土地", "車両重量計", 100, 0, 100], 2, None),
    ],
)
def test_a_total_is_told_from_a_line(
    tmp_path: Path, bodies: AreaRegister, row: Row, lines: int, rule: str | None
) -> None:
    reading = read_file(write_csv(tmp_path / NAME, table([BUILDING, row])), bodies)
    assert reading.lines is not None
    assert reading.lines.height == lines
    assert rules(reading) == ({rule} if rule else set())


def test_a_row_whose_cells_are_shifted_has_no_amounts(tmp_path: Path, bodies: AreaRegister) -> None:
    text = "勘定科目,資産名,取得価額(円),減価償却累計額(円),帳簿価額(円)\n事業用資産/建物,校舎,1,234,567,0,1\n事業用資産/建物,体育館,9,3,6\n"
    (tmp_path / NAME).write_text(text, encoding="utf-8")
    reading = read_file(tmp_path / NAME, bodies)
    (found,) = [defect for defect in reading.defects if defect.rule == "register_row_shifted"]
    assert found.row == 2
    assert reading.lines is not None
    assert reading.lines["acquisition_cost"].to_list() == [None, 9]


def test_a_column_of_mixed_signs_is_left_as_printed(tmp_path: Path, bodies: AreaRegister) -> None:
    rows = [BUILDING, ["事業用資産/建物", "第2小学校", 900, -300, 1200]]
    reading = read_file(write_csv(tmp_path / NAME, table(rows)), bodies)
    assert reading.lines is not None
    assert reading.lines["accumulated_depreciation"].to_list() == [300, -300]
    alone = read_file(write_csv(tmp_path / NAME, table(rows[1:])), bodies)
    assert alone.lines is not None
    assert alone.lines["accumulated_depreciation"].to_list() == [-300]


def test_of_two_columns_of_one_meaning_the_other_is_named(tmp_path: Path, bodies: AreaRegister) -> None:
    rows: list[Row] = [[*table([])[0], "期末簿価"], [*BUILDING, 1]]
    reading = read_file(write_csv(tmp_path / NAME, rows), bodies)
    assert [defect.found for defect in reading.defects if defect.rule == "register_unknown_column"] == [
        "期末簿価"
    ]
    assert reading.lines is not None
    assert reading.lines["book_value"].to_list() == [600]


@pytest.mark.parametrize(
    ("name", "year"),
    [
        ("固定資産台帳（R5.3.31現在）.csv", 2022), ("固定資産台帳20230331.csv", 2022), ("固定資産台帳_2023-03-31.csv", 2022),
        ("R6.3.29公表_R4固定資産台帳.csv", 2022), ("固定資産台帳_R050331.csv", 2022), ("固定資産台帳_H29.csv", 2017),
        ("20240329_固定資産台帳_R04.csv", 2022), ("固定資産台帳_2022.csv", 2022), ("令和4年度決算/固定資産台帳.csv", 2022),
    ],
)  # fmt: skip
def test_the_year_in_a_name_is_that_of_its_end(
    tmp_path: Path, bodies: AreaRegister, name: str, year: int
) -> None:
    reading = read_file(write_csv(tmp_path / "a.csv", table([BUILDING])), bodies, None, f"{KAGOSHIMA}/{name}")
    assert (reading.fiscal_year, reading.area_code) == (year, KAGOSHIMA)


@pytest.mark.parametrize("text", ["46201", "462012", 462012.0, "鹿児島県鹿児島市"])
def test_a_body_is_known_by_the_columns_of_its_lines(tmp_path: Path, bodies: AreaRegister, text: Any) -> None:
    rows = [["団体コード", *table([])[0]], [text, *BUILDING]]
    path = write_xlsx(tmp_path / "固定資産台帳_平成29年度.xlsx", {"台帳": rows})
    assert read_file(path, bodies).area_code == KAGOSHIMA


@pytest.mark.parametrize(
    "name",
    [
        "H29固定資産台帳.CSV",
        "h29koteishisandaicho.xlsx",
        "固定資産台帳.xlsm",
        "koteisisan.xls",
        "固定資産一覧表.csv",
    ],
)
def test_a_dropped_file_is_a_register_by_its_name(name: str) -> None:
    from pipelines.acquire.origin import is_file_of
    from tests.registers import described

    assert is_file_of(name, described())


def test_lines_above_the_header_are_named(tmp_path: Path, bodies: AreaRegister) -> None:
    line: Row = ["事業用資産/建物", "体育館", 90_000, 30_000, 60_000]
    reading = read_file(
        write_csv(tmp_path / NAME, [["平成29年度", "", 2017], line, *table([BUILDING])]), bodies
    )
    (found,) = [defect for defect in reading.defects if defect.rule == "register_rows_above_header"]
    assert (found.row, found.found) == (2, "2")


def test_an_amount_that_other_lines_have_is_missed(tmp_path: Path, bodies: AreaRegister) -> None:
    rows = [BUILDING, ["事業用資産/建物", "体育館", 90, 30, ""], ["事業用資産/建物", "校舎", 80, 30, 50]]
    reading = read_file(write_csv(tmp_path / NAME, table(rows)), bodies)
    (found,) = [defect for defect in reading.defects if defect.rule == "register_amount_blank"]
    assert (found.row, found.column) == (3, "book_value")


def test_without_numbers_the_same_line_twice_is_marked(tmp_path: Path, bodies: AreaRegister) -> None:
    memo: Row = ["インフラ資産/土地", "市道敷", 1, 0, 1]
    reading = read_file(write_csv(tmp_path / NAME, table([BUILDING, memo, memo, BUILDING])), bodies)
    assert reading.lines is not None
    assert reading.lines["duplicate_of_row"].to_list() == [None, None, None, 2]


def test_amounts_without_a_header_are_named(tmp_path: Path, bodies: AreaRegister) -> None:
    shifted: Row = ["勘定科目", "資産名", "取得価額(円)", "帳簿価額(円)", ""]
    line: Row = ["事業用資産/建物", "体育館", 90_000, 30_000, 60_000]
    reading = read_file(write_csv(tmp_path / NAME, [shifted, line, line]), bodies)
    assert "E" in [defect.found for defect in reading.defects if defect.rule == "register_unknown_column"]


def test_accounts_of_enterprises_among_the_general_ones_are_named(
    tmp_path: Path, bodies: AreaRegister
) -> None:
    header: Row = ["会計区分", *table([])[0]]
    rows: list[Row] = [header, ["一般会計", *BUILDING], ["水道事業会計", *BUILDING[:1], "配水池", 9, 3, 6]]
    reading = read_file(write_csv(tmp_path / NAME, rows), bodies)
    assert [defect.found for defect in reading.defects if defect.rule == "register_accounts_mixed"] == [
        "水道事業会計 1"
    ]
    whole = read_file(write_csv(tmp_path / NAME, [["固定資産台帳（全体会計）"], *rows]), bodies)
    assert rules(whole) == set()


@pytest.mark.parametrize(
    "above",
    [
        ["（単位：千円）"],
        ["単位：千円、㎡"],
        ["（金額：千円）"],
        ["単位", "千円"],
        ["金額単位 千円"],
        ["千円単位"],
        ["【単位：千円】"],
        ["[千円]"],
    ],
)
def test_a_unit_above_the_header_is_that_of_all_amounts(
    tmp_path: Path, bodies: AreaRegister, above: Row
) -> None:
    rows: list[Row] = [above, ["勘定科目", "資産名", "取得価額", "減価償却累計額", "帳簿価額"], BUILDING]
    reading = read_file(write_csv(tmp_path / NAME, rows), bodies)
    assert reading.lines is not None
    assert reading.lines["acquisition_cost"].to_list() == [900_000]
    assert reading.defects == []


def test_a_name_may_stand_in_two_columns(tmp_path: Path, bodies: AreaRegister) -> None:
    rows: list[Row] = [
        ["施設名", "棟名", *table([])[0]],
        ["中央小学校", "体育館", *BUILDING],
        ["", "体育館", *BUILDING],
    ]
    rows = [[cell for place, cell in enumerate(row) if place != 3] for row in rows]
    reading = read_file(write_csv(tmp_path / NAME, rows), bodies)
    assert reading.lines is not None
    assert reading.lines["asset_name"].to_list() == ["中央小学校 体育館", "体育館"]
    assert reading.defects == []


def test_a_sum_of_lines_is_a_total_whatever_it_is_called(tmp_path: Path, bodies: AreaRegister) -> None:
    rows = [BUILDING, [*BUILDING[:1], "第2小学校", 100, 50, 50], ["", "市有建築物", 1000, 350, 650]]
    reading = read_file(write_csv(tmp_path / NAME, table(rows)), bodies)
    assert reading.lines is not None
    assert reading.lines.height == 2


def test_the_sum_of_all_lines_is_known_however_many_subtotals_stand_above(
    tmp_path: Path, bodies: AreaRegister
) -> None:
    pairs = [(BUILDING, ["", "小計", *BUILDING[2:]]) for _ in range(300)]
    lines: list[Row] = [row for pair in pairs for row in pair]
    everything = ["", "市有建築物", *(300 * amount for amount in BUILDING[2:])]
    reading = read_file(write_csv(tmp_path / NAME, table([*lines, everything])), bodies)
    assert reading.lines is not None
    assert reading.lines.height == 300

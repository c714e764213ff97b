"""Headers of publishers' sheets: merged levels, notes, line breaks; unknown, doubled and missing names."""

from __future__ import annotations

from pipelines.acquire.archive import Snapshot
from pipelines.catalog.published import Layout
from pipelines.extract.header import find_anchor, header_paths, read_header
from pipelines.extract.sheet import Sheet, address, column_letters
from pipelines.extract.table import Place

PLACE = Place("made_up", "table", Snapshot("0" * 64, "made_up", "table", "f.xlsx", "", "", None, 1))


def layout(**more: object) -> Layout:
    columns = {
        "code": {"from": ["団体コード"], "type": "text"},
        "men": {"from": ["*>人口>男"], "type": "number"},
        "women": {"from": ["*>人口>女"], "type": "number"},
        "households": {"from": ["*>世帯数"], "type": "number"},
    }
    return Layout.model_validate(
        {"from": 2000, "sheet": ["*"], "anchor": ["団体コード"], "header_rows": 3, "columns": columns, **more}
    )


def sheet(*, shift: int = 0) -> Sheet:
    rows: list[list[object]] = [[""] * 5 for _ in range(shift)] + [
        ["平成20年3月31日", "", "", "", ""],
        ["団体\nコード", "平成20年", "", "", "2008"],
        ["", "人　口", "", "世帯数※", "2008"],
        ["", "男", "女", "", "2008"],
        ["010006", 1.0, 2.0, 3.0, 2008.0],
    ]
    top = shift + 1
    merged = [
        ((top, 0), (top + 2, 0)),
        ((top, 1), (top, 3)),
        ((top + 1, 1), (top + 1, 2)),
        ((top + 1, 3), (top + 2, 3)),
    ]
    return Sheet("Sheet1", rows, merged)


def test_merged_levels_are_read_from_the_top_down() -> None:
    assert header_paths(sheet(), 1, 3) == [
        "団体コード",
        "平成20年>人口>男",
        "平成20年>人口>女",
        "平成20年>世帯数",
        "2008",
    ]


def test_a_header_is_found_wherever_it_stands() -> None:
    for shift in (0, 1, 7):
        header, defects = read_header(sheet(shift=shift), layout(ignore=["20*"]), {}, PLACE)
        assert defects == []
        assert header is not None
        assert header.positions == {"code": 0, "men": 1, "women": 2, "households": 3}
        assert header.first_body_row == shift + 4


def test_a_heading_merged_over_two_columns_is_one_column() -> None:
    wide = Sheet("s", [["都道府県名", "", "指数"], ["北海道", "（市町村平均）", 1.0]], [((0, 0), (0, 1))])
    assert header_paths(wide, 0, 1) == ["都道府県名", "", "指数"]


def test_an_unknown_header_names_its_cell_and_the_nearest_name() -> None:
    changed = sheet()
    changed.rows[3][1] = "男性"
    header, defects = read_header(changed, layout(ignore=["20*"]), {}, PLACE)
    assert header is None
    assert {defect.rule for defect in defects} == {"unknown_header", "missing_header"}
    unknown = next(defect for defect in defects if defect.rule == "unknown_header")
    assert unknown.cell == "B4"
    assert "*>人口>男" in unknown.expected_ja


def test_a_doubled_header_names_both_cells() -> None:
    changed = sheet()
    changed.rows[3][2] = "男"
    header, defects = read_header(changed, layout(ignore=["20*"]), {}, PLACE)
    assert header is None
    doubled = next(defect for defect in defects if defect.rule == "duplicate_header")
    assert doubled.cell == "C4"
    assert "B4" in doubled.expected_ja


def test_a_sheet_without_the_header_is_refused() -> None:
    header, defects = read_header(Sheet("s", [["別の表"], ["値"]]), layout(), {}, PLACE)
    assert header is None
    assert [defect.rule for defect in defects] == ["no_header"]
    assert find_anchor(Sheet("s", []), layout()) is None


def test_the_pattern_with_more_letters_wins() -> None:
    columns = {
        "now": {"from": ["普通交付税>*"], "type": "number"},
        "before": {"from": ["普通交付税>(参考)*"], "type": "number"},
    }
    two = Layout.model_validate(
        {"from": 2000, "sheet": ["*"], "anchor": ["普通交付税"], "header_rows": 2, "columns": columns}
    )
    rows: list[list[object]] = [["普通交付税", ""], ["Ｈ２７", "（参考）Ｈ２６当初算定"]]
    header, defects = read_header(Sheet("s", rows, [((0, 0), (0, 1))]), two, {}, PLACE)
    assert defects == []
    assert header is not None
    assert header.positions == {"now": 0, "before": 1}


def test_cell_addresses() -> None:
    assert [column_letters(index) for index in (0, 25, 26, 51, 52, 701, 702)] == [
        "A",
        "Z",
        "AA",
        "AZ",
        "BA",
        "ZZ",
        "AAA",
    ]
    assert address(4, 2) == "C5"

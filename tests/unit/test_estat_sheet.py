"""Answers of the e-Stat API read as sheets: rows, what the answer says of its table, pages, refusals."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from pipelines.extract.json_sheet import read_json_archive, read_json_sheet
from pipelines.extract.reading import read_sheet
from pipelines.extract.sheet import IncompleteFileError, Sheet, UnreadableFileError
from tests.estat import NOTES, TABLE, Answer, answer, pages, refusal, value

NAMES = {"01100": "北海道 札幌市", "01101": "北海道 札幌市 中央区", "00000": "全国"}
VALUES = [
    value("00000", "2020000000", "126146099"),
    value("01100", "2020000000", "1973395"),
    value("01101", "2020000000", "0.50"),
    value("01101", "2021100000", "***", annotation="J1"),
]


def _bytes(document: Any) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode()


def _sheet(document: Any, pattern: str = TABLE) -> Sheet:
    return read_json_sheet(_bytes(document), [pattern])


def _archive(documents: dict[str, Any]) -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w:gz") as archive:
        for name, document in documents.items():
            content = _bytes(document)
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return target.getvalue()


def test_the_nth_value_is_row_n_plus_two() -> None:
    sheet = _sheet(answer(VALUES, NAMES))
    assert sheet.name == TABLE
    assert sheet.rows[1] == [
        "tab_code", "tab_name", "cat01_code", "cat01_name", "area_code", "area_name", "time_code", "time_name",
        "year", "year_kind", "unit", "value", "annotation",
    ]  # fmt: skip
    assert sheet.rows[2:] == [
        ["00001", "観測値", "A1101", "A1101", "00000", "全国", "2020000000", "2020年", "2020年", "calendar_year", "人", "126146099", ""],
        ["00001", "観測値", "A1101", "A1101", "01100", "北海道 札幌市", "2020000000", "2020年", "2020年", "calendar_year", "人", "1973395", ""],
        ["00001", "観測値", "A1101", "A1101", "01101", "北海道 札幌市 中央区", "2020000000", "2020年", "2020年", "calendar_year", "人", "0.50", ""],
        ["00001", "観測値", "A1101", "A1101", "01101", "北海道 札幌市 中央区", "2021100000", "2021年度", "2021年度", "fiscal_year", "人", "***", "J1"],
    ]  # fmt: skip


def test_the_first_row_is_what_the_answer_says_of_its_table() -> None:
    document = answer(VALUES, NAMES, SURVEY_DATE=202010, DESCRIPTION={"TABULATION": "2024年3月31日時点"})
    document["GET_STATS_DATA"]["STATISTICAL_DATA"]["DATA_INF"]["ANNOTATION"] = {
        "@annotation": "J1",
        "$": "推計",
    }
    sheet = _sheet(document)
    assert sheet.rows[0] == [
        f"STATS_DATA_ID: {TABLE}", "STATISTICS_NAME: 作り物の統計", "TITLE>@no: 1", "TITLE>$: 人口", "SURVEY_DATE: 202010",
        "OPEN_DATE: 2025-06-20", "UPDATED_DATE: 2025-06-30", "DESCRIPTION>TABULATION: 2024年3月31日時点",
        *(f"NOTE {mark}: {text}" for mark, text in NOTES.items()), "ANNOTATION J1: 推計",
    ]  # fmt: skip
    assert sheet.marks == NOTES


def test_a_table_without_times_has_no_years() -> None:
    document = answer(VALUES[:1], NAMES)
    data = document["GET_STATS_DATA"]["STATISTICAL_DATA"]
    data["CLASS_INF"]["CLASS_OBJ"].pop()
    del data["DATA_INF"]["VALUE"][0]["@time"]
    assert _sheet(document).rows[1][-3:] == ["unit", "value", "annotation"]
    assert "year" not in _sheet(document).rows[1]


def test_pages_in_an_archive_are_one_table_in_any_order() -> None:
    whole = _sheet(answer(VALUES, NAMES))
    first, second = pages(VALUES, NAMES, 2)
    for files in ({"1.json": first, "2.json": second}, {"1.json": second, "2.json": first}):
        assert read_json_archive(_archive(files), "*.json", [TABLE]).rows[1:] == whole.rows[1:]


def test_an_archive_is_known_by_its_content(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(_archive({"a/1.json": answer(VALUES, NAMES)}))
    assert len(read_sheet(path, f"{TABLE}.tar.gz", [TABLE]).rows) == 6


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_part_of_a_table_is_refused_as_incomplete(place: int) -> None:
    parts = pages(VALUES, NAMES, 2) + pages(VALUES, NAMES, 3)
    with pytest.raises(IncompleteFileError, match=r"[23] / 4"):
        _sheet(parts[place])
    files = {f"{number}.json": part for number, part in enumerate(pages(VALUES, NAMES, 1)) if number != place}
    with pytest.raises(IncompleteFileError, match="3 / 4"):
        read_json_archive(_archive(files), "*.json", [TABLE])


def _other_edition() -> Answer:
    page = pages(VALUES, NAMES, 2)[1]
    page["GET_STATS_DATA"]["STATISTICAL_DATA"]["TABLE_INF"]["UPDATED_DATE"] = "2025-07-01"
    return page


@pytest.mark.parametrize(
    ("second", "found"),
    [
        (pages(VALUES, NAMES, 2)[0], "4 values promised"),
        (_other_edition(), "updated"),
        ({"list": [{"a": 1}]}, "e-Stat API"),
        (refusal(100, "認証に失敗しました。"), "STATUS 100"),
    ],
)
def test_pages_that_do_not_belong_together_are_refused(second: Any, found: str) -> None:
    files = {"1.json": pages(VALUES, NAMES, 2)[0], "2.json": second}
    with pytest.raises(UnreadableFileError, match=found):
        read_json_archive(_archive(files), "*.json", [TABLE])


@pytest.mark.parametrize(
    ("document", "found"),
    [
        (refusal(300, "統計表IDが正しくありません"), "STATUS 300"),
        ({"GET_STATS_DATA": {}}, "STATUS"),
        ({"GET_STATS_DATA": None}, "STATUS"),
        ({"GET_STATS_DATA": "x"}, "Not an object"),
        (answer([value("1310", "2020000000", "1")], {}), "five digits"),
        (answer([value("01100", "2020000000", "1")], {}, table="0000088888"), "∉ e-Stat API"),
    ],
)
def test_another_answer_is_refused(document: Any, found: str) -> None:
    with pytest.raises(UnreadableFileError, match=found):
        _sheet(document)


def test_no_data_is_a_sheet_without_rows() -> None:
    assert len(_sheet(refusal(1, "該当データはありませんでした。")).rows) == 2

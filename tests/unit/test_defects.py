"""Defects: one line in each language, and an id that stays."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipelines.catalog.defect_rules import defect_rules, explanation_of
from pipelines.catalog.errors import SourceDescriptionError
from pipelines.defects import DEFECT_COLUMNS, Defect, unique
from pipelines.extract.table import Place
from pipelines.quality.defect_report import FileReport, as_text
from pipelines.quarantine import read_defects, write_defects
from pipelines.settings import Home

DEFECT = Defect(
    source_id="s",
    table="t",
    file="figures.csv",
    snapshot_sha256="ab",
    sheet="figures.csv",
    row=12,
    column="値",
    cell="12:値",
    rule="not_decimal",
    found="1.2.3",
    expected_ja="数を一つだけ書いてください",
    expected_en="Write one number only",
)


@pytest.mark.parametrize(
    ("changes", "ja", "en"),
    [
        (
            {},
            "figures.csv 12行 [値]: 「1.2.3」。数を一つだけ書いてください",
            "figures.csv row 12 [値]: '1.2.3'. Write one number only",
        ),
        (
            {"found": None},
            "figures.csv 12行 [値]: 空欄。数を一つだけ書いてください",
            "figures.csv row 12 [値]: blank. Write one number only",
        ),
        (
            {"row": None, "column": None},
            "figures.csv: 「1.2.3」。数を一つだけ書いてください",
            "figures.csv: '1.2.3'. Write one number only",
        ),
    ],
)
def test_message_says_where_what_and_what_was_expected(changes: dict[str, Any], ja: str, en: str) -> None:
    defect = replace(DEFECT, **changes)
    assert defect.message("ja") == ja
    assert defect.message("en") == en


def test_id_is_the_same_for_the_same_defect() -> None:
    assert replace(DEFECT).defect_id == DEFECT.defect_id


def test_id_stays_from_release_to_release() -> None:
    # The first 16 digits of the SHA-256 over "s|ab|figures.csv|12|値|not_decimal", computed outside this code.
    assert DEFECT.defect_id == "c1a7385bee85d861"


@pytest.mark.parametrize(
    "changes", [{"expected_ja": "別の言い方"}, {"expected_en": "other words"}, {"severity": "warning"}]
)
def test_id_does_not_depend_on_wording(changes: dict[str, Any]) -> None:
    assert replace(DEFECT, **changes).defect_id == DEFECT.defect_id


@pytest.mark.parametrize(
    "changes",
    [
        {"row": 13},
        {"column": "単位"},
        {"rule": "required"},
        {"file": "b.csv"},
        {"snapshot_sha256": "cd"},
        {"source_id": "z"},
    ],
)
def test_id_differs_for_another_place_rule_or_bytes(changes: dict[str, Any]) -> None:
    assert replace(DEFECT, **changes).defect_id != DEFECT.defect_id


def test_unique_keeps_each_defect_once_in_order() -> None:
    other = replace(DEFECT, row=1)
    assert unique([DEFECT, other, replace(DEFECT)]) == [DEFECT, other]


def test_record_has_every_column_in_order() -> None:
    assert tuple(DEFECT.as_record()) == DEFECT_COLUMNS


@pytest.mark.parametrize(("row", "column", "cell"), [(3, "値", "3:値"), (None, "値", None), (3, None, None)])
def test_cell_is_the_address_when_both_parts_are_known(
    place: Place, row: int | None, column: str | None, cell: str | None
) -> None:
    assert place.defect("r", "x", "ja", "en", row=row, column=column).cell == cell


def test_quarantine_gives_back_what_was_put_in(home: Home) -> None:
    write_defects(home, "s", "t", [DEFECT], {12: ["a", "1.2.3"]})
    assert read_defects(home, "s", "t") == [DEFECT]
    assert read_defects(home, "s", "other") == []


def test_quarantine_forgets_defects_that_are_gone(home: Home) -> None:
    write_defects(home, "s", "t", [DEFECT])
    write_defects(home, "s", "t", [])
    assert read_defects(home, "s", "t") == []


def test_a_sum_that_differs_is_explained_of_published_files_and_of_registers_apart() -> None:
    assert "台帳" not in explanation_of("total_differs").mend.ja
    assert "台帳" in explanation_of("register_total_differs").mend.ja


def test_two_explanations_of_one_rule_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rule = "twice:\n  why: {ja: 甲, en: a}\n  mend: {ja: 乙, en: b}\n"
    (tmp_path / "_schema").mkdir()
    (tmp_path / "_schema" / "defect_rules.yml").write_text(rule * 2, encoding="utf-8")
    monkeypatch.setattr("pipelines.catalog.defect_rules.SOURCES_DIR", tmp_path)
    with pytest.raises(SourceDescriptionError, match="twice: two entries"):
        defect_rules.__wrapped__()


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({}, "12:値"),
        ({"cell": "C12", "sheet": "市町村"}, "市町村 C12 値"),
        ({"cell": None}, "12行 値"),
        ({"cell": None, "row": None, "column": None}, "-"),
    ],
)
def test_the_report_says_each_part_of_a_place_once(changes: dict[str, Any], place: str) -> None:
    report = FileReport(
        "figures.csv", "s", "t", {"ja": "表"}, accepted=False, figures=0, defects=[replace(DEFECT, **changes)]
    )
    assert f"  1. [誤り] {place}" in list(as_text([report], "ja"))

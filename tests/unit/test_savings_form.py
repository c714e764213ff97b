"""The form of `savings`: what the template offers, what is read of it, and each thing that may be wrong with its cell."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from pipelines.catalog.defect_rules import defect_rules, explanation_of
from pipelines.catalog.loader import Catalog
from pipelines.savings.arithmetic import evaluate
from pipelines.savings.form import EXAMPLES, HEADER_FIELDS, TASK_FIELDS
from pipelines.savings.model import Form, OneOff
from pipelines.savings.observations import Origin, guarded, observation_csv
from pipelines.savings.reading import FormReading, read_form
from pipelines.savings.target import cloud_target
from pipelines.savings.template import template_csv, template_xlsx
from tests.savings_forms import (
    CLOUD,
    COUNTER,
    FIRST_TASK_ROW,
    HEAD,
    TASK_HEADER_ROW,
    TODAY,
    header_cell,
    task_cell,
    write_csv,
    write_xlsx,
)

D = Decimal
EXAMPLE_ROWS = list(range(TASK_HEADER_ROW + 1, TASK_HEADER_ROW + 1 + len(EXAMPLES)))


def read(path: Path) -> FormReading:
    return read_form(path, TODAY)


def good(path: Path) -> Form:
    reading = read(path)
    assert [defect.message("en") for defect in reading.defects] == []
    assert reading.form is not None
    return reading.form


def test_form_is_read_as_filled_in(tmp_path: Path) -> None:
    form = good(write_xlsx(tmp_path / "form.xlsx", HEAD, [COUNTER, CLOUD]))
    assert (form.area_code, form.area_name, form.population, form.population_on) == (
        "124991", "浜見町", 18_234, date(2024, 1, 1)
    )  # fmt: skip
    assert (form.change_year, form.start_month, form.before_year, form.after_year) == (2023, 10, 2022, 2024)
    assert (form.years, form.last_year, form.discount_rate, form.is_estimate) == (3, 2025, 2, False)
    counter, cloud = form.tasks
    assert (counter.kind, counter.staff_unit, counter.before.volume) == ("outsourcing", "hours", 30_000)
    assert (counter.after.minutes, counter.one_offs) == (D("9.5"), (OneOff(2023, 2_500_000),))
    assert (cloud.kind, cloud.staff_unit, cloud.staff_rate) == ("cloud", "staff_years", 7_800_000)
    assert (cloud.before.volume, cloud.volume_unit, cloud.note) == (None, None, None)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932", "utf-16"])
def test_csv_says_the_same_as_the_workbook(tmp_path: Path, encoding: str) -> None:
    tasks = [COUNTER, CLOUD | {"contract_after": "４１,０００,０００", "running_after": "3,000,000円"}]
    one = good(write_csv(tmp_path / "form.csv", HEAD, tasks, encoding))
    other = good(write_xlsx(tmp_path / "form.xlsx", HEAD, [COUNTER, CLOUD]))
    assert one == other


def test_form_filled_in_in_english_is_read(tmp_path: Path) -> None:
    head = HEAD | {"figures_are": "actual", "change_year": 2023, "after_year": 2024, "population_on": date(2024, 1, 1)}  # fmt: skip
    counter = COUNTER | {"kind": "outsourcing", "staff_unit": "hours", "one_off_year_1": 2023}
    form = good(write_xlsx(tmp_path / "form.xlsx", head, [counter], "en"))
    assert (form.change_year, form.tasks[0].kind, form.tasks[0].staff_unit) == (2023, "outsourcing", "hours")


def test_blank_cells_mean_what_the_guide_says(tmp_path: Path) -> None:
    head = HEAD | dict.fromkeys(("start_month", "discount_rate", "before_year", "after_year"))
    bare = {"staff_before": 0, "staff_after": 0, "staff_unit": None, "staff_rate": None, "one_off_1": None, "one_off_year_1": None}  # fmt: skip
    form = good(write_xlsx(tmp_path / "form.xlsx", head, [CLOUD | bare]))
    assert (form.start_month, form.discount_rate, form.before_year, form.after_year) == (4, None, 2022, 2023)
    assert (form.tasks[0].one_offs, form.tasks[0].staff_rate) == ((), None)
    assert {field.key for field in (*HEADER_FIELDS, *TASK_FIELDS) if not field.required and not field.blank} == set()  # fmt: skip


def test_examples_are_not_read_and_named(tmp_path: Path) -> None:
    reading = read(write_xlsx(tmp_path / "form.xlsx", HEAD, [COUNTER]))
    assert reading.examples == EXAMPLE_ROWS
    assert reading.form is not None
    assert len(reading.form.tasks) == 1


def test_blank_rows_between_tasks_are_passed_over(tmp_path: Path) -> None:
    form = good(write_xlsx(tmp_path / "form.xlsx", HEAD, [COUNTER, {"number": 2}, CLOUD]))
    assert [task.row for task in form.tasks] == [FIRST_TASK_ROW, FIRST_TASK_ROW + 2]


def test_workbooks_own_arithmetic_noise_is_no_fraction_of_a_yen(tmp_path: Path) -> None:
    form = good(write_xlsx(tmp_path / "form.xlsx", HEAD, [COUNTER | {"running_before": 1_320_000.0000000002}]))  # fmt: skip
    assert form.tasks[0].before.running == 1_320_000


# What is wrong, with its cell.

HEADER_MISTAKES: list[tuple[str, Any, str, str]] = [
    ("area_code", None, "required", "団体コード"),
    ("area_code", "124992", "not_area_code", "検査数字"),
    ("area_code", 11002, "not_area_code", "011002"),
    ("area_name", None, "required", "団体名"),
    ("change_year", "来年度", "not_fiscal_year", "令和5年度"),
    ("change_year", 2500, "out_of_range", "2,100"),
    ("start_month", 13, "out_of_range", "12"),
    ("figures_are", "たぶん", "not_a_choice", "実績・見込み"),
    ("population", 0, "out_of_range", "1 から"),
    ("population", "約18000", "not_exact", "約"),
    ("population", 18234.5, "not_whole", "整数"),
    ("population_on", "2024年1月", "not_a_day", "2023-01-01"),
    ("population_on", "2030-01-01", "year_not_over", "今日まで"),
    ("years", 31, "out_of_range", "30"),
    ("years", "五年", "not_a_number_alone", "数を一つ"),
    ("discount_rate", 0.04, "rate_is_a_share", "4％なら 4"),
    ("discount_rate", -1, "out_of_range", "0 から"),
    ("before_year", 2024, "year_outside_evaluation", "2023年度"),
    ("after_year", 2022, "year_outside_evaluation", "2023年度"),
    ("after_year", "令和8年度", "year_not_over", "見込み"),
]


@pytest.mark.parametrize(("key", "value", "rule", "expected"), HEADER_MISTAKES)
def test_mistake_in_the_upper_part_is_named_with_its_cell(
    tmp_path: Path, key: str, value: Any, rule: str, expected: str
) -> None:
    reading = read(write_csv(tmp_path / "form.csv", HEAD | {key: value}, [COUNTER | {"one_off_year_1": 2018}]))  # fmt: skip
    assert reading.form is None
    [defect] = [entry for entry in reading.defects if entry.column is not None and entry.cell == header_cell(key)]  # fmt: skip
    assert (defect.rule, defect.sheet, defect.file) == (rule, "form.csv", "form.csv")
    assert expected in defect.expected_ja
    assert (defect.found is None) == (value is None)


TASK_MISTAKES: list[tuple[dict[str, Any], str, str, str]] = [
    ({"name": None}, "name", "required", "業務名"),
    ({"kind": "直営"}, "kind", "not_a_choice", "民間委託・クラウド・共同化・その他"),
    ({"running_after": None}, "running_after", "required", "なければ 0"),
    ({"contract_before": None}, "contract_before", "required", "なければ 0"),
    ({"staff_after": None}, "staff_after", "required", "なければ 0"),
    ({"contract_after": "17百万円"}, "contract_after", "not_a_number_alone", "数を一つ"),
    ({"contract_after": 17000000.5}, "contract_after", "not_whole_yen", "円の整数"),
    ({"contract_after": -1}, "contract_after", "out_of_range", "0 から"),
    ({"running_before": "△5"}, "running_before", "out_of_range", "0 から"),
    ({"evidence": None}, "evidence", "required", "根拠資料"),
    ({"volume_after": None}, "volume_after", "filled_together", "取扱量"),
    ({"volume_unit": None}, "volume_unit", "filled_together", "取扱量の単位"),
    ({"minutes_after": None}, "minutes_after", "filled_together", "処理時間"),
    ({"one_off_year_1": None}, "one_off_year_1", "filled_together", "年度"),
    ({"one_off_1": None}, "one_off_1", "filled_together", "一時経費1"),
    ({"one_off_2": 5}, "one_off_year_2", "filled_together", "年度"),
    ({"one_off_year_1": 2026}, "one_off_year_1", "year_outside_evaluation", "2025年度"),
    ({"one_off_year_1": 2012}, "one_off_year_1", "year_outside_evaluation", "2013年度"),
    ({"staff_unit": None}, "staff_unit", "filled_together", "単位"),
    ({"staff_rate": None}, "staff_rate", "filled_together", "人件費単価"),
    ({"staff_rate": 7_800_000}, "staff_rate", "out_of_range", "円／時間"),
    ({"staff_unit": "人年"}, "staff_rate", "out_of_range", "円／人年"),
    ({"staff_unit": "人年", "staff_rate": 7_800_000}, "staff_before", "out_of_range", "人口"),
    ({"staff_before": 10_000_000}, "staff_before", "out_of_range", "9,115,000"),
    ({"staff_unit": "人日"}, "staff_unit", "not_a_choice", "時間・人年"),
    ({"number": "例"}, "number", "example_row_filled", "書き換えられて"),
]


@pytest.mark.parametrize(("changes", "key", "rule", "expected"), TASK_MISTAKES)
def test_mistake_in_a_task_is_named_with_its_cell(
    tmp_path: Path, changes: dict[str, Any], key: str, rule: str, expected: str
) -> None:
    path = write_csv(tmp_path / "form.csv", HEAD, [CLOUD, COUNTER | changes])
    reading = read(path)
    assert reading.form is None
    defects = [entry for entry in reading.defects if entry.cell == task_cell(key, 1)]
    assert [entry.rule for entry in defects][:1] == [rule]
    assert expected in defects[0].expected_ja
    assert {entry.row for entry in reading.defects} == {FIRST_TASK_ROW + 1}


def test_defect_of_a_workbook_names_its_sheet(tmp_path: Path) -> None:
    # A formula that nothing has computed has no value.
    [defect] = read(write_xlsx(tmp_path / "form.xlsx", HEAD | {"area_name": "=1+1"}, [COUNTER])).defects
    assert (defect.rule, defect.sheet, defect.cell) == ("required", "記入", header_cell("area_name"))
    assert "数式" in defect.expected_ja


def test_everything_wrong_is_said_at_once(tmp_path: Path) -> None:
    reading = read(write_xlsx(tmp_path / "form.xlsx", HEAD | {"years": None}, [COUNTER | {"evidence": None}, CLOUD | {"kind": "?"}]))  # fmt: skip
    assert [entry.rule for entry in reading.defects] == ["required", "required", "not_a_choice"]


def test_task_named_twice_is_refused(tmp_path: Path) -> None:
    reading = read(write_xlsx(tmp_path / "form.xlsx", HEAD, [COUNTER, COUNTER | {"name": "住民票等の 窓口"}]))  # fmt: skip
    assert [(entry.rule, entry.cell) for entry in reading.defects] == [
        ("duplicate_key", task_cell("name")), ("duplicate_key", task_cell("name", 1))
    ]  # fmt: skip


def test_empty_template_says_that_there_is_no_task(tmp_path: Path) -> None:
    for suffix, content in ((".xlsx", template_xlsx("ja")), (".csv", template_csv("en"))):
        path = tmp_path / f"empty{suffix}"
        path.write_bytes(content)
        rules = [entry.rule for entry in read(path).defects]
        required = sum(field.required for field in HEADER_FIELDS)
        assert rules == ["required"] * required + ["no_rows"]


def _changed(path: Path, cell: str, value: Any, sheet: int = 0) -> Path:
    book = openpyxl.load_workbook(path)
    book.worksheets[sheet][cell] = value
    book.save(path)
    return path


@pytest.mark.parametrize(
    ("cell", "value", "rules"),
    [
        (f"B{TASK_HEADER_ROW}", "業務の名", {"no_header"}),
        (f"C{TASK_HEADER_ROW}", "見直しの種別", {"unknown_header", "missing_header"}),
        (f"A{TASK_HEADER_ROW}", "業務名", {"duplicate_header", "missing_header"}),
        ("A3", "団体番号", {"unknown_header", "missing_header"}),
        ("A3", "団体名", {"duplicate_header", "missing_header"}),
        (f"ZZ{FIRST_TASK_ROW}", "はみ出し", {"wrong_width"}),
    ],
)
def test_changed_form_is_refused(tmp_path: Path, cell: str, value: str, rules: set[str]) -> None:
    reading = read(_changed(write_xlsx(tmp_path / "form.xlsx", HEAD, [COUNTER]), cell, value))
    assert {entry.rule for entry in reading.defects} == rules
    assert reading.form is None


@pytest.mark.parametrize(
    ("name", "content", "rule"),
    [
        ("form.xlsx", b"PK\x03\x04 broken", "unreadable_file"),
        ("form.csv", b"\x00\x01\x02", "unreadable_file"),
        ("form.csv", b"\xff\xfe\xfd", "unreadable_file"),
        ("form.csv", b"", "no_header"),
        ("form.xlsx", b"<!DOCTYPE html><html></html>", "unreadable_file"),
    ],
)
def test_file_that_is_no_form_is_refused(tmp_path: Path, name: str, content: bytes, rule: str) -> None:
    (tmp_path / name).write_bytes(content)
    assert [entry.rule for entry in read(tmp_path / name).defects] == [rule]


def test_workbook_without_the_sheet_is_refused(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.save(tmp_path / "other.xlsx")
    [defect] = read(tmp_path / "other.xlsx").defects
    assert defect.rule == "unreadable_file"
    assert "記入" in defect.expected_ja


def test_file_beyond_the_limit_is_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.savings.reading.MAX_BYTES", 10)
    path = write_csv(tmp_path / "form.csv", HEAD, [COUNTER])
    assert [entry.rule for entry in read(path).defects] == ["file_too_large"]


def test_every_rule_is_explained() -> None:
    own = {rule for _, _, rule, _ in HEADER_MISTAKES} | {rule for _, _, rule, _ in TASK_MISTAKES}
    assert all(explanation_of(rule) != defect_rules()["row_rule"] for rule in own)


# The template, the register and the table.


@pytest.mark.parametrize("language", ["ja", "en"])
def test_template_has_no_formulas_and_no_macros(language: str) -> None:
    content = template_xlsx(language)
    names = zipfile.ZipFile(io.BytesIO(content)).namelist()
    assert not [name for name in names if "vba" in name.lower() or "macro" in name.lower()]
    book = openpyxl.load_workbook(io.BytesIO(content))
    assert len(book.worksheets) == 2
    assert [cell.coordinate for sheet in book for row in sheet for cell in row if cell.data_type == "f"] == []
    assert book.worksheets[0][header_cell("area_code")].number_format == "@"


@pytest.mark.parametrize("language", ["ja", "en"])
def test_guide_explains_every_field(language: str) -> None:
    book = openpyxl.load_workbook(io.BytesIO(template_xlsx(language)))
    explained = {row[0].value for row in book.worksheets[1] if row[2].value}
    fields = (*HEADER_FIELDS, *TASK_FIELDS)
    assert {getattr(field.label, language) for field in fields} <= explained


def test_headers_name_their_units() -> None:
    amounts = [field for field in TASK_FIELDS if field.type == "amount"]
    assert amounts
    assert all("円" in field.label.ja and "yen" in field.label.en for field in amounts)


def test_target_is_that_of_the_register(catalog: Catalog) -> None:
    found = cloud_target(catalog)
    assert found is not None
    with (catalog.sources["cao__reform_roadmap_2017"].folder / "targets.csv").open(encoding="utf-8-sig") as stream:  # fmt: skip
        [row] = [row for row in csv.DictReader(stream) if row["measure_id"] == "local_it_operating_cost" and row["is_primary"] == "true"]  # fmt: skip
    assert (found.cut, found.source_url) == (-D(row["target_value"]), row["source_url"])
    assert found.target_version == row["target_version"]


@pytest.mark.parametrize("text", ["=1+1", "+81", "-x", "@SUM(A1)", "\tx", "\rx"])
def test_no_text_becomes_a_formula(text: str) -> None:
    assert guarded(text) == f"'{text}"


def test_table_of_observations_has_a_row_for_each_kind_and_one_for_all(tmp_path: Path) -> None:
    form = good(write_csv(tmp_path / "form.csv", HEAD | {"area_name": "=cmd()"}, [COUNTER, CLOUD]))
    content = observation_csv(evaluate(form), Origin("form.xlsx", "ab" * 32, TODAY))
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    assert rows[0] == ["歳出効率化の成果（2024年度・実績）"]
    assert [(row[1], row[2], row[3], row[4]) for row in rows[3:]] == [
        ("'=cmd()", "民間委託", "1", "2022年度"), ("'=cmd()", "クラウド", "1", "2022年度"), ("'=cmd()", "合計", "2", "2022年度")
    ]  # fmt: skip
    heads = rows[2]
    total = dict(zip(heads, rows[5], strict=True))
    assert (total["効果額(円/年)"], total["取扱量を揃えた効果額(円/年)"]) == ("33680000", "算定できない")
    assert ("ab" * 32) in total["出どころ"]
    assert "2026-11-23" in total["出どころ"]

"""Fills in the form of `savings` as a municipality would: made-up towns, whose codes no body bears."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl

from pipelines.savings.form import EXAMPLES, HEADER_FIELDS, TASK_FIELDS
from pipelines.savings.template import template_csv, template_xlsx

TODAY = date(2026, 11, 23)
FIRST_HEADER_ROW = 3
HEADER_ROWS = {field.key: row for row, field in enumerate(HEADER_FIELDS, start=FIRST_HEADER_ROW)}
TASK_HEADER_ROW = FIRST_HEADER_ROW + len(HEADER_FIELDS) + 1
FIRST_TASK_ROW = TASK_HEADER_ROW + len(EXAMPLES) + 1
COLUMNS = {field.key: column for column, field in enumerate(TASK_FIELDS, start=1)}

HEAD: dict[str, Any] = {
    "area_code": "124991", "area_name": "浜見町", "change_year": "令和5年度", "start_month": 10, "figures_are": "実績",
    "after_year": "R6", "population": 18234, "population_on": "2024年1月1日", "years": 3, "discount_rate": 2,
}  # fmt: skip
COUNTER: dict[str, Any] = {
    "name": "住民票等の窓口", "kind": "民間委託", "volume_unit": "件", "volume_before": 30000, "volume_after": 27000,
    "staff_unit": "時間", "staff_before": 8000, "staff_after": 1200, "staff_rate": 3350, "running_before": 800000,
    "running_after": 600000, "contract_before": 0, "contract_after": 17000000, "one_off_1": 2500000,
    "one_off_year_1": "R5", "minutes_before": 12, "minutes_after": 9.5, "evidence": "令和4年度決算書",
}  # fmt: skip
CLOUD: dict[str, Any] = {
    "name": "基幹系システム", "kind": "クラウド", "staff_unit": "人工", "staff_before": 2.5, "staff_after": 1,
    "staff_rate": 7800000, "running_before": 60000000, "running_after": 3000000, "contract_before": 0,
    "contract_after": 41000000, "one_off_1": 30000000, "one_off_year_1": 2022, "evidence": "利用契約書",
}  # fmt: skip


def write_xlsx(
    path: Path, head: Mapping[str, Any], tasks: Sequence[Mapping[str, Any]], language: str = "ja"
) -> Path:
    """Fill in the workbook; None leaves or makes a cell blank."""
    path.write_bytes(template_xlsx(language))
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    for key, value in head.items():
        sheet.cell(HEADER_ROWS[key], 2).value = value
    for row, task in enumerate(tasks, start=FIRST_TASK_ROW):
        for key, value in task.items():
            sheet.cell(row, COLUMNS[key]).value = value
    book.save(path)
    return path


def write_csv(
    path: Path, head: Mapping[str, Any], tasks: Sequence[Mapping[str, Any]], encoding: str = "utf-8-sig"
) -> Path:
    """Fill in the CSV form."""
    rows = list(csv.reader(template_csv("ja").decode("utf-8-sig").splitlines()))
    for key, value in head.items():
        rows[HEADER_ROWS[key] - 1][1] = "" if value is None else str(value)
    rows += [
        ["" if task.get(key) is None else str(task[key]) for key in COLUMNS] for task in tasks
    ]  # fmt: skip
    with path.open("w", encoding=encoding, newline="") as stream:
        csv.writer(stream).writerows(rows)
    return path


def header_cell(key: str) -> str:
    """Return the address of a field of the upper part."""
    return f"B{HEADER_ROWS[key]}"


def task_cell(key: str, number: int = 0) -> str:
    """Return the address of a field of the task of a number, counted from 0."""
    from openpyxl.utils import get_column_letter

    return f"{get_column_letter(COLUMNS[key])}{FIRST_TASK_ROW + number}"

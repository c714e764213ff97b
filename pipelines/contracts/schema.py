"""The Pandera contract of a table, generated from its description; rows that break it are refused.

Pandera is imported inside the functions that need it: a night on which no table of our own form changed does without.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

import polars as pl

from pipelines.catalog.models import Check, Column, Table
from pipelines.contracts.cells import fields_of
from pipelines.defects import Defect
from pipelines.extract.table import ROW, Place

if TYPE_CHECKING:
    from pandera.polars import Check as PanderaCheck
    from pandera.polars import DataFrameSchema

_LONG_DECIMAL = re.compile(r"-?\d+\.\d{10}")
_REQUIRED = ("必ず書く欄です", "This field must not be blank")


def row_check(check: Check) -> PanderaCheck:
    """Return a rule of the description as a Pandera check over whole rows."""
    import pandera.polars as pa

    expression = pl.sql_expr(check.sql)
    return pa.Check(
        lambda data: data.lazyframe.select(expression.fill_null(False).alias("passes")),
        name=check.id,
        error=check.id,
    )


def _value_checks(column: Column, references: Collection[str] | None) -> list[PanderaCheck]:
    import pandera.polars as pa

    checks = []
    if (allowed := column.allowed()) is not None:
        checks.append(pa.Check.isin(allowed, error="allowed"))
    if references is not None:
        checks.append(pa.Check.isin(list(references), error="reference"))
    if column.pattern:
        checks.append(pa.Check.str_matches(re.compile(f"^(?:{column.pattern})$"), error="pattern"))
    if column.minimum is not None:
        checks.append(pa.Check.ge(column.minimum, error="minimum"))
    if column.maximum is not None:
        checks.append(pa.Check.le(column.maximum, error="maximum"))
    return checks


def build_schema(table: Table, references: dict[str, Collection[str]]) -> DataFrameSchema:
    """Return the schema; `references` holds the allowed values of each column that names another table."""
    import pandera.polars as pa

    columns: dict[str, pa.Column] = {ROW: pa.Column(pl.Int64)}
    for key, column in table.columns.items():
        for index, (name, dtype) in enumerate(fields_of(key, column).items()):
            checks = _value_checks(column, references.get(key)) if index == 0 else []
            columns[name] = pa.Column(dtype, checks=checks, nullable=index > 0 or not column.required)
        if column.type == "decimal":
            columns[f"{key}__text"] = pa.Column(pl.String, nullable=True)
    return pa.DataFrameSchema(
        columns, checks=[row_check(check) for check in table.checks], unique=list(table.grain), strict=True
    )


def _expected(rule: str, column: Column, references: Collection[str] | None) -> tuple[str, str]:
    if rule == "allowed":
        words = "、".join(column.allowed() or [])
        return f"次のいずれかを書いてください: {words}", f"Write one of: {words}"
    if rule == "reference":
        return (
            f"{column.references} にある値を書いてください",
            f"Write a value that exists in {column.references}",
        )
    if rule == "pattern":
        return f"形は {column.pattern} です", f"The form is {column.pattern}"
    if rule == "minimum":
        return f"{column.minimum:g} 以上の値を書いてください", f"Write a value of at least {column.minimum:g}"
    if rule == "maximum":
        return f"{column.maximum:g} 以下の値を書いてください", f"Write a value of at most {column.maximum:g}"
    return _REQUIRED


def rule_of(check: str) -> str:
    """Return the rule that a failed check of Pandera stands for."""
    return "required" if check.startswith("not_nullable") else check


def _shown(value: object) -> str | None:
    """Return a value as people write it: decimals without trailing zeros."""
    if value is None:
        return None
    text = str(value)
    return text.rstrip("0").rstrip(".") if _LONG_DECIMAL.fullmatch(text) else text


def _cell_defect(
    case: dict[str, Any],
    table: Table,
    place: Place,
    rows: list[int],
    references: dict[str, Collection[str]],
) -> Defect:
    key = str(case["column"])
    column, rule = table.columns[key], rule_of(str(case["check"]))
    expected_ja, expected_en = _expected(rule, column, references.get(key))
    return place.defect(
        rule,
        _shown(case["failure_case"]),
        expected_ja,
        expected_en,
        row=rows[case["index"]],
        column=table.header_names(key)[0],
    )


def _row_defect(
    case: dict[str, Any], frame: pl.DataFrame, table: Table, place: Place, rows: list[int]
) -> Defect:
    index = case["index"]
    check = next((check for check in table.checks if check.id == case["check"]), None)
    key_text = ", ".join(f"{key}={frame[key][index]}" for key in table.grain)
    if check is None:
        return place.defect(
            "duplicate_key",
            key_text,
            f"{'・'.join(table.grain)} の組は一行だけにしてください",
            f"Keep only one row for each {', '.join(table.grain)}",
            row=rows[index],
            column=table.grain[0],
        )
    return place.defect(
        check.id, key_text, check.message.ja, check.message.en, row=rows[index], column=table.grain[0]
    )


def failure_cases(schema: DataFrameSchema, frame: pl.DataFrame) -> list[dict[str, Any]]:
    """Return Pandera's failures of an eager frame (a lazy one would skip the value checks), each with its row.

    Raises RuntimeError for a failure of the frame as a whole: the description and the reader then disagree.
    """
    from pandera.errors import SchemaErrors

    try:
        schema.validate(frame, lazy=True)
    except SchemaErrors as error:
        cases: list[dict[str, Any]] = error.failure_cases.to_dicts()
        for case in cases:
            if case["index"] is None:
                raise RuntimeError(str(case)) from error
        return cases
    return []


def check_table(
    frame: pl.DataFrame, table: Table, place: Place, references: dict[str, Collection[str]]
) -> list[Defect]:
    """Return the defects of a typed frame."""
    if frame.is_empty():
        return []
    rows = frame[ROW].to_list()
    return [
        _cell_defect(case, table, place, rows, references)
        if case["column"] in table.columns and case["schema_context"] == "Column"
        else _row_defect(case, frame, table, place, rows)
        for case in failure_cases(build_schema(table, references), frame)
    ]

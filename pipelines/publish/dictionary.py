"""What the tables and columns of the warehouse mean in both languages, and their keys, from the descriptions of the models."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

from pipelines.publish.described import WRITTEN_TABLES, DescribedColumn, DescribedTable
from pipelines.settings import DBT_PROJECT_DIR

MODELS = DBT_PROJECT_DIR / "models"
SCHEMAS = ("marts", "meta")
# Views that select every column of another table.
_SAME_COLUMNS_AS = {"dim_area_current": "dim_area"}


def _files(schema: str) -> list[Path]:
    """Return the files that describe the tables of a schema: the one of its own name first."""
    return sorted((MODELS / schema).glob("*.yml"), key=lambda path: (path.stem != schema, path.stem))


def _meta(entry: dict[str, Any]) -> dict[str, Any]:
    meta: dict[str, Any] = entry.get("config", {}).get("meta", {})
    return meta


def _never_blank(model: dict[str, Any]) -> set[str]:
    """Return the columns whose blanks stop the publication."""
    tests = [test["never_null"] for test in model.get("data_tests", []) if "never_null" in test]
    return {column for test in tests for column in test["arguments"]["columns"]}


def _columns(model: dict[str, Any]) -> list[DescribedColumn]:
    never = _never_blank(model)
    columns = []
    for entry in model.get("columns", []):
        name, meta = entry["name"], _meta(entry)
        unit = (meta["unit"], meta["unit_en"]) if "unit" in meta else None
        columns.append(
            DescribedColumn(
                name, entry.get("data_type", ""), entry.get("description", ""), meta.get("en", ""),
                unit, name in never,
            )
        )  # fmt: skip
    if repeated := _meta(model).get("repeated"):
        place = next(index for index, column in enumerate(columns) if column.name == repeated["before"])
        one = DescribedColumn(*(repeated[key] for key in ("name", "data_type", "ja", "en")))
        columns.insert(place, one)
    return columns


def _described(model: dict[str, Any], columns_of: dict[str, Any]) -> DescribedTable:
    meta = _meta(model)
    key, columns = tuple(meta.get("key", ())), tuple(_columns(columns_of))
    return DescribedTable(model["name"], model.get("description", ""), meta.get("en", ""), key, columns)


@cache
def described_tables() -> dict[str, DescribedTable]:
    """Return the description of each published table and view by its name with schema, in the order of the files.

    Of an installation without the models it has only what publication writes.
    """
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    found: dict[str, DescribedTable] = {}
    for schema in SCHEMAS:
        models: dict[str, dict[str, Any]] = {}
        for path in _files(schema):
            content = yaml.load(path.read_text(encoding="utf-8"), Loader=loader)  # noqa: S506
            models |= {model["name"]: model for model in content.get("models", [])}
        for name, model in models.items():
            found[f"{schema}.{name}"] = _described(model, models[_SAME_COLUMNS_AS.get(name, name)])
    return found | {f"meta.{table.name}": table for table in WRITTEN_TABLES}

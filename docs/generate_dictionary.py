"""Render `docs/data-dictionary.md` from the descriptions of the published tables.

Run `.venv/bin/python docs/generate_dictionary.py` after a change to the tables; with `--check` it only
compares, and exits with 1 when the file is stale.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from pipelines.publish.described import WRITTEN_TABLES

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "docs" / "data-dictionary.md"
MODELS = ROOT / "dbt_project" / "models"
SCHEMAS = ("marts", "meta")


def descriptions(schema: str) -> list[Path]:
    """Return the files that describe the tables of a schema: the one of its own name first."""
    return sorted((MODELS / schema).glob("*.yml"), key=lambda path: (path.stem != schema, path.stem))


# Views that select every column of another table.
SAME_COLUMNS_AS = {"dim_area_current": "dim_area"}


def written_at_publication() -> list[tuple[str, dict[str, Any]]]:
    """Return the tables that publication writes, not dbt, in the form of the others' descriptions."""
    return [
        (
            "meta",
            {
                "name": table.name,
                "description": table.ja,
                "config": {"meta": {"en": table.en, "key": list(table.key)}},
                "columns": [
                    {
                        "name": column.name,
                        "data_type": column.data_type,
                        "description": column.ja,
                        "config": {"meta": {"en": column.en}},
                    }
                    for column in table.columns
                ],
            },
        )
        for table in WRITTEN_TABLES
    ]


HEAD = """<!-- Written by docs/generate_dictionary.py: do not edit by hand. -->

# データ辞書 / Data dictionary

公開される倉庫 `published/mieruka.duckdb` のすべての表と列。日本語の説明は倉庫の表と列のコメントにも入っている（ビューの列を除く）。
表は `published/parquet/` に Parquet としても置かれる（`meta` の表は `meta.` を頭に付けた名前。ビューは除く）。

Every table and column of the published warehouse `published/mieruka.duckdb`. The Japanese text is also the comment
of each table and column in the warehouse (but for the columns of views). The tables are in `published/parquet/` too, as Parquet files (those of
`meta` with the prefix `meta.`; views are left out).
"""


@dataclass(frozen=True)
class Column:
    """One column as it is described."""

    name: str
    data_type: str
    ja: str
    en: str


@dataclass(frozen=True)
class Table:
    """One published table as it is described."""

    schema: str
    name: str
    ja: str
    en: str
    key: list[str]
    columns: list[Column]

    @property
    def full_name(self) -> str:
        """Return the name with its schema."""
        return f"{self.schema}.{self.name}"


def _columns(model: dict[str, Any]) -> list[Column]:
    return [
        Column(
            entry["name"],
            entry["data_type"],
            entry["description"],
            entry["config"]["meta"]["en"],
        )
        for entry in model["columns"]
    ]


def load_tables() -> list[Table]:
    """Return the published tables in the order of their descriptions."""
    models: list[tuple[str, dict[str, Any]]] = []
    for schema in SCHEMAS:
        for path in descriptions(schema):
            content = yaml.safe_load(path.read_text(encoding="utf-8"))
            models += [(schema, model) for model in content["models"]]
    models += written_at_publication()
    described = {model["name"]: model for _, model in models}
    return [
        Table(
            schema,
            model["name"],
            model["description"],
            model["config"]["meta"]["en"],
            model["config"]["meta"]["key"],
            _columns(described[SAME_COLUMNS_AS.get(model["name"], model["name"])]),
        )
        for schema, model in models
    ]


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _table_lines(table: Table) -> list[str]:
    lines = [
        f"## {table.full_name}",
        "",
        f"{_cell(table.ja)} / {_cell(table.en)}",
        "",
        f"キー / Key: {', '.join(f'`{name}`' for name in table.key)}",
        "",
        "| 列 / Column | 型 / Type | 説明 | Description |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| `{column.name}` | {_cell(column.data_type)} | {_cell(column.ja)} | {_cell(column.en)} |"
        for column in table.columns
    ]
    return [*lines, ""]


def render(tables: list[Table]) -> str:
    """Return the whole page."""
    index = [
        f"| [{table.full_name}](#{table.full_name.replace('.', '')}) | {_cell(table.ja)} | {_cell(table.en)} |"
        for table in tables
    ]
    lines = [HEAD, "| 表 / Table | 説明 | Description |", "|---|---|---|", *index, ""]
    for table in tables:
        lines += _table_lines(table)
    return "\n".join(lines).rstrip() + "\n"


def main(arguments: list[str]) -> int:
    """Write the page, or with `--check` say whether it is stale."""
    page = render(load_tables())
    if "--check" in arguments:
        is_current = TARGET.exists() and TARGET.read_text(encoding="utf-8") == page
        if not is_current:
            print(
                f"{TARGET.relative_to(ROOT)} is stale: run {Path(__file__).relative_to(ROOT)}",
                file=sys.stderr,
            )
        return 0 if is_current else 1
    TARGET.write_text(page, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

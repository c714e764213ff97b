"""What the data dictionary says is true of a published warehouse: columns, types, blanks, comments."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import duckdb
import pytest

from tests.scripts import script

JAPANESE = re.compile("[\u3040-\u30ff\u4e00-\u9fff]")
# The columns of years are as many as there are years.
YEAR = re.compile(r"fy\d{4}")


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    return script("generate_dictionary")


@pytest.fixture(scope="module")
def warehouse(home: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(home / "published" / "mieruka.duckdb"), read_only=True) as connection:
        yield connection


def plain(kind: str) -> str:
    return kind.lower().replace(" ", "")


def test_columns_and_types_are_those_described(
    warehouse: duckdb.DuckDBPyConnection, generator: ModuleType
) -> None:
    for table in generator.load_tables():
        described = {
            column.name: plain(column.data_type)
            for column in table.columns
            if not column.name.startswith("fy<")
        }
        found = {row[0]: plain(row[1]) for row in warehouse.execute(f"describe {table.full_name}").fetchall()}
        years = {name for name in found if YEAR.fullmatch(name)}
        assert bool(years) == (table.name == "observation_wide_years")
        assert {name: kind for name, kind in found.items() if name not in years} == described, table.full_name


def test_every_blank_has_a_meaning(warehouse: duckdb.DuckDBPyConnection, generator: ModuleType) -> None:
    unexplained = []
    for table in generator.load_tables():
        columns = [column for column in table.columns if not column.name.startswith("fy<")]
        counts = ", ".join(f'count(*) - count("{column.name}")' for column in columns)
        blanks = warehouse.execute(f"select {counts} from {table.full_name}").fetchone()
        assert blanks is not None
        unexplained += [
            f"{table.full_name}.{column.name}"
            for column, count in zip(columns, blanks, strict=True)
            if count and (column.blank is None or column.blank is generator.WORDS["never"])
        ]
    assert unexplained == []


def test_keys_are_keys(warehouse: duckdb.DuckDBPyConnection, generator: ModuleType) -> None:
    """Of the views too, on which dbt has no tests."""
    for table in generator.load_tables():
        repeated = warehouse.execute(
            f"select {', '.join(table.key)} from {table.full_name} group by all having count(*) > 1 limit 1"
        ).fetchall()
        assert repeated == [], table.full_name


def test_tables_views_columns_and_macros_are_commented_in_japanese(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    comments = warehouse.execute(
        "select table_name as name, comment from duckdb_tables() where schema_name in ('marts', 'meta') "
        "union all select view_name, comment from duckdb_views() where schema_name in ('marts', 'meta') "
        "union all select table_name || '.' || column_name, comment from duckdb_columns() "
        "where schema_name in ('marts', 'meta') "
        "union all select function_name, comment from duckdb_functions() "
        "where schema_name in ('marts', 'meta') and not internal"
    ).fetchall()
    assert len(comments) > 800
    # A name such as KPI is the same in both languages.
    assert [
        name for name, comment in comments if not (comment and (JAPANESE.search(comment) or comment == "KPI"))
    ] == []

"""The committed data dictionary says what the descriptions of the tables say."""

from __future__ import annotations

import importlib.util
import sys
from types import ModuleType

import duckdb
import pytest

from pipelines.publish.described import WRITTEN_TABLES, create_table
from pipelines.settings import PROJECT_ROOT

SCRIPT = PROJECT_ROOT / "docs" / "generate_dictionary.py"


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate_dictionary", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_committed_page_is_current(generator: ModuleType) -> None:
    committed = generator.TARGET.read_text(encoding="utf-8")
    rendered = generator.render(generator.load_tables())
    assert committed == rendered, "stale: run .venv/bin/python docs/generate_dictionary.py"


def test_check_tells_a_stale_page(
    generator: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert generator.main(["--check"]) == 0
    monkeypatch.setattr(generator, "HEAD", "other\n")
    assert generator.main(["--check"]) == 1
    assert "stale" in capsys.readouterr().err


def test_every_table_and_column_is_described_in_both_languages(generator: ModuleType) -> None:
    blank = [
        f"{table.full_name}.{getattr(entry, 'name', '')}"
        for table in generator.load_tables()
        for entry in (table, *table.columns)
        if not (entry.ja.strip() and entry.en.strip())
    ]
    assert blank == []


def test_key_columns_exist(generator: ModuleType) -> None:
    unknown = [
        f"{table.full_name}.{key}"
        for table in generator.load_tables()
        for key in table.key
        if key not in {column.name for column in table.columns}
    ]
    assert unknown == []


def test_every_model_of_the_published_layers_is_described(generator: ModuleType) -> None:
    described = {table.full_name for table in generator.load_tables()}
    models = {
        f"{schema}.{path.stem}"
        for schema in generator.SCHEMAS
        for path in (generator.MODELS / schema).glob("*.sql")
    }
    assert described == models | {f"meta.{table.name}" for table in WRITTEN_TABLES}


@pytest.mark.parametrize("name", [table.name for table in WRITTEN_TABLES])
def test_what_publication_writes_is_described_as_it_is_written(generator: ModuleType, name: str) -> None:
    with duckdb.connect() as connection:
        connection.execute("create schema meta")
        create_table(connection, next(table for table in WRITTEN_TABLES if table.name == name))
        written = connection.execute(
            "select column_name, lower(data_type), comment from duckdb_columns() "
            f"where schema_name = 'meta' and table_name = '{name}' order by column_index"
        ).fetchall()
    table = next(table for table in generator.load_tables() if table.full_name == f"meta.{name}")
    assert [(column.name, column.data_type, column.ja) for column in table.columns] == written

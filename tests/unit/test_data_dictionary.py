"""The committed data dictionary says what the descriptions of the tables say, in both languages."""

from __future__ import annotations

import re
from types import ModuleType

import duckdb
import pytest

from pipelines.publish.described import WRITTEN_TABLES, create_table
from pipelines.publish.dictionary import MODELS, SCHEMAS
from tests.scripts import script

JAPANESE = re.compile("[\u3040-\u30ff\u4e00-\u9fff]")


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    return script("generate_dictionary")


@pytest.mark.parametrize("language", ["ja", "en"])
def test_committed_page_is_current(generator: ModuleType, language: str) -> None:
    committed = generator.TARGETS[language].read_text(encoding="utf-8")
    rendered = generator.render(generator.load_tables(), language)
    assert committed == rendered, "stale: run .venv/bin/python docs/generate_dictionary.py"


def test_check_tells_a_stale_page(
    generator: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert generator.main(["--check"]) == 0
    monkeypatch.setattr(generator, "HEAD", generator.Text("other\n", "other\n"))
    assert generator.main(["--check"]) == 1
    assert "stale" in capsys.readouterr().err


def test_every_table_and_column_is_described_in_both_languages(generator: ModuleType) -> None:
    entries = {
        f"{table.full_name}.{getattr(entry, 'name', '') if entry is not table else ''}": entry
        for table in generator.load_tables()
        for entry in (table, *table.columns)
    }
    # A name such as KPI is the same in both languages.
    assert [
        name for name, entry in entries.items() if not (JAPANESE.search(entry.ja) or entry.ja == "KPI")
    ] == []
    assert [
        name for name, entry in entries.items() if not entry.en.strip() or JAPANESE.search(entry.en)
    ] == []


def test_every_table_has_grain_key_and_origin(generator: ModuleType) -> None:
    for table in generator.load_tables():
        assert table.key, table.full_name
        for text in (table.grain, table.origin, *table.cautions):
            assert JAPANESE.search(text["ja"]), table.full_name
            assert text["en"], table.full_name
            assert not JAPANESE.search(text["en"]), table.full_name


def test_what_is_said_beside_the_tables_names_tables_and_columns_that_exist(generator: ModuleType) -> None:
    tables = {table.name: {column.name for column in table.columns} for table in generator.load_tables()}
    everywhere = set().union(*tables.values())
    beside = generator.beside()
    named = {*beside["grain"], *beside["cautions"]}
    named |= {name for entry in beside["origin"] if entry["tables"] != "*" for name in entry["tables"]}
    assert named - tables.keys() == set()
    for rule in (*beside["units"], *beside["nulls"]):
        assert set(rule.get("tables", [])) - tables.keys() == set()
        known = set().union(*(tables[name] for name in rule.get("tables", tables)))
        assert set(rule.get("columns", [])) - known == set(), rule
        assert JAPANESE.search(rule["ja"]) or rule["ja"] == "％"
        assert not JAPANESE.search(rule["en"])
    assert set(beside["own_meaning"]) - everywhere == set()


def test_every_number_has_a_unit_in_both_languages(generator: ModuleType) -> None:
    numbers = [
        (f"{table.full_name}.{column.name}", column)
        for table in generator.load_tables()
        for column in table.columns
        if column.is_number
    ]
    assert len(numbers) > 200
    assert [
        name for name, column in numbers if not (column.unit and column.unit["ja"] and column.unit["en"])
    ] == []


def test_one_name_means_one_thing(generator: ModuleType) -> None:
    """A table may add to what a name means; where a name means something else it is listed as such."""
    other = []
    for name, columns in generator.definitions(generator.load_tables()).items():
        if name in generator.beside()["own_meaning"]:
            continue
        ja, en = columns[0][1].ja, columns[0][1].en
        other += [
            f"{table.full_name}.{name}"
            for table, column in columns
            if not (
                (column.ja == ja and column.en == en)
                or (column.ja.startswith(f"{ja}。") and column.en.startswith(f"{en};"))
            )
        ]
    assert other == []


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
    models = {f"{schema}.{path.stem}" for schema in SCHEMAS for path in (MODELS / schema).glob("*.sql")}
    # The core of registers has a folder of its own, because it builds on other engines too.
    models |= {f"marts.{path.stem}" for path in (MODELS / "register").glob("[dr]*_*.sql")}
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

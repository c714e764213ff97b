"""`mieruka sql`: what it lets a query do, what it says to a wrong one, and that readers and publication do not meet."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from cli.main import main
from pipelines.settings import Home
from tests.small_warehouse import publish_small, stamped

Sql = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = Home(tmp_path_factory.mktemp("sql") / "home")
    publish_small(home, 1, *stamped(1))
    return home


@pytest.fixture
def sql(published: Home, capsys: pytest.CaptureFixture[str]) -> Sql:
    def run(*arguments: str) -> tuple[int, str, str]:
        code = main(["--home", str(published.root), "--lang", "ja", "sql", *arguments])
        told = capsys.readouterr()
        return code, told.out, told.err

    return run


ATTACKS = [
    "select * from read_csv('/etc/passwd')", "from read_text('/etc/passwd')", "from '/etc/passwd'", "from 'x.parquet'",
    "from glob('/etc/*')", "from read_blob('/etc/passwd')", "from query_table('/etc/passwd')", "from sniff_csv('/etc/passwd')",
    "from query('select * from read_text(''/etc/passwd'')')", "from parquet_metadata('/etc/passwd')",
    "copy marts.dim_kpi to '{out}'", "copy (select 1) to '{out}'", "copy (select 1) to '/dev/stdout'",
    "export database '{out}'", "import database '{out}'", "attach '{out}' as other", "attach ':memory:' as other",
    "install httpfs", "load httpfs", "force install spatial from 'https://example.org'", "update extensions",
    "set enable_external_access = true", "set lock_configuration = false", "reset lock_configuration",
    "set variable x = 1", "pragma enable_profiling", "pragma profiling_output = '{out}'", "set search_path = 'main'",
    "select getenv('HOME')", "call enable_logging(storage = 'file', storage_path = '{out}')",
    "from enable_logging(storage = 'file', storage_path = '{out}')", "call start_ui()", "call dbgen(sf = 0.01)",
    "create table t (i int)", "create temp table t as select 1", "create secret (type s3)", "create macro f() as 1",
    "insert into marts.dim_kpi values (1)", "update marts.dim_kpi set name_ja = 'x'", "delete from marts.dim_kpi",
    "drop table marts.dim_kpi", "alter table marts.dim_kpi add column x int", "comment on table marts.dim_kpi is 'x'",
    "select 1; drop table marts.dim_kpi", "select 1; select 2", "checkpoint", "vacuum", "detach mieruka", "use meta",
    "prepare p as select 1", "begin transaction", "from published", "from duckdb_secrets()", "select st_area('x')",
    "from sqlite_scan('{out}', 't')", "explain analyze copy (select 1) to '{out}'", "", ";", "-- nothing",
]  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_query_only_reads_the_warehouse(sql: Sql, published: Home, tmp_path: Path, attack: str) -> None:
    before = published.published_database.read_bytes()
    out = tmp_path / "stolen"
    code, printed, told = sql(attack.replace("{out}", str(out)))
    assert code == 1, printed
    assert printed == ""
    assert told.startswith("SQLの誤り: ")
    assert told.count("\n") == 1
    assert "root:" not in told
    assert list(tmp_path.iterdir()) == []
    assert published.published_database.read_bytes() == before


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("select * from dim_kp", "表がありません: dim_kp。近いもの: dim_kpi"),
        ("select * from marts.fct_observations", "近いもの: fct_observation"),
        ("select nam from dim_kpi", "列がありません: nam。近いもの: name_ja, name_en"),
        ("select kpi.nam from dim_kpi as kpi", "列がありません: nam"),
        ("selec 1", "文法の誤り（「selec」の付近）"),
        ("drop table dim_kpi", "読み取りだけができます"),
        ("from read_csv('/etc/passwd')", "読み取りだけができます"),
        ("select cast('x' as integer)", "Conversion Error"),
    ],
)
def test_a_wrong_query_is_told_what_is_wrong(sql: Sql, query: str, words: str) -> None:
    code, _, told = sql(query)
    assert code == 1
    assert words in told


@pytest.mark.parametrize(
    "query",
    [
        "from dim_kpi", "with a as (select 1 as one) select * from a", "describe dim_kpi", "show tables", "summarize dim_kpi",
        "explain from dim_kpi", "values (1)", "pivot dim_area on area_code using count(*)", "select 1;", "table dim_kpi",
        "select count(*) from run", "from marts.fct_observation",
    ],
)  # fmt: skip
def test_every_reading_query_works(sql: Sql, query: str) -> None:
    code, printed, told = sql(query)
    assert (code, told) == (0, "")
    assert printed


def test_a_query_comes_from_a_file_or_the_standard_input(
    sql: Sql, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "query.sql"
    path.write_text("﻿-- 全国\nselect 1 as one", encoding="utf-8")
    assert json.loads(sql("--file", str(path), "--json")[1]) == [{"one": 1}]
    monkeypatch.setattr("sys.stdin", io.StringIO("select 2 as two"))
    assert sql("-", "--csv")[1] == "two\n2\n"
    assert sql("--file", str(tmp_path / "none.sql"))[0] == 2
    assert sql()[0] == 2
    assert sql("select 1", "--file", str(path))[0] == 2


def test_what_is_piped_is_complete_unless_a_number_is_asked_for(sql: Sql) -> None:
    many = "select unnest(range(25000)) as n"
    assert sql(many, "--csv")[1].count("\n") == 25_001
    assert len(json.loads(sql(many, "--json")[1])) == 25_000
    assert sql(many)[1].count("\n") == 25_001
    code, printed, told = sql(many, "--csv", "--limit", "3")
    assert (code, printed) == (0, "n\n0\n1\n2\n")
    assert "--limit 0" in told
    assert sql(many, "--limit", "0")[1].count("\n") == 25_001
    assert sql(many, "--limit", "25000", "--csv")[2] == ""
    assert sql(many, "--limit", "some")[0] == 2


def test_a_failure_amid_the_rows_is_told(sql: Sql) -> None:
    code, _, told = sql(
        "select case when n = 24000 then error('here') else n end from range(25000) as t(n)", "--csv"
    )
    assert code == 1
    assert "here" in told


# Readers and publication.


def values(connection: duckdb.DuckDBPyConnection) -> list[tuple[object, ...]]:
    return connection.execute("select distinct cast(value as integer) from marts.fct_observation").fetchall()


def test_a_reader_keeps_its_version_until_every_connection_is_closed(home: Home) -> None:
    publish_small(home, 1, *stamped(1))
    path = str(home.published_database)
    first = duckdb.connect(path, read_only=True)
    assert values(first) == [(1,)]
    publish_small(home, 2, *stamped(2))
    second = duckdb.connect(path, read_only=True)
    assert (values(first), values(second)) == ([(1,)], [(1,)])
    first.close()
    second.close()
    with duckdb.connect(path, read_only=True) as third:
        assert values(third) == [(2,)]

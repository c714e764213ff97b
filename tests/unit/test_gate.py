"""The gate of remote readers: what reads passes, whatever else DuckDB's parser sees is refused."""

from __future__ import annotations

import pytest

from pipelines.serve.gate import LONGEST_STATEMENT, Gate, RefusedError


@pytest.fixture(scope="module")
def gate() -> Gate:
    return Gate(["kpi_progress_as_of"])


@pytest.mark.parametrize(
    "statement",
    [
        "select 1", "from marts.bi_scorecard", "with x as (select 1 as a) select a from x", "describe marts.dim_kpi",
        "summarize marts.dim_kpi", "show all tables", "select * from range(3)", "select unnest([1, 2])",
        "from marts.kpi_progress_as_of('2017-12-31')", "from MARTS.KPI_PROGRESS_AS_OF('2017-12-31')", "select 1; select 2",
        "select case when a > 1 then 'x' end from marts.t union all select 'copy to' order by 1 limit 3",
        "\nselect catalog_name from information_schema.schemata\n", "from duckdb_tables() union all from duckdb_views()",
        "pivot marts.t on a in ('x') using sum(b)", "select regexp_replace(a, 'x', 'y') from marts.t where a like '%;drop%'",
        "select median(value) over (partition by item_id) from marts.fct_observation tablesample 10%",
    ],
)  # fmt: skip
def test_reading_passes(gate: Gate, statement: str) -> None:
    gate.check(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "", ";", "select", "selec 1", "create table t as select 1", "insert into t values (1)", "copy t to 'x'",
        "call pragma_version()", "pragma threads = 3", "set threads = 3", "attach 'x'", "load x", "install x", "begin",
        "explain select 1", "explain analyze select 1", "prepare p as select 1", "execute p", "use x", "checkpoint", "vacuum",
        "export database 'x'", "select 1; drop table t", "select * from read_text('x')", "from READ_CSV_AUTO('x')",
        'from "read_text"(\'x\')', "select (select content from read_text('x'))", "select * from (from glob('*'))",
        "with x as (from read_blob('x')) from x", "from t join read_text('x') on true", "select 1 union from glob('*')",
        "select exists (from glob('*'))", "select list_transform([1], lambda a : (select count(*) from glob('*')))",
        "from query('select 1')", "from query_table('t')", "select quack_check_token('a', 'b', 'c')",
        "from quack_stop('x')", "from quack_query('x', 'y')", "from enable_logging()", "from kpi_verdict_as_of('2017-12-31')",
        "select getenv('HOME')", "select current_setting('threads')", "select write_log('x')", "from duckdb_secrets()",
        "from duckdb_settings()", "from duckdb_logs()", "from whoami()", "from parquet_metadata('x')",
        "values (getenv('HOME'))", "select 1 order by getenv('HOME')", "select 1 limit (select count(*) from glob('*'))",
    ],
)  # fmt: skip
def test_everything_else_is_refused(gate: Gate, statement: str) -> None:
    with pytest.raises(RefusedError):
        gate.check(statement)


def test_a_statement_has_a_length(gate: Gate) -> None:
    with pytest.raises(RefusedError):
        gate.check("select '" + "x" * LONGEST_STATEMENT + "'")


@pytest.mark.parametrize("depth", [100, 5_000])
def test_deep_statements_do_not_break_the_gate(gate: Gate, depth: int) -> None:
    try:
        gate.check("select " + "(" * depth + "1" + ")" * depth)
    except RefusedError:
        assert depth > 100
    gate.check("select 1")

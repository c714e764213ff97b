"""`mieruka serve`: what remote readers get, and what an attacker who has the token does not."""

from __future__ import annotations

import http.client
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import duckdb
import pytest

from pipelines.settings import PROJECT_ROOT, Home
from tests.remote_readers import TOKEN, Served, reader, serve_command, served
from tests.small_warehouse import publish_small, stamped

VALUE = "select distinct value::integer from marts.fct_observation"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = Home(tmp_path_factory.mktemp("served"))
    home.create()
    publish_small(home, 1, *stamped(1))
    return home


@pytest.fixture(scope="module")
def server(home: Home) -> Iterator[Served]:
    with served(home, "--seconds", "2", "--memory", "256") as server:
        yield server


def test_readers_get_rows_by_query_and_by_attaching(server: Served) -> None:
    assert server.ask(VALUE) == [(1,)]
    with reader() as connection:
        connection.execute(f"attach '{server.address}' as remote (token '{TOKEN}', read_only)")
        assert connection.execute(f"from remote.query('{VALUE}')").fetchall() == [(1,)]
    assert server.ask("describe marts.dim_kpi")[0][0] == "kpi_id"
    assert server.ask("with numbers as (from range(3)) select count(*) from numbers") == [(3,)]


@pytest.mark.parametrize("token", ["", "wrong", TOKEN[:-1], TOKEN + "x", TOKEN.upper(), "' or '1'='1"])
def test_without_the_token_nothing_is_said(server: Served, token: str) -> None:
    with pytest.raises(duckdb.Error):
        server.ask("select 1", token)


REFUSED = {
    "writes": [
        "create table marts.mine as select 1", "insert into marts.dim_kpi values ('a', 'b', 'c')", "drop table marts.dim_kpi",
        "update marts.dim_kpi set name_ja = ''", "delete from marts.dim_kpi", "alter table marts.dim_kpi add column z int",
        "create temp table mine as select 1", "create macro mine() as 1", "create schema mine", "truncate marts.dim_kpi",
        "comment on table marts.dim_kpi is 'x'", "checkpoint", "vacuum", "begin", "select 1; drop table marts.dim_kpi",
    ],
    "files": [
        "copy marts.dim_kpi to '{target}'", "copy (select 1) to '{target}' (format parquet)", "export database '{target}'",
        "select * from read_text('/etc/passwd')", "select * from '/etc/passwd'", "from read_csv('/etc/passwd')",
        "from read_blob('/proc/self/environ')", "from glob('/etc/*')", "from sniff_csv('/etc/passwd')",
        "select (select content from read_text('/etc/passwd'))", "select 1; copy (select 1) to '{target}'",
        "call enable_logging(storage = 'file', storage_path = '{target}')", "pragma profiling_output = '{target}'",
        "with x as (from read_text('/etc/passwd')) from x", "from marts.dim_kpi where exists (from glob('/*'))",
        "from query('select content from read_text(''/etc/passwd'')')", "explain analyze from read_text('/etc/passwd')",
    ],
    "other databases": [
        "attach '{target}' as other", "attach ':memory:' as other", "detach mieruka", "use system.main",
        "attach 'quack:127.0.0.1:1' as other (token 'aaaaaaaaaaaaaaaa')", "from quack_query('quack:127.0.0.1:1', 'select 1')",
        "from postgres_scan('', '', '')", "from read_csv('http://127.0.0.1:1/')",
    ],
    "the server itself": [
        "install json", "load json", "load '{target}'", "set threads = 64", "set global memory_limit = '1TB'",
        "set enable_external_access = true", "set lock_configuration = false", "reset threads", "pragma threads = 64",
        "pragma enable_profiling", "call quack_stop('{address}')", "from quack_stop('{address}')", "from quack_server_list()",
        "from quack_active_connections()", "call quack_serve('quack:0.0.0.0:0', token => 'aaaaaaaaaaaaaaaa')",
        "select quack_check_token('a', 'b', 'c')", "call quack_identify(name => 'x')", "from whoami()",
    ],
    "secrets": [
        "select getenv('MIERUKA_SERVE_TOKEN')", "from duckdb_secrets()", "create secret s (type http)",
        "from which_secret('s3://x', 's3')", "select current_setting('secret_directory')", "from duckdb_settings()",
        "from duckdb_logs()", "select write_log('x')",
    ],
}  # fmt: skip


@pytest.mark.parametrize("kind", REFUSED)
def test_attacks_are_refused_and_the_server_still_answers(
    server: Served, home: Home, tmp_path: Path, kind: str
) -> None:
    target = tmp_path / "stolen"
    before = home.published_database.read_bytes()
    for attack in REFUSED[kind]:
        with pytest.raises(duckdb.Error):
            server.ask(attack.format(target=target, address=server.address))
        assert server.ask("select 42") == [(42,)], attack
    assert not target.exists()
    assert home.published_database.read_bytes() == before


def test_a_query_without_end_is_ended_and_the_server_still_answers(server: Served) -> None:
    started = time.monotonic()
    with pytest.raises(duckdb.Error):
        server.ask("select count(*) from range(1000000) a, range(1000000) b where a.range * b.range % 7 = 3")
    assert time.monotonic() - started < 30
    assert server.ask(VALUE) == [(1,)]


@pytest.mark.parametrize(
    "greedy",
    [
        "select list(range) from range(1000000000)",
        "select repeat('x', 500000000) || range from range(100)",
        "select count(distinct range::varchar || 'long text to be kept') from range(100000000)",
    ],
)
def test_a_query_that_wants_all_memory_is_refused(server: Served, greedy: str) -> None:
    with pytest.raises(duckdb.Error):
        server.ask(greedy)
    assert server.ask(VALUE) == [(1,)]


@pytest.mark.parametrize(
    "statement",
    [
        "select '" + "x" * 120_000 + "'",
        "select '" + "x" * 3_000_000 + "'",
        "select " + "(" * 20_000 + "1" + ")" * 20_000,
        "select 1" + " + 1" * 20_000,
        "\0", "", ";", "select 1 --" + "\n" * 10, "select '\ud7ff",
    ],
    ids=["long", "too long to be read", "deep", "chain", "nul", "empty", "semicolon", "comment", "unfinished"],
)  # fmt: skip
def test_odd_statements_do_no_harm(server: Served, statement: str) -> None:
    with suppress(duckdb.Error):
        server.ask(statement)
    assert server.ask("select 42") == [(42,)]


@pytest.mark.parametrize(
    ("method", "path", "headers", "body", "status"),
    [
        ("GET", "/quack", {}, None, 404),
        ("OPTIONS", "/quack", {}, None, 404),
        ("POST", "/", {}, b"", 404),
        ("POST", "/quack", {"Content-Type": "text/plain"}, b"x", 415),
        (
            "POST",
            "/quack",
            {"Content-Type": "application/octet-stream", "Content-Length": "9" * 30},
            None,
            413,
        ),
        ("POST", "/quack", {"Content-Type": "application/octet-stream", "Content-Length": "-1"}, None, 411),
        ("POST", "/quack", {"X": "y" * 20_000}, b"", 431),
    ],
)
def test_what_is_no_message_is_answered_by_the_gateway(
    server: Served, method: str, path: str, headers: dict[str, str], body: bytes | None, status: int
) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.request(method, path, body=body, headers=headers)
    assert connection.getresponse().status == status
    connection.close()


def test_noise_does_no_harm(server: Served) -> None:
    for noise in (b"", b"\0" * 100, b"\x01\x00\x03\x02\x00 " + b"0" * 32, b"\x01\x00\x01" + b"\xff" * 5000):
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
        connection.request("POST", "/quack", noise, {"Content-Type": "application/octet-stream"})
        answer = connection.getresponse()
        assert b"clouds" not in answer.read()
        assert answer.getheader("Access-Control-Allow-Origin") is None
        connection.close()
    assert server.ask("select 42") == [(42,)]


def test_publications_are_followed_and_sessions_keep_their_version(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.create()
    publish_small(home, 1, *stamped(1))
    with served(home) as server, reader() as connection:
        connection.execute(f"attach '{server.address}' as remote (token '{TOKEN}', read_only)")
        for number in (2, 3):
            publish_small(home, number, *stamped(number))
            until = time.monotonic() + 30
            while (seen := server.ask(VALUE)) != [(number,)]:
                assert seen == [(number - 1,)]
                assert time.monotonic() < until
                time.sleep(0.1)
            assert connection.execute(f"from remote.query('{VALUE}')").fetchall() == [(1,)]
        code, said = server.end()
    assert code == 0
    assert said.splitlines() == ["a new version was published; new sessions get it"] * 2 + [
        "serving has ended"
    ]


def test_an_engine_that_dies_is_started_again(home: Home) -> None:
    with served(home) as server:
        engines = subprocess.run(
            ["pgrep", "-P", str(server.process.pid)], capture_output=True, text=True, check=True
        ).stdout.split()
        subprocess.run(["kill", "-9", *engines], check=True)
        assert server.ask(VALUE) == [(1,)]


def refused(home: Home, *arguments: str, **environment: str) -> str:
    line, whole = serve_command(home, *arguments)
    result = subprocess.run(
        line,
        env={**whole, **environment},
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.returncode == 2, result.stderr
    assert len(result.stderr.splitlines()) == 1
    return result.stderr


def test_the_command_refuses_what_would_be_open(home: Home, tmp_path: Path) -> None:
    everywhere = "0.0.0.0"  # noqa: S104
    assert "--allow-remote" in refused(home, "--host", everywhere)
    assert "MIERUKA_SERVE_TOKEN" in refused(home, MIERUKA_SERVE_TOKEN="")
    assert "MIERUKA_SERVE_TOKEN" in refused(
        home, "--host", everywhere, "--allow-remote", MIERUKA_SERVE_TOKEN=""
    )
    assert "16 to 127" in refused(home, MIERUKA_SERVE_TOKEN="short")  # noqa: S106
    token = tmp_path / "token"
    token.write_text(TOKEN)
    token.chmod(0o644)
    assert "chmod 600" in refused(home, "--token-file", str(token))
    assert "whole number" in refused(home, "--memory", "-1")


def test_a_token_file_that_others_cannot_read_is_read(home: Home, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("another-token-of-this-test\n")
    token.chmod(0o600)
    with served(home, "--token-file", str(token)) as server:
        assert server.ask("select 42", "another-token-of-this-test") == [(42,)]
        with pytest.raises(duckdb.Error):
            server.ask("select 42", TOKEN)

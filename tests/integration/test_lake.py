"""A lake with its catalogue in a real PostgreSQL: loads of several processes at once, readers, and the past."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import duckdb
import pytest

from benchmarks.registers import area_codes, write_register
from pipelines.lake.connection import (
    Lake,
    LakeNotConfiguredError,
    NoSnapshotError,
    newest_version,
    version_at,
)
from pipelines.lake.load import LandedRegister, NotOneRegisterError, landed_registers, load_registers
from pipelines.lake.retry import with_retries
from tests.postgres_server import Postgres, postgres, programs
from tests.register_engines import build_by_duckdb, build_in_lake, differences, tables_of

YEAR = 2023
CODES = area_codes()[:8]
_DATABASES = count()


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    binaries = programs()
    if binaries is None:
        pytest.skip("PostgreSQL's server programs are needed (Debian: postgresql)")
    with postgres(binaries) as running:
        yield running


@pytest.fixture
def lake(server: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lake:
    """Return an empty lake, named by the environment as an operator does."""
    database = f"lake{next(_DATABASES)}"
    server.run(f"create database {database}")
    for name, value in server.environment(database, tmp_path / "lake").items():
        monkeypatch.setenv(name, value)
    return Lake.from_environment()


@pytest.fixture
def landed(tmp_path: Path) -> Path:
    """Return a folder of eight landed registers, of 10 to 80 lines."""
    for place, code in enumerate(CODES):
        write_register(tmp_path / "raw", YEAR, 1, (code, (place + 1) * 10))
    return tmp_path / "raw"


def _registers(landed: Path) -> list[LandedRegister]:
    return landed_registers(landed / "register")


def _counts(lake: Lake, version: int | None = None) -> dict[str, int]:
    with lake.connect(version=version, read_only=True) as connection:
        return dict(
            connection.execute(
                "select area_code, count(*) from lake.register.asset_line group by 1"
            ).fetchall()
        )


def test_the_lines_of_the_lake_are_those_of_the_files_and_loading_twice_changes_nothing(
    lake: Lake, landed: Path
) -> None:
    first = list(load_registers(lake, _registers(landed)))
    assert [load.outcome for load in first] == ["loaded"] * 8
    with lake.connect() as connection:
        before = newest_version(connection)
        landed_rows = f"read_parquet('{landed}/register/asset_line/*/*/*.parquet', hive_partitioning = false)"
        for less, more in (
            ("lake.register.asset_line", landed_rows),
            (landed_rows, "lake.register.asset_line"),
        ):
            assert connection.execute(f"from {less} except all from {more}").fetchall() == []
        described = dict(
            connection.execute(
                f"select column_name, column_type from (describe from {landed_rows})"
            ).fetchall()
        )
        held = dict(
            connection.execute(
                "select column_name, column_type from (describe lake.register.asset_line)"
            ).fetchall()
        )
        assert held == described
    assert {load.outcome for load in load_registers(lake, _registers(landed))} == {"unchanged"}
    with lake.connect() as connection:
        assert newest_version(connection) == before


def test_a_corrected_register_replaces_its_bodys_year_alone_and_the_past_can_still_be_asked(
    lake: Lake, landed: Path
) -> None:
    before_anything = datetime.now(UTC) - timedelta(days=1)
    list(load_registers(lake, _registers(landed)))
    was = _counts(lake)
    with lake.connect(read_only=True) as connection:
        (moment,) = connection.execute("select max(snapshot_time) from lake.snapshots()").fetchone() or (
            None,
        )
    code = CODES[3]
    write_register(landed, YEAR, 2, (code, 7))
    write_register(landed, YEAR + 1, 2, (code, 5))
    outcomes = Counter(load.outcome for load in load_registers(lake, _registers(landed)))
    assert outcomes == {"unchanged": 7, "replaced": 1, "loaded": 1}
    assert _counts(lake) == was | {code: 12}
    with lake.connect(read_only=True) as connection:
        version = version_at(connection, moment)
        assert version < newest_version(connection)
        with pytest.raises(NoSnapshotError):
            version_at(connection, before_anything)
    assert _counts(lake, version) == was


def test_a_file_that_is_not_one_register_is_refused_and_leaves_nothing(lake: Lake, landed: Path) -> None:
    list(load_registers(lake, _registers(landed)[:1]))
    was = _counts(lake)
    first, second = _registers(landed)[1:3]
    with pytest.raises(NotOneRegisterError):
        list(load_registers(lake, [replace(first, lines=(*first.lines, *second.lines))]))
    strange = landed / "strange.parquet"
    duckdb.execute(
        f"copy (select *, 1 as unknown from read_parquet('{first.lines[0]}', hive_partitioning = false)) to '{strange}'"
    )
    with pytest.raises(duckdb.Error, match="unknown"):
        list(load_registers(lake, [replace(first, lines=(strange,))]))
    assert _counts(lake) == was


def _writer(landed: Path, codes: list[str]) -> subprocess.Popen[str]:
    line = [sys.executable, "-m", "tests.lake_writer", str(landed / "register"), *codes]
    return subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_processes_that_load_at_once_lose_nothing_double_nothing_and_readers_see_whole_registers(
    lake: Lake, landed: Path
) -> None:
    # Two loads for each body: every body is wanted by two of the four at about the same time.
    writers = [_writer(landed, CODES[start::2]) for start in (0, 1, 0, 1)]
    expected = {code: (place + 1) * 10 for place, code in enumerate(CODES)}
    seen = []
    while any(writer.poll() is None for writer in writers):
        try:
            with lake.connect(read_only=True) as reader:
                while any(writer.poll() is None for writer in writers):
                    rows = reader.execute(
                        "select l.area_code, l.lines, (select count(*) from lake.register.asset_line n where n.area_code = l.area_code) "
                        "from lake.register.load l"
                    ).fetchall()
                    assert all(lines == counted == expected[code] for code, lines, counted in rows)
                    seen.append(len(rows))
        except duckdb.Error:
            assert not seen, "readers were disturbed after the tables were there"
    outcomes: Counter[str] = Counter()
    for writer in writers:
        output, errors = writer.communicate()
        assert writer.returncode == 0, errors
        outcomes.update(load["outcome"] for load in json.loads(output))
    assert outcomes == {"loaded": 8, "unchanged": 8}
    assert _counts(lake) == expected
    assert seen == sorted(seen)


def test_a_password_in_the_connection_string_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIERUKA_LAKE_DATA", "/srv/lake")
    for given in ("", "host=127.0.0.1 password=secret", "postgresql://me:secret@127.0.0.1/lake"):
        monkeypatch.setenv("MIERUKA_LAKE_CATALOG", given)
        with pytest.raises(LakeNotConfiguredError, match="MIERUKA_LAKE_CATALOG"):
            Lake.from_environment()


def test_a_transaction_that_met_another_writers_is_done_again(lake: Lake, landed: Path) -> None:
    list(load_registers(lake, _registers(landed)[:1]))
    tries = []
    with lake.connect() as connection, lake.connect() as faster:
        faster.execute("from lake.register.load").fetchall()

        def work() -> None:
            tries.append(1)
            connection.execute("begin")
            try:
                connection.execute("delete from lake.register.asset_line where row_no = 2")
                if len(tries) == 1:
                    faster.execute("delete from lake.register.asset_line where row_no = 2")
                connection.execute("commit")
            except duckdb.Error:
                with suppress(duckdb.TransactionException):
                    connection.execute("rollback")
                raise

        with_retries(work)
    assert len(tries) == 2


def test_the_models_built_in_the_lake_give_what_one_machine_gives(lake: Lake, tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    findings: Counter[str] = Counter()
    for place, code in enumerate(CODES[:4]):
        findings.update(write_register(raw, YEAR, 1, (code, 500 + 700 * place))["findings"])
    database = build_by_duckdb(raw, tmp_path)
    build_in_lake(raw, tmp_path)
    with lake.connect(read_only=True) as connection:
        connection.execute(f"attach '{database}' as one (read_only)")
        tables = tables_of(connection, "one")
        assert "register_rate" in tables
        assert tables_of(connection, "lake") == tables
        for table in sorted(tables):
            assert differences(connection, f"one.marts.{table}", f"lake.marts.{table}") == [], table
        found = connection.execute(
            "select rule, count(*) from lake.marts.register_finding group by 1"
        ).fetchall()
    assert dict(found) == {rule: count for rule, count in findings.items() if count}
    assert len(found) >= 3

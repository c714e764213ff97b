"""Landed registers into the lake: a body's year is replaced whole, in one transaction, and never twice for the same bytes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pipelines.files import sha256_of
from pipelines.lake.connection import Lake, Locks, quoted
from pipelines.lake.retry import with_retries

if TYPE_CHECKING:
    import duckdb

LINES, LOADS = "lake.register.line", "lake.register.load"
_LOADS_COLUMNS = "area_code varchar, fiscal_year integer, file_sha256 varchar, lines bigint, loaded_at timestamp with time zone"


class NotOneRegisterError(ValueError):
    """A file holds no register, or those of several bodies or years; the text is its path."""


@dataclass(frozen=True)
class Load:
    """What became of one file: `unchanged` when the lake held these bytes already, else how many lines it has now."""

    area_code: str
    fiscal_year: int
    lines: int
    outcome: Literal["loaded", "replaced", "unchanged"]


def landed_registers(folder: Path) -> list[Path]:
    """Return the landed registers below a folder, in the order of their bodies and years."""
    return sorted(folder.glob("area_code=*/fiscal_year=*/*.parquet"))


def _rows(path: Path) -> str:
    return f"read_parquet({quoted(str(path))}, hive_partitioning = false)"


def _register_of(connection: duckdb.DuckDBPyConnection, path: Path) -> tuple[str, int, int]:
    """Return body, fiscal year and number of lines of a landed register; raise NotOneRegisterError."""
    found = connection.execute(
        f"select area_code, fiscal_year, count(*) from {_rows(path)} group by all limit 2"
    ).fetchall()
    if len(found) != 1 or None in found[0]:
        raise NotOneRegisterError(str(path))
    code, year, lines = found[0]
    return str(code), int(year), int(lines)


def _prepare_tables(locks: Locks, connection: duckdb.DuckDBPyConnection, example: Path) -> None:
    """Make the lake's tables in the shape of a landed register, once, whoever comes first."""

    def make() -> None:
        connection.execute("create schema if not exists lake.register")
        connection.execute(f"create table if not exists {LINES} as from {_rows(example)} limit 0")
        connection.execute(f"create table if not exists {LOADS} ({_LOADS_COLUMNS})")

    with locks.alone("register tables"):
        with_retries(make)


def _replace(connection: duckdb.DuckDBPyConnection, path: Path, register: tuple[str, int, int]) -> Load:
    """Load a register in one transaction; the caller holds the lock of its body and year."""
    code, year, lines = register
    key, sha256 = [code, year], sha256_of(path)
    connection.execute("begin")
    try:
        held = connection.execute(
            f"select file_sha256, lines from {LOADS} where area_code = ? and fiscal_year = ?", key
        ).fetchone()
        if held and held[0] == sha256:
            connection.execute("rollback")
            return Load(code, year, lines, "unchanged")
        if held:
            connection.execute(f"delete from {LINES} where area_code = ? and fiscal_year = ?", key)
            connection.execute(f"delete from {LOADS} where area_code = ? and fiscal_year = ?", key)
        connection.execute(f"insert into {LINES} by name from {_rows(path)}")
        connection.execute(f"insert into {LOADS} values (?, ?, ?, ?, now())", [code, year, sha256, lines])
        connection.execute("commit")
    except BaseException:
        _give_up(connection)
        raise
    return Load(code, year, lines, "replaced" if held else "loaded")


def _give_up(connection: duckdb.DuckDBPyConnection) -> None:
    """End a failed transaction, whether or not the engine has already done so."""
    import duckdb

    try:
        connection.execute("rollback")
    except duckdb.TransactionException:
        return


def load_registers(lake: Lake, files: Iterable[Path]) -> Iterator[Load]:
    """Load landed registers, one transaction each, yielding what became of each.

    Any number of processes and machines may do so at once. Raises NotOneRegisterError, LakeBusyError when other writers
    won every try, and duckdb.Error when catalogue or data cannot be reached or a file has other columns than the lake.
    """
    with lake.locks() as locks, _connected(lake, locks) as connection:
        ready = False
        for path in files:
            if not ready:
                _prepare_tables(locks, connection, path)
                ready = True
            register = _register_of(connection, path)
            with locks.alone(f"register {register[0]} {register[1]}"):
                loaded = with_retries(partial(_replace, connection, path, register))
            yield loaded


def _connected(lake: Lake, locks: Locks) -> duckdb.DuckDBPyConnection:
    """Return a connection that writes; the first one makes the catalogue's tables, which two at once cannot."""
    with locks.alone("lake"):
        return lake.connect()

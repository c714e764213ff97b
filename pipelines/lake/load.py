"""Landed registers into the lake: a body's year is replaced whole, in one transaction, and never twice for the same bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import polars as pl

from pipelines.files import sha256_of
from pipelines.lake.connection import Lake, Locks
from pipelines.lake.retry import with_retries
from pipelines.query import quoted
from pipelines.register.schema import LINE_SCHEMA, LINES, TOTAL_SCHEMA, TOTALS

if TYPE_CHECKING:
    import duckdb

_TABLES = (LINES, TOTALS)
_SQL_TYPES = ((pl.String, "varchar"), (pl.Int32, "integer"), (pl.Date, "date"))
_LOADS = "lake.register.load"
_LOADS_COLUMNS = (
    "area_code varchar, fiscal_year integer, sha256 varchar, lines bigint, loaded_at timestamp with time zone"
)


class NotOneRegisterError(ValueError):
    """The files of a body's year hold lines of another body or year; the text is their folder."""


@dataclass(frozen=True)
class LandedRegister:
    """The landed files of one body's fiscal year."""

    area_code: str
    fiscal_year: int
    lines: tuple[Path, ...]
    totals: tuple[Path, ...]

    def files(self, table: str) -> tuple[Path, ...]:
        """Return the files of a landed table."""
        return self.lines if table == LINES else self.totals

    def sha256(self) -> str:
        """Return one hash for all bytes."""
        parts = [f"{table} {sha256_of(path)}" for table in _TABLES for path in self.files(table)]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()


@dataclass(frozen=True)
class Load:
    """What became of a body's year: `unchanged` when the lake held these bytes already, else how many lines it has now."""

    area_code: str
    fiscal_year: int
    lines: int
    outcome: Literal["loaded", "replaced", "unchanged"]


def _partition_files(folder: Path) -> tuple[Path, ...]:
    return tuple(sorted(folder.glob("*.parquet")))


def landed_registers(folder: Path) -> list[LandedRegister]:
    """Return the registers below a folder of landed tables (`raw/register`), in the order of bodies and years."""
    found = []
    for partition in sorted((folder / LINES).glob("area_code=*/fiscal_year=*")):
        code, year = partition.parent.name.partition("=")[2], partition.name.partition("=")[2]
        totals = folder / TOTALS / partition.parent.name / partition.name
        register = LandedRegister(code, int(year), _partition_files(partition), _partition_files(totals))
        if register.lines:
            found.append(register)
    return found


def _rows(files: Iterable[Path]) -> str:
    listed = ", ".join(quoted(path) for path in files)
    return f"read_parquet([{listed}], hive_partitioning = false)"


def _count_lines(connection: duckdb.DuckDBPyConnection, register: LandedRegister) -> int:
    """Return the number of lines of a register; raise NotOneRegisterError when a row is of another body or year."""
    key = [register.area_code, register.fiscal_year]
    counts = []
    for files in filter(None, (register.lines, register.totals)):
        strange, count = connection.execute(
            "select count(*) filter (area_code is distinct from $1 or fiscal_year is distinct from $2), count(*) "
            f"from {_rows(files)}",
            key,
        ).fetchone() or (0, 0)
        if strange:
            raise NotOneRegisterError(str(files[0].parent))
        counts.append(int(count))
    return counts[0]


def _column(name: str, kind: pl.DataType | type[pl.DataType]) -> str:
    if isinstance(kind, pl.Decimal):
        return f"{name} decimal({kind.precision}, {kind.scale})"
    return f"{name} {next(sql for known, sql in _SQL_TYPES if kind == known)}"


def _prepare_tables(locks: Locks, connection: duckdb.DuckDBPyConnection) -> None:
    """Make the lake's tables in the landed shape, once, whoever comes first."""

    def make() -> None:
        connection.execute("create schema if not exists lake.register")
        for table, schema in ((LINES, LINE_SCHEMA), (TOTALS, TOTAL_SCHEMA)):
            columns = ", ".join(_column(name, kind) for name, kind in schema.items())
            connection.execute(f"create table if not exists lake.register.{table} ({columns})")
        connection.execute(f"create table if not exists {_LOADS} ({_LOADS_COLUMNS})")

    with locks.alone("register tables"):
        with_retries(make)


def _replace(connection: duckdb.DuckDBPyConnection, register: LandedRegister) -> Load:
    """Load a register in one transaction; the caller holds the lock of its body and year."""
    code, year = key = [register.area_code, register.fiscal_year]
    lines, sha256 = _count_lines(connection, register), register.sha256()
    of_body = "where area_code = ? and fiscal_year = ?"
    connection.execute("begin")
    try:
        held = connection.execute(f"select sha256 from {_LOADS} {of_body}", key).fetchone()
        if held and held[0] == sha256:
            connection.execute("rollback")
            return Load(register.area_code, register.fiscal_year, lines, "unchanged")
        for table in _TABLES:
            if held:
                connection.execute(f"delete from lake.register.{table} {of_body}", key)
            if files := register.files(table):
                connection.execute(f"insert into lake.register.{table} by name from {_rows(files)}")
        if held:
            connection.execute(f"delete from {_LOADS} {of_body}", key)
        connection.execute(f"insert into {_LOADS} values (?, ?, ?, ?, now())", [code, year, sha256, lines])
        connection.execute("commit")
    except BaseException:
        _give_up(connection)
        raise
    return Load(register.area_code, register.fiscal_year, lines, "replaced" if held else "loaded")


def _give_up(connection: duckdb.DuckDBPyConnection) -> None:
    """End a failed transaction, whether or not the engine has already done so."""
    import duckdb

    try:
        connection.execute("rollback")
    except duckdb.TransactionException:
        return


def load_registers(lake: Lake, registers: Iterable[LandedRegister]) -> Iterator[Load]:
    """Load landed registers, one transaction each, yielding what became of each.

    Any number of processes and machines may do so at once. Raises NotOneRegisterError, LakeBusyError when other writers
    won every try, and duckdb.Error when catalogue or data cannot be reached or a file has other columns than the lake.
    """
    with lake.locks() as locks, _connected(lake, locks) as connection:
        _prepare_tables(locks, connection)
        for register in registers:
            with locks.alone(f"register {register.area_code} {register.fiscal_year}"):
                loaded = with_retries(partial(_replace, connection, register))
            yield loaded


def _connected(lake: Lake, locks: Locks) -> duckdb.DuckDBPyConnection:
    """Return a connection that writes; the first one makes the catalogue's tables, which two at once cannot."""
    with locks.alone("lake"):
        return lake.connect()

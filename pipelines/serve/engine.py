"""One version of the warehouse, served by a process of its own on a port of this machine: `python -m pipelines.serve.engine`.

Told by one line of JSON on standard input (never by arguments, which other users can read): it opens the file read-only,
locks itself down and says `ready`. It ends when its standard input ends, which is when its parent does.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

READY = "ready"
# Beside what DuckDB counts: its threads, the interpreter, and vectors of long texts.
_UNCOUNTED_BYTES = 3 << 30
_OPEN_FILES = 512


@dataclass(frozen=True)
class EngineOrder:
    """What an engine is told: the database's path, its port, the token of readers, and its limits."""

    database: str
    port: int
    token: str
    memory_mib: int
    threads: int

    def line(self) -> bytes:
        """Return the order as one line of JSON."""
        return json.dumps(asdict(self)).encode() + b"\n"


def _limit_process(memory_mib: int) -> None:
    """Let the kernel refuse what DuckDB might miss: files written, core dumps, endless memory."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (_OPEN_FILES, _OPEN_FILES))
    most = (memory_mib << 20) + _UNCOUNTED_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _table_macros(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Return the table macros of the warehouse itself (`kpi_progress_as_of` and the like)."""
    rows = connection.execute(
        "select distinct function_name from duckdb_functions() "
        "where function_type = 'table_macro' and schema_name in ('marts', 'meta')"
    ).fetchall()
    return [name for (name,) in rows]


def open_engine(order: EngineOrder) -> duckdb.DuckDBPyConnection:
    """Open, serve and lock down; return the connection, whose end ends the server.

    Raises MissingExtensionError, or duckdb.Error when the file cannot be served.
    """
    import duckdb

    from pipelines.serve.extension import load_extensions
    from pipelines.serve.gate import Gate

    connection = duckdb.connect(
        order.database,
        read_only=True,
        config={
            "memory_limit": f"{order.memory_mib}MiB",
            "threads": order.threads,
            "temp_directory": "",
            "max_temp_directory_size": "0B",
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "allow_community_extensions": "false",
            "python_enable_replacements": "false",
        },
    )
    load_extensions(connection)
    gate = Gate(_table_macros(connection))

    def may_run(_session: str, statement: str) -> bool:
        gate.check(statement)
        return True

    connection.create_function("mieruka_gate", may_run, ["VARCHAR", "VARCHAR"], "BOOLEAN", side_effects=True)
    connection.execute("set global quack_authorization_function = 'mieruka_gate'")
    connection.execute("set enable_external_access = false")
    connection.execute("call quack_serve($1, token => $2)", [f"quack:127.0.0.1:{order.port}", order.token])
    connection.execute("set lock_configuration = true")
    return connection


def main() -> None:
    """Serve until standard input ends."""
    order = EngineOrder(**json.loads(sys.stdin.buffer.readline()))
    _limit_process(order.memory_mib)
    try:
        connection = open_engine(order)
    except Exception as error:  # whatever it is, the parent is to say it
        print(str(error).splitlines()[0] if str(error) else type(error).__name__, flush=True)
        sys.exit(1)
    print(READY, flush=True)
    sys.stdin.buffer.read()
    # Nothing is to be saved, and a query still under way would keep an orderly end waiting.
    del connection
    os._exit(0)


if __name__ == "__main__":
    main()

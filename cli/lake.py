"""`lake`: registers of many bodies in a lake that several machines share."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections import Counter
from datetime import date, datetime, time
from pathlib import Path

from cli.messages import Speaker
from cli.usage import UsageError
from pipelines.lake.connection import (
    Lake,
    LakeNotConfiguredError,
    NoSnapshotError,
    newest_version,
    version_at,
)
from pipelines.register.schema import REGISTER
from pipelines.serve.extension import MissingExtensionError
from pipelines.settings import TIMEZONE, Home


def _load(arguments: Namespace, home: Home, lake: Lake, say: Speaker) -> None:
    from pipelines.lake.load import landed_registers, load_registers

    folder = Path(arguments.source or home.raw / REGISTER)
    registers = landed_registers(folder)
    if not registers:
        raise UsageError(say("lake_no_registers", path=folder))
    outcomes: Counter[str] = Counter()
    lines = 0
    for load in load_registers(lake, registers):
        outcomes[load.outcome] += 1
        lines += load.lines
    print(
        say(
            "lake_loaded", registers=len(registers), lines=lines, loaded=outcomes["loaded"],
            replaced=outcomes["replaced"], unchanged=outcomes["unchanged"],
        )
    )  # fmt: skip


def _build(home: Home, lake: Lake, say: Speaker) -> None:
    from assets.lake_build import build_lake

    with lake.connect(read_only=True) as connection:
        version = newest_version(connection)
    build_lake(home, version)
    with lake.connect(read_only=True) as connection:
        print(say("lake_built", version=version, result=newest_version(connection)))


def _ask(arguments: Namespace, day: date | None, lake: Lake, say: Speaker) -> None:
    from cli.sql import run_query
    from cli.tables import write

    version = None
    if day is not None:
        with lake.connect(read_only=True) as connection:
            version = version_at(connection, datetime.combine(day, time.max, TIMEZONE))
    with lake.connect(version=version, read_only=True) as connection:
        connection.execute("use lake.marts")
        write(arguments.format, *run_query(connection, arguments.query, say))


def _explain(error: Exception, say: Speaker) -> str:
    """Return what an error of the lake means to its user."""
    from cli.sql import QueryError
    from pipelines.lake.load import NotOneRegisterError
    from pipelines.lake.retry import LakeBusyError

    if isinstance(error, QueryError):
        return str(error)
    messages: tuple[tuple[type[Exception], str], ...] = (
        (MissingExtensionError, "lake_no_extension"),
        (NoSnapshotError, "lake_no_snapshot"),
        (NotOneRegisterError, "lake_not_one_register"),
        (LakeBusyError, "lake_busy"),
    )
    name = next((message for kind, message in messages if isinstance(error, kind)), "lake_error")
    return say(name, detail=str(error).strip())


def lake(arguments: Namespace, home: Home, day: date | None, say: Speaker) -> int:
    """Load landed registers, build the models, or ask; return the exit code.

    Raises UsageError when the environment names no lake or the arguments do not fit the action.
    """
    import duckdb

    if (arguments.action == "sql") != (arguments.query is not None):
        raise UsageError(say("lake_query"))
    try:
        place = Lake.from_environment()
        if arguments.action == "load":
            _load(arguments, home, place, say)
        elif arguments.action == "build":
            _build(home, place, say)
        else:
            _ask(arguments, day, place, say)
    except LakeNotConfiguredError as error:
        raise UsageError(say("lake_not_configured", name=error)) from error
    except (duckdb.Error, LookupError, RuntimeError, ValueError) as error:
        if isinstance(error, UsageError):
            raise
        print(_explain(error, say), file=sys.stderr)
        return 1
    return 0

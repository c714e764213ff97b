"""dbt inside this process: build with its events handed on, connections closed at the end.

A child process for each command would cost three times as long; the price is dbt's process-global state,
so one build runs at a time.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from queue import Queue
from typing import Any

from assets.build_state import complete, distrust, prepare
from assets.parsed_project import (
    ONE_AT_A_TIME,
    DbtBuildError,
    dbt_arguments,
    project_object,
)
from pipelines.limits import LIMITS
from pipelines.settings import Home

_RESULT_EVENTS = {"LogModelResult", "LogSeedResult", "LogSnapshotResult", "LogTestResult"}
_DONE = object()
# Of a hundred names dbt would look for each among all nodes: those asked about wear a tag instead.
_ASKED = "mieruka_asked"
_ONLY_ASKED = ["--indirect-selection", "empty", "--select", f"tag:{_ASKED}"]
_ROWS = "MIERUKA_ROWS_AT_ONCE"


class DbtRunner:
    """dbt for one home and one day of evaluation."""

    def __init__(self, home: Home, run_date: date) -> None:
        self._home = home
        self._run_date = run_date
        self.target_path = home.build / "dbt"

    def _arguments(self) -> list[str]:
        os.environ["MIERUKA_BUILD_DATABASE"] = str(self._home.build_database)
        os.environ["DBT_SEND_ANONYMOUS_USAGE_STATS"] = "false"
        variables = {"raw_dir": str(self._home.raw), "run_date": self._run_date.isoformat()}
        return ["--no-write-json", *dbt_arguments(self.target_path, self._home.build / "logs", variables)]

    def _invoke(
        self, command: list[str], callbacks: list[Callable[[Any], None]], asked: list[str] | None
    ) -> Any:
        from dbt.adapters.duckdb.connections import DuckDBConnectionManager
        from dbt.cli.main import dbtRunner

        manifest = project_object(self._home)
        for name in asked or ():
            manifest.nodes[name].tags.append(_ASKED)
        with ONE_AT_A_TIME:
            try:
                result = dbtRunner(manifest, callbacks).invoke([*command, *self._arguments()])
            finally:
                DuckDBConnectionManager.close_all_connections()
        if not result.success:
            raise DbtBuildError(explain(result))
        return result

    def prepare(self, *, full: bool = False) -> list[str] | None:
        """Make ready what dbt builds into and return the nodes that it must be asked about, None for all.

        Raises DbtBuildError when a limit of the environment cannot be used; nothing was done then.
        """
        check_limits(os.environ)
        return prepare(self._home, self._run_date, full=full)

    def build(self, *, full: bool = False, select: str | None = None) -> Iterator[dict[str, Any]]:
        """Build what is not the same as it was, or with `full` everything, yielding dbt's result events as they come.

        `select` names the models to build, such as `tag:register`. Unit tests are left to the test suite. Raises
        DbtBuildError at the end when a node failed.
        """
        asked = self.prepare(full=full)
        if select:
            yield from self._events(["--select", select], None)
        else:
            yield from self.build_nodes(asked)

    def build_nodes(self, asked: list[str] | None) -> Iterator[dict[str, Any]]:
        """Build what `prepare` named, as `build` does."""
        if asked != []:
            yield from self._events([] if asked is None else _ONLY_ASKED, asked)
        complete(self._home)

    def _events(self, chosen: list[str], asked: list[str] | None) -> Iterator[dict[str, Any]]:
        from google.protobuf.json_format import MessageToDict

        queue: Queue[Any] = Queue()
        failure: list[BaseException] = []

        def listen(event: Any) -> None:
            if event.info.name in _RESULT_EVENTS:
                queue.put(MessageToDict(event, preserving_proto_field_name=True))

        def work() -> None:
            try:
                self._invoke(["build", "--exclude-resource-type", "unit_test", *chosen], [listen], asked)
            except BaseException as error:
                failure.append(error)
            finally:
                queue.put(_DONE)

        thread = threading.Thread(target=work, name="dbt", daemon=True)
        thread.start()
        while (event := queue.get()) is not _DONE:
            yield event
        thread.join()
        if failure:
            distrust(self._home)
            raise failure[0]


def check_limits(environment: Mapping[str, str]) -> None:
    """Raise DbtBuildError when a limit cannot be used, with the name of its variable: DuckDB does not know that."""
    import duckdb

    for limit in LIMITS:
        given = environment.get(limit.variable)
        if not given:
            continue
        try:
            duckdb.connect(config={limit.option: given}).close()
        except duckdb.Error as error:
            reason = str(error).splitlines()[0]
            raise DbtBuildError(
                f"{limit.variable}={given}: {reason}; expected such as {limit.example}"
            ) from None
    rows = environment.get(_ROWS, "")
    if rows and not (rows.isdecimal() and int(rows)):
        raise DbtBuildError(f"{_ROWS}={rows}: expected a whole number of rows such as 4000000")


def explain(result: Any) -> str:
    """Return what failed in a result of dbt, one line a node."""
    if result.exception is not None:
        return str(result.exception)
    failed = [
        f"{entry.node.name}: {entry.status} {entry.message or ''}".strip()
        for entry in getattr(result.result, "results", [])
        if str(entry.status) in {"error", "fail", "runtime error"}
    ]
    return "\n".join(failed) or "dbt"

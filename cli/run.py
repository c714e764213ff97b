"""`run`: the whole path through Dagster in this process, with its steps shown."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli.messages import Speaker
from pipelines.acquire.fetch import acquire
from pipelines.catalog.loader import Catalog, load_catalog
from pipelines.changes import reasons_to_run
from pipelines.defects import Defect
from pipelines.files import remove_leftovers
from pipelines.land.catalog_tables import all_defects
from pipelines.lock import exclusive
from pipelines.progress import Step, listening, report
from pipelines.publish.release import History, Run, new_run_id
from pipelines.quarantine import ACQUISITION, read_defects
from pipelines.settings import Home, is_offline, now, today


class RunFailedError(RuntimeError):
    """Nothing was published; the text says why."""


@dataclass(frozen=True)
class RunOutcome:
    """How a run ended; `run` is None when nothing had changed."""

    run: Run | None
    defects: list[Defect]
    failures: list[Defect]

    def tell(self, say: Speaker, home: Home, seconds: float) -> None:
        """Print the end of a run: what was published, and what could not be."""
        if self.run is None:
            print(say("unchanged"))
        else:
            print(
                say(
                    "published",
                    path=home.published_database,
                    seconds=seconds,
                    sources=self.run.sources_changed,
                    figures=self.run.figures_changed,
                )
            )
            print(say("gate_report", path=home.reports / "quality.html"))
        alike: dict[tuple[str, str | None], list[Defect]] = {}
        for defect in self.failures:
            alike.setdefault((defect.rule, defect.found), []).append(defect)
        for first, *others in alike.values():
            more = say("and_others", count=len(others)) if others else ""
            print(say("source_failed", detail=f"{first.message(say.language)}{more}"), file=sys.stderr)
        refused = [defect for defect in self.defects if defect.severity == "error"]
        if refused:
            print(say("defects", count=len(refused)), file=sys.stderr)
            for defect in refused[:20]:
                print(f"  {defect.message(say.language)}", file=sys.stderr)
        if kept := len(self.defects) - len(refused):
            print(say("warnings", count=kept), file=sys.stderr)


def _outcome(home: Home, catalog: Any, run: Run | None) -> RunOutcome:
    failures = [
        defect for source_id in catalog.sources for defect in read_defects(home, source_id, ACQUISITION)
    ]
    kept = [defect for defect in all_defects(home, catalog) if defect not in failures]
    return RunOutcome(run, kept, failures)


class _Display:
    """Shows the steps on a terminal as one moving line, elsewhere as one line a step."""

    def __init__(self, say: Speaker) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        self._say = say
        self._console = Console(stderr=True, highlight=False)
        self._progress = Progress(
            TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[detail]}"), TimeElapsedColumn(),
            console=self._console, transient=True,
        )  # fmt: skip
        self._task: Any = None
        self._current = ""
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def shown(self) -> Iterator[None]:
        """Show the steps of everything inside."""
        with (
            self._progress if self._console.is_terminal else contextlib.nullcontext(),
            listening(self._on_step),
        ):
            yield

    def _on_step(self, step: Step) -> None:
        with self._lock:
            label = self._say(f"step_{step.name}")
            if not self._console.is_terminal:
                if step.name != self._current:
                    print(f"- {label}", file=sys.stderr, flush=True)
            elif step.name != self._current:
                if self._task is not None:
                    self._progress.remove_task(self._task)
                self._task = self._progress.add_task(label, total=step.total, detail=step.detail)
            else:
                self._progress.update(
                    self._task, completed=step.done, total=step.total, detail=step.detail[:60]
                )
            self._current = step.name


def _failure_text(result: Any) -> str:
    """Return why a run failed, in the words of the step that failed first."""
    for event in result.all_events:
        if event.is_step_failure:
            data = event.step_failure_data
            described = data.user_failure_data.description if data.user_failure_data else None
            error = data.error
            while error is not None and error.cause is not None:
                error = error.cause
            return f"{event.step_key}: {described or (error.message.strip() if error else '')}"
    return ""


def _instance() -> Any:
    """Return Dagster's own instance when DAGSTER_HOME is set, so that its pages show the run; else a passing one."""
    from dagster import DagsterInstance

    if os.environ.get("DAGSTER_HOME"):
        os.chdir(os.environ["DAGSTER_HOME"])
        return DagsterInstance.get()
    return DagsterInstance.ephemeral()


def _execute(home: Home, origin: Path | None, full: bool) -> None:
    """Run the job; the web was asked before, when it was found out whether there is anything to do."""
    report("load")
    os.environ["MIERUKA_HOME"] = str(home.root)
    # Dagster's remarks about unset home folders and beta parameters mean nothing to this command's user.
    warnings.filterwarnings("ignore")
    from assets.build import JOB_NAME, build_definitions
    from assets.resources import WarehouseResource

    warehouse = WarehouseResource(
        home=str(home.root), origin=str(origin or ""), offline=True, run_date=today().isoformat(), full=full
    )
    job = build_definitions(warehouse=warehouse).get_job_def(JOB_NAME)
    quiet = {"loggers": {"console": {"config": {"log_level": os.environ.get("MIERUKA_LOG", "CRITICAL")}}}}
    with _instance() as instance:
        result = job.execute_in_process(instance=instance, run_config=quiet, raise_on_error=False)
    if not result.success:
        raise RunFailedError(_failure_text(result))


def _ask_the_web(home: Home, catalog: Catalog) -> None:
    from pipelines.acquire.web_source import web_source

    for source in catalog.sources.values():
        if any(table.web or table.estat for table in source.description.published.values()):
            acquire(source, home, web=web_source(home))


def run_warehouse(
    home: Home, say: Speaker, origin: Path | None = None, *, full: bool = False, offline: bool = False
) -> RunOutcome:
    """Run the whole path unless nothing changed; raise RunFailedError when nothing could be published."""
    with exclusive(home):
        home.create()
        remove_leftovers(home.root)
        catalog = load_catalog()
        if origin is None and not offline and not is_offline():
            with _Display(say).shown():
                _ask_the_web(home, catalog)
        if not full and not reasons_to_run(home, catalog, today(), origin):
            moment = now()
            History(home).add(
                Run(new_run_id(moment), moment.isoformat(), moment.isoformat(), "unchanged", 0, 0)
            )
            return _outcome(home, catalog, None)
        started = now()
        try:
            with _Display(say).shown():
                _execute(home, origin, full)
        except RunFailedError:
            History(home).add(
                Run(new_run_id(started), started.isoformat(), now().isoformat(), "failed", 0, 0)
            )
            raise
        return _outcome(home, catalog, History(home).runs()[-1])

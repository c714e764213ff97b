"""`run`: the whole path through Dagster in this process, with its steps shown."""

from __future__ import annotations

import contextlib
import gc
import os
import sys
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.messages import Speaker, stale_text
from cli.progress import Display
from cli.waiting import tell_waiting
from pipelines.attempts import Stale
from pipelines.defects import Defect
from pipelines.files import StorageError
from pipelines.lock import writing
from pipelines.progress import report
from pipelines.publish.runs import History, Run, read_publication
from pipelines.quarantine import ACQUISITION, discard_damaged, read_defects
from pipelines.settings import Home, is_offline, now, today
from pipelines.unchanged import Outcome, Sight

if TYPE_CHECKING:
    from pipelines.catalog.loader import Catalog


# Of files that no source describes so many are named.
_NAMED = 5


@dataclass(frozen=True)
class Full:
    """Which unchanged files are read again too: all, or those of some sources and fiscal years (`FY2015..FY2020`)."""

    sources: tuple[str, ...] = ()
    years: str = ""


class RunFailedError(RuntimeError):
    """Nothing was published; the text says why, after the name of the step that failed."""

    @property
    def is_gate(self) -> bool:
        """Return whether it was the quality gate that forbade the publication."""
        return str(self).startswith("publication__quality_gate:")


@dataclass(frozen=True)
class RunOutcome:
    """How a run ended; `run` is None when nothing had changed."""

    run: Run | None
    defects: list[Defect]
    failures: list[Defect]
    stale: list[Stale]
    passed_over: list[str] = field(default_factory=list)

    def tell(self, say: Speaker, home: Home, seconds: float) -> None:
        """Print the end of a run: what was published, and what could not be."""
        if self.run is None:
            print(say("unchanged"))
            if (publication := read_publication(home)) and publication.held_since:
                print(say("rollback_still_holds", version=publication.run_id, moment=publication.held_since))
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
        if self.passed_over:
            names = ", ".join(self.passed_over[:_NAMED]) + (", …" if len(self.passed_over) > _NAMED else "")
            print(say("passed_over", count=len(self.passed_over), names=names), file=sys.stderr)
        alike: dict[tuple[str, str | None], list[Defect]] = {}
        for defect in self.failures:
            alike.setdefault((defect.rule, defect.found), []).append(defect)
        for first, *others in alike.values():
            more = say("and_others", count=len(others)) if others else ""
            print(say("source_failed", detail=f"{first.message(say.language)}{more}"), file=sys.stderr)
        for table in self.stale:
            reason = table.failure.message(say.language)
            print(
                stale_text(say, table.table, table.file, table.retrieved_at, table.failing_since, reason),
                file=sys.stderr,
            )
        refused = [defect for defect in self.defects if defect.severity == "error"]
        if refused:
            print(say("defects", count=len(refused)), file=sys.stderr)
            for defect in refused[:20]:
                print(f"  {defect.message(say.language)}", file=sys.stderr)
        if kept := len(self.defects) - len(refused):
            print(say("warnings", count=kept), file=sys.stderr)


def _settled(home: Home, catalog: Catalog, origin: Path | None, sight: Sight, run: Run | None) -> RunOutcome:
    """Return how a run ended, and remember it for the nights on which nothing changes."""
    from pipelines.acquire.origin import passed_over
    from pipelines.land.catalog_tables import all_defects
    from pipelines.land.status import stale_tables

    failures = [
        defect for source_id in catalog.sources for defect in read_defects(home, source_id, ACQUISITION)
    ]
    kept = [defect for defect in all_defects(home, catalog) if defect not in failures]
    stale = stale_tables(home, catalog)
    # What cannot be remembered is looked at again next time.
    with contextlib.suppress(StorageError):
        sight.settle(Outcome(failures, kept, stale))
    others = passed_over(catalog.sources.values(), origin) if origin else []
    return RunOutcome(run, kept, failures, stale, others)


def _failure_text(result: Any) -> str:
    """Return why a run failed, in the words of the step that failed first."""
    for event in result.all_events:
        if event.is_step_failure:
            data = event.step_failure_data
            described = data.user_failure_data.description if data.user_failure_data else None
            error = data.error
            # What the disk refused is told best by what was being written, not by the call that it refused.
            while error is not None and error.cause is not None and error.cls_name != StorageError.__name__:
                error = error.cause
            return f"{event.step_key}: {described or (error.message.strip() if error else '')}"
    return ""


def _instance() -> Any:
    """Return Dagster's own instance when DAGSTER_HOME is set, so that its pages show the run; else a passing one."""
    from dagster import DagsterInstance

    from assets.passing import passing_instance

    return DagsterInstance.get() if os.environ.get("DAGSTER_HOME") else passing_instance()


def _execute(home: Home, origin: Path | None, full: Full | None, accept: list[str]) -> None:
    """Run the job; the web was asked before, when it was found out whether there is anything to do."""
    report("load")
    # Libraries and dbt's manifest are millions of objects that live to the end: looking for cycles among them again and
    # again is a tenth of a night.
    gc.set_threshold(200_000, 20, 20)
    os.environ["MIERUKA_HOME"] = str(home.root)
    # Dagster's remarks about unset home folders and beta parameters mean nothing to this command's user.
    warnings.filterwarnings("ignore")
    from assets.build import JOB_NAME, build_definitions
    from assets.night import BY_COMMAND_TAG
    from assets.parsed_project import DbtBuildError
    from assets.resources import WarehouseResource

    warehouse = WarehouseResource(
        home=str(home.root),
        origin=str(origin or ""),
        offline=True,
        run_date=today().isoformat(),
        decided=True,
        accept=accept,
        full=full is not None,
        full_sources=list(full.sources) if full else [],
        full_years=full.years if full else "",
    )
    try:
        job = build_definitions(warehouse=warehouse).get_job_def(JOB_NAME)
    except DbtBuildError as error:
        raise RunFailedError(str(error)) from error
    quiet = {"loggers": {"console": {"config": {"log_level": os.environ.get("MIERUKA_LOG", "CRITICAL")}}}}
    with _instance() as instance:
        result = job.execute_in_process(
            instance=instance, run_config=quiet, raise_on_error=False, tags={BY_COMMAND_TAG: "run"}
        )
    if not result.success:
        raise RunFailedError(_failure_text(result))


def _ask_the_web(home: Home) -> None:
    from pipelines.acquire.fetch import ask_the_web
    from pipelines.acquire.web_source import web_source
    from pipelines.catalog.loader import load_catalog

    ask_the_web(load_catalog(), home, web_source(home))


def run_warehouse(
    home: Home,
    say: Speaker,
    origin: Path | None = None,
    *,
    started: datetime,
    full: Full | None = None,
    offline: bool = False,
    wait: float | None = 0,
    accept: Sequence[str] = (),
) -> RunOutcome:
    """Run the whole path unless nothing changed; raise RunFailedError when nothing could be published.

    Another run on the same home is waited for `wait` seconds (None: without end), then HomeBusyError is raised. A run
    that any other error ends is noted as failed, under the moment when it `started`. What the suites of the quality gate
    named by `accept` find does not block.
    """
    with writing(home, wait, lambda: tell_waiting(home, say)):
        try:
            return _run(home, say, origin, full, list(accept), offline=offline)
        except Exception:
            # Where nothing could be published for want of room, this cannot be written either.
            with contextlib.suppress(OSError):
                History(home).note("failed", started, now())
            raise


def _run(
    home: Home, say: Speaker, origin: Path | None, full: Full | None, accept: list[str], *, offline: bool
) -> RunOutcome:
    """Ask the web, and run unless nothing seems changed."""
    sight = Sight(home, origin, full=full is not None)
    if origin is None and not offline and not is_offline():
        with Display(say).shown():
            _ask_the_web(home)
    known = None if full else sight.outcome_if_unchanged(today())
    if known is None:
        return _run_closely(home, say, origin, sight, full, accept)
    History(home).note("unchanged", now(), now())
    return RunOutcome(None, known.defects, known.failures, known.stale)


def _run_closely(
    home: Home, say: Speaker, origin: Path | None, sight: Sight, full: Full | None, accept: list[str]
) -> RunOutcome:
    """Find out what there is to do, and do it."""
    from pipelines.catalog.loader import load_catalog
    from pipelines.changes import reasons_to_run

    sight.forget()
    catalog = load_catalog()
    damaged = discard_damaged(home)
    if not full and not damaged and not reasons_to_run(home, catalog, today(), origin):
        History(home).note("unchanged", now(), now())
        return _settled(home, catalog, origin, sight, None)
    with Display(say).shown():
        _execute(home, origin, full, accept)
    # What was wrong may have been put right without a change of what is published.
    last = History(home).runs()[-1]
    return _settled(home, catalog, origin, sight, last if last.outcome == "published" else None)

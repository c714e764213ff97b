"""What the project remembers of its runs: every run there was, and what is published now."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path

from pipelines.files import read_record, write_atomically, write_record
from pipelines.settings import Home

_ID = "%Y%m%dT%H%M%S%z"


@dataclass(frozen=True)
class Run:
    """One run as it is recorded in `meta.run`; times are ISO 8601 with offset.

    `version` is what readers see after it; None when the run left that as it was.
    """

    run_id: str
    started_at: str
    finished_at: str | None
    outcome: str
    sources_changed: int
    figures_changed: int
    version: str | None = None


@dataclass(frozen=True)
class Publication:
    """What is published now: from which inputs, for which day, and until when it stays true by itself.

    `held_since` is the moment of a rollback: until the inputs are others, nothing else is published by itself. `failures`
    is the fingerprint of what failed, which readers are told.
    """

    run_id: str
    inputs: str
    run_date: str
    valid_until: str | None
    held_since: str | None = None
    failures: str = ""


class History:
    """The runs of a home, `state/runs.jsonl`, one line each."""

    def __init__(self, home: Home) -> None:
        self._path = home.state / "runs.jsonl"

    def runs(self) -> list[Run]:
        """Return all runs, oldest first; a line cut short by a crash is skipped."""
        if not self._path.exists():
            return []
        runs = []
        for line in self._path.read_text(encoding="utf-8", errors="replace").splitlines():
            try:
                runs.append(Run(**json.loads(line)))
            except (json.JSONDecodeError, TypeError):
                continue
        return runs

    def add(self, run: Run) -> None:
        """Append a run."""
        lines = [json.dumps(asdict(entry), ensure_ascii=False) for entry in (*self.runs(), run)]
        write_atomically(self._path, "\n".join(lines) + "\n")

    def note(self, outcome: str, started: datetime, finished: datetime) -> None:
        """Append a run that published nothing."""
        run_id = self.unused_id(new_run_id(started))
        self.add(Run(run_id, started.isoformat(), finished.isoformat(), outcome, 0, 0))

    def unused_id(self, run_id: str) -> str:
        """Return an id, or the first one after it that no run has: several may begin in a second."""
        taken = {run.run_id for run in self.runs()}
        while run_id in taken:
            run_id = id_after(run_id)
        return run_id


def new_run_id(started: datetime) -> str:
    """Return an id that sorts by time."""
    return started.strftime(_ID)


def id_after(run_id: str) -> str:
    """Return the id of a run that would have begun a second after another one."""
    return new_run_id(datetime.strptime(run_id, _ID) + timedelta(seconds=1))


def _publication_path(home: Home) -> Path:
    return home.state / "published.json"


def read_publication(home: Home) -> Publication | None:
    """Return what is published now, or None when nothing is or its record cannot be read."""
    record = read_record(_publication_path(home))
    if record is None or not home.published_database.exists():
        return None
    return Publication(**record)


def write_publication(home: Home, publication: Publication) -> None:
    """Remember what is published now."""
    write_record(_publication_path(home), asdict(publication))

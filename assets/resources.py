"""What a run needs to know: which home, which origin, which day."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from dagster import ConfigurableResource, InitResourceContext
from pydantic import Field

from pipelines.acquire.web_source import WebSource, web_source
from pipelines.land.backfill import Years
from pipelines.lock import writing
from pipelines.settings import Home, default_origin, is_offline, today


class WarehouseResource(ConfigurableResource):
    """The warehouse of a run. Empty fields mean: MIERUKA_HOME or `warehouse/`, MIERUKA_ORIGIN or the web, today.

    With `full` unchanged files are read again too: all, or only those of `full_sources` and of `full_years`, such as
    `FY2015..FY2020`. `decided` says that whoever starts the run has found already that there is something to do.
    """

    home: str = ""
    origin: str = ""
    offline: bool = False
    run_date: str = ""
    full: bool = False
    full_sources: list[str] = Field(default_factory=list)
    full_years: str = ""
    decided: bool = False
    # Suites of the quality gate whose difference from the published warehouse is known to be right.
    accept: list[str] = Field(default_factory=list)
    # How long a run waits for another one that writes the same home.
    wait_seconds: float = 3600

    @contextmanager
    def yield_for_execution(self, context: InitResourceContext) -> Iterator[WarehouseResource]:
        """Hold the home for writing from the first step to the last; a command that holds it already goes on."""
        with writing(Home.resolve(self.home or None), self.wait_seconds):
            yield self

    def get_home(self) -> Home:
        """Return the home, its folders made."""
        home = Home.resolve(self.home or None)
        home.create()
        return home

    def get_origin(self) -> Path | None:
        """Return the folder of publisher files, if one was named."""
        folder = self.origin or default_origin()
        return Path(folder).expanduser().resolve() if folder else None

    def asks_the_web(self) -> bool:
        """Return whether publishers' pages are asked: no folder was named and the network is not forbidden."""
        return not (self.get_origin() or self.offline or is_offline())

    def get_web(self) -> WebSource | None:
        """Return the web as origin, unless a folder was named or the network is forbidden."""
        return web_source(self.get_home()) if self.asks_the_web() else None

    def reads_again(self, source_id: str) -> bool:
        """Return whether unchanged files of a source are read too."""
        return self.full and (not self.full_sources or source_id in self.full_sources)

    def get_years(self) -> Years | None:
        """Return the fiscal years to which `full` is limited, if it is."""
        return Years.parse(self.full_years) if self.full_years else None

    def get_run_date(self) -> date:
        """Return the day on which the verdicts are drawn."""
        return date.fromisoformat(self.run_date) if self.run_date else today()

"""What a run needs to know: which home, which origin, which day."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from dagster import ConfigurableResource

from pipelines.acquire.web_source import WebSource, web_source
from pipelines.settings import Home, is_offline, today


class WarehouseResource(ConfigurableResource):
    """The warehouse of a run. Empty fields mean: MIERUKA_HOME or `warehouse/`, the web, today."""

    home: str = ""
    origin: str = ""
    offline: bool = False
    run_date: str = ""
    full: bool = False

    def get_home(self) -> Home:
        """Return the home, its folders made."""
        home = Home.resolve(self.home or None)
        home.create()
        return home

    def get_origin(self) -> Path | None:
        """Return the folder of publisher files, if one was named."""
        return Path(self.origin).expanduser().resolve() if self.origin else None

    def get_web(self) -> WebSource | None:
        """Return the web as origin, unless a folder was named or the network is forbidden."""
        if self.origin or self.offline or is_offline():
            return None
        return web_source(self.get_home())

    def get_run_date(self) -> date:
        """Return the day on which the verdicts are drawn."""
        return date.fromisoformat(self.run_date) if self.run_date else today()

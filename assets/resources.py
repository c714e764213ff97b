"""What a run needs to know: which home, which origin, which day."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from dagster import ConfigurableResource

from pipelines.settings import Home, today


class WarehouseResource(ConfigurableResource):
    """The warehouse of a run. Empty fields mean: MIERUKA_HOME or `warehouse/`, the repository's files, today."""

    home: str = ""
    origin: str = ""
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

    def get_run_date(self) -> date:
        """Return the day on which the verdicts are drawn."""
        return date.fromisoformat(self.run_date) if self.run_date else today()

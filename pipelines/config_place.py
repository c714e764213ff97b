"""Where the configuration file is; asked by every run, so that nothing heavy is imported where there is none."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from pipelines.settings import Home

FILE_NAME = "mieruka.toml"
VARIABLE = "MIERUKA_CONFIG"


@dataclass(frozen=True)
class ConfigPlace:
    """The file to read. One that somebody named must exist; `mieruka.toml` in the home need not."""

    path: Path
    is_named: bool

    @property
    def is_there(self) -> bool:
        """Return whether there is anything to read, or to complain of."""
        return self.is_named or self.path.exists()


def config_place(home: Home, given: str | None = None) -> ConfigPlace:
    """Return the file that an argument names, else MIERUKA_CONFIG, else `mieruka.toml` in the home."""
    named = given or os.environ.get(VARIABLE)
    if named:
        return ConfigPlace(Path(named).expanduser().resolve(), True)
    return ConfigPlace(home.root / FILE_NAME, False)

"""Where things are: the project's folders and the home folder of a warehouse."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from pipelines.files import make_folder

PROJECT_ROOT = Path(__file__).resolve().parents[1]
SOURCES_DIR = PROJECT_ROOT / "sources"
DBT_PROJECT_DIR = PROJECT_ROOT / "dbt_project"
# All that decides what a run makes of the same files.
CODE_FOLDERS = ("pipelines", "assets", "dbt_project", "sources")
# All that decides what is read from the same file, beside the description of its source.
READING_FOLDERS = ("pipelines", "sources/_schema")
TIMEZONE = ZoneInfo("Asia/Tokyo")

DATABASE_NAME = "mieruka.duckdb"


@dataclass(frozen=True)
class Home:
    """The folder a warehouse lives in; every path below it has one name here."""

    root: Path

    @classmethod
    def resolve(cls, given: str | Path | None = None) -> Home:
        """Return the home named by the argument, else by MIERUKA_HOME, else `warehouse/`."""
        chosen = given or os.environ.get("MIERUKA_HOME") or PROJECT_ROOT / "warehouse"
        return cls(Path(chosen).expanduser().resolve())

    @property
    def archive(self) -> Path:
        """Publisher files as received, by SHA-256."""
        return self.root / "archive"

    @property
    def raw(self) -> Path:
        """Typed Parquet, one file per table of a source."""
        return self.root / "raw"

    @property
    def quarantine(self) -> Path:
        """Rows and files refused, with reasons."""
        return self.root / "quarantine"

    @property
    def build(self) -> Path:
        """The database that dbt writes; disposable."""
        return self.root / "build"

    @property
    def build_database(self) -> Path:
        """Database under construction, of the same file name as the published one."""
        return self.build / DATABASE_NAME

    @property
    def published(self) -> Path:
        """What readers open."""
        return self.root / "published"

    @property
    def published_database(self) -> Path:
        """Database for readers, only ever replaced by rename."""
        return self.published / DATABASE_NAME

    @property
    def reports(self) -> Path:
        """Data-quality reports and pages."""
        return self.root / "reports"

    @property
    def state(self) -> Path:
        """What the project remembers between runs: snapshots held, last publication."""
        return self.root / "state"

    @property
    def attempts(self) -> Path:
        """What is remembered of each source's tables, one record a source."""
        return self.state / "attempts"

    def folders(self) -> tuple[Path, ...]:
        """Return the folders that every home has."""
        return (
            self.archive,
            self.raw,
            self.quarantine,
            self.build,
            self.published,
            self.reports,
            self.state,
        )

    def create(self) -> None:
        """Make the folders; raise OSError when the home cannot be written."""
        for folder in self.folders():
            make_folder(folder)


def is_offline() -> bool:
    """Return whether MIERUKA_OFFLINE forbids the network."""
    return bool(os.environ.get("MIERUKA_OFFLINE"))


def default_origin() -> str:
    """Return the folder of publisher files that MIERUKA_ORIGIN names for runs that are not told one, or nothing."""
    return os.environ.get("MIERUKA_ORIGIN", "")


def nightly_schedule() -> str:
    """Return when the warehouse is looked after, as cron in Japan's time; MIERUKA_SCHEDULE overrides it."""
    return os.environ.get("MIERUKA_SCHEDULE", "0 2 * * *")


def now() -> datetime:
    """Return the present moment in Japan, with its offset."""
    return datetime.now(TIMEZONE).replace(microsecond=0)


def today() -> date:
    """Return the present day in Japan; MIERUKA_TODAY (ISO date) overrides it for reproducible runs."""
    given = os.environ.get("MIERUKA_TODAY")
    return date.fromisoformat(given) if given else now().date()

"""Fixtures shared by all tests: descriptions in miniature, homes under the test's own folder, landing."""

from __future__ import annotations

import csv
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

from pipelines.acquire.archive import Snapshot
from pipelines.acquire.fetch import acquire
from pipelines.catalog.loader import Catalog, load_catalog
from pipelines.catalog.models import Table
from pipelines.extract.grid import Grid
from pipelines.extract.table import Place
from pipelines.land.source import LandedTable, SourceLanding
from pipelines.settings import SOURCES_DIR, Home

if TYPE_CHECKING:
    from dagster import DagsterInstance

# The publishers' own files are not in the repository: a folder that lies beside it, or the one that is named.
_BESIDE = Path(__file__).resolve().parents[2] / "shared" / "mirror"
if _BESIDE.is_dir():
    os.environ.setdefault("MIERUKA_MIRROR", str(_BESIDE))
# No test asks the real web.
os.environ["MIERUKA_OFFLINE"] = "1"

# Examples are the same in every run, and a slow machine is no failure.
settings.register_profile("mieruka", deadline=None, derandomize=True)
settings.load_profile("mieruka")


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Fail when tests were skipped although the publishers' files are here: a skip would hide what they test."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter.stats.get("skipped", []) if reporter else []
    if skipped and os.environ.get("MIERUKA_MIRROR") and exitstatus == pytest.ExitCode.OK:
        reporter.write_line(f"{len(skipped)} tests skipped although the publishers' files are here", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _entered_dagster() -> object:
    base = sys.modules.get("dagster._core.storage.defs_state.base")
    return base.DefsStateStorage.get() if base else None


@pytest.fixture(autouse=True)
def no_dagster_instance_left_behind() -> Iterator[None]:
    """Fail the test that leaves an instance of Dagster entered: tests after it in the process would meet a dead one.

    One that several tests share was entered before the first of them.
    """
    before = _entered_dagster()
    yield
    assert _entered_dagster() in (None, before), (
        "an instance or a context of Dagster was entered and not left"
    )


RETRIEVED_AT = "2026-01-15T09:00:00+09:00"


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    """Return the project's own descriptions."""
    return load_catalog()


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Return an empty home under the test's folder."""
    home = Home(tmp_path / "home")
    home.create()
    return home


@pytest.fixture(scope="session")
def snapshot() -> Snapshot:
    """Return a snapshot of one CSV file, retrieved on 2026-01-15."""
    return Snapshot(
        "a" * 64, "some_source", "some_table", "some.csv", "file:///some.csv", RETRIEVED_AT, None, 1
    )


@pytest.fixture(scope="session")
def place(snapshot: Snapshot) -> Place:
    """Return where the defects of that snapshot lie."""
    return Place("some_source", "some_table", snapshot)


@pytest.fixture(scope="session")
def make_table() -> Callable[..., Table]:
    """Return a maker of table descriptions from columns alone; the first column is anchor and key."""

    def make(columns: dict[str, dict[str, Any]], **settings: Any) -> Table:
        first = next(iter(columns))
        anchor = columns[first].get("from", [first])[0]
        content = {
            "file": "some.csv",
            "role": "reference",
            "title": {"ja": "表", "en": "table"},
            "anchor": anchor,
            "grain": [first],
            "columns": columns,
        }
        return Table.model_validate(content | settings)

    return make


@pytest.fixture(scope="session")
def grid() -> Callable[[list[list[str]]], Grid]:
    """Return a maker of grids from rows of texts."""
    return lambda rows: Grid("some.csv", rows)


class Origin:
    """An origin folder with a copy of one source's files, to be broken by a test, and its landing."""

    def __init__(self, source_id: str, folder: Path, home: Home, catalog: Catalog) -> None:
        self.source = catalog.sources[source_id]
        self.folder = folder
        self.home = home
        self.catalog = catalog
        shutil.copytree(SOURCES_DIR / source_id, folder / source_id)

    def path(self, file: str) -> Path:
        """Return the copy of a file."""
        return self.folder / self.source.source_id / file

    def rows(self, file: str) -> list[list[str]]:
        """Return the rows of a copy; `rows[0]` is the header, row 1 of the file."""
        with self.path(file).open(encoding="utf-8-sig", newline="") as stream:
            return list(csv.reader(stream))

    def write(self, file: str, rows: list[list[str]]) -> None:
        """Write a copy anew."""
        with self.path(file).open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows(rows)

    def put(self, file: str, row: int, column: str, text: str) -> str:
        """Write one cell (`row` counts from 1 with the header); return what stood there."""
        rows = self.rows(file)
        index = rows[0].index(column)
        old, rows[row - 1][index] = rows[row - 1][index], text
        self.write(file, rows)
        return old

    def land(self) -> dict[str, LandedTable]:
        """Acquire from the folder and land every table."""
        snapshots, _ = acquire(self.source, self.home, self.folder)
        landed = SourceLanding(self.source, self.catalog, self.home).land(snapshots)
        return {table.name: table for table in landed}


@pytest.fixture
def origin_of(tmp_path: Path, home: Home, catalog: Catalog) -> Callable[[str], Origin]:
    """Return a maker of origin folders for a source of the project."""
    return lambda source_id: Origin(source_id, tmp_path / "origin", home, catalog)


@pytest.fixture
def events(home: Home) -> Path:
    """Return the file into which a receiver of the home writes what it is told."""
    path = home.root / "events.jsonl"
    text = f'[[receiver]]\nname = "lines"\ntype = "json"\npath = "{path}"\n'
    (home.root / "mieruka.toml").write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[DagsterInstance]:
    """Return an instance of Dagster that ends with the test."""
    from dagster import DagsterInstance

    folder = tmp_path / "dagster"
    folder.mkdir()
    with DagsterInstance.local_temp(str(folder)) as made:
        yield made

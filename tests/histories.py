"""Random histories of a warehouse: files come, are revised, broken, restored and taken away; descriptions, code and day change.

The sources are the project's own and two made-up offices, whose files are tables of the prefectures.
"""

from __future__ import annotations

import csv
import io
import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from assets.dbt_runner import DbtRunner
from assets.parsed_project import project_manifest
from pipelines.acquire.archive import Archive
from pipelines.acquire.fetch import acquire
from pipelines.attempts import read_attempts
from pipelines.catalog.loader import Catalog, load_catalog
from pipelines.land.catalog_tables import land_catalog
from pipelines.land.publication import PublicationLanding
from pipelines.land.register import land_register, load_register
from pipelines.land.source import SourceLanding
from pipelines.publish.content import TableContent, contents
from pipelines.settings import SOURCES_DIR, Home

OFFICES = ("office__loans", "office__clinics")
_CITED = "mieruka__cited_figures"
_FIRST_DAY = date(2018, 3, 1)
_DESCRIPTION = """
source_id: {source}
publisher: {{ja: 作り物の役所, en: A made-up office}}
title: {{ja: 作り物の統計, en: Made-up statistics}}
licence: facts_cited
landing_url: https://office.example/{source}
cadence: yearly
items:
  {source}_count: {{name: {{ja: 件数, en: Count}}, unit: 件, decimals: 0, additive: true}}
  {source}_rate: {{name: {{ja: 割合, en: Rate}}, unit: "%", decimals: 1, additive: false}}
series:
  {source}_count__survey: {{item_id: {source}_count, definition: {{ja: 件数, en: Count}}}}
  {source}_rate__survey: {{item_id: {source}_rate, definition: {{ja: 割合, en: Rate}}}}
published:
  prefectures:
    role: figures
    title: {{ja: 都道府県, en: Prefectures}}
    files: ["{source}_*.csv"]
    period: {{kind: fiscal_year, file: ["{source}_(?P<western>\\\\d{{4}})"]}}
    identity: {{code: code, name: name, types: [prefecture]}}
    marks: {{"-": nil_mark}}
    layouts:
      - from: 2010
        sheet: ["*"]
        anchor: [団体コード]
        columns:
          code: {{from: [団体コード], type: text}}
          name: {{from: [団体名], type: text}}
          counted: {{from: [件数], type: number, unit: 件, minimum: 0, measures: [{{item_id: {source}_count, series_id: {source}_count__survey, statistic: count}}]}}
          rated: {{from: [割合], type: number, unit: "%", minimum: 0, maximum: {maximum}, measures: [{{item_id: {source}_rate, series_id: {source}_rate__survey, statistic: rate}}]}}
"""


def _prefectures() -> list[tuple[str, str]]:
    text = (SOURCES_DIR / "soumu__area_codes" / "areas.csv").read_text(encoding="utf-8")
    return [
        (row["area_code"], row["name_ja"])
        for row in csv.DictReader(io.StringIO(text))
        if row["area_type"] == "prefecture" and not row["valid_to"]
    ]


def land_all(home: Home, catalog: Catalog) -> None:
    """Land everything that is current, as the steps of a run do."""
    for source in catalog.sources.values():
        SourceLanding(source, catalog, home).land(Archive(home).current(source.source_id))
    for role in ("reference", "figures"):
        register = load_register(home)
        for source in catalog.sources.values():
            names = [name for name, table in source.description.published.items() if table.role == role]
            landing = PublicationLanding(source, catalog, home, register)
            landing.land(Archive(home).current(source.source_id), names)
        if role == "reference":
            land_register(home, catalog)
    land_catalog(home, catalog)


def build(home: Home, day: date, *, full: bool = False) -> set[str]:
    """Build the models; return the names of those that were built and not kept."""
    events = list(DbtRunner(home, day).build(full=full))
    return {
        event["data"]["node_info"]["node_name"]
        for event in events
        if event["info"]["name"] == "LogModelResult" and event["data"]["status"] != "KEPT"
    }


def build_in_part(home: Home, day: date, patch: pytest.MonkeyPatch, share: float) -> list[str]:
    """Build only the first of the models, tests and seeds that are asked about, as a build does that is killed."""
    import assets.dbt_runner

    runner = DbtRunner(home, day)
    asked = runner.prepare()
    nodes = project_manifest(home)["nodes"]
    order = TopologicalSorter({name: node["depends_on"].get("nodes", ()) for name, node in nodes.items()})
    chosen = [
        name
        for name in order.static_order()
        if name.startswith(("model.", "seed.", "test.")) and (asked is None or name in asked)
    ]
    done = chosen[: int(share * len(chosen))]
    with patch.context() as during:
        during.setattr(assets.dbt_runner, "complete", lambda _: None)
        for _ in runner.build_nodes(done):
            pass
    return done


def built_contents(home: Home) -> dict[str, TableContent]:
    """Return the content of each table of the built database that would be published."""
    import duckdb

    with duckdb.connect(str(home.build_database), read_only=True) as connection:
        return contents(connection)


@dataclass
class World:
    """A home, the folder that its files come from, its descriptions and its day; `happened` says what came to pass."""

    folder: Path
    chance: random.Random
    code: str = ""
    day: date = _FIRST_DAY
    happened: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.home = Home(self.folder / "home")
        self.home.create()
        self.origin = self.folder / "origin"
        self.origin.mkdir()
        self.sources = self.folder / "sources"
        shutil.copytree(SOURCES_DIR, self.sources)
        self._years: dict[str, list[int]] = {name: [] for name in OFFICES}
        self._put_aside: list[tuple[Path, bytes]] = []
        for name in OFFICES:
            (self.sources / name).mkdir()
            self._describe(name, 100)
            self._add(name)
            self._add(name)
        shutil.copytree(self.sources / _CITED, self.origin / _CITED)

    def _describe(self, name: str, maximum: int) -> None:
        (self.sources / name / "source.yml").write_text(
            _DESCRIPTION.format(source=name, maximum=maximum), encoding="utf-8"
        )

    def _file(self, name: str, year: int) -> Path:
        return self.origin / f"{name}_{year}.csv"

    def _some_file(self) -> Path:
        return self.chance.choice(sorted(self.origin.glob("office__*.csv")))

    def _add(self, name: str) -> None:
        year = 2012 + len(self._years[name])
        self._years[name].append(year)
        rows = [
            f"{code},{prefecture},{self.chance.randrange(900, 1000)},{self.chance.randrange(400, 600) / 10}"
            for code, prefecture in _prefectures()
        ]
        text = "\n".join(["団体コード,団体名,件数,割合", *rows])
        self._file(name, year).write_text(text + "\n", encoding="utf-8")

    def _change_rows(self, path: Path, change: Callable[[list[str]], None]) -> None:
        lines = path.read_text(encoding="utf-8").splitlines()
        change(lines)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")

    def add(self) -> str:
        """A file of another year comes."""
        name = self.chance.choice(OFFICES)
        self._add(name)
        return f"add {name}"

    def revise(self) -> str:
        """Some figures of a file are others."""
        path = self._some_file()

        def change(lines: list[str]) -> None:
            for place in self.chance.sample(range(1, len(lines)), 3):
                code, prefecture, count, rate = lines[place].split(",")
                lines[place] = f"{code},{prefecture},{int(count) + 1},{rate}"

        self._change_rows(path, change)
        return f"revise {path.name}"

    def remove(self) -> str:
        """A file is no longer where it was."""
        path = self._some_file()
        self._put_aside.append((path, path.read_bytes()))
        path.unlink()
        if not list(self.origin.glob("office__*.csv")):
            return f"remove {path.name}, {self.add()}"
        return f"remove {path.name}"

    def break_(self) -> str:
        """A file's header is another one: it is refused."""
        path = self._some_file()
        self._put_aside.append((path, path.read_bytes()))
        self._change_rows(path, lambda lines: lines.__setitem__(0, "団体コード,団体名,件数,割合,新しい列"))
        return f"break {path.name}"

    def restore(self) -> str:
        """A file that was broken or taken away is back as it was."""
        if not self._put_aside:
            return self.add()
        path, content = self._put_aside.pop()
        path.write_bytes(content)
        return f"restore {path.name}"

    def cite(self) -> str:
        """Our own table of cited figures is another one: a figure revised, a row left out, or a header broken."""
        path = self.origin / _CITED / "figures.csv"
        what = self.chance.choice(["revise", "leave_out", "break", "restore"])
        path.write_bytes((SOURCES_DIR / _CITED / "figures.csv").read_bytes())
        if what == "revise":
            self._change_rows(path, lambda lines: lines.__setitem__(1, lines[1].replace(",550,", ",551,")))
        if what == "leave_out":
            self._change_rows(path, lambda lines: lines.__delitem__(self.chance.randrange(1, len(lines))))
        if what == "break":
            self._change_rows(
                path, lambda lines: lines.__setitem__(0, lines[0].replace("area_code", "area_kode"))
            )
        return f"{what} {path.name}"

    def describe(self) -> str:
        """A description is another one: what was published may now be impossible, and back."""
        name, maximum = self.chance.choice(OFFICES), self.chance.choice([55, 100, 101])
        self._describe(name, maximum)
        return f"describe {name} {maximum}"

    def recode(self) -> str:
        """The code is another one."""
        self.code = f"code {self.chance.random()}"
        return "recode"

    def wait(self) -> str:
        """Time goes by, over deadlines too."""
        self.day += timedelta(days=self.chance.choice([1, 30, 400, 1500]))
        return f"wait until {self.day}"

    def step(self) -> None:
        """Let something happen, or two things, or nothing."""
        kinds = [self.add, self.revise, self.remove, self.break_, self.restore, self.cite, self.describe,
                 self.recode, self.wait]  # fmt: skip
        for _ in range(self.chance.choice([0, 1, 1, 1, 2])):
            self.happened.append(self.chance.choice(kinds)())
        self.happened.append(";")

    def catalog(self) -> Catalog:
        """Return the descriptions as they are now."""
        return load_catalog(self.sources)

    def night(self, patch: pytest.MonkeyPatch) -> set[str]:
        """Do what a run does, only where something changed; return the models that were built."""
        self._land(patch)
        return build(self.home, self.day)

    def stopped_night(self, patch: pytest.MonkeyPatch) -> None:
        """Do what a run does that is killed while it builds the models."""
        self._land(patch)
        done = build_in_part(self.home, self.day, patch, self.chance.random())
        self.happened.append(f"killed after {len(done)} nodes ;")

    def _land(self, patch: pytest.MonkeyPatch) -> None:
        catalog = self.catalog()
        self._take_code(patch)
        for source in catalog.sources.values():
            acquire(source, self.home, self.origin)
        land_all(self.home, catalog)

    def _take_code(self, patch: pytest.MonkeyPatch) -> None:
        import assets.build_state
        from pipelines.land import publication, register, source

        patch.setattr(assets.build_state, "project_fingerprint", lambda: self.code)
        for module in (publication, register, source):
            patch.setattr(module, "code_fingerprint", lambda *folders: f"{self.code} {folders}")

    def rebuilt(self, folder: Path) -> Home:
        """Make everything anew in an empty home from the bytes and the memory that this home holds."""
        target, catalog = Home(folder), self.catalog()
        target.create()
        for name in ("archive", "state"):
            shutil.copytree(self.home.root / name, target.root / name, dirs_exist_ok=True)
        shutil.copyfile(self.home.root / "archive.json", target.root / "archive.json")
        for path in self.home.quarantine.glob("*/_acquisition.json"):
            (target.quarantine / path.parent.name).mkdir(exist_ok=True)
            shutil.copyfile(path, target.quarantine / path.parent.name / path.name)
        for source in catalog.sources.values():
            good = read_attempts(self.home, source.source_id)
            held = [entry for entry in Archive(target).snapshots() if entry.source_id == source.source_id]
            # A table of our own form whose newest file is refused stands on the last good one.
            SourceLanding(source, catalog, target).land(
                [
                    entry
                    for entry in held
                    if good.get(entry.table) and good[entry.table].good_sha256 == entry.snapshot_sha256
                ]
            )
        shutil.copytree(self.home.state, target.state, dirs_exist_ok=True)
        land_all(target, catalog)
        build(target, self.day, full=True)
        return target

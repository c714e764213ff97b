"""What a night costs, beside the least it could cost and beside the textbook assembly of the same parts: ratios of one run.

`python -m benchmarks.nightly --origin DIR` fills a temporary home from publishers' files and measures in turn, each in
processes of its own: the floor (the fastest reader of each format reads all cells of all files with as many processes,
then DuckDB runs the SQL that dbt compiled), a full run, the textbook assembly (pandas with openpyxl file by file, dbt as
a command through dagster-dbt, Great Expectations on whole tables), a night on which nothing changed, and one on which
one file came. `--times 10 100` multiplies the landed figures and measures build and publication against the bare SQL.

Wall-clock seconds depend on what else the machine does, so processor seconds stand beside them; memory is the sum over
all processes of a measurement at its highest, looked at every tenth of a second.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from pipelines.files import sha256_of
from pipelines.query import quoted
from pipelines.settings import DBT_PROJECT_DIR, PROJECT_ROOT, Home, today

_PAGE = os.sysconf("SC_PAGE_SIZE")
# Files that come later than the others: of different kinds, with few and with many figures.
_COMPARISONS = ("continuity", "size", "sources_published", "figures_by_source", "verdicts")
_LATE = ("*kokaikei_indicators_FY2023_FY2022.csv", "*indices/city/R1.xlsx", "*2003ssjin.xlsx")


@dataclass(frozen=True)
class Cost:
    """What a piece of work took: seconds on the clock, seconds of processors, bytes of memory at its peak."""

    wall: float
    cpu: float
    memory: int


class WorkFailedError(RuntimeError):
    """A measured process ended with an error; the text is the end of what it said."""


def _memory_of_session(leader: int) -> int:
    """Return the resident memory of all processes of a session, in bytes."""
    total = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == leader:
            total += int(fields[21]) * _PAGE
    return total


def measured(command: list[str], environment: dict[str, str] | None = None) -> Cost:
    """Run a command to its end and return its cost; raise WorkFailedError when it fails."""
    before, started, peak = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter(), 0
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            command, env={**os.environ, **(environment or {})}, cwd=PROJECT_ROOT,
            stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        while process.poll() is None:
            peak = max(peak, _memory_of_session(process.pid))
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.1)
        wall = time.perf_counter() - started
        if process.returncode:
            output.seek(0)
            raise WorkFailedError(output.read().decode(errors="replace")[-3000:])
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Cost(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, peak)


def run(home: Home, origin: Path, *more: str) -> Cost:
    """Measure `mieruka run` as cron would start it."""
    line = [sys.executable, "-m", "cli.main", "run", "--home", str(home.root), "--origin", str(origin), *more]
    return measured(line, {"MIERUKA_OFFLINE": "1"})


def part(name: str, home: Home, *more: str) -> Cost:
    """Measure a part of this module in a process of its own."""
    return measured(
        [sys.executable, "-m", "benchmarks.nightly", "--part", name, "--home", str(home.root), *more]
    )


# The parts, each in a process of its own.


def _files(home: Home) -> list[tuple[str, str, bool]]:
    """Return the archived files that a full run reads: path, name, and whether every sheet is read."""
    from pipelines.acquire.archive import Archive
    from pipelines.catalog.loader import load_catalog

    archive, found = Archive(home), {}
    for source in load_catalog().sources.values():
        for entry in archive.current(source.source_id):
            table = source.description.published.get(entry.table)
            each = table is not None and table.sheets == "each"
            found[entry.snapshot_sha256] = (
                str(archive.path_of(entry.snapshot_sha256)),
                entry.file_name,
                each,
            )
    return list(found.values())


def _read_bare(file: tuple[str, str, bool]) -> int:
    from python_calamine import CalamineWorkbook

    from benchmarks.extraction import bare_read
    from pipelines.extract.sheet import WORKBOOKS

    path, name, each = file
    if each and name.lower().endswith(WORKBOOKS):
        book = CalamineWorkbook.from_path(path)
        return sum(len(book.get_sheet_by_name(sheet).to_python()) for sheet in book.sheet_names)
    try:
        return len(str(type(bare_read(Path(path), name, None))))
    except ValueError:
        return len(Path(path).read_bytes())


def _read_textbook(file: tuple[str, str, bool]) -> None:
    import pandas

    path, name, each = file
    lower = name.lower()
    if lower.endswith((".xlsx", ".xlsm")):
        pandas.read_excel(path, sheet_name=None if each else 0, header=None, engine="openpyxl")
    elif lower.endswith(".xls"):
        pandas.read_excel(path, sheet_name=None if each else 0, header=None, engine="calamine")
    else:
        _read_bare(file)


def compiled(home: Home) -> Iterator[tuple[str, str, str, str]]:
    """Yield schema, name, kind and SQL of each seed, and of each model as dbt compiled it, parents first."""
    from assets.parsed_project import project_manifest

    manifest = project_manifest(home)
    for node in manifest["nodes"].values():
        if node["resource_type"] == "seed":
            path = DBT_PROJECT_DIR / node["original_file_path"]
            yield node["schema"], node["name"], "table", f"from read_csv({quoted(path)}, header = true)"
    models = {key: node for key, node in manifest["nodes"].items() if node["resource_type"] == "model"}
    done: set[str] = set()

    def visit(key: str) -> Iterator[dict[str, Any]]:
        if key in models and key not in done:
            done.add(key)
            for parent in models[key]["depends_on"]["nodes"]:
                yield from visit(parent)
            yield models[key]

    for key in models:
        for node in visit(key):
            path = home.build / "dbt" / "compiled" / "mieruka" / node["original_file_path"]
            kind = "view" if node["config"]["materialized"] == "view" else "table"
            yield node["schema"], node["name"], kind, path.read_text(encoding="utf-8")


def _limits() -> dict[str, Any]:
    """Return the limits of DuckDB under which dbt builds too, when MIERUKA_DBT_TARGET asks for some."""
    import jinja2
    import yaml

    if os.environ.get("MIERUKA_DBT_TARGET") != "limited":
        return {}
    text = (DBT_PROJECT_DIR / "profiles.yml").read_text(encoding="utf-8")
    profile = yaml.safe_load(jinja2.Template(text).render(env_var=os.environ.get))
    limits: dict[str, Any] = profile["mieruka"]["outputs"]["limited"]["config_options"]
    return limits


def run_sql(home: Home, database: Path) -> None:
    """Run the compiled SQL on the landed Parquet, and nothing else."""
    import duckdb

    with duckdb.connect(str(database), config=_limits()) as connection:
        for schema, name, kind, sql in compiled(home):
            connection.execute(f'create schema if not exists "{schema}"')
            statement = sql.replace('"mieruka".', f'"{database.stem}".')
            connection.execute(f'create {kind} "{schema}"."{name}" as ({statement})')
        connection.execute("checkpoint")


def _scratch(home: Home) -> Path:
    folder = home.root / "scratch"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder / "bare.duckdb"


def part_floor(home: Home) -> None:
    """Read all cells with as many processes as there are processors, then run the bare SQL."""
    with ProcessPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        list(pool.map(_read_bare, sorted(_files(home), key=lambda file: -Path(file[0]).stat().st_size)))
    part_sql(home)


def part_sql(home: Home) -> None:
    """Run the bare SQL alone."""
    run_sql(home, _scratch(home))


def part_textbook(home: Home) -> None:
    """Do the same work the way the manuals of the parts show it."""
    import duckdb
    import great_expectations as gx
    from dagster_dbt import DbtCliResource

    from pipelines.quality.gate import load_suites

    for file in _files(home):
        _read_textbook(file)
    database = _scratch(home)
    os.environ["MIERUKA_BUILD_DATABASE"] = str(database)
    project = str(PROJECT_ROOT / "dbt_project")
    variables = json.dumps({"raw_dir": str(home.raw), "run_date": today().isoformat()})
    command = DbtCliResource(
        project_dir=project, profiles_dir=project, dbt_executable=str(Path(sys.executable).with_name("dbt"))
    ).cli(
        ["build", "--exclude-resource-type", "unit_test", "--vars", variables],
        target_path=database.parent / "target",
    )
    for _ in command.stream_raw_events():
        pass
    context = gx.get_context(mode="ephemeral")
    source = context.data_sources.add_pandas("warehouse")
    with duckdb.connect(str(database)) as connection:
        for suite in load_suites():
            if suite.needs_previous:
                continue
            # Our queries bring a million rows down to those that differ; the manuals show whole tables.
            frame = connection.sql(suite.query.replace("select distinct ", "select ")).df()
            batch = (
                source.add_dataframe_asset(suite.name)
                .add_batch_definition_whole_dataframe("all")
                .get_batch({"dataframe": frame})
            )
            checks = gx.ExpectationSuite(name=suite.name)
            for entry in suite.expectations:
                checks.add_expectation(
                    gx.expectations.registry.get_expectation_impl(entry.type)(**entry.kwargs)
                )
            batch.validate(checks)
        connection.execute(f"export database '{database.parent / 'parquet'}' (format parquet)")
    shutil.copyfile(database, database.with_suffix(".published"))


def part_build(home: Home) -> None:
    """Build everything from the landed Parquet and publish it."""
    from assets.dbt_runner import DbtRunner
    from pipelines.publish.release import publish
    from pipelines.publish.runs import Run, new_run_id
    from pipelines.settings import now

    for _ in DbtRunner(home, today()).build(full=True):
        pass
    moment = now()
    publish(home, Run(new_run_id(moment), moment.isoformat(), None, "running", 0, 0), "benchmark", today())


_PARTS = {"floor": part_floor, "sql": part_sql, "textbook": part_textbook, "build": part_build}


# The measurements.


def multiplied(home: Home, target: Home, times: int) -> int:
    """Land in another home the same figures `times` times over, as those of other items; return how many there are."""
    import duckdb

    target.create()
    shutil.rmtree(target.raw)
    shutil.copytree(home.raw, target.raw)
    folder, rows = target.raw / "catalog", 0
    copies = f"from range({times}) as copies(n)"
    renamed = "case when n = 0 then {0} else {0} || '__copy_' || n end as {0}"
    with duckdb.connect() as connection:
        connection.execute("set preserve_insertion_order = false")
        for name in ("item", "series"):
            keys = [
                renamed.format(key) for key in (("item_id",) if name == "item" else ("item_id", "series_id"))
            ]
            _replace(connection, folder / f"{name}.parquet", f"* replace ({', '.join(keys)})", copies)
        keys = [renamed.format(key) for key in ("item_id", "series_id", "document_id")]
        for path in sorted((folder / "observation").glob("*.parquet")):
            rows += _replace(connection, path, f"* replace ({', '.join(keys)})", copies)
    return rows


def _replace(connection: Any, path: Path, columns: str, copies: str) -> int:
    built = path.with_suffix(".multiplied")
    connection.execute(
        f"copy (select {columns} from (select rows.*, n {copies} cross join read_parquet('{path}') as rows)) "
        f"to '{built}' (format parquet)".replace("* replace", "* exclude (n) replace")
    )
    built.replace(path)
    return int(connection.execute(f"select count(*) from read_parquet('{path}')").fetchone()[0])


def _ratios(first: list[Cost], second: list[Cost]) -> dict[str, float]:
    """Return the medians of the ratios round by round."""
    return {
        what: statistics.median(
            getattr(a, what) / getattr(b, what) for a, b in zip(first, second, strict=True)
        )
        for what in ("wall", "cpu", "memory")
    }


class Table:
    """What was measured, printed as it comes."""

    def __init__(self) -> None:
        self.costs: dict[str, list[Cost]] = {}
        self.ratios: dict[str, dict[str, float]] = {}

    def add(self, name: str, cost: Cost) -> None:
        """Keep one measurement."""
        self.costs.setdefault(name, []).append(cost)
        print(
            f"  {name}: {cost.wall:.1f} s, {cost.cpu:.1f} processor s, {cost.memory / 1e6:,.0f} MB",
            flush=True,
        )

    def compare(self, name: str, first: str, second: str) -> None:
        """Keep the ratio of two measurements taken in the same rounds."""
        self.ratios[name] = _ratios(self.costs[first], self.costs[second])

    def lines(self) -> Iterator[str]:
        """Yield the table in Markdown: medians, then ratios."""
        yield "| work | seconds | processor seconds | memory, MB |"
        yield "|---|--:|--:|--:|"
        for name, costs in self.costs.items():
            middle = [
                statistics.median(getattr(cost, what) for cost in costs) for what in ("wall", "cpu", "memory")
            ]
            yield f"| {name} | {middle[0]:,.1f} | {middle[1]:,.1f} | {middle[2] / 1e6:,.0f} |"
        yield ""
        yield "| ratio | by the clock | by processors | memory |"
        yield "|---|--:|--:|--:|"
        for name, ratio in self.ratios.items():
            yield f"| {name} | {ratio['wall']:.2f} | {ratio['cpu']:.2f} | {ratio['memory']:.2f} |"


def _linked(origin: Path, folder: Path) -> Path:
    """Return a copy of an origin folder; its files are the same ones under second names where the disk allows."""
    try:
        shutil.copytree(origin, folder, copy_function=os.link)
    except (OSError, shutil.Error):
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(origin, folder)
    return folder


def measure_nights(origin: Path, folder: Path, rounds: int, table: Table, *, textbook: bool) -> Home:
    """Measure full runs, floor, textbook, nights without a change, and nights on which one file came."""
    home, folder_of_files = Home(folder / "home"), _linked(origin, folder / "origin")
    print("filling a home", flush=True)
    run(home, folder_of_files)
    for number in range(rounds):
        for late in _LATE:
            _one_file(home, folder_of_files, late, table)
        parts = ["floor", "full", *(["textbook"] if textbook else [])]
        for name in parts if number % 2 else reversed(parts):
            table.add(name, run(home, folder_of_files, "--full") if name == "full" else part(name, home))
        table.add("nothing changed", run(home, folder_of_files))
    if not rounds:
        return home
    table.compare("full run / floor", "full", "floor")
    if textbook:
        table.compare("textbook / full run", "textbook", "full")
    table.compare("nothing changed / full run", "nothing changed", "full")
    for name in [name for name in table.costs if name.startswith("one file")]:
        table.compare(f"{name} / full run", name, "full")
    return home


def _one_file(home: Home, origin: Path, pattern: str, table: Table) -> None:
    """Measure the run on which a file has come that was never there."""
    found = [path for path in sorted(origin.rglob("*")) if fnmatch(path.as_posix(), pattern)]
    if not found:
        return
    path = found[0]
    content, name = (
        path.read_bytes(),
        f"one file more ({path.suffix[1:]}, {path.stat().st_size // 1000:,} kB)",
    )
    _forget(home, sha256_of(path))
    path.unlink()
    # So many figures less would rightly close the gate.
    run(home, origin, *(part for suite in _COMPARISONS for part in ("--accept", suite)))
    path.write_bytes(content)
    table.add(name, run(home, origin))


def _forget(home: Home, sha256: str) -> None:
    """Let a home never have seen a file."""
    from pipelines.acquire.archive import Archive
    from pipelines.catalog.loader import load_catalog

    archive = Archive(home)
    for source_id in load_catalog().sources:
        held = archive.current(source_id)
        archive.set_current(source_id, [entry for entry in held if entry.snapshot_sha256 != sha256])
    for path in (*home.raw.rglob(f"{sha256[:16]}.parquet"), *home.quarantine.rglob(f"{sha256[:16]}.json")):
        path.unlink()


def measure_growth(home: Home, folder: Path, times: int, table: Table) -> None:
    """Measure build and publication against the bare SQL on figures multiplied, with their disk made free again."""
    target = Home(folder / f"times_{times}")
    rows = multiplied(home, target, times)
    print(f"{rows:,} figures", flush=True)
    shutil.copytree(home.build / "dbt", target.build / "dbt")
    built, bare = f"build and publication, {rows:,} figures", f"bare SQL, {rows:,} figures"
    table.add(built, part("build", target))
    shutil.rmtree(target.published)
    target.build_database.unlink()
    table.add(bare, part("sql", target))
    table.compare(f"{built} / bare SQL", built, bare)
    shutil.rmtree(target.root)


def main() -> int:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--origin", type=Path, help="a folder of publishers' files")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--times", type=int, nargs="*", default=[], help="how often the figures are multiplied"
    )
    parser.add_argument("--no-textbook", action="store_true")
    parser.add_argument("--json", type=Path, help="keep every measurement here")
    parser.add_argument(
        "--folder", type=Path, help="work below this folder instead of the system's temporary one"
    )
    parser.add_argument("--part", choices=sorted(_PARTS), help=argparse.SUPPRESS)
    parser.add_argument("--home", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.part:
        _PARTS[arguments.part](Home(arguments.home))
        return 0
    if arguments.origin is None:
        parser.error("--origin is needed")
    os.environ["MIERUKA_OFFLINE"] = "1"
    table = Table()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as name:
        folder = Path(name)
        home = measure_nights(
            arguments.origin, folder, arguments.rounds, table, textbook=not arguments.no_textbook
        )
        for times in (1, *arguments.times) if arguments.times else ():
            measure_growth(home, folder, times, table)
    print("\n".join(table.lines()))
    if arguments.json:
        costs = {key: [asdict(cost) for cost in found] for key, found in table.costs.items()}
        arguments.json.write_text(
            json.dumps({"costs": costs, "ratios": table.ratios}, indent=1), encoding="utf-8"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())

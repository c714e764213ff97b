"""Seconds of each stage of `mieruka run`, and of the same SQL run bare in DuckDB: `make bench`.

The bare run executes the statements that dbt compiled, in dbt's order, on one connection: what is left over
is the price of dbt's contracts, tests, comments and bookkeeping. Both are measured in one process, in turn.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb

from pipelines.settings import Home, today

Seconds = dict[str, list[float]]


def timed(seconds: Seconds, name: str, work: Callable[[], Any]) -> Any:
    """Run a piece of work and keep how long it took."""
    started = time.perf_counter()
    result = work()
    seconds.setdefault(name, []).append(time.perf_counter() - started)
    return result


def _import_all(seconds: Seconds) -> None:
    def orchestrator() -> None:
        import assets.resources  # noqa: F401

    def dbt() -> None:
        import dbt.cli.main  # noqa: F401

    timed(seconds, "import dagster", orchestrator)
    timed(seconds, "import dbt", dbt)


def _sources(home: Home, seconds: Seconds) -> None:
    from pipelines.acquire.archive import Archive
    from pipelines.acquire.fetch import acquire
    from pipelines.catalog.loader import load_catalog
    from pipelines.land.catalog_tables import land_catalog
    from pipelines.land.source import SourceLanding

    catalog = timed(seconds, "read descriptions", load_catalog)
    sources = list(catalog.sources.values())
    timed(seconds, "acquire", lambda: [acquire(source, home) for source in sources])
    timed(
        seconds,
        "check and land",
        lambda: [
            SourceLanding(source, catalog, home).land(Archive(home).current(source.source_id), full=True)
            for source in sources
        ],
    )
    timed(seconds, "land common tables", lambda: land_catalog(home, catalog))


def _bare(manifest: dict[str, Any], order: list[str], target_path: Path) -> float:
    """Return the seconds of the compiled statements alone, in a fresh database."""
    with tempfile.TemporaryDirectory() as folder, duckdb.connect(f"{folder}/mieruka.duckdb") as connection:
        for schema in ("staging", "intermediate", "marts", "meta"):
            connection.execute(f"create schema if not exists {schema}")
        started = time.perf_counter()
        for unique_id in order:
            node = manifest["nodes"][unique_id]
            code = (target_path / "compiled" / "mieruka" / node["original_file_path"]).read_text(
                encoding="utf-8"
            )
            kind = "view" if node["config"]["materialized"] == "view" else "table"
            connection.execute(f"create {kind} {node['schema']}.{node['name']} as {code}")
        return time.perf_counter() - started


def _build(home: Home, seconds: Seconds) -> None:
    from assets.dbt_runner import DbtRunner
    from assets.parsed_project import project_manifest

    runner = DbtRunner(home, today())
    timed(seconds, "project parsed by dbt, as kept", lambda: project_manifest(home))
    order: list[str] = []

    def build() -> None:
        nodes = (event["data"]["node_info"]["unique_id"] for event in runner.build())
        order.extend(node for node in nodes if node.startswith("model."))

    timed(seconds, "dbt build in process", build)
    seconds.setdefault("same SQL bare in DuckDB", []).append(
        _bare(project_manifest(home), order, runner.target_path)
    )


def _gate_and_publish(home: Home, seconds: Seconds) -> None:
    from pipelines.publish.release import Run, publish
    from pipelines.quality.gate import run_gate
    from pipelines.settings import now

    def importing() -> None:
        import great_expectations  # noqa: F401

    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    timed(seconds, "import great_expectations", importing)
    timed(seconds, "quality gate", lambda: run_gate(home.build_database, None))
    moment = now()
    run = Run("benchmark", moment.isoformat(), None, "running", 0, 0)
    timed(seconds, "publish", lambda: publish(home, run, "benchmark", today()))


def main() -> int:
    """Measure, print a table, and write JSON where asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--rounds", type=int, default=3, help="rounds in one process; the first also pays the imports"
    )
    parser.add_argument("--json", type=Path, help="file for the figures")
    arguments = parser.parse_args()
    seconds: Seconds = {}
    for _ in range(arguments.rounds):
        with tempfile.TemporaryDirectory(prefix="mieruka-bench-") as folder:
            home = Home(Path(folder))
            home.create()
            _import_all(seconds)
            _sources(home, seconds)
            _build(home, seconds)
            _gate_and_publish(home, seconds)
    print(f"{'stage':<28}{'first':>9}{'median of later':>17}")
    for name, values in seconds.items():
        later = statistics.median(values[1:]) if len(values) > 1 else values[0]
        print(f"{name:<28}{values[0]:>8.2f}s{later:>16.2f}s")
    ratios = [
        built / bare
        for built, bare in zip(
            seconds["dbt build in process"], seconds["same SQL bare in DuckDB"], strict=True
        )
    ]
    print(f"dbt build / bare SQL, paired: {min(ratios):.1f} to {max(ratios):.1f}")
    if arguments.json:
        arguments.json.write_text(json.dumps(seconds, indent=1), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

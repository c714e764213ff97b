"""What the models of registers cost on one machine: `python -m benchmarks.register_scale DIR…` (of benchmarks.registers).

Each nation is built by dbt in a process of its own with limits, and its sums and findings are compared with the oracle of
its folder. Memory is the highest resident size that the kernel saw of that process, not what DuckDB was told.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import duckdb

from pipelines.settings import DBT_PROJECT_DIR, PROJECT_ROOT

_FINDINGS = """
select rule, sum(finding_count)::bigint
from (select distinct area_code, fiscal_year, entity, rule, finding_count from marts.register_finding) group by rule
"""
_SUMS = """
select breakdown_value, sum(line_count)::bigint, sum(acquisition_cost)::bigint, sum(accumulated_depreciation)::bigint,
    sum(book_value)::bigint
from marts.register_rate where breakdown = 'account' group by 1
"""


@dataclass(frozen=True)
class Measured:
    """One build: lines, seconds on the clock and of processors, peak of memory in bytes, whether figures are the oracle's."""

    lines: int
    seconds: float
    cpu_seconds: float
    peak_bytes: int
    database_bytes: int
    agrees: bool

    def row(self) -> str:
        """Return the measurement as a row of a table."""
        millions = self.lines / 1e6
        return (
            f"| {millions:,.0f} | {self.seconds:,.0f} | {self.seconds / millions:.1f} | {self.cpu_seconds:,.0f} "
            f"| {self.peak_bytes / 2**30:.2f} | {self.database_bytes / 2**20:,.0f} | {'yes' if self.agrees else 'NO'} |"
        )


def build_command(
    raw: Path, work: Path, target: str, python: Path = Path(sys.executable), **variables: str | int
) -> list[str]:
    """Return the command that builds the models of registers from landed files, with variables of dbt."""
    given = {"raw_dir": str(raw.resolve()), "run_date": "2026-11-23", **variables}
    return [
        str(python), "-m", "dbt.cli.main", "build", "--select", "tag:register", "--exclude-resource-type", "unit_test",
        "--target", target, "--project-dir", str(DBT_PROJECT_DIR), "--profiles-dir", str(DBT_PROJECT_DIR),
        "--target-path", str(work / "target"), "--log-path", str(work / "logs"), "--vars", json.dumps(given),
    ]  # fmt: skip


def as_the_oracle(database: Path, raw: Path) -> bool:
    """Return whether the built sums and counts of findings are those that the nation was made with."""
    oracle: dict[str, Any] = json.loads((raw / "oracle.json").read_text(encoding="utf-8"))
    with duckdb.connect(str(database), read_only=True) as connection:
        findings = dict(connection.execute(_FINDINGS).fetchall())
        sums = {account: values for account, *values in connection.execute(_SUMS).fetchall()}
    expected = {rule: count for rule, count in oracle["findings"].items() if count}
    return bool(findings == expected and sums == oracle["sums"])


def measure(raw: Path, scratch: Path, limits: dict[str, str]) -> Measured:
    """Build a nation with limits; raise CalledProcessError when dbt fails."""
    with tempfile.TemporaryDirectory(prefix="mieruka-registers-", dir=scratch) as folder:
        work = Path(folder)
        database = work / "mieruka.duckdb"
        environment = {
            **os.environ, **limits, "MIERUKA_BUILD_DATABASE": str(database), "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        }  # fmt: skip
        started = time.monotonic()
        process = subprocess.Popen(
            build_command(raw, work, "limited"), cwd=PROJECT_ROOT, env=environment, stdout=sys.stderr
        )
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.monotonic() - started
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, "dbt build")
        lines = json.loads((raw / "oracle.json").read_text(encoding="utf-8"))["lines"]
        return Measured(
            lines, seconds, used.ru_utime + used.ru_stime, used.ru_maxrss << 10, database.stat().st_size,
            as_the_oracle(database, raw),
        )  # fmt: skip


def main() -> int:
    """Measure nations in the order given; exit status 1 when one differs from its oracle."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("nations", nargs="+", type=Path, metavar="DIR")
    parser.add_argument("--memory", default="2GiB", help="what DuckDB may use; the process needs more")
    parser.add_argument("--threads", default="2")
    parser.add_argument("--temporary", default="12GiB", help="most of temporary files")
    parser.add_argument("--scratch", type=Path, default=Path(tempfile.gettempdir()))
    parser.add_argument("--json", type=Path, help="file for the figures")
    given = parser.parse_args()
    limits = {
        "MIERUKA_MEMORY_LIMIT": given.memory, "MIERUKA_THREADS": given.threads, "MIERUKA_TEMP_LIMIT": given.temporary,
    }  # fmt: skip
    print("| million lines | seconds | a million | CPU seconds | peak GiB | database MiB | as the oracle |")
    print("|--:|--:|--:|--:|--:|--:|---|")
    measured = []
    for nation in given.nations:
        measured.append(measure(nation, given.scratch, limits))
        print(measured[-1].row(), flush=True)
    if given.json:
        given.json.write_text(json.dumps([asdict(entry) for entry in measured], indent=1), encoding="utf-8")
    return 0 if all(entry.agrees for entry in measured) else 1


if __name__ == "__main__":
    sys.exit(main())

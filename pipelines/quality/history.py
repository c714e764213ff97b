"""What is remembered of every gate and of every defect, so that a page can say since when, and what was mended.

One sealed file a gate in `state/checks/`, the oldest of which are removed, and one sealed file of defects. Each is
written whole or not at all; one that a disk has damaged is passed over, and its run is missing from the history.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import duckdb

from pipelines.files import read_record, write_record
from pipelines.quality.gate import GateReport
from pipelines.query import records
from pipelines.settings import Home

# Some 40 KB each.
MOST_GATES = 120
# A file that is broken from end to end has a defect a row: so many are remembered one by one.
MOST_DEFECTS = 20_000
MOST_MENDED = 2_000

_DEFECTS = """
select defect.*, source.publisher_ja, source.publisher_en, source.title_ja, source.title_en
from meta.defect as defect left join marts.dim_source as source using (source_id)
order by defect.defect_id
"""


def _gates(home: Home) -> list[Path]:
    """Return the files of the gates, oldest first: ids of runs sort by time."""
    return sorted((home.state / "checks").glob("*.json"))


def _ledger(home: Home) -> Path:
    return home.state / "defects.json"


def note_gate(home: Home, run_id: str, moment: str, report: GateReport) -> None:
    """Remember how a gate turned out, `moment` being ISO 8601 with offset."""
    content = {
        "run_id": run_id,
        "checked_at": moment,
        "outcomes": [outcome.as_record() | {"result": outcome.result} for outcome in report.outcomes],
        "affected": {suite: asdict(found) for suite, found in report.affected.items()},
    }
    write_record(home.state / "checks" / f"{run_id}.json", content)
    for old in _gates(home)[:-MOST_GATES]:
        old.unlink(missing_ok=True)


def read_gates(home: Home) -> list[dict[str, Any]]:
    """Return what is remembered of the gates, oldest first."""
    return [record for path in _gates(home) if (record := read_record(path))]


def note_defects(home: Home, database: Path, moment: str) -> None:
    """Remember since when each defect of a built warehouse is known, and which are no longer found."""
    with duckdb.connect(str(database), read_only=True) as connection:
        remembered = connection.execute(f"{_DEFECTS} limit {MOST_DEFECTS}")
        found = {row["defect_id"]: row for row in records(remembered)}
        held = {
            row[0]
            for row in connection.execute("select snapshot_sha256 from meta.source_snapshot").fetchall()
        }
    before = read_defect_ledger(home)
    known = {entry["defect_id"]: entry["first_seen_at"] for entry in (*before["mended"], *before["open"])}
    gone = [
        entry | {"mended_at": moment, "is_file_replaced": entry["snapshot_sha256"] not in held}
        for entry in before["open"] if entry["defect_id"] not in found
    ]  # fmt: skip
    mended = [entry for entry in (*before["mended"], *gone) if entry["defect_id"] not in found]
    content = {
        "open": [entry | {"first_seen_at": known.get(key, moment)} for key, entry in found.items()],
        "mended": mended[-MOST_MENDED:],
    }
    write_record(_ledger(home), content)


def read_defect_ledger(home: Home) -> dict[str, list[dict[str, Any]]]:
    """Return the defects remembered as open and as mended; none where nothing is remembered."""
    record = read_record(_ledger(home)) or {}
    return {"open": record.get("open", []), "mended": record.get("mended", [])}

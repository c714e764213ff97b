"""The quarantine: refused rows and files with their reasons, one JSON file a table."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from pipelines.defects import Defect
from pipelines.files import read_record, write_record
from pipelines.settings import Home

# The name under which a source keeps the defects of its acquisition, beside those of its tables.
ACQUISITION = "_acquisition"
# The name under which the history of areas keeps what its sources contradict.
REGISTER = "_register"


def _path(home: Home, source_id: str, table: str) -> Path:
    return home.quarantine / source_id / f"{table}.json"


def damaged_records(*folders: Path) -> list[Path]:
    """Return the records below folders that are not as they were written."""
    return [path for folder in folders for path in folder.rglob("*.json") if read_record(path) is None]


def discard_damaged(home: Home) -> int:
    """Remove the records that are not as they were written, so that they are made anew; return how many."""
    damaged = damaged_records(home.quarantine, home.attempts)
    for path in damaged:
        path.unlink()
    return len(damaged)


def has_record(home: Home, source_id: str, table: str) -> bool:
    """Return whether it is known what was refused of a table; a damaged record is none."""
    return read_record(_path(home, source_id, table)) is not None


def read_defects(home: Home, source_id: str, table: str) -> list[Defect]:
    """Return the defects kept from the last time a table was landed."""
    record = read_record(_path(home, source_id, table))
    return [Defect(**entry) for entry in record["defects"]] if record else []


def write_defects(
    home: Home, source_id: str, table: str, defects: list[Defect], refused: dict[int, list[str]] | None = None
) -> None:
    """Keep the defects of a table, and the texts of the rows that were refused."""
    content = {
        "defects": [asdict(defect) for defect in defects],
        "rows": {str(row): cells for row, cells in sorted((refused or {}).items())},
    }
    write_record(_path(home, source_id, table), content)

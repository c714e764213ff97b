"""The quarantine: refused rows and files with their reasons, one JSON file a table."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from pipelines.defects import Defect
from pipelines.files import write_atomically
from pipelines.settings import Home

# The name under which a source keeps the defects of its acquisition, beside those of its tables.
ACQUISITION = "_acquisition"
# The name under which the history of areas keeps what its sources contradict.
REGISTER = "_register"


def _path(home: Home, source_id: str, table: str) -> Path:
    return home.quarantine / source_id / f"{table}.json"


def read_defects(home: Home, source_id: str, table: str) -> list[Defect]:
    """Return the defects kept from the last time a table was landed."""
    path = _path(home, source_id, table)
    if not path.exists():
        return []
    return [Defect(**entry) for entry in json.loads(path.read_text(encoding="utf-8"))["defects"]]


def write_defects(
    home: Home, source_id: str, table: str, defects: list[Defect], refused: dict[int, list[str]] | None = None
) -> None:
    """Keep the defects of a table, and the texts of the rows that were refused."""
    content = {
        "defects": [asdict(defect) for defect in defects],
        "rows": {str(row): cells for row, cells in sorted((refused or {}).items())},
    }
    write_atomically(_path(home, source_id, table), json.dumps(content, ensure_ascii=False, indent=1))

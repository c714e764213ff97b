"""`check`: the defects of one file, read as the pipeline would read it, without touching the warehouse."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli.messages import Speaker
from cli.usage import UsageError
from pipelines.acquire.archive import MAX_BYTES
from pipelines.acquire.fetch import acquire
from pipelines.catalog.loader import Catalog, DescribedSource, load_catalog
from pipelines.defects import Defect
from pipelines.land.source import SourceLanding
from pipelines.settings import Home


@dataclass(frozen=True)
class CheckReport:
    """What was found in one file."""

    path: Path
    source_id: str
    table: str
    rows: int
    defects: list[Defect]

    def as_record(self) -> dict[str, Any]:
        """Return the report for scripts, messages in both languages."""
        return {
            "file": str(self.path),
            "source_id": self.source_id,
            "table": self.table,
            "rows": self.rows,
            "defects": [
                defect.as_record() | {"message_ja": defect.message("ja"), "message_en": defect.message("en")}
                for defect in self.defects
            ],
        }


def _find(catalog: Catalog, path: Path, source_id: str | None, say: Speaker) -> tuple[DescribedSource, str]:
    if source_id is not None and source_id not in catalog.sources:
        raise UsageError(say("unknown_source", text=source_id, known=", ".join(catalog.sources)))
    candidates = [catalog.sources[source_id]] if source_id else list(catalog.sources.values())
    found = [
        (source, name)
        for source in candidates
        for name, table in source.description.tables.items()
        if table.file == path.name
    ]
    if len(found) != 1:
        known = ", ".join(
            f"{source.source_id}: {table.file}"
            for source in candidates
            for table in source.description.tables.values()
        )
        raise UsageError(say("no_source_for_file", path=path, known=known))
    return found[0]


def check_file(path: Path, source_id: str | None, say: Speaker) -> CheckReport:
    """Read a file in a scratch home together with its source's other files, and return what is wrong with it."""
    if not path.is_file():
        raise UsageError(say("no_file", path=path))
    catalog = load_catalog()
    source, name = _find(catalog, path, source_id, say)
    with tempfile.TemporaryDirectory(prefix="mieruka-check-") as scratch:
        home = Home(Path(scratch) / "home")
        home.create()
        origin = Path(scratch) / "origin"
        origin.mkdir()
        if path.stat().st_size <= MAX_BYTES:
            (origin / path.name).write_bytes(path.read_bytes())
        snapshots, failures = acquire(source, home, origin)
        landed = {table.name: table for table in SourceLanding(source, catalog, home).land(snapshots)}
    table = landed.get(name)
    defects = [defect for defect in failures if defect.table == name] + (table.defects if table else [])
    return CheckReport(path, source.source_id, name, table.rows if table else 0, defects)

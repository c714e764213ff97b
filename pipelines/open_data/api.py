"""Static JSON under stable addresses: `api/v1/index.json`, `kpi/<id>.json`, `area/<code>.json`, `item/<id>.json`.

DuckDB makes the JSON. An area has its figures as series; a figure is a row of values whose names stand once in `columns`,
and its citation stands once a file in `citations`. Values are the publishers' decimals, digit for digit.
"""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.files import exchange_folder, make_folder
from pipelines.open_data import queries
from pipelines.publish.datapackage import DESCRIPTION, LICENCE, TITLE, created_at

if TYPE_CHECKING:
    import duckdb

ROOT = "api"
EDITION = "v1"
SCHEMAS = Path(__file__).parent / "schemas"
_FILES_AT_ONCE = 100
# An id becomes a file's name.
_ID = re.compile(r"[a-z0-9_]+")


@dataclass
class Written:
    """How much was written: files and bytes."""

    files: int = 0
    bytes: int = 0

    def add(self, path: Path, text: str) -> None:
        """Write a text to a path and count it."""
        data = text.encode()
        path.write_bytes(data)
        self.files += 1
        self.bytes += len(data)


def write_api(connection: duckdb.DuckDBPyConnection, folder: Path, version: str) -> Written:
    """Write `api/v1/` below a folder in the place of what is there; return what was written.

    The connection must allow temporary tables. Raises OSError when the disk refuses, with the old files in place.
    """
    make_folder(folder)
    staging, target = folder / f".{ROOT}.part", folder / ROOT
    shutil.rmtree(staging, ignore_errors=True)
    try:
        written = _Api(connection, staging / EDITION, version).write()
        exchange_folder(staging, target)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return written


@dataclass
class _Api:
    connection: duckdb.DuckDBPyConnection
    folder: Path
    version: str

    def write(self) -> Written:
        written = Written()
        for name in ("", "schema", "kpi", "area", "item"):
            (self.folder / name).mkdir(parents=True)
        for path in sorted(SCHEMAS.glob("*.json")):
            written.add(self.folder / "schema" / path.name, path.read_text(encoding="utf-8"))
        for statement in queries.PREPARE:
            self.connection.execute(statement)
        # In parts, by prefecture: all figures as JSON at once would take gigabytes of memory.
        parts = [row[0] for row in self.connection.execute(queries.PARTS).fetchall()]
        for part in parts:
            self.connection.execute(queries.FILL, [part])
        for part in parts:
            self._pages("area", queries.AREA, written, {"part": part})
        self._pages("kpi", queries.KPI, written)
        self._pages("item", queries.ITEM, written)
        for kind, query in queries.LISTS.items():
            written.add(self.folder / f"{kind}.json", self._page(kind, self._one(query)))
        written.add(self.folder / "index.json", self._page("index", self._index(written)))
        return written

    def _pages(self, kind: str, query: str, written: Written, values: dict[str, str] | None = None) -> None:
        cursor = self.connection.execute(query, values) if values else self.connection.execute(query)
        while rows := cursor.fetchmany(_FILES_AT_ONCE):
            for name, body in rows:
                if not _ID.fullmatch(name):
                    raise ValueError(name)
                written.add(self.folder / kind / f"{name}.json", self._page(kind, body))

    def _one(self, query: str) -> str:
        row = self.connection.execute(query).fetchone()
        return str(row[0]) if row else "{}"

    def _page(self, kind: str, body: str) -> str:
        """Return a JSON object with the head that every file has, then its own content."""
        up = "" if kind in ("index", *queries.LISTS) else "../"
        head = {
            "$schema": f"{up}schema/{kind}.schema.json",
            "version": self.version,
            "licence": LICENCE["path"],
            "index": f"{up}index.json",
        }
        return json.dumps(head, ensure_ascii=False)[:-1] + ", " + body[1:] + "\n"

    def _index(self, written: Written) -> str:
        record: dict[str, Any] = {
            "title": TITLE,
            "description": DESCRIPTION,
            "created": created_at(self.version),
            "licence_title": LICENCE["title"],
            "addresses": {
                "kpi": "kpi/{kpi_id}.json",
                "area": "area/{area_code}.json",
                "item": "item/{item_id}.json",
                **{kind: f"{kind}.json" for kind in queries.LISTS},
            },
            "files": written.files + 1,
        }
        counts = self._one(queries.INDEX)
        return json.dumps(record, ensure_ascii=False)[:-1] + ", " + counts[1:]

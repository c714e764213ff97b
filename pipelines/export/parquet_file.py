"""Parquet with the types of the warehouse; what the columns mean goes into the file's own metadata."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.query import quoted

if TYPE_CHECKING:
    import duckdb

    from pipelines.export.tables import ExportTable


def write_parquet(
    connection: duckdb.DuckDBPyConnection, table: ExportTable, path: Path, version: str
) -> None:
    """Write the rows of a table."""
    meanings = json.dumps({name: meaning for name, _, meaning in table.columns}, ensure_ascii=False)
    metadata = ", ".join(
        f"{key}: {quoted(text)}"
        for key, text in (("title", table.described.ja), ("version", version), ("columns", meanings))
    )
    connection.execute(
        f"copy ({table.query}) to {quoted(str(path))} (format parquet, compression zstd, kv_metadata {{{metadata}}})"
    )

"""`datapackage.json`: the published Parquet described for machines (Frictionless Data Package, version 2)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb

from pipelines.files import write_atomically

SCHEMA = "https://datapackage.org/profiles/2.0/datapackage.json"
_LICENCE = {
    "name": "CC-BY-4.0",
    "title": "Creative Commons Attribution 4.0 (this compilation; each figure cites its own source)",
    "path": "https://creativecommons.org/licenses/by/4.0/",
}
_TYPES = {
    "VARCHAR": "string",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "DOUBLE": "number",
    "INTEGER": "integer",
    "BIGINT": "integer",
    "TIMESTAMP WITH TIME ZONE": "datetime",
}


def _field_type(data_type: str) -> str:
    if data_type.endswith("[]"):
        return "list"
    return "number" if data_type.startswith("DECIMAL") else _TYPES.get(data_type, "any")


def _fields(connection: duckdb.DuckDBPyConnection, schema: str, table: str) -> list[dict[str, str]]:
    rows = connection.execute(
        "select column_name, data_type, comment from duckdb_columns() "
        "where schema_name = ? and table_name = ? order by column_index",
        [schema, table],
    ).fetchall()
    return [
        {"name": name, "type": _field_type(kind), "description": comment or ""}
        for name, kind, comment in rows
    ]


def _resource(connection: duckdb.DuckDBPyConnection, folder: Path, path: Path) -> dict[str, Any]:
    schema, _, table = path.stem.rpartition(".")
    schema = schema or "marts"
    row = connection.execute(
        "select comment from duckdb_tables() where schema_name = ? and table_name = ?", [schema, table]
    ).fetchone()
    return {
        "name": path.stem.replace(".", "-").replace("_", "-"),
        "path": path.relative_to(folder).as_posix(),
        "format": "parquet",
        "mediatype": "application/vnd.apache.parquet",
        "bytes": path.stat().st_size,
        "description": (row[0] if row else None) or "",
        "schema": {"fields": _fields(connection, schema, table)},
    }


def write_datapackage(connection: duckdb.DuckDBPyConnection, published: Path, version: str) -> None:
    """Describe the Parquet files below `published` with the comments, sources and licences of the database."""
    sources = connection.execute(
        "select title_ja, landing_url from marts.dim_source "
        "where source_id in (select source_id from meta.source_snapshot) order by source_id"
    ).fetchall()
    package = {
        "$schema": SCHEMA,
        "name": "mieruka",
        "title": "見える化: 経済・財政再生計画 改革工程表の進捗",
        "version": version,
        "licenses": [_LICENCE],
        "sources": [{"title": title, "path": path} for title, path in sources],
        "resources": [
            _resource(connection, published, path)
            for path in sorted((published / "parquet").glob("[!.]*.parquet"))
        ],
    }
    write_atomically(published / "datapackage.json", json.dumps(package, ensure_ascii=False, indent=1))

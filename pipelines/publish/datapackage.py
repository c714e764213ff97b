"""`datapackage.json`: files of tables described for machines (Frictionless Data Package, version 2).

One code describes what is published and what is exported. A foreign key is stated only where the rows hold it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from pipelines.files import sha256_of, write_atomically
from pipelines.publish.described import DescribedTable
from pipelines.publish.dictionary import described_tables
from pipelines.publish.differences import quoted
from pipelines.publish.units import unit_of
from pipelines.query import records

NAME = "mieruka"
TITLE = "見える化: 経済・財政再生計画 改革工程表の進捗"
DESCRIPTION = (
    "地方行財政改革のKPIと、その出典まで遡れる数値。値のないところには理由（value_status）がある。 "
    "KPIs of Japan's local-government reforms with figures traceable to their source; a blank has a reason."
)
SCHEMA = "https://datapackage.org/profiles/2.0/datapackage.json"
_RESOURCE_SCHEMA = "https://datapackage.org/profiles/2.0/dataresource.json"
_TABLE_SCHEMA = "https://datapackage.org/profiles/2.0/tableschema.json"
LIST_DELIMITER = ";"
LICENCE = {
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
_MEDIA = {
    "parquet": "application/vnd.apache.parquet",
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
# What columns of these names refer to; of several the first that is in the package.
_REFERENCES: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (("kpi_id",), ("marts.dim_kpi",)),
    (("measure_id",), ("marts.dim_measure",)),
    (("measure_id", "target_version"), ("marts.dim_target",)),
    (("item_id",), ("marts.dim_item",)),
    (("series_id",), ("marts.dim_series",)),
    (("source_id",), ("marts.dim_source",)),
    (("plan_id",), ("marts.dim_plan",)),
    (("publication_id",), ("marts.dim_publication",)),
    (("initiative_no",), ("marts.dim_initiative",)),
    (("area_code",), ("marts.dim_area_current", "marts.dim_area")),
    (("observation_id",), ("marts.fct_observation",)),
    (("snapshot_sha256",), ("meta.source_snapshot",)),
    (("value_status", "observation_status"), ("marts.dim_observation_status",)),
)
# The column that says of when the rows of a table are.
_TIME_COLUMNS = ("as_of_date", "evaluated_on", "valid_from", "effective_on")

Column = tuple[str, str, str]


@dataclass(frozen=True)
class Part:
    """One file of a package: its path from the package's folder, and the table and rows (SQL) that it holds.

    `described` is given for a table that only the package has.
    """

    table: str
    path: str
    query: str
    described: DescribedTable | None = None

    @property
    def description(self) -> DescribedTable | None:
        """Return what the table means; None where nothing is known of it."""
        return self.described or described_tables().get(self.table)

    @property
    def format(self) -> str:
        """Return the format: csv, parquet or xlsx."""
        return self.path.rpartition(".")[2]

    @property
    def name(self) -> str:
        """Return the resource's name, unique in the package."""
        return f"{self.table.removeprefix('marts.')}.{self.format}".replace("meta.", "meta-")


def field_type(data_type: str, file_format: str) -> str:
    """Return the Table Schema type of a DuckDB type in a file of a format."""
    if data_type.endswith("[]"):
        return "list" if file_format == "csv" else "array"
    return "number" if data_type.startswith("DECIMAL") else _TYPES.get(data_type, "any")


@dataclass(frozen=True)
class Comments:
    """The comments of a database: of its tables and views, and of their columns, by names with their schema."""

    tables: dict[str, str]
    columns: dict[tuple[str, str], str]


def comments_of(connection: duckdb.DuckDBPyConnection) -> Comments:
    """Return all comments at once: asked table by table, DuckDB would list the columns of all tables every time."""
    tables = connection.execute(
        "select schema_name || '.' || table_name, comment from duckdb_tables() where comment is not null union all "
        "select schema_name || '.' || view_name, comment from duckdb_views() where comment is not null"
    ).fetchall()
    columns = connection.execute(
        "select schema_name || '.' || table_name, column_name, comment from duckdb_columns() where comment is not null"
    ).fetchall()
    return Comments(dict(tables), {(table, column): comment for table, column, comment in columns})


def columns_of(
    connection: duckdb.DuckDBPyConnection,
    query: str,
    table: str,
    comments: Comments,
    described: DescribedTable | None = None,
) -> list[Column]:
    """Return name, DuckDB type and Japanese meaning of each column of a query over a table."""
    described = described or described_tables().get(table)
    found = []
    for name, kind, *_ in connection.execute(f"describe {query}").fetchall():
        column = described.column(name) if described else None
        found.append((name, kind, comments.columns.get((table, name)) or (column.ja if column else "")))
    return found


def table_comment(comments: Comments, table: str) -> str:
    """Return what a table holds, in Japanese."""
    described = described_tables().get(table)
    return comments.tables.get(table) or (described.ja if described else "")


def _fields(columns: list[Column], described: DescribedTable | None, part: Part) -> list[dict[str, Any]]:
    names = [name for name, _, _ in columns]
    fields = []
    for name, data_type, meaning in columns:
        column = described.column(name) if described else None
        field: dict[str, Any] = {"name": name, "type": field_type(data_type, part.format)}
        if field["type"] == "list":
            field["delimiter"] = LIST_DELIMITER
            field["itemType"] = "integer" if data_type.startswith(("BIGINT", "INTEGER")) else "string"
        field["description"] = meaning
        field["description_en"] = column.en if column else ""
        if unit := column.unit[0] if column and column.unit else unit_of(name, names):
            field["unit_in" if unit.startswith("=") else "unit"] = unit.removeprefix("=")
        fields.append(field)
    return fields


def _is_held(
    connection: duckdb.DuckDBPyConnection, columns: tuple[str, ...], child: str, parent: str
) -> bool:
    """Return whether each row of the child that has these columns has its row in the parent."""
    names = ", ".join(columns)
    present = " and ".join(f"{column} is not null" for column in columns)
    # Of a large table few values differ.
    found = connection.execute(
        f"select 1 from (select distinct {names} from ({child}) where {present}) "
        f"anti join (select {names} from ({parent})) using ({names}) limit 1"
    ).fetchone()
    return found is None


def _foreign_keys(
    connection: duckdb.DuckDBPyConnection, part: Part, names: list[str], others: dict[tuple[str, str], Part]
) -> list[dict[str, Any]]:
    keys = []
    for columns, candidates in _REFERENCES:
        parents = [others[part.format, table] for table in candidates if (part.format, table) in others]
        if part.table in candidates or not parents or not set(columns) <= set(names):
            continue
        if _is_held(connection, columns, part.query, parents[0].query):
            fields = list(columns)
            keys.append({"fields": fields, "reference": {"resource": parents[0].name, "fields": fields}})
    return keys


def _temporal(connection: duckdb.DuckDBPyConnection, query: str, names: list[str]) -> dict[str, str] | None:
    """Return the first and the last day that rows are about; None where they are about none."""
    column = next((name for name in _TIME_COLUMNS if name in names), None)
    row = (
        connection.execute(f"select min({column}), max({column}) from ({query})").fetchone()
        if column
        else None
    )
    return {"start": row[0].isoformat(), "end": row[1].isoformat()} if row and row[0] else None


def _resource(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    part: Part,
    others: dict[tuple[str, str], Part],
    comments: Comments,
) -> dict[str, Any]:
    path = folder / part.path
    resource: dict[str, Any] = {
        "$schema": _RESOURCE_SCHEMA,
        "name": part.name,
        "path": part.path,
        "format": part.format,
        "mediatype": _MEDIA[part.format],
        "bytes": path.stat().st_size,
        "hash": f"sha256:{sha256_of(path)}",
    }
    if part.format == "xlsx":
        return resource | {"type": "file"}
    described = part.description
    columns = columns_of(connection, part.query, part.table, comments, described)
    names = [name for name, _, _ in columns]
    schema: dict[str, Any] = {
        "$schema": _TABLE_SCHEMA,
        "fields": _fields(columns, described, part),
        "missingValues": [""],
    }
    if described and described.key and set(described.key) <= set(names):
        schema["primaryKey"] = list(described.key)
    if keys := _foreign_keys(connection, part, names, others):
        schema["foreignKeys"] = keys
    meaning = part.described.ja if part.described else table_comment(comments, part.table)
    resource |= {"type": "table", "description": meaning, "description_en": described.en if described else ""}
    if temporal := _temporal(connection, part.query, names):
        resource["temporal"] = temporal
    if part.format == "csv":
        resource |= {"encoding": "utf-8-sig", "dialect": {"delimiter": ",", "lineTerminator": "\r\n"}}
    return resource | {"schema": schema}


def citation(publisher: str | None, title: str | None, url: str | None) -> str:
    """Return how a source is cited, in the words that the publishers' terms ask for."""
    return f"出典：{publisher or ''}「{title or ''}」（{url or ''}）を加工して作成"


def sources_used(connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """Return the sources of which files are held, as they are described: the columns of `marts.dim_source`."""
    return records(
        connection.execute(
            "select * from marts.dim_source "
            "where source_id in (select source_id from meta.source_snapshot) order by source_id"
        )
    )


def _source(source: dict[str, Any]) -> dict[str, Any]:
    record = {
        "title": source["title_ja"],
        "path": source["landing_url"],
        "source_id": source["source_id"],
        "publisher": source.get("publisher_ja"),
        "licence": source.get("licence_ja"),
        "licence_path": source.get("licence_url"),
        "citation": citation(source.get("publisher_ja"), source["title_ja"], source["landing_url"]),
    }
    return {key: value for key, value in record.items() if value is not None}


def created_at(version: str) -> str | None:
    """Return the moment of a version's id as ISO 8601; None where the id says none."""
    with suppress(ValueError):
        return datetime.strptime(version, "%Y%m%dT%H%M%S%z").isoformat()
    return None


def describe_package(
    connection: duckdb.DuckDBPyConnection, folder: Path, parts: Sequence[Part], version: str
) -> dict[str, Any]:
    """Return the description of files below a folder with the meanings, sources and licences of the database."""
    others = {(part.format, part.table): part for part in parts}
    comments = comments_of(connection)
    package: dict[str, Any] = {
        "$schema": SCHEMA,
        "name": NAME,
        "id": f"urn:mieruka:{version}",
        "title": TITLE,
        "description": DESCRIPTION,
        "version": version,
        "created": created_at(version),
        "keywords": ["地方行財政", "改革工程表", "KPI", "local government", "Japan"],
        "contributors": [{"title": "Mieruka", "roles": ["wrangler", "publisher"]}],
        "licenses": [LICENCE],
        "sources": [_source(source) for source in sources_used(connection)],
        "resources": [_resource(connection, folder, part, others, comments) for part in parts],
    }
    return {key: value for key, value in package.items() if value is not None}


def write_package(
    connection: duckdb.DuckDBPyConnection, folder: Path, parts: Sequence[Part], version: str
) -> None:
    """Write `datapackage.json` for files that lie below the folder."""
    package = describe_package(connection, folder, parts, version)
    write_atomically(folder / "datapackage.json", json.dumps(package, ensure_ascii=False, indent=1))


def write_datapackage(connection: duckdb.DuckDBPyConnection, published: Path, version: str) -> None:
    """Describe the Parquet files below `published`, one a table, by the tables of the database."""
    views = {name for (name,) in connection.execute("select view_name from duckdb_views()").fetchall()}
    parts = []
    for path in sorted((published / "parquet").glob("[!.]*.parquet")):
        schema, _, name = path.stem.rpartition(".")
        table = f"{schema or 'marts'}.{name}"
        # A view would be computed again for each question about it; its file has the same rows.
        rows = f"read_parquet({quoted(path)})" if name in views else table
        parts.append(Part(table, path.relative_to(published).as_posix(), f"select * from {rows}"))
    write_package(connection, published, parts, version)

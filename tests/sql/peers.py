"""Tables given as rows, and the shipped models of peers and of the combined views run on them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import duckdb

from tests.sql.engine import Engine, insert_rows
from tests.sql.series import build

Row = Mapping[str, Any]

# What the models read, by the columns that they use.
TABLES = {
    "staging.stg_peer_group": "peer_scheme varchar, peer_group varchar, valid_from date, valid_to date, label_ja varchar, "
    "published_text varchar, body_class varchar, population_class varchar, population_min bigint, "
    "population_below bigint, secondary_tertiary_min bigint, secondary_tertiary_below bigint, tertiary_min bigint, "
    "tertiary_below bigint, citation_url varchar",
    "staging.stg_peer_census": "census_on date, holds_from date",
    "staging.stg_peer_type": "source_id varchar, source_table varchar, snapshot_sha256 varchar, as_of date, "
    "file_row bigint, type_text varchar, citation_url varchar",
    "marts.fct_observation": "observation_id varchar, item_id varchar, series_id varchar, area_code varchar, "
    "body_scope varchar, statistic varchar, as_of_date date, fiscal_year bigint, value decimal(38, 10), "
    "numerator decimal(38, 10), denominator decimal(38, 10), value_status varchar, observation_status varchar, "
    "source_id varchar, snapshot_sha256 varchar, cell varchar, known_on date, is_secondary boolean, is_latest boolean",
    "intermediate.int_peer_population": "area_code varchar, as_of_date date, population decimal(18, 0)",
    "intermediate.int_peer_feature": "area_code varchar, feature varchar, as_of_date date, value double",
    "intermediate.int_sewerage_body": "scope varchar, as_of_date date, area_code varchar, is_applied integer, body_scope varchar",
    "intermediate.int_adoption_state": "adoption_id varchar, area_code varchar, prefecture_code varchar, as_of_date date, "
    "is_adopted integer, is_counted boolean",
    "marts.dim_area": "area_code varchar, valid_from date, valid_to date, name_ja varchar, prefecture_code varchar, "
    "area_type varchar, citation_url varchar",
    "marts.dim_item": "item_id varchar, unit varchar, is_additive boolean",
    "marts.dim_measure": "measure_id varchar, item_id varchar, unit varchar, direction varchar",
    "marts.dim_target": "measure_id varchar, target_version varchar, target_type varchar, target_value decimal(38, 10), "
    "target_date date, is_primary boolean",
    "marts.area_change": "from_code varchar, to_code varchar, effective_on date, kind varchar",
    "marts.area_peer_group": "area_code varchar, peer_scheme varchar, valid_from date, valid_to date, peer_group varchar, "
    "label_ja varchar",
    "marts.nearest_neighbour": "area_code varchar, position integer, neighbour_code varchar",
}

# Values of columns that a test does not speak of.
DEFAULTS: dict[str, Any] = {
    "is_latest": True,
    "is_secondary": False,
    "body_scope": "each_body",
    "observation_status": "final",
    "value_status": "reported",
    "statistic": "rate",
    "known_on": "2024-12-01",
    "valid_from": "1970-04-01",
    "is_counted": True,
}


class PeerEngine:
    """Runs the models of peers on rows given by table."""

    def __init__(self, engine: Engine) -> None:
        self._sql = engine.sql

    def run(self, models: Iterable[str], given: Mapping[str, Iterable[Row]]) -> duckdb.DuckDBPyConnection:
        """Return a connection with the tables of the models; `given` names tables with their schema."""
        connection = duckdb.connect()
        connection.execute("attach ':memory:' as mieruka; use mieruka")
        for schema in ("staging", "intermediate", "marts"):
            connection.execute(f"create schema {schema}")
        models = list(models)
        for table, columns in TABLES.items():
            if table.split(".")[1] not in models:
                connection.execute(f"create table {table} ({columns})")
                insert_rows(connection, table, list(_tuples(columns, given.get(table, []))))
        for name in models:
            build(connection, name, self._sql)
        return connection


def _tuples(columns: str, rows: Iterable[Row]) -> Iterable[tuple[Any, ...]]:
    names = [part.split()[0] for part in columns.replace("(38, 10)", "").replace("(18, 0)", "").split(",")]
    for number, row in enumerate(rows):
        unknown = set(row) - set(names)
        assert not unknown, f"no such column: {unknown}"
        own = {"observation_id": f"o{number}"} if "observation_id" in names else {}
        filled = {**DEFAULTS, **own, **row}
        yield tuple(filled.get(name) for name in names)


def rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    """Return the rows of a query as dictionaries."""
    cursor = connection.execute(query)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

"""Series and adoptions as data, run through the shipped models of trends and projections."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

import duckdb

from tests.sql.engine import Engine, insert_rows

TREND_MODELS = (
    "int_trend_point",
    "int_trend_summary",
    "int_kendall_distribution",
    "int_trend_slope",
    "kpi_trend",
    "int_projection_fit",
    "int_projection_curve",
    "int_adoption_item",
    "int_adoption_state",
    "adoption_history",
    "adoption_projection",
    "kpi_projection",
)

_TABLES = {
    "staging.stg_measure": "measure_id varchar, unit varchar, limit_value decimal(38, 10)",
    "staging.stg_series": "series_id varchar, valid_to date",
    "staging.stg_area": "area_code varchar, prefecture_code varchar, area_type varchar, valid_from date, valid_to date",
    "intermediate.int_area_today": "area_code varchar, today_code varchar",
    "intermediate.int_sewerage_body": "scope varchar, as_of_date date, area_code varchar, is_applied integer, "
    "body_scope varchar",
    "marts.fct_observation": "item_id varchar, area_code varchar, series_id varchar, as_of_date date, "
    "known_on date, value decimal(38, 10), statistic varchar, is_latest boolean, enters_verdict boolean",
    "intermediate.int_evaluation_figure": "measure_id varchar, area_code varchar, evaluated_on date, "
    "target_version varchar, figure_set varchar, as_of_date date, value decimal(38, 10), known_on_basis varchar",
    "intermediate.int_target_evaluation": "measure_id varchar, area_code varchar, evaluated_on date, "
    "target_version varchar, figure_set varchar, target_type varchar, comparator varchar, target_value decimal(38, 10), "
    "target_date date, direction varchar, series_id varchar, printed_baseline_value decimal(38, 10), "
    "printed_baseline_date date, has_figures_of_other_series boolean",
}


def fiscal_day(year: int) -> date:
    """Return the last day of a fiscal year."""
    return date(year + 1, 3, 31)


@dataclass(frozen=True)
class Series:
    """Figures of one measure and the target they are projected to."""

    points: list[tuple[date, float]]
    target: float | None = None
    deadline: date | None = None
    comparator: str = ">="
    direction: str = "increase"
    limit: float | None = None
    unit: str = "団体"
    evaluated_on: date = date(2018, 6, 1)
    baseline: tuple[date, float] | None = None
    series_ends: date | None = None
    other_series: bool = False
    basis: str = "printed"
    measure: str | None = None


@dataclass(frozen=True)
class Flag:
    """Whether a body had adopted on a day; `item` as in `int_adoption_item`."""

    area_code: str
    as_of: date
    adopted: int
    item: str = "cloud_adopted"
    series: str = "list"
    known_on: date | None = None


@dataclass
class Result:
    """The connection that holds the tables of the models."""

    connection: duckdb.DuckDBPyConnection
    names: list[str] = field(default_factory=list)

    def rows(self, query: str) -> list[dict[str, Any]]:
        """Return rows as dictionaries."""
        cursor = self.connection.execute(query)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def trend(self, number: int = 0) -> dict[str, Any]:
        """Return the trend of one series."""
        (row,) = self.rows(f"select * from marts.kpi_trend where measure_id = '{self.names[number]}'")
        return row

    def models(self, number: int = 0) -> dict[str, dict[str, Any]]:
        """Return the projections of one series by model."""
        rows = self.rows(f"select * from marts.kpi_projection where measure_id = '{self.names[number]}'")
        return {row["model"]: row for row in rows}


class SeriesEngine:
    """Runs series through the shipped SQL, in real days or in whole fiscal years."""

    def __init__(self, engine: Engine) -> None:
        self._sql = engine.sql

    def run(
        self,
        series: list[Series],
        flags: list[Flag] | None = None,
        bodies: dict[str, str] | None = None,
    ) -> Result:
        """Return the models' tables; series number i is measure `m{i}`. `bodies`: prefecture of each body."""
        connection = duckdb.connect()
        connection.execute("attach ':memory:' as mieruka; use mieruka")
        for schema in ("staging", "intermediate", "marts"):
            connection.execute(f"create schema {schema}")
        for table, columns in _TABLES.items():
            connection.execute(f"create table {table} ({columns})")
        names = [entry.measure or f"m{number}" for number, entry in enumerate(series)]
        self._fill_series(connection, series, names)
        self._fill_flags(connection, flags or [], bodies or {})
        connection.execute(
            "create table intermediate.int_evaluation_reading as select * from intermediate.int_target_evaluation"
        )
        for name in TREND_MODELS:
            build(connection, name, self._sql)
        return Result(connection, names)

    @staticmethod
    def _fill_series(connection: duckdb.DuckDBPyConnection, series: list[Series], names: list[str]) -> None:
        measures, ends, evaluations, figures = [], [], [], []
        for name, entry in zip(names, series, strict=True):
            key = (name, "000000", entry.evaluated_on, "plan", "measured")
            measures.append((name, entry.unit, entry.limit))
            ends.append((f"s_{name}", entry.series_ends))
            evaluations.append(
                (
                    *key, "level" if entry.target is not None else "none",
                    entry.comparator if entry.target is not None else None, entry.target, entry.deadline,
                    entry.direction, f"s_{name}", entry.baseline[1] if entry.baseline else None,
                    entry.baseline[0] if entry.baseline else None, entry.other_series,
                )
            )  # fmt: skip
            figures += [(*key, day, repr(value), entry.basis) for day, value in entry.points]
        insert_rows(connection, "staging.stg_measure", measures)
        insert_rows(connection, "staging.stg_series", ends)
        insert_rows(connection, "intermediate.int_target_evaluation", evaluations)
        insert_rows(connection, "intermediate.int_evaluation_figure", figures)

    @staticmethod
    def _fill_flags(connection: duckdb.DuckDBPyConnection, flags: list[Flag], bodies: dict[str, str]) -> None:
        insert_rows(
            connection,
            "staging.stg_area",
            [(code, prefecture, "city", "1970-01-01", None) for code, prefecture in bodies.items()],
        )
        insert_rows(connection, "intermediate.int_area_today", [(code, code) for code in bodies])
        insert_rows(
            connection,
            "marts.fct_observation",
            [
                (f.item, f.area_code, f.series, f.as_of, f.known_on or f.as_of, f.adopted, "flag", True, True)
                for f in flags
            ],
        )


def build(connection: duckdb.DuckDBPyConnection, name: str, sql: dict[str, str]) -> None:
    """Create the table of one model."""
    schema = "intermediate" if name.startswith("int_") else "marts"
    connection.execute(f"create table {schema}.{name} as {sql[name]}")

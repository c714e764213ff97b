"""The verdict SQL that ships, run on cases given as data: dbt compiles it, DuckDB runs it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from assets.parsed_project import project_object
from pipelines.settings import DBT_PROJECT_DIR, Home

RUN_DATE = date(2026, 11, 23)
PLAN_START = date(2015, 6, 30)
FAR_PAST = date(1900, 1, 1)

# In the order in which each reads the one before.
_MODELS = (
    "dim_observation_status",
    "fct_observation",
    "int_measure_figure",
    "int_evaluation_day",
    "int_target_evaluation",
    "int_evaluation_figure",
    "int_evaluation_reading",
    "int_progress",
    "kpi_progress",
    "kpi_verdict",
    "int_scheme_number",
    "scheme_comparison",
)

_TABLES = {
    "stg_kpi": "kpi_id varchar, is_monitor_only boolean",
    "stg_measure": "measure_id varchar, kpi_id varchar, item_id varchar, body_scope varchar, area_type varchar, "
    "direction varchar, unit varchar, is_non_decreasing boolean",
    "stg_plan": "plan_id varchar, started_on date",
    "stg_target": "measure_id varchar, target_version varchar, plan_id varchar, is_primary boolean, target_type varchar, "
    "comparator varchar, baseline_value decimal(38, 10), baseline_date date, target_value decimal(38, 10), "
    "target_date date, value_is_approximate boolean, date_is_approximate boolean, adopted_on date, known_on date, "
    "series_id varchar, applies_to varchar",
    "stg_area": "area_code varchar, valid_to date, area_type varchar",
}


@dataclass(frozen=True)
class Figure:
    """A figure of a case. `known_on` None: its release date is not known."""

    as_of: date
    value: float | str | None
    status: str = "final"
    known_on: date | None = None
    series: str = "series"
    enters: bool = True
    area_code: str = "000000"
    numerator: int | None = None
    denominator: int | None = None
    statistic: str = "count"


@dataclass(frozen=True)
class Target:
    """A target of a case."""

    value: float | str | None = None
    deadline: date | None = None
    baseline: float | str | None = None
    baseline_date: date | None = None
    kind: str = "level"
    comparator: str | None = ">="
    version: str = "plan"
    primary: bool = True
    adopted_on: date | None = FAR_PAST
    series: str = "series"
    applies_to: str = "nation"


@dataclass(frozen=True)
class Case:
    """One measure with its targets and figures; a KPI of its own unless cases share a `kpi`."""

    targets: list[Target]
    figures: list[Figure] = field(default_factory=list)
    direction: str = "increase"
    non_decreasing: bool = False
    monitor_only: bool = False
    kpi: str | None = None
    unit: str = "団体"


@cache
def compiled(variables: str, folder: str) -> dict[str, str]:
    """Return the compiled SQL of all models for some variables (JSON text)."""
    from dbt.cli.main import dbtRunner

    target = Path(folder)
    result = dbtRunner(project_object(Home(target))).invoke(
        [
            "compile", "--project-dir", str(DBT_PROJECT_DIR), "--profiles-dir", str(DBT_PROJECT_DIR),
            "--target-path", str(target), "--log-path", str(target / "logs"), "--log-level", "none",
            "--log-level-file", "none", "--vars", variables, "--no-populate-cache", "--no-introspect",
        ]
    )  # fmt: skip
    assert result.success, result.exception
    code = {
        node.node.name: node.node.compiled_code
        for node in result.result.results
        if hasattr(node.node, "compiled_code")
    }
    return code


def _target_row(measure: str, target: Target) -> tuple[Any, ...]:
    return (
        measure, target.version, "plan" if target.primary else "later", target.primary, target.kind,
        target.comparator if target.value is not None else None, target.baseline, target.baseline_date,
        target.value, target.deadline, False, False, target.adopted_on, target.adopted_on, target.series, target.applies_to,
    )  # fmt: skip


def insert_rows(connection: duckdb.DuckDBPyConnection, table: str, rows: list[tuple[Any, ...]]) -> None:
    """Insert rows through a frame of texts, which DuckDB casts: thousands at once, exact decimals."""
    if not rows:
        return
    columns = [f"c{number}" for number in range(len(rows[0]))]
    given_rows = pl.DataFrame(  # noqa: F841
        {
            name: pl.Series(
                [None if row[number] is None else str(row[number]) for row in rows], dtype=pl.String
            )
            for number, name in enumerate(columns)
        }
    )
    connection.execute(f"insert into {table} select * from given_rows")


class Engine:
    """Runs cases through the shipped SQL."""

    def __init__(self, folder: Path, **variables: Any) -> None:
        given = {"run_date": RUN_DATE.isoformat(), "raw_dir": str(folder), **variables}
        self.sql = compiled(
            json.dumps(given, sort_keys=True), str(folder / f"grace{variables.get('deadline_grace_days', 1)}")
        )

    def run(
        self,
        cases: list[Case],
        extra_days: list[date] | None = None,
        only_on: list[date] | None = None,
    ) -> duckdb.DuckDBPyConnection:
        """Return a connection in which `kpi_progress` and `kpi_verdict` hold the verdicts of all cases.

        Case number i is measure `m{i}`. `extra_days` are further days of evaluation; with `only_on`, a day for each
        case, that day alone is evaluated.
        """
        connection = duckdb.connect()
        connection.execute("attach ':memory:' as mieruka; use mieruka")
        for schema in ("staging", "intermediate", "marts"):
            connection.execute(f"create schema {schema}")
        for table, columns in _TABLES.items():
            connection.execute(f"create table staging.{table} ({columns})")
        self._fill(connection, cases)
        for name in _MODELS:
            schema = "intermediate" if name.startswith("int_") else "marts"
            connection.execute(f"create table {schema}.{name} as {self.sql[name]}")
            if name == "int_evaluation_day" and only_on is not None:
                self._evaluate_only(connection, only_on)
            if name == "int_evaluation_day" and extra_days:
                for day in extra_days:
                    connection.execute(
                        "insert into intermediate.int_evaluation_day "
                        "select distinct measure_id, area_code, ?::date from intermediate.int_evaluation_day "
                        "except select measure_id, area_code, evaluated_on from intermediate.int_evaluation_day",
                        [day],
                    )
        return connection

    @staticmethod
    def _evaluate_only(connection: duckdb.DuckDBPyConnection, days: list[date]) -> None:
        """Put the day of each case in the place of the days that the warehouse would evaluate."""
        connection.execute("create table day_of (measure_id varchar, evaluated_on date)")
        insert_rows(connection, "day_of", [(f"m{number}", day) for number, day in enumerate(days)])
        connection.execute(
            "create or replace table intermediate.int_evaluation_day as "
            "select distinct shipped.measure_id, shipped.area_code, day_of.evaluated_on "
            "from intermediate.int_evaluation_day as shipped inner join day_of using (measure_id)"
        )

    def latest(self, case: Case, day: date = RUN_DATE, scheme: str = "default") -> dict[str, Any]:
        """Return the primary national verdict of one case on one day."""
        connection = self.run([case], [day])
        cursor = connection.execute(
            "select * from marts.kpi_progress where is_primary and area_code = '000000' and evaluated_on = ? "
            "and scheme = ?",
            [day, scheme],
        )
        row = cursor.fetchone()
        assert row is not None
        return dict(zip([column[0] for column in cursor.description], row, strict=True))

    def _fill(self, connection: duckdb.DuckDBPyConnection, cases: list[Case]) -> None:
        connection.execute(
            "insert into staging.stg_plan values ('plan', ?), ('later', date '2018-06-15')", [PLAN_START]
        )
        connection.execute(
            "insert into staging.stg_area values ('000000', null, 'nation'), ('010006', null, 'prefecture')"
        )
        kpis = {case.kpi or f"k{number}": case.monitor_only for number, case in enumerate(cases)}
        insert_rows(connection, "staging.stg_kpi", list(kpis.items()))
        observations: list[tuple[Any, ...]] = []
        measures: list[tuple[Any, ...]] = []
        targets: list[tuple[Any, ...]] = []
        for number, case in enumerate(cases):
            measure = f"m{number}"
            measures.append(
                (
                    measure, case.kpi or f"k{number}", f"i{number}", "all", None, case.direction, case.unit,
                    case.non_decreasing,
                )
            )  # fmt: skip
            targets += [_target_row(measure, target) for target in case.targets]
            observations += [
                self._observation(number, index, figure) for index, figure in enumerate(case.figures)
            ]
        insert_rows(connection, "staging.stg_measure", measures)
        insert_rows(connection, "staging.stg_target", targets)
        self._observations(connection, observations)

    @staticmethod
    def _observation(number: int, index: int, figure: Figure) -> tuple[Any, ...]:
        return (
            f"i{number}", figure.series, figure.area_code, figure.statistic, figure.as_of,
            figure.value, figure.numerator, figure.denominator, figure.status, figure.enters, figure.known_on, f"d{index}",
        )  # fmt: skip

    @staticmethod
    def _observations(connection: duckdb.DuckDBPyConnection, rows: list[tuple[Any, ...]]) -> None:
        connection.execute(
            "create table given (item_id varchar, series_id varchar, area_code varchar, statistic varchar, as_of_date date, "
            "value decimal(38, 10), numerator decimal(38, 10), denominator decimal(38, 10), observation_status varchar, "
            "enters_verdict boolean, published_on date, document_id varchar)"
        )
        insert_rows(connection, "given", rows)
        connection.execute(
            """
            create table staging.stg_observation as
            select
                *, 'all' as body_scope, 'day' as date_precision, 'printed' as date_basis, null::bigint as fiscal_year,
                null::date as period_start, false as value_is_approximate, '団体' as unit, 'reported' as value_status,
                false as label_is_inferred, null::varchar as conflict_group,
                case when observation_status = 'derived' then 'derived' end as exclusion_reason,
                null::varchar as citation_title_ja, null::varchar as citation_publisher_ja,
                null::varchar as original_publisher_ja, false as is_secondary, 'https://example.jp' as citation_url,
                case when published_on is not null then 'printed' end as published_on_basis, null::varchar as page,
                null::varchar as note_ja, 'source' as source_id, 'table' as source_table, 'sha' as snapshot_sha256,
                now() as retrieved_at, 'sheet' as sheet, 'cell' as cell, value::varchar as raw_text
            from given
            """
        )

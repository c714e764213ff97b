"""A warehouse of a few rows in the published shape, built without dbt, to be published over and over."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb

from pipelines.publish.release import publish
from pipelines.publish.runs import Run
from pipelines.settings import Home, now

DAY = date(2026, 11, 23)
AREAS = ("000000", "131016", "325252")

_TABLES = """
create schema staging; create table staging.scaffolding as select 1 as one;
create schema marts; create schema meta;
create table marts.dim_item (item_id varchar, name_ja varchar, name_en varchar, unit varchar);
create table marts.dim_measure (measure_id varchar, kpi_id varchar, item_id varchar, name_ja varchar, name_en varchar);
create table marts.dim_kpi (kpi_id varchar, name_ja varchar, name_en varchar);
create table marts.dim_area (area_code varchar, valid_from date, name_ja varchar);
create table marts.dim_series (series_id varchar, item_id varchar, definition_ja varchar);
create table marts.dim_source (source_id varchar, title_ja varchar, landing_url varchar);
create table marts.dim_target (measure_id varchar, target_version varchar, target_value decimal(38,10), target_date date,
    target_text_ja varchar, target_due_on date);
create table marts.fct_observation (observation_id varchar, item_id varchar, series_id varchar, area_code varchar,
    body_scope varchar, statistic varchar, as_of_date date, value decimal(38,10), numerator decimal(38,10),
    denominator decimal(38,10), unit varchar, value_status varchar, observation_status varchar, enters_verdict boolean,
    source_id varchar, snapshot_sha256 varchar, sheet varchar, cell varchar, raw_text varchar, citation_url varchar,
    citation_title_ja varchar, document_id varchar, page varchar, is_latest boolean);
create table marts.kpi_progress (measure_id varchar, area_code varchar, target_version varchar, scheme varchar,
    evaluated_on date, superseded_on date, is_primary boolean, status varchar, grade varchar, reason_code varchar,
    progress double, observation_id varchar, deadline_observation_id varchar, baseline_observation_id varchar,
    target_value decimal(38,10), target_date date, comparator varchar, as_of_date date, value decimal(38,10));
create table marts.kpi_verdict (kpi_id varchar, scheme varchar, evaluated_on date, superseded_on date, status varchar,
    grade varchar);
create table meta.source_snapshot (snapshot_sha256 varchar, source_id varchar, file_name varchar);
create table meta.source_status (expected_on date, overdue_on date);
create table meta.publication_status (expected_on date, overdue_on date);
insert into marts.dim_item values ('clouds', 'クラウド導入団体', 'Bodies in the cloud', '団体');
insert into marts.dim_measure values ('clouds_measure', 'clouds_kpi', 'clouds', 'クラウド', 'Cloud');
insert into marts.dim_kpi values ('clouds_kpi', 'クラウド', 'Cloud');
insert into marts.dim_series values ('clouds__first', 'clouds', '一つ目の定義');
insert into marts.dim_source values ('office', '調査', 'https://office.example/');
insert into marts.dim_target values ('clouds_measure', 'plan', 1000, date '2030-03-31', '千団体', null);
insert into marts.kpi_progress values ('clouds_measure', '000000', 'plan', 'default', date '2026-11-23', null, true,
    'behind', 'B', 'PACE', 0.5, 'clouds-000000', null, null, 1000, date '2030-03-31', '>=', date '2026-03-31', 1);
insert into marts.kpi_verdict values ('clouds_kpi', 'default', date '2026-11-23', null, 'behind', 'B');
insert into meta.source_snapshot values (repeat('a', 64), 'office', 'clouds.csv');
"""
_FIGURES = """
insert into marts.fct_observation
select 'clouds-' || code, 'clouds', 'clouds__first', code, 'municipalities', 'count', date '2026-03-31', 1, null, null,
    '団体', 'reported', 'final', true, 'office', repeat('a', 64), 'sheet', 'C' || position, '1',
    'https://office.example/clouds', '調査結果', null, null, true
from (select unnest($codes::varchar[]) as code, generate_subscripts($codes::varchar[], 1) as position)
"""


def small_build(home: Home, *changes: str) -> None:
    """Build the small warehouse of a home anew, with changes in SQL."""
    home.create()
    home.build_database.unlink(missing_ok=True)
    with duckdb.connect(str(home.build_database)) as connection:
        small_tables(connection, *changes)


def small_tables(connection: duckdb.DuckDBPyConnection, *changes: str) -> None:
    """Make the tables of the small warehouse, with changes in SQL."""
    connection.execute(_TABLES)
    connection.execute(
        "insert into marts.dim_area select unnest(?), date '1970-01-01', '団体'", [list(AREAS)]
    )
    connection.execute(_FIGURES, {"codes": list(AREAS)})
    for change in changes:
        connection.execute(change)


def stamped(stamp: int) -> tuple[str, ...]:
    """Return the changes that write one number into every table that readers compare."""
    return (
        f"update marts.fct_observation set value = {stamp}",
        f"update marts.kpi_progress set value = {stamp}",
        f"update marts.dim_target set target_value = {stamp}",
    )


def version_id(number: int) -> str:
    """Return the id of the n-th version: of one day, a second apart."""
    return f"20261123T{number // 3600:02}{number // 60 % 60:02}{number % 60:02}+0900"


def publish_small(home: Home, number: int, *changes: str) -> Run:
    """Build and publish the n-th small version."""
    small_build(home, *changes)
    return publish_built(home, number)


def publish_built(home: Home, number: int) -> Run:
    """Publish what is built as the n-th version."""
    run = Run(version_id(number), now().isoformat(), None, "running", 0, 0)
    return publish(home, run, f"inputs {number}", DAY)


def value_in(database: Path) -> object:
    """Return the one value that all figures of a stamped database have."""
    with duckdb.connect(str(database), read_only=True) as connection:
        found = connection.execute("select distinct value from marts.fct_observation").fetchall()
    assert len(found) == 1
    return found[0][0]


def blocks(database: Path) -> range:
    """Return where in its file each block of a database begins."""
    return range(3 * 4096, database.stat().st_size, 256 * 1024)


def damage(database: Path, place: int) -> None:
    """Alter some bytes of a file, whatever other names it has: those after a header or the checksum of a block."""
    with database.open("r+b") as stream:
        stream.seek(place + 16)
        content = stream.read(64)
        stream.seek(place + 16)
        stream.write(bytes(byte ^ 0x5A for byte in content))

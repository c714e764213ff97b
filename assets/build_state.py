"""What the build database remembers of itself, so that dbt need not build again what would come out the same.

`build_state.code` says from which project, by which libraries it was built; `landed` the version of each landed file as
it is now; `node` and `part` are kept by dbt itself (dbt_project/macros/kept.sql), each in the transaction that built it:
a build that is killed at any moment leaves every table with what it was really made from.
"""

from __future__ import annotations

from collections.abc import Iterator

import duckdb

from assets.parsed_project import project_fingerprint
from pipelines.files import sha256_of
from pipelines.land.catalog_tables import observation_folder
from pipelines.land.parquet import fingerprint_of
from pipelines.register.schema import LINES, REGISTER, TOTALS, folder_of, write_empty
from pipelines.settings import DBT_PROJECT_DIR, Home

_TABLES = """
create schema build_state;
create table build_state.code (fingerprint varchar);
create table build_state.landed (name varchar, part varchar, version varchar);
create table build_state.node (name varchar, inputs varchar, version varchar);
create table build_state.part (name varchar, key varchar, part varchar, version varchar);
"""
# The figures of a source are a part of all figures, in the view on them as in the files.
_PARTS_OF_FIGURES = """
delete from build_state.part where name = 'model.mieruka.stg_observation';
insert into build_state.part
select 'model.mieruka.stg_observation', 'source_id', part, version
from build_state.landed where name = 'source.mieruka.catalog.observation';
"""
# Of which the file may be empty in part: the rest is what was built anew since.
_MOST_FREE = 0.5


def _landed(home: Home) -> Iterator[tuple[str, str, str]]:
    """Yield dbt's name of each landed table, the part of it that a file is, and the version of the file."""
    for path in sorted(home.raw.glob("*/*.parquet")):
        yield f"source.mieruka.{path.parent.name}.{path.stem}", "", str(fingerprint_of(path))
    for path in sorted(observation_folder(home).glob("*.parquet")):
        yield "source.mieruka.catalog.observation", path.stem, str(fingerprint_of(path))
    for path in sorted((DBT_PROJECT_DIR / "seeds").rglob("*.csv")):
        yield f"seed.mieruka.{path.stem}", "", sha256_of(path)
    for name in (LINES, TOTALS):
        for path in sorted(folder_of(home, name).rglob("*.parquet")):
            yield f"source.mieruka.{REGISTER}.{name}", path.stem, str(fingerprint_of(path))


def _remove(home: Home) -> None:
    for name in (home.build_database, home.build_database.with_name(home.build_database.name + ".wal")):
        name.unlink(missing_ok=True)


def _may_go_on(home: Home) -> bool:
    """Return whether the database was built by the present code and libraries, and is not mostly empty space."""
    if not home.build_database.exists():
        return False
    try:
        with duckdb.connect(str(home.build_database)) as connection:
            if connection.execute("select fingerprint from build_state.code").fetchall() != [
                (project_fingerprint(),)
            ]:
                return False
            size = connection.execute(
                "select free_blocks, total_blocks from pragma_database_size()"
            ).fetchone()
            return size is not None and size[0] <= _MOST_FREE * max(size[1], 1)
    except duckdb.Error:
        # An older database, or a damaged one: it is disposable.
        return False


def prepare(home: Home, *, full: bool) -> None:
    """Make the build database ready for dbt: as it was left, or empty when nothing of it may be kept, or `full`."""
    home.build_database.parent.mkdir(parents=True, exist_ok=True)
    write_empty(home)
    is_new = full or not _may_go_on(home)
    if is_new:
        _remove(home)
    with duckdb.connect(str(home.build_database)) as connection:
        connection.execute("begin")
        if is_new:
            connection.execute(_TABLES)
            connection.execute("insert into build_state.code values ($1)", [project_fingerprint()])
        connection.execute("delete from build_state.landed")
        connection.executemany("insert into build_state.landed values ($1, $2, $3)", list(_landed(home)))
        connection.execute(_PARTS_OF_FIGURES)
        connection.execute("commit")


def distrust(home: Home) -> None:
    """Let the next build begin with an empty database: one that failed may have failed by what it went on from."""
    try:
        with duckdb.connect(str(home.build_database)) as connection:
            connection.execute("delete from build_state.code")
    except duckdb.Error:
        _remove(home)

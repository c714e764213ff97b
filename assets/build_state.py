"""What the build database remembers of itself, so that dbt need not build again what would come out the same.

`build_state.code` says from which project, by which libraries it was built; `landed` the version of each landed file as
it is now; `node` and `part` are kept by dbt itself (dbt_project/macros/kept.sql), each in the transaction that built it:
a build that is killed at any moment leaves every table with what it was really made from. `complete` says of a build
that went through from which landed files and for which day: what reads none of those that differ since, and not the day
when it is another, need not even be asked. `begun` names what differed for the builds begun since then, of which one that
was killed has left tables of two states: what reads any of that is asked until a build goes through.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import duckdb

from assets.parsed_project import project_fingerprint, project_manifest
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
create table build_state.complete (name varchar, part varchar, version varchar);
create table build_state.begun (name varchar);
"""
# The figures of a source are a part of all figures, in the view on them as in the files.
_PARTS_OF_FIGURES = """
delete from build_state.part where name = 'model.mieruka.stg_observation';
insert into build_state.part
select 'model.mieruka.stg_observation', 'source_id', part, version
from build_state.landed where name = 'source.mieruka.catalog.observation';
"""
# What a build is made for, beside the landed files: among those that are complete, under these names.
_DAY, _FOLDER = "run_date", "raw_dir"
_BEGIN = """
insert into build_state.begun
select name from (
    (from build_state.complete except from build_state.landed) union all
    (from build_state.landed except from build_state.complete)
)
"""
_COMPLETE = """
begin;
delete from build_state.complete;
insert into build_state.complete from build_state.landed;
delete from build_state.begun;
commit
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


def _given(home: Home, run_date: date) -> list[tuple[str, str, str]]:
    return [(_DAY, "", run_date.isoformat()), (_FOLDER, "", str(home.raw))]


def prepare(home: Home, run_date: date, *, full: bool) -> list[str] | None:
    """Make the build database ready for dbt: as it was left, or empty when nothing of it may be kept, or `full`.

    Returns dbt's names of the nodes to ask, None for all: what is not among them was built from the same files.
    """
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
        connection.executemany(
            "insert into build_state.landed values ($1, $2, $3)",
            [*_landed(home), *_given(home, run_date)],
        )
        connection.execute(_PARTS_OF_FIGURES)
        connection.execute(_BEGIN)
        changed = _names(connection, "select distinct name from build_state.begun")
        remembered = _names(connection, "select name from build_state.node")
        connection.execute("commit")
    return None if _FOLDER in changed else nodes_to_ask(project_manifest(home), changed, remembered)


def _names(connection: duckdb.DuckDBPyConnection, query: str) -> set[str]:
    return {name for (name,) in connection.execute(query).fetchall()}


def complete(home: Home) -> None:
    """Remember that a build of all nodes went through, or of those that `prepare` named."""
    with duckdb.connect(str(home.build_database)) as connection:
        connection.execute(_COMPLETE)


def built_for(home: Home) -> date:
    """Return the day for which the last build that went through was made; raise ValueError when none did."""
    with duckdb.connect(str(home.build_database), read_only=True) as connection:
        days = _names(connection, f"select version from build_state.complete where name = '{_DAY}'")
    (day,) = days
    return date.fromisoformat(day)


def nodes_to_ask(manifest: dict[str, Any], changed: set[str], remembered: set[str]) -> list[str]:
    """Return the nodes that read a changed file or seed, or the day when it is another, and all that come after them.

    Among the first are those of which nothing is remembered, such as a test that warned: only seeds go without.
    """
    nodes = {name for name in manifest["nodes"] if name.startswith(("model.", "seed.", "test."))}
    by_day = _readers_of_the_day(manifest) if _DAY in changed else set()
    unknown = {name for name in nodes - remembered if not name.startswith("seed.")}
    found = nodes & (by_day | unknown | changed)
    waiting = [*found, *(name for name in changed if name in manifest["sources"])]
    while waiting:
        after = nodes.intersection(manifest["child_map"][waiting.pop()]) - found
        found |= after
        waiting += after
    return sorted(found)


def _readers_of_the_day(manifest: dict[str, Any]) -> set[str]:
    """Return the nodes in whose SQL the day may stand: its name does, or in that of a macro that they call."""
    macros: dict[str, dict[str, Any]] = manifest["macros"]
    naming = {name for name, macro in macros.items() if _DAY in macro["macro_sql"]}
    while more := {
        name for name in macros.keys() - naming if naming.intersection(macros[name]["depends_on"]["macros"])
    }:
        naming |= more
    return {
        name
        for name, node in manifest["nodes"].items()
        if naming.intersection(node["depends_on"]["macros"])
        or _DAY in node["raw_code"]
        or _DAY in json.dumps(node["config"])
    }


def distrust(home: Home) -> None:
    """Let the next build begin with an empty database: one that failed may have failed by what it went on from."""
    try:
        with duckdb.connect(str(home.build_database)) as connection:
            connection.execute("delete from build_state.code")
    except duckdb.Error:
        _remove(home)

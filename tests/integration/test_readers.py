"""Readers while versions are published: no error, and every answer from one whole version.

The full number: `MIERUKA_READERS=16 MIERUKA_PUBLICATIONS=100 .venv/bin/python -m pytest -s tests/integration/test_readers.py`
"""

from __future__ import annotations

import multiprocessing
import os
import time
from collections import Counter
from multiprocessing.synchronize import Event
from pathlib import Path
from queue import Queue
from typing import Any

import duckdb

from pipelines.publish.versions import kept_versions
from pipelines.settings import Home
from tests.small_warehouse import publish_small, stamped, version_id

READERS = int(os.environ.get("MIERUKA_READERS", "4"))
PUBLICATIONS = int(os.environ.get("MIERUKA_PUBLICATIONS", "15"))
_PAUSE_SECONDS = 0.3
_ONE_THREAD = {"threads": 1}
_STAMPED = {"fct_observation": "value", "kpi_progress": "value", "dim_target": "target_value"}

Answer = tuple[str, tuple[int, ...]]


def _stamps(connection: duckdb.DuckDBPyConnection, tables: dict[str, str]) -> tuple[int, ...]:
    """Return every number stamped into the tables; of one whole version they are all the same."""
    found: set[int] = set()
    for name, table in tables.items():
        rows = connection.execute(f"select distinct {_STAMPED[name]} from {table}").fetchall()
        found |= {int(row[0]) for row in rows}
    return tuple(sorted(found))


def ask_database(home: Home) -> Answer:
    """Ask several tables of the published database over one connection."""
    with duckdb.connect(str(home.published_database), read_only=True, config=_ONE_THREAD) as connection:
        row = connection.execute("select max(run_id) from meta.run where outcome = 'published'").fetchone()
        assert row is not None
        return row[0], _stamps(connection, {name: f"marts.{name}" for name in _STAMPED})


def ask_parquet(home: Home) -> Answer:
    """Ask several Parquet files through one folder, looked up once."""
    folder = (home.published / "parquet").resolve()
    with duckdb.connect(config=_ONE_THREAD) as connection:
        return folder.parent.name, _stamps(
            connection, {name: f"'{folder / name}.parquet'" for name in _STAMPED}
        )


def ask_everything_beside(home: Home) -> Answer:
    """Ask Parquet and database of one version through `current`, looked up once."""
    folder = (home.published / "current").resolve()
    with duckdb.connect(str(folder / "mieruka.duckdb"), read_only=True, config=_ONE_THREAD) as connection:
        return folder.name, _stamps(
            connection,
            {
                "fct_observation": "marts.fct_observation",
                "kpi_progress": f"'{folder}/parquet/kpi_progress.parquet'",
                "dim_target": f"'{folder}/parquet/dim_target.parquet'",
            },
        )


_WAYS = (ask_database, ask_parquet, ask_everything_beside)


def _read(root: str, ready: Event, end: Event, answers: Queue[Any]) -> None:
    home, found = Home(Path(root)), Counter[tuple[str, Answer]]()
    parent = multiprocessing.parent_process()
    ready.set()
    # A test that is killed must not leave its readers behind.
    while not end.is_set() and parent is not None and parent.is_alive():
        for way in _WAYS:
            try:
                found[way.__name__, way(home)] += 1
            except Exception as error:
                found[way.__name__, (f"{type(error).__name__}: {error}", ())] += 1
        # Sixteen readers without a pause would leave two processors no time to publish.
        time.sleep(_PAUSE_SECONDS)
    answers.put(dict(found))


def test_readers_see_whole_versions_while_others_are_published(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    publish_small(home, 0, *stamped(0))
    context = multiprocessing.get_context("spawn")
    end, answers = context.Event(), context.Queue()
    ready = [context.Event() for _ in range(READERS)]
    readers = [
        context.Process(target=_read, args=(str(home.root), event, end, answers), daemon=True)
        for event in ready
    ]
    for reader in readers:
        reader.start()
    for event in ready:
        assert event.wait(timeout=300)
    started = time.monotonic()
    for number in range(1, PUBLICATIONS + 1):
        publish_small(home, number, *stamped(number))
    seconds = time.monotonic() - started
    end.set()
    found = Counter[tuple[str, Answer]]()
    for _ in readers:
        found.update(answers.get(timeout=300))
    for reader in readers:
        reader.join(timeout=300)
    assert wrong_answers(found) == {}
    for way in _WAYS:
        # Had the readers been asleep, nothing would have been tried.
        assert len({version for name, (version, _) in found if name == way.__name__}) > PUBLICATIONS / 3
    seen = {version for _, (version, _) in found}
    print(
        f"{READERS} readers, {PUBLICATIONS} publications in {seconds:.0f} s: {found.total():,} answers "
        f"from {len(seen)} versions, {len(kept_versions(home))} versions kept"
    )


def wrong_answers(found: Counter[tuple[str, Answer]]) -> dict[tuple[str, Answer], int]:
    """Return the answers that are not exactly the numbers of the version that they say they are from."""
    expected = {version_id(number): (number,) for number in range(PUBLICATIONS + 1)}
    return {asked: count for asked, count in found.items() if expected.get(asked[1][0]) != asked[1][1]}


def test_a_mixture_of_versions_would_be_noticed() -> None:
    mixed: list[Answer] = [(version_id(1), (1, 2)), (version_id(2), (1,)), ("IOException: no such file", ())]
    found = Counter(
        {("ask_database", (version_id(1), (1,))): 1} | {("ask_parquet", answer): 1 for answer in mixed}
    )
    assert set(wrong_answers(found)) == {("ask_parquet", answer) for answer in mixed}

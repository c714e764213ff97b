"""Whatever happened before, the warehouse is what a build from nothing makes of the same bytes."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from pipelines.publish.content import differing
from tests.histories import World, build, built_contents

# Raise these for the long proof; the seed makes a failure repeatable.
HISTORIES = int(os.environ.get("MIERUKA_HISTORIES", "2"))
STEPS = int(os.environ.get("MIERUKA_HISTORY_STEPS", "4"))
SEED = int(os.environ.get("MIERUKA_HISTORY_SEED", "20261123"))


@pytest.mark.parametrize("number", range(HISTORIES))
def test_after_any_history_the_figures_are_those_of_a_full_rebuild(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(tmp_path, random.Random(f"{SEED} {number}"))  # noqa: S311
    built = [len(world.night(monkeypatch))]
    for _ in range(STEPS):
        world.step()
        while world.chance.random() < 1 / 3:
            world.stopped_night(monkeypatch)
            world.step()
        built.append(len(world.night(monkeypatch)))
    kept = built_contents(world.home)
    anew = built_contents(world.rebuilt(tmp_path / "rebuilt"))
    print(number, built, " ".join(world.happened))
    assert differing(anew, kept) == [], world.happened
    assert anew["marts.fct_observation"].rows > 1000
    # When each table was last looked for is known anew every night.
    looked_at = {"stg_source_status", "source_status", "publication_status", "bi_freshness"}
    assert world.night(monkeypatch) <= looked_at


def test_tables_made_in_many_lots_are_those_made_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(tmp_path, random.Random(SEED))  # noqa: S311
    world.night(monkeypatch)
    at_once = built_contents(world.home)
    monkeypatch.setenv("MIERUKA_ROWS_AT_ONCE", "60")
    build(world.home, world.day, full=True)
    assert differing(at_once, built_contents(world.home)) == []
    assert at_once["marts.peer_comparison"].rows > 60

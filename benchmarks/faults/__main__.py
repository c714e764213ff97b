"""`python -m benchmarks.faults`: kill runs at random moments and named points, and see that nothing is lost."""

from __future__ import annotations

import argparse
import json
import multiprocessing
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from multiprocessing.queues import Queue
from pathlib import Path
from queue import Empty

from benchmarks.faults.campaign import (
    EMPTY_AT_FIRST,
    Stage,
    Task,
    Trial,
    damaged_files,
    for_worker,
    named_points,
    prepare,
    random_kills,
)
from benchmarks.faults.points import ERRORS, POINTS
from benchmarks.faults.runs import Forked, Spawned

KILLED = {name: f"{point}:kill" for name, point in POINTS.items()}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.faults", description=__doc__)
    parser.add_argument("--kills", type=int, default=200, help="random kills (default 200)")
    parser.add_argument(
        "--first",
        type=int,
        default=1,
        metavar="N",
        help="begin with the N-th of the kills, each the same for one seed",
    )
    parser.add_argument(
        "--points",
        type=int,
        nargs="?",
        const=len(POINTS),
        default=0,
        metavar="N",
        help="also the named points, killed: all, or N spread over all",
    )
    parser.add_argument(
        "--errors",
        type=int,
        nargs="?",
        const=len(ERRORS),
        default=0,
        metavar="N",
        help="also errors of the disk at the points that write: all, or N spread over all",
    )
    parser.add_argument("--damages", type=int, default=0, help="also files of the home damaged, as often")
    parser.add_argument(
        "--recover-every", type=int, default=1, metavar="N", help="of N named points run again after one only"
    )
    parser.add_argument("--origin", type=Path, help="publishers' files (default: those in the repository)")
    parser.add_argument(
        "--spawned", action="store_true", help="a new interpreter for every run, imports included"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=1, metavar="N", help="trials side by side (default 1)")
    parser.add_argument(
        "--empty", type=float, default=EMPTY_AT_FIRST, metavar="SHARE",
        help=f"share of the kills in a home where nothing was published (default {EMPTY_AT_FIRST})",
    )  # fmt: skip
    parser.add_argument("--work", type=Path, help="folder for the homes (default: a temporary one)")
    parser.add_argument("--json", type=Path, help="write every trial here")
    return parser.parse_args()


def _spread(faults: dict[str, str], number: int) -> dict[str, str]:
    names = list(faults)
    chosen = min(number, len(names))
    return {name: faults[name] for name in (names[place * len(names) // chosen] for place in range(chosen))}


def _tasks(given: argparse.Namespace) -> Iterator[Task]:
    yield from random_kills(given.kills, given.seed, given.empty, given.first)
    yield from named_points(_spread(KILLED, given.points), given.recover_every)
    yield from named_points(_spread(ERRORS, given.errors), given.recover_every)
    yield from damaged_files(given.damages, given.seed)


def _work(
    stage: Stage, number: int, workers: int, tasks: list[tuple[int, Task]], done: Queue[tuple[int, Trial]]
) -> None:
    own = for_worker(stage, number) if workers > 1 else stage
    for place, task in tasks[number::workers]:
        done.put((place, task(own)))


def _trials(stage: Stage, tasks: list[tuple[int, Task]], workers: int) -> Iterator[tuple[int, Trial]]:
    """Yield each trial with its place among all, as they end in processes side by side."""
    forked = multiprocessing.get_context("fork")
    done: Queue[tuple[int, Trial]] = forked.Queue()
    processes = [
        forked.Process(target=_work, args=(stage, number, workers, tasks, done)) for number in range(workers)
    ]
    for process in processes:
        process.start()
    # A worker that is itself killed says nothing, so whether it still runs is asked.
    while any(process.is_alive() for process in processes) or not done.empty():
        with suppress(Empty):
            yield done.get(timeout=1)


def _summary(trials: list[Trial], seconds: float) -> str:
    stopped = [trial for trial in trials if trial.stopped]
    lines = [
        f"{len(trials)} trials, {len(stopped)} stopped before their end, {sum(bool(t.problem) for t in trials)} with a problem",
        f"an undisturbed run took {seconds:.1f} s",
        f"found after the stop: {dict(Counter(trial.found for trial in stopped))}",
        f"step at the stop: {dict(Counter(trial.step for trial in stopped))}",
        f"started from: {dict(Counter(trial.began for trial in trials))}; stopped twice: {sum(t.times > 1 for t in trials)}",
    ]
    return "\n".join(lines)


def main() -> int:
    """Run the trials; return 1 when a home was not whole or did not recover."""
    given = _arguments()
    runner = Spawned() if given.spawned else Forked()
    if given.work:
        given.work.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="mieruka_faults_", dir=given.work))
    stage = prepare(folder, runner, given.origin)
    tasks, ended = list(enumerate(_tasks(given))), dict[int, Trial]()
    for place, trial in _trials(stage, tasks, given.workers):
        ended[place] = trial
        print(
            f"{trial.name}: {trial.step} after {trial.at_seconds:.1f} s, found {trial.found or '?'}, "
            f"recovered in {trial.seconds_to_recover:.1f} s {trial.problem}",
            file=sys.stderr, flush=True,
        )  # fmt: skip
        if given.json:
            told = [asdict(ended[key]) for key in sorted(ended)]
            given.json.write_text(json.dumps(told, ensure_ascii=False, indent=1))
    print(_summary(list(ended.values()), stage.seconds))
    if len(ended) == len(tasks) and not any(trial.problem for trial in ended.values()):
        shutil.rmtree(folder)
        return 0
    print(f"{len(tasks) - len(ended)} trials were not run to their end; homes are kept in {folder}")
    return 1


if __name__ == "__main__":
    raise SystemExit(main())

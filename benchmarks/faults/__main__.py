"""`python -m benchmarks.faults`: kill runs at random moments and named points, and see that nothing is lost."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from benchmarks.faults.campaign import Stage, Trial, damaged_files, named_points, prepare, random_kills
from benchmarks.faults.points import ERRORS, POINTS
from benchmarks.faults.runs import Forked, Spawned

KILLED = {name: f"{point}:kill" for name, point in POINTS.items()}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.faults", description=__doc__)
    parser.add_argument("--kills", type=int, default=200, help="random kills (default 200)")
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
    parser.add_argument("--work", type=Path, help="folder for the homes (default: a temporary one)")
    parser.add_argument("--json", type=Path, help="write every trial here")
    return parser.parse_args()


def _spread(faults: dict[str, str], number: int) -> dict[str, str]:
    names = list(faults)
    chosen = min(number, len(names))
    return {name: faults[name] for name in (names[place * len(names) // chosen] for place in range(chosen))}


def _trials(stage: Stage, given: argparse.Namespace) -> Iterable[Trial]:
    yield from random_kills(stage, given.kills, given.seed)
    yield from named_points(stage, _spread(KILLED, given.points), given.recover_every)
    yield from named_points(stage, _spread(ERRORS, given.errors), given.recover_every)
    yield from damaged_files(stage, given.damages, given.seed)


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
    with tempfile.TemporaryDirectory(prefix="mieruka_faults_", dir=given.work) as folder:
        stage = prepare(Path(folder), runner, given.origin)
        trials = []
        for trial in _trials(stage, given):
            trials.append(trial)
            print(
                f"{trial.name}: {trial.step} after {trial.at_seconds:.1f} s, found {trial.found or '?'}, "
                f"recovered in {trial.seconds_to_recover:.1f} s {trial.problem}",
                file=sys.stderr, flush=True,
            )  # fmt: skip
            if given.json:
                given.json.write_text(
                    json.dumps([asdict(entry) for entry in trials], ensure_ascii=False, indent=1)
                )
        print(_summary(trials, stage.seconds))
    return int(any(trial.problem for trial in trials))


if __name__ == "__main__":
    raise SystemExit(main())

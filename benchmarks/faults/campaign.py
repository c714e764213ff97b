"""Trials: a home is run from its old files to the new ones, stopped on the way, looked at, and run again undisturbed."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from benchmarks.faults.runs import Ended, Runner
from benchmarks.faults.wholeness import NotWholeError, archived, check_home, check_settled, figures_of
from pipelines.settings import SOURCES_DIR, Home

_CITED = "mieruka__cited_figures"
_OLD = "municipalities,count,平成27年4月1日,printed,,728,,,団体,reported,final,false,,true,"
_LEFT_OUT_EVERY = 25
EMPTY_AT_FIRST = 0.15
_STOPPED_TWICE = 0.2


@dataclass
class Trial:
    """What became of one trial; `problem` is empty when all was as it must be."""

    name: str
    began: str
    stopped: bool = False
    at_seconds: float = 0.0
    step: str = "-"
    found: str = ""
    times: int = 1
    seconds_to_recover: float = 0.0
    said: str = ""
    problem: str = ""


@dataclass
class Stage:
    """The homes and folders that trials start from, made once by undisturbed runs; trials work below `work`."""

    work: Path
    runner: Runner
    old_origin: Path | None
    new_origin: Path
    base: Home
    old_figures: str | None = None
    new_figures: str | None = None
    fresh_figures: str | None = None
    kept: set[str] = field(default_factory=set)
    expected: set[str] = field(default_factory=set)
    seconds: float = 0.0


def _link(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def _make_origins(work: Path, origin: Path | None) -> tuple[Path | None, Path]:
    """Return the folder of the old files and that of the new: one more figure changed, some files more."""
    new = work / "new_origin"
    if origin is not None:
        files = sorted(path for path in origin.rglob("*") if path.is_file() and not path.is_symlink())
        for number, path in enumerate(files):
            _link(path, new / path.relative_to(origin))
            if number % _LEFT_OUT_EVERY:
                _link(path, work / "old_origin" / path.relative_to(origin))
    text = (SOURCES_DIR / _CITED / "figures.csv").read_text(encoding="utf-8")
    if text.count(_OLD) != 1:
        raise ValueError(f"{_CITED}/figures.csv: the row to be changed is not there once")
    changed = new / _CITED / "figures.csv"
    changed.parent.mkdir(parents=True, exist_ok=True)
    changed.unlink(missing_ok=True)
    changed.write_text(text.replace(_OLD, _OLD.replace("728", "729")), encoding="utf-8")
    return (work / "old_origin") if origin is not None else None, new


def _arguments(home: Home, origin: Path | None, *more: str) -> list[str]:
    return ["run", "--home", str(home.root), *(["--origin", str(origin)] if origin else []), *more]


def prepare(work: Path, runner: Runner, origin: Path | None) -> Stage:
    """Return the stage, with the figures that undisturbed runs reach; raise NotWholeError when those fail."""
    old_origin, new_origin = _make_origins(work, origin)
    base, reference = Home(work / "base"), Home(work / "reference")
    stage = Stage(work, runner, old_origin, new_origin, base)
    _undisturbed(stage, base, old_origin)
    shutil.copytree(base.root, reference.root, symlinks=True)
    stage.seconds = _undisturbed(stage, reference, new_origin).seconds
    stage.old_figures, stage.new_figures = figures_of(base), figures_of(reference)
    stage.kept, stage.expected = archived(base), archived(reference)
    if stage.old_figures == stage.new_figures:
        raise NotWholeError("the old and the new files give the same figures: nothing could be told apart")
    return stage


def for_worker(stage: Stage, number: int) -> Stage:
    """Return a stage to work on beside others, with the time that an undisturbed run takes among them."""
    own = replace(stage, work=stage.work / f"worker_{number}")
    home = Home(own.work / "first" / "home")
    shutil.copytree(stage.base.root, home.root, symlinks=True)
    own.seconds = _undisturbed(own, home, stage.new_origin).seconds
    shutil.rmtree(home.root)
    return own


def _undisturbed(stage: Stage, home: Home, origin: Path | None) -> Ended:
    ended = stage.runner.run(_arguments(home, origin), stage.work)
    if ended.status != 0:
        raise NotWholeError(f"an undisturbed run ended with {ended.status}:\n{ended.said[-2000:]}")
    return ended


def _fresh_figures(stage: Stage) -> str | None:
    """Return what an undisturbed run over the new files alone publishes: it holds no file that was replaced."""
    if stage.fresh_figures is None:
        fresh = Home(stage.work / "fresh")
        _undisturbed(stage, fresh, stage.new_origin)
        stage.fresh_figures = figures_of(fresh)
        shutil.rmtree(fresh.root)
    return stage.fresh_figures


Task = Callable[[Stage], Trial]


class Scene:
    """One trial's own home; `empty`: nothing was ever published in it. That of a trial with a problem is kept."""

    def __init__(self, stage: Stage, name: str, *, empty: bool = False) -> None:
        self._stage = stage
        self._folder = stage.work / "trial"
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir()
        self.home = Home(self._folder / "home")
        if not empty:
            shutil.copytree(stage.base.root, self.home.root, symlinks=True)
        self._kept = set() if empty else stage.kept
        self._expected = set() if empty else stage.expected
        self._new = _fresh_figures(stage) if empty else stage.new_figures
        self._accepted = {None if empty else stage.old_figures, self._new}
        self.trial = Trial(name, "nothing published" if empty else "published")

    def stop(self, *, fault: str = "", kill_after: float | None = None) -> Ended:
        """Run to the new files with a fault or a kill, and look at the home; raise NotWholeError."""
        ended = self._stage.runner.run(
            _arguments(self.home, self._stage.new_origin), self._folder, fault=fault, kill_after=kill_after
        )
        trial = self.trial
        trial.stopped, trial.at_seconds, trial.step = ended.status != 0, ended.seconds, ended.last_step
        trial.said = "" if ended.was_killed else ended.said[-600:]
        if not ended.was_killed and ended.status not in (0, 1):
            raise NotWholeError(f"ended with {ended.status}: {ended.said[-1500:]}")
        found = check_home(self.home, self._accepted, self._kept)
        trial.found = {self._new: "new", self._stage.old_figures: "old", None: "none"}[found]
        self._kept = self._kept | archived(self.home)
        return ended

    def keep(self, error: NotWholeError) -> None:
        """Note the problem, and put the home where no other trial takes its place."""
        self.trial.problem = str(error)
        kept = self._stage.work / f"problem {self.trial.name.replace('/', '_')}"[:100]
        shutil.rmtree(kept, ignore_errors=True)
        self._folder.rename(kept)

    def recover(self) -> None:
        """Run undisturbed and compare with the reference; raise NotWholeError."""
        ended = _undisturbed(self._stage, self.home, self._stage.new_origin)
        self.trial.seconds_to_recover = ended.seconds
        check_home(self.home, {self._new}, self._kept | self._expected)
        check_settled(self.home)


def _random_kill(number: int, seed: int, empty_share: float, stage: Stage) -> Trial:
    chance = random.Random(f"{seed} {number}")  # noqa: S311
    empty = chance.random() < empty_share
    scene = Scene(stage, f"kill {number}", empty=empty)
    try:
        scene.stop(kill_after=chance.uniform(0, stage.seconds * (1.3 if empty else 1.0)))
        if chance.random() < _STOPPED_TWICE:
            scene.trial.times = 2
            scene.stop(kill_after=chance.uniform(0, stage.seconds))
        scene.recover()
    except NotWholeError as error:
        scene.keep(error)
    return scene.trial


def random_kills(kills: int, seed: int, empty_share: float, first: int) -> Iterator[Task]:
    """Yield trials killed at random moments, spread evenly over a run; each has its own chance from seed and number."""
    for number in range(first, kills + 1):
        yield partial(_random_kill, number, seed, empty_share)


def _named_point(name: str, fault: str, recovers: bool, stage: Stage) -> Trial:
    scene = Scene(stage, name)
    try:
        ended = scene.stop(fault=fault)
        if ended.status == 0:
            raise NotWholeError(f"{fault}: the point was not reached")
        if not ended.was_killed:
            _check_said(ended.said)
        if recovers:
            scene.recover()
    except NotWholeError as error:
        scene.keep(error)
    return scene.trial


def named_points(faults: dict[str, str], recover_every: int = 1) -> Iterator[Task]:
    """Yield trials stopped at named points (`POINT:ACTION`), each in a home of its own.

    Every home is looked at after the stop; of every `recover_every` one is run again undisturbed too.
    """
    for number, (name, fault) in enumerate(faults.items(), start=1):
        yield partial(_named_point, name, fault, number % recover_every == 0)


_DAMAGES: dict[str, Callable[[bytes, random.Random], bytes | None]] = {
    "cut short": lambda data, chance: data[: chance.randrange(len(data))] if data else data,
    "one byte changed": lambda data, chance: _with_another_byte(data, chance),
    "zeros": lambda data, _: bytes(len(data)),
    "garbage": lambda data, chance: chance.randbytes(max(len(data), 100)),
    "empty": lambda *_: b"",
    "gone": lambda *_: None,
}


def _with_another_byte(data: bytes, chance: random.Random) -> bytes:
    place = chance.randrange(max(1, len(data)))
    return data[:place] + bytes([chance.randrange(256)]) + data[place + 1 :]


def _damage_one(home: Home, chance: random.Random) -> str:
    """Damage a file outside `published/` and `archive/`; return which and how."""
    files = [
        path
        for path in sorted(home.root.rglob("*"))
        if path.is_file()
        and path.name != ".lock"
        and not path.is_relative_to(home.published)
        and not path.is_relative_to(home.archive)
    ]
    parts = sorted({path.relative_to(home.root).parts[0] for path in files})
    part = chance.choice(parts)
    chosen = [path for path in files if path.relative_to(home.root).parts[0] == part]
    # Of what dbt writes there are hundreds of files, and one database.
    path = (
        home.build_database
        if home.build_database in chosen and chance.random() < 0.5
        else chance.choice(chosen)
    )
    how = chance.choice(list(_DAMAGES))
    left = _DAMAGES[how](path.read_bytes(), chance)
    if left is None:
        path.unlink()
    else:
        path.write_bytes(left)
    return f"{path.relative_to(home.root)}: {how}"


def _damaged_file(number: int, seed: int, stage: Stage) -> Trial:
    chance = random.Random(f"{seed} {number}")  # noqa: S311
    scene = Scene(stage, "")
    damages = [_damage_one(scene.home, chance) for _ in range(chance.choice((1, 1, 1, 5)))]
    scene.trial.name = "; ".join(damages)
    try:
        _undisturbed(stage, scene.home, stage.old_origin)
        check_home(scene.home, {stage.old_figures}, stage.kept)
        scene.recover()
    except NotWholeError as error:
        scene.keep(error)
    return scene.trial


def damaged_files(number: int, seed: int) -> Iterator[Task]:
    """Yield trials with files damaged that a disk or a person may damage: the same figures again, then the new ones."""
    for place in range(1, number + 1):
        yield partial(_damaged_file, place, seed)


def _check_said(said: str) -> None:
    """Raise NotWholeError unless an error of the disk was told in one line that names a file."""
    lines = [
        line
        for line in said.splitlines()
        if ("the disk" in line or "cannot be written" in line) and "/" in line
    ]
    if len(lines) != 1 or "Traceback" in said:
        raise NotWholeError(f"not told in one line: {said[-1500:]}")

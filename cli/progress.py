"""The steps of long work as people see them: a moving bar on a terminal, plain lines or nothing elsewhere."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Iterator
from typing import Any

from cli.messages import Speaker
from pipelines.progress import Step, listening

# A longer detail would push the bar off the line.
_DETAIL = 60


class Display:
    """Shows the steps on a terminal as one moving line; elsewhere as one line a step, unless it is `quiet` there."""

    def __init__(self, say: Speaker, *, quiet: bool = False) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        self._say = say
        self._quiet = quiet
        self._console = Console(stderr=True, highlight=False)
        # Names of files may hold what rich would read as markup.
        self._progress = Progress(
            TextColumn("{task.description}", markup=False), BarColumn(),
            TextColumn("{task.fields[detail]}", markup=False), TimeElapsedColumn(),
            console=self._console, transient=True,
        )  # fmt: skip
        self._task: Any = None
        self._current = ""
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def shown(self) -> Iterator[None]:
        """Show the steps of everything inside."""
        with (
            self._progress if self._console.is_terminal else contextlib.nullcontext(),
            listening(self._on_step),
        ):
            yield

    def _on_step(self, step: Step) -> None:
        with self._lock:
            is_new, self._current = step.name != self._current, step.name
            if self._console.is_terminal:
                self._move(step, is_new=is_new)
            elif is_new and not self._quiet:
                print(f"- {self._say(f'step_{step.name}')}", file=sys.stderr, flush=True)

    def _move(self, step: Step, *, is_new: bool) -> None:
        if is_new:
            if self._task is not None:
                self._progress.remove_task(self._task)
            label = self._say(f"step_{step.name}")
            self._task = self._progress.add_task(label, total=step.total, detail=step.detail[:_DETAIL])
        self._progress.update(self._task, completed=step.done, total=step.total, detail=step.detail[:_DETAIL])

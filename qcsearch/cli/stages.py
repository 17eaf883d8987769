"""Progress of work in stages, on standard error: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from qcsearch.cli.output import say

if TYPE_CHECKING:
    from qcsearch.deployment.progress import Progress

__all__ = ["stages"]

_NAMES = {
    "before": "measuring the model as it came",
    "tuning": "training steps on the backend",
    "after": "measuring the trained model",
    "test": "measuring the test split",
    "predict": "measuring the samples",
}


@contextmanager
def stages(title: str) -> Iterator[Callable[[Progress], None]]:
    """Yield what `deploy` and `infer` tell their progress to."""
    if not sys.stderr.isatty():
        yield _Lines(title)
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Bars(*columns, console=Console(stderr=True)) as bars:
        tasks: dict[str, int] = {}

        def show(progress: Progress) -> None:
            if progress.stage not in tasks:
                name = _NAMES.get(progress.stage, progress.stage)
                tasks[progress.stage] = bars.add_task(name, total=progress.total)
            bars.update(bars.task_ids[tasks[progress.stage]], completed=progress.done, total=progress.total)

        yield show


class _Lines:
    """One line a stage, and one for each tenth of the training steps."""

    def __init__(self, title: str) -> None:
        self._stage = ""
        self._tenth = 0
        self._print(title)

    def __call__(self, progress: Progress) -> None:
        """Print what is new."""
        tenth = 10 * progress.done // max(1, progress.total)
        if progress.stage != self._stage:
            self._stage, self._tenth = progress.stage, tenth
            self._print(f"{_NAMES.get(progress.stage, progress.stage)} ({progress.total})")
        elif progress.stage == "tuning" and tenth > self._tenth:
            self._tenth = tenth
            self._print(f"step {progress.done} of {progress.total}")

    @staticmethod
    def _print(line: str) -> None:
        try:
            say(line)
        except OSError:
            return

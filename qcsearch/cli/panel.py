"""Progress on standard error: a live panel on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from types import TracebackType
from typing import Protocol

from rich import box
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from qcsearch.cli.output import say
from qcsearch.cli.progress import Progress, clock, one_line
from qcsearch.escape import for_terminal
from qcsearch.search import events
from qcsearch.search.trial.record import TrialRecord
from qcsearch.wording import metric, score

__all__ = ["LivePanel", "PlainLines", "Watcher", "draw", "watch"]

_COLUMNS = ("trial", "noisy", "noiseless", "qubits", "parameters", "2q gates")
_ALWAYS = ("trial", "noisy", "qubits", "2q gates")
_WIDE = 96
_WIDEST = 120
_ROOM_FOR_INTERRUPT = 3
"""A terminal shows ^C after the panel's last character; wrapped, it would shift the panel by a line."""

_SPARKS = "▁▂▃▄▅▆▇█"


class Watcher(Protocol):
    """What a search tells its events to; entered before the first and left after the last."""

    def __enter__(self) -> Watcher: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def __call__(self, event: events.Event) -> None:
        """Take one event."""


def watch(title: str, known: Iterable[TrialRecord] = (), *, verbose: bool = False) -> Watcher:
    """The watcher for this process's standard error.

    Args:
        title: of the panel.
        known: trials of earlier sessions.
        verbose: rungs as lines too, and details.
    """
    if not sys.stderr.isatty():
        return PlainLines(verbose=verbose)
    panel = LivePanel(title, verbose=verbose)
    panel.progress.remember(known)
    return panel


class PlainLines:
    """One line an event; an output that is gone does not stop the search.

    Args:
        verbose: rungs and details too.
    """

    def __init__(self, *, verbose: bool = False) -> None:
        self._verbose = verbose

    def __enter__(self) -> PlainLines:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def __call__(self, event: events.Event) -> None:
        """Print the event."""
        if self._verbose or not (isinstance(event, events.TrialRunning) or _is_detail(event)):
            say(one_line(event))


class LivePanel:
    """A panel that is drawn again four times a second and stays when the search is over.

    Args:
        title: of the panel.
        console: where it is drawn; standard error by default.
        verbose: details too.
    """

    def __init__(self, title: str, console: Console | None = None, *, verbose: bool = False) -> None:
        self.progress = Progress()
        self._verbose = verbose
        self._title = title
        self._console = console or Console(stderr=True, highlight=False, emoji=False)
        self._live = Live(get_renderable=self._draw, console=self._console, refresh_per_second=4)

    def __enter__(self) -> LivePanel:
        self._live.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None and not self.progress.done:
            self.progress.phase = "stopped"
        self._live.__exit__(kind, error, trace)

    def __call__(self, event: events.Event) -> None:
        """Take one event; the next drawing shows it."""
        if self._verbose or not _is_detail(event):
            self.progress.update(event)

    def _draw(self) -> RenderableType:
        return draw(self.progress, self._title, self._console.width)


def _is_detail(event: events.Event) -> bool:
    return isinstance(event, events.Notice) and event.detail


def draw(progress: Progress, title: str, width: int = 100) -> Panel:
    """Draw the state of a search for a terminal of `width` columns."""
    parts: list[RenderableType] = [_limits(progress), _counts(progress)]
    if progress.best:
        parts += [
            Text(f"\nbest by validation {metric(progress.metric)}", style="dim"),
            _leaders(progress, width),
        ]
    parts += [Text(), _now(progress)]
    return Panel(
        Group(*parts),
        title=Text(for_terminal(title), style="bold"),
        title_align="left",
        box=box.ROUNDED,
        border_style="cyan",
        padding=(0, 1),
        width=max(20, min(width - _ROOM_FOR_INTERRUPT, _WIDEST)),
    )


def _limits(progress: Progress) -> Table:
    trials = f"{progress.n_finished}" + (f" of {progress.n_trials}" if progress.n_trials else "")
    seconds = clock(progress.seconds) + (f" of {clock(progress.max_seconds)}" if progress.max_seconds else "")
    line = Table.grid(expand=True, padding=(0, 2))
    line.add_column(ratio=1)
    line.add_column(justify="right", no_wrap=True)
    bounded = progress.n_trials or progress.max_seconds or progress.done
    bar = ProgressBar(
        total=1.0,
        completed=progress.fraction,
        pulse=not bounded,
        complete_style="cyan",
        finished_style="green",
    )
    line.add_row(bar, f"{trials} trials · {seconds}")
    return line


def _counts(progress: Progress) -> Table:
    styles = {
        "kept": "green",
        "cut short": "yellow",
        "pruned": "yellow",
        "infeasible": "magenta",
        "reused": "dim",
        "failed": "red",
    }
    counts = Text()
    for kind, style in styles.items():
        n = progress.outcomes.get(kind, 0)
        if n or kind in ("kept", "pruned", "infeasible"):
            counts.append(f"{n} {kind}  ", style=style if n else "dim")
    line = Table.grid(expand=True)
    line.add_column(ratio=1, no_wrap=True)
    line.add_column(justify="right", no_wrap=True)
    line.add_row(
        counts,
        Text(f"best so far {_spark(progress.curve, progress.metric)}", style="cyan")
        if progress.curve
        else "",
    )
    return line


def _leaders(progress: Progress, width: int) -> Table:
    """The best trials; a narrow terminal shows fewer of their figures."""
    shown = [name for name in _COLUMNS if width >= _WIDE or name in _ALWAYS]
    grid = Table(box=None, expand=True, padding=(0, 2, 0, 0), header_style="dim")
    for name in shown:
        grid.add_column(name, justify="right", no_wrap=True)
    grid.add_column("circuit", ratio=1, no_wrap=True, overflow="ellipsis")
    for i, record in enumerate(progress.best):
        figures = dict(zip(_COLUMNS, _figures(record), strict=True))
        grid.add_row(*(figures[name] for name in shown), _circuit(record), style="bold" if i == 0 else None)
    return grid


def _figures(record: TrialRecord) -> tuple[str, ...]:
    candidate, costs = record.candidate, record.costs
    return (
        str(record.trial),
        score(record.validation_score, record.metric),
        score(record.validation_score_noiseless, record.metric),
        "" if candidate is None else str(candidate.n_qubits),
        "" if costs is None else str(costs.parameters.total),
        "" if costs is None else str(costs.two_qubit_gates),
    )


def _circuit(record: TrialRecord) -> str:
    candidate = record.candidate
    names = () if candidate is None else (candidate.encoding, candidate.ansatz, candidate.head)
    return for_terminal(" · ".join(choice.name.replace("_", " ") for choice in names))


def _now(progress: Progress) -> Text:
    text = Text(no_wrap=True, overflow="ellipsis")
    text.append(progress.phase, style="green" if progress.done else "cyan")
    if progress.refits[1] and not progress.done:
        text.append(f"  {progress.refits[0]} of {progress.refits[1]}")
    for trial, (rung, reached) in sorted(progress.running.items())[:4]:
        text.append(f"  · trial {trial} rung {rung} {score(reached, progress.metric)}", style="dim")
    if progress.last:
        text.append(f"\n{for_terminal(progress.last)}", style="bold" if progress.done else "dim")
    return text


def _spark(curve: list[float], name: str, width: int = 24) -> str:
    """The curve as bars, its last value written out."""
    picked = curve if len(curve) <= width else [curve[i * len(curve) // width] for i in range(width)]
    low, high = min(picked), max(max(picked), curve[-1])
    span = high - low or 1.0
    bars = "".join(_SPARKS[round((value - low) / span * (len(_SPARKS) - 1))] for value in picked)
    return f"{bars} {score(curve[-1], name)}"

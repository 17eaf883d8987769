"""The figures of a run, with matplotlib's objects alone: no pyplot, no global state left behind."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from qcsearch import files
from qcsearch.escape import for_page, for_terminal
from qcsearch.reporting.html import Markup
from qcsearch.reporting.palette import FILE, Palette, to_css

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "Curve",
    "TrialPoint",
    "confusion",
    "importance",
    "inline",
    "learning",
    "pareto",
    "progress",
    "save",
]

_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "qcsearch",
    "font.family": "sans-serif",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "figure.constrained_layout.use": True,
}


@dataclass(frozen=True)
class Curve:
    """One line of a learning curve.

    Attributes:
        name: in the legend.
        steps: optimiser steps.
        values: one a step.
        main: drawn in full colour; others are context.
    """

    name: str
    steps: Sequence[float]
    values: Sequence[float]
    main: bool = False


@dataclass(frozen=True)
class TrialPoint:
    """One finished trial as the figures need it.

    Attributes:
        number: of the trial.
        accuracy: on the validation split, under noise; None if it was not trained.
        two_qubit_gates: of the mapped circuit; None if it was not mapped.
        state: `kept`, `cut short`, `pruned`, `infeasible` or `failed`.
        qpu_seconds: estimated processor time of one prediction; None if it was not mapped.
        pareto: whether it is on the front of accuracy, gates and processor time together.
    """

    number: int
    accuracy: float | None
    two_qubit_gates: int | None
    state: str
    qpu_seconds: float | None = None
    pareto: bool = False


def progress(trials: Sequence[TrialPoint], palette: Palette = FILE) -> Figure:
    """Validation accuracy of each trial in order, with the best so far."""
    figure, axes = _axes(palette, "trial", "validation accuracy (noisy)", width=9.2, height=3.1)
    for state, colour, marker in (
        ("pruned", palette.muted, "x"),
        ("cut short", palette.second, "x"),
        ("failed", palette.bad, "x"),
        ("kept", palette.accent, "o"),
    ):
        points = [(t.number, t.accuracy) for t in trials if t.state == state and t.accuracy is not None]
        if points:
            axes.scatter(
                [p[0] for p in points],
                [p[1] for p in points],
                s=24,
                color=colour,
                marker=marker,
                label=state,
                zorder=3,
            )
    best, steps = -1.0, []
    for trial in sorted(trials, key=lambda t: t.number):
        if trial.state == "kept" and trial.accuracy is not None:
            best = max(best, trial.accuracy)
            steps.append((trial.number, best))
    if steps:
        axes.step(*zip(*steps, strict=True), where="post", color=palette.accent, lw=1.5, label="best so far")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    _legend(axes, palette)
    return figure


LearningPanel = tuple[str, str, Sequence[Curve]]
"""What is drawn, against what, and its curves."""


def learning(panels: Sequence[LearningPanel], palette: Palette = FILE) -> Figure:
    """Curves against the optimiser's steps, one panel beside the other."""
    figure = _figure(palette, (4.6 * max(2, len(panels)), 3.1))
    for i, (label, x, curves) in enumerate(panels, start=1):
        axes = figure.add_subplot(1, len(panels), i)
        _dress(axes, palette, x, label)
        main = 0
        for curve in curves:
            colour = (
                (palette.accent, palette.second, palette.third)[main % 3] if curve.main else palette.muted
            )
            main += curve.main
            width, alpha = (1.8, 1.0) if curve.main else (1.0, 0.45)
            name = curve.name if curve.main else "_"  # an underscore keeps it out of the legend
            marker = "o" if curve.main and len(curve.steps) < 15 else ""
            (line,) = axes.plot(curve.steps, curve.values, color=colour, label=name, marker=marker, ms=3.5)
            line.set(linewidth=width, alpha=alpha)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        if len(curves) > 1:
            _legend(axes, palette)
    return figure


def importance(shares: Mapping[str, float], palette: Palette = FILE, limit: int = 12) -> Figure:
    """How much of the difference between good and bad trials each parameter explains, largest first."""
    ranked = sorted(shares.items(), key=lambda item: item[1])[-limit:]
    figure, axes = _axes(palette, "share of the importance", "", height=0.9 + 0.27 * len(ranked))
    bars = axes.barh(
        [_plain(name) for name, _ in ranked], [v for _, v in ranked], color=palette.accent, height=0.62
    )
    axes.bar_label(bars, fmt="{:.0%}", padding=4, color=palette.muted, fontsize=9)
    axes.tick_params(axis="y", length=0, labelcolor=palette.ink)
    axes.spines["left"].set_visible(False)
    axes.set_xlim(0, 1.12 * max((v for _, v in ranked), default=1.0) or 1.0)
    axes.grid(axis="y", visible=False)
    return figure


def pareto(trials: Sequence[TrialPoint], winner: int | None, palette: Palette = FILE) -> Figure:
    """Validation accuracy against two-qubit gates and against processor time, with the front of all three."""
    figure = _figure(palette, (9.2, 3.6))
    labels = ("two-qubit gates of the mapped circuit", "QPU seconds a prediction (estimate)")
    for place, label in enumerate(labels):
        axes = figure.add_subplot(1, 2, place + 1)
        _dress(axes, palette, label, "" if place else "validation accuracy (noisy)")
        points = [
            (t, cost, t.accuracy)
            for t in trials
            if (cost := _costs(t)[place]) is not None and t.accuracy is not None
        ]
        _scatter(
            axes, [(x, y) for t, x, y in points if not t.pareto], "trial", color=palette.muted, alpha=0.55
        )
        _scatter(axes, [(x, y) for t, x, y in points if t.pareto], "Pareto front", color=palette.accent)
        line = pareto_front([(round(x, 2), y) for _, x, y in points])  # as fine as the front of all three
        if line:
            x, y = zip(*line, strict=True)
            axes.step(x, y, where="post", color=palette.accent, lw=1.2, zorder=2)
        best = [(x, y) for t, x, y in points if t.number == winner]
        _scatter(axes, best, "winner", color=palette.second, marker="*", s=130, zorder=4)
    figure.axes[0].xaxis.set_major_locator(MaxNLocator(integer=True))
    _legend(figure.axes[0], palette)
    return figure


def _costs(trial: TrialPoint) -> tuple[float | None, float | None]:
    """Those of a trial that was trained to its end."""
    return (trial.two_qubit_gates, trial.qpu_seconds) if trial.state == "kept" else (None, None)


def _scatter(axes: Axes, points: Sequence[tuple[float, float]], label: str, **style: Any) -> None:
    if points:
        x, y = zip(*points, strict=True)
        axes.scatter(x, y, label=label, **{"s": 24, "zorder": 3, **style})


def pareto_front(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Those `(cost, accuracy)` that no other beats in both, by rising cost."""
    front: list[tuple[float, float]] = []
    for cost, accuracy in sorted(set(points), key=lambda p: (p[0], -p[1])):
        if not front or accuracy > front[-1][1]:
            front.append((cost, accuracy))
    return front


def confusion(counts: Sequence[Sequence[int]], classes: Sequence[object], palette: Palette = FILE) -> Figure:
    """Counts by true class (rows) and predicted class (columns); shade is the share of the row."""
    n = len(classes)
    size = max(3.0, min(7.0, 1.2 + 0.55 * n))
    figure, axes = _axes(palette, "predicted", "true", width=size + 0.4, height=size)
    axes.grid(visible=False)
    for i, row in enumerate(counts):
        total = max(1, sum(row))
        for j, count in enumerate(row):
            share = count / total
            colour = palette.accent if i == j else palette.bad
            axes.add_patch(Rectangle((j - 0.5, i - 0.5), 1, 1, facecolor=colour, alpha=0.75 * share, lw=0))
            axes.text(
                j, i, str(count), ha="center", va="center", color=palette.ink, fontsize=10 if n < 8 else 8
            )
    labels = [_plain(str(c)) for c in classes]
    long = max((len(label) for label in labels), default=0) > 4
    axes.set_xticks(range(n), labels, rotation=35 if long else 0, ha="right" if long else "center")
    axes.set_yticks(range(n), labels)
    axes.set(xlim=(-0.5, n - 0.5), ylim=(n - 0.5, -0.5))
    axes.set_aspect("equal")
    return figure


def save(figure: Figure, path: Path) -> None:
    """Write a figure; the ending of `path` (`.svg`, `.png`) says how."""
    with _style():
        is_svg = path.suffix == ".svg"
        (FigureCanvasSVG if is_svg else FigureCanvasAgg)(figure)
        buffer = io.BytesIO()
        form = {"format": "svg", "metadata": {"Date": None}} if is_svg else {"format": "png"}
        figure.savefig(buffer, dpi=160, **form)
    files.write_bytes(path, buffer.getvalue())


def inline(figure: Figure, label: str, name: str) -> Markup:
    """The figure as an SVG element of the page, in the page's colours; `name` keeps its ids its own."""
    buffer = io.StringIO()
    bare = {"Date": None, "Creator": None, "Format": None, "Type": None}
    with _style({"svg.hashsalt": name}):
        FigureCanvasSVG(figure)
        figure.savefig(buffer, format="svg", transparent=True, metadata=bare)
    text = buffer.getvalue()
    text = to_css(text[text.index("<svg") :])
    text = re.sub(r'\s(xmlns(:\w+)?|version)="[^"]*"', "", text, count=3)
    text = re.sub(r"<style.*?</style>", "", text, flags=re.DOTALL)
    text = re.sub(r'\bid="(?=[A-Za-z])', f'id="{name}-', text)
    text = re.sub(r'(href="#|url\(#)(?=[A-Za-z])', rf"\1{name}-", text)
    return Markup(text.replace("<svg", f'<svg role="img" aria-label="{for_page(label)}" class="plot"', 1))


@contextmanager
def _style(more: dict[Any, Any] | None = None) -> Iterator[None]:
    """Our settings of matplotlib for a moment; a label in a script the font lacks is no reason to warn."""
    with mpl.rc_context({**_STYLE, **(more or {})}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        yield


def _figure(palette: Palette, size: tuple[float, float]) -> Figure:
    with _style():
        return Figure(figsize=size, facecolor=palette.paper, layout="constrained")


def _axes(
    palette: Palette, x: str, y: str, *, width: float = 6.4, height: float = 3.6
) -> tuple[Figure, Axes]:
    figure = _figure(palette, (width, height))
    with _style():
        axes = figure.add_subplot()
    _dress(axes, palette, x, y)
    return figure, axes


def _dress(axes: Axes, palette: Palette, x: str, y: str) -> None:
    axes.set_facecolor("none")
    axes.set_xlabel(x, color=palette.muted)
    axes.set_ylabel(y, color=palette.muted)
    axes.tick_params(colors=palette.line, labelcolor=palette.muted, labelsize=9)
    axes.grid(color=palette.line, lw=0.7)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(palette.line)


def _legend(axes: Axes, palette: Palette) -> None:
    if axes.get_legend_handles_labels()[0]:
        axes.legend(frameon=False, labelcolor=palette.muted, fontsize=9, loc="best")


def _plain(text: str) -> str:
    """A label that matplotlib must not read as mathematics."""
    return for_terminal(text).replace("$", r"\$")

"""The figures of a run, with matplotlib's objects alone: no pyplot, no global state left behind."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from qcsearch.reporting.plots.canvas import dress, legend, plain, sheet, single
from qcsearch.reporting.plots.palette import FILE, Palette

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "Curve",
    "TrialPoint",
    "confusion",
    "importance",
    "learning",
    "pareto",
    "progress",
]


_REACHED = "validation accuracy (noisy)"


@dataclass(frozen=True)
class Curve:
    """One line of a learning curve.

    Attributes:
        name: in the legend.
        steps: optimizer steps.
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
        score: on the validation split, under noise, that it was chosen by; None if it was not trained.
        two_qubit_gates: of the mapped circuit; None if it was not mapped.
        state: `kept`, `cut short`, `pruned`, `infeasible` or `failed`.
        qpu_seconds: estimated processor time of one prediction; None if it was not mapped.
        parameters: all that are trained; None if it was not mapped.
        pareto: whether it is on the front of score, gates, parameters and processor time together.
    """

    number: int
    score: float | None
    two_qubit_gates: int | None
    state: str
    qpu_seconds: float | None = None
    parameters: int | None = None
    pareto: bool = False


def progress(trials: Sequence[TrialPoint], palette: Palette = FILE, reached: str = _REACHED) -> Figure:
    """Validation score of each trial in order, with the best so far; `reached` says which score."""
    figure, axes = single(palette, "trial", reached, width=9.2, height=3.1)
    for state, colour, marker in (
        ("pruned", palette.muted, "x"),
        ("cut short", palette.second, "x"),
        ("failed", palette.bad, "x"),
        ("kept", palette.accent, "o"),
    ):
        points = [(t.number, t.score) for t in trials if t.state == state and t.score is not None]
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
    best, steps = -math.inf, []
    for trial in sorted(trials, key=lambda t: t.number):
        if trial.state == "kept" and trial.score is not None:
            best = max(best, trial.score)
            steps.append((trial.number, best))
    if steps:
        axes.step(*zip(*steps, strict=True), where="post", color=palette.accent, lw=1.5, label="best so far")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    legend(axes, palette)
    return figure


LearningPanel = tuple[str, str, Sequence[Curve]]
"""What is drawn, against what, and its curves."""


def learning(panels: Sequence[LearningPanel], palette: Palette = FILE) -> Figure:
    """Curves against the optimizer's steps, one panel beside the other."""
    figure = sheet(palette, (4.6 * max(2, len(panels)), 3.1))
    for i, (label, x, curves) in enumerate(panels, start=1):
        axes = figure.add_subplot(1, len(panels), i)
        dress(axes, palette, x, label)
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
            legend(axes, palette)
    return figure


def importance(shares: Mapping[str, float], palette: Palette = FILE, limit: int = 12) -> Figure:
    """How much of the difference between good and bad trials each parameter explains, largest first."""
    ranked = sorted(shares.items(), key=lambda item: item[1])[-limit:]
    figure, axes = single(palette, "share of the importance", "", height=0.9 + 0.27 * len(ranked))
    bars = axes.barh(
        [plain(name) for name, _ in ranked], [v for _, v in ranked], color=palette.accent, height=0.62
    )
    axes.bar_label(bars, fmt="{:.0%}", padding=4, color=palette.muted, fontsize=9)
    axes.tick_params(axis="y", length=0, labelcolor=palette.ink)
    axes.spines["left"].set_visible(False)
    axes.set_xlim(0, 1.12 * max((v for _, v in ranked), default=1.0) or 1.0)
    axes.grid(axis="y", visible=False)
    return figure


def pareto(
    trials: Sequence[TrialPoint], winner: int | None, palette: Palette = FILE, reached: str = _REACHED
) -> Figure:
    """Validation score against two-qubit gates, parameters and processor time, with the front of all four."""
    figure = sheet(palette, (11.5, 3.6))
    labels = ("two-qubit gates, mapped", "trained parameters", "QPU seconds a prediction (estimate)")
    for place, label in enumerate(labels):
        axes = figure.add_subplot(1, len(labels), place + 1)
        dress(axes, palette, label, "" if place else reached)
        points = [
            (t, cost, t.score)
            for t in trials
            if (cost := _costs(t)[place]) is not None and t.score is not None
        ]
        _scatter(
            axes, [(x, y) for t, x, y in points if not t.pareto], "trial", color=palette.muted, alpha=0.55
        )
        _scatter(axes, [(x, y) for t, x, y in points if t.pareto], "Pareto front", color=palette.accent)
        line = pareto_front(
            [(float(f"{x:.3g}"), y) for _, x, y in points]
        )  # as fine as the front of all four
        if line:
            x, y = zip(*line, strict=True)
            axes.step(x, y, where="post", color=palette.accent, lw=1.2, zorder=2)
        best = [(x, y) for t, x, y in points if t.number == winner]
        _scatter(axes, best, "winner", color=palette.second, marker="*", s=130, zorder=4)
    for axes in figure.axes[:2]:
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    legend(figure.axes[0], palette)
    return figure


def _costs(trial: TrialPoint) -> tuple[float | None, float | None, float | None]:
    """Those of a trial that was trained to its end."""
    if trial.state != "kept":
        return None, None, None
    return trial.two_qubit_gates, trial.parameters, trial.qpu_seconds


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
    figure, axes = single(palette, "predicted", "true", width=size + 0.4, height=size)
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
    labels = [plain(str(c)) for c in classes]
    long = max((len(label) for label in labels), default=0) > 4
    axes.set_xticks(range(n), labels, rotation=35 if long else 0, ha="right" if long else "center")
    axes.set_yticks(range(n), labels)
    axes.set(xlim=(-0.5, n - 0.5), ylim=(n - 0.5, -0.5))
    axes.set_aspect("equal")
    return figure

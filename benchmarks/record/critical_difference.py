"""The picture of mean ranks with bars over those that cannot be told apart, after figure 1 of Demšar (2006)."""

from __future__ import annotations

from pathlib import Path

from matplotlib.axes import Axes

from qcsearch.reporting.plots.canvas import save, sheet
from qcsearch.reporting.plots.palette import FILE
from record.statistics import Ranking

__all__ = ["draw"]

_BAR, _LINE = 0.32, 0.5
"""Height of a bar over a group and of a line of names, in steps of the axis."""


def draw(found: Ranking, path: Path) -> None:
    """Write the picture as SVG; the same ranks give the same bytes.

    Args:
        found: the ranks.
        path: of the file.
    """
    names, k = list(found.ranks), len(found.ranks)
    bars = [(found.ranks[group[0]], found.ranks[group[-1]]) for group in found.alike]
    left = (k + 1) // 2
    deepest = _BAR * (len(bars) + 1) + _LINE * left
    figure = sheet(FILE, (7.2, 0.42 * (deepest + 2.2)))
    axes = figure.add_subplot(xlim=(-1.2, k + 3.2), ylim=(deepest + 0.3, -1.9))
    axes.axis("off")
    _scale(axes, k, found.critical_difference)
    for n, (low, high) in enumerate(bars):
        depth = _BAR * (n + 1)
        axes.plot([low - 0.05, high + 0.05], [depth, depth], color=FILE.accent, lw=3.5, solid_capstyle="butt")
    for n, name in enumerate(names):
        first = n < left
        row = n if first else k - 1 - n
        _name(
            axes, f"{name}  {found.ranks[name]:.2f}", found.ranks[name], first, row, (len(bars) + 1) * _BAR, k
        )
    save(figure, path)


def _scale(axes: Axes, k: int, critical: float) -> None:
    axes.plot([1, k], [0, 0], color=FILE.ink, lw=1)
    for rank in range(1, k + 1):
        axes.plot([rank, rank], [-0.15, 0], color=FILE.ink, lw=1)
        axes.text(rank, -0.25, str(rank), ha="center", va="bottom", color=FILE.muted, fontsize=9)
    axes.plot([1, 1 + critical], [-1.15, -1.15], color=FILE.second, lw=2)
    axes.text(1, -1.3, f"critical difference {critical:.2f}", va="bottom", color=FILE.second, fontsize=9)


def _name(axes: Axes, text: str, rank: float, first: bool, row: int, top: float, k: int) -> None:
    """A line from the scale down to the name: the better half stands on the left, the other on the right."""
    depth = top + _LINE * (row + 0.5)
    end = 0.6 if first else k + 0.9
    axes.plot([rank, rank, end], [0, depth, depth], color=FILE.muted, lw=0.8)
    side = "right" if first else "left"
    axes.text(end + (-0.1 if first else 0.1), depth, text, ha=side, va="center", color=FILE.ink, fontsize=9)

"""Of numbers: what is predicted against what is true, and how far it is off."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from qcsearch.reporting.plots.canvas import dress, plain, sheet
from qcsearch.reporting.plots.palette import FILE, Palette

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from qcsearch.training.judging.residuals import Residuals

__all__ = ["predicted", "residuals"]

_MOST_PANELS = 4


def predicted(found: Sequence[Residuals], palette: Palette = FILE) -> Figure:
    """Predicted against true values, a panel a number; on the line they agree."""
    figure, panels = _panels(found, palette, "true", "predicted")
    for one, axes in zip(found, panels, strict=False):
        axes.scatter(one.true, one.predicted, s=16, color=palette.accent, alpha=0.6, lw=0, zorder=3)
        ends = [min(*one.true, *one.predicted), max(*one.true, *one.predicted)]
        axes.plot(ends, ends, color=palette.muted, lw=1, ls="--", zorder=2)
    return figure


def residuals(found: Sequence[Residuals], palette: Palette = FILE) -> Figure:
    """True minus predicted against predicted values, a panel a number."""
    figure, panels = _panels(found, palette, "predicted", "true − predicted")
    for one, axes in zip(found, panels, strict=False):
        off = np.subtract(one.true, one.predicted)
        axes.scatter(one.predicted, off, s=16, color=palette.accent, alpha=0.6, lw=0, zorder=3)
        axes.axhline(0, color=palette.muted, lw=1, ls="--", zorder=2)
    return figure


def _panels(found: Sequence[Residuals], palette: Palette, x: str, y: str) -> tuple[Figure, list[Axes]]:
    """One for each number, of many the first few."""
    n = min(len(found), _MOST_PANELS)
    figure = sheet(palette, (4.4 if n == 1 else 3.6 * n, 4.0 if n == 1 else 3.4))
    panels = []
    for place, one in enumerate(found[:n]):
        axes = figure.add_subplot(1, n, place + 1)
        dress(axes, palette, f"{x} {plain(one.name)}", y if place == 0 else "")
        panels.append(axes)
    return figure, panels

"""The reliability diagram: how often a model is right against how sure it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qcsearch.reporting.plots.canvas import legend, single
from qcsearch.reporting.plots.palette import FILE, Palette

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from qcsearch.training.judging.calibration import Calibration

__all__ = ["reliability"]

_LEAST, _MOST = 12.0, 90.0
"""Area of a marker in square points, of a bin without and with all samples."""


def reliability(found: Calibration, palette: Palette = FILE) -> Figure:
    """Accuracy of each bin with its 95 % interval against its mean confidence; a larger marker holds more samples."""
    figure, axes = single(
        palette, "confidence: probability of the predicted class", "accuracy", width=4.4, height=4.0
    )
    axes.plot([0, 1], [0, 1], color=palette.muted, lw=1, ls="--", label="perfectly calibrated")
    sure, right = [one.confidence for one in found.bins], [one.accuracy for one in found.bins]
    low = [max(0.0, one.accuracy - one.interval[0]) for one in found.bins]
    high = [max(0.0, one.interval[1] - one.accuracy) for one in found.bins]
    axes.errorbar(sure, right, [low, high], fmt="none", ecolor=palette.accent, elinewidth=1, zorder=2)
    sizes = [_LEAST + (_MOST - _LEAST) * one.n_samples / found.n_samples for one in found.bins]
    axes.scatter(sure, right, s=sizes, color=palette.accent, zorder=3, label="95 % intervals")
    axes.set(xlim=(0, 1.02), ylim=(0, 1.02))
    axes.set_aspect("equal")
    legend(axes, palette)
    return figure

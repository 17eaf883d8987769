"""The map as a picture: for each task and number of shots the gain, by gates and size of the errors."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.patches import Rectangle

from noise.figures import OVER, Cell
from noise.tasks import TASKS
from qcsearch.reporting.plots.canvas import save, sheet
from qcsearch.reporting.plots.palette import FILE

__all__ = ["draw"]

_MOST = 40.0
"""Points of gain that have the full colour."""

_COLOURS = LinearSegmentedColormap.from_list("gain", [FILE.second, FILE.paper, FILE.accent])
_TITLES = {"unaware": "over trained without noise", "refitted": "over that, head refitted"}
_SHOTS = {"infinite": "∞ shots", "1024": "1,024 shots", "128": "128 shots"}


def draw(found: list[Cell], path: Path) -> None:
    """Write the picture as SVG; the same cells give the same bytes.

    A number is the gain in points. Where its interval holds zero it has neither colour nor frame.

    Args:
        found: the cells.
        path: of the file.
    """
    tasks = [task for task in TASKS if any(cell.task == task for cell in found)]
    figure = sheet(FILE, (15.0, 0.9 + 2.5 * len(tasks)))
    panels = [(over, shots) for over in OVER for shots in _SHOTS]
    grid = figure.subplots(len(tasks), len(panels), squeeze=False)
    gates = sorted({cell.gates for cell in found})
    factors = sorted({cell.factor for cell in found})
    for row, task in enumerate(tasks):
        for column, (over, shots) in enumerate(panels):
            axes = grid[row][column]
            some = [cell for cell in found if (cell.task, cell.shots) == (task, shots)]
            _panel(axes, some, over, gates, factors)
            if row == 0:
                axes.set_title(f"{_TITLES[over]}\n{_SHOTS[shots]}", color=FILE.ink, fontsize=9)
            if row == len(tasks) - 1:
                axes.set_xlabel("two-qubit gates", color=FILE.muted, fontsize=8)
            if column == 0:
                axes.set_ylabel(f"{task}\nnoise ×", color=FILE.ink, fontsize=9)
    with mpl.rc_context(
        {"font.sans-serif": ["DejaVu Sans"]}
    ):  # else each number names every font there might be
        save(figure, path)


def _panel(axes: Axes, some: list[Cell], over: str, gates: list[int], factors: list[float]) -> None:
    scale = Normalize(-_MOST, _MOST, clip=True)
    axes.set_facecolor("none")
    axes.set(xlim=(-0.5, len(gates) - 0.5), ylim=(-0.5, len(factors) - 0.5))
    axes.set_xticks(range(len(gates)), [str(one) for one in gates])
    axes.set_yticks(range(len(factors)), [f"{one:g}" for one in factors])
    axes.tick_params(colors=FILE.line, labelcolor=FILE.muted, labelsize=8, length=0)
    axes.spines[:].set_visible(False)
    for cell in some:
        x, y, found = gates.index(cell.gates), factors.index(cell.factor), cell.gain(over)
        told = 100 * found.mean
        colour = _COLOURS(scale(told)) if found.sign else "none"
        edge = {"edgecolor": FILE.ink, "lw": 0.9} if found.sign else {"edgecolor": FILE.line, "lw": 0.5}
        axes.add_patch(Rectangle((x - 0.46, y - 0.46), 0.92, 0.92, facecolor=colour, clip_on=False, **edge))
        ink = FILE.paper if found.sign and abs(told) > _MOST / 2 else FILE.ink if found.sign else FILE.muted
        axes.text(x, y, f"{round(told):+d}", ha="center", va="center", fontsize=7, color=ink)

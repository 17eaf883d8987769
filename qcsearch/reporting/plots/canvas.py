"""The sheet a figure is drawn on, dressed in a palette, and its way into a file or into the page."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
from markupsafe import Markup
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from qcsearch.escape import for_page, for_terminal
from qcsearch.reporting.plots.palette import Palette, to_css
from qcsearch.storage import files

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["dress", "inline", "legend", "plain", "save", "sheet", "single"]

_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",  # text stays text: it can be searched, read aloud, and takes the page's font
    "svg.hashsalt": "qcsearch",  # the same figure has the same ids, so that files can be compared
    "font.family": "sans-serif",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "figure.constrained_layout.use": True,
}


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
    text = to_css(text[text.index("<svg") :])  # the XML head belongs to a file of its own
    text = re.sub(r'\s(xmlns(:\w+)?|version)="[^"]*"', "", text, count=3)  # HTML knows them
    text = re.sub(r"<style.*?</style>", "", text, flags=re.DOTALL)  # it would hold for the whole page
    # Every figure calls its clip paths and markers alike; in one page each would get those of the first.
    text = re.sub(r'\bid="(?=[A-Za-z])', f'id="{name}-', text)
    text = re.sub(r'(href="#|url\(#)(?=[A-Za-z])', rf"\1{name}-", text)
    return Markup(text.replace("<svg", f'<svg role="img" aria-label="{for_page(label)}" class="plot"', 1))


@contextmanager
def _style(more: dict[Any, Any] | None = None) -> Iterator[None]:
    """Our settings of matplotlib for a moment; a label in a script the font lacks is no reason to warn."""
    with mpl.rc_context({**_STYLE, **(more or {})}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        yield


def sheet(palette: Palette, size: tuple[float, float]) -> Figure:
    """An empty figure of `size` inches; made without pyplot, which would keep it for the life of the process."""
    with _style():
        return Figure(figsize=size, facecolor=palette.paper, layout="constrained")


def single(
    palette: Palette, x: str, y: str, *, width: float = 6.4, height: float = 3.6
) -> tuple[Figure, Axes]:
    """A figure of one pair of axes.

    Args:
        palette: its colours.
        x: label of the horizontal axis.
        y: label of the vertical axis.
        width: of the figure, inches.
        height: of the figure, inches.
    """
    figure = sheet(palette, (width, height))
    with _style():
        axes = figure.add_subplot()
    dress(axes, palette, x, y)
    return figure, axes


def dress(axes: Axes, palette: Palette, x: str, y: str) -> None:
    """Label the axes and give them the palette's colours; the page shows through where nothing is drawn.

    Args:
        axes: to be dressed.
        palette: of their figure.
        x: label of the horizontal axis.
        y: label of the vertical axis.
    """
    axes.set_facecolor("none")
    axes.set_xlabel(x, color=palette.muted)
    axes.set_ylabel(y, color=palette.muted)
    axes.tick_params(colors=palette.line, labelcolor=palette.muted, labelsize=9)
    axes.grid(color=palette.line, lw=0.7)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(palette.line)


def legend(axes: Axes, palette: Palette) -> None:
    """Name the series where there are any: matplotlib warns of a legend of nothing."""
    if axes.get_legend_handles_labels()[0]:
        axes.legend(frameon=False, labelcolor=palette.muted, fontsize=9, loc="best")


def plain(text: str) -> str:
    """A label that matplotlib must not read as mathematics."""
    return for_terminal(text).replace("$", r"\$")

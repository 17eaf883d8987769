"""A run as one HTML page, and its figures as files."""

from __future__ import annotations

import os
from pathlib import Path

from qcsearch.errors import RunError
from qcsearch.reporting.facts import RunFacts
from qcsearch.reporting.gather import gather
from qcsearch.reporting.page.page import render
from qcsearch.reporting.plots.canvas import save
from qcsearch.reporting.plots.figures import run_figures
from qcsearch.reporting.plots.palette import FILE
from qcsearch.search.run.folder import RunFolder
from qcsearch.search.run.history import keeping
from qcsearch.storage import files

__all__ = ["may_write", "write_report"]


def write_report(run: RunFolder | str | Path, output: Path | None = None) -> Path:
    """Write the report of a run, and its figures as SVG and PNG into the run folder's `plots/`, if it may be written.

    Args:
        run: the run folder.
        output: path of the page; `report.html` in the run folder by default, written anew.

    Returns:
        The path of the page.

    Raises:
        RunError: if the folder holds no run, or the page cannot be written.
    """
    folder = run if isinstance(run, RunFolder) else RunFolder.open(run)
    page = folder.path / "report.html" if output is None else Path(output)
    with keeping():
        facts = gather(folder)
        text = render(facts)
    try:
        files.write_text(page, text)
        if output is None or may_write(folder):
            _write_plots(facts, folder.path / "plots")
    except OSError as error:
        raise RunError(f"The report cannot be written to '{page}': {error.strerror or error}.") from error
    return page


def may_write(run: RunFolder) -> bool:
    """Whether this process may write into the folder of a run."""
    return os.access(run.path, os.W_OK)


def _write_plots(facts: RunFacts, folder: Path) -> None:
    files.make_folder(folder)
    for figure in run_figures(facts).values():
        drawn = figure.draw(FILE)
        for ending in ("svg", "png"):
            save(drawn, folder / f"{figure.name}.{ending}")
            drawn.set_layout_engine("none")  # it is laid out by now

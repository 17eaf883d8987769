"""A run as one HTML page, and its figures as files."""

from __future__ import annotations

from pathlib import Path

from qcsearch import canonical, files
from qcsearch.errors import RunError
from qcsearch.reporting.facts import RunFacts
from qcsearch.reporting.figures import run_figures
from qcsearch.reporting.gather import gather
from qcsearch.reporting.page import render
from qcsearch.reporting.palette import FILE
from qcsearch.reporting.plots import save
from qcsearch.search.run_folder import RunFolder

__all__ = ["write_report"]


def write_report(run: RunFolder | str | Path, output: Path | None = None) -> Path:
    """Write the report of a run, and its figures as SVG and PNG into the run folder's `plots/`.

    Args:
        run: the run folder.
        output: path of the page; `report.html` in the run folder by default, written anew.

    Returns:
        The path of the page.

    Raises:
        RunError: if the folder holds no run, or the page cannot be written.
    """
    folder = run if isinstance(run, RunFolder) else RunFolder.open(run)
    facts = gather(folder)
    page = folder.path / "report.html" if output is None else Path(output)
    text = render(facts)
    try:
        canonical.write_text(page, text)
        _write_plots(facts, folder.path / "plots")
    except OSError as error:
        raise RunError(f"The report cannot be written to '{page}': {error.strerror or error}.") from error
    return page


def _write_plots(facts: RunFacts, folder: Path) -> None:
    files.make_folder(folder)
    for figure in run_figures(facts).values():
        for ending in ("svg", "png"):
            save(figure.draw(FILE), folder / f"{figure.name}.{ending}")

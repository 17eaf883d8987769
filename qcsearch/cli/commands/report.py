"""`qcsearch report`: a run as one HTML page."""

from __future__ import annotations

from qcsearch.cli.options.common import Json, Output, Run, Verbose, examples
from qcsearch.cli.output import emit, say, tell


@examples("qcsearch report runs/digits", "qcsearch report runs/digits -o digits.html")
def report(run: Run, output: Output = None, json: Json = False, verbose: Verbose = False) -> None:
    """Write a run as one HTML page that needs no network, and its figures into plots/.

    Without -o the page is DIR/report.html, written anew each time.
    """
    from pathlib import Path

    from qcsearch.cli.options.inputs import refuse_existing
    from qcsearch.reporting.report import may_write, write_report
    from qcsearch.search.run.folder import RunFolder

    refuse_existing(output)
    folder = RunFolder.open(run)
    page = write_report(folder, None if output is None else Path(output))
    plots = str(folder.path / "plots") if may_write(folder) else None
    if plots is None:
        say(f"Note: The figures are not written as files: '{run}' may not be written.")
    if json:
        emit({"run": run, "report": str(page), "plots": plots})
    else:
        tell(page)

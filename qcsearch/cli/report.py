"""`qcsearch report`: a run as one HTML page."""

from __future__ import annotations

from qcsearch.cli.options import Json, Output, Run, Verbose, examples
from qcsearch.cli.output import emit, tell


@examples("qcsearch report runs/digits", "qcsearch report runs/digits -o digits.html")
def report(run: Run, output: Output = None, json: Json = False, verbose: Verbose = False) -> None:
    """Write a run as one HTML page that needs no network, and its figures into plots/.

    Without -o the page is DIR/report.html, written anew each time.
    """
    from pathlib import Path

    from qcsearch.cli.inputs import refuse_existing
    from qcsearch.reporting.report import write_report

    refuse_existing(output)
    page = write_report(run, None if output is None else Path(output))
    if json:
        emit({"run": run, "report": str(page), "plots": str(Path(run) / "plots")})
    else:
        tell(page)

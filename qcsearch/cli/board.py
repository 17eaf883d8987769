"""`qcsearch board`: the leaderboard of a run."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from qcsearch.cli.options import Json, Run, Verbose, examples
from qcsearch.cli.output import display, emit, percent, table

if TYPE_CHECKING:
    from qcsearch.search.leaderboard import Row
    from qcsearch.search.run_folder import RunFolder


@examples("qcsearch board runs/digits", "qcsearch board runs/digits --top 30 --json")
def board(
    run: Run,
    top: Annotated[int, typer.Option("--top", metavar="N", min=1, help="Trials shown at most.")] = 10,
    json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Show the leaderboard of a run: the winner beside classical models, then the best trials.

    Every number says which split of the data it is from. A winner that was deployed has a row with the
    weights that its deployment kept: measured on the backend beside simulated, on the same samples. A run
    that is still at work can be looked at.
    """
    from qcsearch.search.leaderboard import leaderboard
    from qcsearch.search.run_folder import RunFolder

    folder = RunFolder.open(run)
    if json:
        emit({"run": run, "rows": [asdict(row) for row in leaderboard(folder, top=top)]})
    else:
        show(folder, top)


def show(folder: RunFolder, top: int) -> None:
    """Print both tables."""
    from qcsearch.search.leaderboard import TEST, leaderboard, records

    rows = leaderboard(folder, top=top)
    final = [row for row in rows if row.split == TEST]
    trials = [row for row in rows if row.split != TEST]
    device = folder.config.device
    if final:
        _show_final(final, device)
    found = records(folder)
    columns = ["trial", "noisy", "noiseless", "qubits", "weights", "2q gates", "encoding", "ansatz"]
    title = f"Accuracy on the validation split, the best of {len(found)} trials; noisy: {device}"
    display(table(title, columns, map(_trial, trials), right=range(6)))
    if not trials:
        print("No trial was trained to its end yet.")


def _show_final(rows: list[Row], device: str) -> None:
    """The test split; what was measured on a backend stands in columns of its own."""
    measured = next((row for row in rows if row.kind == "deployed"), None)
    title = f"Accuracy on the test split, touched once; noisy: {device}"
    columns = ["model", "noisy", "± seeds", "noiseless", "classical", "qubits", "weights", "2q gates"]
    if measured is not None:
        title += f"; deployed: {measured.backend}, {measured.n_samples} samples"
        columns[4:4] = ["deployed", "± shots"]
    cells = [_final(row, measured is not None) for row in rows]
    display(table(title, columns, cells, right=range(1, len(columns))))


def _final(row: Row, with_deployed: bool) -> tuple[object, ...]:
    """A classical model has no noise: its accuracy stands in a column of its own."""
    classical = row.kind == "classical"
    accuracies = (
        percent(row.accuracy),
        percent(row.spread),
        percent(None if classical else row.accuracy_noiseless),
        *((percent(row.accuracy_deployed), percent(row.shot_error)) if with_deployed else ()),
        percent(row.accuracy_noiseless if classical else None),
    )
    return (row.name, *accuracies, row.n_qubits, row.n_weights, row.two_qubit_gates)


def _trial(row: Row) -> tuple[object, ...]:
    accuracy = (percent(row.accuracy), percent(row.accuracy_noiseless))
    words = ((row.encoding or "").replace("_", " "), (row.ansatz or "").replace("_", " "))
    return (row.trial, *accuracy, row.n_qubits, row.n_weights, row.two_qubit_gates, *words)

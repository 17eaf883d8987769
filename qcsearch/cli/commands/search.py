"""`qcsearch search`: find the best model for a data set on a device."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING

import typer

from qcsearch.cli.options.common import Json, Verbose, examples
from qcsearch.cli.options.groups import grouped
from qcsearch.cli.options.search import MaybeData, RunOption, SearchOptions, SeedFrom, TableColumns
from qcsearch.cli.output import emit, say, say_notes, tell
from qcsearch.cli.process import began, say_at_end

if TYPE_CHECKING:
    from qcsearch.cli.options.inputs import Inputs
    from qcsearch.search.run.result import SearchResult
    from qcsearch.search.trial.record import TrialRecord
    from qcsearch.search.workers.pool import ForkServer

OUT_OF_SECONDS = 3
_TOP = 5


@examples(
    "qcsearch search digits:0-3 --device fake_torino --max-seconds 120 --workers 2",
    "qcsearch search flowers.csv --target species --trials 60 --run runs/flowers",
    "qcsearch search passengers.csv --target survived --drop name --encode onehot --impute median",
    "qcsearch search flowers.csv --shots 256",
    "qcsearch search flowers.csv --max-two-qubit-gates 8 --max-duration-us 4",
    "qcsearch search flowers.csv --strategy elivagar --strategy-option pool=50",
    "qcsearch search --seed-from runs/flowers --device fake_fez --max-seconds 60",
    "qcsearch search --run runs/flowers --trials 120      (resumed)",
)
@grouped
def search(
    data: MaybeData = None,
    *,
    table: TableColumns,
    options: SearchOptions,
    seed_from: SeedFrom = None,
    run: RunOption = None,
    json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Search the quantum model that works best for labelled data on one device, under its noise.

    A run folder that holds a run is resumed, also after a kill: totals count all sessions.
    Without --trials and --max-seconds, 50 trials.

    Exit code 3: there is a result, but the seconds ran out before the trials were done, before any
    training finished, or before anything was better than the majority class. Exit code 4: no candidate
    kept the constraints, or the winner is no better than the majority class.
    """
    from qcsearch.cli.options.inputs import gather
    from qcsearch.search.workers.pool import ForkServer

    # The workers' imports run while this process reads the data.
    with ForkServer() if options.workers > 1 else nullcontext() as fork_server:
        inputs = gather(data, table.options, options, run=run, seed_from=seed_from)
        for notice in inputs.dataset.notices:
            say(f"Note: {notice}")
        say_notes(inputs.device)
        result = _search(inputs, verbose, fork_server)
    for notice in result.notices:
        say(f"Note: {notice}")
    if json:
        emit(result.to_json())
    else:
        _show(inputs, result)
    if result.failure:
        say(result.failure)
    n_trials = inputs.settings.n_trials
    both = n_trials is not None and inputs.settings.max_seconds is not None
    if both and result.ended == "seconds" and result.n_trials < (n_trials or 0):
        say(f"The seconds ran out after {result.n_trials} of {n_trials} trials.")
        raise typer.Exit(OUT_OF_SECONDS)
    if result.exit_code:
        raise typer.Exit(result.exit_code)


def _search(inputs: Inputs, verbose: bool, fork_server: ForkServer | None) -> SearchResult:
    from qcsearch.cli.panel import watch
    from qcsearch.search.search import run_search

    interrupted = f"Interrupted. What was finished is saved; `qcsearch search --run {inputs.run}` resumes it."
    say_at_end(interrupted)
    try:
        with watch(inputs.title, _known(inputs), verbose=verbose) as watcher:
            return run_search(
                inputs.dataset,
                inputs.device,
                inputs.space,
                inputs.settings,
                run=inputs.run,
                progress=watcher,
                fork_server=fork_server,
                began=began(),
            )
    except KeyboardInterrupt:
        raise KeyboardInterrupt(interrupted) from None


def _known(inputs: Inputs) -> list[TrialRecord]:
    """The trials of earlier sessions."""
    from qcsearch.search.finish.leaderboard import records
    from qcsearch.search.run.folder import RunFolder

    return records(RunFolder.open(inputs.run)) if inputs.resumed else []


def _show(inputs: Inputs, result: SearchResult) -> None:
    from qcsearch.cli.commands.board import show
    from qcsearch.search.finish.leaderboard import leaderboard_of
    from qcsearch.search.run.folder import RunFolder

    rows = leaderboard_of(result, top=_TOP, deployment=RunFolder(inputs.run).deployment())
    show(rows, len(result.records), inputs.device.name)
    tell(f"Run folder: {inputs.run}")
    tell(f"Next: qcsearch report {inputs.run}")

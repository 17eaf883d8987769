"""`qcsearch search`: find the best model for a data set on a device."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING

import typer

from qcsearch.cli.options import (
    DeviceOption,
    Drop,
    Encode,
    Impute,
    Json,
    MaxDuration,
    MaxGates,
    MaxSeconds,
    MaybeData,
    RunOption,
    Seed,
    SeedFrom,
    SpaceOption,
    Strategy,
    StrategyOption,
    Target,
    Trials,
    Verbose,
    Workers,
    examples,
)
from qcsearch.cli.output import emit, say, say_notes, tell
from qcsearch.cli.process import began, say_at_end

if TYPE_CHECKING:
    from qcsearch.cli.inputs import Inputs
    from qcsearch.search.record import TrialRecord
    from qcsearch.search.result import SearchResult
    from qcsearch.search.workers import Nursery

OUT_OF_SECONDS = 3
_TOP = 5


@examples(
    "qcsearch search digits:0-3 --device fake_torino --max-seconds 120 --workers 2",
    "qcsearch search flowers.csv --target species --trials 60 --run runs/flowers",
    "qcsearch search passengers.csv --target survived --drop name --encode onehot --impute median",
    "qcsearch search flowers.csv --max-two-qubit-gates 8 --max-duration-us 4",
    "qcsearch search flowers.csv --strategy elivagar --strategy-option pool=50",
    "qcsearch search --seed-from runs/flowers --device fake_fez --max-seconds 60",
    "qcsearch search --run runs/flowers --trials 120      (goes on)",
)
def search(
    data: MaybeData = None,
    target: Target = None,
    drop: Drop = None,
    encode: Encode = None,
    impute: Impute = None,
    device: DeviceOption = None,
    space: SpaceOption = None,
    trials: Trials = None,
    max_seconds: MaxSeconds = None,
    max_two_qubit_gates: MaxGates = None,
    max_duration_us: MaxDuration = None,
    workers: Workers = 1,
    seed: Seed = None,
    strategy: Strategy = None,
    strategy_option: StrategyOption = None,
    seed_from: SeedFrom = None,
    run: RunOption = None,
    json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Search the quantum model that works best for labelled data on one device, under its noise.

    A run folder that holds a run is gone on with, also after a kill: totals count all sessions.
    Without --trials and --max-seconds, 50 trials. Exit code 3: both were given and the seconds
    ran out first, or no training went to its end, or in the time there was nothing became better
    than the majority class; there is a result. Exit code 4: no candidate kept the constraints, or the
    winner is no better than the majority class.
    """
    from qcsearch.cli.inputs import gather
    from qcsearch.data.table_options import TableOptions
    from qcsearch.search.workers import Nursery

    # The workers' imports run while this process reads the data.
    with Nursery() if workers > 1 else nullcontext() as nursery:
        inputs = gather(
            data,
            table=TableOptions(target, drop or (), encode, impute),
            device=device,
            space=space,
            trials=trials,
            max_seconds=max_seconds,
            max_two_qubit_gates=max_two_qubit_gates,
            max_duration_us=max_duration_us,
            seed=seed,
            strategy=strategy,
            strategy_option=strategy_option,
            seed_from=seed_from,
            run=run,
        )
        for notice in inputs.dataset.notices:
            say(f"Note: {notice}")
        say_notes(inputs.device)
        result = _search(inputs, workers, verbose, nursery)
    for notice in result.notices:
        say(f"Note: {notice}")
    if json:
        emit(result.to_json())
    else:
        _show(inputs, result)
    if result.failure:
        say(result.failure)
    both = inputs.n_trials is not None and inputs.max_seconds is not None
    if both and result.ended == "seconds" and result.n_trials < (inputs.n_trials or 0):
        say(f"The seconds ran out after {result.n_trials} of {inputs.n_trials} trials.")
        raise typer.Exit(OUT_OF_SECONDS)
    if result.exit_code:
        raise typer.Exit(result.exit_code)


def _search(inputs: Inputs, workers: int, verbose: bool, nursery: Nursery | None) -> SearchResult:
    from qcsearch.cli.panel import watch
    from qcsearch.search.search import run_search

    interrupted = f"Interrupted. What was finished is saved; `qcsearch search --run {inputs.run}` goes on."
    say_at_end(interrupted)
    try:
        with watch(inputs.title, _known(inputs), verbose=verbose) as watcher:
            return run_search(
                inputs.dataset,
                inputs.device,
                inputs.space,
                run=inputs.run,
                n_trials=inputs.n_trials,
                max_seconds=inputs.max_seconds,
                workers=workers,
                seed=inputs.seed,
                strategy=inputs.strategy,
                strategy_options=inputs.strategy_options,
                seed_from=inputs.seed_from,
                max_two_qubit_gates=inputs.max_two_qubit_gates,
                max_duration_us=inputs.max_duration_us,
                progress=watcher,
                nursery=nursery,
                began=began(),
            )
    except KeyboardInterrupt:
        raise KeyboardInterrupt(interrupted) from None


def _known(inputs: Inputs) -> list[TrialRecord]:
    """The trials of earlier sessions."""
    from qcsearch.search.leaderboard import records
    from qcsearch.search.run_folder import RunFolder

    return records(RunFolder.open(inputs.run)) if inputs.goes_on else []


def _show(inputs: Inputs, result: SearchResult) -> None:
    from qcsearch.cli.board import show
    from qcsearch.search.run_folder import RunFolder

    show(RunFolder.open(inputs.run), _TOP)
    tell(f"Run folder: {inputs.run}")
    tell(f"Next: qcsearch report {inputs.run}")

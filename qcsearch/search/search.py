"""The search, from a data set and a device to a winner that was tested once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from qcsearch.arguments import as_int, as_json, as_path
from qcsearch.canonical import Json
from qcsearch.data.dataset import Dataset
from qcsearch.devices.device import Device
from qcsearch.escape import for_terminal
from qcsearch.search.budget import Budget
from qcsearch.search.events import Event, Progress, told
from qcsearch.search.result import SearchResult
from qcsearch.search.run_config import Origin, RunConfig
from qcsearch.search.run_folder import RunFolder
from qcsearch.search.session import Session
from qcsearch.search.space import SearchSpace, check_limits
from qcsearch.search.strategies import check_strategy
from qcsearch.search.workers import Nursery

if TYPE_CHECKING:
    from qcsearch.search.objective import Objective
    from qcsearch.search.planted import Planted

__all__ = ["Progress", "run_search"]

_MAX_WORKERS = 256


def run_search(
    dataset: Dataset,
    device: Device,
    space: SearchSpace,
    *,
    run: str | Path,
    n_trials: int | None = None,
    max_seconds: float | None = None,
    workers: int = 1,
    seed: int = 0,
    strategy: str = "auto",
    strategy_options: Mapping[str, Json] | None = None,
    max_two_qubit_gates: int | None = None,
    max_duration_us: float | None = None,
    seed_from: str | Path | None = None,
    progress: Progress | None = None,
    nursery: Nursery | None = None,
    began: float | None = None,
) -> SearchResult:
    """Search, refit the best, evaluate the winner on the test part, and leave everything in a run folder.

    Called again with the same folder it goes on where it stopped, also after a kill: the totals count all
    sessions, a finished trial is neither lost nor run again. A finished run answers at once, unless a total
    was raised.

    Args:
        dataset: checked data.
        device: calibration facts to search under.
        space: what to search.
        run: folder of the run.
        n_trials: total of trials; None for no limit, or `DEFAULT_TRIALS` if there is no limit of seconds
            either.
        max_seconds: total of seconds, refit and evaluation included; None for no limit.
        workers: processes; 1 works in this one.
        seed: in [0, 2³² − 1]; everything random comes from it. With one worker and no limit of seconds, equal
            seeds give equal candidates and equal scores.
        strategy: one of `strategies.STRATEGIES`.
        strategy_options: parameters of its constructor by name, where they are to be others than its defaults.
        max_two_qubit_gates: limit of a mapped circuit on top of the space's own; the tighter one holds.
        max_duration_us: the same of one execution in microseconds, readout included.
        seed_from: folder of another run, finished or not, whose best candidates are tried first; a run that is gone on
            with has them already.
        progress: told what happens.
        nursery: of several workers, made before; it saves the time of its imports. It is closed at the end.

        began: in seconds of `time.monotonic`, when the seconds began to count, such as when the process began that
            read the data; None for now.

    Raises:
        InputError: for a bad total, number of workers, seed, limit or strategy.
        RunError: if the folder is of another run, or another search is at work in it; if there is nothing in
            `seed_from`.
        DataError: if the data cannot be split.
        SpaceError: if nothing in the space fits device and data, or the strategy cannot work with it.
        NoFeasibleCandidateError: if no candidate kept all constraints.
        KeyboardInterrupt: as it came; what was finished is saved.
    """
    with nursery or nullcontext():
        budget = Budget.of(n_trials, max_seconds)
        max_two_qubit_gates, max_duration_us = check_limits(max_two_qubit_gates, max_duration_us)
        space = space.tightened(max_two_qubit_gates=max_two_qubit_gates, max_duration_us=max_duration_us)
        workers = as_int(workers, "The number of workers", 1, _MAX_WORKERS)
        seed = as_int(seed, "The seed", 0, 2**32 - 1)
        options: dict[str, Json] = as_json({} if strategy_options is None else strategy_options)
        check_strategy(strategy, space, options)
        folder = RunFolder(as_path(run, "The run folder"))
        seed_from = None if seed_from is None else as_path(seed_from, "The run to begin with")
        source = None if seed_from is None or folder.begun else RunFolder.open(seed_from)
        config = RunConfig(
            dataset=dataset.name,
            dataset_digest=dataset.digest,
            drop=list(dataset.dropped),
            device=device.name,
            calibrated_at=device.calibrated_at,
            device_digest=device.digest,
            space=space.name,
            space_fingerprint=space.fingerprint,
            strategy=strategy,
            strategy_options=options,
            seed=seed,
            n_trials=budget.n_trials,
            max_seconds=budget.max_seconds,
            max_two_qubit_gates=max_two_qubit_gates,
            max_duration_us=max_duration_us,
            workers=workers,
            origin=_origin(folder, seed_from, source),
        )
        session = Session(folder, dataset, device, space, seed, budget, progress or _silent, nursery)
        session.began = began
        if source is not None:
            session.plant = partial(_plant, source)
        with told(progress):
            return session.answer(config)


def _origin(folder: RunFolder, seed_from: Path | None, source: RunFolder | None) -> Origin | None:
    """What the run begins with; one that is gone on with need not be told again."""
    old = folder.config.origin if folder.begun else None
    if old is not None and old.kind == "seeded" and str(seed_from or old.run) == old.run:
        return old
    if seed_from is None:
        return None
    return Origin(
        kind="seeded", run=for_terminal(seed_from), device="" if source is None else source.config.device
    )


def _plant(source: RunFolder, objective: Objective) -> tuple[Sequence[Planted], Sequence[str]]:
    """See `seeding.plant_from`, whose imports take their time."""
    from qcsearch.search.seeding import plant_from

    return plant_from(source, objective)


def _silent(event: Event) -> None:
    """Tell nobody."""

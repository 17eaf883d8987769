"""The search, from a data set and a device to a winner that was tested once."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from qcsearch.arguments import as_path
from qcsearch.data.dataset import Dataset
from qcsearch.devices.device import Device
from qcsearch.errors import InputError
from qcsearch.search.events import Event, Progress, told
from qcsearch.search.run.config import RunConfig
from qcsearch.search.run.folder import RunFolder
from qcsearch.search.run.result import SearchResult
from qcsearch.search.session.driver import run_session
from qcsearch.search.session.session import Session
from qcsearch.search.settings import SearchSettings
from qcsearch.search.space.space import SearchSpace
from qcsearch.search.strategies import check_strategy
from qcsearch.search.workers.pool import ForkServer

if TYPE_CHECKING:
    from qcsearch.search.trial.objective import Objective
    from qcsearch.search.trial.warm_start import WarmStart

__all__ = ["run_search"]


def run_search(
    dataset: Dataset,
    device: Device,
    space: SearchSpace,
    settings: SearchSettings,
    *,
    run: str | Path,
    progress: Progress | None = None,
    fork_server: ForkServer | None = None,
    began: float | None = None,
) -> SearchResult:
    """Search, refit the best, evaluate the winner on the test part, and leave everything in a run folder.

    Called again with the same folder it resumes the run where it stopped, also after a kill: the totals count all
    sessions, a finished trial is neither lost nor run again. A finished run answers at once, unless a total
    was raised.

    Args:
        dataset: checked data.
        device: calibration facts to search under.
        space: what to search.
        settings: how to search it, and for how long.
        run: folder of the run.
        progress: told what happens.
        fork_server: of several workers, made before; it saves the time of its imports. It is closed at the end.
        began: in seconds of `time.monotonic`, when the seconds began to count, such as when the process began that
            read the data; None for now.

    Raises:
        InputError: if the folder is no path.
        RunError: if the folder is of another run, or another search is running in it; if there is nothing in
            `settings.seed_from`.
        DataError: if the data cannot be split.
        SpaceError: if nothing in the space fits device and data, or the strategy cannot work with it.
        NoFeasibleCandidateError: if no candidate kept all constraints.
        KeyboardInterrupt: as it came; what was finished is saved.
    """
    with fork_server or nullcontext():
        space = space.tightened(settings.limits)
        check_strategy(settings.strategy, space, settings.strategy_options)
        _check_samples(dataset, settings.strategy)
        folder = RunFolder(as_path(run, "The run folder"))
        source: RunFolder | None = None
        if folder.begun and settings.seed_from is None:  # a resumed run keeps its own
            settings = replace(settings, seed_from=folder.config.settings.seed_from)
        elif not folder.begun and settings.seed_from is not None:
            source = RunFolder.open(settings.seed_from)
        config = RunConfig.of(dataset, device, space, settings)
        session = Session(folder, dataset, device, space, config, progress or _silent, fork_server)
        session.began = began
        if source is not None:
            session.prepare_warm_starts = partial(_prepare_warm_starts, source)
        with told(progress):
            return run_session(session)


_TEMPLATES = ("auto", "random", "tpe", "nsga2")
"""Strategies that make candidates of the space's own parts."""


def _check_samples(dataset: Dataset, strategy: str) -> None:
    """Refuse quantum states to a strategy whose own circuits encode classical features."""
    if dataset.quantum is not None and strategy not in _TEMPLATES:
        raise InputError(
            f"The strategy '{strategy}' makes circuits of its own, which encode classical features; samples that are "
            f"quantum states must be searched with {', '.join(_TEMPLATES[:-1])} or {_TEMPLATES[-1]}.",
            "leave --strategy out.",
        )


def _prepare_warm_starts(
    source: RunFolder, objective: Objective
) -> tuple[Sequence[WarmStart], Sequence[str]]:
    """See `earlier_run.warm_starts_from`, whose imports take their time."""
    from qcsearch.search.study.earlier_run import warm_starts_from

    return warm_starts_from(source, objective)


def _silent(event: Event) -> None:
    """Ignore an event."""

"""One session of a run: what it works with, while it holds the folder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

from qcsearch.data.dataset import Dataset
from qcsearch.devices.device import Device
from qcsearch.search.budget import Clock
from qcsearch.search.events import Progress
from qcsearch.search.run.config import RunConfig
from qcsearch.search.run.folder import RunFolder
from qcsearch.search.settings import SearchSettings
from qcsearch.search.space.space import SearchSpace
from qcsearch.search.workers.pool import ForkServer

if TYPE_CHECKING:
    from qcsearch.search.trial.objective import Objective
    from qcsearch.search.trial.warm_start import WarmStart

__all__ = ["PrepareWarmStarts", "Session"]

PrepareWarmStarts: TypeAlias = "Callable[[Objective], tuple[Sequence[WarmStart], Sequence[str]]]"
"""From the objective of a new run to what another run gives it, and sentences to be said."""


@dataclass
class Session:
    """One session of a run.

    Attributes:
        folder: where the run is.
        dataset: checked data.
        device: calibration facts.
        space: what is searched.
        config: what is asked for.
        emit: told what happens.
        fork_server: of several workers, made before; None makes one when it is needed.
        prepare_warm_starts: what another run gives to a new one, with sentences to be said.
        began: in seconds of `time.monotonic`, when its seconds began to count; None for when it begins.
        untuned: of a tuning, the model that it starts from, to be tested beside the tuned one.
        clock: seconds used, while it runs.
    """

    folder: RunFolder
    dataset: Dataset
    device: Device
    space: SearchSpace
    config: RunConfig
    emit: Progress
    fork_server: ForkServer | None = None
    prepare_warm_starts: PrepareWarmStarts | None = None
    untuned: WarmStart | None = None
    began: float | None = None
    clock: Clock = field(init=False)

    @cached_property
    def objective(self) -> Objective:
        """Made when it is needed: the libraries it imports take seconds, in which workers can already run."""
        from qcsearch.search.trial.features import Features
        from qcsearch.search.trial.objective import Objective

        settings = self.settings
        features, limit = Features.of(self.dataset, settings), settings.budget.setup_seconds
        space, device, tuned = self.space, self.device, self.config.tuned
        return Objective.of(features, space, device, settings.seed, limit, settings.shots, tuned=tuned)

    @property
    def settings(self) -> SearchSettings:
        """What the search is asked for."""
        return self.config.settings

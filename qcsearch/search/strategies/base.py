"""What a strategy is: objectives, a sampler for each trial, a pruner; and what one that makes circuits is."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Protocol, runtime_checkable

import numpy as np
from optuna.pruners import BasePruner
from optuna.samplers import BaseSampler
from pydantic import Field

from qcsearch.candidate.candidate import Candidate
from qcsearch.errors import SpaceError
from qcsearch.registry import Registry
from qcsearch.search.space.ladder import Ladder
from qcsearch.storage.canonical import Json
from qcsearch.training.parameters import Parameters

if TYPE_CHECKING:
    from qcsearch.search.space.space import SearchSpace
    from qcsearch.search.trial.objective import Objective
    from qcsearch.search.trial.record import TrialRecord

__all__ = [
    "STRATEGIES",
    "CircuitGenerator",
    "Proposal",
    "Share",
    "SpaceSpecificStrategy",
    "Strategy",
    "StrategyContext",
]


Share = Annotated[float, Field(ge=0, le=1)]
"""Type of an option that is a share or a probability; see `settings`."""


class Strategy(Protocol):
    """How a study chooses its candidates.

    `sampler` is asked anew for every trial, with a seed of that trial's own: so a search that was killed and
    resumed draws what it would have drawn. What a sampler must remember, it keeps in the study. There a trial with a
    score is `COMPLETE`, with a value for each objective; one that was stopped or broke a constraint is `PRUNED`, one
    that raised is `FAIL`. `user_attrs["record"]`, where there is one, is its `TrialRecord` as JSON.

    Attributes:
        objectives: `validation_score`, and behind it costs to be small (of `record.Costs`), if any. A study of
            several objectives cannot stop trials early.
    """

    objectives: tuple[str, ...]

    def sampler(self, seed: int) -> BaseSampler:
        """Return the sampler of one trial."""
        ...

    def pruner(self, ladder: Ladder) -> BasePruner:
        """Return the study's pruner."""
        ...


@runtime_checkable
class SpaceSpecificStrategy(Strategy, Protocol):
    """A strategy that cannot work with every space."""

    def check(self, space: SearchSpace) -> None:
        """Say before any work starts what is missing in a space.

        Raises:
            SpaceError: if the strategy cannot work with it.
        """
        ...


@runtime_checkable
class CircuitGenerator(SpaceSpecificStrategy, Protocol):
    """A strategy that makes its circuits itself, one whole search of its own for each trial.

    The sampler still draws the parameters of the space. What of them a circuit generator takes (preprocessing, head,
    training, numbers of qubits) and what it makes itself (most often encoding, ansatz, region), its class says.
    """

    def propose(self, context: StrategyContext) -> Proposal:
        """Return the candidate of one trial; the same for the same context, if there is no limit of time."""
        ...


@dataclass(frozen=True, eq=False)
class StrategyContext:
    """What a circuit generator is given for one trial.

    Attributes:
        objective: data, space, device, and the way from a candidate to its circuit, costs and constraints.
        params: what the sampler drew.
        template: the candidate of the space that these parameters mean.
        seed: of the trial: the same again if the trial has to be run again.
        until: in seconds of `time.monotonic`, when the answer must be there; None for no limit.
        history: gives the records of the finished trials, by number.
        started: when the context was given.
    """

    objective: Objective
    params: Mapping[str, Json]
    template: Candidate
    seed: int
    until: float | None = None
    history: Callable[[], Sequence[TrialRecord]] = tuple
    started: float = field(default_factory=time.monotonic)

    def rng(self) -> np.random.Generator:
        """The trial's generator, at its start."""
        return np.random.default_rng(self.seed)

    def late(self, share: float = 1.0) -> bool:
        """Whether this share of the time is used up."""
        if self.until is None:
            return False
        return time.monotonic() >= self.started + share * (self.until - self.started)


@dataclass(frozen=True, eq=False)
class Proposal:
    """A circuit generator's answer.

    Attributes:
        candidate: to be trained.
        predictors: figures of it that the circuit generator went by.
        start: parameters that its training starts from; an empty part is drawn.
    """

    candidate: Candidate
    predictors: Mapping[str, float] = field(default_factory=dict)
    start: Parameters = field(default_factory=Parameters)


STRATEGIES: Registry[Strategy] = Registry(
    "qcsearch.strategies", SpaceError, needs=("objectives", "sampler", "pruner")
)
"""All strategies by name; plugins add theirs in the entry-point group `qcsearch.strategies`."""

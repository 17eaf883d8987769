"""What a strategy is: objectives, a sampler for each trial, a pruner for the study."""

from __future__ import annotations

from typing import Protocol

from optuna.pruners import BasePruner
from optuna.samplers import BaseSampler

from qcsearch.errors import SpaceError
from qcsearch.registry import Registry
from qcsearch.search.ladder import Ladder

__all__ = ["STRATEGIES", "Strategy"]


class Strategy(Protocol):
    """How a study chooses its candidates.

    `sampler` is asked anew for every trial, with a seed of that trial's own: so a search that was killed and
    resumed draws what it would have drawn. What a sampler must remember, it keeps in the study.

    Attributes:
        objectives: `validation_accuracy` alone, or with `two_qubit_gates` behind it. A study of several
            objectives cannot stop trials early.
    """

    objectives: tuple[str, ...]

    def sampler(self, seed: int) -> BaseSampler:
        """Return the sampler of one trial."""
        ...

    def pruner(self, ladder: Ladder) -> BasePruner:
        """Return the study's pruner."""
        ...


STRATEGIES: Registry[Strategy] = Registry("qcsearch.strategies", SpaceError)

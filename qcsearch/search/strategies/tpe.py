"""Tree-structured Parzen estimator: candidates where the good trials so far are denser than the bad ones."""

from __future__ import annotations

from optuna.pruners import BasePruner
from optuna.samplers import BaseSampler, TPESampler

from qcsearch.search.ladder import Ladder
from qcsearch.search.strategies.base import STRATEGIES

__all__ = ["TPE"]


@STRATEGIES.register("tpe")
class TPE:
    """Multivariate TPE, constraints taken into account, with successive halving.

    Args:
        n_startup_trials: random trials before the first estimate.
        n_ei_candidates: samples of which the most promising is taken.
    """

    objectives = ("validation_accuracy",)

    def __init__(self, n_startup_trials: int = 10, n_ei_candidates: int = 24) -> None:
        self.n_startup_trials = n_startup_trials
        self.n_ei_candidates = n_ei_candidates

    def sampler(self, seed: int) -> BaseSampler:
        """Optuna's sampler with every argument that matters written out."""
        return TPESampler(
            n_startup_trials=self.n_startup_trials,
            n_ei_candidates=self.n_ei_candidates,
            multivariate=True,
            group=False,
            constant_liar=True,
            seed=seed,
        )

    def pruner(self, ladder: Ladder) -> BasePruner:
        """Successive halving."""
        return ladder.pruner()

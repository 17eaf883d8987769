"""The ladder of a training: rungs at which the weaker trials stop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from optuna.pruners import BasePruner

__all__ = ["Ladder"]


@dataclass(frozen=True)
class Ladder:
    """Rungs of a training at which the weaker trials stop (asynchronous successive halving).

    Rung `i` of `n` lies at the fraction `reduction_factor^(i - n)` of the training steps: with two rungs and
    factor 3, at 1/9 and 1/3. Li et al., *A System for Massively Parallel Hyperparameter Tuning*, MLSys 2020.

    Attributes:
        rungs: number of rungs, 0 to train every trial to its end.
        reduction_factor: about one of so many trials is promoted at a rung, ≥ 2.
    """

    rungs: int = 2
    reduction_factor: int = 3

    def steps(self, total: int) -> list[int]:
        """The steps of the rungs in a training of `total` steps, rising, each once, all below `total`."""
        fractions = (self.reduction_factor ** (i - self.rungs) for i in range(self.rungs))
        return sorted({step for step in (round(total * part) for part in fractions) if 0 < step < total})

    def pruner(self) -> BasePruner:
        """Optuna's pruner; a trial reports its `i`-th rung as resource `reduction_factor ** i`."""
        from optuna.pruners import NopPruner, SuccessiveHalvingPruner

        if self.rungs == 0:
            return NopPruner()
        return SuccessiveHalvingPruner(
            min_resource=1,
            reduction_factor=self.reduction_factor,
            min_early_stopping_rate=0,
            bootstrap_count=0,
        )

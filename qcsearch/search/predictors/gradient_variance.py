"""Gradient variance: is there a slope to follow at random weights, or a barren plateau."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qcsearch.candidate import checks
from qcsearch.search.predictors.base import PREDICTORS, PredictorInput

__all__ = ["GradientVariance"]


@PREDICTORS.register("gradient_variance")
@dataclass(frozen=True)
class GradientVariance:
    """Variance of `∂⟨O⟩/∂w` over random weights and samples, under noise, mean over weights and observables.

    McClean et al., Nat. Commun. 9, 4812 (2018); noise flattens too (Wang et al., Nat. Commun. 12, 6961, 2021), so
    the device's is on. 0 for a circuit without weights.

    Attributes:
        n_draws: random samples with random weights, uniform in [0, 2π).
    """

    higher_is_better = True

    n_draws: int = 32

    def __post_init__(self) -> None:
        checks.integer("gradient_variance", "n_draws", self.n_draws, 2)

    def __call__(self, inputs: PredictorInput) -> float:
        """See `Predictor`."""
        program = inputs.transpiled.compile(noise=True)
        if not program.n_weights:
            return 0.0
        rng = inputs.rng()
        samples = inputs.X[rng.integers(len(inputs.X), size=self.n_draws)]
        slopes = [
            [program.value_and_gradient(x[None], w, row[None])[1] for row in np.eye(program.n_observables)]
            for x, w in zip(samples, inputs.weights(self.n_draws, rng), strict=True)
        ]
        return float(np.var(slopes, axis=0).mean())

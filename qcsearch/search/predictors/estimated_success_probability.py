"""Estimated success probability: the probability that no gate and no readout errs."""

from __future__ import annotations

from dataclasses import dataclass

from qcsearch.search.predictors.base import PREDICTORS, PredictorInput

__all__ = ["EstimatedSuccessProbability"]


@PREDICTORS.register("estimated_success_probability")
@dataclass(frozen=True)
class EstimatedSuccessProbability:
    """Product of 1 − error over all gates of the mapped circuit and the readout of its qubits; in [0, 1]."""

    higher_is_better = True

    def __call__(self, inputs: PredictorInput) -> float:
        """See `Predictor`."""
        return inputs.transpiled.mapped.estimated_success_probability

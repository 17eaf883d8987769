"""Predicted success: the probability that no gate and no readout errs."""

from __future__ import annotations

from dataclasses import dataclass

from qcsearch.search.predictors.base import PREDICTORS, Subject

__all__ = ["PredictedSuccess"]


@PREDICTORS.register("predicted_success")
@dataclass(frozen=True)
class PredictedSuccess:
    """Product of 1 − error over all gates of the mapped circuit and the readout of its qubits; in [0, 1]."""

    higher_is_better = True

    def __call__(self, subject: Subject) -> float:
        """See `Predictor`."""
        return subject.assembly.mapped.predicted_success

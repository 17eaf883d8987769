"""Duration over T2: how much of its coherence a circuit uses up."""

from __future__ import annotations

import math
from dataclasses import dataclass

from qcsearch.search.predictors.base import PREDICTORS, PredictorInput

__all__ = ["DurationOverT2"]


@PREDICTORS.register("duration_t2")
@dataclass(frozen=True)
class DurationOverT2:
    """Duration of the mapped circuit, readout included, over the shortest T2 of its qubits; 0 if none is known."""

    higher_is_better = False

    def __call__(self, inputs: PredictorInput) -> float:
        """See `Predictor`."""
        mapped, facts = inputs.transpiled.mapped, inputs.transpiled.device.qubits
        return mapped.duration / min((facts[q].t2 or math.inf for q in mapped.qubits), default=math.inf)

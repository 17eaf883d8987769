"""Kernel-target alignment: do the states of untrained circuits tell the classes apart as a kernel."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qcsearch.candidate import checks
from qcsearch.search.predictors.base import PREDICTORS, PredictorInput
from qcsearch.simulation.states import overlaps
from qcsearch.training.expectations import Floats

__all__ = ["KernelTargetAlignment", "alignment"]


@PREDICTORS.register("kernel_target_alignment")
@dataclass(frozen=True)
class KernelTargetAlignment:
    """Centred alignment of the kernel `Tr(ρ_i ρ_j)` with "of one class", mean over random weights; 1 at best.

    Cortes, Mohri, Rostamizadeh, J. Mach. Learn. Res. 13, 795 (2012). The states are noise-free and reduced to the
    measured qubits.

    Attributes:
        per_class: samples of each class.
        n_weights: draws of all weights, uniform in [0, 2π).
    """

    higher_is_better = True

    per_class: int = 16
    n_weights: int = 32

    def __post_init__(self) -> None:
        for name in ("per_class", "n_weights"):
            checks.integer("kernel_target_alignment", name, getattr(self, name), 1)

    def __call__(self, inputs: PredictorInput) -> float:
        """See `Predictor`."""
        rng = inputs.rng()
        rows = inputs.balanced(self.per_class, rng)
        labels = inputs.y[rows]
        target = np.asarray(labels[:, None] == labels[None, :], dtype=np.float64)
        drawn = inputs.states(inputs.X[rows], inputs.weights(self.n_weights, rng))
        return float(np.mean([alignment(overlaps(states), target) for states in drawn]))


def alignment(kernel: Floats, target: Floats) -> float:
    """`⟨K, T⟩ / (|K| |T|)` of the centred matrices; 0 if one of them is constant."""
    first, second = _centred(kernel), _centred(target)
    size = float(np.linalg.norm(first) * np.linalg.norm(second))
    return float(np.sum(first * second) / size) if size > 1e-9 else 0.0


def _centred(matrix: Floats) -> Floats:
    rows = matrix - matrix.mean(axis=0)
    centred: Floats = rows - rows.mean(axis=1, keepdims=True)
    return centred

"""Representational capacity: do samples of one class end in one state, and of different classes in different ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qcsearch.candidate import checks
from qcsearch.search.predictors.base import PREDICTORS, PredictorInput
from qcsearch.simulation.states import overlaps
from qcsearch.training.expectations import Floats, Ints

__all__ = ["RepresentationalCapacity", "similarities"]

_ROUNDING = 10
"""Digits of a similarity that count: states that are the same differ in later ones."""


@PREDICTORS.register("repcap")
@dataclass(frozen=True)
class RepresentationalCapacity:
    """`1 - Σ (W (A - B))² / (2 Σ A)` over pairs of samples; 1 where classes and states agree for all weights.

    Anagolum et al., ASPLOS 2024 (arXiv 2401.09393), section 6. A is 1 where two samples have one class. B is the
    share of random weights for which the similarity of their noise-free reduced states on the measured qubits is
    above the mean of all pairs. W is 1 inside a class and `1 / (C - 1)` between two of C classes.

    Attributes:
        per_class: samples of each class.
        n_weights: draws of all weights, uniform in [0, 2π).
    """

    higher_is_better = True

    per_class: int = 16
    n_weights: int = 32

    def __post_init__(self) -> None:
        for name in ("per_class", "n_weights"):
            checks.integer("repcap", name, getattr(self, name), 1)

    def __call__(self, inputs: PredictorInput) -> float:
        """See `Predictor`."""
        rng = inputs.rng()
        rows = inputs.balanced(self.per_class, rng)
        drawn = inputs.states(inputs.X[rows], inputs.weights(self.n_weights, rng))
        near = np.mean([_near(similarities(states)) for states in drawn], axis=0)
        return _agreement(near, inputs.y[rows])


def similarities(states: Floats) -> Floats:
    """`Tr(ρ_i ρ_j)² / (Tr ρ_i² · Tr ρ_j²)`, `(n, n)`, of Pauli vectors `(n, 4^k)`; 1 for equal states."""
    products = overlaps(states)
    purity = np.diag(products)
    found: Floats = products**2 / np.outer(purity, purity)
    return found


def _near(similarity: Floats) -> Floats:
    """1 where a pair is more similar than the mean of all pairs of different samples."""
    rounded = similarity.round(_ROUNDING)
    others = rounded[~np.eye(len(rounded), dtype=bool)]
    return (rounded > others.mean() if len(others) else rounded > 0).astype(np.float64)


def _agreement(near: Floats, y: Ints) -> float:
    same = y[:, None] == y[None, :]
    between = 1.0 / max(1, len(np.unique(y)) - 1)
    difference = np.where(same, 1.0, between) * (same - near)
    return float(1.0 - np.sum(difference**2) / (2.0 * np.sum(same)))

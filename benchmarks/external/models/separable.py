"""Separable variational circuit: each qubit for itself, its feature read again and again."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from external.models.adam import trained
from external.models.base import QuantumClassifier

__all__ = ["SeparableCircuit"]

Floats = NDArray[np.floating]

SHARPNESS = 6.0
"""Of the logistic function of the mean ⟨Z⟩."""

_STEPS = 10_000

_Z, _Y = (0, 1), (2, 0)
"""The plane that a rotation turns, as components of a Bloch vector: from the first axis towards the second."""


class SeparableCircuit(QuantumClassifier):
    """As in the study: a qubit a feature, no entanglement.

    `encoding_layers` times RZ RY RZ of weights and RY(x), then RZ RY RZ; P(class 1) is the logistic function of six
    times the mean ⟨Z⟩. Each qubit is its Bloch vector, so this is exact.

    Args:
        encoding_layers: how often a feature is read.
        learning_rate: of Adam.
        seed: of the start and the batches.
    """

    def __init__(self, encoding_layers: int = 1, learning_rate: float = 0.01, seed: int = 0) -> None:
        self.encoding_layers = encoding_layers
        self.learning_rate = learning_rate
        self.seed = seed

    def fit(self, X: Floats, y: NDArray[np.int_]) -> SeparableCircuit:
        """Train to a flat loss."""
        codes, rng = self.codes(y), np.random.default_rng(self.seed)
        start = rng.uniform(0, 2 * np.pi, (self.encoding_layers + 1, 3, X.shape[1]))
        (self._weights,) = trained(
            [start],
            lambda parameters, rows: gradient(parameters[0], X[rows], codes[rows]),
            len(X), rng, self.learning_rate, _STEPS,
        )  # fmt: skip
        return self

    def predict(self, X: Floats) -> NDArray[np.int_]:
        """Labels `(n_samples,)`."""
        return np.asarray(self.named(_run(self._weights, X)[0][2].mean(axis=1) > 0))


def gradient(weights: Floats, X: Floats, codes: NDArray[np.int_]) -> tuple[float, list[Floats]]:
    """Mean cross-entropy of rows, and its gradient by the weights `(layers + 1, 3, n_qubits)`."""
    vector, path = _run(weights, X)
    logits = SHARPNESS * vector[2].mean(axis=1)
    loss = np.mean(np.logaddexp(0, logits) - codes * logits)
    dlogits = (expit(logits) - codes) / len(X)
    adjoint = np.zeros_like(vector)
    adjoint[2] = (dlogits * SHARPNESS / X.shape[1])[:, None]
    slopes = np.empty_like(weights)
    for (u, v), c, s, after, place in reversed(path):
        if place is not None:
            slopes[place] = np.sum(adjoint[v] * after[0] - adjoint[u] * after[1], axis=0)
        adjoint[u], adjoint[v] = c * adjoint[u] + s * adjoint[v], c * adjoint[v] - s * adjoint[u]
    return float(loss), [slopes]


def _run(weights: Floats, X: Floats) -> tuple[Floats, list[tuple]]:  # type: ignore[type-arg]
    """Bloch vectors `(3, n_rows, n_qubits)` at the end, and what each rotation turned, by what, into what."""
    vector = np.zeros((3, *X.shape))
    vector[2] = 1
    path = []

    def turn(plane: tuple[int, int], angle: Floats, place: tuple[int, int] | None) -> None:
        u, v = plane
        c, s = np.cos(angle), np.sin(angle)
        vector[u], vector[v] = c * vector[u] - s * vector[v], s * vector[u] + c * vector[v]
        path.append((plane, c, s, (vector[u].copy(), vector[v].copy()), place))

    for layer, angles in enumerate(weights):
        for n, (plane, angle) in enumerate(zip((_Z, _Y, _Z), angles, strict=True)):
            turn(plane, angle, (layer, n))
        if layer < len(weights) - 1:
            turn(_Y, X, None)
    return vector, path

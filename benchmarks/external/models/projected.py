"""Projected quantum kernel: what each qubit says of a state that evolved under the features, and a Gaussian of it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin

from external.models.base import remembered, within

__all__ = ["HeisenbergFeatures"]

Floats = NDArray[np.float64]

MOST_QUBITS = 17
_MOST_AMPLITUDES = 2**21
"""Of the rows that are simulated together."""


class HeisenbergFeatures(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # sklearn is untyped
    """⟨X⟩, ⟨Y⟩, ⟨Z⟩ of each of d + 1 qubits, on which an SVC with γ = `gamma_factor` is the study's model.

    The embedding of H.-Y. Huang et al. (arXiv 2011.01938) as in the study: a fixed random rotation of each qubit, then
    `trotter_steps` times, for each feature x_j in turn, exp(-i φ_j/2 (XX + YY + ZZ)) on the qubits j and j + 1 with
    φ_j = x_j · d · t / `trotter_steps`. Values are divided by √(v · d), v their variance over training rows and values,
    so that γ counts in the study's units of 1 / (v · d).
    """

    def __init__(self, t: float = 1 / 3, trotter_steps: int = 5, seed: int = 0) -> None:
        self.t = t
        self.trotter_steps = trotter_steps
        self.seed = seed

    def fit(self, X: Floats, y: Any = None) -> HeisenbergFeatures:
        """Draw the rotations and measure the variance."""
        within(X.shape[1] + 1, MOST_QUBITS)
        self._rotations = np.random.default_rng(self.seed).uniform(0, 2 * np.pi, (X.shape[1] + 1, 3))
        self._unit = float(np.sqrt(np.var(self._values(X)) * X.shape[1])) or 1.0
        return self

    def transform(self, X: Floats) -> Floats:
        """Features `(n_samples, 3 · (n_features + 1))`."""
        return self._values(X) / self._unit

    def _values(self, X: Floats) -> Floats:
        return np.asarray(paulis(np.ascontiguousarray(X), self._rotations, self.t, self.trotter_steps))


@remembered
def paulis(X: Floats, rotations: Floats, t: float, steps: int) -> Floats:
    """Expectation values `(n_samples, 3 · n_qubits)` of the embedded states, X of all qubits first, then Y, then Z.

    Args:
        X: `(n_samples, n_qubits - 1)`.
        rotations: φ, θ, ω of RZ(ω) RY(θ) RZ(φ) on each qubit.
        t: time, of which each feature has d times as much.
        steps: of Trotter's formula.
    """
    phi, theta, omega = rotations.T
    start = np.ones(1, dtype=complex)
    for qubit in zip(
        np.cos(theta / 2) * np.exp(-0.5j * (phi + omega)),
        np.sin(theta / 2) * np.exp(-0.5j * (phi - omega)),
        strict=True,
    ):
        start = np.kron(start, qubit)
    angles = X * (t * X.shape[1] / steps)
    block = max(1, _MOST_AMPLITUDES // len(start))
    parts = [
        _measured(_evolved(start, angles[n : n + block], steps), len(rotations))
        for n in range(0, len(X), block)
    ]
    return np.concatenate(parts)


def _evolved(start: NDArray[np.complex128], angles: Floats, steps: int) -> NDArray[np.complex128]:
    """XX + YY + ZZ is 2 SWAP - 1: only |01⟩ and |10⟩ move, but for a phase of all."""
    states = np.tile(start, (len(angles), 1))
    for _ in range(steps):
        for j, phi in enumerate(angles.T):
            pairs = states.reshape(len(angles), 2**j, 2, 2, -1)
            one, other = pairs[:, :, 0, 1].copy(), pairs[:, :, 1, 0].copy()
            turn = phi[:, None, None]
            stay, swap = np.exp(1j * turn) * np.cos(turn), -1j * np.exp(1j * turn) * np.sin(turn)
            pairs[:, :, 0, 1] = stay * one + swap * other
            pairs[:, :, 1, 0] = swap * one + stay * other
    return states


def _measured(states: NDArray[np.complex128], n_qubits: int) -> Floats:
    values = np.empty((len(states), 3, n_qubits))
    for qubit in range(n_qubits):
        halves = states.reshape(len(states), 2**qubit, 2, -1)
        zero, one = halves[:, :, 0], halves[:, :, 1]
        coherence = 2 * np.sum(zero.conj() * one, axis=(1, 2))
        values[:, 0, qubit], values[:, 1, qubit] = coherence.real, coherence.imag
        values[:, 2, qubit] = np.sum(np.abs(zero) ** 2 - np.abs(one) ** 2, axis=(1, 2))
    return values.reshape(len(states), -1)

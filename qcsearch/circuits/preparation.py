"""States that a fixed circuit prepares, one for each row of its angles, without noise."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from qcsearch.candidate.gate import Gate
from qcsearch.circuits.gates import GATES

__all__ = ["prepared_states"]

Floats = NDArray[np.float64]
Matrices = NDArray[np.complex128]

_POINTS = (0.3, 1.1, 2.3, 4.7, 9.2)
"""Angles at which a gate is looked at: as many as there are waves, and no two of them alike."""


def prepared_states(gates: Sequence[Gate], X: Floats, n_qubits: int) -> Floats:
    """Pure states `(n_samples, 2·2^n)`, see `start_states`.

    Args:
        gates: of the preparation, whose angles name columns of `X`.
        X: `(n_samples, n_angles)`, in radians.
        n_qubits: how many there are.
    """
    states = np.zeros((len(X), *(2,) * n_qubits), np.complex128)
    states.reshape(len(X), -1)[:, 0] = 1.0
    for gate in gates:
        axes = [n_qubits - qubit for qubit in reversed(gate.qubits)]  # axis 1 is the highest qubit
        k = len(axes)
        moved = np.moveaxis(states, axes, range(1, k + 1))
        turned = _matrices(gate, X) @ moved.reshape(len(X), 2**k, -1)
        states = np.moveaxis(turned.reshape(moved.shape), range(1, k + 1), axes)
    flat = states.reshape(len(X), -1)
    return np.hstack([flat.real, flat.imag])


def _matrices(gate: Gate, X: Floats) -> Matrices:
    """Of one gate for every sample, `(n_samples or 1, 2^k, 2^k)`."""
    from qiskit.circuit import library

    cls = getattr(library, GATES[gate.name].qiskit_name)
    if gate.angle is None:
        return np.asarray(cls().to_matrix())[None]
    factor = np.zeros(len(X)) if gate.angle.feature is None else X[:, gate.angle.feature]
    waves = _waves(gate.angle.constant + gate.angle.scale * factor)
    return np.asarray(np.einsum("sw,wij->sij", waves, _parts(gate.name)))


@lru_cache(maxsize=64)
def _parts(name: str) -> Matrices:
    """A gate of one angle as a sum of waves times matrices: every one is, of a wave or two of these."""
    from qiskit.circuit import library

    cls = getattr(library, GATES[name].qiskit_name)
    seen = np.array([cls(angle).to_matrix() for angle in _POINTS])
    found = np.linalg.solve(_waves(np.array(_POINTS)), seen.reshape(len(_POINTS), -1))
    return np.asarray(found.reshape(seen.shape))


def _waves(angles: Floats) -> Floats:
    """`(n, 5)`: 1, and cos and sin of the half and of the whole angle."""
    half = angles / 2
    return np.stack(
        [np.ones_like(angles), np.cos(half), np.sin(half), np.cos(angles), np.sin(angles)], axis=1
    )

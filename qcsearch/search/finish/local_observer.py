"""What a classical model sees of quantum states: Pauli strings on a few neighbouring qubits, measured."""

from __future__ import annotations

from itertools import product

import numpy as np

from qcsearch.circuits.encodings.prepared import CIRCUITS
from qcsearch.circuits.preparation import prepared_states
from qcsearch.circuits.start_states import MIXED, amplitudes
from qcsearch.data.quantum.samples import QuantumSamples
from qcsearch.training.expectations import Floats

__all__ = ["OBSERVED_SHOTS", "observed", "observer_notice"]

OBSERVED_SHOTS = 1024
"""Of each setting, where the search says no number of its own."""

_AXES = "XYZ"
_TO_Z = {
    "X": np.array([[1, 1], [1, -1]]) / np.sqrt(2),
    "Y": np.array([[1, -1j], [1, 1j]]) / np.sqrt(2),
    "Z": np.eye(2),
}


def observer_notice(shots: int | None) -> str:
    """What the board says of the classical rows."""
    return (
        "Classical models see no amplitudes. They see every Pauli string on one and two neighbouring qubits of each "
        f"sample, and as raw features on three too, from {shots or OBSERVED_SHOTS:,} noiseless shots of each of 9, "
        "and of 27, measurement settings."
    )


def observed(
    rows: Floats, quantum: QuantumSamples, width: int, shots: int, rng: np.random.Generator
) -> Floats:
    """Estimates `(n_samples, n_strings)` of all Pauli strings on 1 to `width` neighbours of a line.

    Each setting measures one axis a qubit, the same pattern of `width` axes again and again along the line: 3^width
    settings, which hold every such string. A string's estimate is the mean over those that hold it.

    Args:
        rows: samples, as the data hold them.
        quantum: what they are; circuits are measured behind their preparation without noise.
        width: neighbours, at most.
        shots: of each setting.
        rng: of the shots.
    """
    n, width = quantum.n_qubits, min(width, quantum.n_qubits)
    if quantum.kind == CIRCUITS:
        rows = prepared_states(quantum.prepared.gates, rows, n)
    sums: dict[tuple[int, str], Floats] = {}
    counts: dict[tuple[int, str], int] = {}
    for pattern in product(_AXES, repeat=width):
        axes = "".join(pattern[q % width] for q in range(n))
        seen = rng.multinomial(shots, _probabilities(rows, axes, quantum.kind)) / shots
        for length in range(1, width + 1):
            for first in range(n - length + 1):
                mask = (2**length - 1) << first
                sign = 1.0 - 2.0 * (np.bitwise_count(np.arange(2**n) & mask) % 2)
                key = first, axes[first : first + length]
                sums[key] = sums.get(key, 0.0) + seen @ sign
                counts[key] = counts.get(key, 0) + 1
    return np.stack([sums[key] / counts[key] for key in sorted(sums)], axis=1)


def _probabilities(rows: Floats, axes: str, kind: str) -> Floats:
    """Of the outcomes `(n_samples, 2^n)`, qubit 0 the lowest bit."""
    n = len(axes)
    if kind == MIXED:
        places = np.zeros(1, dtype=np.int64)
        for qubit, axis in enumerate(axes):
            places = (np.array([0, 1 + _AXES.index(axis)])[:, None] * 4**qubit + places).reshape(-1)
        outcomes = np.arange(2**n)
        signs = 1.0 - 2.0 * (np.bitwise_count(outcomes[:, None] & outcomes) % 2)
        found = rows[:, places] @ signs / 2**n
    else:
        states = amplitudes(rows)
        for qubit, axis in enumerate(axes):
            split = states.reshape(len(rows), 2 ** (n - 1 - qubit), 2, 2**qubit)
            states = np.einsum("ij,shjl->shil", _TO_Z[axis], split).reshape(len(rows), -1)
        found = np.abs(states) ** 2
    found = np.clip(found, 0.0, None)
    return np.asarray(found / found.sum(axis=1, keepdims=True))

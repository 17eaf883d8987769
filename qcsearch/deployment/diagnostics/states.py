"""Density matrices from shots: linear inversion, then the nearest physical state.

Own, because qiskit-experiments 0.14, which does the same, keeps what it works out for the first readout errors it is
given, and fits every later state of the process with those.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.quantum_info import DensityMatrix, SparsePauliOp

from qcsearch.deployment.diagnostics.canaries import Readout
from qcsearch.training.expectations import Floats

__all__ = ["Shots", "draw_shots", "fit_state", "settings"]


@dataclass(frozen=True)
class Shots:
    """What tomography measured.

    Attributes:
        counts: number of times that each of the 2ⁿ outcomes came, `(2ⁿ,)`, by setting; qubit 0 is the lowest
            bit.
        readout: the readout errors to take out.
    """

    counts: Mapping[str, NDArray[np.int64]]
    readout: Readout

    @property
    def shots(self) -> dict[str, int]:
        """How many there are of each setting."""
        return {axes: int(counts.sum()) for axes, counts in self.counts.items()}

    @property
    def least(self) -> int:
        """The fewest of all settings."""
        return min(self.shots.values())


def settings(n_qubits: int) -> list[str]:
    """The 3ⁿ settings of the measurement: an axis X, Y or Z a qubit, qubit 0 first."""
    return ["".join(axes) for axes in product("XYZ", repeat=n_qubits)]


def fit_state(shots: Shots) -> DensityMatrix:
    """The physical state behind some shots of all settings.

    Each Pauli string's expectation value is the mean over all settings that tell it, each by its number of shots,
    readout errors taken out.

    Raises:
        BackendError: if a qubit's readout tells nothing.
    """
    n_qubits = len(shots.readout.p10)
    zeros, ones = shots.readout.factors(np.array([[False] * n_qubits, [True] * n_qubits]))
    mixer = np.ones((1, 1))
    for zero, one in zip(zeros, ones, strict=True):
        mixer = np.kron([[1.0, 1.0], [zero, one]], mixer)
    found: dict[str, list[tuple[float, int]]] = {}
    for axes, counts in shots.counts.items():
        for mask, value in enumerate(mixer @ (counts / counts.sum())):
            string = "".join(axis if mask >> q & 1 else "I" for q, axis in enumerate(axes))
            found.setdefault(string[::-1], []).append((value, int(counts.sum())))
    terms = [(string, _weighted(told)) for string, told in found.items()]
    return _physical(SparsePauliOp.from_list(terms).to_matrix() / 2**n_qubits)


def _weighted(told: list[tuple[float, int]]) -> float:
    """The mean of (value, number of shots)."""
    values, shots = np.transpose(told)
    return float(np.average(values, weights=shots))


def _physical(matrix: NDArray[np.complex128]) -> DensityMatrix:
    """The nearest density matrix to a Hermitian one of trace 1.

    Negative eigenvalues become 0, smallest first, and what they lacked is taken from the others alike (Smolin,
    Gambetta and Smith, Phys. Rev. Lett. 108, 070502).
    """
    values, vectors = np.linalg.eigh(matrix)
    lacking, n_zero = 0.0, 0
    while values[n_zero] + lacking / (len(values) - n_zero) < 0:
        lacking += values[n_zero]
        n_zero += 1
    values[n_zero:] += lacking / (len(values) - n_zero)
    values[:n_zero] = 0
    return DensityMatrix((vectors * values) @ vectors.conj().T)


def draw_shots(
    state: DensityMatrix, readout: Readout, n_shots: int | Mapping[str, int], rng: np.random.Generator
) -> Iterator[Shots]:
    """Shots as a device would give them that has this state and these readout errors, again and again.

    Args:
        state: the state, on as many qubits as `readout`.
        readout: the errors, and from how many shots the answer's own are known.
        n_shots: shots of each setting, one number for all or one by name.
        rng: generator of the shots.
    """
    misread = np.ones((1, 1))
    for p10, p01 in zip(readout.p10, readout.p01, strict=True):
        misread = np.kron([[1 - p10, p01], [p10, 1 - p01]], misread)
    chances = {axes: misread @ _probabilities(state, axes) for axes in settings(len(readout.p10))}
    shots = dict.fromkeys(chances, n_shots) if isinstance(n_shots, int) else n_shots
    while True:
        counts = {axes: rng.multinomial(shots[axes], chance) for axes, chance in chances.items()}
        p10, p01 = (rng.binomial(readout.shots, p) / readout.shots for p in (readout.p10, readout.p01))
        yield Shots(counts, Readout(p10, p01, readout.shots))


def _probabilities(state: DensityMatrix, axes: str) -> Floats:
    """Of the 2ⁿ outcomes of one setting."""
    rotation = QuantumCircuit(len(axes))
    for qubit, axis in enumerate(axes):
        if axis == "Y":
            rotation.sdg(qubit)
        if axis != "Z":
            rotation.h(qubit)
    chances = np.clip(state.evolve(rotation).probabilities(), 0.0, None)
    return np.asarray(chances / chances.sum(), dtype=np.float64)

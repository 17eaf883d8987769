"""Amplitude encoding: the features are the amplitudes of the state."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from qcsearch.candidate.gate import Angle, Gate, Topology
from qcsearch.circuits.encodings.base import ENCODINGS, require_features
from qcsearch.errors import CandidateError

__all__ = ["AmplitudeEncoding"]

Floats = NDArray[np.float64]

MAX_QUBITS = 12


@ENCODINGS.register("amplitude")
@dataclass(frozen=True)
class AmplitudeEncoding:
    """Prepare Σ_i x_i |i⟩ / ‖x‖, zero-padded to 2^n amplitudes, signs included.

    Qubit 0 is the lowest bit of `i`. Uniformly controlled rotations, Möttönen et al., Quantum Inf. Comput.
    5, 467 (2005): from the highest qubit down, each qubit is turned by an angle that depends on the qubits
    above it. The angles of the gates are computed classically from the features, so the circuit is a fixed
    list of 2^n − 1 ry and 2^n − 1 − n cz. The norm of the features is lost: samples that are multiples of one
    another by a positive factor are not told apart, and by a negative one only in the sign of the whole
    state, which nothing measures; so one feature alone says nothing and is refused. A sample of zeros
    becomes |0…0⟩. The cz are between any two qubits, and mapping brings them to the couplings.

    Each rotation would end in a cz with the highest qubit. All of these commute to the end, where they only
    turn signs of amplitudes; so they are left out and the signs are turned beforehand in the features.
    """

    def n_derived(self, n_features: int, topology: Topology) -> int:
        """One angle a node of the binary tree: 2^n − 1.

        Raises:
            CandidateError: for one feature, for more features than amplitudes, or for more than 12 qubits.
        """
        if n_features == 1:
            raise CandidateError("The encoding 'amplitude' must have at least 2 features. Got 1.")
        if topology.n_qubits > MAX_QUBITS:
            raise CandidateError(
                f"The encoding 'amplitude' takes at most {MAX_QUBITS} qubits. Got {topology.n_qubits}."
            )
        require_features("amplitude", n_features, 2**topology.n_qubits, "one feature an amplitude")
        return int(2**topology.n_qubits) - 1

    def derive(self, X: Floats, topology: Topology) -> Floats:
        """Return the ry angles, level by level from the highest qubit, each in Gray-code order."""
        n_qubits = topology.n_qubits
        children = np.zeros((len(X), 2**n_qubits))
        children[:, : X.shape[1]] = X
        children *= _signs(n_qubits)
        levels: list[Floats] = []
        for level in reversed(range(n_qubits)):
            even, odd = children[:, 0::2], children[:, 1::2]
            levels.append(2.0 * np.arctan2(odd, even) @ _walsh(level))
            children = np.hypot(even, odd)
        return np.hstack(levels[::-1])

    def layers(self, n_features: int, topology: Topology, n_layers: int) -> list[list[Gate]]:
        """One block, before all layers of the ansatz."""
        top = topology.n_qubits - 1
        return [[gate for level in range(top + 1) for gate in _multiplexed_ry(level, top - level)]]


def _multiplexed_ry(n_controls: int, target: int) -> list[Gate]:
    """Rotate `target` by one of 2^n_controls angles, chosen by the `n_controls` qubits above it.

    Between two rotations stands a cz with the control whose bit changes in the Gray code; the last one is
    left out.
    """
    first = 2**n_controls - 1
    gates = [Gate("ry", (target,), Angle(feature=first))]
    for step in range(1, 2**n_controls):
        changed = (_gray(step - 1) ^ _gray(step)).bit_length() - 1
        gates.append(Gate("cz", (target + 1 + changed, target)))
        gates.append(Gate("ry", (target,), Angle(feature=first + step)))
    return gates


def _signs(n_qubits: int) -> Floats:
    """What the cz that are left out would do: (−1)^(highest bit · number of other bits)."""
    state = np.arange(2**n_qubits)
    highest, others = state >> (n_qubits - 1), state & (2 ** (n_qubits - 1) - 1)
    return np.asarray(1.0 - 2.0 * (highest * (np.bitwise_count(others) % 2)), dtype=np.float64)


@lru_cache(maxsize=MAX_QUBITS)
def _walsh(n_controls: int) -> Floats:
    """(−1)^|j ∧ gray(i)| / 2^n_controls: from the angle of control state `j` to that of gate `i`."""
    state = np.arange(2**n_controls)
    gray = state ^ (state >> 1)
    odd = np.bitwise_count(state[:, None] & gray[None, :]) % 2
    return np.asarray(np.where(odd, -1.0, 1.0) / 2**n_controls, dtype=np.float64)


def _gray(number: int) -> int:
    return number ^ (number >> 1)

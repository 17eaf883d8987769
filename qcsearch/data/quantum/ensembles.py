"""States that are drawn at random from a class: of entanglement, and behind a channel."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from qcsearch.circuits.start_states import paulis_of_densities
from qcsearch.data.values import FloatArray, IntArray

__all__ = ["CHANNELS", "ENTANGLEMENT", "channel_states", "entangled_states"]

Matrices = NDArray[np.complex128]

ENTANGLEMENT = ("separable", "ghz", "w")
"""Products of one-qubit states; (|0…0⟩ + |1…1⟩) / √2; the even sum of all states with a single 1."""

_TURN = np.pi / 4
"""Each qubit of a state is turned about a random axis, by an angle up to this."""


def entangled_states(n_qubits: int, codes: IntArray, rng: np.random.Generator) -> Matrices:
    """Amplitudes `(n, 2^n_qubits)` of states of the classes `codes`, each qubit turned at random.

    No local rotation changes what a state is entangled like, so the classes are exact. A product state is |0…0⟩ or
    |+…+⟩, turned.
    """
    side = 2**n_qubits
    ghz, w = np.zeros(side, complex), np.zeros(side, complex)
    ghz[[0, -1]] = np.sqrt(0.5)
    w[2 ** np.arange(n_qubits)] = n_qubits**-0.5
    states = np.stack([np.eye(side, dtype=complex)[0], ghz, w])[codes]
    plus = (codes == 0) & (rng.random(len(codes)) < 0.5)
    states[plus] = side**-0.5
    return _turned(states, n_qubits, rng)


def _turned(states: Matrices, n_qubits: int, rng: np.random.Generator) -> Matrices:
    """Each qubit by an angle of its own about an axis of its own."""
    n = len(states)
    for qubit in range(n_qubits):
        axis = rng.normal(size=(n, 3))
        axis /= np.linalg.norm(axis, axis=1, keepdims=True)
        half = rng.uniform(0, _TURN, n) / 2
        matrices = np.cos(half)[:, None, None] * np.eye(2) - 1j * np.sin(half)[:, None, None] * np.einsum(
            "sa,aij->sij", axis, _PAULIS
        )
        split = states.reshape(n, 2 ** (n_qubits - 1 - qubit), 2, 2**qubit)
        states = np.einsum("sij,shjl->shil", matrices, split).reshape(n, -1)
    return states


_PAULIS = np.array([[[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])


def _bit_flip(p: float) -> list[Matrices]:
    return [np.sqrt(1 - p) * np.eye(2, dtype=complex), np.sqrt(p) * _PAULIS[0]]


def _phase_flip(p: float) -> list[Matrices]:
    return [np.sqrt(1 - p) * np.eye(2, dtype=complex), np.sqrt(p) * _PAULIS[2]]


def _depolarizing(p: float) -> list[Matrices]:
    return [np.sqrt(1 - 0.75 * p) * np.eye(2, dtype=complex), *(np.sqrt(p / 4) * _PAULIS)]


def _amplitude_damping(p: float) -> list[Matrices]:
    return [
        np.array([[1, 0], [0, np.sqrt(1 - p)]], dtype=complex),
        np.array([[0, np.sqrt(p)], [0, 0]], dtype=complex),
    ]


CHANNELS: Mapping[str, Callable[[float], list[Matrices]]] = {
    "bit_flip": _bit_flip,
    "phase_flip": _phase_flip,
    "depolarizing": _depolarizing,
    "amplitude_damping": _amplitude_damping,
}
"""Kraus operators of a strength in [0, 1] (Nielsen and Chuang, section 8.3)."""


def channel_states(n_qubits: int, codes: IntArray, rng: np.random.Generator) -> FloatArray:
    """Pauli vectors `(n, 4^n_qubits)`: a GHZ state, each qubit turned, behind a channel on every qubit.

    The channel is that of the class; its strength is drawn evenly in [0.1, 0.5].
    """
    kinds, side = list(CHANNELS.values()), 2**n_qubits
    ghz = np.zeros((len(codes), side), complex)
    ghz[:, [0, -1]] = np.sqrt(0.5)
    states = _turned(ghz, n_qubits, rng)
    strengths = rng.uniform(0.1, 0.5, len(codes))
    result = np.empty((len(codes), 4**n_qubits))
    for row, (code, strength) in enumerate(zip(codes, strengths, strict=True)):
        rho = np.outer(states[row], states[row].conj())
        for qubit in range(n_qubits):
            high, low = 2 ** (n_qubits - 1 - qubit), 2**qubit
            split = rho.reshape(high, 2, low, high, 2, low)
            kraus = np.array(kinds[code](strength))
            rho = np.einsum("kij,ajbcld,kml->aibcmd", kraus, split, kraus.conj(), optimize=True)
            rho = rho.reshape(side, side)
        result[row] = paulis_of_densities(rho[None])[0]
    return result

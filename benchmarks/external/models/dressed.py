"""Dressed quantum circuit: a trained layer, a circuit, a trained layer (Mari et al., arXiv 1912.08278)."""

from __future__ import annotations

from functools import cache, reduce

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_softmax, softmax

from external.models.adam import trained
from external.models.base import QuantumClassifier, within

__all__ = ["DressedCircuit"]

Floats = NDArray[np.floating]

MOST_QUBITS = 12
_STEPS = 100_000


class DressedCircuit(QuantumClassifier):
    """As in the study: as many qubits as features.

    a = tanh(W x) · π/2; on each qubit H, then RY(a); `n_layers` times RY of a weight on each qubit and a ring of CNOT;
    ⟨Z⟩ of each qubit; softmax(V z). Exact expectation values and gradients: all gates are real, so the states are.

    Args:
        n_layers: of the circuit.
        learning_rate: of Adam.
        seed: of the start and the batches.
    """

    def __init__(self, n_layers: int = 3, learning_rate: float = 0.01, seed: int = 0) -> None:
        self.n_layers = n_layers
        self.learning_rate = learning_rate
        self.seed = seed

    def fit(self, X: Floats, y: NDArray[np.int_]) -> DressedCircuit:
        """Train to a flat loss."""
        n = X.shape[1]
        within(n, MOST_QUBITS)
        X, codes = X.astype(np.float32), self.codes(y)
        rng = np.random.default_rng(self.seed)
        start = [rng.normal(size=(n, n)) / n, rng.uniform(0, 2 * np.pi, (self.n_layers, n)),
                 rng.normal(size=(2, n)) / n]  # fmt: skip
        self._parameters = trained(
            [one.astype(np.float32) for one in start],
            lambda parameters, rows: gradient(parameters, X[rows], codes[rows]),
            len(X), rng, self.learning_rate, _STEPS,
        )  # fmt: skip
        return self

    def predict(self, X: Floats) -> NDArray[np.int_]:
        """Labels `(n_samples,)`."""
        inner, weights, outer = self._parameters
        values = _expectations(_states(_angles(X.astype(np.float32), inner), weights)[-1])
        return np.asarray(self.named(np.argmax(values @ outer.T, axis=1)))


def gradient(parameters: list[Floats], X: Floats, codes: NDArray[np.int_]) -> tuple[float, list[Floats]]:
    """Mean cross-entropy of rows, and its gradient by W, the weights and V."""
    inner, weights, outer = parameters
    angles = _angles(X, inner)
    states = _states(angles, weights)
    values = _expectations(states[-1])
    logits, rows = values @ outer.T, np.arange(len(X))
    loss = -np.mean(log_softmax(logits, axis=1)[rows, codes])
    dlogits = softmax(logits, axis=1)
    dlogits[rows, codes] -= 1
    dlogits /= len(X)
    n = X.shape[1]
    adjoint = 2 * states[-1] * (dlogits @ outer @ _signs(n).T).reshape(states[-1].shape)
    slopes = np.empty_like(weights)
    for layer in reversed(range(len(weights))):
        after, adjoint = _permuted(states[layer + 1], back=True), _permuted(adjoint, back=True)
        slopes[layer] = _turning(adjoint, after).sum(axis=0)
        left, right = _rotations(weights[layer])
        adjoint = np.matmul(left.T, adjoint) @ right
    dangles = _turning(adjoint, states[0]) * (np.pi / 2) * (1 - (angles / (np.pi / 2)) ** 2)
    return float(loss), [dangles.T @ X, slopes, dlogits.T @ values]


def _angles(X: Floats, inner: Floats) -> Floats:
    return np.asarray(np.tanh(X @ inner.T) * np.float32(np.pi / 2))


def _states(angles: Floats, weights: Floats) -> list[Floats]:
    """Real states `(n_rows, 2^h, 2^(n - h))`, h half of the qubits: the first, and the one after each layer."""
    turned = angles / 2 + np.float32(np.pi / 4)  # of RY after H
    state = reduce(
        lambda known, qubit: (known[:, :, None] * qubit[:, None]).reshape(len(angles), -1),
        np.stack([np.cos(turned), np.sin(turned)], axis=-1).swapaxes(0, 1),
    )
    half = angles.shape[1] // 2
    states = [state.reshape(len(angles), 2**half, -1)]
    for layer in weights:
        left, right = _rotations(layer)
        states.append(_permuted(np.matmul(left, states[-1]) @ right.T))
    return states


def _rotations(weights: Floats) -> tuple[Floats, Floats]:
    """RY of each qubit as one matrix on either half."""
    c, s = np.cos(weights / 2), np.sin(weights / 2)
    single = np.stack([c, -s, s, c], axis=-1).reshape(-1, 2, 2)
    half = len(weights) // 2
    one = np.ones((1, 1), weights.dtype)
    return reduce(np.kron, single[:half], one), reduce(np.kron, single[half:], one)


def _turning(adjoint: Floats, state: Floats) -> Floats:
    """`(n_rows, n_qubits)`: what a little of RY on each qubit, after which the state is, adds to the loss."""
    left, right = (n.bit_length() - 1 for n in state.shape[1:])
    by_left = np.matmul(adjoint, state.swapaxes(1, 2)).reshape(len(state), -1)
    by_right = np.matmul(adjoint.swapaxes(1, 2), state).reshape(len(state), -1)
    return np.concatenate([by_left @ _generators(left), by_right @ _generators(right)], axis=1)


@cache
def _generators(n: int) -> Floats:
    """dRY/dθ = J/2 · RY on each of n qubits, flat: `(4^n, n)`."""
    turn = np.array([[0, -0.5], [0.5, 0]])
    flat = [np.kron(np.kron(np.eye(2**q), turn), np.eye(2 ** (n - q - 1))).ravel() for q in range(n)]
    return np.array(flat, dtype=np.float32).reshape(n, 4**n).T


def _permuted(state: Floats, *, back: bool = False) -> Floats:
    n_qubits = (state.shape[1] * state.shape[2]).bit_length() - 1
    return state.reshape(len(state), -1)[:, ring(n_qubits)[int(back)]].reshape(state.shape)


@cache
def ring(n_qubits: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Where the amplitudes come from after CNOT on (0, 1), (1, 2), …, (n - 1, 0), and after undoing that."""
    bits = np.arange(2**n_qubits)[:, None] >> np.arange(n_qubits)[::-1] & 1
    pairs = [(q, (q + 1) % n_qubits) for q in range(n_qubits if n_qubits > 2 else n_qubits - 1)]
    for control, target in pairs:
        bits[:, target] ^= bits[:, control]
    goes_to = bits @ (1 << np.arange(n_qubits)[::-1])
    return np.argsort(goes_to), goes_to


def _expectations(state: Floats) -> Floats:
    flat = state.reshape(len(state), -1)
    n_qubits = flat.shape[1].bit_length() - 1
    return np.asarray(flat**2 @ _signs(n_qubits))


@cache
def _signs(n_qubits: int) -> Floats:
    """Z of each qubit on each basis state, `(2^n, n)`."""
    bits = np.arange(2**n_qubits)[:, None] >> np.arange(n_qubits)[::-1] & 1
    return (1 - 2 * bits).astype(np.float32)

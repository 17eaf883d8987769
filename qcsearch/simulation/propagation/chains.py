"""Stretches of a circuit on one or two qubits as small matrices, and their derivatives by the weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qcsearch.simulation import ptm
from qcsearch.simulation.angles import AngleSum
from qcsearch.simulation.lower import Element, PauliRotation

__all__ = ["Chain"]

Floats = NDArray[np.float64]


_ROUNDING = 1e-12
"""Entries of constant matrices below this are zeros."""


@dataclass(frozen=True)
class _Rotation:
    """Rows `p`, `q` become `cos p − sin q`, `sin p + cos q`."""

    p: NDArray[np.int64]
    q: NDArray[np.int64]
    angle: AngleSum

    def apply(self, state: Floats, cosine: Floats, sine: Floats) -> Floats:
        rotated = state.copy()
        rotated[self.p] = cosine * state[self.p] - sine * state[self.q]
        rotated[self.q] = sine * state[self.p] + cosine * state[self.q]
        return rotated


class Chain:
    """The product of some elements: on a pair of qubits a Pauli transfer matrix, on one qubit what becomes of |0⟩.

    Args:
        qubits: one or two, the first the least significant digit.
        elements: on those qubits, in the order of time.

    Attributes:
        qubits: as given.
        has_feature: whether it differs from sample to sample.
    """

    def __init__(self, qubits: tuple[int, ...], elements: Sequence[Element]) -> None:
        self.qubits = qubits
        self._steps: list[Floats | _Rotation] = []
        for element in elements:
            step = _local(element, qubits)
            last = self._steps[-1] if self._steps else None
            if isinstance(step, np.ndarray) and isinstance(last, np.ndarray):
                self._steps[-1] = step @ last
            else:
                self._steps.append(step)
        self.has_feature = any(isinstance(e, PauliRotation) and e.angle.has_feature for e in elements)
        self._start = np.eye(16)[:, :, None] if len(qubits) == 2 else np.array([1.0, 0, 0, 1])[:, None, None]

    def arrays(self, X: Floats, w: Floats) -> Floats:
        """PTMs `(n, 16, 16)` of a pair, or the vectors `(n, 4, 1)` of a qubit; n is 1 where no feature enters."""
        state = self._start
        for step in self._steps:
            state = self._advance(step, state, X, w)
        return np.ascontiguousarray(state.transpose(2, 0, 1))

    def gradient(self, X: Floats, w: Floats, cotangents: Floats) -> Floats:
        """Gradient `(n_weights,)` of `Σ cotangents · arrays(X, w)`."""
        states = [self._start]
        for step in self._steps:
            states.append(self._advance(step, states[-1], X, w))
        slope = cotangents.transpose(1, 2, 0)
        gradient = np.zeros(len(w))
        for step, state in zip(self._steps[::-1], states[:0:-1], strict=True):
            if isinstance(step, np.ndarray):
                slope = np.tensordot(step.T, slope, axes=1)
                continue
            if step.angle.has_weight:
                change = slope[step.q] * state[step.p] - slope[step.p] * state[step.q]
                _collect(step.angle, X, change.sum(axis=(0, 1)), gradient)
            angle = _angle(step.angle, X, w)
            slope = step.apply(slope, np.cos(angle), -np.sin(angle))
        return gradient

    def mean_square(self) -> Floats:
        """Mean squares of the entries over all angles, without interference of rotations; 0 for none but zeros."""
        mean, between = np.eye(len(self._start)), np.eye(len(self._start))
        for step in self._steps:
            if isinstance(step, np.ndarray):
                between = step @ between
                continue
            mean = _squares(between) @ mean
            mean[step.p] = mean[step.q] = (mean[step.p] + mean[step.q]) / 2
            between = np.eye(len(self._start))
        return _squares(between) @ mean

    @staticmethod
    def _advance(step: Floats | _Rotation, state: Floats, X: Floats, w: Floats) -> Floats:
        if isinstance(step, np.ndarray):
            return np.tensordot(step, state, axes=1)
        angle = _angle(step.angle, X, w)
        return step.apply(
            np.broadcast_to(state, np.broadcast_shapes(state.shape, angle.shape)),
            np.cos(angle),
            np.sin(angle),
        )


def _squares(matrix: Floats) -> Floats:
    return np.where(np.abs(matrix) > _ROUNDING, matrix**2, 0.0)


def _local(element: Element, qubits: tuple[int, ...]) -> Floats | _Rotation:
    """The element on the digits of a qubit or a pair."""
    places = [qubits.index(qubit) for qubit in element.qubits]
    if isinstance(element, PauliRotation):
        if len(qubits) == 1:
            axis = element.axes[0]
            return _Rotation(np.array([axis % 3 + 1]), np.array([(axis + 1) % 3 + 1]), element.angle)
        axes = [0, 0]
        for place, axis in zip(places, element.axes, strict=True):
            axes[place] = axis
        pairs = ptm.rotation_pairs((axes[0], axes[1]))
        return _Rotation(pairs[:8:2], pairs[1:8:2], element.angle)
    if len(places) == len(qubits):
        return element.matrix if places[0] == 0 else ptm.swapped(element.matrix)
    factors = (np.eye(4), element.matrix) if places[0] == 0 else (element.matrix, np.eye(4))
    return np.asarray(np.kron(*factors), dtype=np.float64)


def _angle(angle: AngleSum, X: Floats, w: Floats) -> Floats:
    """Radians, `(n,)`, or `(1,)` where no feature enters."""
    result = np.full(len(X) if angle.has_feature else 1, angle.constant)
    for coefficient, weight, feature in angle.terms:
        result += coefficient * (w[weight] if weight >= 0 else 1.0) * (X[:, feature] if feature >= 0 else 1.0)
    return result


def _collect(angle: AngleSum, X: Floats, slope: Floats, gradient: Floats) -> None:
    """From the derivative by an angle, `(n,)`, to those by its weights."""
    for coefficient, weight, feature in angle.terms:
        if weight >= 0:
            gradient[weight] += coefficient * float(np.sum(slope * (X[:, feature] if feature >= 0 else 1.0)))

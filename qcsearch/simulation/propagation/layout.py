"""A circuit as a product state followed by blocks on pairs of qubits."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from qcsearch.simulation.lower import Element
from qcsearch.simulation.propagation.chains import Chain

__all__ = ["Layout"]

Floats = NDArray[np.float64]


class Layout:
    """What is between two gates on different pairs is one block; what is before a qubit's first block makes its start.

    *Late* blocks have no data in them or in their future: they are the same for all samples. The others are *middle*.

    Args:
        elements: of the circuit, in the order of time.
        n_qubits: of the circuit.

    Attributes:
        late: blocks in the order in which an observable meets them going backwards.
        middle: likewise; they are met when the late ones have been.
    """

    def __init__(self, elements: Sequence[Element], n_qubits: int) -> None:
        starts: dict[int, list[Element]] = {}
        blocks: list[tuple[tuple[int, ...], list[Element]]] = []
        last: dict[int, int] = {}
        for element in elements:
            numbers = {last.get(qubit, -1) for qubit in element.qubits}
            if len(numbers) == 1 and numbers != {-1}:
                blocks[numbers.pop()][1].append(element)
            elif len(element.qubits) == 1:
                starts.setdefault(element.qubits[0], []).append(element)
            else:
                last.update(dict.fromkeys(element.qubits, len(blocks)))
                blocks.append((element.qubits, [element]))
        self._starts = [Chain((qubit,), found) for qubit, found in starts.items()]
        self._n_qubits = n_qubits
        self.late, self.middle = _by_data([Chain(*block) for block in blocks])

    def late_matrices(self, w: Floats) -> Floats:
        """PTMs of the late blocks `(n_late, 16, 16)`."""
        found = [block.arrays(_NO_DATA, w) for block in self.late]
        return np.concatenate([np.empty((0, 16, 16)), *found])

    def middle_matrices(self, X: Floats, w: Floats) -> Floats:
        """PTMs of the middle blocks for each sample `(n, n_middle, 16, 16)`."""
        matrices = np.empty((len(X), len(self.middle), 16, 16))
        for number, block in enumerate(self.middle):
            matrices[:, number] = block.arrays(X, w)
        return matrices

    def vectors(self, X: Floats, w: Floats) -> Floats:
        """Expectation values of I X Y Z that each qubit starts with `(n, 4 · n_qubits)`."""
        vectors = np.empty((len(X), self._n_qubits, 4))
        vectors[:] = (1.0, 0.0, 0.0, 1.0)
        for start in self._starts:
            vectors[:, start.qubits[0]] = start.arrays(X, w)[:, :, 0]
        return vectors.reshape(len(X), -1)

    def late_gradient(self, w: Floats, slopes: Floats) -> Floats:
        """Gradient `(n_weights,)` of `Σ slopes · late_matrices(w)`."""
        gradient = np.zeros(len(w))
        for block, slope in zip(self.late, slopes, strict=True):
            if slope.any():
                gradient += block.gradient(_NO_DATA, w, slope[None])
        return gradient

    def middle_gradient(self, X: Floats, w: Floats, slopes: Floats) -> Floats:
        """Gradient `(n_weights,)` of `Σ slopes · middle_matrices(X, w)`."""
        gradient = np.zeros(len(w))
        for number, block in enumerate(self.middle):
            gradient += block.gradient(X, w, _of_chain(block, slopes[:, number]))
        return gradient

    def vectors_gradient(self, X: Floats, w: Floats, slopes: Floats) -> Floats:
        """Gradient `(n_weights,)` of `Σ slopes · vectors(X, w)`."""
        gradient = np.zeros(len(w))
        by_qubit = slopes.reshape(len(X), self._n_qubits, 4, 1)
        for start in self._starts:
            gradient += start.gradient(X, w, _of_chain(start, by_qubit[:, start.qubits[0]]))
        return gradient


_NO_DATA = np.empty((1, 0))


def _of_chain(chain: Chain, slopes: Floats) -> Floats:
    return slopes if chain.has_feature else slopes.sum(axis=0, keepdims=True)


def _by_data(blocks: list[Chain]) -> tuple[list[Chain], list[Chain]]:
    """Blocks that no data comes after, and the others, each from the last to the first."""
    late: list[Chain] = []
    middle: list[Chain] = []
    reached: set[int] = set()
    for block in reversed(blocks):
        if block.has_feature or not reached.isdisjoint(block.qubits):
            reached.update(block.qubits)
            middle.append(block)
        else:
            late.append(block)
    return late, middle

"""One observable's way back through the circuit, with numbers: first for all samples, then sample by sample."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from qcsearch.simulation.propagation.expansion import Expansion
from qcsearch.simulation.propagation.kernels import expectation, expectation_reverse, forward, reverse

__all__ = ["Slopes", "Walk"]

Floats = NDArray[np.float64]
_NOT_KEPT = np.empty((0, 16))


class Slopes(NamedTuple):
    """Derivatives of `Σ cotangents · values` over some samples.

    Attributes:
        worth: by the coefficients between the two parts of the way, `(n_slots,)`, summed over samples.
        middle: by the matrices of each sample `(n, n_middle, 16, 16)`.
        vectors: by the vectors that the qubits start with `(n, 4 · n_qubits)`.
    """

    worth: Floats
    middle: Floats
    vectors: Floats


class Walk:
    """The part of the way that all samples share is walked at once.

    Args:
        expansion: the strings.
        late: matrices of the blocks that no data comes after `(n_late, 16, 16)`.
    """

    def __init__(self, expansion: Expansion, late: Floats) -> None:
        self._expansion, self._late = expansion, late
        self._late_span = (0, expansion.n_late, 0)
        self._middle_span = (expansion.n_late, len(expansion.blocks), len(late))
        self._tape, self._terms = tuple(expansion.tape), tuple(expansion.terms)
        self._shared, self._lost = expansion.first.copy(), np.zeros(2)
        forward(self._tape, self._late_span, late, self._shared, _NOT_KEPT, self._lost)

    def values(self, middle: Floats, vectors: Floats) -> Floats:
        """Values, what was dropped and its expected squares `(3, n)`.

        Args:
            middle: matrices of the other blocks, for each sample `(n, n_middle, 16, 16)`.
            vectors: that the qubits start with `(n, 4 · n_qubits)`.
        """
        tape, terms = self._tape, self._terms
        found = np.empty((3, len(vectors)))
        found[1:] = self._lost[:, None]
        if not self._walks_middle:
            expectation(terms, self._shared, vectors, found[0])
            return found
        for sample in range(len(vectors)):
            coefficients, lost = self._shared.copy(), self._lost.copy()
            forward(tape, self._middle_span, middle[sample], coefficients, _NOT_KEPT, lost)
            expectation(terms, coefficients, vectors[sample : sample + 1], found[0, sample : sample + 1])
            found[1:, sample] = lost
        return found

    def slopes(self, cotangents: Floats, middle: Floats, vectors: Floats) -> Slopes:
        """Derivatives for some samples.

        Args:
            cotangents: of the values `(n,)`.
            middle: as for `values`.
            vectors: likewise.
        """
        terms = self._terms
        slopes = Slopes(np.zeros(len(self._shared)), np.zeros_like(middle), np.zeros_like(vectors))
        if not self._walks_middle:
            expectation_reverse(terms, self._shared, vectors, cotangents, slopes.worth, slopes.vectors)
            return slopes
        kept = np.empty((self._expansion.groups(*self._middle_span[:2]), 16))
        for sample in range(len(vectors)):
            row = slice(sample, sample + 1)
            coefficients, worth = self._shared.copy(), np.zeros(len(self._shared))
            forward(self._tape, self._middle_span, middle[sample], coefficients, kept, np.zeros(2))
            expectation_reverse(
                terms, coefficients, vectors[row], cotangents[row], worth, slopes.vectors[row]
            )
            reverse(self._tape, self._middle_span, middle[sample], worth, kept, slopes.middle[sample])
            slopes.worth[:] += worth
        return slopes

    def late_slopes(self, worth: Floats) -> Floats:
        """Derivatives by the late matrices `(n_late, 16, 16)`, from those by the coefficients, which are used up."""
        kept = np.empty((self._expansion.groups(*self._late_span[:2]), 16))
        forward(self._tape, self._late_span, self._late, self._expansion.first.copy(), kept, np.zeros(2))
        slopes = np.zeros_like(self._late)
        reverse(self._tape, self._late_span, self._late, worth, kept, slopes)
        return slopes

    @property
    def n_slots(self) -> int:
        """Coefficients between the two parts of the way."""
        return len(self._shared)

    @property
    def _walks_middle(self) -> bool:
        return self._middle_span[0] < self._middle_span[1]

"""Pauli propagation: observables taken backwards through a noisy circuit too wide for the exact engine.

An observable is a sum of Pauli strings. Every gate with its noise, unital or not, is a linear map on them, so the sum
goes backwards block by block (the Heisenberg picture) and is evaluated in the product state that the circuit starts
with. The sum grows; the strings that matter least are left out, the same ones whatever the angles are, so that the
values are a smooth function of features and weights and the gradient is exactly that of these values.

The maintained library for this, `pauli-prop` 0.2, takes Pauli-Lindblad noise and bound angles only: it refuses the
amplitude damping of a device (relaxation is not a mixture of Pauli errors), Kraus operators and parameters, and has
no gradient.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qcsearch.simulation.checks import check_cotangent, check_features, check_weights
from qcsearch.simulation.exact.runtime.program import Cotangent
from qcsearch.simulation.lower import Element
from qcsearch.simulation.observables import Observable
from qcsearch.simulation.propagation.expansion import Step, expand
from qcsearch.simulation.propagation.layout import Layout
from qcsearch.simulation.propagation.walk import Walk

__all__ = ["PropagationProgram"]

Floats = NDArray[np.float64]
_Result = TypeVar("_Result")

_CHUNK_BYTES = 2**24
"""Of the matrices that differ from sample to sample and are held at once."""


class PropagationProgram:
    """A circuit under noise by truncated Pauli propagation; the interface of `Program`.

    Args:
        elements: what `lower` made of the circuit.
        observables: what `read_observables` made of them, with readout errors.
        n_qubits: of the circuit.
        n_features: columns of `X`.
        n_weights: entries of `w`.
        max_terms: strings kept of each observable at most.
        min_size: strings that are expected to add no more than this are left out.
        threads: over which observables are spread; the numbers do not depend on it.

    Attributes:
        n_qubits: as given.
        n_features: as given.
        n_weights: as given.
        n_observables: columns of the values.
        threads: as given.
    """

    def __init__(
        self,
        elements: Sequence[Element],
        observables: Sequence[Observable],
        *,
        n_qubits: int,
        n_features: int,
        n_weights: int,
        max_terms: int,
        min_size: float,
        threads: int = 1,
    ) -> None:
        self.n_qubits, self.n_features, self.n_weights = n_qubits, n_features, n_weights
        self.n_observables, self.threads = len(observables), threads
        self._layout = Layout(elements, n_qubits)
        steps = [
            Step(block.qubits, block.mean_square()) for block in [*self._layout.late, *self._layout.middle]
        ]
        follow = partial(
            expand,
            n_qubits=n_qubits,
            steps=steps,
            n_late=len(self._layout.late),
            max_terms=max_terms,
            min_size=min_size,
        )
        self._expansions = list(self._map(follow, observables))

    @property
    def n_bytes(self) -> int:
        """Memory that the program holds: below `blocks · observables · max_terms · 256`, most often far below."""
        return sum(array.nbytes for one in self._expansions for array in one.tape)

    def encode(self, X: ArrayLike) -> Floats:
        """The features, checked: nothing can be simulated ahead of the weights. For mini-batches, index them.

        Args:
            X: features `(n, n_features)`.

        Raises:
            InputError: if the shape is wrong or a number is not finite.
        """
        return check_features(X, self.n_features)

    def values(self, X: ArrayLike, w: ArrayLike) -> Floats:
        """Expectation values `(n, n_observables)`, as far as the strings that are kept give them.

        Args:
            X: features `(n, n_features)`.
            w: weights `(n_weights,)`.

        Raises:
            InputError: if a shape is wrong or a number is not finite.
        """
        return self._checked(X, w)[0]

    def error_bound(self, X: ArrayLike, w: ArrayLike) -> Floats:
        """No value is further than this from the exact one: the sizes of the coefficients left out, summed.

        That is rigorous because no string's expectation value is above 1 in size. It is wide: the true error is
        smaller by orders of magnitude where many strings are left out.

        Args:
            X: as for `values`.
            w: likewise.

        Returns:
            `(n, n_observables)`.
        """
        return self._checked(X, w)[1]

    def error_estimate(self, X: ArrayLike, w: ArrayLike) -> Floats:
        """Expected size of the errors: the root of Σ c² · 3^-weight over the strings left out, c the coefficient.

        This is the root mean square error if the strings left out had uncorrelated values, of the size that they
        have where each qubit points anywhere at random. It is no bound: angles near zero make it too small.

        Args:
            X: as for `values`.
            w: likewise.

        Returns:
            `(n, n_observables)`.
        """
        return self._checked(X, w)[2]

    def value_and_gradient(self, X: ArrayLike, w: ArrayLike, cotangent: Cotangent) -> tuple[Floats, Floats]:
        """Expectation values `(n, n_observables)` and the gradient `(n_weights,)` of `Σ cotangent · values`.

        The gradient is that of the values as returned, by reverse differentiation.

        Args:
            X: features `(n, n_features)`.
            w: weights `(n_weights,)`.
            cotangent: `(n, n_observables)`, or a function of the values that returns it.

        Raises:
            InputError: if a shape is wrong or a number is not finite.
        """
        features, weights = check_features(X, self.n_features), check_weights(w, self.n_weights)
        walks = self._walks(weights)
        values = self._evaluate(walks, features, weights)[0]
        slopes = check_cotangent(cotangent(values) if callable(cotangent) else cotangent, values.shape)
        return values, self._gradient(walks, features, weights, slopes)

    def _checked(self, X: ArrayLike, w: ArrayLike) -> tuple[Floats, Floats, Floats]:
        features, weights = check_features(X, self.n_features), check_weights(w, self.n_weights)
        return self._evaluate(self._walks(weights), features, weights)

    def _evaluate(self, walks: list[Walk], X: Floats, w: Floats) -> tuple[Floats, Floats, Floats]:
        """Values, bounds and estimates, each `(n, n_observables)`."""
        found = np.empty((3, len(X), self.n_observables))
        for rows in self._chunks(len(X)):
            middle, vectors = self._layout.middle_matrices(X[rows], w), self._layout.vectors(X[rows], w)
            work = partial(Walk.values, middle=middle, vectors=vectors)
            for column, values in enumerate(self._map(work, walks)):
                found[:, rows, column] = values
        return found[0], found[1], np.sqrt(found[2])

    def _gradient(self, walks: list[Walk], X: Floats, w: Floats, cotangents: Floats) -> Floats:
        worths = [np.zeros(walk.n_slots) for walk in walks]
        gradient = np.zeros(self.n_weights)
        for rows in self._chunks(len(X)):
            middle, vectors = self._layout.middle_matrices(X[rows], w), self._layout.vectors(X[rows], w)
            by_middle, by_vectors = np.zeros_like(middle), np.zeros_like(vectors)
            columns = np.ascontiguousarray(cotangents[rows].T)
            work = partial(Walk.slopes, middle=middle, vectors=vectors)
            for worth, slopes in zip(worths, self._map(work, walks, columns), strict=True):
                worth += slopes.worth
                by_middle += slopes.middle
                by_vectors += slopes.vectors
            gradient += self._layout.middle_gradient(X[rows], w, by_middle)
            gradient += self._layout.vectors_gradient(X[rows], w, by_vectors)
        by_late = np.zeros((len(self._layout.late), 16, 16))
        for slope in self._map(Walk.late_slopes, walks, worths):
            by_late += slope
        return gradient + self._layout.late_gradient(w, by_late)

    def _walks(self, w: Floats) -> list[Walk]:
        late = self._layout.late_matrices(w)
        return list(self._map(lambda expansion: Walk(expansion, late), self._expansions))

    def _chunks(self, n: int) -> Iterator[slice]:
        """Rows whose matrices are held at once."""
        size = max(1, _CHUNK_BYTES // (2048 * max(1, len(self._layout.middle))))
        return (slice(first, min(first + size, n)) for first in range(0, n, size))

    def _map(self, work: Callable[..., _Result], *arguments: Iterable[Any]) -> Iterator[_Result]:
        """In order, so that sums do not depend on the threads."""
        if self.threads == 1:
            yield from map(work, *arguments)
        else:
            with ThreadPoolExecutor(self.threads) as pool:
                yield from pool.map(work, *arguments)

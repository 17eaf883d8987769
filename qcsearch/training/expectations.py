"""What the training loop asks of an engine: expectation values, and gradients where it can."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeAlias, runtime_checkable

import numpy as np
from numpy.typing import NDArray

__all__ = ["Cotangent", "Differentiable", "Expectations", "Floats", "InputDifferentiable", "Ints"]

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]

Cotangent: TypeAlias = Callable[[Floats], Floats]
"""From values `(n_samples, n_observables)` to the derivative of the loss by each of them."""


class Expectations(Protocol):
    """An engine or a machine with one parametric circuit and its observables.

    The exact engine's programs are one; an executor that runs the same circuit with shots is another.
    """

    @property
    def n_weights(self) -> int:
        """Number of trainable weights of the circuit."""
        ...

    @property
    def n_observables(self) -> int:
        """Number of observables: columns of `values`."""
        ...

    def values(self, X: Floats, w: Floats) -> Floats:
        """Expectation values `(n_samples, n_observables)`.

        Args:
            X: features `(n_samples, n_features)`.
            w: weights `(n_weights,)`.
        """
        ...


@runtime_checkable
class Differentiable(Expectations, Protocol):
    """Expectations that also know their exact derivative by the weights."""

    def value_and_gradient(self, X: Floats, w: Floats, cotangent: Cotangent) -> tuple[Floats, Floats]:
        """The values, and the gradient `(n_weights,)` of the loss behind `cotangent`."""
        ...


@runtime_checkable
class InputDifferentiable(Expectations, Protocol):
    """Expectations that also know their exact derivative by the features."""

    def input_gradient(self, X: Floats, w: Floats, cotangent: Floats) -> Floats:
        """Gradient `(n_samples, n_features)` of `Σ cotangent · values` by the features."""
        ...

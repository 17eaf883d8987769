"""Gradient estimators: one call gives the values and the gradient of the loss by the circuit's weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np

from qcsearch.candidate.checks import short
from qcsearch.candidate.training import GRADIENTS
from qcsearch.errors import CandidateError
from qcsearch.simulation.occurrences import Occurrences
from qcsearch.training.expectations import Cotangent, Differentiable, Expectations, Floats

__all__ = [
    "Adjoint",
    "FiniteDifference",
    "GradientEstimator",
    "ManyWeights",
    "ParameterShift",
    "Spsa",
    "Stepwise",
    "estimator_for",
]


class GradientEstimator(Protocol):
    """How the derivative of the loss by the weights is found.

    The loss enters as a `cotangent`, called once, with the values at `w` (for SPSA, around it).
    """

    @property
    def exact(self) -> bool:
        """True if the answer is the derivative to rounding."""
        ...

    @property
    def program(self) -> Expectations:
        """What is asked for values."""
        ...

    def __call__(
        self, X: Floats, w: Floats, cotangent: Cotangent, rng: np.random.Generator
    ) -> tuple[Floats, Floats]:
        """Return the values `(n_samples, n_observables)` and the gradient `(n_weights,)`."""
        ...


@runtime_checkable
class Stepwise(Protocol):
    """What an estimator has besides, if it is another one from step to step."""

    def at(self, step: int) -> GradientEstimator:
        """The estimator of one step, counted from 0."""
        ...


@runtime_checkable
class ManyWeights(Protocol):
    """Expectations that take many weight vectors at once: on a machine, one job instead of many."""

    def values_many(self, X: Floats, W: Floats) -> Floats:
        """Values `(n_vectors, n_samples, n_observables)` for weights `W`, `(n_vectors, n_weights)`."""
        ...


@dataclass(frozen=True)
class Adjoint:
    """Reverse mode through the exact engine: a few evaluations, whatever the number of weights."""

    program: Differentiable
    exact: bool = True

    def __call__(
        self, X: Floats, w: Floats, cotangent: Cotangent, rng: np.random.Generator
    ) -> tuple[Floats, Floats]:
        """See `GradientEstimator`."""
        return self.program.value_and_gradient(X, w, cotangent)


@dataclass(frozen=True)
class ParameterShift:
    """The two-term rule on each occurrence of an angle, then the chain rule to the weights.

    Two evaluations an occurrence, see `Occurrences.gradient`. A weight times a
    feature has another slope in every sample, which is why the rule acts on occurrences and not on weights.

    Attributes:
        program: expectations of `rule.circuit`, its weights followed by its shifts.
        rule: the rewritten circuit and the way back to the weights.
    """

    program: Expectations
    rule: Occurrences
    exact: bool = True

    def __call__(
        self, X: Floats, w: Floats, cotangent: Cotangent, rng: np.random.Generator
    ) -> tuple[Floats, Floats]:
        """See `GradientEstimator`."""
        moves = self.rule.moves
        found = _values(self.program, X, np.hstack([np.tile(w, (len(moves), 1)), moves]))
        return found[0], self.rule.gradient(X, found, cotangent(found[0]))


@dataclass(frozen=True)
class FiniteDifference:
    """Central differences, two evaluations a weight.

    Attributes:
        program: what is asked for values.
        step: half the distance in radians; the error is of its square.
    """

    program: Expectations
    step: float = 1e-4
    exact: bool = False

    def __call__(
        self, X: Floats, w: Floats, cotangent: Cotangent, rng: np.random.Generator
    ) -> tuple[Floats, Floats]:
        """See `GradientEstimator`."""
        n = len(w)
        moves = self.step * np.vstack([np.zeros((1, n)), np.eye(n), -np.eye(n)])
        found = _values(self.program, X, w + moves)
        slopes = (found[1 : n + 1] - found[n + 1 :]) / (2 * self.step)
        return found[0], np.einsum("kno,no->k", slopes, cotangent(found[0]))


@dataclass(frozen=True)
class Spsa:
    """Simultaneous perturbation (Spall 1992): two evaluations a step, whatever the number of weights.

    All weights move by `±size` with random signs Δ. The values are the mean of both sides, the gradient is
    the difference along Δ through the loss's own derivative, times Δ; so a head learns from exact gradients.

    Attributes:
        program: what is asked for values.
        size: the move in radians.
        averages: random directions a call, ≥ 1.
    """

    program: Expectations
    size: float = 0.15
    averages: int = 1
    exact: bool = False

    def __call__(
        self, X: Floats, w: Floats, cotangent: Cotangent, rng: np.random.Generator
    ) -> tuple[Floats, Floats]:
        """See `GradientEstimator`."""
        signs = rng.choice([-1.0, 1.0], size=(self.averages, len(w)))
        moves = self.size * np.vstack([signs, -signs])
        found = _values(self.program, X, w + moves)
        values = found.mean(axis=0)
        slopes = (found[: self.averages] - found[self.averages :]) / (2 * self.size)
        along = np.einsum("kno,no->k", slopes, cotangent(values))
        return values, along @ signs / self.averages


def estimator_for(name: str, program: Expectations) -> GradientEstimator:
    """The estimator `name` for `program`; `parameter_shift` needs the circuit: see `TranspiledCandidate.estimator`.

    Raises:
        CandidateError: if the name is unknown or the program cannot give it.
    """
    if name == "adjoint" and isinstance(program, Differentiable):
        return Adjoint(program)
    if name == "finite_difference":
        return FiniteDifference(program)
    if name == "spsa":
        return Spsa(program)
    if name in GRADIENTS:
        raise CandidateError(
            f"The gradient '{name}' cannot be had from {type(program).__name__} alone.",
            fix="pass an estimator, or take the gradient 'finite_difference' or 'spsa'.",
        )
    raise CandidateError(f"The 'gradient' must be one of {', '.join(GRADIENTS)}. Got {short(name)}.")


def _values(program: Expectations, X: Floats, W: Floats) -> Floats:
    if isinstance(program, ManyWeights):
        return program.values_many(X, W)
    return np.stack([program.values(X, w) for w in W])

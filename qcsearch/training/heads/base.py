"""Heads: from expectation values to class logits, with derivatives.

A head's parameters are one flat vector and are trained together with the circuit's weights. Logits are
what `softmax` turns into probabilities.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from qcsearch.candidate.candidate import Candidate
from qcsearch.errors import CandidateError
from qcsearch.registry import Registry
from qcsearch.training.expectations import Floats

__all__ = ["HEADS", "Head", "make_head", "n_head_parameters", "require_observables"]


class Head(Protocol):
    """A small differentiable function from expectation values to logits."""

    def n_parameters(self, n_observables: int, n_classes: int) -> int:
        """Length of the parameter vector.

        Raises:
            CandidateError: if the observables are too few for the classes.
        """
        ...

    def initial(self, n_observables: int, n_classes: int, rng: np.random.Generator) -> Floats:
        """Parameters to start from, `(n_parameters,)`."""
        ...

    def logits(self, values: Floats, parameters: Floats, n_classes: int) -> Floats:
        """Logits `(n_samples, n_classes)` of expectation values `(n_samples, n_observables)`."""
        ...

    def backward(self, values: Floats, parameters: Floats, dlogits: Floats) -> tuple[Floats, Floats]:
        """Pull a derivative by the logits back to the values and to the parameters."""
        ...

    def targets(self, n_classes: int) -> Floats:
        """Ideal logits `(n_classes, n_classes)` for each class, for the mean squared error."""
        ...


HEADS: Registry[Head] = Registry(
    "qcsearch.heads", CandidateError, needs=("n_parameters", "initial", "logits", "backward", "targets")
)


def make_head(candidate: Candidate) -> Head:
    """The candidate's head.

    Raises:
        CandidateError: if there is no such head, or it does not take these settings.
    """
    return HEADS.create(candidate.head.name, candidate.head.settings)


def n_head_parameters(candidate: Candidate, n_classes: int) -> int:
    """Number of parameters of the candidate's head for so many classes.

    Raises:
        CandidateError: as `make_head`, or if the candidate has too few observables for the classes.
    """
    return make_head(candidate).n_parameters(len(candidate.observables), n_classes)


def require_observables(name: str, n_observables: int, needed: int, n_classes: int) -> None:
    """Refuse fewer observables than a head needs.

    Args:
        name: the head's.
        n_observables: how many there are.
        needed: how many there must be.
        n_classes: the classes that they are needed for.

    Raises:
        CandidateError: if they are too few.
    """
    if n_observables < needed:
        raise CandidateError(
            f"The head '{name}' needs {needed} observables for {n_classes} classes. Got {n_observables}.",
            fix="measure more observables, or take the head 'linear'.",
        )

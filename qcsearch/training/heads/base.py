"""Heads: from expectation values to class logits, with derivatives.

A head's parameters are one flat vector. They are trained together with the circuit's weights, or fitted to what the
circuit says of the training samples (`FittedHead`). Logits are what `softmax` turns into probabilities. Of a target
that is no classes they are its outputs (`data.targets`), and `n_classes` is how many of these there are: standardised
numbers of a regression, a logit for each of several labels.

A head names the tasks that it suits, `tasks`; one without that is for classes alone.
"""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from qcsearch.candidate.candidate import Candidate
from qcsearch.data.targets.base import Target
from qcsearch.errors import CandidateError
from qcsearch.registry import Registry
from qcsearch.training.expectations import Floats

__all__ = [
    "HEADS",
    "FittedHead",
    "Head",
    "head_suits",
    "in_words",
    "make_head",
    "n_found",
    "n_head_parameters",
    "require_observables",
    "takes_parameters",
]


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


@runtime_checkable
class FittedHead(Head, Protocol):
    """A head that is fitted in one go to the expectation values of the training samples, not trained in steps.

    What it is fitted to decides how many parameters it has: `n_parameters` are the most that a fit may find, `initial`
    is empty, and the fitted vector may hold more, such as samples. If the circuit has weights, these are trained by the
    alignment of the head's kernel with what is learnt; see `loop/fitted.py`.
    """

    def check(self, n_qubits: int, n_observables: int) -> None:
        """Refuse observables that the kernel is not made of.

        Raises:
            CandidateError: if they are too few or too many.
        """
        ...

    def fit(self, values: Floats, y: NDArray[Any], n_classes: int, weight: Floats | None = None) -> Floats:
        """Parameters fitted to values `(n_samples, n_observables)` and what is learnt of the samples.

        That is class numbers `(n_samples,)`, or standardised numbers `(n_samples, n_classes)`, as the head's tasks are.
        `weight`, how much each sample counts, is given only to a head whose `weighs` is True.
        """
        ...

    def fit_seconds(self, n_samples: int, n_observables: int, n_classes: int) -> float:
        """About how long `fit` takes: it cannot be interrupted."""
        ...

    def n_found(self, length: int, n_observables: int, n_classes: int) -> int | None:
        """How many numbers of a fitted vector of this length the fit found; None if none can have it."""
        ...

    def words(self, length: int, n_observables: int, n_classes: int) -> str:
        """What a fitted vector of this length is, for a person."""
        ...

    def alignment(
        self, values: Floats, y: NDArray[Any], n_classes: int, weight: Floats | None = None
    ) -> tuple[float, Floats]:
        """A loss that is least where the kernel is most like what is learnt, and its derivative by `values`."""
        ...


HEADS: Registry[Head] = Registry(
    "qcsearch.heads", CandidateError, needs=("n_parameters", "initial", "logits", "backward", "targets")
)


def make_head(candidate: Candidate) -> Head:
    """The candidate's head.

    Raises:
        CandidateError: if there is no such head, or it does not take these settings or these observables.
    """
    head = HEADS.create(candidate.head.name, candidate.head.settings)
    if isinstance(head, FittedHead):
        head.check(candidate.n_qubits, len(candidate.observables))
    return head


def n_head_parameters(candidate: Candidate, target: Target) -> int:
    """Number of parameters of the candidate's head for a target.

    Raises:
        CandidateError: as `make_head`, or if the head does not suit the target or has too few observables for it.
    """
    if not head_suits(candidate.head.name, target.task):
        raise CandidateError(
            f"The head '{candidate.head.name}' is not for {target.task}.",
            fix=f"take one of {', '.join(_suited(target.task))}.",
        )
    return make_head(candidate).n_parameters(len(candidate.observables), target.n_outputs)


def head_suits(name: str, task: str) -> bool:
    """Whether the head of this name is for a task, one of `TASKS`.

    Raises:
        CandidateError: if there is no such head.
    """
    return task in getattr(HEADS.get(name), "tasks", ("classification",))


def _suited(task: str) -> list[str]:
    """Names of the heads for a task, as a message has them."""
    return [f"'{name}'" for name in HEADS.names() if head_suits(name, task)]


def takes_parameters(candidate: Candidate, length: int, target: Target) -> bool:
    """Whether the candidate's head can have a vector of parameters of this length.

    Raises:
        CandidateError: as `n_head_parameters`.
    """
    head, n_observables = make_head(candidate), len(candidate.observables)
    if isinstance(head, FittedHead):
        return head.n_found(length, n_observables, target.n_outputs) is not None
    return length == head.n_parameters(n_observables, target.n_outputs)


def n_found(candidate: Candidate, length: int, target: Target) -> int:
    """How many numbers of a head's vector of this length its training found: of a fitted head samples do not count.

    Raises:
        CandidateError: as `n_head_parameters`.
    """
    head = make_head(candidate)
    if isinstance(head, FittedHead):
        return head.n_found(length, len(candidate.observables), target.n_outputs) or 0
    return length


def in_words(candidate: Candidate, length: int, target: Target) -> str:
    """The candidate's head for a person; with what was fitted, if it is one of those.

    Args:
        candidate: whose head it is.
        length: of the head's vector of parameters; 0 if there is none yet.
        target: what is to be found.
    """
    head = make_head(candidate)
    if length and isinstance(head, FittedHead):
        return f"{candidate.head.name}, {head.words(length, len(candidate.observables), target.n_outputs)}"
    return candidate.head.name


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

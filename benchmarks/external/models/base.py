"""A model beside ours: how it is made, and what is tuned of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from importlib.util import find_spec
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin

__all__ = ["FOLDS", "Model", "NeedsMore", "QuantumClassifier", "remembered", "within"]

FOLDS = 5
"""Stratified, of all training rows: what every model is tuned by."""


class NeedsMore(Exception):  # noqa: N818  an answer: why there is no number
    """A model that this machine cannot simulate; its text says why, in a sentence."""


@dataclass(frozen=True)
class Model:
    """One of the models beside ours.

    Attributes:
        make: an estimator of scikit-learn with the defaults of its friends, from a seed and the seconds that it has.
        grids: values to try, by the name of a parameter of the estimator.
        needs: the module without which it cannot run; None if it is there anyway.
    """

    make: Callable[[int, float], Any]
    grids: list[dict[str, list[Any]]]
    needs: str | None = None

    @property
    def installed(self) -> bool:
        """Whether it can run in this environment."""
        return self.needs is None or find_spec(self.needs) is not None

    @property
    def digest(self) -> str:
        """Changes with the estimator's settings, the grids and the folds, so that no result is taken for another's."""
        text = json.dumps([repr(self.make(0, 0.0)), self.grids, FOLDS], sort_keys=True, default=repr)
        return hashlib.sha256(text.encode()).hexdigest()[:12]


class QuantumClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # sklearn is untyped
    """What the quantum models share: two classes of any name, and a limit of qubits."""

    def codes(self, y: Any) -> Any:
        """0 and 1 for the two classes, which are kept."""
        self.classes_, codes = np.unique(y, return_inverse=True)
        return codes

    def named(self, codes: Any) -> Any:
        """The classes of 0 and 1."""
        return self.classes_[np.asarray(codes, dtype=int)]


def within(n_qubits: int, most: int) -> None:
    """Refuse what cannot be simulated here.

    Raises:
        NeedsMore: if there are more than `most` qubits.
    """
    if n_qubits > most:
        raise NeedsMore(
            f"{n_qubits} qubits of a state vector for each row are more than the {most} simulated here."
        )


def remembered(function: Callable[..., Any]) -> Callable[..., Any]:
    """Keep what a function says of arrays: the same kernel is asked for with each C."""
    known: dict[Any, Any] = {}

    def key(value: Any) -> Any:
        return (value.shape, value.tobytes()) if isinstance(value, np.ndarray) else value

    @wraps(function)
    def asked(*values: Any) -> Any:
        found = tuple(map(key, values))
        if found not in known:
            known[found] = function(*values)
        return known[found]

    return asked

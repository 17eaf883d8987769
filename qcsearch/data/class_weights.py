"""How much samples count in what is learnt: by their class."""

from __future__ import annotations

import math
from collections.abc import Mapping
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qcsearch.candidate.checks import short
from qcsearch.data.targets import Target
from qcsearch.data.values import FloatArray
from qcsearch.errors import InputError
from qcsearch.spelling import meant

__all__ = ["BALANCED", "as_class_weight", "class_weights"]

BALANCED = "balanced"


def as_class_weight(given: object) -> str | dict[str, float] | None:
    """Check what a person says of the weights of classes.

    Raises:
        InputError: if it is neither None, `balanced`, nor positive numbers by label.
    """
    if given is None or given == BALANCED:
        return None if given is None else BALANCED
    if not isinstance(given, Mapping) or not given:
        raise InputError(f"The class weight must be 'balanced' or a weight by label. Got {short(given)}.")
    for label, weight in given.items():
        good = isinstance(weight, Real) and not isinstance(weight, bool)
        if not good or not math.isfinite(weight) or weight <= 0:
            raise InputError(
                f"The class weight of {str(label)!r} must be a finite number above 0. Got {weight!r}."
            )
    return {str(label): float(weight) for label, weight in given.items()}


def class_weights(
    given: str | Mapping[str, float] | None, y: NDArray[Any], target: Target
) -> FloatArray | None:
    """The weight of each class, `(n_classes,)`, such that the samples count 1 on the mean; None if all count alike.

    Args:
        given: see `as_class_weight`; balanced is `n_samples / (n_classes · n_samples of the class)`, as in scikit-learn
            (King and Zeng, Political Analysis 9, 137 (2001)).
        y: what is learnt of the training part: class numbers.
        target: what is asked.

    Raises:
        InputError: if a label is unknown, or there are no classes.
    """
    if given is None:
        return None
    if not target.n_classes:
        raise InputError(
            f"The class weight is for classes; the labels are for {target.task}.", fix="leave it out."
        )
    names = target.names
    counts = np.bincount(y, minlength=len(names))
    if isinstance(given, str):
        return len(y) / (len(names) * counts)
    for label in given:
        if label not in names:
            raise InputError(
                f"The class weight must name labels of the data: {', '.join(map(repr, names[:20]))}. Got {label!r}.",
                fix=meant(label, names),
            )
    weight = np.array([given.get(name, 1.0) for name in names])
    return weight * len(y) / float(weight @ counts)

"""The data sets that come with scikit-learn, by name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qcsearch.data.values import Label
from qcsearch.errors import DataError

__all__ = ["EXAMPLES", "Example", "load_example"]

EXAMPLES = ("breast_cancer", "diabetes", "digits", "iris", "moons", "wine")
"""Names that `load_dataset` knows; `digits:0-3` or `digits:3,6` keeps some classes only."""


@dataclass(frozen=True, eq=False)
class Example:
    """A data set as scikit-learn gives it.

    Attributes:
        X: `(n_samples, n_features)`, or images `(n_samples, height, width)`.
        y: labels `(n_samples,)`.
        feature_names: one name a column, or None.
        task: what it is known for, one of `targets.TASKS`.
    """

    X: NDArray[Any]
    y: NDArray[Any]
    feature_names: tuple[str, ...] | None
    task: str = "classification"


def load_example(spec: str) -> Example:
    """Return the data set `name` or `name:classes`.

    Digits are images of 8×8 pixels from 0 to 16, moons are 600 points with noise 0.15 (seed 0). Classes are
    kept by number, counted from 0 in scikit-learn's order. Diabetes are numbers, of a regression.

    Raises:
        DataError: if the name is unknown, or the classes are.
    """
    name, colon, wanted = spec.partition(":")
    if name not in EXAMPLES:
        raise DataError(
            f"'{spec}' is neither a file that is there nor a data set of scikit-learn. "
            f"Known: {', '.join(EXAMPLES)}.",
            "name a .csv, .parquet, .npz or .npy file, or one of the known names.",
        )
    if name == "diabetes":
        return _diabetes(colon, spec)
    X, codes, classes, names = _moons() if name == "moons" else _bundled(name)
    if colon:
        rows = np.isin(codes, _numbers(wanted, len(classes), spec))
        X, codes = X[rows], codes[rows]
    return Example(X, np.asarray(classes)[codes], names)


def _diabetes(colon: str, spec: str) -> Example:
    from sklearn.datasets import load_diabetes

    if colon:
        raise DataError(
            f"'diabetes' has numbers and no classes to choose from. Got '{spec}'.", "write diabetes."
        )
    bunch = load_diabetes()
    return Example(bunch.data, bunch.target, tuple(map(str, bunch.feature_names)), "regression")


def _moons() -> tuple[NDArray[Any], NDArray[Any], list[Label], tuple[str, ...]]:
    from sklearn.datasets import make_moons

    X, y = make_moons(600, noise=0.15, random_state=0)
    return X, y, [0, 1], ("x0", "x1")


def _bundled(name: str) -> tuple[NDArray[Any], NDArray[Any], list[Label], tuple[str, ...] | None]:
    from sklearn import datasets

    bunch = getattr(datasets, f"load_{name}")()
    if name == "digits":
        return bunch.images, bunch.target, list(range(10)), None
    return (
        bunch.data,
        bunch.target,
        [str(c) for c in bunch.target_names],
        tuple(map(str, bunch.feature_names)),
    )


def _numbers(wanted: str, n_classes: int, spec: str) -> list[int]:
    numbers: set[int] = set()
    for part in wanted.split(","):
        match = re.fullmatch(r"\s*(\d{1,3})\s*(?:-\s*(\d{1,3})\s*)?", part)
        if match is None:
            raise DataError(f"The classes of '{spec}' must be numbers such as 0-3 or 3,6. Got '{wanted}'.")
        numbers |= set(range(int(match[1]), int(match[2] or match[1]) + 1))
    if not numbers or max(numbers) >= n_classes:
        raise DataError(f"The classes of '{spec}' must be in 0-{n_classes - 1}. Got '{wanted}'.")
    return sorted(numbers)

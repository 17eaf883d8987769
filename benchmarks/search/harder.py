"""Tasks that are not saturated: real data, few rows to learn from, speakers or classes that are hard to tell apart.

All are made from the files of `benchmarks/data` and from what scikit-learn carries. Where a task is a part of one of
the nine, its training rows are drawn from that one's training part, and it is tested on that one's test part.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn import datasets
from sklearn.model_selection import train_test_split

from search.tasks import HARDER, data_file

__all__ = ["RECIPES", "archive"]

Arrays = dict[str, NDArray[Any]]

SEED = 0
"""Of every draw."""


def _few(task: str, n_train: int, classes: tuple[int, ...] = ()) -> Arrays:
    """Some training rows of a task, each class in its share, and its test part."""
    with np.load(data_file(task)) as file:
        parts = {name: file[name] for name in ("X_train", "X_test", "y_train", "y_test")}
    for part in ("train", "test") if classes else ():
        kept = np.isin(parts[f"y_{part}"], classes)
        parts |= {f"{kind}_{part}": parts[f"{kind}_{part}"][kept] for kind in "Xy"}
    X, y = parts["X_train"], parts["y_train"]
    rows, _ = train_test_split(np.arange(len(y)), train_size=n_train, stratify=y, random_state=SEED)
    return {**parts, "X_train": X[rows], "y_train": y[rows]}


def _split(X: NDArray[Any], y: NDArray[Any], n_train: int) -> Arrays:
    parts = train_test_split(X, y, train_size=n_train, stratify=y, random_state=SEED)
    return dict(zip(("X_train", "X_test", "y_train", "y_test"), parts, strict=True))


def _diabetes_3() -> Arrays:
    """The disease's progression a year later: in the lower, middle or upper third of the patients."""
    X, progression = datasets.load_diabetes(return_X_y=True, scaled=False)
    return _split(X, np.digitize(progression, np.quantile(progression, [1 / 3, 2 / 3])), 300)


RECIPES: dict[str, Callable[[], Arrays]] = {
    "mnist_3589": lambda: _few("mnist_10", 800, (3, 5, 8, 9)),
    "mnist_10_few": lambda: _few("mnist_10", 500),
    "fmnist_4_few": lambda: _few("fmnist_4", 200),
    "breast_cancer_few": lambda: _split(*datasets.load_breast_cancer(return_X_y=True), 60),
    "diabetes_3": _diabetes_3,
}


def archive(task: str, folder: Path) -> Path:
    """Path of one of the harder tasks; it is written to the folder if it has no file of its own."""
    if task not in HARDER:
        raise ValueError(f"The harder tasks are {', '.join(HARDER)}, not {task}.")
    if task not in RECIPES:
        return data_file(task)
    path = folder / f"{task}.npz"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        np.savez(path, **RECIPES[task]())
    return path

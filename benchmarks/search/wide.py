"""Tasks with a large test part, so that two searches can be told apart by it: other draws of the recipes, and states.

Sets of classical features have 240 rows to learn from, as the outside study's have, and 3,000 to be tested on; sets of
quantum states have 400 and 1,500. Every seed is another draw.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from external import recipes
from external.recipes import Samples
from numpy.random import RandomState
from sklearn.model_selection import train_test_split

from qcsearch.circuits.start_states import MIXED, amplitudes, density_matrices
from qcsearch.data.quantum.generators import generated
from search.tasks import TASKS, data_file

__all__ = ["CLASSICAL", "QUANTUM", "archive", "sample_counts"]

CLASSICAL = (
    "linearly_separable_10",
    "bars_and_stripes_4",
    "hidden_manifold_10",
    "two_curves_diff_10",
    "hyperplanes_diff_5",
)
"""One of each recipe of the study that can be drawn anew; see `external.sets`."""

QUANTUM = ("cluster:4", "xxz:6", "entanglement:6")
"""Generators of `qcsearch.data.quantum`."""

_ROWS = (240, 3_000)
_STATES = (400, 1_500)
_STREAM = 13
"""Of the draws, other than the study's."""


def sample_counts(task: str) -> tuple[int, int]:
    """Rows to learn from and to test on."""
    return _STATES if ":" in task else _ROWS


def archive(task: str, seed: int, folder: Path) -> Path:
    """Write a draw in the form of the nine tasks, if it is not there; one of these is as it is; return its path."""
    if task in TASKS:
        return data_file(task)
    path = folder / f"{task.replace(':', '_')}-{seed}.npz"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        X, y = _states(task, seed) if ":" in task else _samples(task, seed)
        n_train, n_test = sample_counts(task)
        parts = train_test_split(
            X, y, train_size=n_train, test_size=n_test, stratify=y, random_state=RandomState([_STREAM, seed])
        )
        np.savez(path, **dict(zip(("X_train", "X_test", "y_train", "y_test"), parts, strict=True)))
    return path


def _samples(task: str, seed: int) -> Samples:
    benchmark, _, number = task.rpartition("_")
    size, n, rng = int(number), sum(_ROWS), RandomState([_STREAM, seed])
    draws = {
        "linearly_separable": lambda: recipes.linearly_separable(rng, size, n),
        "bars_and_stripes": lambda: recipes.bars_and_stripes(rng, size, n),
        "hidden_manifold": lambda: recipes.hidden_manifold(rng, size, 6, n),
        "two_curves_diff": lambda: recipes.two_curves(rng, 10, size, 1 / (2 * size), n),
        "hyperplanes_diff": lambda: recipes.hyperplanes(rng, size, 10, n),
    }
    return draws[benchmark]()


def _states(task: str, seed: int) -> Samples:
    """Vectors of amplitudes, or density matrices."""
    found = generated(f"{task}:{sum(_STATES)}:{seed + 1}")
    assert found.quantum is not None
    of = density_matrices if found.quantum.kind == MIXED else amplitudes
    return of(found.X), np.array(found.target.labels)[found.y]

"""The study's data sets by name, `hidden_manifold_10`: a benchmark and where on its axis; one draw for each seed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray
from search.tasks import data_file
from sklearn.decomposition import PCA
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from external import recipes
from external.recipes import Samples

__all__ = ["CHOSEN", "FAMILIES", "SETS", "Parts", "archive", "draw", "family"]

DIGITS = (3, 5)
N_MNIST = 250
MNIST_DRAWS = 5


@dataclass(frozen=True)
class Parts:
    """One data set; `X` of shape `(n_samples, n_features)`, `y` of -1 and 1."""

    X_train: NDArray[np.float64]
    X_test: NDArray[np.float64]
    y_train: NDArray[Any]
    y_test: NDArray[Any]

    @property
    def digest(self) -> str:
        """Of all numbers."""
        return hashlib.sha256(b"".join(array.tobytes() for array in astuple(self))).hexdigest()[:12]


Recipe = Callable[[RandomState, int], Parts]


def _split(samples: Samples, rng: RandomState) -> Parts:
    return Parts(*train_test_split(*samples, test_size=0.2, random_state=rng))


def _bars_and_stripes(rng: RandomState, size: int) -> Parts:
    (X_train, y_train), (X_test, y_test) = (recipes.bars_and_stripes(rng, size, n) for n in (1000, 200))
    return Parts(X_train, X_test, y_train, y_test)


RECIPES: dict[str, Recipe] = {
    "linearly_separable": lambda rng, n: _split(recipes.linearly_separable(rng, n), rng),
    "bars_and_stripes": _bars_and_stripes,
    "hidden_manifold": lambda rng, n: _split(recipes.hidden_manifold(rng, n, dimension=6), rng),
    "hidden_manifold_diff": lambda rng, m: _split(recipes.hidden_manifold(rng, 10, dimension=m), rng),
    "two_curves": lambda rng, n: _split(recipes.two_curves(rng, n, degree=5, offset=0.1), rng),
    "two_curves_diff": lambda rng, degree: _split(recipes.two_curves(rng, 10, degree, 1 / (2 * degree)), rng),
    "hyperplanes_diff": lambda rng, n: _split(recipes.hyperplanes(rng, n, n_features=10), rng),
}
"""What varies along a benchmark's axis: features, image side, features, hidden dimension, features, degree, planes."""

AXIS = range(2, 21)
IMAGES = (4, 8, 16, 32)

STREAMS: tuple[tuple[int, tuple[str, ...]], ...] = (
    (42, tuple(f"linearly_separable_{n}" for n in AXIS)),
    *((42, (f"bars_and_stripes_{size}",)) for size in IMAGES),
    (3, tuple(f"{name}_{n}" for name in ("hidden_manifold", "hidden_manifold_diff") for n in AXIS)),
    (3, tuple(f"{name}_{n}" for name in ("two_curves", "two_curves_diff") for n in AXIS)),
    (1, tuple(f"hyperplanes_diff_{n}" for n in AXIS)),
)
"""The study's seeds, and the sets that it drew one after the other from each."""

FAMILIES = {
    "linearly separable": ("linearly_separable",),
    "bars & stripes": ("bars_and_stripes",),
    "hidden manifold": ("hidden_manifold", "hidden_manifold_diff"),
    "two curves": ("two_curves", "two_curves_diff"),
    "hyperplanes & parity": ("hyperplanes_diff",),
    "MNIST, principal components": ("mnist_pca",),
}

SETS = (*(name for _, names in STREAMS for name in names), *(f"mnist_pca_{n}" for n in AXIS))

_CHOSEN_SIZES = {
    "linearly_separable": (5, 10),
    "bars_and_stripes": (4, 8),
    "hidden_manifold": (5, 10),
    "hidden_manifold_diff": (10, 20),
    "two_curves": (5, 10),
    "two_curves_diff": (10, 20),
    "hyperplanes_diff": (10, 20),
    "mnist_pca": (5, 10),
}
CHOSEN = tuple(f"{benchmark}_{size}" for benchmark, sizes in _CHOSEN_SIZES.items() for size in sizes)
"""Widths that most of the study's quantum models reached, the middle and the end of the axes of difficulty, and images
that models without convolutions can be asked about."""


def family(name: str) -> str:
    """Of a set's name: `hidden_manifold_diff_10` is of `hidden manifold`."""
    benchmark = name.rpartition("_")[0]
    return next(title for title, benchmarks in FAMILIES.items() if benchmark in benchmarks)


def draw(name: str, seed: int) -> Parts:
    """The set `name`; seed 0 gives the study's own numbers (not of MNIST), the others new draws of the same recipe."""
    if name.startswith("mnist_pca_"):
        return _mnist(int(name.rpartition("_")[2]), seed)
    start, names = next(stream for stream in STREAMS if name in stream[1])
    rng = RandomState(start if seed == 0 else [start, seed])
    for one in names:
        benchmark, _, size = one.rpartition("_")
        parts = RECIPES[benchmark](rng, int(size))
        if one == name:
            return parts
    raise AssertionError(name)


def archive(name: str, seed: int, folder: Path) -> Path:
    """Write a draw in the form of the nine tasks, if it is not there; return its path."""
    path = folder / f"{name}-{seed}.npz"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        np.savez(path, **vars(draw(name, seed)))
    return path


def _mnist(n_components: int, seed: int) -> Parts:
    """Digits 3 and 5, scaled, as principal components: 250 rows to learn from, 250 to test.

    Not the study's numbers, whose draw was not seeded and whose components are of 60,000 training images with 784
    pixels. Here are the 1,902 threes and fives of MNIST's test images, pooled to 36 pixels (`benchmarks/data`). Of
    these, 1,250 are for testing, another 250 for each seed, so that rows of different seeds can be counted together;
    the other 652 are for learning: scale and components are theirs, and each seed draws 250 of them.
    """
    if seed >= MNIST_DRAWS:
        raise SystemExit(
            f"There are threes and fives for the seeds below {MNIST_DRAWS}; {seed} was asked for."
        )
    with np.load(data_file("mnist_10")) as file:
        X = np.concatenate([file["X_train"], file["X_test"]]).astype(float)
        y = np.concatenate([file["y_train"], file["y_test"]])
    rows = RandomState(42).permutation(np.flatnonzero(np.isin(y, DIGITS)))
    tests, known = np.split(rows, [MNIST_DRAWS * N_MNIST])
    train = RandomState([42, seed]).choice(known, N_MNIST, replace=False)
    test = tests[seed * N_MNIST : (seed + 1) * N_MNIST]
    scaler = StandardScaler().fit(X[known])
    pca = PCA(n_components, svd_solver="full").fit(scaler.transform(X[known]))
    signs = np.where(y == DIGITS[0], -1, 1)
    seen = (pca.transform(scaler.transform(X[rows_])) for rows_ in (train, test))
    return Parts(*seen, signs[train], signs[test])

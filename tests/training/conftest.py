"""A program in closed form, clouds that it can tell apart, and a model of three flowers."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_iris

from qcsearch.candidate.candidate import Candidate
from qcsearch.candidate.choice import Choice
from qcsearch.candidate.training import TrainingOptions
from qcsearch.data.splitting import Part
from qcsearch.data.targets import Classes
from qcsearch.training.data import TrainingData
from qcsearch.training.single import train


class CosineProgram:
    """`⟨Z…Z⟩_o = shrink · Π_f cos(x_f + w_of)`: qubits turned by ry(x) and ry(w), then depolarised."""

    def __init__(self, n_features: int, n_observables: int, shrink: float = 0.6) -> None:
        self.n_features, self.n_observables, self.shrink = n_features, n_observables, shrink
        self.n_weights = n_features * n_observables
        self.calls = 0

    def values(self, X, w):
        self.calls += 1
        return self.shrink * np.prod(np.cos(self._angles(X, w)), axis=2)

    def value_and_gradient(self, X, w, cotangent):
        values = self.values(X, w)
        angles = self._angles(X, w)
        slopes = np.empty_like(angles)
        for f in range(self.n_features):
            others = np.delete(angles, f, axis=2)
            slopes[:, :, f] = -self.shrink * np.sin(angles[:, :, f]) * np.prod(np.cos(others), axis=2)
        return values, np.einsum("no,nof->of", cotangent(values), slopes).ravel()

    def _angles(self, X, w):
        return X[:, None, :] + w.reshape(self.n_observables, self.n_features)


@pytest.fixture
def cosine_program():
    return CosineProgram


@pytest.fixture
def blobs():
    """Three clouds of angles that a product of cosines can tell apart: 160 to train on, 80 to validate on."""
    rng = np.random.default_rng(5)
    centres = np.array([[-0.9, -0.6], [0.8, -0.7], [0.1, 1.0]])
    y = rng.integers(3, size=240)
    Z = centres[y] + rng.normal(scale=0.3, size=(240, 2))
    return TrainingData(Part(Z[:160], y[:160]), Classes((0, 1, 2)), Part(Z[160:], y[160:]))


@pytest.fixture(scope="session")
def small_candidate():
    """Two qubits, 18 weights, 60 steps."""
    return Candidate(
        encoding=Choice("reuploading"),
        ansatz=Choice("hardware_efficient", {"n_layers": 3}),
        qubits=(0, 1),
        observables=("Z0", "Z1", "Z0Z1"),
        training=TrainingOptions(steps=60, batch_size=32, validate_every=10),
    )


@pytest.fixture(scope="session")
def iris():
    """Measures `(150, 4)` and names of flowers."""
    X, y = load_iris(return_X_y=True)
    return X, np.array(["setosa", "versicolor", "virginica"])[y]


@pytest.fixture(scope="session")
def model(small_candidate, iris):
    """The small candidate, trained on the flowers."""
    return train(small_candidate, *iris, device="fake_manila")

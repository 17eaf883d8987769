"""A network of one hidden layer of sines, as an estimator of scikit-learn."""

from __future__ import annotations

import numpy as np
from scipy.special import log_softmax, softmax
from sklearn.base import BaseEstimator, ClassifierMixin

from qcsearch.training.expectations import Floats, Ints

__all__ = ["SineNetworkClassifier"]

_STEPS = 500


class SineNetworkClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # sklearn is untyped
    """`logits = sin(X·W + b)·V + c`, trained by L-BFGS on cross-entropy with an L2 penalty on W and V.

    Args:
        n_units: hidden units.
        penalty: half of it times the squared weights is added to the mean loss.
        scale: W starts normal with standard deviation `scale` / √n_features, b uniform on the circle.
        random_state: seed of the start.
    """

    def __init__(
        self, n_units: int = 8, penalty: float = 1e-3, scale: float = 1.0, random_state: int = 0
    ) -> None:
        self.n_units = n_units
        self.penalty = penalty
        self.scale = scale
        self.random_state = random_state

    def fit(self, X: Floats, y: Ints, sample_weight: Floats | None = None) -> SineNetworkClassifier:
        """Train to convergence, or for 500 steps; samples may count differently."""
        from scipy.optimize import minimize

        self.classes_, codes = np.unique(y, return_inverse=True)
        self._shapes = [(X.shape[1], self.n_units), (self.n_units,), (self.n_units, len(self.classes_)),
                        (len(self.classes_),)]  # fmt: skip
        rng = np.random.default_rng(self.random_state)
        start = [
            rng.normal(scale=self.scale / np.sqrt(X.shape[1]), size=self._shapes[0]),
            rng.uniform(-np.pi, np.pi, self._shapes[1]),
            rng.normal(scale=1 / np.sqrt(self.n_units), size=self._shapes[2]),
            np.zeros(self._shapes[3]),
        ]
        found = minimize(
            self._loss,
            _flat(start),
            (X, codes, np.ones(len(X)) if sample_weight is None else sample_weight),
            jac=True,
            method="L-BFGS-B",
            options={"maxiter": _STEPS},
        )
        self.parameters_ = found.x
        return self

    def predict(self, X: Floats) -> Ints:
        """Labels `(n_samples,)`."""
        return np.asarray(self.classes_[np.argmax(self._logits(X), axis=1)])

    def predict_proba(self, X: Floats) -> Floats:
        """Probabilities `(n_samples, n_classes)`."""
        return np.asarray(softmax(self._logits(X), axis=1))

    def _logits(self, X: Floats) -> Floats:
        W, b, V, c = self._parts(self.parameters_)
        return np.asarray(np.sin(X @ W + b) @ V + c)

    def _loss(self, theta: Floats, X: Floats, codes: Ints, weight: Floats) -> tuple[float, Floats]:
        """The loss and its gradient."""
        W, b, V, c = self._parts(theta)
        phases = X @ W + b
        hidden, rows = np.sin(phases), np.arange(len(X))
        logits = hidden @ V + c
        loss = -np.mean(weight * log_softmax(logits, axis=1)[rows, codes])
        dlogits = softmax(logits, axis=1)
        dlogits[rows, codes] -= 1
        dlogits *= weight[:, None] / len(X)
        dphases = dlogits @ V.T * np.cos(phases)
        gradient = [X.T @ dphases + self.penalty * W, dphases.sum(axis=0), hidden.T @ dlogits + self.penalty * V,
                    dlogits.sum(axis=0)]  # fmt: skip
        return float(loss + self.penalty / 2 * (np.sum(W**2) + np.sum(V**2))), _flat(gradient)

    def _parts(self, theta: Floats) -> list[Floats]:
        ends = np.cumsum([int(np.prod(shape)) for shape in self._shapes])[:-1]
        return [part.reshape(shape) for part, shape in zip(np.split(theta, ends), self._shapes, strict=True)]


def _flat(parts: list[Floats]) -> Floats:
    return np.concatenate([part.ravel() for part in parts])

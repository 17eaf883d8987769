"""Support vector machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from qcsearch.candidate import checks
from qcsearch.training.expectations import Floats, Ints
from qcsearch.training.heads.base import HEADS
from qcsearch.training.heads.kernel_head import (
    TUNING_ROWS,
    Chosen,
    SolvedHead,
    folds,
    spread,
)
from qcsearch.training.heads.kernels import FLOOR

__all__ = ["SupportVectorHead"]

_COSTS = (1.0, 10.0, 100.0)


@HEADS.register("svc")
@dataclass(frozen=True)
class SupportVectorHead(SolvedHead):
    """Support vectors of each class against all others, by scikit-learn; `C` and the width by cross-validation.

    Attributes:
        C: cost of a sample on the wrong side, over the samples' variance in the kernel's feature space, > 0; None
            chooses it on the training samples.
    """

    C: float | None = None

    name: ClassVar[str] = "svc"

    def __post_init__(self) -> None:
        super().__post_init__()
        checks.number(self.name, "C", self.C, 0.0, above=True, optional=True)

    def fit_seconds(self, n_samples: int, n_observables: int, n_classes: int) -> float:
        """See `FittedHead`; measured on one core, doubled."""
        tuning, landmarks = min(n_samples, TUNING_ROWS), n_samples * self.points * (n_samples > self.points)
        return self.learns.columns(n_classes) * (1e-6 * tuning**2 + 4e-7 * landmarks)

    def choose(self, values: Floats, y: Ints, wanted: Floats, weight: Floats | None = None) -> Chosen:
        """See `KernelHead`: the highest accuracy, each sample by its weight, in stratified folds."""
        costs = _COSTS if self.C is None else (self.C,)
        scale, parts = self.function.scale(values), folds(y)
        best, outputs, reached = Chosen(self.widths[0] * scale, costs[0]), None, -1.0
        for width in self.widths:
            matrix = self.function.matrix(values, values, width * scale)
            for cost in costs if parts else ():
                found = np.zeros_like(wanted)
                for train, test in parts:
                    some = None if weight is None else weight[train]
                    dual, bias = self.solve(matrix[np.ix_(train, train)], wanted[train], cost, some)
                    found[test] = matrix[np.ix_(test, train)] @ dual + bias
                right = float(np.average(_classes(found) == y, weights=weight))
                if right > reached:
                    best, outputs, reached = Chosen(width * scale, cost), found, right
        return best if outputs is None else best._replace(confidence=self.learns.confidence(outputs, y))

    def solve(
        self, matrix: Floats, wanted: Floats, strength: float, weight: Floats | None = None
    ) -> tuple[Floats, Floats]:
        """See `KernelHead`."""
        from sklearn.svm import SVC

        dual, bias = np.zeros_like(wanted), wanted[0].copy()
        for output, sign in enumerate(wanted.T):
            if np.all(sign == sign[0]):
                continue  # a class without samples, or alone: its output is that sign
            found = SVC(C=strength / spread(matrix), kernel="precomputed").fit(matrix, sign, weight)
            dual[found.support_, output] = found.dual_coef_[0]
            bias[output] = found.intercept_[0]
        return dual, bias

    def solve_features(
        self, features: Floats, wanted: Floats, strength: float, weight: Floats | None = None
    ) -> tuple[Floats, Floats]:
        """See `KernelHead`; with the squared hinge, which is solved where there are more samples than features."""
        from sklearn.svm import LinearSVC

        weights, bias = np.zeros((features.shape[1], wanted.shape[1])), wanted[0].copy()
        variance = max(float(np.sum(np.var(features, axis=0))), FLOOR)
        for output, sign in enumerate(wanted.T):
            if np.all(sign == sign[0]):
                continue
            found = LinearSVC(C=strength / variance, dual=False).fit(features, sign, weight)
            weights[:, output], bias[output] = found.coef_[0], found.intercept_[0]
        return weights, bias


def _classes(outputs: Floats) -> Ints:
    if outputs.shape[1] == 1:
        return np.asarray(outputs[:, 0] > 0, dtype=np.int64)
    return np.asarray(np.argmax(outputs, axis=1), dtype=np.int64)

"""Kernel ridge regression, on classes and on numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from qcsearch.candidate import checks
from qcsearch.training.expectations import Floats, Ints
from qcsearch.training.heads.base import HEADS
from qcsearch.training.heads.kernel_head import TUNING_ROWS, Chosen, SolvedHead, spread
from qcsearch.training.heads.kernel_outputs import NUMBERS, KernelOutputs
from qcsearch.training.heads.kernels import FLOOR

__all__ = ["KernelRidgeHead", "KernelRidgeRegressionHead", "LeastSquaresHead"]


@dataclass(frozen=True)
class LeastSquaresHead(SolvedHead):
    """Least squares with a penalty, its strength over the samples' variance in the kernel's feature space."""

    def fit_seconds(self, n_samples: int, n_observables: int, n_classes: int) -> float:
        """See `FittedHead`; measured on one core, doubled."""
        tuning, points = min(n_samples, TUNING_ROWS), min(n_samples, self.points)
        return 2e-9 * tuning**3 + 1e-10 * n_samples * points**2

    def solve(
        self, matrix: Floats, wanted: Floats, strength: float, weight: Floats | None = None
    ) -> tuple[Floats, Floats]:
        """See `KernelHead`."""
        bias = np.asarray(np.average(wanted, axis=0, weights=weight), dtype=np.float64)
        each = np.ones(len(matrix)) if weight is None else weight
        whole = matrix + strength * spread(matrix) * np.diag(1.0 / each)
        return np.asarray(np.linalg.solve(whole, wanted - bias), dtype=np.float64), bias

    def solve_features(
        self, features: Floats, wanted: Floats, strength: float, weight: Floats | None = None
    ) -> tuple[Floats, Floats]:
        """See `KernelHead`."""
        bias = np.asarray(np.average(wanted, axis=0, weights=weight), dtype=np.float64)
        penalty = strength * max(float(np.sum(np.var(features, axis=0))), FLOOR)
        counted = features if weight is None else weight[:, None] * features
        whole = counted.T @ features + penalty * np.eye(features.shape[1])
        found = np.linalg.solve(whole, counted.T @ (wanted - bias))
        return np.asarray(found, dtype=np.float64), bias


@HEADS.register("kernel_ridge")
@dataclass(frozen=True)
class KernelRidgeHead(LeastSquaresHead):
    """Least squares on ±1 for each class, with a penalty; the penalty and the width by leaving one sample out.

    What a sample is given by a fit without it needs no such fit: with the eigenvectors of the kernel matrix it is
    `t − (t − f) / (1 − h)`, where `h` is the diagonal of the matrix that takes targets `t` to outputs `f` (Hastie,
    Tibshirani and Friedman, *The Elements of Statistical Learning*, 7.10).

    Attributes:
        penalty: over the samples' variance in the kernel's feature space, > 0; None chooses it on the training samples.
    """

    penalty: float | None = None

    name: ClassVar[str] = "kernel_ridge"
    penalties: ClassVar[tuple[float, ...]] = (0.1, 0.01, 0.001, 1.0)

    def __post_init__(self) -> None:
        super().__post_init__()
        checks.number(self.name, "penalty", self.penalty, 0.0, above=True, optional=True)

    def choose(self, values: Floats, y: Ints, wanted: Floats, weight: Floats | None = None) -> Chosen:
        """See `KernelHead`: the least squared error of the samples that were left out.

        With weights `w` the problem is that of the matrix `√w k √w` and of targets `√w t`, whose `h` are the same.
        """
        scale, centre = self.function.scale(values), np.average(wanted, axis=0, weights=weight)
        root = np.ones((len(values), 1)) if weight is None else np.sqrt(weight)[:, None]
        least, best, outputs = np.inf, Chosen(scale, 1.0), wanted
        for width in self.widths:
            matrix = self.function.matrix(values, values, width * scale)
            sizes, vectors = np.linalg.eigh(root * matrix * root.T)
            sizes, along = np.maximum(sizes, 0.0), vectors.T @ (root * (wanted - centre))
            for penalty in self.penalties if self.penalty is None else (self.penalty,):
                shrunk = sizes / (sizes + penalty * spread(matrix))
                fitted = centre + vectors @ (shrunk[:, None] * along) / root
                influence = np.minimum(np.square(vectors) @ shrunk, 1.0 - 1e-9)
                found = wanted - (wanted - fitted) / (1.0 - influence)[:, None]
                if (
                    error := float(np.mean(np.average((found - wanted) ** 2, axis=0, weights=weight)))
                ) < least:
                    least, best, outputs = error, Chosen(width * scale, penalty), found
        return best._replace(confidence=self.learns.confidence(outputs, y))


@HEADS.register("kernel_ridge_regression")
@dataclass(frozen=True)
class KernelRidgeRegressionHead(KernelRidgeHead):
    """The same on numbers, as they are; see `KernelRidgeHead`. Numbers may hold more noise than classes do."""

    name: ClassVar[str] = "kernel_ridge_regression"
    tasks: ClassVar[tuple[str, ...]] = ("regression",)
    learns: ClassVar[KernelOutputs] = NUMBERS
    penalties: ClassVar[tuple[float, ...]] = (0.1, 0.01, 0.001, 1.0, 10.0)

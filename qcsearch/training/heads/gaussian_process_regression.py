"""Gaussian process regression."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from qcsearch.candidate import checks
from qcsearch.training.expectations import Floats
from qcsearch.training.heads.base import HEADS
from qcsearch.training.heads.kernel_head import Chosen, spread
from qcsearch.training.heads.kernel_outputs import NUMBERS, KernelOutputs
from qcsearch.training.heads.kernel_ridge import LeastSquaresHead

__all__ = ["GaussianProcessRegressionHead", "log_marginal_likelihood"]

_NOISES = (0.1, 0.01, 0.001, 1.0, 10.0)


@HEADS.register("gaussian_process_regression")
@dataclass(frozen=True)
class GaussianProcessRegressionHead(LeastSquaresHead):
    """The posterior mean of a Gaussian process with Gaussian noise, about the mean of the numbers.

    Rasmussen and Williams, *Gaussian Processes for Machine Learning* (2006), (2.25): `k(v, P) (K + λ)^(−1) (y − mean)`,
    where λ is the noise's variance over the prior's. Width and λ are those of the greatest marginal likelihood, (5.8)
    there, at the prior's variance that makes it greatest. A sample of weight w has a w-th of the noise. Of more than
    `points` samples the landmarks' span is the prior, their *subset of regressors* (8.3.1).

    Attributes:
        noise: λ over the samples' variance in the kernel's feature space, > 0; None chooses it on the training samples.
    """

    noise: float | None = None

    name: ClassVar[str] = "gaussian_process_regression"
    tasks: ClassVar[tuple[str, ...]] = ("regression",)
    learns: ClassVar[KernelOutputs] = NUMBERS

    def __post_init__(self) -> None:
        super().__post_init__()
        checks.number(self.name, "noise", self.noise, 0.0, above=True, optional=True)

    def choose(self, values: Floats, y: NDArray[Any], wanted: Floats, weight: Floats | None = None) -> Chosen:
        """See `KernelHead`: the greatest marginal likelihood, of all numbers together."""
        scale, centred = self.function.scale(values), wanted - np.average(wanted, axis=0, weights=weight)
        best, most = Chosen(scale, 1.0), -np.inf
        for width in self.widths:
            matrix = self.function.matrix(values, values, width * scale)
            noises = np.array(_NOISES if self.noise is None else (self.noise,))
            for noise, evidence in zip(
                noises, log_marginal_likelihood(matrix, centred, noises * spread(matrix), weight), strict=True
            ):
                if evidence > most:
                    best, most = Chosen(width * scale, float(noise)), float(evidence)
        return best


def log_marginal_likelihood(
    matrix: Floats, y: Floats, noises: Floats, weight: Floats | None = None
) -> Floats:
    """Of each noise the logarithm of the probability of `y`, summed over its columns, `(n_noises,)`.

    `y` is normal with covariance `a (K + λ/w)`; the variance `a` of each column is its most likely one,
    `yᵀ (K + λ/w)^(−1) y / n_samples`, which stands in closed form.

    Args:
        matrix: `K`, `(n_samples, n_samples)`.
        y: centred numbers `(n_samples, n_columns)`.
        noises: λ, over the variance `a`.
        weight: `w`, how much each sample counts, `(n_samples,)`; None if all count alike.
    """
    n_samples = len(matrix)
    root = np.ones((n_samples, 1)) if weight is None else np.sqrt(weight)[:, None]
    sizes, vectors = np.linalg.eigh(root * matrix * root.T)
    squares = np.square(vectors.T @ (root * y))
    whole = np.maximum(sizes, 0.0) + noises[:, None]
    variances = (1.0 / whole) @ squares / n_samples
    determinants = np.sum(np.log(whole), axis=1) - 2.0 * float(np.sum(np.log(root)))
    each = n_samples * (np.log(2.0 * np.pi * np.maximum(variances, np.finfo(float).tiny)) + 1.0)
    return np.asarray(-0.5 * np.sum(each + determinants[:, None], axis=1), dtype=np.float64)

"""Gaussian process classification."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from qcsearch.candidate import checks
from qcsearch.data.sample import stratified_rows
from qcsearch.training.expectations import Floats, Ints
from qcsearch.training.heads.base import HEADS
from qcsearch.training.heads.kernel_head import Chosen, KernelHead, spread
from qcsearch.training.heads.kernels import Expansion

__all__ = ["GaussianProcessHead"]

_VARIANCES = (3.0, 30.0, 300.0)
_TUNING_ROWS = 150


@HEADS.register("gaussian_process")
@dataclass(frozen=True)
class GaussianProcessHead(KernelHead):
    """A latent function of each class against all others, by scikit-learn's Laplace approximation.

    Rasmussen and Williams, *Gaussian Processes for Machine Learning* (2006), 3.4. The logit is the latent mean, whose
    logistic function is the probability at the mode; width and prior variance are those of the greatest marginal
    likelihood. Of more than `points` samples it sees a stratified random subset of so many (8.3.3 there).

    Attributes:
        variance: of the prior, over the samples' variance in the kernel's feature space, > 0; None chooses it on the
            training samples.
    """

    variance: float | None = None

    name: ClassVar[str] = "gaussian_process"

    def __post_init__(self) -> None:
        super().__post_init__()
        checks.number(self.name, "variance", self.variance, 0.0, above=True, optional=True)

    def fit_seconds(self, n_samples: int, n_observables: int, n_classes: int) -> float:
        """See `FittedHead`; measured on one core, doubled."""
        tuning, points = min(n_samples, _TUNING_ROWS), min(n_samples, self.points)
        return self.learns.columns(n_classes) * (4e-6 * tuning**2 + 6e-10 * points**3)

    def choose(self, values: Floats, y: Ints, wanted: Floats, weight: Floats | None = None) -> Chosen:
        """See `KernelHead`; it weighs no samples: the greatest marginal likelihood, of all classes together."""
        rows = stratified_rows(y, _TUNING_ROWS)
        values, wanted, scale = values[rows], wanted[rows], self.function.scale(values)
        best, most = Chosen(scale, 1.0), -np.inf
        for width in self.widths:
            for variance in _VARIANCES if self.variance is None else (self.variance,):
                chosen = Chosen(width * scale, variance)
                found = [self._process(values, sign, chosen) for sign in wanted.T]
                evidence = sum(one.log_marginal_likelihood_value_ for one in found if one is not None)
                if evidence > most:
                    best, most = chosen, evidence
        return best

    def expand(
        self, values: Floats, y: Ints, wanted: Floats, chosen: Chosen, weight: Floats | None = None
    ) -> Expansion:
        """See `KernelHead`."""
        rows = stratified_rows(y, self.points)[: self.points]
        values, wanted = values[rows], wanted[rows]
        dual, bias = np.zeros_like(wanted), np.zeros(wanted.shape[1])
        for output, sign in enumerate(wanted.T):
            process = self._process(values, sign, chosen)
            if process is None:
                bias[output] = sign[0]
            else:  # the latent mean is k·∇log p(y | f), Rasmussen and Williams (3.21)
                laplace = process.base_estimator_
                dual[:, output] = self._amplitude(values, chosen) * (laplace.y_train_ - laplace.pi_)
        return Expansion(chosen.gamma, bias, values, dual)

    def _process(self, values: Floats, sign: Floats, chosen: Chosen) -> Any:
        """The fitted process of one class against all others; None if there is nothing to tell apart."""
        from sklearn.gaussian_process import GaussianProcessClassifier
        from sklearn.gaussian_process.kernels import RBF, ConstantKernel, DotProduct

        if np.all(sign == sign[0]):
            return None
        amplitude = self._amplitude(values, chosen)
        kernel = ConstantKernel(amplitude) * RBF((2.0 * chosen.gamma) ** -0.5)
        if self.kernel == "fidelity":
            kernel = ConstantKernel(amplitude * chosen.gamma) * DotProduct(1.0)
        return GaussianProcessClassifier(kernel, optimizer=None).fit(values, sign > 0)

    def _amplitude(self, values: Floats, chosen: Chosen) -> float:
        return chosen.strength / spread(self.function.matrix(values, values, chosen.gamma))

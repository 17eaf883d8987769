"""What finitely many shots do to expectation values, in the quick form that every step of a training can afford."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qcsearch.training.expectations import Cotangent, Floats

__all__ = ["ShotNoise"]

_DRAWS = 4
"""Measurements a step of a training sees of each sample."""

_VALIDATION_DRAWS = 8
"""Measurements that a validation is the mean of."""

_VALIDATION_SEED = 20_030
"""The same for all models: what one draw does to two of them it does to both, and the difference is surer."""

_FITTING_SEED = 20_031
"""Of the one measurement that a head is fitted to."""


@dataclass(frozen=True)
class ShotNoise:
    """Normal errors of the exact size around exact values: `v + √((1 − v²)/S) ξ`.

    A Pauli observable that is measured with S shots has mean v and variance (1 − v²)/S, readout errors included in v:
    both are exact here. Approximate are the shape, normal in place of binomial, and that observables which share their
    shots are drawn apart; `sampling.sampled_values` draws them as they are, and the tests hold one against the other.
    Draws come in pairs, ξ and −ξ, whose odd errors cancel.

    Attributes:
        shots: S, of each measurement basis of a prediction.
    """

    shots: int

    def learning(self, cotangent: Cotangent, rng: np.random.Generator) -> Cotangent:
        """A loss of measured values as one of exact values: its mean over draws, differentiated through them.

        `dv'/dv = 1 − v ξ/√(S (1 − v²))`, see Kingma and Welling (arXiv 1312.6114) on such derivatives of a mean.

        Args:
            cotangent: of the loss, from measured values `(n_draws · n_samples, n_observables)`, draw after draw.
            rng: of the draws.
        """

        def through(values: Floats) -> Floats:
            noise = self._noise(_DRAWS, values, rng)
            seen = self._seen(values, noise)
            found = cotangent(seen.reshape(-1, values.shape[1])).reshape(seen.shape)
            # Near ±1 the slope of the root grows without bound; a variance of less than 1/S² is none.
            room = np.sqrt(np.maximum(1.0 - values**2, 1.0 / self.shots))
            slopes = 1.0 - values / (np.sqrt(self.shots) * room) * noise
            return np.asarray(np.sum(found * slopes, axis=0))

        return through

    def repeated(self, values: Floats, y: NDArray[Any]) -> tuple[Floats, NDArray[Any]]:
        """Measured values `(n_draws · n_samples, n_observables)`, draw after draw, with the classes of their samples.

        What a validation is made of: they are drawn alike whenever they are asked for.

        Args:
            values: exact ones, `(n_samples, n_observables)`.
            y: what should be answered, `(n_samples, …)`.
        """
        rng = np.random.default_rng(_VALIDATION_SEED)
        seen = self._seen(values, self._noise(_VALIDATION_DRAWS, values, rng))
        return seen.reshape(-1, values.shape[1]), np.concatenate([y] * _VALIDATION_DRAWS)

    def once(self, values: Floats) -> Floats:
        """Values of one measurement, of the same shape, drawn alike whenever they are asked for."""
        return self._seen(values, np.random.default_rng(_FITTING_SEED).standard_normal(values.shape))

    def _noise(self, n_draws: int, values: Floats, rng: np.random.Generator) -> Floats:
        half = rng.standard_normal((n_draws // 2, *values.shape))
        return np.concatenate([half, -half])

    def _seen(self, values: Floats, noise: Floats) -> Floats:
        return np.asarray(values + np.sqrt(np.maximum(1.0 - values**2, 0.0) / self.shots) * noise)

"""Sine network: what a circuit without entanglement computes, a sum of sines of affine functions of the features."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qcsearch.search.finish.baselines.base import Samples
from qcsearch.search.finish.baselines.mlp import n_hidden
from qcsearch.search.finish.baselines.tuning import answers
from qcsearch.training.predictions import Predictions

__all__ = ["SineNetwork"]

_GRID = {"penalty": (1e-3, 1e-4), "scale": (1.0, 0.5, 2.0)}


@dataclass(frozen=True)
class SineNetwork:
    """`SineNetworkClassifier` on the circuit's features, about as many parameters in all as the winner has.

    One qubit that reads the features again and again is such a network (Pérez-Salinas et al., Quantum 4, 226 (2020);
    Schuld, Sweke and Meyer, Phys. Rev. A 103, 032430 (2021)). L2 penalty and width of the first frequencies are tuned.
    """

    name: str = "sine network of the winner's size"

    def predict(self, samples: Samples) -> Predictions:
        """See `Classical`."""
        from qcsearch.search.finish.baselines.sine_classifier import SineNetworkClassifier

        units = n_hidden(samples.n_parameters, samples.Z.shape[1], len(np.unique(samples.y)))
        model = SineNetworkClassifier(units, random_state=samples.seed)
        return answers(model, _GRID, samples.Z, samples.Z_test, samples)

"""Three of the study's kinds of quantum model, with its published grids.

Circuits, scaling, training and grids are those of J. Bowles, S. Ahmed, M. Schuld, arXiv 2403.07059, and of its
repository, XanaduAI/qml-benchmarks (Apache-2.0): `src/qml_benchmarks/models` and `hyperparameter_settings.py`. The code
is ours.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.svm import SVC

from external.models.base import Model
from external.models.dressed import DressedCircuit
from external.models.projected import HeisenbergFeatures
from external.models.separable import SeparableCircuit

__all__ = ["STUDY"]

_RATES = [0.001, 0.01, 0.1]


def _projected(seed: int, seconds: float) -> Pipeline:
    steps: list[tuple[str, Any]] = [
        ("scale", MinMaxScaler((-np.pi / 2, np.pi / 2))),
        ("embed", HeisenbergFeatures(seed=seed)),
        ("model", SVC(gamma=1.0)),
    ]
    return Pipeline(steps)


STUDY: dict[str, Model] = {
    "projected kernel": Model(
        _projected,
        [
            {
                "embed__t": [0.01, 0.1, 1.0],
                "embed__trotter_steps": [1, 3, 5],
                "model__gamma": [0.1, 1, 10],
                "model__C": [0.1, 1, 10, 100],
            }
        ],
    ),
    "dressed circuit": Model(
        lambda seed, seconds: Pipeline([("scale", StandardScaler()), ("model", DressedCircuit(seed=seed))]),
        [{"model__learning_rate": _RATES, "model__n_layers": [1, 5, 10, 15]}],
    ),
    "separable circuit": Model(
        lambda seed, seconds: Pipeline(
            [("scale", MinMaxScaler((-np.pi / 2, np.pi / 2))), ("model", SeparableCircuit(seed=seed))]
        ),
        [{"model__learning_rate": _RATES, "model__encoding_layers": [1, 3, 5, 10]}],
    ),
}

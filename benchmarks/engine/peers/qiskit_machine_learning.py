"""qiskit-machine-learning's `EstimatorQNN` on Aer's `EstimatorV2`, gradients by its parameter-shift rule.

The estimator is the one of the peer Aer. The QNN offers the gradient of every value, each from circuits of its own,
which the estimator runs one after the other; so one sample and one observable are run, and the time extrapolated.
The cotangent is contracted afterwards.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from qiskit_machine_learning.gradients import ParamShiftEstimatorGradient
from qiskit_machine_learning.neural_networks import EstimatorQNN

from engine.cases import Case
from engine.peers.aer import estimator
from engine.runner import Runner

Floats = NDArray[np.float64]


def runners(case: Case, threads: int) -> Iterator[Runner]:
    """The one configuration."""
    start = time.perf_counter()
    share = case.first(1, 1)
    primitive = estimator(case, threads)
    network = EstimatorQNN(
        circuit=case.circuit,
        estimator=primitive,
        observables=share.observables,
        input_params=case.features,
        weight_params=case.weights,
        gradient=ParamShiftEstimatorGradient(primitive),
        default_precision=0.0,
    )

    def step(w: Floats) -> tuple[Floats, Floats]:
        values = network.forward(share.X, w)
        _, slopes = network.backward(share.X, w)
        return np.asarray(values), np.einsum("sq,sqw->w", share.cotangent, np.asarray(slopes))

    yield Runner("double", share, step, (1e-9, 1e-7), time.perf_counter() - start)

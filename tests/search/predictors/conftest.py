"""Small circuits written gate by gate, as predictors see them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from qcsearch.candidate.candidate import Candidate
from qcsearch.candidate.choice import Choice
from qcsearch.devices.calibration.providers import get_device
from qcsearch.devices.device import Device
from qcsearch.search.predictors import PredictorInput
from qcsearch.training.transpiled import transpile_candidate

MakeInput = Callable[..., PredictorInput]


@pytest.fixture(scope="session")
def inputs(device: Device) -> MakeInput:
    """`inputs("ry x0 0", "rz x0*w0 1", "cx 0 1", X=…, y=…)`: name, angle if it has one, qubits."""

    def make(
        *lines: str,
        X: Sequence[Sequence[float]] = ((0.3,), (1.2,)),
        y: Sequence[int] = (0, 1),
        on: Device = device,
        qubits: tuple[int, ...] = (0, 1),
        observables: tuple[str, ...] = ("Z0",),
        seed: int = 0,
    ) -> PredictorInput:
        gates = Choice("gates", {"gates": [_gate(line) for line in lines]})
        candidate = Candidate(Choice("none"), gates, qubits, observables)
        samples = np.asarray(X, dtype=float)
        return PredictorInput(
            transpile_candidate(candidate, on, samples.shape[1]), samples, np.asarray(y), (seed,)
        )

    return make


def _gate(line: str) -> dict[str, Any]:
    name, *words = line.split()
    if words[0][0] not in "xw":
        return {"name": name, "qubits": [int(word) for word in words]}
    kinds = {"x": "feature", "w": "weight"}
    angle = {kinds[factor[0]]: int(factor[1:]) for factor in words[0].split("*")}
    return {"name": name, "qubits": [int(word) for word in words[1:]], "angle": angle}


@pytest.fixture(scope="session")
def torino() -> Device:
    return get_device("fake_torino")

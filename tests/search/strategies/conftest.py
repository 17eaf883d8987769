"""Small versions of the strategies that make circuits, and contexts for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import optuna
import pytest

from qcsearch.devices.calibration.providers import get_device
from qcsearch.devices.device import Device
from qcsearch.search.space.space import SearchSpace
from qcsearch.search.strategies import StrategyContext
from qcsearch.search.trial.features import Features
from qcsearch.search.trial.objective import Objective

MakeContext = Callable[..., StrategyContext]


@pytest.fixture(scope="session")
def torino() -> Device:
    return get_device("fake_torino")


@pytest.fixture(scope="session")
def context(objective: Objective) -> MakeContext:
    """`context(seed=1, until=None, on=objective, params={"n_layers": 2})`: what is not said is drawn with seed 0."""

    def make(
        *,
        seed: int = 0,
        until: float | None = None,
        on: Objective = objective,
        params: Mapping[str, Any] | None = None,
    ) -> StrategyContext:
        study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
        drawn = on.bound.draw(study.ask()) | dict(params or {})
        return StrategyContext(on, drawn, on.bound.candidate(drawn), seed, until)

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return make


LAYERED = """
description = "layered"
[circuit]
n_qubits = 2
n_layers = 2
regions = 2
encodings = ["angle"]
ansatze = ["quantumnas_zz_ry"]
observables = ["Z"]
[training]
learning_rate = 0.1
steps = 12
validate_every = 2
batch_sizes = [32]
[ladder]
rungs = 1
reduction_factor = 2
[refit]
top = 2
seeds = 2
steps_factor = 1.5
"""


@pytest.fixture(scope="session")
def layered() -> SearchSpace:
    """A quick space that every circuit generator can work with."""
    return SearchSpace.from_toml(LAYERED, "layered")


@pytest.fixture(scope="session")
def layered_objective(features: Features, layered: SearchSpace, device: Device) -> Objective:
    return Objective.of(features, layered, device, 0)

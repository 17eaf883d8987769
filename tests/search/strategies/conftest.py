"""Small versions of the strategies that make circuits, and briefs for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import optuna
import pytest

from qcsearch.devices.device import Device
from qcsearch.devices.providers import get_device
from qcsearch.search.objective import Objective
from qcsearch.search.strategies import Brief

MakeBrief = Callable[..., Brief]


@pytest.fixture(scope="session")
def torino() -> Device:
    return get_device("fake_torino")


@pytest.fixture(scope="session")
def brief(objective: Objective) -> MakeBrief:
    """`brief(seed=1, until=None, on=objective, params={"n_layers": 2})`: what is not said is drawn with seed 0."""

    def make(
        *,
        seed: int = 0,
        until: float | None = None,
        on: Objective = objective,
        params: Mapping[str, Any] | None = None,
    ) -> Brief:
        study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
        drawn = on.bound.draw(study.ask()) | dict(params or {})
        return Brief(on, drawn, on.bound.candidate(drawn), seed, until)

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return make

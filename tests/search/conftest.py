"""Small data, a small device and a quick space: a trial takes some hundredths of a second."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from qcsearch.data.dataset import Dataset
from qcsearch.data.sources.load import load_dataset
from qcsearch.devices.calibration.providers import get_device
from qcsearch.devices.device import Device
from qcsearch.search.run.result import SearchResult
from qcsearch.search.search import run_search
from qcsearch.search.settings import SearchSettings
from qcsearch.search.space.space import SearchSpace
from qcsearch.search.trial.features import Features
from qcsearch.search.trial.objective import Objective
from qcsearch.search.workers.pool import ForkServer

QUICK = """
description = "quick"
[preprocessing]
scalings = ["minmax", "standard"]
[circuit]
n_qubits = 2
n_layers = { min = 1, max = 3 }
regions = 2
encodings = ["reuploading", "angle"]
ansatze = ["hardware_efficient"]
observables = ["Z", "Z+ZZ"]
[training]
learning_rate = { min = 0.02, max = 0.3 }
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
[[start]]
encoding = "reuploading"
n_layers = 2
learning_rate = 0.1
"""


@pytest.fixture(scope="session")
def dataset() -> Dataset:
    return load_dataset("moons")


@pytest.fixture(scope="session")
def device() -> Device:
    return get_device("fake_manila")


@pytest.fixture(scope="session")
def quick() -> str:
    return QUICK


@pytest.fixture(scope="session")
def whole() -> str:
    """The quick space with no rungs: all its trials are trained to their end."""
    return QUICK.replace("rungs = 1", "rungs = 0")


@pytest.fixture(scope="session")
def space() -> SearchSpace:
    return SearchSpace.from_toml(QUICK, "quick")


@pytest.fixture(scope="session")
def features(dataset: Dataset) -> Features:
    return Features(dataset, 0)


@pytest.fixture(scope="session")
def objective(features: Features, space: SearchSpace, device: Device) -> Objective:
    return Objective.of(features, space, device, 0)


Search = Callable[..., SearchResult]


@pytest.fixture(scope="session")
def search(dataset: Dataset, device: Device, space: SearchSpace) -> Search:
    """`run_search` on the small things, any of them and every setting replaced by name; no baselines unless asked."""
    settings = {field.name for field in fields(SearchSettings)}

    def run(folder: Path, **changes: Any) -> SearchResult:
        given = {name: changes.pop(name) for name in settings & changes.keys()}
        asked = SearchSettings(**{"baselines": "none", **given})
        given = {"dataset": dataset, "device": device, "space": space, "settings": asked, "run": folder}
        return run_search(**{**given, **changes})

    return run


class Spare:
    """A fork server that did its imports while other tests ran; the next one begins as soon as it is taken."""

    def __init__(self) -> None:
        self._next = ForkServer()

    def take(self) -> ForkServer:
        taken, self._next = self._next, ForkServer()
        return taken

    def close(self) -> None:
        self._next.close()


@pytest.fixture(scope="session")
def spare() -> Iterator[Spare]:
    kept = Spare()
    yield kept
    kept.close()


@pytest.fixture(scope="session")
def finished(search: Search, tmp_path_factory: pytest.TempPathFactory) -> SearchResult:
    """One finished serial search that tests may read and must not change."""
    return search(tmp_path_factory.mktemp("finished") / "run", n_trials=8)


@pytest.fixture(scope="session")
def drawn(search: Search, whole: str, tmp_path_factory: pytest.TempPathFactory) -> SearchResult:
    """The same of random candidates, all of them kept."""
    space = SearchSpace.from_toml(whole, "whole")
    return search(tmp_path_factory.mktemp("drawn") / "run", n_trials=8, space=space, strategy="random")

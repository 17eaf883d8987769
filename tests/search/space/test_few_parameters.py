"""The presets that count what is trained."""

from __future__ import annotations

from typing import Any

import pytest

from qcsearch.candidate.candidate import Candidate
from qcsearch.data.targets import Classes
from qcsearch.devices.calibration.providers import get_device
from qcsearch.devices.device import Device
from qcsearch.search.space.bound import BoundSpace
from qcsearch.search.space.context import SearchContext
from qcsearch.search.space.space import load_space
from qcsearch.training.parameters import ParameterCounts
from qcsearch.training.transpiled import transpile_candidate

TARGET = Classes(tuple(range(4)))
TRAINED_MAPS = {"lda", "tsne", "autoencoder"}


@pytest.fixture(scope="module")
def torino() -> Device:
    return get_device("fake_torino")


def bound(name: str, device: Device) -> BoundSpace:
    return load_space(name).bind(SearchContext(device, n_features=16, target=TARGET))


def whole(space: BoundSpace, start: dict[str, Any]) -> dict[str, Any]:
    """A start point with the first of what it leaves open."""
    return {name: next(iter(values)) for name, values in space.parameters.choices.items()} | {
        **{name: one.min for name, one in space.parameters.ints.items()},
        **{name: one.min for name, one in space.parameters.logs.items()},
        **space.parameters.start(start),
    }


def counts(candidate: Candidate, device: Device) -> ParameterCounts:
    n_features = int(candidate.preprocessing.reduction.settings.get("n_components", 16))
    return transpile_candidate(candidate, device, n_features).counts(TARGET)


@pytest.mark.parametrize("name", ["lean", "pure"])
def test_no_reduction_is_trained(name: str) -> None:
    reductions = {one.name for one in load_space(name).file.preprocessing.reductions}
    assert reductions.isdisjoint(TRAINED_MAPS)


def test_the_start_points_of_lean_keep_the_budgets(torino: Device) -> None:
    space = bound("lean", torino)
    starts = [whole(space, point) for point in load_space("lean").file.start]
    assert [counts(space.candidate(start), torino).total for start in starts] == [72, 40, 40, 36, 24, 16]


def test_nothing_but_angles_of_the_circuit_is_trained_in_pure(torino: Device) -> None:
    space = bound("pure", torino)
    first = {**whole(space, load_space("pure").file.start[1]), "n_layers": 2}
    for key in ("encoding", "ansatz", "observables", "head"):
        for alternative in space.parameters.choices[key]:
            found = counts(space.candidate({**first, key: alternative}), torino)
            assert found.circuit > 0
            assert (found.feature_map, found.head, found.input_layer) == (0, 0, 0)
    limits = load_space("pure").file.constraints  # what a strategy adds keeps them too
    assert (limits.max_feature_map_parameters, limits.max_head_parameters) == (0, 0)
    assert limits.max_input_layer_parameters == 0

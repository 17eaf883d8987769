from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from qcsearch.candidate.candidate import Candidate
from qcsearch.circuits.lowering import lower
from qcsearch.devices.calibration.providers import get_device
from qcsearch.devices.calibration.synthetic import drifted
from qcsearch.devices.calibration.validation import device_from_json
from qcsearch.devices.device import Device
from qcsearch.devices.selection.regions import topology
from qcsearch.search.space.space import SearchSpace
from qcsearch.search.study.remap import layouts, remap
from qcsearch.search.trial.features import Features
from qcsearch.search.trial.objective import Objective
from qcsearch.search.trial.warm_start import WarmStart
from qcsearch.training.single import accuracy
from qcsearch.training.transpiled import transpile_candidate

LINE = Candidate.from_json(
    {
        "encoding": {"name": "angle"},
        "ansatz": {"name": "hardware_efficient", "settings": {"n_layers": 2}},
        "qubits": [0, 1, 2],
        "observables": ["Z0", "Z2"],
        "training": {"steps": 8, "validate_every": 4, "batch_size": 32},
    }
)


@pytest.fixture
def warm_start(objective: Objective, device: Device) -> WarmStart:
    record = objective(4, LINE, {"n_layers": 2})
    return WarmStart.of(record, device, "runs/moons")


def on(device: Device, features: Features, space: SearchSpace) -> Objective:
    return Objective.of(features, space, device, 0)


def test_a_warm_start_makes_the_trip_through_json(warm_start: WarmStart) -> None:
    assert warm_start.source == "trial 4 of runs/moons"
    assert warm_start.couplings == ((0, 1), (1, 2))
    assert WarmStart.from_json(warm_start.to_json()) == warm_start


def test_on_another_device_the_circuit_and_its_weights_stay_and_the_qubits_are_coupled_alike(
    warm_start: WarmStart, features: Features, space: SearchSpace
) -> None:
    torino = get_device("fake_torino")
    proposal = remap(warm_start, on(torino, features, space))
    moved = proposal.candidate
    assert topology(torino, moved.qubits) == warm_start.shape
    assert replace(moved, qubits=LINE.qubits) == LINE
    assert proposal.start == warm_start.start
    assert lower(moved, topology(torino, moved.qubits), 2) == lower(LINE, warm_start.shape, 2)


def test_on_another_day_the_qubits_it_has_are_among_the_places(
    warm_start: WarmStart, device: Device, features: Features, space: SearchSpace
) -> None:
    objective = on(drifted(device, 0.2, 1), features, space)
    found = list(layouts(LINE, warm_start.shape, objective))
    assert found[0].qubits == LINE.qubits
    assert len({candidate.qubits for candidate in found}) == len(found) >= 2


def test_qubits_that_cannot_be_used_any_more_are_left(
    warm_start: WarmStart, features: Features, space: SearchSpace
) -> None:
    lagos = get_device("fake_lagos")
    blind = tuple(replace(q, p10=0.5, p01=0.5) if i == 1 else q for i, q in enumerate(lagos.qubits))
    left = device_from_json({**replace(lagos, qubits=blind).to_json(), "notices": []})
    assert {1}.isdisjoint(remap(warm_start, on(left, features, space)).candidate.qubits)


def test_of_all_places_the_one_is_taken_where_the_weights_validate_best(
    warm_start: WarmStart, features: Features, space: SearchSpace
) -> None:
    lagos, otherwise = get_device("fake_lagos"), 0
    for seed in range(4):
        objective = on(drifted(lagos, 1.5, seed), features, space)
        data = features.prepare(LINE.preprocessing).data
        worth = {}
        for option in layouts(LINE, warm_start.shape, objective):
            transpiled = transpile_candidate(option, objective.device, 2)
            validation = accuracy(transpiled, warm_start.start, data.validation, data.target)
            worth[option.qubits] = (validation, transpiled.mapped.estimated_success_probability)
        chosen = remap(warm_start, objective).candidate.qubits
        assert worth[chosen] == max(worth.values())
        otherwise += worth[chosen][1] < max(success for _, success in worth.values())
    assert otherwise > 0  # or estimated success probability alone would do


def test_where_no_qubits_are_coupled_alike_the_circuit_is_written_anew(
    features: Features, space: SearchSpace, device: Device
) -> None:
    lagos = get_device("fake_lagos")
    star = replace(LINE, qubits=(0, 1, 2, 3))
    record = on(lagos, features, space)(0, star, {})
    warm_start = WarmStart.of(record, lagos, "there")
    assert warm_start.couplings == ((0, 1), (1, 2), (1, 3))
    proposal = remap(warm_start, on(device, features, space))
    assert len(topology(device, proposal.candidate.qubits).edges) == 3
    # A line of four has as many couplings as a star: as many weights.
    np.testing.assert_array_equal(proposal.start.weights, warm_start.start.weights)


def test_a_candidate_that_fits_nowhere_comes_back_and_is_refused_with_a_reason(
    warm_start: WarmStart, features: Features, space: SearchSpace, device: Device
) -> None:
    wide = WarmStart("there", candidate=replace(LINE, qubits=tuple(range(7))), couplings=((0, 1),))
    objective = on(device, features, space)
    proposal = remap(wide, objective)
    assert proposal.candidate == wide.candidate
    record = objective(0, proposal.candidate, {})
    assert record.outcome.kind == "infeasible"
    assert record.outcome.constraint == "buildable"

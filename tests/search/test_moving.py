from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from qcsearch.circuits.build import lower
from qcsearch.circuits.candidate import Candidate
from qcsearch.devices.device import Device
from qcsearch.devices.providers import get_device
from qcsearch.devices.regions import topology
from qcsearch.devices.synthetic import drifted
from qcsearch.search.features import Features
from qcsearch.search.moving import grow, places
from qcsearch.search.objective import Objective
from qcsearch.search.planted import Planted
from qcsearch.search.refit import Refitted
from qcsearch.search.space import SearchSpace
from qcsearch.training.assembly import assemble
from qcsearch.training.train import accuracy

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
def planted(objective: Objective, device: Device) -> Planted:
    record = objective(4, LINE, {"n_layers": 2})
    return Planted.of(record, device, "runs/moons")


def on(device: Device, features: Features, space: SearchSpace) -> Objective:
    return Objective.of(features, space, device, 0)


def test_a_planted_candidate_makes_the_trip_through_json(planted: Planted) -> None:
    assert planted.source == "trial 4 of runs/moons"
    assert planted.couplings == ((0, 1), (1, 2))
    assert Planted.from_json(planted.to_json()) == planted


def test_on_another_device_the_circuit_and_its_weights_stay_and_the_qubits_are_coupled_alike(
    planted: Planted, features: Features, space: SearchSpace
) -> None:
    torino = get_device("fake_torino")
    proposal = grow(planted, on(torino, features, space))
    moved = proposal.candidate
    assert topology(torino, moved.qubits) == planted.shape
    assert replace(moved, qubits=LINE.qubits) == LINE
    assert proposal.weights0 is not None
    assert tuple(proposal.weights0) == planted.weights
    assert proposal.head0 is not None
    assert tuple(proposal.head0) == planted.head_parameters
    assert lower(moved, topology(torino, moved.qubits), 2) == lower(LINE, planted.shape, 2)


def test_on_another_day_the_qubits_it_has_are_among_the_places(
    planted: Planted, device: Device, features: Features, space: SearchSpace
) -> None:
    objective = on(drifted(device, 0.2, 1), features, space)
    found = list(places(LINE, planted.shape, objective))
    assert found[0].qubits == LINE.qubits
    assert len({candidate.qubits for candidate in found}) == len(found) >= 2


def test_qubits_that_cannot_be_used_any_more_are_left(
    planted: Planted, features: Features, space: SearchSpace
) -> None:
    lagos = get_device("fake_lagos")
    blind = tuple(replace(q, p10=0.5, p01=0.5) if i == 1 else q for i, q in enumerate(lagos.qubits))
    left = Device.from_json({**replace(lagos, qubits=blind).to_json(), "notices": []})
    assert {1}.isdisjoint(grow(planted, on(left, features, space)).candidate.qubits)


def test_of_all_places_the_one_is_taken_where_the_weights_validate_best(
    planted: Planted, features: Features, space: SearchSpace
) -> None:
    lagos, otherwise = get_device("fake_lagos"), 0
    for seed in range(4):
        objective = on(drifted(lagos, 1.5, seed), features, space)
        data = features.prepare(LINE.preprocessing)
        start = Refitted(np.array(planted.weights), np.array(planted.head_parameters), 0.0, 0)
        worth = {}
        for option in places(LINE, planted.shape, objective):
            assembly = assemble(option, objective.device, 2)
            validation = accuracy(assembly, start, data.Z_val, data.y_val, 2)
            worth[option.qubits] = (validation, assembly.mapped.predicted_success)
        chosen = grow(planted, objective).candidate.qubits
        assert worth[chosen] == max(worth.values())
        otherwise += worth[chosen][1] < max(success for _, success in worth.values())
    assert otherwise > 0  # or predicted success alone would do


def test_where_no_qubits_are_coupled_alike_the_circuit_is_written_anew(
    features: Features, space: SearchSpace, device: Device
) -> None:
    lagos = get_device("fake_lagos")
    star = replace(LINE, qubits=(0, 1, 2, 3))
    record = on(lagos, features, space)(0, star, {})
    planted = Planted.of(record, lagos, "there")
    assert planted.couplings == ((0, 1), (1, 2), (1, 3))
    proposal = grow(planted, on(device, features, space))
    assert len(topology(device, proposal.candidate.qubits).edges) == 3
    assert proposal.weights0 is not None  # a line of four has as many couplings as a star: as many weights
    np.testing.assert_array_equal(proposal.weights0, planted.weights)


def test_a_candidate_that_fits_nowhere_comes_back_and_is_refused_with_a_reason(
    planted: Planted, features: Features, space: SearchSpace, device: Device
) -> None:
    wide = Planted("there", candidate=replace(LINE, qubits=tuple(range(7))), couplings=((0, 1),))
    objective = on(device, features, space)
    proposal = grow(wide, objective)
    assert proposal.candidate == wide.candidate
    record = objective(0, proposal.candidate, {})
    assert record.outcome.kind == "infeasible"
    assert record.outcome.constraint == "buildable"

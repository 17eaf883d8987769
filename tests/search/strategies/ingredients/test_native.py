from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from scipy.special import softmax

from qcsearch.candidate.candidate import Candidate
from qcsearch.candidate.choice import Choice
from qcsearch.candidate.gate import Angle, Gate
from qcsearch.devices.coupling import components
from qcsearch.devices.device import Device
from qcsearch.errors import DeviceError
from qcsearch.search.strategies.ingredients.native import (
    NativeGates,
    choose_measured,
    draw_gates,
    draw_regions,
    embed,
)
from qcsearch.training.transpiled import transpile_candidate


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


# --- region ------------------------------------------------------------------------------------------------


def test_regions_are_connected_usable_different_and_scaled(torino: Device) -> None:
    regions, qualities = draw_regions(torino, 4, 2, 60, rng())
    assert len(set(regions)) == len(regions) > 20
    for region in regions:
        inside = set(region)
        assert len(inside) == 4
        assert inside <= set(torino.usable_qubits)
        assert len(components(inside, [e for e in torino.edges if inside.issuperset(e)])) == 1
    assert (qualities.min(), qualities.max()) == (0.0, 1.0)


def test_quality_is_success_times_readout_times_coherence_over_duration(device: Device) -> None:
    """All groups of two qubits of a line of five, each figure taken from the calibration by hand."""
    regions, qualities = draw_regions(device, 2, 1, 200, rng())
    assert sorted(regions) == [(0, 1), (1, 2), (2, 3), (3, 4)]
    plain = []
    for region in regions:
        a, b = (device.qubits[q] for q in region)
        gates = [g for g in device.gates if set(g.qubits) == set(region)]
        gate = min(gates, key=lambda g: g.error)
        readout = 1 - min(a.readout_error, b.readout_error)
        coherence = (a.t1 + a.t2 + b.t1 + b.t2) / 4 / gate.duration
        plain.append((1 - gate.error) * readout * coherence)
    expected = (np.array(plain) - min(plain)) / (max(plain) - min(plain))
    np.testing.assert_allclose(qualities, expected, atol=1e-12)


def test_more_connected_qubits_than_there_are_is_an_error(device: Device) -> None:
    with pytest.raises(DeviceError, match="must have 6 connected usable qubits"):
        draw_regions(device, 6, 1, 5, rng())


def test_a_qubit_with_better_readout_is_measured_more_often_and_none_twice(device: Device) -> None:
    success = np.array([1 - device.qubits[q].readout_error for q in (1, 2, 3)])
    generator = rng()
    drawn = [choose_measured(device, (1, 2, 3), 1, 0.05, generator)[0] for _ in range(4000)]
    np.testing.assert_allclose(np.bincount(drawn) / 4000, softmax(success / 0.05), atol=0.03)
    assert choose_measured(device, (1, 2, 3), 3, 0.05, generator) == (0, 1, 2)


# --- gates -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(8))
def test_a_circuit_keeps_the_rules(torino: Device, seed: int) -> None:
    generator = rng(seed)
    qubits = draw_regions(torino, 4, 2, 1, generator)[0][0]
    native = NativeGates.of(torino, qubits)
    gates = draw_gates(native, 4, 20, 30, 0.5, generator)
    assert len(gates[0].qubits) == 1
    assert [g.angle.weight for g in gates if g.angle is not None] == list(range(20))
    pairs = [g for g in gates if len(g.qubits) == 2]
    assert len(pairs) <= 30
    for gate in pairs:
        physical = tuple(qubits[q] for q in gate.qubits)
        assert any(g.name == gate.name for g in torino.gates_on[physical])
    for q in range(4):
        names = [g.name for g in gates if q in g.qubits]
        assert not any(a == b for a, b in pairwise(names) if a != "cz")


@pytest.mark.parametrize("name", ["torino", "device"])
def test_a_drawn_circuit_is_native_so_that_mapping_adds_no_two_qubit_gate(
    request: pytest.FixtureRequest, name: str
) -> None:
    device: Device = request.getfixturevalue(name)
    generator = rng(3)
    qubits = draw_regions(device, 4, 2, 1, generator)[0][0]
    gates = embed(draw_gates(NativeGates.of(device, qubits), 4, 16, 20, 0.5, generator), 4, generator)
    pairs = sum(len(gate.qubits) == 2 for gate in gates)
    assert pairs > 3
    ansatz = Choice("gates", {"gates": [gate.to_json() for gate in gates]})
    mapped = transpile_candidate(Candidate(Choice("none"), ansatz, qubits, ("Z0",)), device, 4).mapped
    assert mapped.two_qubit_gates <= pairs


def test_gates_are_spread_over_the_qubits(device: Device) -> None:
    """The fewer gates a qubit has, the likelier it gets the next: no qubit stays far behind."""
    native = NativeGates.of(device, (0, 1, 2, 3))
    for seed in range(5):
        gates = draw_gates(native, 4, 40, 40, 0.5, rng(seed))
        load = [sum(q in gate.qubits for gate in gates) for q in range(4)]
        assert max(load) - min(load) < 0.5 * max(load)


def test_dead_couplings_are_left_out_and_a_region_without_any_has_single_gates(device: Device) -> None:
    poor = tuple(replace(g, error=0.45 if set(g.qubits) == {0, 1} else g.error) for g in device.gates)
    assert len(NativeGates.of(replace(device, gates=poor), (0, 1, 2)).pairs) == 2
    gates = draw_gates(NativeGates.of(device, (0,)), 1, 6, 10, 0.5, rng())
    assert {g.qubits for g in gates} == {(0,)}


def test_no_two_qubit_gates_where_none_are_allowed(device: Device) -> None:
    gates = draw_gates(NativeGates.of(device, (0, 1, 2)), 3, 9, 0, 0.5, rng())
    assert all(len(gate.qubits) == 1 for gate in gates)


def test_data_gates_come_in_the_order_of_the_features_and_weights_are_numbered_anew() -> None:
    gates = [Gate("rx", (0,), Angle(weight=0)), Gate("cx", (0, 1))]
    gates += [Gate("ry", (q,), Angle(weight=q + 1)) for q in (0, 1)] + [Gate("rz", (0,), Angle(weight=3))]
    found = embed(gates, 2, rng())
    assert [(g.name, g.qubits) for g in found] == [(g.name, g.qubits) for g in gates]
    angles = [gate.angle for gate in found if gate.angle is not None]
    assert [a.feature for a in angles if a.feature is not None] == [0, 1]
    assert [a.weight for a in angles if a.weight is not None] == [0, 1]
    chosen = {
        tuple(g.angle.feature is not None for g in embed(gates, 2, rng(s)) if g.angle) for s in range(40)
    }
    assert len(chosen) == 6

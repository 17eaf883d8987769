from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.circuit.library import CXGate, U1Gate, U2Gate, U3Gate, XXPlusYYGate
from qiskit.quantum_info import Operator

from qcsearch.devices.calibration.providers import get_device
from qcsearch.devices.selection.regions import best_regions
from qcsearch.devices.transpile.mapping import map_circuit
from qcsearch.errors import CircuitError
from qcsearch.search.predictors.replicas import CLIFFORDS, Replicas, replicas

DEVICES = ("fake_lagos", "fake_brisbane", "fake_torino", "fake_fractional", "fake_boeblingen")
"""Bases cx, ecr, cz, rx + rzz, and u1 u2 u3."""


def mapped(name: str) -> QuantumCircuit:
    device = get_device(name)
    circuit = QuantumCircuit(3)
    for layer in range(3):
        for q in range(3):
            circuit.ry(Parameter(f"a{layer}{q}"), q)
            circuit.rz(0.3 * layer, q)
        circuit.cx(0, 1)
        circuit.cx(1, 2)
    return map_circuit(circuit, device, best_regions(device, 3)[0].qubits).circuit


def bound(found: Replicas, choices: np.ndarray) -> QuantumCircuit:
    return found.circuit.assign_parameters(
        dict(zip(found.features, found.angles(choices[None])[0], strict=True))
    )


def by_hand(circuit: QuantumCircuit, choices: np.ndarray) -> QuantumCircuit:
    """The drawn gate at the first gate of each run, nothing at its others."""
    result, busy, drawn = QuantumCircuit(circuit.num_qubits), set(), iter(choices)
    for instruction in circuit.data:
        qubits = [circuit.find_bit(q).index for q in instruction.qubits]
        if len(qubits) == 2:
            busy -= set(qubits)
            result.append(CXGate() if instruction.name == "cz" else instruction.operation, qubits)
        elif qubits[0] not in busy:
            busy |= set(qubits)
            result.append(CLIFFORDS[next(drawn)](), qubits)
    assert next(drawn, None) is None
    return result


@pytest.mark.parametrize("name", DEVICES)
def test_a_replica_does_the_drawn_gates_and_runs_the_gates_of_the_circuit(name: str) -> None:
    circuit = mapped(name)
    found = replicas(circuit)
    for choices in found.draw(5, np.random.default_rng(0)):
        replica = bound(found, choices)
        assert Operator(replica).equiv(Operator(by_hand(circuit, choices)))
        native = [i for i in replica.data if i.label is None]
        assert Counter(i.name for i in native) == Counter(i.name for i in circuit.data)


def test_gates_without_error_are_left_out_and_the_replica_does_the_same() -> None:
    circuit = mapped("fake_torino")
    whole, lean = replicas(circuit), replicas(circuit, {"sx", "x", "cz"})
    choices = whole.draw(1, np.random.default_rng(0))[0]
    assert Operator(bound(lean, choices)).equiv(Operator(bound(whole, choices)))
    names = Counter(i.name for i in lean.circuit.data)
    assert "rz" not in names
    assert names["sx"] == Counter(i.name for i in circuit.data)["sx"]


def test_every_gate_is_drawn_about_as_often() -> None:
    found = replicas(mapped("fake_torino"))
    counts = np.bincount(found.draw(1000, np.random.default_rng(0)).ravel(), minlength=5)
    assert counts / counts.sum() == pytest.approx([0.2] * 5, abs=0.02)


def test_a_turn_of_two_qubits_runs_at_the_angle_that_makes_it_a_clifford_gate() -> None:
    circuit = QuantumCircuit(2)
    circuit.rzz(0.3, 0, 1)
    expected = QuantumCircuit(2)
    expected.rzz(np.pi / 2, 0, 1)
    found = replicas(circuit)
    assert found.n_places == 0
    assert Operator(found.circuit).equiv(Operator(expected))


def test_old_bases_are_read_by_what_their_gates_do_without_angles() -> None:
    circuit = QuantumCircuit(1)
    for gate in (U1Gate(0.4), U2Gate(0.1, 0.2), U3Gate(1, 2, 3)):
        circuit.append(gate, [0])
    found = replicas(circuit)
    for number, gate in enumerate(CLIFFORDS):
        assert Operator(bound(found, np.array([number]))).equiv(gate())


def test_a_gate_that_is_no_clifford_at_any_known_angle_is_named() -> None:
    circuit = QuantumCircuit(2)
    circuit.append(XXPlusYYGate(0.3), [0, 1])
    with pytest.raises(CircuitError, match="xx_plus_yy"):
        replicas(circuit)

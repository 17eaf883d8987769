"""Angles of rzz folded into what the hardware runs: the same unitary, the same numbers."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter, ParameterVector
from qiskit.quantum_info import Operator, SparsePauliOp

from qcsearch.data.sources import load_dataset
from qcsearch.data.split import split
from qcsearch.deployment.deploy import deploy
from qcsearch.deployment.executors.base import Pub
from qcsearch.deployment.executors.folding import folded
from qcsearch.deployment.executors.opening import open_executor
from qcsearch.training.train import train

CANDIDATE = {
    "encoding": {"name": "angle"},
    "ansatz": {"name": "hardware_efficient", "settings": {"n_layers": 2, "entangler": "rzz"}},
    "qubits": [0, 1],
    "observables": ["Z0", "Z1"],
    "training": {"steps": 40},
}


def mixed(angles):
    """rzz of numbers in all quadrants, and of two parameters, between turns that make them matter."""
    circuit, w, x = QuantumCircuit(2), Parameter("w"), ParameterVector("x", 1)
    for q in range(2):
        circuit.rx(0.4 + q, q)
    for angle in angles:
        circuit.rzz(angle, 0, 1)
        circuit.rx(0.7, 0)
    circuit.rzz(2 * w * x[0] + 0.3, 0, 1)
    circuit.rx(0.2, 1)
    circuit.rzz(-w, 1, 0)
    return circuit


@pytest.mark.parametrize("observed", [False, True])
def test_every_angle_is_in_range_and_the_unitary_is_the_same(observed):
    circuit = mixed([-2.9, -0.4, 0.4, 2.0, 5.0, 11.0])
    table = np.random.default_rng(0).uniform(-7, 7, (20, 2))
    observables = (SparsePauliOp("ZZ"), SparsePauliOp("XI")) if observed else ()
    measured = circuit.copy()
    if not observed:
        measured.measure_all()
    (found,) = folded([Pub(measured, table, observables)])
    assert found.observables == observables
    plain = found.circuit.remove_final_measurements(inplace=False)
    for before, after in zip(table, found.parameters, strict=True):
        bound = plain.assign_parameters(after)
        angles = [float(x.operation.params[0]) for x in bound.data if x.operation.name == "rzz"]
        assert len(angles) == 8
        assert min(angles) >= 0
        assert max(angles) <= np.pi / 2 + 1e-9
        assert Operator(bound).equiv(Operator(circuit.assign_parameters(before)))


def test_circuits_without_rzz_are_left_alone():
    circuit = QuantumCircuit(1, 1)
    circuit.rx(Parameter("w"), 0)
    circuit.measure(0, 0)
    pub = Pub(circuit, np.array([[9.0]]))
    assert folded([pub]) == [pub]


def test_a_recorded_backend_runs_any_angle():
    circuit = QuantumCircuit(5, 1)
    circuit.rx(np.pi / 2, 0)
    circuit.rzz(Parameter("t"), 0, 1)
    circuit.rx(-np.pi / 2, 0)
    circuit.measure(0, 0)
    angles = np.array([-7.0, -2.0, 0.5, 3.0])
    found = open_executor("local:fake_fractional", seed=1).run([Pub(circuit, angles[:, None])], 4000)[0]
    ones = found.to_bool_array()[:, :, 0].mean(axis=1)
    assert np.abs(ones - (1 - np.cos(angles)) / 2).max() < 0.08


@pytest.mark.slow
def test_a_model_with_trained_rzz_is_deployed_as_it_was_predicted():
    iris = split(load_dataset("iris"), seed=0)
    model = train(CANDIDATE, iris.train.X, iris.train.y, device="fake_fractional")
    assert model.assembly.mapped.circuit.count_ops()["rzz"] == model.two_qubit_gates
    found = deploy(model, iris, "local:fake_fractional", steps=1, shots=4096)
    assert found.truth.holds
    assert abs(found.deployed.accuracy - found.noisy.accuracy) <= 0.04

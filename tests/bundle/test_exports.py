from __future__ import annotations

import io

import numpy as np
import pytest
from qiskit import qasm3, qpy
from qiskit.quantum_info import Statevector

from qcsearch.bundle.exports import export_circuits, trained_circuit


def expectations(model, circuit):
    state = Statevector(circuit)
    return [state.expectation_value(operator).real for operator in model.transpiled.observables]


def test_the_openqasm_export_reads_back_as_the_model_at_that_sample(model, flowers):
    sample = flowers[0][60]
    text = export_circuits(model, sample)["circuit.qasm"].decode()
    assert text.startswith("OPENQASM 3.0;\n// Written by qcsearch for fake_manila: q[0] is $3, q[1] is $1")
    circuit = qasm3.loads(text)
    wanted = model.expectations(sample[None, :], noise=False)[0]
    assert expectations(model, circuit) == pytest.approx(wanted, abs=1e-9)


def test_without_a_sample_the_features_lie_in_the_middle_of_their_range(model):
    circuit = qasm3.loads(export_circuits(model)["circuit.qasm"].decode())
    middle = model.transpiled.derive(np.zeros((1, model.transpiled.n_features)))
    wanted = model.transpiled.compile(noise=False).values(middle, model.parameters.weights)[0]
    assert expectations(model, circuit) == pytest.approx(wanted, abs=1e-9)


def test_the_export_with_inputs_reads_back_and_gives_the_model_at_any_sample(model, flowers):
    text = export_circuits(model, flowers[0][0])["circuit_inputs.qasm"].decode()
    assert "input float[64] x0;" in text
    circuit = qasm3.loads(text)
    assert {parameter.name for parameter in circuit.parameters} <= {"x0", "x1", "x2"}
    for sample in flowers[0][[0, 60, 120]]:
        values = model.features(sample[None, :])[0]
        bound = circuit.assign_parameters({p: values[int(p.name[1:])] for p in circuit.parameters})
        wanted = model.expectations(sample[None, :], noise=False)[0]
        assert expectations(model, bound) == pytest.approx(wanted, abs=1e-9)


def test_the_head_of_a_file_names_its_sample(model, flowers):
    named = export_circuits(model, flowers[0][3], "sample 3 of the test split")["circuit.qasm"].decode()
    assert "// Features are those of sample 3 of the test split, in radians: x[0] = " in named
    assert "a sample in the middle of the range" in export_circuits(model)["circuit.qasm"].decode()


def test_the_qpy_export_reads_back_with_its_features_free(model, flowers):
    (circuit,) = qpy.load(io.BytesIO(export_circuits(model)["circuit.qpy"]))
    assert circuit.num_qubits == 3
    assert {parameter.name for parameter in circuit.parameters} <= {f"x[{i}]" for i in range(3)}
    for sample in flowers[0][[0, 60, 120]]:
        values = model.features(sample[None, :])[0]
        bound = circuit.assign_parameters({p: values[p.index] for p in circuit.parameters})
        wanted = model.expectations(sample[None, :], noise=False)[0]
        assert expectations(model, bound) == pytest.approx(wanted, abs=1e-9)


def test_the_export_is_in_the_gates_of_the_device(model):
    assert set(trained_circuit(model).count_ops()) <= {"rz", "sx", "x", "cx"}

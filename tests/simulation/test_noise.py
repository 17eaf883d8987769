"""Errors of an Aer noise model become the channels that Aer applies."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit.library import CXGate, XGate
from qiskit.quantum_info import Kraus, SparsePauliOp, SuperOp
from qiskit_aer.noise import (
    NoiseModel,
    QuantumError,
    ReadoutError,
    RelaxationNoisePass,
    amplitude_damping_error,
    coherent_unitary_error,
    depolarizing_error,
    pauli_error,
    phase_amplitude_damping_error,
    reset_error,
    thermal_relaxation_error,
)
from qiskit_aer.noise.passes import LocalNoisePass

from qcsearch.errors import CircuitError
from qcsearch.simulation import compile_circuit, ptm
from qcsearch.simulation.noise import error_channel

_DAMPING = amplitude_damping_error(0.1, excited_state_population=0.2)
_RELAXATION = thermal_relaxation_error(50e-6, 70e-6, 1e-6)
_SHORT_T2 = thermal_relaxation_error(50e-6, 30e-6, 1e-6, excited_state_population=0.1)
_ZZ = coherent_unitary_error(np.diag(np.exp([0.1j, -0.1j, -0.1j, 0.1j])))

ONE_QUBIT = {
    "pauli": pauli_error([("X", 0.1), ("Y", 0.05), ("I", 0.85)]),
    "depolarising": depolarizing_error(0.1, 1),
    "Kraus": _DAMPING,
    "phase and amplitude": phase_amplitude_damping_error(0.1, 0.2),
    "reset": reset_error(0.1, 0.2),
    "T2 above T1": _RELAXATION,
    "T2 below T1": _SHORT_T2,
    "composed": depolarizing_error(0.05, 1).compose(_RELAXATION).compose(_DAMPING),
    "coherent": coherent_unitary_error(XGate().power(0.1).to_matrix()),
}
TWO_QUBITS = {
    "depolarising": depolarizing_error(0.1, 2),
    "product": _RELAXATION.expand(_SHORT_T2),
    "device": depolarizing_error(0.02, 2).compose(_SHORT_T2.expand(_SHORT_T2)),
    "correlated": pauli_error([("XZ", 0.1), ("II", 0.9)]),
    "coherent": _ZZ,
    "two-qubit Kraus": QuantumError(Kraus([np.sqrt(0.9) * np.eye(4), np.sqrt(0.1) * CXGate().to_matrix()])),
    "coherent after Kraus": _DAMPING.expand(_DAMPING).compose(_ZZ),
}


def _model(error, gate, readout=None) -> NoiseModel:
    model = NoiseModel()
    model.add_all_qubit_quantum_error(error, gate)
    if readout is not None:
        model.add_all_qubit_readout_error(readout)
    return model


@pytest.mark.parametrize("name", ONE_QUBIT)
def test_one_qubit_errors_are_those_of_qiskit_and_aer(name, referee):
    error = ONE_QUBIT[name]
    matrix, kept = error_channel(error)
    np.testing.assert_allclose(matrix * kept, ptm.from_superoperator(SuperOp(error).data), atol=1e-9)
    circuit = QuantumCircuit(1)
    circuit.sx(0)
    circuit.rz(0.4, 0)
    circuit.sx(0)
    _agree(circuit, _model(error, "sx"), ["X", "Y", "Z"], referee)


@pytest.mark.parametrize("name", TWO_QUBITS)
def test_two_qubit_errors_are_those_of_qiskit_and_aer_in_both_directions(name, referee):
    error = TWO_QUBITS[name]
    matrix, kept = error_channel(error)
    np.testing.assert_allclose(matrix * kept, ptm.from_superoperator(SuperOp(error).data), atol=1e-8)
    circuit = QuantumCircuit(3)
    for q in range(3):
        circuit.u(0.3 + q, 0.2 * q, 0.5, q)
    circuit.cx(0, 1)
    circuit.cx(2, 0)
    circuit.cx(1, 2)
    circuit.cx(1, 0)
    labels = ["ZZZ", "XIY", "IZX", "YYI", "IIX"]
    _agree(circuit, _model(error, "cx", ReadoutError([[0.97, 0.03], [0.08, 0.92]])), labels, referee)


def _agree(circuit, model, labels, referee) -> None:
    observables = [SparsePauliOp(label) for label in labels]
    values = compile_circuit(circuit, model, observables, [], []).values(np.zeros((1, 0)), np.zeros(0))
    np.testing.assert_allclose(values, referee(circuit, model, observables), rtol=0, atol=1e-11)


def test_an_error_of_the_qubits_goes_before_that_of_all_qubits(referee):
    model = _model(depolarizing_error(0.2, 1), "x")
    model.add_quantum_error(_DAMPING, "x", [1], warnings=False)
    circuit = QuantumCircuit(2)
    circuit.x(0)
    circuit.x(1)
    _agree(circuit, model, ["IZ", "ZI", "ZZ"], referee)


def test_an_error_is_found_by_the_label_of_a_gate(referee):
    model = _model(depolarizing_error(0.2, 1), "loud")
    circuit = QuantumCircuit(2)
    circuit.append(XGate(label="loud"), [0])
    circuit.x(1)
    _agree(circuit, model, ["IZ", "ZI"], referee)


def test_a_noise_model_that_is_changed_later_gives_new_numbers(referee):
    model = _model(depolarizing_error(0.2, 1), "x")
    circuit = QuantumCircuit(1)
    circuit.x(0)
    _agree(circuit, model, ["Z"], referee)
    model.add_all_qubit_quantum_error(_DAMPING, "x", warnings=False)
    _agree(circuit, _fresh(model), ["Z"], referee)
    _agree(circuit, model, ["Z"], lambda *parts: referee(circuit, _fresh(model), parts[2]))


def _fresh(model: NoiseModel) -> NoiseModel:
    copy = NoiseModel()
    for name, error in model._default_quantum_errors.items():
        copy.add_all_qubit_quantum_error(error, name)
    return copy


def test_errors_on_identity_gates_are_applied(referee):
    circuit = QuantumCircuit(1)
    circuit.x(0)
    circuit.id(0)
    circuit.id(0)
    _agree(circuit, _model(_DAMPING, "id"), ["Z"], referee)


@pytest.mark.parametrize(("duration", "unit"), [(3000, "dt"), (2.5, "us"), (800, "ns"), (1e-6, "s")])
def test_delays_relax_for_their_length(duration, unit, referee):
    model = NoiseModel()
    from qiskit.circuit import Delay

    model._custom_noise_passes.append(
        RelaxationNoisePass([20e-6, 30e-6], [15e-6, 50e-6], dt=1e-9, op_types=Delay)
    )
    circuit = QuantumCircuit(2)
    circuit.ry(1.1, 0)
    circuit.ry(2.0, 1)
    circuit.delay(duration, 0, unit)
    circuit.delay(duration, 1, unit)
    _agree(circuit, model, ["IZ", "ZI", "IX", "XI"], referee)


def test_a_delay_in_dt_without_dt_is_refused():
    from qiskit.circuit import Delay

    model = NoiseModel()
    model._custom_noise_passes.append(RelaxationNoisePass([20e-6], [15e-6], op_types=Delay))
    circuit = QuantumCircuit(1)
    circuit.delay(100, 0, "dt")
    with pytest.raises(CircuitError, match="delay on qubit 0"):
        compile_circuit(circuit, model, [SparsePauliOp("Z")], [], [])


@pytest.mark.parametrize("method", ["prepend", "append", "replace"])
def test_other_noise_passes_are_run_as_aer_runs_them(method, referee):
    model = NoiseModel()
    model._custom_noise_passes.append(
        LocalNoisePass(lambda op, qubits: depolarizing_error(0.2, 1), XGate, method)
    )
    circuit = QuantumCircuit(1)
    circuit.rx(0.3, 0)
    circuit.x(0)
    circuit.rx(0.3, 0)
    circuit.delay(10, 0, "ns")
    _agree(circuit, model, ["Z", "Y"], referee)


def test_channels_in_the_circuit_are_applied(referee):
    circuit = QuantumCircuit(2)
    circuit.ry(1.0, 0)
    circuit.cx(0, 1)
    circuit.append(TWO_QUBITS["device"], [1, 0])
    circuit.append(Kraus(_DAMPING).to_instruction(), [0])
    _agree(circuit, None, ["ZZ", "IZ", "XX"], referee)


def test_errors_for_another_number_of_qubits_are_refused():
    model = NoiseModel()
    model._default_quantum_errors["x"] = depolarizing_error(0.1, 2)
    circuit = QuantumCircuit(1)
    circuit.x(0)
    with pytest.raises(CircuitError, match="noise of 'x' must be on 1 qubits"):
        compile_circuit(circuit, model, [SparsePauliOp("Z")], [], [])


def test_readout_that_is_correlated_over_qubits_is_refused():
    model = NoiseModel()
    model.add_readout_error(ReadoutError(np.eye(4) * 0.96 + 0.01), [0, 1])
    with pytest.raises(CircuitError, match="on single qubits"):
        compile_circuit(QuantumCircuit(2), model, [SparsePauliOp("IZ")], [], [])


def test_the_second_circuit_on_a_model_converts_no_error_again(make_case, monkeypatch):
    case = make_case("fake_torino", 3, 1)
    compile_circuit(*case.parts)
    monkeypatch.setattr("qcsearch.simulation.noise._mixture", lambda *_: pytest.fail("converted again"))
    compile_circuit(*case.parts)

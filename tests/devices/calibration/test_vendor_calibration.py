"""Calibration where other vendors keep it; their packages clash with ours, so their objects are rebuilt here."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from qiskit.circuit import Measure, Parameter
from qiskit.circuit.library import CZGate, RGate, RXXGate, RZGate
from qiskit.providers import BackendV2, Options
from qiskit.quantum_info import SuperOp, average_gate_fidelity
from qiskit.transpiler import Target
from qiskit_aer import AerSimulator
from qiskit_aer.noise import NoiseModel, ReadoutError, depolarizing_error, thermal_relaxation_error

from qcsearch.devices.calibration.backends import device_from_backend
from qcsearch.devices.noise import noise_model
from qcsearch.devices.selection.regions import best_regions
from qcsearch.errors import DeviceError

T1, T2, DURATION = 27e-6, 20e-6, {"r": 40e-9, "cz": 80e-9}


class Vendor(BackendV2):
    """A machine whose `Target` has gates and no figures."""

    def __init__(self, target, **kept):
        super().__init__(name="vendor")
        self._target = target
        vars(self).update(kept)

    @property
    def target(self):
        return self._target

    @property
    def max_circuits(self):
        return None

    @classmethod
    def _default_options(cls):
        return Options()

    def run(self, run_input, **options):
        raise NotImplementedError  # only its figures are read


def aqt():
    """As AQT's offline simulator: every gate anywhere, two figures for all ions, no readout error."""
    target = Target(num_qubits=4)
    angles = [Parameter(name) for name in "abc"]
    for gate in (RZGate(angles[0]), RGate(*angles[:2]), RXXGate(angles[0]), Measure()):
        target.add_instruction(gate)
    model = NoiseModel(basis_gates=["r", "rz", "rxx"])
    model.add_all_qubit_quantum_error(depolarizing_error(0.003, 1), ["r"])
    model.add_all_qubit_quantum_error(depolarizing_error(0.01, 2), ["rxx"])
    return Vendor(target, simulator=AerSimulator(noise_model=model))


def relaxing(name):
    """What an IQM fake does after a gate: relaxation, then a depolarising channel."""
    relaxation = thermal_relaxation_error(T1, T2, DURATION[name])
    if name == "cz":
        return relaxation.tensor(relaxation).compose(depolarizing_error(0.03, 2))
    return relaxation.compose(depolarizing_error(0.005, 1))


def iqm(pairs=((0, 1), (1, 2)), noisy=((0, 1), (1, 2))):
    """As IQM's fakes: an error profile in nanoseconds and by their own names, and the noise model made of it."""
    target = Target(num_qubits=3)
    places = dict.fromkeys([(q,) for q in range(3)])
    target.add_instruction(RGate(Parameter("a"), Parameter("b")), places)
    target.add_instruction(CZGate(), dict.fromkeys(pairs))
    target.add_instruction(Measure(), places)
    model = NoiseModel(basis_gates=["r", "cz"])
    for q in range(3):
        model.add_quantum_error(relaxing("r"), "r", [q])
        model.add_readout_error(ReadoutError([[0.98, 0.02], [0.05, 0.95]]), [q])
    for pair in noisy:
        model.add_quantum_error(relaxing("cz"), "cz", pair)
    names = ["QB1", "QB2", "QB3"]
    profile = SimpleNamespace(
        t1s=dict.fromkeys(names, T1 * 1e9),
        t2s=dict.fromkeys(names, T2 * 1e9),
        single_qubit_gate_durations={"prx": DURATION["r"] * 1e9},
        two_qubit_gate_durations={"cz": DURATION["cz"] * 1e9},
    )
    return Vendor(target, error_profile=profile, noise_model=model, index_to_qubit_name=lambda q: names[q])


def test_figures_for_all_qubits_alike_are_those_of_each_and_every_pair_is_coupled():
    device = device_from_backend(aqt())
    errors = {gate.name: gate.error for gate in device.gates}
    # Average infidelity of a depolarising channel: p·(1 − 1/d).
    assert errors == {"r": pytest.approx(0.003 / 2), "rz": 0.0, "rxx": pytest.approx(0.01 * 3 / 4)}
    assert len(device.edges) == 6
    assert {(qubit.p10, qubit.p01) for qubit in device.qubits} == {(0.0, 0.0)}
    assert any("Readout error is given as exactly 0" in notice for notice in device.notices)
    assert len(best_regions(device, 3)[0].edges) == 3


def test_a_noise_model_and_an_error_profile_together_give_all():
    device = device_from_backend(iqm())
    assert device.coupling_map == ((0, 1), (1, 2))
    for qubit in device.qubits:
        assert (qubit.t1, qubit.t2) == (pytest.approx(T1), pytest.approx(T2))
        assert (qubit.p10, qubit.p01) == (pytest.approx(0.02), pytest.approx(0.05))
    for gate in device.gates:
        assert gate.duration == pytest.approx(DURATION[gate.name])
        assert gate.error == pytest.approx(1 - average_gate_fidelity(relaxing(gate.name)))


@pytest.mark.parametrize(("name", "qubits"), [("r", (0,)), ("cz", (1, 2))])
def test_the_noise_rebuilt_from_the_figures_is_the_vendors(name, qubits):
    """Not only as large: the same channel, to the second order of the errors."""
    ours = noise_model(device_from_backend(iqm()))._local_quantum_errors[name][qubits]
    np.testing.assert_allclose(SuperOp(ours).data, SuperOp(relaxing(name)).data, atol=3e-4)
    assert np.abs(SuperOp(ours).data - np.eye(4 ** len(qubits))).max() > 3e-3


def test_a_pair_that_the_noise_model_leaves_out_is_no_perfect_one():
    device = device_from_backend(iqm(noisy=((0, 1),)))
    assert device.edges == ((0, 1),)
    with pytest.raises(DeviceError, match="error of a two-qubit gate"):
        device_from_backend(iqm(pairs=((0, 2),)))


def test_readout_errors_among_quality_metrics_are_taken_apart():
    backend = iqm()
    asked = []
    backend.metrics = SimpleNamespace(get_measure_errors=lambda *what: asked.append(what) or (0.01, 0.04))
    measure = SimpleNamespace(get_default_implementation=lambda locus: "constant")
    backend.architecture = SimpleNamespace(gates={"measure": measure})
    device = device_from_backend(backend)
    assert {(qubit.p10, qubit.p01) for qubit in device.qubits} == {(0.01, 0.04)}
    assert ("measure", "constant", ("QB1",)) in asked

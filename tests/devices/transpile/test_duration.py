"""Seconds of one execution, by hand."""

import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter

from qcsearch.devices.calibration.validation import device_from_json
from qcsearch.devices.transpile.duration import circuit_duration
from qcsearch.devices.transpile.target import region_target
from qcsearch.errors import DeviceError


@pytest.fixture
def target(raw):
    return region_target(device_from_json(raw))


def test_instructions_start_as_early_as_their_qubits_are_free(target):
    circuit = QuantumCircuit(3, 1)
    circuit.sx(0)
    circuit.sx(2)
    circuit.x(2)
    circuit.cz(0, 1)
    circuit.measure(1, 0)
    assert circuit_duration(circuit, target) == pytest.approx(3.2e-8 + 6.8e-8 + 1.2e-6)


def test_a_circuit_that_measures_nothing_is_read_out_whole(target):
    circuit = QuantumCircuit(3, 3)
    circuit.sx(0)
    read = circuit.copy()
    read.measure(range(3), range(3))
    assert circuit_duration(circuit, target) == circuit_duration(read, target)


@pytest.mark.parametrize(("length", "unit"), [(2.0, "us"), (500, "dt"), (2e-6, "s")])
def test_a_delay_lasts_what_it_says_in_its_unit(target, length, unit):
    circuit = QuantumCircuit(3, 1)
    circuit.delay(length, 0, unit)
    circuit.measure(0, 0)
    assert circuit_duration(circuit, target) == pytest.approx(2e-6 + target["measure"][0,].duration)


def test_a_delay_of_a_parameter_is_refused(target):
    circuit = QuantumCircuit(3)
    circuit.delay(Parameter("t"), 0)
    with pytest.raises(DeviceError, match="delay must have a number"):
        circuit_duration(circuit, target)


def test_gates_without_a_duration_take_none(raw, gate):
    gate("sx", 0)["duration"] = None
    circuit = QuantumCircuit(3, 1)
    circuit.sx(0)
    circuit.measure(0, 0)
    target = region_target(device_from_json(raw))
    assert circuit_duration(circuit, target) == target["measure"][0,].duration

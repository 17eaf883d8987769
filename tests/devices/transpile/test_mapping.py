from __future__ import annotations

import math
import time

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter, ParameterVector
from qiskit.quantum_info import Operator, SparsePauliOp, Statevector, random_pauli_list
from qiskit.transpiler import PassManager
from qiskit_ibm_runtime.transpiler.passes.basis.fold_rzz_angle import FoldRzzAngle
from qiskit_ibm_runtime.utils.validations import validate_isa_circuits

from qcsearch.devices.calibration.providers import fake_backend, get_device
from qcsearch.devices.calibration.validation import device_from_json
from qcsearch.devices.selection.regions import best_regions
from qcsearch.devices.transpile.mapping import map_circuit
from qcsearch.errors import DeviceError

KINDS = {
    "cx": "fake_manila",
    "ecr": "fake_brisbane",
    "cz": "fake_torino",
    "u3": "fake_essex",
    "rzz": "fake_fractional",
}


def _random(n_qubits, n_gates, rng, parameters=True):
    """Gates between any two qubits, so that routing has work to do."""
    circuit, w = QuantumCircuit(n_qubits), ParameterVector("w", n_gates)
    for i in range(n_gates):
        angle = w[i] if parameters else float(rng.uniform(-7, 7))
        kind = rng.integers(6)
        if kind < 2 and n_qubits > 1:
            pair = rng.choice(n_qubits, 2, replace=False).tolist()
            if kind == 0:
                circuit.cx(*pair)
            else:
                circuit.rzz(angle, *pair)
        else:
            getattr(circuit, ("rx", "ry", "rz", "rx")[kind - 2])(angle, int(rng.integers(n_qubits)))
    return circuit


def _bound(circuit, rng):
    return {parameter: float(rng.uniform(-4, 4)) for parameter in circuit.parameters}


@pytest.mark.parametrize("level", [0, 1, 2, 3])
@pytest.mark.parametrize("name", KINDS.values(), ids=KINDS.keys())
def test_every_observable_keeps_its_value(name, level):
    rng = np.random.default_rng(level)
    device = get_device(name)
    qubits = best_regions(device, 4)[0].qubits
    circuit = _random(4, 30, rng)
    mapped = map_circuit(circuit, device, qubits, level)
    values = _bound(circuit, rng)
    before = Statevector(circuit.assign_parameters(values))
    after = Statevector(mapped.circuit.assign_parameters({p: values[p] for p in mapped.circuit.parameters}))
    for pauli in random_pauli_list(4, 12, seed=level, phase=False):
        observable = SparsePauliOp(pauli)
        expected = before.expectation_value(observable).real
        found = after.expectation_value(mapped.observable(observable)).real
        assert found == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("name", KINDS.values(), ids=KINDS.keys())
def test_the_result_runs_on_the_backends_own_target(name):
    rng = np.random.default_rng(7)
    device, backend = get_device(name), fake_backend(name)
    for parameters in (True, False):
        circuit = _random(3, 20, rng, parameters)
        circuit.measure_all()
        mapped = map_circuit(circuit, device, best_regions(device, 3)[0].qubits)
        bound = mapped.circuit.assign_parameters(_bound(mapped.circuit, rng))
        whole = QuantumCircuit(device.n_qubits, 3).compose(bound, mapped.qubits, range(3))
        folded = PassManager([FoldRzzAngle()]).run(whole)  # the executors do, when the angles are known
        validate_isa_circuits([folded], backend.target)


def test_fractional_rzz_of_numbers_stays_within_its_angles():
    rng = np.random.default_rng(3)
    device = get_device("fake_fractional")
    fixed = [map_circuit(_random(3, 40, rng, False), device, (0, 1, 2), level) for level in (0, 1, 2, 3)]
    angles = [x.operation.params[0] for m in fixed for x in m.circuit.data if x.operation.name == "rzz"]
    assert len(angles) > 5
    assert min(angles) >= 0
    assert max(angles) <= math.pi / 2


def test_fractional_rzz_is_used_for_parameters_too():
    circuit = QuantumCircuit(2)
    circuit.rzz(Parameter("t"), 0, 1)
    mapped = map_circuit(circuit, get_device("fake_fractional"), (0, 1))
    assert mapped.circuit.count_ops() == {"rzz": 1}
    assert mapped.two_qubit_gates == 1


def test_bound_fractional_circuits_keep_their_unitary():
    circuit = _random(2, 12, np.random.default_rng(5), parameters=False)
    mapped = map_circuit(circuit, get_device("fake_fractional"), (0, 1))
    assert Operator.from_circuit(mapped.circuit).equiv(Operator(circuit))


def test_logical_qubits_start_where_they_were_sent(torino):
    region = best_regions(torino, 4)[0].qubits[::-1]
    circuit = _random(4, 30, np.random.default_rng(0))
    mapped = map_circuit(circuit, torino, region)
    assert mapped.qubits == region
    assert mapped.circuit.layout.initial_index_layout() == [0, 1, 2, 3]
    assert sorted(mapped.final_layout) == [0, 1, 2, 3]
    assert mapped.final_layout != (0, 1, 2, 3)


def test_costs_of_a_circuit_by_hand(raw):
    device = device_from_json(raw)
    circuit = QuantumCircuit(3, 1)
    circuit.sx(0)
    circuit.x(0)
    circuit.cz(0, 1)
    circuit.cz(1, 2)
    circuit.rz(0.3, 2)
    circuit.delay(2, 2, unit="us")
    circuit.measure(0, 0)
    mapped = map_circuit(circuit, device, (0, 1, 2), optimization_level=0)
    assert (mapped.two_qubit_gates, mapped.depth) == (2, 5)
    # Qubit 2 is busy longest: two one-qubit gates, two cz and a delay; qubit 0 is read out meanwhile.
    assert mapped.duration == pytest.approx(2 * 3.2e-8 + 2 * 6.8e-8 + 2e-6)
    assert mapped.estimated_success_probability == pytest.approx(
        (1 - 3e-4) ** 2 * (1 - 0.004) * (1 - 0.01) * 0.98
    )


@pytest.mark.parametrize("level", [0, 1, 2, 3])
def test_swaps_that_routing_inserts_are_counted_and_no_others(raw, level):
    device = device_from_json(raw)

    def mapped(*pairs):
        circuit = QuantumCircuit(3)
        for number, (kind, *operands) in enumerate(pairs):
            circuit.rx(0.1 + number, [0, 1, 2])
            getattr(circuit, kind)(*operands)
        return map_circuit(circuit, device, (0, 1, 2), level)

    native = mapped(("cx", 0, 1), ("cx", 1, 2), ("rzz", 0.3, 0, 1))
    assert (native.swaps, native.built_two_qubit_gates) == (0, 3)
    assert native.two_qubit_gates == 4
    routed = mapped(("cx", 0, 1), ("cx", 0, 2))
    assert (routed.swaps, routed.built_two_qubit_gates) == (1, 2)
    assert routed.two_qubit_gates > 2
    if (
        level < 2
    ):  # from there on the circuit's own swaps are taken out, and put in again where they are needed
        assert mapped(("swap", 0, 1), ("cx", 1, 2)).swaps == 0


def test_without_measurement_all_qubits_count_as_read_out(raw):
    circuit = QuantumCircuit(2)
    circuit.cz(0, 1)
    mapped = map_circuit(circuit, device_from_json(raw), (1, 2))
    assert mapped.duration == pytest.approx(6.8e-8 + 1.4e-6)
    assert mapped.estimated_success_probability == pytest.approx((1 - 0.01) * 0.965 * 0.9925)


def test_delays_in_dt_use_the_devices_dt(raw):
    circuit = QuantumCircuit(1)
    circuit.delay(250, 0, unit="dt")
    assert map_circuit(circuit, device_from_json(raw), (0,)).duration == pytest.approx(1e-6 + 1.2e-6)


def test_a_direction_that_is_missing_is_turned_around(raw):
    circuit = QuantumCircuit(2)
    circuit.cx(1, 0)
    mapped = map_circuit(circuit, device_from_json(raw), (1, 2))
    places = [[mapped.circuit.find_bit(q).index for q in x.qubits] for x in mapped.circuit.data]
    assert [0, 1] in places
    assert [1, 0] not in places
    assert Operator.from_circuit(mapped.circuit).equiv(Operator(circuit))


@pytest.mark.parametrize(
    ("make", "qubits", "why"),
    [
        (lambda: QuantumCircuit(2), (0, 1, 2), "must be mapped to as many"),
        (lambda: QuantumCircuit(2), (0, 5), r"in \[0, 2\]"),
        (lambda: QuantumCircuit(2), (1, 1), "each once"),
    ],
)
def test_qubits_that_do_not_fit_are_refused(raw, make, qubits, why):
    with pytest.raises(DeviceError, match=why):
        map_circuit(make(), device_from_json(raw), qubits)


def test_qubits_that_are_apart_are_refused_once_the_circuit_entangles(raw):
    device, circuit = device_from_json(raw), QuantumCircuit(2)
    circuit.x(0)
    assert map_circuit(circuit, device, (0, 2)).two_qubit_gates == 0
    circuit.cx(0, 1)
    with pytest.raises(DeviceError, match=r"must be connected. They fall into \[0\] and \[2\]"):
        map_circuit(circuit, device, (0, 2))


def test_what_the_device_cannot_run_is_refused_in_one_sentence(raw):
    circuit = QuantumCircuit(1)
    circuit.reset(0)
    with pytest.raises(DeviceError, match="cannot be mapped") as caught:
        map_circuit(circuit, device_from_json(raw), (0,))
    assert "\n" not in str(caught.value)
    circuit = QuantumCircuit(1)
    circuit.delay(Parameter("t"), 0)
    with pytest.raises(DeviceError, match="delay must have a number"):
        map_circuit(circuit, device_from_json(raw), (0,))
    with pytest.raises(DeviceError, match="'optimization_level'"):
        map_circuit(QuantumCircuit(1), device_from_json(raw), (0,), 4)


def test_mapping_again_takes_milliseconds(torino):
    rng = np.random.default_rng(1)
    region = best_regions(torino, 4)[0].qubits
    circuits = [_random(4, 150, rng) for _ in range(4)]
    seconds = []
    for circuit in circuits:
        start = time.process_time()
        map_circuit(circuit, torino, region)
        seconds.append(time.process_time() - start)
    assert min(seconds) < 0.05

from __future__ import annotations

import time

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.quantum_info import DensityMatrix, SuperOp, average_gate_fidelity
from qiskit_aer import AerSimulator
from qiskit_aer.noise import NoiseModel

from qcsearch.devices import noise
from qcsearch.devices.calibration.providers import fake_backend, get_device
from qcsearch.devices.calibration.validation import device_from_json
from qcsearch.devices.calibration.violations import coherence_limit
from qcsearch.devices.noise import noise_model
from qcsearch.devices.selection.regions import best_regions
from qcsearch.errors import DeviceError

QUICK = ["fake_manila", "fake_essex", "fake_fractional"]  # cx; u1, u2, u3; rx and rzz
SLOW = ["fake_lagos", "fake_prague", "fake_peekskill", "fake_cairo"]  # cx; cz; ecr; cx and ecr


def _channels(model, ignored=("reset",)):
    return {
        (name, places): SuperOp(error).data
        for name, found in model._local_quantum_errors.items()
        for places, error in found.items()
        if name not in ignored
    }


@pytest.mark.parametrize("name", [*QUICK, *(pytest.param(name, marks=pytest.mark.slow) for name in SLOW)])
def test_gate_errors_are_those_of_aers_from_backend(name):
    device = get_device(name)
    ours = _channels(noise_model(device))
    theirs = _channels(NoiseModel.from_backend(fake_backend(name)))
    dead = {(g.name, g.qubits) for g in device.gates if g.is_dead}
    assert set(ours) == set(theirs) - dead
    assert max(abs(ours[key] - theirs[key]).max() for key in ours) < 1e-12


@pytest.mark.parametrize("name", ["fake_torino", "fake_brisbane"])
def test_every_gate_has_its_calibrated_infidelity(name):
    device = get_device(name)
    region = best_regions(device, 4)[0].qubits
    channels = _channels(noise_model(device, region))
    gates = [gate for place, gates in device.gates_on.items() if set(place) <= set(region) for gate in gates]
    assert {"cz", "ecr"} & {gate.name for gate in gates}
    for gate in gates:
        channel = channels.get((gate.name, tuple(map(region.index, gate.qubits))))
        infidelity = 0 if channel is None else 1 - average_gate_fidelity(SuperOp(channel))
        # Relaxation alone can cost more than the calibrated error; then Aer adds nothing to it.
        least = coherence_limit([device.qubits[q] for q in gate.qubits], gate.duration)
        assert infidelity == pytest.approx(max(gate.error, least), abs=1e-9)


def test_a_region_is_reindexed_in_the_order_given():
    device = get_device("fake_manila")
    whole, region = noise_model(device), (3, 1, 2)
    part = _channels(noise_model(device, region))
    expected = {
        (name, tuple(map(region.index, places))): data
        for (name, places), data in _channels(whole).items()
        if set(places) <= set(region)
    }
    assert part.keys() == expected.keys()
    assert max(abs(part[key] - expected[key]).max() for key in part) < 1e-12
    readout = noise_model(device, region)._local_readout_errors
    for i, q in enumerate(region):
        fact = device.qubits[q]
        expected = [[1 - fact.p10, fact.p10], [fact.p01, 1 - fact.p01]]
        assert np.allclose(readout[i,].probabilities, expected, atol=1e-15)


def _zero(counts, shots):
    return counts.get("0", 0) / shots


def test_readout_agrees_with_the_counts_of_the_recorded_backend(manila):
    backend, shots = fake_backend("fake_manila"), 40_000
    for q in range(manila.n_qubits):
        model, qubit = noise_model(manila, (q,)), manila.qubits[q]
        excited = DensityMatrix.from_label("1").evolve(SuperOp(model._local_quantum_errors["x"][0,]))
        expected = {0: 1 - qubit.p10, 1: excited.probabilities() @ [1 - qubit.p10, qubit.p01]}
        for bit, probability in expected.items():
            circuit = QuantumCircuit(manila.n_qubits, 1)
            if bit:
                circuit.x(q)
            circuit.measure(q, 0)
            counts = backend.run(circuit, shots=shots, seed_simulator=11 + q).result().get_counts()
            error = 4 * (probability * (1 - probability) / shots) ** 0.5
            assert _zero(counts, shots) == pytest.approx(probability, abs=error)
            assert abs(qubit.p01 - qubit.p10) > error  # a symmetric readout would not pass


def test_aer_runs_the_model_and_delays_relax(raw):
    for entry in raw["qubits"]:
        entry.update(p10=0.0, p01=0.0)
    model = noise_model(device_from_json(raw), (0,))
    circuit = QuantumCircuit(1)
    circuit.x(0)
    circuit.delay(150, 0, unit="us")
    circuit.save_density_matrix()
    found = AerSimulator(noise_model=model, method="density_matrix").run(circuit).result().data()
    after_x = DensityMatrix.from_label("1").evolve(SuperOp(model._local_quantum_errors["x"][0,]))
    expected = after_x.probabilities()[1] * np.exp(-1)
    assert DensityMatrix(found["density_matrix"]).probabilities()[1] == pytest.approx(expected, abs=1e-9)


def test_a_device_without_t1_has_gate_errors_alone(raw):
    for qubit in raw["qubits"]:
        qubit["t1"] = qubit["t2"] = None
    model = noise_model(device_from_json(raw))
    error = model._local_quantum_errors["cz"][1, 2]
    assert error.size == 16
    assert 1 - average_gate_fidelity(SuperOp(error)) == pytest.approx(0.01)


def test_dead_gates_and_edges_are_not_in_the_model(raw, gate):
    gate("cz", 1, 0)["error"] = 1.0
    assert set(noise_model(device_from_json(raw))._local_quantum_errors["cz"]) == {(0, 1), (1, 2)}


def test_the_model_is_cached_by_content(raw):
    first = noise_model(device_from_json(raw), (0, 1))
    assert noise_model(device_from_json(raw), (0, 1)) is first
    assert noise_model(device_from_json(raw), (1, 0)) is not first
    with pytest.raises(DeviceError, match="each once"):
        noise_model(device_from_json(raw), (1, 1))


def test_a_region_takes_a_fraction_of_a_second_and_its_neighbour_less(torino):
    noise._build.cache_clear()
    noise._gate_error.cache_clear()
    regions = [region.qubits for region in best_regions(torino, 4, 10)]
    start = time.process_time()
    for region in regions:
        noise_model(torino, region)
    assert time.process_time() - start < 2.0

from __future__ import annotations

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import ParameterVector
from qiskit.transpiler import generate_preset_pass_manager

from qcsearch.deployment.executors.base import EXECUTORS, JobSeeds, active_qubits
from qcsearch.deployment.executors.local import LocalExecutor, recorded_noise
from qcsearch.deployment.executors.opening import open_executor
from qcsearch.deployment.ibm.jobs.keys import RequestKeys
from qcsearch.deployment.values import Pub
from qcsearch.devices.calibration.backends import device_from_backend
from qcsearch.devices.calibration.providers import fake_backend
from qcsearch.errors import BackendError
from qcsearch.testing.executors import ExecutorConformance


class TestLocalConformance(ExecutorConformance):
    @pytest.fixture
    def open_executor(self):
        return lambda seed: open_executor("local:fake_manila", seed=seed)


class TestLocalOn133QubitsConformance(ExecutorConformance):
    qubit = 60

    @pytest.fixture
    def open_executor(self):
        return lambda seed: open_executor("local:fake_torino", seed=seed)


class TestAerConformance(ExecutorConformance):
    @pytest.fixture
    def open_executor(self):
        device = device_from_backend(fake_backend("fake_manila"))
        return lambda seed: open_executor("aer", device=device, seed=seed)


def entangled(backend, qubits):
    """A circuit on some of a backend's qubits that its noise, gate and readout, shows in."""
    angles = ParameterVector("a", len(qubits))
    circuit = QuantumCircuit(len(qubits), len(qubits))
    for i, angle in enumerate(angles):
        circuit.ry(angle, i)
    for i in range(len(qubits) - 1):
        circuit.cx(i, i + 1)
    for i in range(len(qubits)):
        circuit.rx(0.3 + i, i)
    circuit.measure(range(len(qubits)), range(len(qubits)))
    manager = generate_preset_pass_manager(1, backend=backend, initial_layout=list(qubits), seed_transpiler=0)
    return manager.run(circuit)


@pytest.mark.parametrize(
    "name",
    ["fake_manila", "fake_lagos", "fake_yorktown", pytest.param("fake_torino", marks=pytest.mark.slow)],
)
def test_the_counts_are_those_of_the_recorded_backends_own_run_bit_for_bit(name):
    backend = fake_backend(name)
    circuit = entangled(backend, [0, 1, 2])
    executor = LocalExecutor(backend, seed=3)
    pub = Pub(circuit, np.array([[0.4, 1.1, 2.0]]))
    found = executor.run([pub], 5000)[0]
    bound = circuit.assign_parameters([0.4, 1.1, 2.0])
    job = backend.run(bound, shots=5000, seed_simulator=JobSeeds(3).next([pub]))
    assert found.get_counts(0) == job.result().get_counts()


def total_variation(one, two):
    shots = sum(one.values())
    return sum(abs(one.get(key, 0) - two.get(key, 0)) for key in {*one, *two}) / (2 * shots)


def test_the_readout_error_is_asymmetric_as_it_was_calibrated():
    backend = fake_backend("fake_manila")
    circuit = QuantumCircuit(5, 1)
    circuit.x(0)
    circuit.measure(0, 0)
    zeros = (
        LocalExecutor(backend).run([Pub(circuit, np.zeros((1, 0)))], 200_000)[0].get_counts(0)["0"] / 200_000
    )
    facts = backend.properties()
    p01, p10 = (facts.qubit_property(0, f"prob_meas{i}_prep{1 - i}")[0] for i in (0, 1))
    assert p01 - p10 > 0.03
    assert zeros == pytest.approx(p01, abs=0.004)


def test_aer_and_local_agree_within_shot_noise_on_the_same_calibration():
    backend = fake_backend("fake_manila")
    circuit = entangled(backend, [1, 2, 3])
    pub = Pub(circuit, np.array([[0.4, 1.1, 2.0]]))
    local = open_executor("local:fake_manila").run([pub], 100_000)[0].get_counts(0)
    aer = open_executor("aer", device=device_from_backend(backend)).run([pub], 100_000)[0].get_counts(0)
    assert total_variation(local, aer) < 0.01


def test_noise_is_built_for_the_qubits_in_use_only():
    model = recorded_noise(fake_backend("fake_torino"), [3, 4])
    assert set(model.noise_qubits) == {3, 4}
    errors = {place for gate in model.to_dict()["errors"] for place in gate["gate_qubits"]}
    assert errors == {(3,), (4,), (3, 4), (4, 3)}


def test_delays_relax_by_the_calibrated_t1():
    backend = fake_backend("fake_manila")
    circuit = QuantumCircuit(5, 1)
    circuit.x(0)
    t1 = backend.properties().t1(0)
    circuit.delay(round(t1 / backend.dt / 16) * 16, 0)
    circuit.measure(0, 0)
    ones = LocalExecutor(backend).run([Pub(circuit, np.zeros((1, 0)))], 50_000)[0].get_counts(0)["1"] / 50_000
    facts = backend.properties()
    p01, p10 = (facts.qubit_property(0, f"prob_meas{i}_prep{1 - i}")[0] for i in (0, 1))
    excited = np.exp(-1.0)
    assert ones == pytest.approx(excited * (1 - p01) + (1 - excited) * p10, abs=0.01)


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ("local:fake_nowhere", "no recorded backend 'fake_nowhere'"),
        ("local", "no recorded backend ''"),
        ("local:", "no recorded backend ''"),
        ("nothing:x", "'nothing' is not one of the executors. Known: aer, .*ibm, .*local"),
        ("", "Known: aer, .*ibm, .*local"),
        ("aer:fake_manila", "takes no name"),
        ("local:../../etc/passwd", "no recorded backend"),
    ],
)
def test_a_backend_that_is_not_there_is_said_with_exit_code_5(spec, says):
    with pytest.raises(BackendError, match=says) as caught:
        open_executor(spec, device=device_from_backend(fake_backend("fake_manila")))
    assert caught.value.exit_code == 5


@pytest.mark.parametrize("wrong", [LocalExecutor, lambda argument: None])
def test_a_plugin_that_names_no_opener_is_one_sentence(wrong, monkeypatch):
    monkeypatch.setitem(EXECUTORS._classes, "mine", wrong)
    with pytest.raises(
        BackendError, match="'mine' of the executors must be a function of argument, device and seed"
    ):
        open_executor("mine")


def test_aer_without_a_device_is_refused():
    with pytest.raises(BackendError):
        open_executor("aer")


def test_an_open_executor_is_taken_as_it_is():
    executor = LocalExecutor(fake_backend("fake_manila"))
    assert open_executor(executor) is executor


@pytest.mark.parametrize("width", [4, 6])
def test_a_circuit_of_another_width_is_refused(width):
    circuit = QuantumCircuit(width, 1)
    circuit.measure(0, 0)
    with pytest.raises(BackendError, match="5 qubits"):
        open_executor("local:fake_manila").run([Pub(circuit, np.zeros((1, 0)))], 10)


def test_a_two_qubit_gate_off_the_coupling_map_is_refused():
    circuit = QuantumCircuit(5, 1)
    circuit.cx(0, 4)
    circuit.measure(0, 0)
    with pytest.raises(BackendError, match=r"'cx' on qubits \(0, 4\)"):
        open_executor("local:fake_manila").run([Pub(circuit, np.zeros((1, 0)))], 10)


def test_a_circuit_that_measures_nothing_is_refused():
    for bits in (0, 1):
        with pytest.raises(BackendError, match="measure"):
            open_executor("local:fake_manila").run([Pub(QuantumCircuit(5, bits), np.zeros((1, 0)))], 10)


def test_an_rzz_on_a_backend_without_it_is_refused():
    circuit = QuantumCircuit(133, 1)
    circuit.rzz(2.0, 0, 1)
    circuit.measure(0, 0)
    with pytest.raises(BackendError, match="rzz"):
        open_executor("local:fake_torino").run([Pub(circuit, np.zeros((1, 0)))], 10)


def test_a_barrier_makes_no_qubit_active():
    circuit = QuantumCircuit(5, 1)
    circuit.barrier()
    circuit.measure(3, 0)
    assert active_qubits(circuit) == {3}


def test_several_registers_come_as_one_row_of_bits():
    from qiskit import ClassicalRegister

    for spec in ("local:fake_manila", "aer"):
        device = device_from_backend(fake_backend("fake_manila"))
        circuit = QuantumCircuit(5)
        circuit.add_register(ClassicalRegister(1, "first"), ClassicalRegister(2, "second"))
        circuit.x(1)
        circuit.measure(1, 2)
        found = open_executor(spec, device=device).run([Pub(circuit, np.zeros((1, 0)))], 500)[0]
        shares = found.to_bool_array(order="little")[0].mean(axis=0)
        assert shares[2] > 0.8
        assert shares[0] == shares[1] == 0


def test_the_seed_of_a_job_does_not_depend_on_the_jobs_in_between():
    one, two = (Pub(QuantumCircuit(1), np.array([[x]])) for x in (0.1, 0.2))
    unbroken, resumed = JobSeeds(5), JobSeeds(5)
    first = [unbroken.next([one]), unbroken.next([two]), unbroken.next([one])]
    assert resumed.next([two]) == first[1]
    assert len(set(first)) == 3
    assert JobSeeds(6).next([one]) != first[0]


def test_the_last_bits_of_parameters_change_neither_seed_nor_key():
    """They depend on the order of sums: a resumed deployment must find its paid jobs, and draw the same shots."""
    angles = np.array([[0.1, -2.5, 0.0]])
    circuit = QuantumCircuit(1)
    for same in (angles * (1 + 1e-15), angles + 1e-12, -1 * -angles):
        assert JobSeeds(5).next([Pub(circuit, same)]) == JobSeeds(5).next([Pub(circuit, angles)])
        assert RequestKeys({}).next([Pub(circuit, same)], 9) == RequestKeys({}).next(
            [Pub(circuit, angles)], 9
        )
    assert JobSeeds(5).next([Pub(circuit, angles + 1e-6)]) != JobSeeds(5).next([Pub(circuit, angles)])
    assert RequestKeys({}).next([Pub(circuit, angles + 1e-6)], 9) != RequestKeys({}).next(
        [Pub(circuit, angles)], 9
    )


def test_delays_on_a_qubit_whose_t2_is_above_twice_its_t1_are_run():
    backend = fake_backend("fake_torino")
    facts = backend.properties()
    odd = next(q for q in range(133) if facts.t2(q) > 2 * facts.t1(q))
    circuit = QuantumCircuit(133, 1)
    circuit.x(odd)
    circuit.delay(1600, odd)
    circuit.measure(odd, 0)
    (found,) = LocalExecutor(backend).run([Pub(circuit, np.zeros((1, 0)))], 200)
    assert found.get_counts(0)["1"] > 100

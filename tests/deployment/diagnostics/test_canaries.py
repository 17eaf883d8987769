from __future__ import annotations

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.quantum_info import SparsePauliOp

from qcsearch.deployment.deploying import deploy
from qcsearch.deployment.diagnostics.canaries import CanaryMonitor, CanaryVerdict, Readout
from qcsearch.deployment.executors.opening import open_executor
from qcsearch.deployment.program import BackendProgram
from qcsearch.deployment.settings import DeploymentSettings
from qcsearch.devices.calibration.providers import get_device
from qcsearch.errors import BackendError, InputError
from qcsearch.typed import read

QUBITS = (0, 1, 2)
OPERATORS = [SparsePauliOp(label) for label in ("IIZ", "IZI", "ZII", "ZZI", "ZZZ")]


def flipped(readout, bits, rng):
    """Bits after a readout that errs."""
    chance = np.where(bits, readout.p01, readout.p10)
    return bits ^ (rng.random(bits.shape) < chance)


def test_what_readout_did_is_undone_for_products_too():
    """Against the closed form: correlated bits whose readout errs asymmetrically and much."""
    rng = np.random.default_rng(0)
    readout = Readout(np.array([0.02, 0.1, 0.0]), np.array([0.15, 0.05, 0.3]), 1)
    bits = rng.random((200_000, 3)) < [0.3, 0.5, 0.9]
    bits[:, 1] = bits[:, 0]
    signs = np.where(bits, -1.0, 1.0)
    factors = readout.factors(flipped(readout, bits, rng))
    for support in ([0], [1], [2], [0, 1], [0, 1, 2]):
        wanted = signs[:, support].prod(axis=1).mean()
        assert factors[:, support].prod(axis=1).mean() == pytest.approx(wanted, abs=0.02)


def test_on_a_recorded_device_the_corrected_values_are_those_before_readout():
    circuit = QuantumCircuit(3)
    circuit.x([0, 2])

    def measured(mitigate):
        executor = open_executor("local:fake_manila", seed=4)
        program = BackendProgram(
            circuit, QUBITS, OPERATORS, [], [], executor, 100_000, monitor=CanaryMonitor(), mitigate=mitigate
        )
        return program.measure(np.zeros((1, 0)), np.zeros(0)).values[0]

    wanted = np.array([-1.0, 1.0, -1.0, -1.0, 1.0])
    assert np.abs(measured(False) - wanted).max() > 0.05
    assert np.abs(measured(True) - wanted).max() < 0.01


def test_a_readout_that_tells_nothing_is_refused():
    with pytest.raises(BackendError, match="qubit 1"):
        Readout(np.array([0.0, 0.5]), np.array([0.0, 0.49]), 100).factors(np.zeros((1, 1, 2), dtype=bool))


def seen(p10, p01, jobs=10, shots=4096, seed=0):
    rng, monitor = np.random.default_rng(seed), CanaryMonitor()
    for _ in range(jobs):
        zeros, ones = (rng.random((shots, len(p))) < p for p in (p10, 1 - np.array(p01)))
        monitor.add(Readout.of(zeros, ones))
    return monitor


def test_chance_alone_is_hardly_ever_called_a_change():
    device = get_device("fake_manila")
    p10, p01 = ([getattr(device.qubits[q], name) for q in QUBITS] for name in ("p10", "p01"))
    for seed in range(100):
        verdict = seen(p10, p01, seed=seed).verdict(device, QUBITS)
        assert verdict.holds, verdict
        assert verdict.steady
        assert verdict.jobs == 10


def test_a_qubit_that_reads_worse_is_named():
    device = get_device("fake_manila")
    p10, p01 = ([getattr(device.qubits[q], name) for q in QUBITS] for name in ("p10", "p01"))
    p10[1] += 0.02
    verdict = seen(p10, p01).verdict(device, QUBITS)
    assert (verdict.holds, verdict.changed) == (False, (1,))
    assert "on qubit 1" in verdict.sentence


def test_a_readout_that_moves_in_between_is_not_steady():
    device = get_device("fake_manila")
    monitor = seen([0.01], [0.02], jobs=5)
    for one in seen([0.05], [0.02], jobs=5)._seen:
        monitor.add(one)
    assert not monitor.verdict(device, (0,)).steady


def test_no_jobs_no_verdict():
    assert CanaryMonitor().verdict(get_device("fake_manila"), QUBITS) is None


def test_a_deployment_with_canaries_says_what_they_say_and_costs_two_circuits_a_job(model, iris):
    settings = {"steps": 1, "shots": 1024, "max_validation": 4, "max_test": 6}
    plain = deploy(model, iris, "local:fake_manila", DeploymentSettings(**settings))
    found = deploy(model, iris, "local:fake_manila", DeploymentSettings(canaries=True, **settings))
    assert found.canaries.holds
    assert found.canaries.qubits == model.candidate.qubits
    assert found.usage.circuits == plain.usage.circuits + 2 * found.usage.jobs
    assert plain.canaries is None
    corrected = deploy(model, iris, "local:fake_manila", DeploymentSettings(mitigate=True, **settings))
    assert (corrected.mitigated, corrected.noise_model_check) == (True, None)
    for one in (found, corrected):
        assert type(one).from_json(one.to_json()) == one


def test_what_is_no_verdict_is_refused():
    with pytest.raises(InputError):
        read(CanaryVerdict, {"jobs": 1}, "a verdict")

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister
from qiskit.circuit import Parameter
from qiskit.providers.fake_provider import GenericBackendV2

from qcsearch.deployment.deploying import deploy
from qcsearch.deployment.executors.backend import BackendExecutor
from qcsearch.deployment.executors.opening import open_executor
from qcsearch.deployment.settings import DeploymentSettings
from qcsearch.deployment.values import Pub
from qcsearch.errors import BackendError
from qcsearch.testing.executors import ExecutorConformance

MANILA = "backend:qiskit_ibm_runtime.fake_provider:FakeManilaV2"


class TestBackendConformance(ExecutorConformance):
    seeded = False

    @pytest.fixture
    def open_executor(self):
        return lambda seed: open_executor(MANILA, seed=seed)


class TestAerAsBackendConformance(ExecutorConformance):
    @pytest.fixture
    def open_executor(self):
        return lambda seed: open_executor("backend:qiskit_aer:AerSimulator", seed=seed)


def test_a_deployment_there_is_called_a_simulation_and_close_to_the_prediction(model, iris):
    found = deploy(model, iris, MANILA, DeploymentSettings(steps=0, shots=4096, max_validation=2))
    assert (found.kind, found.backend) == ("simulated", MANILA)
    assert abs(found.deployed.accuracy - found.noisy.accuracy) < 0.1
    assert found.noise_model_check.holds


def test_registers_are_joined_and_wide_results_keep_whole_shots():
    executor = open_executor("backend:qiskit_aer:AerSimulator")
    circuit = QuantumCircuit(QuantumRegister(executor.target.num_qubits))
    circuit.add_register(ClassicalRegister(9, "first"), ClassicalRegister(2, "second"))
    circuit.x(0)
    circuit.h(9)
    circuit.cx(9, 10)
    circuit.measure(range(11), range(11))
    found = executor.run([Pub(circuit, np.zeros((1, 0)))], 400)[0]
    assert found.get_counts().keys() == {"00000000001", "11000000001"}
    order = found.to_bool_array(order="little")[0, :, 9]
    assert 0.3 < order[:200].mean() < 0.7


@pytest.mark.parametrize(
    ("argument", "says"),
    [
        ("", "package.module:object"),
        ("qiskit_aer", "package.module:object"),
        ("nothing.at.all:Thing", "ModuleNotFoundError"),
        ("math:pi", "BackendV2"),
        ("qiskit.providers.fake_provider:GenericBackendV2", "TypeError"),
    ],
)
def test_what_is_no_backend_is_said(argument, says):
    with pytest.raises(BackendError, match=says):
        open_executor(f"backend:{argument}")


def test_a_backend_that_may_be_billed_is_refused():
    class Processor(GenericBackendV2):
        __module__ = "vendor.cloud"

    Processor.__qualname__ = "Processor"
    backend = Processor(2)
    backend.name = "alpha-1"
    with pytest.raises(BackendError, match="may be billed"):
        BackendExecutor(backend, "backend:vendor.cloud:alpha")


class Small(GenericBackendV2):
    """A local backend that takes three circuits at once."""

    def __init__(self):
        super().__init__(3, ["rz", "sx", "x", "cx"], seed=1)
        self.name, self.calls = "local", []

    @property
    def max_circuits(self):
        return 3

    def run(self, run_input, **options):
        self.calls.append(len(run_input))
        return super().run(run_input, **options)


def test_no_more_circuits_are_sent_at_once_than_the_backend_takes():
    backend, circuit = Small(), QuantumCircuit(3, 1)
    circuit.sx(0)
    circuit.rz(Parameter("t"), 0)
    circuit.sx(0)
    circuit.measure(0, 0)
    angles = np.pi * np.arange(8)[:, None]
    found = BackendExecutor(backend, "backend:small").run([Pub(circuit, angles)], 100)[0]
    assert backend.calls == [3, 3, 2]
    assert found.to_bool_array().mean(axis=(1, 2)).round().tolist() == [1, 0, 1, 0, 1, 0, 1, 0]


class Terse(Small):
    """One that answers as `said`, whatever it is asked."""

    said = "10"

    def run(self, run_input, **options):
        counts = {self.said: options["shots"]}
        result = SimpleNamespace(get_counts=lambda i: counts)
        return SimpleNamespace(result=lambda: result)


def test_bits_that_hold_no_measurement_may_be_left_out():
    """As Braket does: the bits of an answer are those that were written, in their order."""
    circuit = QuantumCircuit(3, 4)
    circuit.measure([2, 0], [3, 1])
    found = BackendExecutor(Terse(), "backend:terse").run([Pub(circuit, np.zeros((1, 0)))], 10)[0]
    assert found.get_counts() == {"1000": 10}


def test_an_answer_with_another_number_of_bits_is_refused():
    circuit = QuantumCircuit(3, 3)
    circuit.measure(range(3), range(3))
    with pytest.raises(BackendError, match=r"must give 3 bits a shot\. Got '10'"):
        BackendExecutor(Terse(), "backend:terse").run([Pub(circuit, np.zeros((1, 0)))], 10)

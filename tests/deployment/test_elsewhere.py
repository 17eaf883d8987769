"""A backend of another Python environment: a process of its own, reached through pipes."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter

from qcsearch.deployment.executors.backend import BackendExecutor
from qcsearch.deployment.executors.base import Pub
from qcsearch.deployment.executors.elsewhere import BackendElsewhere
from qcsearch.errors import BackendError

THERE = """
import os
from qiskit.providers.fake_provider import GenericBackendV2

class Machine(GenericBackendV2):
    pass

def two():
    print("a greeting of the vendor")
    backend = Machine(2, ["rz", "sx", "x", "cx"], coupling_map=[[0, 1]], seed=1)
    backend.name = "alpha" if "ALPHA" in os.environ else "fake_two"
    if "QISKIT_IBM_TOKEN" in os.environ:
        backend.name += "_that_saw_the_key"
    return backend
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder as `python -m venv` makes it, whose Python is this one, with a vendor's module."""
    folder = tmp_path_factory.mktemp("env")
    (folder / "there.py").write_text(THERE)
    python = folder / "bin" / "python"
    python.parent.mkdir()
    python.write_text(f'#!/bin/sh\nPYTHONPATH="{folder}:$PYTHONPATH" exec "{sys.executable}" "$@"\n')
    python.chmod(0o700)
    return folder


@pytest.fixture(scope="module")
def elsewhere(folder):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("QISKIT_IBM_TOKEN", "planted")
        return BackendElsewhere(f"{folder}:there:two")


def test_it_is_described_with_its_calibration_and_never_sees_the_key(elsewhere):
    assert elsewhere.name == elsewhere.device.name == "fake_two"
    assert elsewhere.origin == "there.Machine"
    assert elsewhere.device.edges == ((0, 1),)
    assert elsewhere.target.num_qubits == 2


def test_bound_circuits_go_there_and_counts_come_back_in_order(elsewhere):
    circuit = QuantumCircuit(2, 3)
    circuit.sx(0)
    circuit.rz(Parameter("t"), 0)
    circuit.sx(0)
    circuit.barrier()
    circuit.cx(0, 1)
    circuit.measure([0, 1], [0, 2])
    executor = BackendExecutor(elsewhere, "env:there", seed=3)
    found = executor.run([Pub(circuit, np.array([[0.0], [np.pi]]))], 200)[0]
    shares = found.to_bool_array(order="little").mean(axis=1)
    assert np.abs(shares - [[1, 0, 1], [0, 0, 0]]).max() < 0.15


def test_what_goes_wrong_there_is_said_here_and_the_next_job_runs(elsewhere):
    circuit = QuantumCircuit(2, 1)
    circuit.measure(0, 0)
    with pytest.raises(BackendError, match="failed there"):
        elsewhere.run([circuit], shots=-1)
    assert elsewhere.run([circuit], shots=10).result().get_counts(0) == {"0": 10}


@pytest.mark.slow
def test_what_cannot_be_had_there_is_said(folder, monkeypatch):
    with pytest.raises(BackendError, match="failed there: AttributeError"):
        BackendElsewhere(f"{folder}:there:three")
    monkeypatch.setenv("ALPHA", "1")
    with pytest.raises(BackendError, match="may be billed"):
        BackendExecutor(BackendElsewhere(f"{folder}:there:two"), "env:there")
    (folder / "bin" / "python").write_text("#!/bin/sh\nexit 1\n")
    with pytest.raises(BackendError, match="process ended"):
        BackendElsewhere(f"{folder}:there:two")


@pytest.mark.parametrize("argument", ["", "nowhere:module:object", "/:there:two", "/nowhere"])
def test_what_is_no_environment_is_said(argument):
    with pytest.raises(BackendError, match="folder:package"):
        BackendElsewhere(argument)

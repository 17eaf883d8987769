"""A backend of another Python environment: a process of its own, reached through pipes."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter

from qcsearch.deployment.executors.backend import BackendExecutor
from qcsearch.deployment.executors.environment import EnvironmentBackend
from qcsearch.deployment.values import Pub
from qcsearch.errors import BackendError

THERE = """
import json
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

class Fake(GenericBackendV2):
    def __init__(self):
        super().__init__(2, ["rz", "sx", "x", "cx"], coupling_map=[[0, 1]], seed=1)
        self.name = "_".join(["fake", *sorted(os.environ)])

ready = two()

class Liar(Fake):
    counts = []
    def run(self, circuits, **options):
        return self
    def result(self):
        return self
    def get_counts(self, i):
        return json.loads(os.environ["COUNTS"])
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
        return EnvironmentBackend(f"{folder}:there:two")


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
def test_what_cannot_be_had_there_is_said(folder, monkeypatch, tmp_path):
    with pytest.raises(BackendError, match="failed there: AttributeError"):
        EnvironmentBackend(f"{folder}:there:three")
    monkeypatch.setenv("ALPHA", "1")
    monkeypatch.setenv("QCSEARCH_PASS", "ALPHA")
    with pytest.raises(BackendError, match="may be billed"):
        BackendExecutor(EnvironmentBackend(f"{folder}:there:two"), "env:there")
    broken = tmp_path / "bin" / "python"
    broken.parent.mkdir()
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o700)
    with pytest.raises(BackendError, match="process ended"):
        EnvironmentBackend(f"{tmp_path}:there:two")


@pytest.mark.parametrize("argument", ["", "nowhere:module:object", "/:there:two", "/nowhere"])
def test_what_is_no_environment_is_said(argument):
    with pytest.raises(BackendError, match="folder:package"):
        EnvironmentBackend(argument)


@pytest.mark.parametrize("name", ["Fake", "two", "ready"])
def test_a_class_a_factory_and_a_backend_are_all_backends(folder, name):
    assert EnvironmentBackend(f"{folder}:there:{name}").name.startswith("fake_")


def test_only_what_is_named_of_the_environment_is_seen_there(folder, monkeypatch):
    for name in ("QISKIT_IBM_TOKEN", "AWS_SECRET_ACCESS_KEY", "IQM_TOKEN", "PYTHONSTARTUP", "IONQ_API_KEY"):
        monkeypatch.setenv(name, "planted")
    assert "TOKEN" not in EnvironmentBackend(f"{folder}:there:Fake").name
    monkeypatch.setenv("QCSEARCH_PASS", "IQM_TOKEN, NOT_THERE")
    seen = EnvironmentBackend(f"{folder}:there:Fake").name
    assert "IQM_TOKEN" in seen
    assert not any(name in seen for name in ("AWS", "IONQ", "IBM", "PYTHONSTARTUP"))


@pytest.mark.parametrize("module", ["backend", "local", "base", "worker"])
def test_a_module_with_the_name_of_one_of_our_files_is_the_vendors(folder, module):
    (folder / f"{module}.py").write_text(THERE)
    assert EnvironmentBackend(f"{folder}:{module}:two").origin == f"{module}.Machine"


def test_the_working_directory_is_not_imported_from(folder, monkeypatch, tmp_path):
    for module in ("json", "numpy", "qiskit", "there", "sitecustomize"):
        (tmp_path / f"{module}.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w').close()\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", "")
    assert EnvironmentBackend(f"{folder}:there:two").name == "fake_two"
    assert not (tmp_path / "ran").exists()


def test_a_relative_path_of_the_environment_is_that_of_the_working_directory(folder, monkeypatch):
    monkeypatch.chdir(folder.parent)
    assert EnvironmentBackend(f"{folder.name}:there:two").name == "fake_two"


LIES = (
    "null", '{"00": -1}', '{"00": 1000000000000}', "[]", "{}", "7", '"00"', '{"00": 1.5}', '{"00": NaN}',
    '{"00": true}', '{"0": 5}', '{"000": 5}', '{"0x": 5}', '{"00": 0}', '{"00": "5"}', '{"00": null}',
)  # fmt: skip


@pytest.mark.parametrize(
    "counts", [*LIES[:3], *(pytest.param(lie, marks=pytest.mark.slow) for lie in LIES[3:])]
)
def test_counts_that_are_none_are_refused(folder, monkeypatch, counts):
    monkeypatch.setenv("COUNTS", counts)
    monkeypatch.setenv("QCSEARCH_PASS", "COUNTS")
    circuit = QuantumCircuit(2, 2)
    circuit.measure([0, 1], [0, 1])
    executor = BackendExecutor(EnvironmentBackend(f"{folder}:there:Liar"), "env:there")
    with pytest.raises(BackendError) as caught:
        executor.run([Pub(circuit, np.zeros((1, 0)))], 50)
    assert caught.value.exit_code == 5


@pytest.mark.parametrize(
    "line", ["nonsense", "[]", "null", "{}", '{"name": "fake"}', '{"error": 5}', "[" * 3000, ""]
)
def test_a_process_that_answers_nonsense_is_said(tmp_path, line):
    python = tmp_path / "bin" / "python"
    python.parent.mkdir()
    (tmp_path / "line").write_text(line + "\n" if line else "")
    python.write_text(f'#!/bin/sh\ncat "{tmp_path}/line"\ncat >/dev/null\n' if line else "#!/bin/sh\n")
    python.chmod(0o700)
    with pytest.raises(BackendError):
        EnvironmentBackend(f"{tmp_path}:a:b")


def test_only_the_script_leaves_its_folder_out_of_the_path():
    code = "import sys; before = sys.path[:]; import qcsearch.deployment.executors.worker; sys.exit(sys.path != before)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

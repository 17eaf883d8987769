"""The local server, and executors that reach it through the unmodified client."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import subprocess
import sys

import numpy as np
import pytest
from ibm_server.server import IbmServer
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter

from qcsearch.cli.main import run
from qcsearch.deployment.executors.ibm import IbmExecutor
from qcsearch.deployment.executors.ibm_estimator import IbmEstimator
from qcsearch.deployment.ibm.connection.retry import RetryPolicy
from qcsearch.deployment.ibm.options import IbmOptions
from qcsearch.deployment.values import Pub

QUICK = RetryPolicy(
    call_timeout=3.0, job_timeout=20.0, poll_interval=0.02, max_poll_interval=0.1, backoff=0.02,
    settle_interval=0.05, unknown_polls=5, submits_per_minute=6000.0, breaker_seconds=0.2,
)  # fmt: skip


@pytest.fixture
def quick():
    """Deadlines for a server that is near."""
    return QUICK


@pytest.fixture
def serve(monkeypatch, tmp_path):
    """Starts a server and points the environment of this process to it."""
    started = []

    def start(*backends, **settings):
        server = IbmServer(backends or ("ibm_valencia", "ibm_lagos"), **settings).__enter__()
        started.append(server)
        monkeypatch.setenv("HOME", str(tmp_path))
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        return server

    yield start
    for server in started:
        server.__exit__(None, None, None)


@pytest.fixture
def server(serve):
    """A server with processors of five and seven qubits."""
    return serve()


@pytest.fixture
def executor(server, tmp_path):
    """Opens an executor; those with the same journal share what they have paid for."""
    opened = []

    def open_executor(name="ibm_valencia", journal="journal", seed=0, device=None, **options):
        settings = {"max_qpu_seconds": 1000.0, "retry": QUICK} | options
        kind = IbmEstimator if options.get("primitive") == "estimator" else IbmExecutor
        opened.append(kind(name, tmp_path / journal, IbmOptions(**settings), device, seed))
        return opened[-1]

    yield open_executor
    for one in opened:
        one._journal.close()


@pytest.fixture
def rotation():
    """A job of one circuit on qubit 0 with two sets of parameters: |0⟩ and |1⟩."""
    circuit = QuantumCircuit(5, 1)
    circuit.sx(0)
    circuit.rz(Parameter("t"), 0)
    circuit.sx(0)
    circuit.measure(0, 0)
    return Pub(circuit, np.array([[np.pi], [0.0]]))


@pytest.fixture(scope="session")
def searched(tmp_path_factory):
    """Searches once a device, and hands out copies of the run."""
    found = {}

    def copy_of(device, data="iris"):
        if (device, data) not in found:
            found[device, data] = tmp_path_factory.mktemp("searched") / "run"
            arguments = ["--device", device, "--space", "tiny", "--trials", "3", "--baselines", "none"]
            words = ("search", data, *arguments, "--run", found[device, data])
            assert run([str(word) for word in words]) == 0
        return shutil.copytree(found[device, data], tmp_path_factory.mktemp("run") / "run")

    return copy_of


@pytest.fixture
def command():
    """Starts a command in a process of its own, which knows a server by environment variables alone."""
    started = []

    def start(server, home, *words, **variables):
        code = "from qcsearch.cli.main import main; main()"
        started.append(
            subprocess.Popen(
                [sys.executable, "-c", code, *map(str, words)],
                env=os.environ | server.environment | {"HOME": str(home)} | variables,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        )
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture(scope="session")
def call():
    """Runs a command in this process; returns its exit code and what it printed and said."""

    def call(*words):
        out, errors = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(errors):
            code = run([str(word) for word in words])
        return code, out.getvalue(), errors.getvalue()

    return call


@pytest.fixture
def asked(monkeypatch):
    """A person at the terminal with an answer."""

    class Terminal(io.StringIO):
        def isatty(self):
            return True

    return lambda answer: monkeypatch.setattr("sys.stdin", Terminal(answer + "\n"))


@pytest.fixture
def peak():
    """Runs something and checks how much more memory it took at its highest."""
    import resource

    def check(work, megabytes):
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        try:
            return work()
        finally:
            assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < megabytes * 1024

    return check

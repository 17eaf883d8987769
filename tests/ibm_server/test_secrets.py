"""The API key: where it is taken from, and that it turns up nowhere."""

from __future__ import annotations

import json

import pytest
from ibm_server.server import CRN

from qcsearch.errors import CredentialsError

DEPLOY = ("--steps", 1, "--shots", 16, "--max-qpu-seconds", 1000, "--yes", "--submits-per-minute", 6000)


@pytest.fixture
def without_environment(server, monkeypatch):
    """The addresses of the server, but no key."""
    monkeypatch.delenv("QISKIT_IBM_TOKEN")
    return server


def save_account(home, server, mode):
    path = home / ".qiskit" / "qiskit-ibm.json"
    path.parent.mkdir(exist_ok=True)
    account = {"channel": "ibm_quantum_platform", "token": server.token, "instance": CRN, "verify": True}
    address = server.addresses["QISKIT_IBM_URL"]
    path.write_text(json.dumps({"default-ibm-quantum-platform": account | {"url": address}}))
    path.chmod(mode)
    return path


def test_no_key_is_said_and_no_file_is_made(without_environment, executor, rotation, tmp_path):
    with pytest.raises(CredentialsError, match="QISKIT_IBM_TOKEN"):
        executor().run([rotation], 10)
    assert not (tmp_path / ".qiskit").exists()
    assert without_environment.requests == []


def test_no_instance_is_said(server, executor, rotation, monkeypatch):
    monkeypatch.delenv("QISKIT_IBM_INSTANCE")
    with pytest.raises(CredentialsError, match="instance that pays"):
        executor().run([rotation], 10)
    assert server.requests == []


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604])
def test_an_account_file_that_others_can_read_is_refused(
    without_environment, executor, rotation, tmp_path, mode
):
    save_account(tmp_path, without_environment, mode)
    with pytest.raises(CredentialsError, match="chmod 600"):
        executor().run([rotation], 10)
    assert without_environment.requests == []


def test_the_account_file_is_enough(server, command, searched, monkeypatch, tmp_path):
    monkeypatch.delenv("QISKIT_IBM_TOKEN")
    path, run = save_account(tmp_path, server, 0o600), searched("fake_valencia")
    words = ("deploy", run, "--backend", "ibm:ibm_valencia", *DEPLOY)
    process = command(server, tmp_path, *words, QISKIT_IBM_TOKEN="", QISKIT_IBM_INSTANCE="")
    out, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    assert len(server.billed) == 4
    assert server.leaks() == []
    assert server.token not in out + errors
    assert holders(server.token, tmp_path, run) == [path]


def test_the_keyring_is_asked_if_there_is_one(server, command, searched, tmp_path):
    (tmp_path / "keyring.py").write_text(
        "class errors:\n    KeyringError = OSError\n"
        f"def get_password(service, user): return {server.token!r} if user == 'token' else None\n"
    )
    run = searched("fake_valencia")
    words = ("deploy", run, "--backend", "ibm:ibm_valencia", *DEPLOY)
    process = command(server, tmp_path, *words, QISKIT_IBM_TOKEN="", PYTHONPATH=str(tmp_path))
    out, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    assert len(server.billed) == 4
    assert server.token not in out + errors


@pytest.mark.parametrize(
    "trouble",
    [
        pytest.param(("iam", 400, 1000), id="refused"),
        pytest.param(("submit", 400, 1), id="request"),
        pytest.param(("iam", 503, 1000), id="identity", marks=pytest.mark.exhaustive),
        pytest.param(("backends", 500, 1000), id="service", marks=pytest.mark.exhaustive),
    ],
)
def test_a_planted_key_is_in_no_file_and_no_output_whatever_goes_wrong(
    trouble, server, command, searched, tmp_path
):
    run = searched("fake_valencia")
    server.faults.add(*trouble)
    words = ("deploy", run, "--backend", "ibm:ibm_valencia", *DEPLOY, "-v", "--json")
    process = command(server, tmp_path, *words)
    out, errors = process.communicate(timeout=300)
    assert process.returncode == 5, errors
    assert json.loads(out.splitlines()[-1])["exit_code"] == 5
    assert "Traceback" in errors
    assert server.leaks() == []
    assert server.token not in out + errors
    assert holders(server.token, tmp_path, run) == []


def holders(token, *folders):
    """Files that hold the token, as text or in a compressed file's bytes."""
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    return [path for path in files if token.encode() in path.read_bytes()]

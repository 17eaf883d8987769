"""The API key: where it is taken from, and that it turns up nowhere."""

from __future__ import annotations

import json
import os
from pathlib import Path

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


def test_a_live_snapshot_is_taken_without_the_key_on_the_wire(server, call, tmp_path):
    code, out, errors = call("devices", "snapshot", "ibm_lagos", "-o", tmp_path / "models")
    assert code == 0, errors
    assert json.loads(Path(out.strip()).read_text())["provider"] == "ibm"
    assert server.leaks() == []


def test_nor_does_a_snapshot_send_it_where_the_identity_service_fails(server, call, tmp_path):
    server.faults.add("iam", 400, 1000)
    code, _, errors = call("devices", "snapshot", "ibm_lagos", "-o", tmp_path / "models")
    assert code == 5
    assert "identity service" in errors
    assert server.leaks() == []


KEYRING = """
import os

class errors:
    class KeyringError(Exception):
        pass

class Keyring:
    priority = float(os.environ["KEYRING_PRIORITY"])
    def get_password(self, service, user):
        return os.environ["KEYRING_KEY"] if (service, user) == ("qcsearch-ibm", "token") else None

class Locked(Keyring):
    priority = 5
    def get_password(self, service, user):
        raise errors.KeyringError("locked")

class Chain:
    priority = 10
    backends = [Locked(), Keyring()]

def get_keyring():
    return Chain() if "KEYRING_CHAIN" in os.environ else Keyring()
"""


def test_the_keyring_is_asked_if_there_is_one(server, command, searched, tmp_path):
    (tmp_path / "keyring.py").write_text(KEYRING)
    run = searched("fake_valencia")
    words = ("deploy", run, "--backend", "ibm:ibm_valencia", *DEPLOY)
    variables = {
        "QISKIT_IBM_TOKEN": "",
        "PYTHONPATH": with_path(tmp_path),
        "KEYRING_KEY": server.token,
    }
    process = command(server, tmp_path, *words, **variables, KEYRING_PRIORITY="5")
    out, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    assert len(server.billed) == 4
    assert server.token not in out + errors


def test_a_keyring_that_keeps_the_key_in_plain_text_is_refused(server, command, searched, tmp_path):
    """By the priority that it gives itself: below 1 `keyring` does not recommend it."""
    (tmp_path / "keyring.py").write_text(KEYRING)
    words = ("deploy", searched("fake_valencia"), "--backend", "ibm:ibm_valencia", *DEPLOY)
    variables = {"QISKIT_IBM_TOKEN": "", "PYTHONPATH": with_path(tmp_path), "KEYRING_KEY": server.token}
    process = command(server, tmp_path, *words, **variables, KEYRING_CHAIN="1", KEYRING_PRIORITY="0.5")
    out, errors = process.communicate(timeout=120)
    assert process.returncode == 5, errors
    assert "must keep it encrypted" in errors
    assert server.requests == []
    assert server.token not in out + errors


def with_path(folder):
    """A search path that begins with a folder."""
    return os.pathsep.join([str(folder), *filter(None, [os.environ.get("PYTHONPATH")])])


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

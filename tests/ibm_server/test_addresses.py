"""Nothing that signs a request goes to another address than the one it is for; tokens are renewed, keys are cleaned."""

from __future__ import annotations

import json

import pytest
from ibm_server.faults import Redirect
from ibm_server.server import CRN, IbmServer

from qcsearch.deployment.ibm.connection.credentials import account
from qcsearch.errors import BackendError, CredentialsError

SIGNED = (
    "iam",
    "search",
    "catalog",
    "backends",
    "configuration",
    "properties",
    "usage",
    "submit",
    "job",
    "results",
)
FEW = ("iam", "search", "submit", "results")


@pytest.fixture
def other(server):
    """The other host: it answers all that it is asked, with the same key."""
    with IbmServer(token=server.token) as another:
        yield another


def secrets(server):
    return [server.token, *server.access_tokens]


def seen(server, words):
    """Requests of a server that hold one of the words."""
    return [
        request
        for request in server.requests
        if any(word in f"{request.path}{request.headers}{request.body!r}" for word in words)
    ]


@pytest.mark.parametrize(
    "status", [307, *(pytest.param(n, marks=pytest.mark.slow) for n in (301, 302, 303, 308))]
)
@pytest.mark.parametrize(
    "call", [pytest.param(c, marks=[] if c in FEW else pytest.mark.slow) for c in SIGNED]
)
def test_no_call_is_sent_on(server, other, executor, rotation, call, status):
    server.faults.add(call, Redirect(f"{other.url}/iam/identity/token", status), 1000)
    with pytest.raises(BackendError) as caught:
        executor().run([rotation], 10)
    assert caught.value.exit_code == 5
    assert seen(other, secrets(server)) == []
    assert other.requests == []
    assert server.leaks() == []


@pytest.mark.parametrize(
    "where",
    [
        "http://localhost:{port}/iam/identity/token",
        "https://127.0.0.1:{port}/iam/identity/token",
        "//127.0.0.1:{port}/iam/identity/token",
        "/other/identity/token",
    ],
)
def test_nor_to_another_scheme_port_or_path_of_the_same_host(server, executor, rotation, where):
    port = server.url.rpartition(":")[2]
    server.faults.add("iam", Redirect(where.format(port=port)), 1000)
    with pytest.raises(BackendError, match="sends the request on"):
        executor().run([rotation], 10)
    assert server.calls("iam") == 1
    assert server.calls("unknown") == 0
    assert server.leaks() == []


@pytest.mark.parametrize("call", ["job", pytest.param("submit", marks=pytest.mark.slow), "results"])
def test_a_token_that_expired_is_replaced(server, executor, rotation, call):
    """As after a step of the clock: the client thinks that its token is good, and the service does not."""
    one = executor()
    one.run([rotation], 10)
    server.faults.add(call, 401)
    one.run([rotation], 11)
    assert server.calls("iam") >= 3
    assert len(server.billed) == 2


def test_all_tokens_expire_at_once_and_no_job_is_lost(server, executor, rotation):
    one = executor()
    one.run([rotation], 10)
    server.access_tokens.clear()
    one.run([rotation], 11)
    assert len(server.billed) == len(server.jobs) == 2


def test_a_new_token_that_is_refused_too_is_said(server, executor, rotation):
    one = executor()
    one.run([rotation], 10)
    server.faults.add("usage", 401, 1000)
    with pytest.raises(CredentialsError, match="refuses them"):
        one.run([rotation], 11)
    assert server.calls("usage") <= 4


BLANKS = ("{}\n", " {}", "{} ", "{}\r\n", "\t{}\n\n")


@pytest.mark.parametrize("blanks", BLANKS)
def test_blanks_around_a_key_an_instance_or_an_address_are_left_out(
    server, executor, rotation, monkeypatch, blanks
):
    for name, value in server.environment.items():
        monkeypatch.setenv(name, blanks.format(value))
    executor(journal=repr(blanks).strip("'")).run([rotation], 10)
    assert len(server.billed) == 1


@pytest.mark.parametrize(
    "token", [" ", "\n", "\t\n ", "ab\ncd", "ab cd", "ab\x00cd", "ab\x1b[31m", "ab\u2028cd"]
)
def test_what_can_be_no_key_is_said_in_a_sentence_without_it(server, monkeypatch, token):
    monkeypatch.setattr("os.environ", {"HOME": "/", "QISKIT_IBM_TOKEN": token, "QISKIT_IBM_INSTANCE": CRN})
    with pytest.raises(CredentialsError) as caught:
        account()
    assert "QISKIT_IBM_TOKEN" in str(caught.value)
    assert str(caught.value).isprintable()
    assert not token.strip() or token not in str(caught.value)


@pytest.mark.parametrize("instance", ["", "auto", " auto\n"])
def test_an_instance_is_named(server, monkeypatch, instance):
    monkeypatch.setattr(
        "os.environ", {"HOME": "/", "QISKIT_IBM_TOKEN": "key", "QISKIT_IBM_INSTANCE": instance}
    )
    with pytest.raises(CredentialsError, match="instance that pays"):
        account()


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '{"a": 1}', '{"default-ibm-quantum-platform": {}}', "\xff"]
)
def test_an_account_file_that_is_none_is_said(server, monkeypatch, tmp_path, text):
    monkeypatch.delenv("QISKIT_IBM_TOKEN")
    path = tmp_path / ".qiskit" / "qiskit-ibm.json"
    path.parent.mkdir()
    path.write_text(text, "latin-1")
    path.chmod(0o600)
    with pytest.raises(CredentialsError):
        account()


def test_a_key_of_a_saved_account_is_cleaned(server, executor, rotation, monkeypatch, tmp_path):
    monkeypatch.delenv("QISKIT_IBM_TOKEN")
    monkeypatch.delenv("QISKIT_IBM_INSTANCE")
    saved = {
        "channel": "ibm_quantum_platform",
        "token": f"{server.token}\n",
        "instance": f"{CRN} ",
        "url": f" {server.addresses['QISKIT_IBM_URL']}\n",
    }
    path = tmp_path / ".qiskit" / "qiskit-ibm.json"
    path.parent.mkdir()
    path.write_text(json.dumps({"default-ibm-quantum-platform": saved}))
    path.chmod(0o600)
    executor().run([rotation], 10)
    assert len(server.billed) == 1

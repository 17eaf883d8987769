"""What cannot be served ends the command with one sentence, before the port opens."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from qcsearch.errors import BundleError, InputError, MissingExtraError
from qcsearch.serving import extra
from qcsearch.serving.http.server import serve
from qcsearch.serving.settings import ServingSettings

QCSEARCH = [sys.executable, "-c", "from qcsearch.cli.main import main; main()"]


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org"])
def test_a_host_that_others_reach_needs_keys(host):
    with pytest.raises(InputError, match=r"must have --keys or --oidc-issuer\. There is none"):
        ServingSettings(host)
    ServingSettings(host, keys=Path("keys.json"))


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "127.3.2.1"])
def test_this_machine_alone_needs_none(host):
    ServingSettings(host)


def test_without_the_extra_the_command_says_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "fastapi", None)
    with pytest.raises(MissingExtraError, match=r"Serving needs fastapi.* pip install 'qcsearch\[serve\]'"):
        extra.require_extra()


def test_a_bundle_that_is_none_or_changed_is_not_served(bundle, tmp_path):
    with pytest.raises(BundleError, match="There is no bundle"):
        serve([str(tmp_path / "nothing")], ServingSettings())
    changed = tmp_path / "changed"
    changed.mkdir()
    for file in bundle.iterdir():
        (changed / file.name).write_bytes(file.read_bytes())
    weights = changed / "weights.json"
    weights.write_bytes(weights.read_bytes().replace(b"1", b"2", 1))
    with pytest.raises(BundleError, match=r"weights\.json of the bundle is not as it was written"):
        serve([str(changed)], ServingSettings())


def test_names_must_differ_and_fit_an_address(bundle):
    with pytest.raises(InputError, match="Two are called 'flowers'"):
        serve([str(bundle), str(bundle)], ServingSettings())
    with pytest.raises(InputError, match="A model's name must be"):
        serve([f"a b={bundle}"], ServingSettings())


def test_a_port_that_is_taken_is_one_sentence(bundle, service):
    port = service.address.rpartition(":")[2]
    done = subprocess.run(
        [*QCSEARCH, "serve", bundle, "--port", port], capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(
        f"Error: Nobody can listen on 127.0.0.1, port {port}: Address already in use."
    )


def test_the_command_line_is_as_light_as_before():
    heavy = ("fastapi", "uvicorn", "starlette", "prometheus_client", "orjson", "jwt", "httpx")
    code = f"import sys, qcsearch.cli.app; print([name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_service_that_is_open_has_loaded_nothing_of_learning_the_search_or_hardware(bundle):
    heavy = (
        "optuna",
        "sklearn",
        "pandas",
        "matplotlib",
        "qiskit_ibm_runtime",
        "scipy.stats",
        "scipy.optimize",
        "qcsearch.search.run.folder",
        "qcsearch.training.losses",
    )
    code = (
        "import sys; from qcsearch.serving.opening import open_service; "
        "from qcsearch.serving.settings import ServingSettings\n"
        f"with open_service([{str(bundle)!r}], ServingSettings()):\n"
        f"    print([name for name in {heavy!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip().splitlines()[-1] == "[]"


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8080", "[::1]:9000", "LOCALHOST:1"])
def test_a_service_without_keys_answers_to_this_machines_names(service, host):
    with service.client() as client:
        assert client.get("/v1/models", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host", ["rebound.example.org:8080", "127.0.0.1.example.org", "localhost.", "a:b:c", "[", "192.0.2.1"]
)
def test_and_to_no_other_by_which_a_page_from_elsewhere_could_read_it(service, host):
    with service.client() as client:
        answer = client.get("/v1/models", headers={"Host": host})
    assert (answer.status_code, answer.json()["title"]) == (421, "Misdirected request")

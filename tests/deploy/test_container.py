"""The image's entry point as it would be run there: another user, a root that is not written to, mounted secrets."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import httpx
import pytest
from containerfile import DEPLOY, REPOSITORY, command, environment, instructions, lay_kernels
from sklearn.datasets import load_iris

from qcsearch.bundle.write import write_bundle
from qcsearch.serving.access import keys
from qcsearch.training.single import train

CAGE = Path(__file__).parents[1] / "support" / "cage.sh"
USER = 10001
CANDIDATE = {
    "encoding": {"name": "angle"},
    "ansatz": {"name": "hardware_efficient", "settings": {"n_layers": 1}},
    "qubits": [0, 1, 2, 3],
    "observables": ["Z0", "Z1"],
    "training": {"steps": 2},
}


def caged():
    """Whether this machine lets a test have mounts of its own."""
    if os.geteuid() != 0 or not shutil.which("unshare") or not shutil.which("setpriv"):
        return False
    return subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False).returncode == 0


pytestmark = [pytest.mark.slow, pytest.mark.skipif(not caged(), reason="needs root and mount namespaces")]


@pytest.fixture
def image(tmp_path):
    """A folder with what the image adds to its base, and what is mounted into it; and a key."""
    X, y = load_iris(return_X_y=True)
    write_bundle(train(CANDIDATE, X, y, device="fake_manila"), tmp_path / "bundle.zip")
    root = tmp_path / "image"
    for folder in ("opt/qcsearch", "models", "run/secrets/qcsearch", "state"):
        (root / folder).mkdir(parents=True)
    shutil.copy(tmp_path / "bundle.zip", root / "models/model.zip")
    shutil.copy(DEPLOY / "start.sh", root / "opt/qcsearch")
    program = root / "opt/qcsearch/venv/bin/qcsearch"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!{sys.executable}\nfrom qcsearch.cli.main import main\n\nmain()\n")
    program.chmod(0o755)
    lay_kernels(root / "opt/qcsearch/kernels")
    secrets = root / "run/secrets/qcsearch"
    _, token = keys.create(secrets / "keys.json", "alice", ["predict"], None, None)
    for file in secrets.glob("keys.json*"):
        os.chown(file, 0, USER)
        file.chmod(0o440)  # as Kubernetes mounts a secret for a group
    return root, token


@pytest.fixture
def start(image):
    """Start it as its Containerfile says, with other arguments in place of those of `CMD` if there are any."""
    root, _ = image
    started = []

    def run():
        stage = instructions(DEPLOY / "Containerfile")[-1]
        variables = environment(stage) | {"PORT": "0"}
        variables["PATH"] = variables["PATH"].replace("$PATH", "/usr/local/bin:/usr/bin:/bin")
        places = {str(REPOSITORY), sys.prefix, sys.base_prefix, *filter(os.path.isdir, sys.path)}
        cage = ["unshare", "--mount", "--propagation", "private", CAGE, root, ":".join(sorted(places))]
        words = ["env", "-i", *(f"{name}={value}" for name, value in variables.items()), *command(stage)]
        process = subprocess.Popen([*cage, *words], stderr=subprocess.PIPE, text=True, cwd="/")
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill()
        process.wait()
        process.stderr.close()


def listening(process):
    """Its address, and what it says from then on."""
    lines = []
    for line in process.stderr:
        lines.append(line)
        if found := re.match(r"Serving on http://0\.0\.0\.0:(\d+)", line):
            threading.Thread(target=lambda: lines.extend(process.stderr), daemon=True).start()
            return f"http://127.0.0.1:{found[1]}", lines
    raise AssertionError(f"it ended with {process.wait()}: {lines}")


def test_it_serves_with_its_keys_writes_nowhere_else_compiles_nothing_and_ends_well(image, start):
    _, token = image
    process = start()
    address, lines = listening(process)
    status = Path(f"/proc/{process.pid}/status").read_text()
    assert re.search(rf"^Uid:\s+{USER}\s+{USER}\s+{USER}", status, flags=re.MULTILINE)
    assert re.search(r"^CapEff:\s+0+$", status, flags=re.MULTILINE)
    with httpx.Client(base_url=address, timeout=20) as client:
        assert client.get("/v2/health/ready").status_code == 200
        rows = {"rows": [[5.1, 3.5, 1.4, 0.2]]}
        assert client.post("/v1/predict", json=rows).status_code == 401
        answer = client.post("/v1/predict", json=rows, headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 200, answer.text
        assert answer.json()["model"] == "model"
    inside = Path(f"/proc/{process.pid}/root")
    assert not [line for line in lines if "Compiling" in line]
    ours = inside / REPOSITORY.relative_to("/")  # a checkout may lie in /tmp, with kernels of its own
    assert not [path for path in (inside / "tmp").rglob("*.nb?") if not path.is_relative_to(ours)]
    assert (inside / "tmp/qcsearch/keys.json.pepper").stat().st_mode & 0o777 == 0o600
    assert (inside / "state/service/audit").is_dir()
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    assert "ended" in [json.loads(line).get("event") for line in lines if line.startswith("{")]


def test_without_keys_it_says_so_and_serves_nobody(image, start):
    root, _ = image
    shutil.rmtree(root / "run/secrets/qcsearch")
    process = start()
    _, said = process.communicate(timeout=60)
    assert process.returncode == 2
    assert said.startswith("Error: A service on 0.0.0.0 can be reached from elsewhere and must have --keys")

"""A small model as a bundle, and the service as a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx
import numpy as np
import pytest
from sklearn.datasets import load_iris

from qcsearch.bundle import load_bundle
from qcsearch.bundle.write import write_bundle
from qcsearch.training.single import train

CANDIDATE = {
    "preprocessing": {"reduction": {"name": "pca", "settings": {"n_components": 3}}, "scaling": "standard"},
    "encoding": {"name": "reuploading"},
    "ansatz": {"name": "hardware_efficient", "settings": {"n_layers": 2}},
    "qubits": [3, 1, 2],
    "observables": ["Z0", "X1", "Z0Z2"],
    "head": {"name": "mlp"},
    "training": {"steps": 5},
}


@pytest.fixture(scope="session")
def bundle(tmp_path_factory):
    X, y = load_iris(return_X_y=True)
    model = train(CANDIDATE, X, np.array(["setosa", "versicolor", "virginica"])[y], device="fake_manila")
    path = tmp_path_factory.mktemp("serving") / "flowers"
    write_bundle(model, path)
    return path


@pytest.fixture(scope="session")
def model(bundle):
    return load_bundle(bundle)


@pytest.fixture(scope="session")
def samples():
    """A thousand rows, each unlike every other."""
    X, _ = load_iris(return_X_y=True)
    rng = np.random.default_rng(7)
    return X[rng.integers(len(X), size=1000)] + rng.normal(0, 0.3, (1000, 4))


@dataclass
class Process:
    process: subprocess.Popen
    address: str
    lines: list = field(default_factory=list)

    @property
    def host(self):
        return self.address.removeprefix("http://")

    @property
    def log(self):
        return [json.loads(line) for line in self.lines if line.startswith("{")]

    def client(self, **settings):
        return httpx.Client(base_url=self.address, timeout=20, **settings)

    def wait_for(self, seen, seconds=10):
        """Until the log shows something."""
        deadline = time.monotonic() + seconds
        while not seen(self.log):
            assert time.monotonic() < deadline, self.lines
            time.sleep(0.02)


@contextmanager
def serving(*arguments):
    command = [
        sys.executable,
        "-c",
        "from qcsearch.cli.main import main; main()",
        "serve",
        *map(str, arguments),
    ]
    process = subprocess.Popen([*command, "--port", "0"], stderr=subprocess.PIPE, text=True)
    lines: list[str] = []
    try:
        for line in process.stderr:
            if line.startswith("Serving on "):
                break
            lines.append(line)
        else:
            raise AssertionError(f"the service ended with {process.wait()}: {lines}")
        reader = threading.Thread(target=lambda: lines.extend(process.stderr), daemon=True)
        reader.start()
        yield Process(process, line.split()[-1], lines)
        process.kill()
        reader.join()
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


@pytest.fixture(scope="session")
def serve():
    """Serve bundles for the time of a `with`."""
    return serving


@pytest.fixture(scope="session")
def service(bundle):
    """One for all tests that leave it as it was."""
    with serving(bundle, "--drain-seconds", "0") as process:
        yield process

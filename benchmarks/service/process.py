"""The service as a process of its own, and what is said of it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import numpy as np

from qcsearch.bundle import load_bundle

QCSEARCH = [sys.executable, "-c", "from qcsearch.cli.main import main; main()"]


@dataclass(frozen=True)
class Line:
    """One promise: what was found, and whether that keeps it."""

    name: str
    found: str
    kept: bool


@dataclass(frozen=True)
class Service:
    """One that runs."""

    process: subprocess.Popen[bytes]
    port: int

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def client(self, **settings: object) -> httpx.Client:
        return httpx.Client(base_url=f"http://{self.host}", timeout=30, **settings)  # type: ignore[arg-type]


@contextmanager
def serving(bundle: Path, *arguments: object) -> Iterator[Service]:
    """A service, for as long as it takes."""
    command = [*QCSEARCH, "serve", f"it={bundle}", "--port", "0", "--json", *map(str, arguments)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        try:
            yield Service(process, int(json.loads(line)["address"].rpartition(":")[2]))
        finally:
            process.kill()


def samples(bundle: Path, n: int) -> np.ndarray:
    """Rows, each unlike every other."""
    return np.random.default_rng(0).uniform(0, 16, (n, load_bundle(bundle).n_features_in))

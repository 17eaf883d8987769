"""The first search on a machine: kernels are compiled once, which is said and does not count."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from shutil import copytree

import pytest

import qcsearch
from qcsearch.search.run.folder import RunFolder
from qcsearch.search.workers.pool import ForkServer
from qcsearch.simulation.exact.runtime.compilation import SENTENCE

PACKAGE = Path(qcsearch.__file__).parent


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A folder with the package in it, nothing of which was compiled."""
    copytree(PACKAGE, tmp_path / "qcsearch", ignore=lambda *_: {"__pycache__"})
    for data in ("search_spaces", "noise_models"):
        if (PACKAGE.parent / data).is_dir():
            (tmp_path / data).symlink_to(PACKAGE.parent / data)
    return tmp_path


def search(machine: Path, run: str, *options: str) -> subprocess.CompletedProcess[str]:
    command = ("search", "iris", "--device", "fake_manila", "--seed", "0", "--run", run, "--json", *options)
    code = "from qcsearch.cli.main import main; main()"
    return subprocess.run(
        [sys.executable, "-P", "-c", code, *command],
        cwd=machine,
        env={**os.environ, "PYTHONPATH": str(machine)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
@pytest.mark.parametrize("workers", ["1", "2"])
def test_the_first_search_finds_what_the_second_finds(machine: Path, workers: str) -> None:
    options = ("--max-seconds", "20", "--workers", workers)
    started = time.monotonic()
    cold = search(machine, "cold", *options)
    seconds = time.monotonic() - started
    warm = search(machine, "warm", *options)
    assert (cold.returncode, warm.returncode) == (0, 0), cold.stderr + warm.stderr
    assert (cold.stderr.count(SENTENCE), warm.stderr.count(SENTENCE)) == (1, 0)
    first, second = json.loads(cold.stdout), json.loads(warm.stdout)
    assert seconds - first["seconds"] > 5, "compiling took no time, or counted"
    assert first["n_trials"] >= second["n_trials"] // 3
    accuracy = [found["best"]["test_accuracy_noisy"] for found in (first, second)]
    assert min(accuracy) >= 0.8
    assert RunFolder.open(machine / "cold").result() is not None


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_process_that_forks_workers_has_no_thread_of_ours_when_it_is_warm() -> None:
    with ForkServer() as fork_server:
        fork_server.warm_up()
        threads = [task / "comm" for task in Path(f"/proc/{fork_server.pid}/task").iterdir()]
        names = sorted(path.read_text().strip() for path in threads)
    # An allocator that pyarrow brings has one, and is made to be forked.
    assert [name for name in names if name != "jemalloc_bg_thd"] == ["python"]

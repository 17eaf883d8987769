"""Private jobs: their results are given once, and are lost neither to a full disk nor to a kill."""

from __future__ import annotations

import errno
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from ibm_server.faults import Redirect
from ibm_server.kills import kill_later

from qcsearch.deployment.ibm.jobs import fetcher, result_store
from qcsearch.errors import ResultError, StorageError

WORDS = ("--backend", "ibm:ibm_valencia", "--private", "--max-qpu-seconds", 2000, "--yes", "--shots", 64)


@pytest.fixture
def here(monkeypatch):
    """Results are fetched in this process, where disks can be made to fail."""
    monkeypatch.setattr(fetcher, "_in_child", fetcher.fetch)


@pytest.fixture
def full(monkeypatch, here):
    """Makes writing fail in folders, so often."""
    plain = result_store._write

    def fail(*folders, times=10**6):
        left = [times]

        def write(path, part, data):
            if left[0] > 0 and any(path.is_relative_to(folder) for folder in folders):
                left[0] -= 1
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            plain(path, part, data)

        monkeypatch.setattr(result_store, "_write", write)

    return fail


def test_a_result_is_not_asked_for_where_there_is_no_room(server, executor, rotation, here, monkeypatch):
    def no_room(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    one = executor(private=True)
    with monkeypatch.context() as patch:
        patch.setattr(os, "posix_fallocate", no_room)
        with pytest.raises(StorageError, match="must be room") as caught:
            one.run([rotation], 20)
    assert caught.value.exit_code == 2
    assert server.calls("results") == 0
    one.close()
    executor(private=True).run([rotation], 20)
    assert len(server.billed) == server.calls("results") == 1


def test_a_result_that_cannot_be_written_is_kept_elsewhere(
    server, executor, rotation, full, monkeypatch, tmp_path, caplog
):
    other = tmp_path / "other"
    other.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(other))
    full(tmp_path / "journal")
    one = executor(private=True)
    wanted = one.run([rotation], 20)[0].get_counts()
    one.close()
    (kept,) = other.glob("qcsearch-*.json")
    assert str(kept) in caplog.text
    assert kept.stat().st_mode & 0o777 == 0o600
    assert executor(private=True).run([rotation], 20)[0].get_counts() == wanted
    assert len(server.billed) == server.calls("results") == 1


def test_where_all_disks_are_full_it_is_held_until_one_is_not(
    server, executor, rotation, full, monkeypatch, tmp_path, caplog
):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    full(tmp_path, times=6)
    executor(private=True).run([rotation], 20)
    assert "held in memory" in caplog.text
    assert server.calls("results") == 1


@pytest.mark.parametrize("cut", ["stored", "written"])
def test_a_kill_between_the_result_and_its_line_loses_nothing(server, executor, rotation, tmp_path, cut):
    one = executor(private=True)
    wanted = one.run([rotation], 20)[0].get_counts()
    one.close()
    journal = tmp_path / "journal" / "journal.jsonl"
    lines = journal.read_text().splitlines()
    kept = next(i for i, line in enumerate(lines) if '"stored"' in line)
    journal.write_text("".join(f"{line}\n" for line in lines[:kept]))
    if cut == "written":  # it was not yet given its name
        (result,) = (tmp_path / "journal" / "results").glob("*.json")
        result.rename(result.with_suffix(".part"))
    assert executor(private=True).run([rotation], 20)[0].get_counts() == wanted
    assert len(server.billed) == 1


ASK = """
import sys
from pathlib import Path
import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qcsearch.deployment.values import Pub
from qcsearch.deployment.executors.ibm import IbmExecutor
from qcsearch.deployment.ibm.options import IbmOptions
from qcsearch.deployment.ibm.connection.retry import RetryPolicy

circuit = QuantumCircuit(5, 1)
circuit.sx(0)
circuit.rz(Parameter("t"), 0)
circuit.sx(0)
circuit.measure(0, 0)
options = IbmOptions(max_qpu_seconds=1000.0, retry=RetryPolicy(poll_interval=0.02), private=True)
one = IbmExecutor("ibm_valencia", Path(sys.argv[1]), options)
one.run([Pub(circuit, np.array([[np.pi], [0.0]]))], 20)
"""


def fetchers():
    """What the system tells of all processes that fetch a result: their numbers, arguments and variables."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            arguments, variables = (folder / "cmdline").read_bytes(), (folder / "environ").read_bytes()
        except OSError:
            continue
        if fetcher.__name__.encode() in arguments:
            found[int(folder.name)] = arguments + variables
    return found


def test_a_result_that_is_on_its_way_outlives_the_command(server, executor, rotation, tmp_path, caplog):
    """Killed between the service's giving it away and its coming; who runs it again does not ask, but waits."""
    told = {}

    def give(value):
        told["fetchers"] = fetchers()
        process.send_signal(signal.SIGKILL)
        process.wait()
        told["killed"] = time.monotonic()
        time.sleep(3.0)
        told["given"] = time.monotonic()
        return value

    server.faults.add("results", give)
    process = subprocess.Popen([sys.executable, "-c", ASK, tmp_path / "journal"], stderr=subprocess.PIPE)
    assert process.wait(60) == -signal.SIGKILL, process.stderr.read()
    process.stderr.close()
    executor(private=True).run([rotation], 20)
    assert "is waited for" in caplog.text
    assert time.monotonic() > told["given"]
    assert len(server.billed) == server.calls("results") == 1
    (known,) = told["fetchers"].values()
    assert not any(secret.encode() in known for secret in (server.token, *server.access_tokens))


@pytest.mark.parametrize("effect", ["drop", 503, 401, "html"])
def test_what_goes_wrong_on_the_way_is_said_by_the_process_that_fetches(server, executor, rotation, effect):
    """As if the client had asked itself: a new token, or once more."""
    server.faults.add("results", effect)
    executor(private=True).run([rotation], 20)
    assert len(server.billed) == 1
    assert server.calls("results") == 2


def test_a_process_that_fetches_sends_nothing_on_to_another_address(server, executor, rotation):
    server.faults.add("results", Redirect(f"{server.url}/elsewhere"), 2)
    with pytest.raises(ResultError, match="sends the request on"):
        executor(private=True).run([rotation], 20)
    assert server.calls("results") == 2
    assert not any("elsewhere" in request.path for request in server.requests)


def test_an_order_is_not_carried_out_in_part(tmp_path):
    """The command was killed before it had said what to fetch."""
    child = subprocess.run(
        fetcher.python_command(fetcher.__name__, detached=True), input=b'{"url": "ht', capture_output=True
    )
    assert child.stdout == b""
    assert list(tmp_path.iterdir()) == []


@contextmanager
def tiny_disk(folder, size="256k"):
    """A file system of its own."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    if (
        os.geteuid() != 0
        or not shutil.which("mount")
        or subprocess.run(command, capture_output=True).returncode
    ):
        pytest.skip("mounting a small file system needs rights that are not there")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(folder):
    """Take all room of a disk; returns what to remove to have it back."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file:
        while True:
            try:
                file.write(bytes(4096))
            except OSError:
                return ballast


def test_a_disk_that_is_full_in_truth(server, executor, rotation, tmp_path):
    with tiny_disk(tmp_path / "disk", "4m") as disk:
        one = executor(journal="disk/journal", private=True)
        one._journal.intend("other", 1.0)
        ballast = fill(disk)
        with pytest.raises(StorageError) as caught:
            one.run([rotation], 20)
        assert "make room" in caught.value.fix
        ballast.unlink()
        one.close()
        for _ in range(2):
            one = executor(journal="disk/journal", private=True)
            one.run([rotation], 20)
            one.close()
        assert len(server.billed) == server.calls("results") == 1


@pytest.mark.parametrize(
    "turn", [pytest.param(n, marks=pytest.mark.slow if n < 3 else pytest.mark.exhaustive) for n in range(50)]
)
def test_a_kill_at_any_moment_and_a_full_disk_lose_no_private_result(
    serve, command, searched, tmp_path, turn
):
    """Kill it, fill its disk, run it, make room, run it again: the one job is billed once and its result is there."""
    server, rng = serve("ibm_valencia", queue_seconds=0.05), random.Random(turn)
    run = searched("fake_valencia")
    with tiny_disk(tmp_path / "disk", "24m") as disk:
        moved = shutil.copytree(run, disk / "run")
        words = ("predict", moved, "iris", *WORDS, "--submits-per-minute", 6000, "--json")
        kill_later(command(server, tmp_path, *words), server, rng.randrange(8, 30), rng.uniform(0, 0.2))
        ballast = fill(disk)
        process = command(server, tmp_path, *words)
        _, errors = process.communicate(timeout=300)
        assert process.returncode in (0, 2, 5), errors
        assert "Traceback" not in errors
        ballast.unlink()
        process = command(server, tmp_path, *words)
        out, errors = process.communicate(timeout=300)
        assert process.returncode == 0, errors
        assert out
    assert len(server.billed) == len(server.jobs) == 1

"""Killing a search of two workers at any moment: nothing that was finished is lost, nothing is done twice.

The command that is killed is a script as the command line runs it: the fork server first, then the imports.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from qcsearch.search.finish.leaderboard import records
from qcsearch.search.run.folder import RunFolder
from qcsearch.search.study.journal import JournalFile

COMMAND = """
import sys
from pathlib import Path
from qcsearch.search.workers.pool import ForkServer
fork_server = ForkServer()
from qcsearch.data.sources.load import load_dataset
from qcsearch.devices.calibration.providers import get_device
from qcsearch.search.search import run_search
from qcsearch.search.settings import SearchSettings
from qcsearch.search.space.space import load_space
run, space, n_trials = sys.argv[1:]
run_search(
    load_dataset("moons"), get_device("fake_manila"), load_space(space),
    SearchSettings(n_trials=int(n_trials), workers=2, baselines="none"), run=Path(run), fork_server=fork_server,
)
"""


@pytest.fixture
def slow_space(tmp_path: Path, quick: str) -> Path:
    """Trials of some tenths of a second."""
    path = tmp_path / "slow.toml"
    path.write_text(
        quick.replace("steps = 12", "steps = 300").replace("validate_every = 2", "validate_every = 50")
    )
    return path


@contextlib.contextmanager
def started(run: Path, space: Path, n_trials: int) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-c", COMMAND, str(run), str(space), str(n_trials)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def children(pid: int) -> list[int]:
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except FileNotFoundError:
        return []


class Asked:
    """How many trials workers ever took, read from the journal itself."""

    def __init__(self, run: Path) -> None:
        self._path = run / "study.journal"
        self._journal: JournalFile | None = None
        self._lines = self._count = 0

    def count(self) -> int:
        if self._journal is None and self._path.exists():
            self._journal = JournalFile(self._path)
        if self._journal is not None:
            logs = list(self._journal.read_logs(self._lines))
            self._lines += len(logs)
            self._count += sum("worker" in log.get("user_attr", {}) for log in logs)
        return self._count

    def wait_for_one_more(self, process: subprocess.Popen[bytes]) -> float:
        """Seconds until a trial more was taken."""
        begun, before = time.monotonic(), self.count()
        while self.count() <= before:
            assert process.poll() is None, process.communicate()[1].decode()
            assert time.monotonic() - begun < 60
            time.sleep(0.02)
        return time.monotonic() - begun


def kill(process: subprocess.Popen[bytes], victim: str, rng: random.Random) -> None:
    """Kill the whole tree, the command alone, the fork server, or one worker."""
    fork_server = children(process.pid)
    workers = [pid for parent in fork_server for pid in children(parent)]
    pids = {
        "all": [process.pid, *fork_server, *workers],
        "command": [process.pid],
        "fork server": fork_server,
    }
    chosen = pids.get(victim) or ([rng.choice(workers)] if workers else [process.pid])
    for pid in chosen:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def finished(run: Path) -> dict[int, str]:
    return {r.trial: repr(r.to_json()) for r in records(RunFolder.open(run))}


def kill_and_go_on(run: Path, space: Path, victims: list[str], seed: int) -> list[float]:
    """Start, kill some time after the first new trial, look, and so on; the seconds that each start took."""
    rng = random.Random(seed)
    seconds: list[float] = []
    known: dict[int, str] = {}
    for victim in victims:
        asked = Asked(run)
        asked.count()
        with started(run, space, 100_000) as process:
            seconds.append(asked.wait_for_one_more(process))
            time.sleep(rng.uniform(0.5, 3))
            kill(process, victim, rng)
            if victim in ("worker", "fork server"):
                time.sleep(rng.uniform(0, 0.5))  # the search goes on, until it is killed as a whole
                kill(process, "all", rng)
            process.wait()
        now = finished(run)
        assert {trial: now[trial] for trial in known} == known, "a finished trial was lost or changed"
        known = now
    with started(run, space, len(known) + 3) as process:
        _, error = process.communicate(timeout=120)
        assert process.returncode == 0, error.decode()
    end = finished(run)
    assert {trial: end[trial] for trial in known} == known
    assert len(end) == len(known) + 3
    return seconds


def assert_each_candidate_was_trained_once(run: Path) -> None:
    trained = [r.candidate.digest for r in records(RunFolder.open(run)) if r.trained and r.candidate]
    kept = [
        r.candidate.digest for r in records(RunFolder.open(run)) if r.outcome.kind == "kept" and r.candidate
    ]
    assert len(trained) >= len(kept) > 0
    assert len(set(kept)) == len(kept)


def test_a_killed_search_of_two_workers_resumes(tmp_path: Path, slow_space: Path) -> None:
    run = tmp_path / "run"
    seconds = kill_and_go_on(run, slow_space, ["all", "command"], seed=0)
    print("seconds to the first new trial:", [round(s, 1) for s in seconds])
    assert_each_candidate_was_trained_once(run)


def test_no_worker_outlives_its_command(tmp_path: Path, slow_space: Path) -> None:
    run = tmp_path / "run"
    with started(run, slow_space, 100_000) as process:
        Asked(run).wait_for_one_more(process)
        (fork_server,) = children(process.pid)
        while len(workers := children(fork_server)) < 2:  # one may take a trial before the other is born
            time.sleep(0.01)
        tree = [process.pid, fork_server, *workers]
        process.kill()
        process.wait()
    assert outlived(tree) == []


@pytest.mark.parametrize("n_kills", [2, pytest.param(40, marks=[pytest.mark.slow])])
def test_no_process_outlives_its_command_wherever_it_is(
    tmp_path: Path, slow_space: Path, n_kills: int
) -> None:
    """Importing, loading kernels, asking, training: children end at once, before they could notice anything."""
    rng = random.Random(2)
    for _ in range(n_kills):
        with started(tmp_path / "run", slow_space, 100_000) as process:
            time.sleep(rng.uniform(0.2, 5))
            fork_server = children(process.pid)
            tree = [*fork_server, *(pid for parent in fork_server for pid in children(parent))]
            process.kill()
            process.wait()
            assert outlived(tree) == []


def outlived(pids: list[int]) -> list[int]:
    """Those that live half a second later."""
    deadline = time.monotonic() + 0.5
    while (left := [pid for pid in pids if _lives(pid)]) and time.monotonic() < deadline:
        time.sleep(0.01)
    return left


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize(
    "n_kills",
    [pytest.param(12, marks=pytest.mark.slow), pytest.param(50, marks=pytest.mark.exhaustive)],
)
def test_kills_lose_and_double_nothing_and_no_restart_waits_for_a_lock(
    tmp_path: Path, slow_space: Path, n_kills: int
) -> None:
    run = tmp_path / "run"
    rng = random.Random(1)
    victims = [rng.choice(["all", "all", "command", "fork server", "worker"]) for _ in range(n_kills)]
    seconds = kill_and_go_on(run, slow_space, victims, seed=1)
    assert_each_candidate_was_trained_once(run)
    restarts = sorted(seconds[1:])
    print(
        f"{n_kills} kills, {len(finished(run))} finished trials, none lost, none doubled; "
        f"restart to the first new trial: median {restarts[len(restarts) // 2]:.2f} s, "
        f"longest {restarts[-1]:.2f} s"
    )
    assert restarts[-1] < 30  # what a stale lock costs; how fast a start is, a busy machine decides too

"""Strategies that make circuits, in a study: repeated, resumed, killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from qcsearch.search.leaderboard import leaderboard, records
from qcsearch.search.result import SearchResult
from qcsearch.search.run_folder import RunFolder
from qcsearch.search.strategies import STRATEGIES
from qcsearch.search.strategies.elivagar import Elivagar

Search = Callable[..., SearchResult]

MODULE = """
from functools import partial

from qcsearch.search.strategies.elivagar import Elivagar

small_elivagar = partial(Elivagar, pool=3, subgraphs=4)
"""

COMMAND = """
import sys
from pathlib import Path
from qcsearch.data.sources import load_dataset
from qcsearch.devices.providers import get_device
from qcsearch.search.search import run_search
from qcsearch.search.space import load_space
run, space, strategy, n_trials = sys.argv[1:]
run_search(
    load_dataset("moons"), get_device("fake_manila"), load_space(space), strategy=strategy,
    run=Path(run), n_trials=int(n_trials), workers=2,
)
"""

MAKERS = {"elivagar": partial(Elivagar, pool=3, subgraphs=4)}


@pytest.fixture(params=sorted(MAKERS))
def maker(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a small version, for searches in this process."""
    name = f"small_{request.param}"
    monkeypatch.setitem(STRATEGIES._classes, name, MAKERS[request.param])
    return name


@pytest.fixture
def installed(tmp_path: Path) -> dict[str, str]:
    """The environment of processes that find the small versions installed, as a wheel leaves them."""
    home = tmp_path / "site"
    info = home / "qcsearch_small-1.0.dist-info"
    info.mkdir(parents=True)
    (home / "qcsearch_small.py").write_text(MODULE)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: qcsearch-small\nVersion: 1.0\n")
    points = "".join(f"small_{name} = qcsearch_small:small_{name}\n" for name in MAKERS)
    (info / "entry_points.txt").write_text(f"[qcsearch.strategies]\n{points}")
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(home), os.environ.get("PYTHONPATH", "")])}


def board(run: Path) -> list[tuple[object, ...]]:
    found = records(RunFolder.open(run))
    rows = [(r.trial, r.candidate, r.outcome, r.validation_accuracy, r.weights, r.predictors) for r in found]
    return [*rows, str(leaderboard(RunFolder.open(run)))]  # type: ignore[list-item]


def test_the_same_seed_gives_the_same_leaderboard_also_in_two_sessions(
    search: Search, maker: str, tmp_path: Path
) -> None:
    search(tmp_path / "a", strategy=maker, n_trials=3)
    search(tmp_path / "b", strategy=maker, n_trials=1)
    search(tmp_path / "b", strategy=maker, n_trials=3)
    first, second = board(tmp_path / "a"), board(tmp_path / "b")
    assert first[:-1] == second[:-1]
    kept = [row for row in records(RunFolder.open(tmp_path / "a")) if row.outcome.kind == "kept"]
    assert kept
    assert all(0 < row.proposal_seconds <= row.seconds for row in kept)


def test_a_search_with_little_time_ends_in_it_with_a_model(
    search: Search, maker: str, tmp_path: Path
) -> None:
    started = time.monotonic()
    result = search(tmp_path / "run", strategy=maker, max_seconds=4)
    assert time.monotonic() - started < 12  # a busy machine has its share in it
    assert result.best.test_accuracy_noisy > 0.5


def test_a_killed_search_of_two_workers_goes_on(
    maker: str, tmp_path: Path, quick: str, installed: dict[str, str]
) -> None:
    run, space = tmp_path / "run", tmp_path / "quick.toml"
    space.write_text(quick)

    def command(n_trials: int) -> list[str]:
        return [sys.executable, "-c", COMMAND, str(run), str(space), maker, str(n_trials)]

    def finished() -> dict[int, str]:
        found = records(RunFolder.open(run)) if (run / "run.json").exists() else []
        return {record.trial: repr(record.to_json()) for record in found}

    process = subprocess.Popen(
        command(100_000), env=installed, start_new_session=True, stderr=subprocess.PIPE
    )
    try:
        deadline = time.monotonic() + 120
        while len(finished()) < 2:
            assert process.poll() is None, process.communicate()[1].decode()
            assert time.monotonic() < deadline
            time.sleep(0.05)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    before = finished()
    done = subprocess.run(command(len(before) + 2), env=installed, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 0, done.stderr.decode()
    after = finished()
    assert {trial: after[trial] for trial in before} == before
    assert len(after) == len(before) + 2

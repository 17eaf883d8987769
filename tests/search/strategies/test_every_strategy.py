"""Every strategy in a study: repeated, resumed, killed; those that make circuits in small versions."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from qcsearch.errors import SpaceError
from qcsearch.search.finish.leaderboard import leaderboard, records
from qcsearch.search.run.folder import RunFolder
from qcsearch.search.run.result import SearchResult
from qcsearch.search.space.space import SearchSpace
from qcsearch.search.strategies import STRATEGIES

Search = Callable[..., SearchResult]

MODULE = """
from functools import partial

from qcsearch.search.strategies.elivagar import Elivagar
from qcsearch.search.strategies.ingredients.evolution import Evolution
from qcsearch.search.strategies.expressibility import ExpressibilitySearch
from qcsearch.search.strategies.quantumdarts.quantumdarts import QuantumDARTSSearch
from qcsearch.search.strategies.quantumnas.quantumnas import QuantumNASSearch
from qcsearch.search.strategies.supernet import SupernetSearch

FEW = Evolution(population=4, parents=2, mutations=2, crossovers=1, generations=2)
elivagar = partial(Elivagar, pool=3, subgraphs=4)
expressibility = partial(ExpressibilitySearch, evolution=FEW)
quantumnas = partial(QuantumNASSearch, evolution=FEW, epochs=2, warm_up=1, pruned=(0.3,))
quantumdarts = partial(QuantumDARTSSearch, steps=6)
supernet = partial(SupernetSearch, supernets=2, steps=6, ranked=4)
"""

COMMAND = """
import sys
from pathlib import Path
from qcsearch.data.sources.load import load_dataset
from qcsearch.devices.calibration.providers import get_device
from qcsearch.search.search import run_search
from qcsearch.search.settings import SearchSettings
from qcsearch.search.space.space import load_space
run, space, strategy, n_trials = sys.argv[1:]
run_search(
    load_dataset("moons"), get_device("fake_manila"), load_space(space),
    SearchSettings(n_trials=int(n_trials), workers=2, strategy=strategy, baselines="none"), run=Path(run),
)
"""

GENERATORS = ("elivagar", "expressibility", "quantumdarts", "quantumnas", "supernet")
SAMPLERS = tuple(name for name in STRATEGIES.names() if name not in GENERATORS)


@pytest.fixture(params=[*GENERATORS, *SAMPLERS])
def strategy(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a strategy, or of its small version, for searches in this process."""
    if request.param in SAMPLERS:
        return str(request.param)
    small: dict[str, object] = {}
    exec(MODULE, small)
    name = f"small_{request.param}"
    monkeypatch.setitem(STRATEGIES._classes, name, small[request.param])
    return name


@pytest.fixture(scope="module")
def endless(layered: SearchSpace) -> SearchSpace:
    """The layered space with a number to draw, so that no sampler is through with it after a few trials."""
    changed = layered.text.replace("learning_rate = 0.1", "learning_rate = { min = 0.05, max = 0.2 }")
    return SearchSpace.from_toml(changed, "endless")


@pytest.fixture
def installed(tmp_path: Path) -> dict[str, str]:
    """The environment of processes that find the small versions installed, as a wheel leaves them."""
    home = tmp_path / "site"
    info = home / "qcsearch_small-1.0.dist-info"
    info.mkdir(parents=True)
    (home / "qcsearch_small.py").write_text(MODULE)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: qcsearch-small\nVersion: 1.0\n")
    points = "".join(f"small_{name} = qcsearch_small:{name}\n" for name in GENERATORS)
    (info / "entry_points.txt").write_text(f"[qcsearch.strategies]\n{points}")
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(home), os.environ.get("PYTHONPATH", "")])}


def board(run: Path) -> list[tuple[object, ...]]:
    found = records(RunFolder.open(run))
    rows = [(r.trial, r.candidate, r.outcome, r.validation_score, r.parameters, r.predictors) for r in found]
    return [*rows, str(leaderboard(RunFolder.open(run)))]


def test_the_same_seed_gives_the_same_leaderboard_also_in_two_sessions(
    search: Search, endless: SearchSpace, strategy: str, tmp_path: Path
) -> None:
    for folder, n_trials in (("a", 3), ("b", 1), ("b", 3)):
        search(tmp_path / folder, space=endless, strategy=strategy, n_trials=n_trials)
    first, second = board(tmp_path / "a"), board(tmp_path / "b")
    assert first[:-1] == second[:-1]
    kept = [row for row in records(RunFolder.open(tmp_path / "a")) if row.outcome.kind == "kept"]
    assert kept
    assert all(0 < row.proposal_seconds <= row.seconds for row in kept)


def test_a_search_with_little_time_ends_in_it_with_a_model(
    search: Search, endless: SearchSpace, strategy: str, tmp_path: Path
) -> None:
    started = time.monotonic()
    result = search(tmp_path / "run", space=endless, strategy=strategy, max_seconds=1.5)
    assert time.monotonic() - started < 12  # a busy machine has its share in it
    assert result.best.test_accuracy_noisy > 0.5


@pytest.mark.parametrize(
    "strategy",
    [
        "auto",
        *(pytest.param(name, marks=pytest.mark.slow) for name in (*GENERATORS, *SAMPLERS) if name != "auto"),
    ],
    indirect=True,
)
def test_a_killed_search_of_two_workers_resumes(
    search: Search, strategy: str, tmp_path: Path, endless: SearchSpace, installed: dict[str, str]
) -> None:
    run, space = tmp_path / "run", tmp_path / "endless.toml"
    space.write_text(endless.text)

    def finished() -> dict[int, str]:
        found = records(RunFolder.open(run)) if (run / "run.json").exists() else []
        return {record.trial: repr(record.to_json()) for record in found}

    command = [sys.executable, "-c", COMMAND, str(run), str(space), strategy, "100000"]
    process = subprocess.Popen(command, env=installed, start_new_session=True, stderr=subprocess.PIPE)
    try:
        deadline = time.monotonic() + 120
        while len(finished()) < 2:
            assert process.poll() is None, process.communicate()[1].decode()
            assert time.monotonic() < deadline
            time.sleep(0.3)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    before = finished()
    search(run, space=endless, strategy=strategy, n_trials=len(before) + 2)
    after = finished()
    assert {trial: after[trial] for trial in before} == before
    assert len(after) == len(before) + 2


@pytest.mark.parametrize("name", ["quantumnas", "expressibility"])
def test_a_space_that_a_strategy_cannot_work_with_is_refused_before_anything_is_written(
    search: Search, tmp_path: Path, name: str
) -> None:
    with pytest.raises(SpaceError, match=f"The strategy '{name}' needs a space"):
        search(tmp_path / "run", strategy=name, n_trials=1)
    assert not (tmp_path / "run").exists()

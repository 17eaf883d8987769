"""A new search that begins with what another one found."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from qcsearch.candidate.candidate import Candidate
from qcsearch.data.dataset import Dataset
from qcsearch.data.sources.load import load_dataset
from qcsearch.data.targets import Classes
from qcsearch.devices.calibration.providers import get_device
from qcsearch.devices.calibration.synthetic import drifted
from qcsearch.devices.device import Device
from qcsearch.devices.selection.regions import topology
from qcsearch.errors import RunError
from qcsearch.estimator import QuantumCircuitSearchClassifier
from qcsearch.search import events
from qcsearch.search.finish.leaderboard import records
from qcsearch.search.run.config import RunConfig
from qcsearch.search.run.folder import RunFolder
from qcsearch.search.run.result import SearchResult
from qcsearch.search.settings import SearchSettings
from qcsearch.search.space.space import SearchSpace
from qcsearch.search.study.earlier_run import warm_starts_from
from qcsearch.search.study.stale import ATTEMPTS
from qcsearch.search.study.study import SearchStudy
from qcsearch.search.trial.features import Features
from qcsearch.search.trial.objective import Objective
from qcsearch.search.trial.ranking import rank
from qcsearch.training.parameters import DRAWN

Search = Callable[..., SearchResult]


@pytest.fixture(scope="module")
def source(drawn: SearchResult) -> RunFolder:
    return RunFolder.open(drawn.run)


@pytest.fixture(scope="module")
def other_day(device: Device) -> Device:
    return drifted(device, 0.2, 1)


def starts(run: Path) -> list[object]:
    """What the trials that count were started with, by number."""
    trials = SearchStudy(RunFolder.open(run)).trials()
    return [trial.user_attrs.get("start") for trial in trials if "stale" not in trial.user_attrs]


def notices(told: list[events.Event]) -> str:
    return " ".join(event.text for event in told if isinstance(event, events.Notice))


# --- the same data and split ---------------------------------------------------------------------------------


def test_on_another_day_the_best_are_tried_first_and_from_their_weights(
    search: Search, source: RunFolder, other_day: Device, tmp_path: Path
) -> None:
    told: list[events.Event] = []
    result = search(
        tmp_path / "run", device=other_day, n_trials=7, seed_from=source.path, progress=told.append
    )
    run = RunFolder.open(result.run)
    best = {record.candidate.digest: record for record in reversed(rank(records(source))) if record.candidate}
    wanted = list(reversed(best.values()))[:5]
    assert [warm_start.start for warm_start in run.warm_starts.values()] == [
        record.parameters for record in wanted
    ]
    assert len(run.warm_starts) >= 3
    assert starts(result.run)[: len(run.warm_starts) + 1] == [
        *run.warm_starts,
        0,
    ]  # then the space's own start point, then what is drawn
    assert result.n_trials == 7
    first = records(run)[0]
    assert first.candidate is not None
    assert wanted[0].candidate is not None
    assert replace(first.candidate, qubits=wanted[0].candidate.qubits) == wanted[0].candidate
    assert first.history[0][1] >= 0.8 * (wanted[0].validation_score or 0)  # not where drawn weights begin
    assert f"The search begins with {len(wanted)} candidates of {source.path}." in notices(told)
    assert run.config.settings.seed_from == str(source.path)


def test_it_is_reproducible_and_resumes_without_being_told_again_even_if_the_source_is_gone(
    search: Search, source: RunFolder, other_day: Device, tmp_path: Path
) -> None:
    copy = Path(shutil.copytree(source.path, tmp_path / "source"))
    one = search(tmp_path / "one", device=other_day, n_trials=4, seed_from=copy)
    two = search(tmp_path / "two", device=other_day, n_trials=4, seed_from=copy)
    assert one.best == two.best
    shutil.rmtree(copy)
    assert search(tmp_path / "one", device=other_day, n_trials=4) == one
    assert search(tmp_path / "one", device=other_day, n_trials=4, seed_from=copy) == one
    on = search(tmp_path / "one", device=other_day, n_trials=7)
    assert on.n_trials == 7
    assert [start for start in starts(on.run) if start is not None] == [
        *RunFolder.open(on.run).warm_starts,
        0,
    ]


def test_an_interrupted_search_and_a_dead_worker_queue_nothing_twice(
    search: Search, source: RunFolder, other_day: Device, tmp_path: Path
) -> None:
    def interrupt(event: events.Event) -> None:
        if isinstance(event, events.TrialFinished) and event.n_finished == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        search(tmp_path / "run", device=other_day, n_trials=7, seed_from=source.path, progress=interrupt)
    run = RunFolder.open(tmp_path / "run")
    objective = Objective.of(Features(run.dataset, 0), run.space, other_day, 0)
    asked = SearchStudy(run).ask("one that dies", objective.bound)
    assert asked is not None
    assert asked.warm_start is not None
    result = search(run.path, device=other_day, n_trials=7)
    assert result.n_trials == 7
    begun = [start for start in starts(run.path) if start is not None]
    assert sorted(map(str, begun)) == ["0", *run.warm_starts]


# --- other data, another split, another space ----------------------------------------------------------------


def test_on_another_split_no_weights_are_taken_along_and_it_is_said_why(
    search: Search, source: RunFolder, tmp_path: Path
) -> None:
    told: list[events.Event] = []
    result = search(tmp_path / "run", n_trials=2, seed=7, seed_from=source.path, progress=told.append)
    warm_start = RunFolder.open(result.run).warm_starts.values()
    assert all(one.candidate is None and one.start == DRAWN for one in warm_start)
    assert "what is tested on here may have been trained or validated on there" in notices(told)
    assert "The seed is another" in notices(told)


def test_values_that_the_new_space_does_not_have_are_moved_to_the_nearest_or_drawn(
    search: Search, source: RunFolder, quick: str, tmp_path: Path
) -> None:
    text = quick.replace('"reuploading", "angle"', '"dense_angle", "iqp"').replace("max = 0.3", "max = 0.05")
    text = text.replace("batch_sizes = [32]", "batch_sizes = [16, 64]").split("[[start]]")[0]
    told: list[events.Event] = []
    space = SearchSpace.from_toml(text, "other")
    result = search(tmp_path / "run", space=space, n_trials=3, seed_from=source.path, progress=told.append)
    run = RunFolder.open(result.run)
    said = notices(told)
    assert "Moved to the nearest value that this space has:" in said
    assert "learning_rate" in said
    assert "batch_size" in said
    assert "Drawn, because this space has no value like it: encoding." in said
    for warm_start, record in zip(run.warm_starts.values(), records(run), strict=False):
        assert warm_start.candidate is None
        assert warm_start.params.items() <= record.params.items()
        assert record.params["learning_rate"] <= 0.05
        assert record.params["batch_size"] in (16, 64)
        assert record.params["encoding"] in ("dense_angle", "iqp")
        assert record.params["region"] == 0


def test_other_data_get_the_parameters_that_suit_them(
    search: Search, source: RunFolder, tmp_path: Path
) -> None:
    told: list[events.Event] = []
    result = search(
        tmp_path / "run",
        dataset=load_dataset("iris"),
        n_trials=2,
        seed_from=source.path,
        progress=told.append,
    )
    assert RunFolder.open(result.run).warm_starts["warm start 0"].params["encoding"] in (
        "reuploading",
        "angle",
    )
    assert "seed" not in notices(told)


def test_of_labels_with_settings_the_nearest_is_the_same_name_with_the_closest_numbers() -> None:
    def parameters(*sizes: int) -> SearchSpace:
        listed = ", ".join(f'{{ name = "pca", settings = {{ n_components = {n} }} }}' for n in sizes)
        text = f"""
            description = "pca"
            [preprocessing]
            reductions = ["none", {listed}]
            [circuit]
            n_qubits = {{ min = 2, max = 4 }}
            n_layers = {{ min = 1, max = 7, step = 3 }}
            encodings = ["angle"]
            ansatze = ["hardware_efficient"]
        """
        return SearchSpace.from_toml(text, "pca")

    here, there = parameters(2, 6, 12).parameters, parameters(5).parameters
    near = here.nearest({"reduction": "pca(n_components=5)", "n_layers": 6, "n_qubits": 9}, there)
    assert near == {"reduction": "pca(n_components=6)", "n_layers": 7, "n_qubits": 4}
    assert here.nearest({"reduction": "lda", "ansatz": "strongly_entangling", "none": 1}, there) == {}


# --- circuits that a strategy made ---------------------------------------------------------------------------

MADE = Candidate.from_json(
    {
        "encoding": {"name": "none"},
        "ansatz": {
            "name": "gates",
            "settings": {
                "gates": [
                    {"name": "ry", "qubits": [0], "angle": {"feature": 0}},
                    {"name": "ry", "qubits": [1], "angle": {"feature": 1}},
                    {"name": "cz", "qubits": [0, 1]},
                    {"name": "ry", "qubits": [1], "angle": {"weight": 0}},
                ]
            },
        },
        "qubits": [3, 4],
        "observables": ["Z0", "Z1"],
        "training": {"steps": 8, "validate_every": 4, "batch_size": 32},
    }
)


@pytest.fixture
def made(
    tmp_path: Path, dataset: Dataset, device: Device, space: SearchSpace, objective: Objective
) -> RunFolder:
    """An unfinished run with one trial, a circuit gate by gate."""
    config = RunConfig.of(dataset, device, space, SearchSettings(strategy="tpe"))
    run = RunFolder(tmp_path / "made")
    with run.session():
        run.begin(config, dataset, device, space)
    study = SearchStudy(run, create=True)
    asked = study.ask("me", objective.bound)
    assert asked is not None
    study.tell(asked, objective(asked.number, MADE, asked.params))
    return run


@pytest.mark.parametrize("strategy", ["tpe", "nsga2", "auto"])
def test_a_circuit_made_gate_by_gate_is_tried_as_it_is_on_the_best_qubits_by_every_strategy(
    strategy: str, made: RunFolder, search: Search, tmp_path: Path
) -> None:
    lagos = get_device("fake_lagos")
    result = search(tmp_path / "run", device=lagos, strategy=strategy, n_trials=2, seed_from=made.path)
    first = records(RunFolder.open(result.run))[0]
    assert first.candidate is not None
    assert replace(first.candidate, qubits=MADE.qubits) == MADE
    assert topology(lagos, first.candidate.qubits).edges == ((0, 1),)
    (old,) = records(made)
    assert first.outcome.kind == "kept"
    assert np.abs(first.parameters.weights - old.parameters.weights).max() < 1


def test_a_circuit_that_does_not_fit_the_new_data_is_left_out_with_a_sentence(
    made: RunFolder, space: SearchSpace, device: Device
) -> None:
    narrow = Dataset(
        X=np.linspace(0, 1, 40)[:, None],
        y=np.tile([0, 1], 20),
        target=Classes(("a", "b")),
        feature_names=("x",),
        name="narrow",
    )
    warm_start, said = warm_starts_from(made, Objective.of(Features(narrow, 0), space, device, 0))
    assert warm_start == []
    assert said[0] == f"The search begins with 0 candidates of {made.path}."
    reason = f"Of trial 0 of {made.path} nothing is taken: The gate 'ry' must take a feature in [0, 0]"
    assert said[-1].startswith(reason)


# --- what is refused -----------------------------------------------------------------------------------------


def test_what_cannot_seed_is_one_sentence_and_leaves_no_folder(
    search: Search, source: RunFolder, made: RunFolder, tmp_path: Path
) -> None:
    with pytest.raises(RunError, match="is not a run folder"):
        search(tmp_path / "run", n_trials=1, seed_from=tmp_path)
    made.journal.unlink()
    with pytest.raises(RunError, match="has no candidate that was trained to its end"):
        search(tmp_path / "run", n_trials=1, seed_from=made.path)
    assert not RunFolder(tmp_path / "run").begun
    with pytest.raises(RunError, match=r"was made with the beginning none. Got 'seeded from .*made'"):
        search(source.path, n_trials=9, space=source.space, strategy="random", seed_from=made.path)


def test_the_estimator_can_begin_with_a_run(source: RunFolder, dataset: Dataset, tmp_path: Path) -> None:
    clf = QuantumCircuitSearchClassifier(
        "fake_manila", "tiny", n_trials=2, random_state=0, run=tmp_path / "run", seed_from=source.path
    )
    clf.fit(dataset.X, dataset.labels(dataset.y))
    assert RunFolder.open(tmp_path / "run").config.settings.seed_from == str(source.path)


# --- kill -9 -------------------------------------------------------------------------------------------------

COMMAND = """
import sys
from pathlib import Path
from qcsearch.data.sources.load import load_dataset
from qcsearch.devices.calibration.providers import get_device
from qcsearch.search.search import run_search
from qcsearch.search.settings import SearchSettings
from qcsearch.search.space.space import load_space
run, space, source = sys.argv[1:]
run_search(
    load_dataset("moons"), get_device("fake_lagos"), load_space(space),
    SearchSettings(n_trials=12, workers=2, seed_from=source, baselines="none"), run=Path(run),
)
"""


@pytest.mark.slow
def test_killed_at_any_moment_it_queues_each_once_and_keeps_its_total(
    source: RunFolder, quick: str, tmp_path: Path
) -> None:
    space, run = tmp_path / "slow.toml", tmp_path / "run"
    space.write_text(quick.replace("steps = 12", "steps = 300"))
    command = [sys.executable, "-c", COMMAND, str(run), str(space), str(source.path)]
    rng = np.random.default_rng(0)
    for _ in range(6):
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL, start_new_session=True)
        while not RunFolder(run).begun and process.poll() is None:
            time.sleep(0.05)
        time.sleep(rng.uniform(0, 4))
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    done = subprocess.run(command, capture_output=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr.decode()
    assert len(records(RunFolder.open(run))) == 12
    folder = RunFolder.open(run)
    trials = [trial for trial in SearchStudy(folder).trials() if "start" in trial.user_attrs]
    died = Counter(str(trial.user_attrs["start"]) for trial in trials if "stale" in trial.user_attrs)
    begun = sorted(str(start) for start in starts(run) if start is not None)
    assert begun == sorted(start for start in ("0", *folder.warm_starts) if died[start] < ATTEMPTS)

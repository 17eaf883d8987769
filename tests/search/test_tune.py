from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from qcsearch.bundle.read import load_bundle
from qcsearch.data.splitting import split
from qcsearch.devices.calibration.providers import get_device
from qcsearch.devices.calibration.synthetic import drifted
from qcsearch.devices.device import Device
from qcsearch.errors import InputError, NoFeasibleCandidateError, RunError
from qcsearch.search import events
from qcsearch.search.finish.leaderboard import leaderboard, records
from qcsearch.search.run.folder import RunFolder
from qcsearch.search.run.result import SearchResult
from qcsearch.search.space.space import SearchSpace
from qcsearch.search.study.study import SearchStudy
from qcsearch.search.trial.features import Features
from qcsearch.search.trial.objective import Objective
from qcsearch.search.tune import run_tuning

Search = Callable[..., SearchResult]


@pytest.fixture(scope="module")
def source(drawn: SearchResult) -> RunFolder:
    return RunFolder.open(drawn.run)


@pytest.fixture(scope="module")
def other_day(device: Device) -> Device:
    return drifted(device, 0.2, 1)


@pytest.fixture(scope="module")
def tuned(source: RunFolder, other_day: Device, tmp_path_factory: pytest.TempPathFactory) -> SearchResult:
    return run_tuning(source, other_day, run=tmp_path_factory.mktemp("tuned") / "run", top=3)


def test_it_tries_the_winner_and_the_next_best_and_nothing_else(
    source: RunFolder, tuned: SearchResult, drawn: SearchResult
) -> None:
    run = RunFolder.open(tuned.run)
    sources = [warm_start.source for warm_start in run.warm_starts.values()]
    assert sources[0] == f"trial {drawn.best.trial} of {drawn.run}"
    assert len(set(sources)) == 3 == tuned.n_trials == len(records(run))
    assert tuned.ended == "trials"
    winner = next(record for record in records(source) if record.trial == drawn.best.trial)
    assert (
        run.warm_starts["warm start 0"].start == winner.parameters
    )  # the final ones know the validation part


def test_trials_start_from_the_weights_they_had_and_train_for_a_quarter_of_the_steps(
    tuned: SearchResult, source: RunFolder
) -> None:
    before = {record.trial: record for record in records(source)}
    for warm_start, record in zip(
        RunFolder.open(tuned.run).warm_starts.values(), records(RunFolder.open(tuned.run)), strict=True
    ):
        old = before[int(warm_start.source.split()[1])]
        assert record.candidate is not None
        assert old.candidate is not None
        training = old.candidate.training
        assert record.candidate.training.steps == round(0.25 * training.steps) == record.steps
        assert record.candidate.training.learning_rate == pytest.approx(0.3 * training.learning_rate)
        assert np.abs(record.parameters.weights - warm_start.start.weights).max() < 1
        assert record.validation_score is not None
        assert record.validation_score >= record.history[0][1]


def test_the_scores_are_those_of_the_models_under_the_new_noise(
    tuned: SearchResult, source: RunFolder, other_day: Device
) -> None:
    parts = split(source.dataset, source.config.settings.seed)
    labels = source.dataset.labels(parts.test.y)
    model = load_bundle(tuned.run / "model")
    assert model.device == other_day
    assert model.score(parts.test.X, labels) == tuned.best.test_accuracy_noisy
    warm_start = RunFolder.open(tuned.run).warm_starts["warm start 0"]
    places = {record.candidate.qubits for record in records(RunFolder.open(tuned.run)) if record.candidate}
    before = load_bundle(source.model)
    assert warm_start.candidate is not None
    scores = {
        replace(before, device=other_day, candidate=replace(warm_start.candidate, qubits=place)).score(
            parts.test.X, labels
        )
        for place in places
    }
    assert tuned.untuned is not None
    assert tuned.untuned.test_accuracy_noisy in scores


def test_the_run_folder_is_like_that_of_a_search_and_says_where_it_is_from(
    tuned: SearchResult, drawn: SearchResult, other_day: Device
) -> None:
    run = RunFolder.open(tuned.run)
    assert run.device == other_day
    origin = run.config.origin
    assert origin is not None
    assert (origin.run, origin.device) == (str(drawn.run), "fake_manila")
    assert origin.test_accuracy_noisy == drawn.best.test_accuracy_noisy
    assert origin.seconds == drawn.seconds
    assert run.result() == tuned
    rows = {row.kind: row for row in leaderboard(run) if row.split == "test"}
    name = f"trial {drawn.best.trial} of {drawn.run}"
    assert rows["origin"].name == f"{name} on fake_manila"
    assert rows["origin"].accuracy == drawn.best.test_accuracy_noisy
    assert rows["untuned"].name == f"{name} on {other_day.name}, untuned"


def test_the_source_is_left_as_it_is(
    source: RunFolder, tuned: SearchResult, tmp_path: Path, other_day: Device
) -> None:
    before = {path: path.stat().st_mtime_ns for path in source.path.rglob("*") if path.name[0] != "."}
    run_tuning(source, other_day, run=tmp_path / "run", top=1)
    assert {path: path.stat().st_mtime_ns for path in source.path.rglob("*") if path.name[0] != "."} == before


def test_a_finished_tuning_answers_at_once_and_an_equal_one_ends_alike(
    source: RunFolder, tuned: SearchResult, other_day: Device, tmp_path: Path
) -> None:
    told: list[events.Event] = []
    assert run_tuning(source, other_day, run=tuned.run, top=3, progress=told.append) == tuned
    assert told == []
    again = run_tuning(source, other_day, run=tmp_path / "again", top=3)
    assert again.best == tuned.best
    first, second = (records(RunFolder.open(result.run)) for result in (tuned, again))
    assert [(r.candidate, r.parameters) for r in first] == [(r.candidate, r.parameters) for r in second]


def test_a_tuned_run_can_be_tuned_again_without_ever_fewer_steps(
    tuned: SearchResult, device: Device, tmp_path: Path
) -> None:
    run = RunFolder.open(tuned.run)
    back = run_tuning(run, drifted(device, 0.2, 2), run=tmp_path / "run", top=1)
    (old, new) = (
        record.candidate for record in (records(run)[back.n_trials - 1], records(RunFolder.open(back.run))[0])
    )
    assert old is not None
    assert new is not None
    assert new.training.steps == old.training.steps


def test_an_interrupted_tuning_resumes_and_tries_nothing_twice(
    source: RunFolder, tuned: SearchResult, other_day: Device, tmp_path: Path
) -> None:
    def interrupt(event: events.Event) -> None:
        if isinstance(event, events.TrialFinished) and event.n_finished == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_tuning(source, other_day, run=tmp_path / "run", top=3, progress=interrupt)
    run = RunFolder.open(tmp_path / "run")
    study = SearchStudy(run)
    study.ask(
        "another, which dies", Objective.of(Features(source.dataset, 0), source.space, other_day, 0).bound
    )
    result = run_tuning(source, other_day, run=run.path, top=3)
    assert result.n_trials == 3
    assert result.best == replace(tuned.best, trial=result.best.trial)
    starts = [
        trial.user_attrs["start"] for trial in SearchStudy(run).trials() if "stale" not in trial.user_attrs
    ]
    assert sorted(starts) == ["warm start 0", "warm start 1", "warm start 2"]


def test_what_cannot_be_tuned_is_one_sentence_and_leaves_no_folder(
    source: RunFolder, device: Device, other_day: Device, tmp_path: Path, search: Search
) -> None:
    run = tmp_path / "run"
    with pytest.raises(InputError, match="must be for another snapshot"):
        run_tuning(source, device, run=run)
    with pytest.raises(InputError, match=r"candidates to tune must be an int ≥ 1. Got 0"):
        run_tuning(source, other_day, run=run, top=0)
    with pytest.raises(InputError, match=r"share of the steps must be in \(0, 1\]. Got 1.5"):
        run_tuning(source, other_day, run=run, steps_share=1.5)
    with pytest.raises(InputError, match="seconds of a search must be a number > 0"):
        run_tuning(source, other_day, run=run, max_seconds=0)
    assert not run.exists()
    with pytest.raises(RunError, match=r"made with the device snapshot 'fake_manila'"):
        run_tuning(source, other_day, run=source.path)


def test_strategy_options_and_limits_are_those_of_the_search(
    search: Search, other_day: Device, tmp_path: Path
) -> None:
    given = {"strategy": "tpe", "strategy_options": {"n_startup_trials": 2}, "max_two_qubit_gates": 9}
    search(tmp_path / "search", n_trials=2, **given)
    run_tuning(RunFolder.open(tmp_path / "search"), other_day, run=tmp_path / "run", top=1)
    config = RunFolder.open(tmp_path / "run").config
    assert {name: getattr(config.settings, name) for name in given} == given


def test_a_search_does_not_go_on_with_a_tuning(
    tuned: SearchResult, search: Search, other_day: Device
) -> None:
    with pytest.raises(RunError, match=r"was made with the beginning 'tuned from .*'. Got none"):
        search(
            tuned.run, device=other_day, n_trials=9, space=RunFolder.open(tuned.run).space, strategy="random"
        )


def test_an_unfinished_search_has_nothing_to_tune(
    source: RunFolder, other_day: Device, tmp_path: Path, search: Search
) -> None:
    def interrupt(event: events.Event) -> None:
        if isinstance(event, events.TrialFinished):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        search(tmp_path / "search", n_trials=3, progress=interrupt)
    with pytest.raises(RunError, match="has no winner yet"):
        run_tuning(RunFolder.open(tmp_path / "search"), other_day, run=tmp_path / "run")


def test_constraints_hold_on_the_new_device_too(search: Search, whole: str, tmp_path: Path) -> None:
    space = SearchSpace.from_toml(
        whole + "[constraints]\nmin_estimated_success_probability = 0.6\n", "strict"
    )
    search(tmp_path / "search", n_trials=3, space=space, strategy="random")
    worse = drifted(get_device("fake_manila"), 0.0, 0)
    bad = replace(worse, gates=tuple(replace(g, error=0.4) if len(g.qubits) == 2 else g for g in worse.gates))
    with pytest.raises(NoFeasibleCandidateError, match=r"rejected by: estimated_success_probability [23]"):
        run_tuning(RunFolder.open(tmp_path / "search"), bad, run=tmp_path / "run")


COMMAND = """
import sys
from pathlib import Path
from qcsearch.devices.calibration.providers import get_device
from qcsearch.search.run.folder import RunFolder
from qcsearch.search.tune import run_tuning
source, run = map(Path, sys.argv[1:])
run_tuning(RunFolder.open(source), get_device("fake_lagos"), run=run, max_seconds=600, steps_share=1.0)
"""


@pytest.mark.slow
def test_killed_at_any_moment_it_tries_each_once_and_ends(search: Search, quick: str, tmp_path: Path) -> None:
    space = SearchSpace.from_toml(quick.replace("steps = 12", "steps = 2000"), "long")
    search(tmp_path / "source", space=space, n_trials=6)
    run = tmp_path / "run"
    command = [sys.executable, "-c", COMMAND, str(tmp_path / "source"), str(run)]
    rng = np.random.default_rng(0)
    for _ in range(6):
        with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
            time.sleep(rng.uniform(0, 1))
            while not RunFolder(run).begun and process.poll() is None:
                time.sleep(rng.uniform(0, 1))
            process.kill()
    done = subprocess.run(command, capture_output=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr.decode()
    folder = RunFolder.open(run)
    assert len(records(folder)) == len(folder.warm_starts) >= 2
    counting = [trial for trial in SearchStudy(folder).trials() if "stale" not in trial.user_attrs]
    assert sorted(trial.user_attrs["start"] for trial in counting) == list(folder.warm_starts)
    assert folder.result() is not None

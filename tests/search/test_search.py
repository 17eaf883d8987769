from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from qcsearch.bundle.read import load_bundle
from qcsearch.circuits.encodings.angle import AngleEncoding
from qcsearch.data.dataset import Dataset
from qcsearch.data.sources.load import load_dataset
from qcsearch.data.splitting import split
from qcsearch.data.targets import Classes
from qcsearch.devices.calibration.providers import get_device
from qcsearch.devices.calibration.synthetic import drifted
from qcsearch.devices.device import Device
from qcsearch.errors import (
    DataError,
    InputError,
    NoFeasibleCandidateError,
    QCSearchError,
    RunError,
    SpaceError,
)
from qcsearch.search import events
from qcsearch.search.finish.leaderboard import explain, leaderboard, leaderboard_of, records
from qcsearch.search.run.folder import RunFolder
from qcsearch.search.run.result import SearchResult
from qcsearch.search.space.space import SearchSpace
from qcsearch.search.study.study import SearchStudy

Search = Callable[..., SearchResult]


def listing(folder: Path) -> dict[str, int]:
    """What lies in a folder and when it was changed; locks left out."""
    return {p.name: p.stat().st_mtime_ns for p in folder.iterdir() if not p.name.startswith(".")}


def test_the_json_object_is_the_promised_one(finished: SearchResult) -> None:
    data = json.loads(json.dumps(finished.to_json()))
    assert set(data) == {
        "run", "n_trials", "seconds", "best", "calibration", "recalls", "baselines", "missing", "pareto", "cut",
        "failure", "thresholds",
    }  # fmt: skip
    assert set(data["best"]) == {
        "trial",
        "shots",
        "metric",
        "validation_score",
        "test_score",
        "test_score_interval",
        "test_absolute_errors",
        "test_accuracy_noisy",
        "test_accuracy_noiseless",
        "test_interval_noisy",
        "test_interval_noiseless",
        "test_at_shots",
        "n_test",
        "n_qubits",
        "parameters",
        "two_qubit_gates",
        "selection",
        "test_score_noiseless",
    }
    assert data["n_trials"] == 8
    (majority,) = data["baselines"]
    assert majority["name"] == "majority class"
    assert majority["test_accuracy"] == pytest.approx(0.5, abs=0.05)
    assert 0.5 < data["best"]["test_accuracy_noisy"] <= 1


def test_the_run_folder_holds_everything_needed_to_do_it_again(
    finished: SearchResult, dataset: Dataset, device: Device, space: SearchSpace
) -> None:
    run = RunFolder.open(finished.run)
    assert run.dataset.digest == dataset.digest
    assert run.dataset.name == dataset.name
    assert run.device == device
    assert run.space.fingerprint == space.fingerprint
    assert run.config.settings.n_trials == 8
    assert run.result() == finished


def test_the_model_is_the_winner_that_was_tested(finished: SearchResult, dataset: Dataset) -> None:
    model = load_bundle(finished.run / "model")
    test = split(dataset, 0).test
    labels = dataset.labels(test.y)
    assert model.score(test.X, labels) == finished.best.test_accuracy_noisy
    assert model.score(test.X, labels, noise=False) == finished.best.test_accuracy_noiseless
    assert len(model.parameters.weights) == finished.best.parameters.weights
    confusion = np.array(finished.confusion)
    assert confusion.sum() == len(test)
    assert confusion.trace() / len(test) == pytest.approx(finished.best.test_accuracy_noisy)


def test_the_winner_is_chosen_by_validation_over_several_seeds(finished: SearchResult) -> None:
    assert [score.seed_index for score in finished.seeds] == [0, 1, 2]
    assert finished.best.validation_score == max(s.validation_score for s in finished.seeds)
    chosen = [s for s in finished.seeds if s.validation_score == finished.best.validation_score]
    assert finished.best.test_accuracy_noisy in [s.test_accuracy_noisy for s in chosen]
    refits = [s.test_accuracy_noisy for s in finished.seeds[1:]]
    assert finished.spread["test_accuracy_noisy"] == pytest.approx(np.std(refits, ddof=1))


def test_a_serial_search_is_reproducible(search: Search, finished: SearchResult, tmp_path: Path) -> None:
    again = search(tmp_path / "again", n_trials=8)
    assert again.best == finished.best
    first, second = (records(RunFolder.open(result.run)) for result in (finished, again))
    assert [(r.params, r.parameters, r.history) for r in first] == [
        (r.params, r.parameters, r.history) for r in second
    ]
    other = search(tmp_path / "other", n_trials=8, seed=1)
    third = records(RunFolder.open(other.run))
    assert [r.params for r in third] != [r.params for r in first]


def test_a_finished_run_answers_at_once_and_changes_nothing(search: Search, finished: SearchResult) -> None:
    before = listing(finished.run)
    told: list[events.Event] = []
    started = time.monotonic()
    assert search(finished.run, n_trials=8, progress=told.append) == finished
    assert time.monotonic() - started < 1
    assert told == []
    assert listing(finished.run) == before


def test_a_raised_total_resumes(search: Search, tmp_path: Path) -> None:
    first = search(tmp_path / "run", n_trials=3)
    old = records(RunFolder.open(first.run))
    second = search(tmp_path / "run", n_trials=5)
    assert second.n_trials == 5
    assert second.seconds > first.seconds
    new = records(RunFolder.open(second.run))
    assert [r.to_json() for r in new[:3]] == [r.to_json() for r in old]


def test_the_events_tell_the_whole_story(search: Search, tmp_path: Path) -> None:
    told: list[events.Event] = []
    search(tmp_path / "run", n_trials=3, progress=told.append)
    kinds = [type(event).__name__ for event in told if not isinstance(event, events.TrialRunning)]
    refits = kinds.count("RefitFinished")
    assert kinds == [
        "SearchStarted",
        *["TrialFinished"] * 3,
        "SearchEnded",
        "RefitStarted",
        *["RefitFinished"] * refits,
        "Evaluated",
    ]
    assert [e.n_finished for e in told if isinstance(e, events.TrialFinished)] == [1, 2, 3]


def test_the_leaderboard_says_which_split_each_number_is_from(finished: SearchResult) -> None:
    rows = leaderboard(RunFolder.open(finished.run))
    assert [row.kind for row in rows[:3]] == ["winner", "snapshot", "classical"]
    assert {row.split for row in rows[:3]} == {"test"}
    trials = rows[3:]
    assert {row.split for row in trials} == {"validation"}
    assert [row.accuracy for row in trials] == sorted((row.accuracy for row in trials), reverse=True)
    assert all(row.accuracy is None for row in rows if row.kind == "classical")
    printed = str(rows).splitlines()
    assert len(printed) == len(rows) + 3  # the heads, what the winner was chosen by, how calibrated it is
    assert all("validation" in line or "test" in line for line in printed[1:-1])


def test_the_pareto_front_is_of_the_trials_and_its_best_is_the_most_accurate(
    finished: SearchResult,
) -> None:
    run = RunFolder.open(finished.run)
    rows = [row for row in leaderboard(run) if row.kind == "trial"]
    assert next(row.accuracy for row in rows if row.pareto) == rows[0].accuracy
    assert tuple(row.trial for row in rows if row.pareto) == finished.pareto
    assert [r for r in leaderboard(run, pareto=True) if r.kind == "trial"] == [r for r in rows if r.pareto]
    assert str(leaderboard(run)).count("●") == len(finished.pareto)
    assert run.result().pareto == finished.pareto


def test_explain_gives_the_record_of_a_trial(finished: SearchResult) -> None:
    run = RunFolder.open(finished.run)
    record = explain(run, finished.best.trial)
    assert record.outcome.kind == "kept"
    assert record.params["encoding"] in ("reuploading", "angle")
    with pytest.raises(RunError, match="no finished trial 99; they are 0 to 7"):
        explain(run, 99)


@pytest.mark.parametrize("workers", [1, 2])
def test_seconds_are_a_total_that_holds(
    workers: int, search: Search, quick: str, tmp_path: Path, spare: Any
) -> None:
    limit = 6.0 if workers == 1 else 12.0  # two processes more have to start, on a machine that may be busy
    space = SearchSpace.from_toml(quick.replace("steps = 12", "steps = 4000"), "slow")
    search(tmp_path / "warm", n_trials=1)
    fork_server = spare.take() if workers > 1 else None
    started = time.monotonic()
    result = search(
        tmp_path / "run", space=space, max_seconds=limit, workers=workers, fork_server=fork_server
    )
    used = time.monotonic() - started
    print(f"{workers} workers: {used:.2f} s of {limit} s, {result.n_trials} trials")
    assert used <= 1.05 * limit
    assert result.ended == "seconds"
    assert result.n_trials >= 1
    again = time.monotonic()
    assert search(tmp_path / "run", space=space, max_seconds=limit, workers=workers) == result
    assert time.monotonic() - again < 1


def test_two_workers_reach_the_total_exactly(search: Search, tmp_path: Path, spare: Any) -> None:
    told: list[events.Event] = []
    result = search(tmp_path / "run", n_trials=9, workers=2, progress=told.append, fork_server=spare.take())
    assert result.n_trials == 9
    found = records(RunFolder.open(result.run))
    assert [record.trial for record in found] == list(range(9))
    assert sorted(e.record.trial for e in told if isinstance(e, events.TrialFinished)) == list(range(9))
    assert not (tmp_path / "run" / "workers.log").exists()


def test_what_the_data_do_not_allow_is_told_at_the_start(search: Search, quick: str, tmp_path: Path) -> None:
    text = quick.replace(
        "[circuit]",
        'reductions = ["none", { name = "pca", settings = { n_components = 9 } }, '
        '{ name = "pca", settings = { n_components = 12 } }]\n[circuit]',
    )
    told: list[events.Event] = []
    search(tmp_path / "run", space=SearchSpace.from_toml(text), n_trials=1, progress=told.append)
    notices = [event for event in told if isinstance(event, events.Notice)]
    assert len(notices) == 1
    assert notices[0].detail
    assert notices[0].text.startswith(
        "These data do not allow the reductions 'pca(n_components=9)', 'pca(n_components=12)': "
    )


def test_the_winner_is_tested_on_another_day_of_its_device(
    search: Search, device: Device, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    days = tmp_path / "installation" / "noise_models" / device.name
    days.mkdir(parents=True)
    worse = [replace(qubit, p10=0.5, p01=0.5) for qubit in device.qubits]
    other = replace(device, qubits=tuple(worse), calibrated_at="2030-01-01T00:00:00+00:00")
    for day, snapshot in (("2024-05-27", device), ("2030-01-01", other)):
        (days / f"{day}.json").write_text(json.dumps(snapshot.to_json()))
    (tmp_path / "installation" / "package").mkdir()
    monkeypatch.setattr("qcsearch.presets._PACKAGE", tmp_path / "installation" / "package")
    result = search(tmp_path / "run", n_trials=2)
    assert result.snapshot is not None
    assert result.snapshot.calibrated_at == other.calibrated_at
    assert result.snapshot.label == "fake_manila of 2030-01-01"
    # Readout that is right half of the time leaves one answer for all samples.
    assert result.snapshot.test_accuracy_noisy == pytest.approx(0.5, abs=0.05)
    assert RunFolder.open(result.run).result() == result


def test_without_a_second_day_the_winner_is_tested_on_a_drifted_snapshot_named_as_such(
    finished: SearchResult, device: Device, dataset: Dataset
) -> None:
    assert finished.snapshot is not None
    other = drifted(device, 0.2, 0)
    assert (finished.snapshot.device, finished.snapshot.calibrated_at) == (other.name, "")
    test = split(dataset, 0).test
    there = replace(load_bundle(finished.run / "model"), device=other)
    assert finished.snapshot.test_accuracy_noisy == there.score(test.X, dataset.labels(test.y))
    (row,) = [row for row in leaderboard(RunFolder.open(finished.run)) if row.kind == "snapshot"]
    assert row.name == "winner on fake_manila@2024-05-27~drift(sigma=0.2,seed=0)"
    assert row.accuracy == finished.snapshot.test_accuracy_noisy


def test_nsga2_searches_accuracy_against_costs(search: Search, tmp_path: Path) -> None:
    result = search(tmp_path / "run", n_trials=6, strategy="nsga2")
    found = records(RunFolder.open(result.run))
    assert {record.outcome.kind for record in found} <= {"kept", "reused"}
    first = SearchStudy(RunFolder.open(result.run)).study.trials[0]
    costs = found[0].costs
    assert costs is not None
    assert first.values == [found[0].validation_score, costs.two_qubit_gates, costs.qpu_seconds]
    best = max(r.validation_score or 0 for r in found)
    assert explain(RunFolder.open(result.run), result.best.trial).validation_score is not None
    assert best > 0.5


def test_a_limit_of_parameters_counts_those_of_circuit_feature_map_and_head(
    search: Search, tmp_path: Path
) -> None:
    result = search(tmp_path / "run", n_trials=8, max_parameters=16)
    found = records(RunFolder.open(result.run))
    beyond = [record for record in found if record.outcome.constraint == "parameters"]
    assert beyond
    assert all("trained parameters are above the limit 16." in record.outcome.text for record in beyond)
    parameters, best = result.model.parameters, result.best.parameters
    assert (len(parameters.weights), len(parameters.head)) == (best.weights, best.head)
    assert best.total == len(parameters.vector) <= 16
    with pytest.raises(RunError, match=r"limit of trained parameters 16. Got 20"):
        search(result.run, n_trials=8, max_parameters=20)


def test_limits_on_top_of_the_space_hold_and_a_trial_says_how_far_it_is_beyond(
    search: Search, space: SearchSpace, tmp_path: Path
) -> None:
    result = search(tmp_path / "run", n_trials=8, max_two_qubit_gates=1, max_duration_us=30.0)
    run = RunFolder.open(result.run)
    found = records(run)
    kept = [record for record in found if record.trained]
    beyond = [record for record in found if record.outcome.constraint == "two_qubit_gates"]
    assert kept
    assert all(r.costs is not None and r.costs.two_qubit_gates <= 1 for r in kept)
    assert all(r.constraints["duration"] <= 0 for r in kept)
    assert beyond
    assert all(r.outcome.violation is not None and r.outcome.violation > 0 for r in beyond)
    assert all("above the limit 1." in r.outcome.text for r in beyond)
    assert (run.config.settings.max_two_qubit_gates, run.config.settings.max_duration_us) == (1, 30.0)
    assert run.space.file.constraints.max_two_qubit_gates == 1
    limits = {"max_two_qubit_gates": 1, "max_duration_us": 30.0}
    assert search(result.run, n_trials=8, **limits) == result
    assert search(result.run, n_trials=8, space=run.space, **limits) == result
    for change, message in (
        ({"max_two_qubit_gates": None}, "limit of two-qubit gates 1. Got none"),
        ({"max_two_qubit_gates": 2}, "limit of two-qubit gates 1. Got 2"),
        ({"max_duration_us": 40.0}, "limit of the duration in µs 30.0. Got 40.0"),
    ):
        with pytest.raises(RunError, match=f"was made with the {message}"):
            search(result.run, n_trials=8, **{**limits, **change})


CHANGES = {
    "limit": ({"max_two_qubit_gates": 100}, "limit of two-qubit gates none. Got 100"),
    "seed": ({"seed": 1}, "seed 0. Got 1"),
    "strategy option": (
        {"strategy_options": {"n_startup_trials": 5}},
        "strategy options none. Got {'n_startup_trials': 5}",
    ),
    "strategy": ({"strategy": "random"}, "strategy 'auto'. Got 'random'"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_run_with_other_settings_is_refused(change: str, search: Search, finished: SearchResult) -> None:
    before = listing(finished.run)
    given, message = CHANGES[change]
    with pytest.raises(RunError, match=f"was made with the {message}"):
        search(finished.run, n_trials=8, **given)
    assert listing(finished.run) == before


def test_a_run_with_another_space_device_or_data_is_refused(
    search: Search, finished: SearchResult, quick: str
) -> None:
    other = SearchSpace.from_toml(quick.replace("regions = 2", "regions = 3"), "quick")
    with pytest.raises(RunError, match=r"search space 'quick'. Got 'quick' with another content"):
        search(finished.run, n_trials=8, space=other)
    with pytest.raises(RunError, match=r"device snapshot 'fake_manila'. Got 'fake_lagos'"):
        search(finished.run, n_trials=8, device=get_device("fake_lagos"))
    with pytest.raises(RunError, match=r"data set 'moons'. Got 'iris'"):
        search(finished.run, n_trials=8, dataset=load_dataset("iris"))


def test_a_folder_with_other_files_is_refused_and_left_alone(search: Search, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(RunError, match=r"holds other files \(thesis.txt\) and no run"):
        search(tmp_path, n_trials=1)
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.txt"]
    with pytest.raises(RunError, match=r"must be a folder. It is a file"):
        search(tmp_path / "thesis.txt", n_trials=1)


def test_nothing_is_written_for_what_cannot_be_searched(search: Search, quick: str, tmp_path: Path) -> None:
    few = Dataset(np.eye(4), np.array([0, 0, 0, 1]), Classes(("a", "b")), ("f0", "f1", "f2", "f3"))
    wide = SearchSpace.from_toml(quick.replace("n_qubits = 2", "n_qubits = 6"), "wide")
    for error, given in (
        (DataError, {"dataset": few}),
        (SpaceError, {"space": wide}),
        (InputError, {"workers": 0}),
        (InputError, {"n_trials": 0}),
        (InputError, {"max_seconds": -1.0}),
        (InputError, {"seed": -1}),
        (InputError, {"max_two_qubit_gates": -1}),
        (InputError, {"max_parameters": -1}),
        (InputError, {"max_duration_us": 0.0}),
        (SpaceError, {"strategy": "luck"}),
    ):
        with pytest.raises(error):
            search(tmp_path / "run", **{"n_trials": 1, **given})
        assert not (tmp_path / "run" / "run.json").exists()


def test_no_feasible_candidate_is_an_error_that_counts_the_constraints(
    search: Search, quick: str, tmp_path: Path
) -> None:
    text = quick.replace("[ladder]", "[constraints]\nmax_two_qubit_gates = 0\n[ladder]")
    space = SearchSpace.from_toml(text, "strict")
    with pytest.raises(NoFeasibleCandidateError, match=r"None of 5 candidates.*two_qubit_gates 5") as caught:
        search(tmp_path / "run", space=space, n_trials=5)
    assert caught.value.exit_code == 4
    assert {r.outcome.constraint for r in records(RunFolder.open(tmp_path / "run"))} == {"two_qubit_gates"}


def test_where_none_is_feasible_the_failed_ones_are_told_too(
    search: Search, quick: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def layers(*_: object) -> None:
        raise ValueError("not ready")

    monkeypatch.setattr(AngleEncoding, "layers", layers)
    text = quick.replace("[ladder]", "[constraints]\nmax_two_qubit_gates = 0\n[ladder]")
    with pytest.raises(
        NoFeasibleCandidateError,
        match=r"two_qubit_gates \d\. \d failed; the first with ValueError: not ready\.",
    ):
        search(tmp_path / "run", space=SearchSpace.from_toml(text, "strict"), n_trials=5)


def test_a_changed_file_of_a_run_is_noticed(search: Search, tmp_path: Path) -> None:
    search(tmp_path / "run", n_trials=1)
    path = tmp_path / "run" / "space.toml"
    path.write_text(path.read_text().replace("regions = 2", "regions = 3"))
    with pytest.raises(RunError, match=r"space.toml' was changed since the run began"):
        _ = RunFolder.open(tmp_path / "run").space


@pytest.mark.parametrize("content", ["", "{", '{"schema_version": 2}', "[]"])
def test_a_broken_configuration_is_one_sentence(content: str, tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text(content)
    with pytest.raises(InputError, match=r"run\.json' cannot be read"):
        RunFolder.open(tmp_path)


def test_a_folder_without_a_run_is_not_opened(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="is not a run folder"):
        RunFolder.open(tmp_path)


def test_a_second_search_in_the_same_folder_is_refused(search: Search, tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from qcsearch.search.run.folder import RunFolder\n"
        "with RunFolder(Path(sys.argv[1])).session(): print('held', flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "run")]
    first = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert first.stdout is not None
    with first.stdout:
        assert first.stdout.readline() == b"held\n"
        with pytest.raises(RunError, match=rf"Another search is running.*process {first.pid}"):
            search(tmp_path / "run", n_trials=1)
        first.kill()
        first.wait()
    assert search(tmp_path / "run", n_trials=1).n_trials == 1


@pytest.mark.parametrize("workers", [1, 2])
def test_an_interrupted_search_resumes(workers: int, search: Search, tmp_path: Path, spare: Any) -> None:
    def interrupt(event: events.Event) -> None:
        if isinstance(event, events.TrialFinished) and event.n_finished >= 3:
            raise KeyboardInterrupt

    fork_server = spare.take() if workers > 1 else None
    with pytest.raises(KeyboardInterrupt):
        search(tmp_path / "run", n_trials=200, workers=workers, progress=interrupt, fork_server=fork_server)
    before = {r.trial: r.to_json() for r in records(RunFolder.open(tmp_path / "run"))}
    assert len(before) >= 3
    result = search(tmp_path / "run", n_trials=len(before) + 2)
    assert result.n_trials == len(before) + 2
    after = {r.trial: r.to_json() for r in records(RunFolder.open(tmp_path / "run"))}
    assert {trial: after[trial] for trial in before} == before


def test_workers_that_always_die_end_the_search_with_their_last_words(
    search: Search, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Something in the environment that breaks every worker and not this process.
    (tmp_path / "plugin").mkdir()
    (tmp_path / "plugin" / "optuna.py").write_text("raise RuntimeError('no optuna here')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "plugin"))
    with pytest.raises(QCSearchError, match=r"The workers die before they finish a trial.*no optuna here"):
        search(tmp_path / "run", n_trials=2, workers=2)


def test_a_worker_that_is_killed_is_replaced(search: Search, tmp_path: Path, spare: Any) -> None:
    fork_server = spare.take()
    killed: list[int] = []
    told: list[events.Event] = []

    def kill(event: events.Event) -> None:
        told.append(event)
        if isinstance(event, events.TrialFinished) and not killed:
            killed.append(children(fork_server.pid)[-1])
            os.kill(killed[0], signal.SIGKILL)

    result = search(tmp_path / "run", n_trials=12, workers=2, progress=kill, fork_server=fork_server)
    assert result.n_trials == 12
    assert any("A worker died" in event.text for event in told if isinstance(event, events.Notice))
    assert [r.trial for r in records(RunFolder.open(tmp_path / "run")) if r.outcome.kind == "failed"] == []


def children(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_a_finished_search_hands_over_model_and_trials_without_its_folder(
    search: Search, dataset: Dataset, tmp_path: Path
) -> None:
    result = search(tmp_path / "run", n_trials=2)
    rows, saved = leaderboard(RunFolder.open(result.run)), load_bundle(result.run / "model")
    shutil.rmtree(tmp_path / "run")
    assert leaderboard_of(result) == rows
    assert np.array_equal(result.model.predict_proba(dataset.X), saved.predict_proba(dataset.X))

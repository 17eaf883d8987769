"""What the benchmarks of whole searches are made of: data, stores, spaces, devices without noise, counts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib import import_module
from types import SimpleNamespace

import numpy as np
import pytest
from checkout import BENCHMARKS, CHECKOUT_ONLY
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from qcsearch.candidate.gate import Topology
from qcsearch.circuits.encodings import ENCODINGS
from qcsearch.devices.calibration.providers import get_device
from qcsearch.devices.selection.regions import best_regions, region, topology
from qcsearch.search.space.space import load_space


@pytest.fixture(scope="module")
def bench():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(BENCHMARKS))
        parts = ("fleet", "harder", "job", "quiet", "spaces", "tasks")
        names = ("record.readme", "record.store", *(f"search.{part}" for part in parts))
        yield SimpleNamespace(**{name.split(".")[-1]: import_module(name) for name in names})


def entry(strategy, task, seed, noisy):
    return {"settings": {"strategy": strategy, "task": task, "seed": seed}, "scores": {"noisy": noisy}}


@CHECKOUT_ONLY
def test_every_task_has_its_data_with_a_test_part_of_its_own(bench):
    for task in bench.tasks.TASKS:
        with np.load(bench.tasks.data_file(task)) as archive:
            assert {"X_train", "X_test", "y_train", "y_test"} <= set(archive)


@CHECKOUT_ONLY
def test_the_tasks_that_are_marked_are_those_on_which_a_simple_model_makes_no_mistake(bench):
    for task in bench.tasks.TASKS:
        with np.load(bench.tasks.data_file(task)) as archive:
            X, X_test, y, y_test = (archive[name] for name in ("X_train", "X_test", "y_train", "y_test"))
        assert len(y_test) == bench.tasks.N_TEST[task]
        models = [KNeighborsClassifier(1)]
        if task in bench.tasks.SATURATED:
            models += [make_pipeline(StandardScaler(), LogisticRegression())]
        best = max(model.fit(X, y).score(X_test, y_test) for model in models)
        assert (best == 1.0) == (task in bench.tasks.SATURATED), task


@CHECKOUT_ONLY
def test_no_simple_model_has_all_of_a_harder_task_right_and_its_figures_are_as_told(bench, tmp_path):
    told = (BENCHMARKS / "data" / "README.md").read_text("utf-8").split("## The harder tasks")[1]
    for task in bench.tasks.HARDER:
        with np.load(bench.harder.archive(task, tmp_path)) as archive:
            X, X_test, y, y_test = (archive[name] for name in ("X_train", "X_test", "y_train", "y_test"))
        X, X_test = X.astype(float), X_test.astype(float)
        assert len(y_test) == bench.tasks.N_TEST[task]
        assert len(np.unique(np.vstack([X, X_test]), axis=0)) == len(np.unique(X, axis=0)) + len(
            np.unique(X_test, axis=0)
        )
        standardised = [make_pipeline(StandardScaler(), one) for one in (LogisticRegression(), SVC(C=10))]
        scores = [model.fit(X, y).score(X_test, y_test) for model in (*standardised, KNeighborsClassifier(1))]
        row = next(line for line in told.splitlines() if line.startswith(f"| {task} |")).split(" | ")
        assert row[3] == f"{len(y)}/{len(y_test)}"
        assert [float(row[column]) for column in (4, 5, 7)] == pytest.approx(scores, abs=0.0015)
        assert max(*scores, float(row[6])) < 0.97


@CHECKOUT_ONLY
def test_a_harder_task_is_drawn_from_the_training_part_of_its_own_and_tested_on_its_test_part(
    bench, tmp_path
):
    with (
        np.load(bench.harder.archive("mnist_3589", tmp_path)) as few,
        np.load(bench.tasks.data_file("mnist_10")) as whole,
    ):
        known = {row.tobytes() for row in whole["X_train"]}
        assert all(row.tobytes() in known for row in few["X_train"])
        kept = np.isin(whole["y_test"], (3, 5, 8, 9))
        np.testing.assert_array_equal(few["X_test"], whole["X_test"][kept])
        assert set(few["y_train"]) == set(few["y_test"]) == {3, 5, 8, 9}


def test_a_benchmark_has_all_data_sets_of_a_seed_before_the_next_seed(bench):
    assert bench.fleet.cells(["a", "b"], 2) == [("a", 0), ("b", 0), ("a", 1), ("b", 1)]


@CHECKOUT_ONLY
def test_the_vowels_split_by_speaker_are_the_same_samples_and_share_no_speaker(bench):
    with (
        np.load(bench.tasks.data_file("vowel_4_by_speaker")) as split,
        np.load(bench.tasks.data_file("vowel_4")) as mixed,
    ):
        rows = [
            np.column_stack(
                [np.vstack([one["X_train"], one["X_test"]]), np.append(one["y_train"], one["y_test"])]
            )
            for one in (split, mixed)
        ]
        speakers = np.append(split["speaker_train"], split["speaker_test"])
        assert set(split["speaker_train"]) == set(range(8))
        assert set(split["speaker_test"]) == set(range(8, 15))
    np.testing.assert_array_equal(
        *(np.sort(one.view([("", one.dtype)] * one.shape[1]).ravel()) for one in rows)
    )
    _, counts = np.unique(np.column_stack([speakers, rows[0][:, -1]]), axis=0, return_counts=True)
    assert counts.tolist() == [6] * 60


@CHECKOUT_ONLY
def test_a_job_settles_what_the_command_line_would_take(bench):
    settings = bench.job.job("moons", 3, max_seconds=9.0).settings
    assert (settings["strategy"], settings["space"], settings["device"]) == ("auto", "default", "fake_torino")
    assert (settings["seed"], settings["max_seconds"], settings["n_trials"]) == (3, 9.0, None)


def test_a_stored_run_is_found_by_its_settings_alone_and_measured_again_takes_its_place(bench, tmp_path):
    path = tmp_path / "results" / "runs.json"
    store = bench.store.Store(path)
    store.add(entry("tpe", "moons", 0, 0.5))
    store.add(entry("tpe", "moons", 1, 0.6))
    store.add(entry("tpe", "moons", 0, 0.7))
    again = bench.store.Store(path)
    assert again.find({"strategy": "tpe", "task": "moons", "seed": 0})["scores"]["noisy"] == 0.7
    assert again.find({"strategy": "tpe", "task": "moons", "seed": 2}) is None
    assert len(again.entries) == 2


def test_what_is_stored_of_another_version_is_found_when_it_is_asked_for_and_nothing_is_measured(
    bench, tmp_path
):
    store = bench.store.Store(tmp_path / "runs.json")
    settings = {"task": "moons", "space": "default", "max_seconds": 30}
    for fingerprint, noisy in (("old", 0.5), ("newer", 0.6)):
        store.add({"settings": {**settings, "space_fingerprint": fingerprint}, "scores": {"noisy": noisy}})
    now = {**settings, "space_fingerprint": "now"}
    assert store.find(now) is None
    assert store.find(now, any_version=True)["scores"]["noisy"] == 0.6
    assert store.find({**now, "max_seconds": 60}, any_version=True) is None
    asked = SimpleNamespace(store=tmp_path / "runs.json", stored=True)
    jobs = [SimpleNamespace(settings=now), SimpleNamespace(settings={**now, "task": "bank"})]
    assert [run["scores"]["noisy"] for run in bench.fleet.measure(jobs, asked)] == [0.6]


def test_a_table_takes_the_place_of_the_one_between_its_marks(bench, tmp_path):
    path = tmp_path / "README.md"
    path.write_text("a\n<!-- x -->\nold\n<!-- /x -->\nb\n<!-- y -->\n<!-- /y -->\n")
    bench.readme.put("x", "new", path)
    bench.readme.put("y", "other", path)
    assert path.read_text() == "a\n<!-- x -->\nnew\n<!-- /x -->\nb\n<!-- y -->\nother\n<!-- /y -->\n"


def test_a_space_written_without_changes_means_the_same(bench, tmp_path):
    for name in ("default", "elivagar", "images", "tiny"):
        path = bench.spaces.derive(name, {}, name, tmp_path)
        assert load_space(path).fingerprint == load_space(name).fingerprint


def test_a_changed_space_differs_in_what_was_changed_alone(bench, tmp_path):
    path = bench.spaces.derive("default", {"training": {"noise": False}}, "quiet", tmp_path)
    before, after = (load_space(source).file.model_dump() for source in ("default", path))
    assert not after["training"].pop("noise")
    assert before["training"].pop("noise")
    assert before == after


def test_a_strategy_that_refuses_the_default_space_gets_the_nearest(bench, tmp_path):
    default = load_space("default").file
    assert bench.spaces.suited("random", "default", tmp_path) == "default"
    for strategy, kept in (("supernet", True), ("quantumnas", False)):
        found = load_space(bench.spaces.suited(strategy, "default", tmp_path)).file
        assert (found.circuit.ansatze == default.circuit.ansatze) == kept
        named = {one.name for one in default.circuit.encodings}
        assert {one.name for one in found.circuit.encodings} == named - {"weighted_sum"}
        for part in ("preprocessing", "training", "constraints", "ladder", "refit"):
            assert getattr(found, part) == getattr(default, part)


def test_the_quiet_device_has_the_couplings_and_durations_of_the_real_one_and_no_errors(bench, tmp_path):
    real, quiet = get_device("fake_torino"), get_device(bench.quiet.write_quiet("fake_torino", tmp_path))
    assert quiet.coupling_map == real.coupling_map
    assert quiet.usable_qubits == real.usable_qubits
    assert [gate.duration for gate in quiet.gates] == [gate.duration for gate in real.gates]
    assert {gate.error for gates in quiet.gates_on.values() for gate in gates} <= {0.0, None}
    best = best_regions(quiet, 4)[0]
    assert best.score == pytest.approx(1.0, abs=1e-6)


def test_a_winner_comes_back_on_the_best_qubits_that_are_coupled_as_its_own(bench, tmp_path):
    real, quiet = get_device("fake_torino"), get_device(bench.quiet.write_quiet("fake_torino", tmp_path))
    for qubits in ((0, 1, 2, 3), (4, 16, 23, 3)):
        placed = bench.quiet._placed(real, quiet, qubits)
        assert topology(real, placed) == topology(quiet, qubits)
        assert region(real, placed).score > region(real, qubits).score
        assert bench.quiet._placed(real, quiet, placed) == placed


def test_the_space_that_encodes_once_has_one_block_of_data_and_stops_by_itself():
    space = load_space(BENCHMARKS / "spaces" / "encode_once.toml").file
    line = Topology(4, ((0, 1), (1, 2), (2, 3)))
    for one in space.circuit.encodings:
        assert len(ENCODINGS.create(one.name, one.settings).layers(4, line, 3)) == 1
    assert space.circuit.n_qubits.min == space.circuit.n_qubits.max == 4
    assert space.training.patience
    assert space.training.noise
    assert space.ladder.rungs == 0


COUNTED = """
import json, sys
from pathlib import Path
import optuna
from search.counting import counted, install
install(Path(sys.argv[1]))
from qcsearch.data.sources.load import load_dataset
from qcsearch.devices.calibration.providers import get_device
from qcsearch.search.trial.features import Features
from qcsearch.search.trial.objective import Objective
from qcsearch.search.space.space import load_space

device, space = get_device("fake_manila"), load_space("tiny")
objective = Objective.of(Features(load_dataset("moons"), 0), space, device, 0)
bound = objective.bound
trial = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=1)).ask()
drawn = bound.draw(trial)
candidate = bound.candidate(drawn)
record = objective(0, candidate, drawn)
n_val = len(objective.features.split.validation)
print(json.dumps([counted(Path(sys.argv[1])), record.steps, candidate.training.batch_size, len(record.history), n_val]))
"""


@pytest.mark.slow
def test_a_training_counts_its_batches_and_its_validations(tmp_path):
    """Steps times batch, and every validation; one more validation without noise, for the record."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (BENCHMARKS, BENCHMARKS.parent)))}
    command = [sys.executable, "-c", COUNTED, str(tmp_path / "counts")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    counts, steps, batch, validations, n_val = json.loads(done.stdout.splitlines()[-1])
    assert steps > 0
    assert counts == {
        "noisy_evaluations": steps * batch + validations * n_val,
        "noiseless_evaluations": n_val,
        "candidates": 1,
    }

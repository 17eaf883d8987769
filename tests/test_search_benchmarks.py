"""What the benchmarks of whole searches are made of: stores, spaces, devices without noise, verdicts, counts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from qcsearch.candidate.gate import Topology
from qcsearch.circuits.encodings import ENCODINGS
from qcsearch.devices.calibration.providers import get_device
from qcsearch.devices.selection.regions import best_regions, region, topology
from qcsearch.search.space.space import load_space

BENCHMARKS = Path(__file__).resolve().parents[1] / "benchmarks"
CHECKOUT_ONLY = pytest.mark.skipif(not (BENCHMARKS / "data").is_dir(), reason="the data are in the checkout")


@pytest.fixture(scope="module")
def bench():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(BENCHMARKS))
        parts = ("contest", "job", "quiet", "spaces", "summary", "tasks")
        names = (
            "record.readme",
            "record.store",
            "strategies",
            "transfer",
            *(f"search.{part}" for part in parts),
        )
        yield SimpleNamespace(**{name.split(".")[-1]: import_module(name) for name in names})


def entry(strategy, task, seed, noisy):
    return {"settings": {"strategy": strategy, "task": task, "seed": seed}, "scores": {"noisy": noisy}}


@CHECKOUT_ONLY
def test_every_task_has_its_data_with_a_test_part_of_its_own(bench):
    for task in bench.tasks.TASKS:
        with np.load(bench.tasks.data_file(task)) as archive:
            assert {"X_train", "X_test", "y_train", "y_test"} <= set(archive)


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


def test_within_the_spread_is_a_median_no_worse_than_the_worst_seed_of_the_best(bench):
    scores = {
        "auto": {"moons": [0.90, 0.94, 0.99], "bank": [0.5, 0.5, 0.5]},
        "tpe": {"moons": [0.93, 0.95, 0.96], "bank": [0.51, 0.6, 0.7]},
    }
    entries = [
        entry(strategy, task, seed, value)
        for strategy, tasks in scores.items()
        for task, found in tasks.items()
        for seed, value in enumerate(found)
    ]
    found = bench.contest.contest(entries, ["auto", "tpe"], ["moons", "bank"])
    assert found.best("moons") == found.best("bank") == "tpe"
    assert found.holds("auto", "moons")
    assert not found.holds("auto", "bank")
    assert found.ranking == ["tpe", "auto"]
    assert found.mean("auto") == pytest.approx((0.94 + 0.5) / 2)


def test_a_strategy_without_a_result_on_a_task_has_no_mean_and_comes_last(bench):
    entries = [entry("auto", "moons", 0, 0.99), entry("tpe", "moons", 0, 0.5), entry("tpe", "bank", 0, 0.5)]
    found = bench.contest.contest(entries, ["auto", "tpe"], ["moons", "bank"])
    assert found.mean("auto") is None
    assert found.ranking == ["tpe", "auto"]
    assert not found.holds("auto", "bank")


def test_a_strategy_that_shares_the_best_mean_is_the_best_and_one_below_is_not(bench):
    tasks = ["moons", "bank"]

    def verdict(of_auto):
        runs = [entry("auto", "moons", 0, of_auto), entry("auto", "bank", 0, 0.9)]
        runs += [entry("tpe", task, 0, 0.9) for task in tasks]
        return bench.strategies._verdict(bench.contest.contest(runs, ["auto", "tpe"], tasks))[-1]

    assert verdict(0.9).endswith("Its mean is 0.9000, that of the best other, `tpe`, 0.9000: met.")
    assert verdict(0.8).endswith("Its mean is 0.8500, that of the best other, `tpe`, 0.9000: missed.")
    assert "on 1 of 2 tasks (bank): missed." in verdict(0.8)


def test_numbers_are_shown_as_median_and_range(bench):
    assert bench.summary.accuracy([0.95, 0.94, 0.97]) == "0.9500 (0.9400–0.9700)"
    assert bench.summary.number([1_234_000.0, 1_234_000.0]) == "1.23 M"
    assert bench.summary.number([999.0, 12_000.0]) == "6,499.5 (999–12 k)"
    assert bench.summary.number([]) == "–"


def tuned(target, original, tuned, share):
    return {
        "target": target,
        "original": original,
        "untuned": tuned - 0.01,
        "tuned": tuned,
        "share": share,
        "wall_seconds": 20.0,
    }


def test_the_table_of_transfers_judges_points_and_shares_by_kind_of_target(bench):
    tunings = [
        tuned("drift 1", 0.95, 0.94, 0.05),
        tuned("drift 2", 0.95, 0.96, 0.06),
        tuned("fake_fez", 0.95, 0.92, 0.11),
        {"target": "fake_fez", "failed": "Error: no region."},
    ]
    settings = {"task": "mnist_4", "strategy": "auto", "space": "default", "max_seconds": 120, "seed": 0}
    run = {
        "settings": {**settings, "workers": 1},
        "after": {"tunings": tunings},
        "cost": {"wall_seconds": 100.0},
        "commit": "abc",
        "date": "2026-11-21",
        "machine": {"cpu": "a core", "cores": 1, "threads": 1},
        "versions": {},
    }
    drift, fez = [
        line for line in bench.transfer.render([run], ["mnist_4"]).splitlines() if "| mnist_4" in line
    ]
    assert "| 0.9500 | 0.9400 (0.9300–0.9500) | 0.9500 (0.9400–0.9600) | +0.0 (-1.0 – +1.0): met |" in drift
    assert "| 5.5 % (5.0 – 6.0): met | 20.0 % (20.0 – 20.0) | 2 |" in drift
    assert "| +3.0 (+3.0 – +3.0): missed | 11.0 % (11.0 – 11.0): missed |" in fez
    assert "Failed: mnist_4, seed 0, fake_fez: Error: no region." in bench.transfer.render([run], ["mnist_4"])


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

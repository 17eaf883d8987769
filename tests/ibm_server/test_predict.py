"""`qcsearch predict` on a billed backend: a ceiling, a question, one job for each part, none twice."""

from __future__ import annotations

import csv
import json
import random
import re
import shutil

import pytest
from ibm_server.kills import kill_later
from ibm_server.nonsense import BAD_RESULTS, shots

from qcsearch.bundle.read import load_bundle

BACKEND = ("--backend", "ibm:ibm_valencia")
LIMITS = ("--max-qpu-seconds", 2000, "--yes", "--submits-per-minute", 6000)


@pytest.fixture
def run(searched):
    return searched("fake_valencia")


def table(text):
    return list(csv.DictReader(text.splitlines()))


def test_a_run_predicts_there_with_error_bars_and_again_for_nothing(server, call, run):
    words = ("predict", run, "iris", *BACKEND, *LIMITS, "--shots", 64)
    code, out, errors = call(*words)
    assert code == 0, errors
    rows = table(out)
    assert len(rows) == 150
    names = [name.removeprefix("p_") for name in rows[0] if name.startswith("p_")]
    for row in rows:
        assert sum(float(row[f"p_{name}"]) for name in names) == pytest.approx(1, abs=1e-5)
    assert any(float(row[f"error_{name}"]) > 0 for row in rows for name in names)
    assert re.search(r"\(ibm:ibm_valencia, hardware\), ± \S+ % by shots, ± \S+ % by the number", errors)
    assert len(server.billed) == len(server.jobs) == 1
    assert f"{server.billed_seconds:.1f} QPU seconds" in errors
    assert call(*words)[1] == out
    assert call(*words[:-1], 32)[1] != out
    assert len(server.billed) == 2


@pytest.mark.slow
def test_a_bundle_keeps_its_jobs_beside_it(server, call, run, tmp_path):
    bundle = shutil.copytree(run / "model", tmp_path / "mine")
    words = ("predict", bundle, "iris", *BACKEND, *LIMITS, "--shots", 16, "--json")
    found = json.loads(call(*words)[1].splitlines()[-1])
    assert (found["source"], found["kind"]) == ("ibm:ibm_valencia", "hardware")
    assert found["qpu_seconds"] == pytest.approx(server.billed_seconds)
    assert found["accuracy_shot_error"] is not None
    assert len(found["errors"]) == len(found["probabilities"]) == 150
    assert list((tmp_path / "mine-jobs").glob("*/journal.jsonl"))
    assert load_bundle(bundle)  # nothing was put into it


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        (["--yes"], "--max-qpu-seconds"),
        (["--max-qpu-seconds", 100], "add --yes"),
        (["--yes", "--max-qpu-seconds", 1], "must allow all predictions"),
    ],
)
def test_nothing_is_paid_without_a_ceiling_that_holds_it_and_a_yes(server, call, run, limits, said):
    code, _, errors = call("predict", run, "iris", *BACKEND, *limits)
    assert code == 2
    assert said in errors
    assert server.jobs == {}


def test_who_says_no_to_a_prediction_pays_nothing(server, call, run, asked):
    asked("n")
    code, _, errors = call("predict", run, "iris", *BACKEND, "--max-qpu-seconds", 1000, "--shots", 64)
    assert code == 130
    assert re.search(r"1 job will take at least \d+ QPU seconds; the ceiling is 1000\.", errors)
    assert server.jobs == {}


@pytest.mark.slow
def test_the_other_executors_predict_too(call, run):
    for backend in ("aer", "local:fake_valencia", "backend:qiskit_ibm_runtime.fake_provider:FakeValenciaV2"):
        code, out, errors = call("predict", run, "iris", "--backend", backend, "--shots", 32)
        assert code == 0, errors
        assert out.startswith("label,p_setosa,p_versicolor,p_virginica,error_setosa,")
        assert f"({backend}, " in errors


@pytest.mark.slow
def test_a_killed_prediction_resumes_and_pays_no_job_twice(serve, call, command, run, tmp_path):
    words = ("predict", run, "iris", *BACKEND, *LIMITS, "--shots", 2**14, "--json")
    unbroken = serve("ibm_valencia")
    found = call(*words)[1].splitlines()[-1]
    n_jobs, n_requests = len(unbroken.jobs), len(unbroken.requests)
    assert n_jobs >= 3
    shutil.rmtree(run / "jobs")
    server, rng, kills = serve("ibm_valencia", queue_seconds=0.2), random.Random(5), 0
    while kills < 3 and kill_later(
        command(server, tmp_path, *words), server, rng.randrange(1, n_requests // 2), rng.uniform(0, 0.3)
    ):
        kills += 1
    process = command(server, tmp_path, *words)
    out, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    assert kills > 0
    assert len(server.billed) == len(server.jobs) == n_jobs
    assert json.loads(out.splitlines()[-1])["probabilities"] == json.loads(found)["probabilities"]
    assert server.leaks() == []


@pytest.mark.slow
@pytest.mark.parametrize("primitive", ["sampler", "estimator"])
def test_other_numbers_of_shots_are_said_and_weigh_what_they_are(server, call, run, primitive):
    server.faults.add("results", shots(1), 1000)
    words = ("predict", run, "iris", *BACKEND, *LIMITS, "--shots", 64, "--primitive", primitive, "--json")
    code, out, errors = call(*words)
    assert code == 0, errors
    found = json.loads(out.splitlines()[-1])
    assert found["shots"] == 1
    assert "gave 1 shots of each circuit where 64 were asked for" in errors
    assert all(any(error > 0 for error in row) for row in found["errors"])


@pytest.mark.slow
@pytest.mark.parametrize("name", ["no shots", "NaN", "a bit more"])
def test_no_prediction_is_made_of_what_is_no_result(server, call, run, name):
    server.faults.add("results", BAD_RESULTS[name], 1000)
    code, out, errors = call("predict", run, "iris", *BACKEND, *LIMITS, "--shots", 64)
    assert code == 5
    assert out == ""
    assert "Error: " in errors
    assert "Traceback" not in errors

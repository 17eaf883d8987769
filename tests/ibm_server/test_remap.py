"""`--remap` on a processor whose qubits have decayed: decided once, before any job, and kept with the jobs."""

from __future__ import annotations

import json

import pytest

from qcsearch.bundle.read import load_bundle
from qcsearch.deployment.deployment import Deployment

LIMITS = ("--max-qpu-seconds", 2000, "--yes", "--submits-per-minute", 6000)
BACKEND = ("--backend", "ibm:ibm_valencia", *LIMITS)


@pytest.fixture
def run(searched):
    return searched("fake_valencia")


@pytest.fixture
def decayed(server, run):
    """The server's processor, on a day when a qubit of the winner reads badly."""
    bad = load_bundle(run / "model").candidate.qubits[:1]
    server.processor("ibm_valencia").decay(bad, worse=20.0)
    return server, bad[0]


def deploy(call, run, *words):
    code, out, errors = call("deploy", run, *BACKEND, "--steps", 0, "--shots", 128, *words)
    return code, out, errors, Deployment.load(run / "deployment.json") if code == 0 else None


@pytest.mark.slow
def test_the_model_is_remapped_before_the_first_job_and_once(decayed, call, run):
    server, bad = decayed
    code, out, errors, found = deploy(call, run, "--remap", "--max-drift", 0.05)
    assert code == 0, errors
    assert bad not in found.qubits
    assert found.qubits == found.remap.after
    assert "The model was remapped from qubits" in out
    assert found.noisy.accuracy - found.deployed.accuracy < 0.2
    paid = len(server.billed)
    server.processor("ibm_valencia").recalibrate(worse=1.5)  # the same command on another day: the same jobs
    assert deploy(call, run, "--remap", "--max-drift", 0.05)[3].qubits == found.qubits
    assert len(server.billed) == paid
    call("report", run)
    assert "The model was remapped from qubits" in (run / "report.html").read_text()
    assert "winner, deployed" in call("board", run)[1]


def test_without_remap_the_drift_stops_it_and_says_what_would_help(decayed, call, run):
    server, bad = decayed
    code, _, errors, _ = deploy(call, run, "--max-drift", 0.05)
    assert code == 5
    assert f"readout of qubit {bad}" in errors
    assert "--remap" in errors
    assert server.jobs == {}


@pytest.mark.slow
def test_a_deployment_that_stays_offers_the_move(decayed, call, run):
    _, _, errors, found = deploy(call, run)
    assert found.remap is None
    assert "Note: --remap would have remapped the model." in errors


@pytest.mark.slow
def test_remap_without_drift_changes_nothing(server, call, run):
    _, _, _, found = deploy(call, run, "--remap")
    assert found.remap is None
    (kept,) = (run / "jobs").glob("*/remap.json")
    assert json.loads(kept.read_text()) is None


def test_remap_needs_a_backend_with_a_calibration(call, run):
    code, _, errors = call("deploy", run, "--backend", "aer", "--remap")
    assert code == 2
    assert "calibration of its own. Got aer." in errors

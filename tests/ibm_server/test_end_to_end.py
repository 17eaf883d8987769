"""All commands in processes of their own, which know the server by environment variables alone."""

from __future__ import annotations

import json

import pytest

SETTINGS = ("--backend", "ibm:ibm_torino", "--shots")
LIMITS = ("--max-qpu-seconds", 5000, "--yes", "--submits-per-minute", 6000)


@pytest.fixture
def qcsearch(command, tmp_path):
    """Runs a command to its end; returns what it printed."""

    def call(server, *words):
        process = command(server, tmp_path, *words)
        out, errors = process.communicate(timeout=600)
        assert process.returncode == 0, errors
        assert server.token not in out + errors
        return out

    return call


def whole_way(qcsearch, serve, run, steps, shots):
    """Cost, deploy, predict, report; return what deploying cost, its estimate, the deployment, the predictions."""
    server = serve("ibm_torino")
    cost = json.loads(
        qcsearch(server, "cost", run, *SETTINGS, shots, "--steps", steps, "--json").splitlines()[-1]
    )
    assert server.jobs == {}
    qcsearch(server, "deploy", run, *SETTINGS, shots, "--steps", steps, *LIMITS)
    paid = server.billed_seconds
    assert len(server.billed) == len(server.jobs) == cost["stages"][-1]["jobs"]
    labels = qcsearch(server, "predict", run, "iris", *SETTINGS, shots, *LIMITS).splitlines()
    qcsearch(server, "report", run)
    assert server.leaks() == []
    assert len(server.billed) == len(server.jobs) == cost["stages"][-1]["jobs"] + 1
    return paid, cost, json.loads((run / "deployment.json").read_text()), labels


@pytest.mark.slow
def test_cost_deploy_predict_report_on_133_qubits(qcsearch, serve, searched):
    run = searched("fake_torino")
    paid, cost, found, labels = whole_way(qcsearch, serve, run, steps=2, shots=128)
    assert cost["qpu_seconds"] == pytest.approx(paid, rel=0.1)
    assert found["kind"] == "hardware"
    assert found["qpu_seconds"] == pytest.approx(paid)
    assert len(found["tuning"]["losses"]) == 2
    assert len(labels) == 151
    assert "ibm:ibm_torino" in (run / "report.html").read_text()


@pytest.mark.exhaustive
def test_ten_steps_of_4096_shots_end_near_the_noisy_score(qcsearch, serve, searched):
    run = searched("fake_torino")
    _, _, found, _ = whole_way(qcsearch, serve, run, steps=10, shots=4096)
    assert len(found["tuning"]["losses"]) == 10
    assert found["deployed"]["n_samples"] == found["noisy"]["n_samples"]
    assert abs(found["deployed"]["accuracy"] - found["noisy"]["accuracy"]) <= 0.0334  # one sample of thirty

"""What the commands refuse, ask and say before any money is spent."""

from __future__ import annotations

import io
import json
import re

import pytest


@pytest.fixture
def run(searched):
    return searched("fake_valencia")


def test_a_deployment_without_a_ceiling_is_refused(server, run, call):
    code, _, errors = call("deploy", run, "--backend", "ibm:ibm_valencia", "--yes")
    assert code == 2
    assert "--max-qpu-seconds" in errors
    assert server.requests == []


def test_a_deployment_that_nobody_can_agree_to_is_refused(server, run, monkeypatch, call):
    monkeypatch.setattr("sys.stdin", io.StringIO())
    code, _, errors = call("deploy", run, "--backend", "ibm:ibm_valencia", "--max-qpu-seconds", 100)
    assert code == 2
    assert "--yes" in errors
    assert server.requests == []


def test_who_says_no_pays_nothing(server, run, asked, call):
    asked("n")
    words = ("deploy", run, "--backend", "ibm:ibm_valencia", "--max-qpu-seconds", 1000)
    code, _, errors = call(*words)
    assert code == 130
    assert re.search(r"13 jobs will take at least \d+ QPU seconds; the ceiling is 1000\.", errors)
    assert server.jobs == {}


def test_cost_says_seconds_money_and_share_and_submits_nothing(server, run, call):
    server.limit_seconds = 10_000.0
    words = ("cost", run, "--backend", "ibm:ibm_valencia", "--usd-per-qpu-second", 2)
    code, out, _ = call(*words)
    assert code == 0
    assert "Assumed: " in out
    found = json.loads(call(*words, "--json")[1].splitlines()[-1])
    assert f"At 2 USD a QPU second: {2 * found['qpu_seconds']:,.2f} USD." in out
    assert f"{found['qpu_seconds'] / 100:.1f} % of the 10,000 QPU seconds" in out
    assert found["stages"][-1]["jobs"] == 13
    assert found["usd"] == pytest.approx(2 * found["qpu_seconds"])
    assert server.jobs == {}


def test_canaries_are_in_the_cost(server, run, call):
    words = ("cost", run, "--backend", "local:fake_valencia", "--json")
    plain, more = (json.loads(call(*words, *extra)[1].splitlines()[-1]) for extra in ((), ("--canaries",)))
    assert more["stages"][-1]["circuits"] == plain["stages"][-1]["circuits"] + 2 * 13
    assert plain["remaining_seconds"] is None


def test_shots_that_grow_are_in_the_cost(server, run, call):
    words = ("cost", run, "--backend", "ibm:ibm_valencia", "--json")
    found = [
        json.loads(call(*words, "--shots-schedule", schedule)[1].splitlines()[-1])["stages"][1]
        for schedule in ("constant", "geometric:128")
    ]
    plain, growing = (stage["executions"] for stage in found)
    assert growing == pytest.approx(plain * sum(32 ** (k / 9) for k in range(10)) / 320, rel=0.01)
    assert call(*words, "--shots-schedule", "linear:3")[0] == 2


def test_mitigation_is_in_the_cost(server, run, call):
    words = (
        "cost",
        run,
        "--backend",
        "ibm:ibm_valencia",
        "--primitive",
        "estimator",
        "--shots",
        256,
        "--json",
    )
    found = [json.loads(call(*words, "--resilience-level", n)[1].splitlines()[-1]) for n in (0, 2)]
    plain, dear = (each["stages"][-1]["executions"] for each in found)
    assert 3 * plain < dear < 3.5 * plain  # three strengths of noise, and calibration
    assert found[1]["qpu_seconds"] > found[0]["qpu_seconds"]
    assert server.jobs == {}


def test_a_backend_that_is_not_there_is_said(server, run, call):
    limits = ("--max-qpu-seconds", 1000, "--yes")
    code, _, errors = call("deploy", run, "--backend", "ibm:ibm_nowhere", *limits)
    assert code == 5
    assert "must be one of the instance's" in errors
    assert server.jobs == {}


def test_the_library_refuses_a_billed_backend_by_name(server):
    from qcsearch.deployment.executors.opening import open_executor
    from qcsearch.errors import BackendError

    with pytest.raises(BackendError, match="ceiling and a journal"):
        open_executor("ibm:ibm_valencia")
    assert server.requests == []

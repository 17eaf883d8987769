"""State tomography as a billed job: journal, ceiling, the question before."""

from __future__ import annotations

import json

import pytest

BILLED = ("--backend", "ibm:ibm_valencia", "--submits-per-minute", 6000)


@pytest.fixture
def run(searched):
    return searched("fake_valencia")


@pytest.mark.slow
def test_it_is_one_job_that_is_never_paid_twice(server, run, call):
    words = ("tomography", run, *BILLED, "--shots", 1024, "--max-qpu-seconds", 100, "--yes", "--json")
    code, out, errors = call(*words)
    assert code == 0, errors
    found = json.loads(out.splitlines()[-1])
    assert len(server.billed) == 1
    assert found["qpu_seconds"] == pytest.approx(sum(job.seconds for job in server.billed), rel=0.01)
    assert found["kind"] == "hardware"
    again = json.loads(call(*words)[1].splitlines()[-1])
    assert len(server.billed) == 1
    assert (again["measured"], again["fidelity"]) == (found["measured"], found["fidelity"])
    call(*words, "--seed", 1)
    assert len(server.billed) == 2


def test_a_ceiling_below_its_cost_and_a_no_submit_nothing(server, run, asked, call):
    code, _, errors = call("tomography", run, *BILLED, "--max-qpu-seconds", 1, "--yes")
    assert code == 2
    assert "The ceiling must allow the tomography" in errors
    asked("n")
    code, _, errors = call("tomography", run, *BILLED, "--max-qpu-seconds", 100)
    assert code == 130
    assert "1 job will take at least" in errors
    assert server.jobs == {}

"""A training on hardware that is killed at random moments: no job twice, and the same weights in the end."""

from __future__ import annotations

import json
import random
import time

import pytest
from ibm_server.server import IbmServer

STEPS, SHOTS = 10, 64
JOBS = STEPS + 3  # before, after and test


@pytest.fixture
def train(command):
    """Starts the training of a run on a server."""

    def start(server, run):
        words = ["deploy", run, "--backend", "ibm:ibm_valencia", "--steps", STEPS, "--shots", SHOTS, "--yes"]
        limits = ["--max-qpu-seconds", 1000, "--submits-per-minute", 6000]
        return command(server, run.parent, *words, *limits)

    return start


@pytest.fixture
def unbroken(train, searched):
    """The deployment of a training that nobody kills, and how many requests it makes."""
    run = searched("fake_valencia")
    with IbmServer(("ibm_valencia",), queue_seconds=0.2) as server:
        process = train(server, run)
        _, errors = process.communicate(timeout=300)
        assert process.returncode == 0, errors
        assert len(server.billed) == len(server.jobs) == JOBS
        return outcome(run), len(server.requests)


def outcome(run):
    """All that does not depend on the clock."""
    found = json.loads((run / "deployment.json").read_text())
    return {key: found[key] for key in ("weights", "head_parameters", "tuning", "deployed", "qpu_seconds")}


def kill_later(process, server, n_requests, seconds):
    """Kill −9 after some more requests and a moment; False if it ended before."""
    goal = len(server.requests) + n_requests
    while len(server.requests) < goal:
        if process.poll() is not None:
            return False
        time.sleep(0.002)
    time.sleep(seconds)
    if process.poll() is not None:
        return False
    process.kill()
    process.communicate()
    return True


def train_with_kills(train, server, run, most, rng, span):
    """Train to the end; return the number of kills."""
    kills = 0
    while kills < most:
        if not kill_later(train(server, run), server, rng.randrange(1, span), rng.uniform(0.0, 0.3)):
            break
        kills += 1
    process = train(server, run)
    _, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    return kills


def check(server, run, wanted):
    assert outcome(run) == wanted
    assert len(server.billed) == len(server.jobs) == JOBS
    assert len({tag for job in server.jobs.values() for tag in job.tags}) == JOBS
    assert server.leaks() == []
    (account,) = (run / "jobs").glob("*.jsonl")
    lines = [json.loads(line) for line in account.read_text().splitlines()]
    assert {line["job"] for line in lines if line["event"] == "submitted"} == set(server.jobs)


def test_a_killed_training_pays_no_job_twice_and_ends_where_an_unbroken_one_does(unbroken, train, searched):
    wanted, n_requests = unbroken
    rng, run = random.Random(7), searched("fake_valencia")
    with IbmServer(("ibm_valencia",), queue_seconds=0.2) as server:
        assert train_with_kills(train, server, run, 3, rng, n_requests // 2) > 0
        check(server, run, wanted)


@pytest.mark.slow
def test_fifty_kills(unbroken, train, searched):
    wanted, n_requests = unbroken
    kills, seed = 0, 0
    while kills < 50:
        rng, run = random.Random(seed), searched("fake_valencia")
        with IbmServer(("ibm_valencia",), queue_seconds=0.2) as server:
            kills += train_with_kills(train, server, run, 10, rng, n_requests // 3)
            check(server, run, wanted)
        seed += 1
    print(f"{kills} kills in {seed} trainings")

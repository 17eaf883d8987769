"""A training on hardware that is killed at random moments: no job twice, and the same weights in the end."""

from __future__ import annotations

import json
import random
from dataclasses import replace

import pytest
from ibm_server.kills import kill_later
from ibm_server.server import IbmServer

from qcsearch.bundle.read import load_bundle
from qcsearch.data.splitting import split
from qcsearch.deployment.deploying import deploy
from qcsearch.deployment.deployment import Deployment
from qcsearch.deployment.settings import DeploymentSettings
from qcsearch.deployment.values import Usage
from qcsearch.search.run.folder import RunFolder

STEPS, SHOTS, BACKEND = 10, 64, "ibm:ibm_valencia"


@pytest.fixture
def train(command):
    """Starts the training of a run on a server."""

    def start(server, run, steps=STEPS):
        words = ["deploy", run, "--backend", BACKEND, "--steps", steps, "--shots", SHOTS, "--yes"]
        limits = ["--max-qpu-seconds", 1000, "--submits-per-minute", 6000]
        return command(server, run.parent, *words, *limits)

    return start


@pytest.fixture
def unbroken(serve, executor, searched):
    """What a training that nobody kills ends in, and how many requests it makes."""

    def run_through(steps=STEPS):
        server, run = serve("ibm_valencia"), RunFolder.open(searched("fake_valencia"))
        model, parts = load_bundle(run.model), split(run.dataset, run.config.settings.seed)
        found = deploy(
            model, parts, executor(device=model.device), DeploymentSettings(steps=steps, shots=SHOTS)
        )
        assert len(server.billed) == len(server.jobs) == steps + 3  # before, after and test
        return timeless(found), len(server.requests)

    return run_through


def timeless(found):
    """All that does not depend on the clock, or on what was measured before a kill."""
    return replace(found, seconds=0.0, usage=Usage())


def train_with_kills(start, server, most, rng, span):
    """Train to the end, and once more if that came early; return the number of kills."""
    kills = 0
    while kills < most and kill_later(start(), server, rng.randrange(1, span), rng.uniform(0.0, 0.3)):
        kills += 1
    process = start()
    _, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    return kills


def check(server, run, wanted, n_jobs):
    assert len(server.billed) == len(server.jobs) == n_jobs
    assert len({tag for job in server.jobs.values() for tag in job.tags}) == n_jobs
    assert server.leaks() == []
    assert timeless(Deployment.load(run / "deployment.json")) == wanted
    (account,) = (run / "jobs").glob("*/journal.jsonl")
    lines = [json.loads(line) for line in account.read_text().splitlines()]
    assert {line["job"] for line in lines if line["event"] == "submitted"} == set(server.jobs)


@pytest.mark.slow
def test_a_killed_training_pays_no_job_twice_and_ends_where_an_unbroken_one_does(unbroken, train, searched):
    steps = 3
    wanted, n_requests = unbroken(steps)
    rng, run = random.Random(7), searched("fake_valencia")
    with IbmServer(("ibm_valencia",), queue_seconds=0.2) as server:
        assert train_with_kills(lambda: train(server, run, steps), server, 2, rng, n_requests // 2) > 0
        check(server, run, wanted, steps + 3)


@pytest.mark.exhaustive
def test_fifty_kills(unbroken, train, searched):
    wanted, n_requests = unbroken()
    kills, seed = 0, 0
    while kills < 50:
        rng, run = random.Random(seed), searched("fake_valencia")
        with IbmServer(("ibm_valencia",), queue_seconds=0.2) as server:
            kills += train_with_kills(lambda: train(server, run), server, 10, rng, n_requests // 3)  # noqa: B023  called at once
            check(server, run, wanted, STEPS + 3)
        seed += 1
    print(f"{kills} kills in {seed} trainings")

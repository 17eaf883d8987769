"""What a deployment may cost: no run ends above its ceiling, whatever its jobs take."""

from __future__ import annotations

import random

import pytest

from qcsearch.data.sources.load import load_dataset
from qcsearch.data.splitting import split
from qcsearch.deployment.cost.plan import plan_deployment
from qcsearch.deployment.deploying import deploy, prepare
from qcsearch.deployment.finetune.options import TuningOptions
from qcsearch.deployment.settings import DeploymentSettings
from qcsearch.errors import CeilingError, DriftError, InputError
from qcsearch.training.single import train

CANDIDATE = {
    "encoding": {"name": "angle"},
    "ansatz": {"name": "hardware_efficient", "settings": {"n_layers": 1}},
    "qubits": [0, 1],
    "observables": ["Z0", "Z1"],
    "training": {"steps": 30},
}
SMALL = DeploymentSettings(
    steps=6, shots=64, max_validation=10, max_test=10, tuning=TuningOptions(batch_size=8)
)


@pytest.fixture(scope="module")
def iris():
    return split(load_dataset("iris"), seed=0)


@pytest.fixture(scope="module")
def model(iris):
    validation = (iris.validation.X, iris.validation.y)
    return train(CANDIDATE, iris.train.X, iris.train.y, device="fake_valencia", validation=validation)


def spend(serve, executor, model, iris, turn):
    """Deploy under a random ceiling to a machine of random speed; return what was paid above it, and more."""
    rng = random.Random(turn)
    server = serve("ibm_valencia", slowness=lambda: rng.lognormvariate(0.2, 0.6))
    ceiling = rng.uniform(8.0, 40.0)
    one = executor(journal=f"journal-{turn}", max_qpu_seconds=ceiling, device=model.device)
    try:
        found = deploy(model, iris, one, SMALL)
    except CeilingError:
        found = None
    return server.billed_seconds - ceiling, found, one.budget.spent() - server.billed_seconds


@pytest.mark.parametrize(
    "turn",
    [
        0,
        *(
            pytest.param(n, marks=pytest.mark.slow if n < 4 else pytest.mark.exhaustive)
            for n in range(1, 100)
        ),
    ],
)
def test_no_run_ends_above_its_ceiling(serve, executor, model, iris, turn):
    above, found, misread = spend(serve, executor, model, iris, turn)
    assert above <= 1.0  # a job's own limit is in whole seconds
    assert misread == pytest.approx(0.0, abs=1e-6)
    if found is not None and len(found.tuning.losses) < SMALL.steps:
        assert any("passed the ceiling" in notice for notice in found.notices)


def test_steps_end_before_the_ceiling_and_the_result_is_whole(server, executor, model, iris):
    one = executor(max_qpu_seconds=16.0, device=model.device)
    found = deploy(model, iris, one, SMALL)
    assert 0 < len(found.tuning.losses) < SMALL.steps
    assert found.deployed.n_samples == 10
    assert found.tuning.after is not None
    assert found.qpu_seconds == pytest.approx(server.billed_seconds)
    assert found.qpu_seconds <= 16.0
    assert found.kind == "hardware"


@pytest.mark.slow
def test_more_money_resumes_where_the_ceiling_stopped(serve, executor, model, iris, tmp_path):
    paid, results = serve("ibm_valencia"), []
    for ceiling in (16.0, 100.0):
        one = executor(max_qpu_seconds=ceiling, device=model.device)
        results.append(deploy(model, iris, one, SMALL, checkpoint=tmp_path / "steps"))
        one.close()
    early, found = results
    unbroken = serve("ibm_valencia")
    whole = deploy(model, iris, executor(journal="another", device=model.device), SMALL)
    assert len(found.tuning.losses) == SMALL.steps
    assert found.tuning.losses == whole.tuning.losses
    assert found.tuning.before == whole.tuning.before
    assert len(early.tuning.losses) < SMALL.steps
    # The weights of the first end were measured as well, and tested unless they are those of the last one.
    same = early.tuning.kept == found.tuning.kept == "before"
    assert len(paid.billed) == len(unbroken.billed) + (1 if same else 2)


def test_a_ceiling_that_allows_no_result_is_refused_before_any_job(server, executor, model, iris):
    with pytest.raises(InputError, match="must allow a measurement"):
        deploy(model, iris, executor(max_qpu_seconds=3.0, device=model.device), SMALL)
    assert server.jobs == {}


def test_the_plan_is_what_is_metered(server, executor, model, iris):
    one = executor(device=model.device)
    tuner, test = prepare(model, iris, one, SMALL)
    plan = plan_deployment(tuner, len(test))
    deploy(model, iris, one, SMALL)
    assert plan.total.jobs == len(server.billed)
    assert plan.total.seconds == pytest.approx(server.billed_seconds, rel=0.1)


def test_a_calibration_that_is_too_far_stops_before_any_job(server, executor, model, iris):
    server.processor("ibm_valencia").recalibrate(worse=3.0)
    one = executor(max_drift=0.005, device=model.device)
    with pytest.raises(DriftError, match="cx on"):
        deploy(model, iris, one, SMALL)
    assert server.jobs == {}
    one.close()
    found = deploy(model, iris, executor(device=model.device), SMALL)
    assert any("Largest change since the snapshot of fake_valencia" in notice for notice in found.notices)


def test_a_job_that_takes_far_too_long_is_ended_at_the_ceiling_and_can_be_paid_for_later(
    serve, executor, rotation
):
    server = serve("ibm_valencia", slowness=lambda: 50.0)
    one = executor(max_qpu_seconds=5.0)
    with pytest.raises(CeilingError, match="ended it there"):
        one.run([rotation], 100)
    assert server.billed_seconds == one.budget.spent() == 5.0
    one.close()
    server.slowness = lambda: 1.0
    executor(max_qpu_seconds=200.0).run([rotation], 100)
    assert len(server.billed) == 2

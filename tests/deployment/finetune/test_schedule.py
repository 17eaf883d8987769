"""Shots that grow from step to step: how many, what they cost, and that they resume where they stopped."""

from __future__ import annotations

import numpy as np
import pytest

from qcsearch.data.splitting import Part
from qcsearch.deployment.cost.plan import plan_deployment
from qcsearch.deployment.deploying import deploy, prepare
from qcsearch.deployment.finetune.options import ShotsSchedule, TuningOptions
from qcsearch.deployment.settings import DeploymentSettings
from qcsearch.errors import InputError

GROWING = {"steps": 4, "shots": 512, "max_validation": 4, "max_test": 4}


def growing(**others):
    return TuningOptions(shots_schedule="geometric:64", batch_size=2, **others)


def test_shots_grow_by_a_constant_factor_from_first_to_last():
    schedule = ShotsSchedule.parse("geometric:64")
    assert [schedule.shots(step, 4, 512) for step in range(4)] == [64, 128, 256, 512]
    assert schedule.shots(0, 1, 512) == 512
    assert [ShotsSchedule.parse("constant").shots(step, 3, 512) for step in range(3)] == [512] * 3


@pytest.mark.parametrize(
    "text", ["", "linear:3", "geometric", "geometric:0", "geometric:-4", "geometric:1e3", "64"]
)
def test_another_schedule_is_refused(text):
    with pytest.raises(InputError, match="shots_schedule"):
        TuningOptions(shots_schedule=text)


def test_shots_that_shrink_are_refused_before_any_job(model, iris, ideal):
    executor = ideal(5)
    with pytest.raises(InputError, match="at most those of the last, 32"):
        deploy(model, iris, executor, DeploymentSettings(steps=2, shots=32, tuning=growing()))
    assert executor.shapes == []


@pytest.mark.parametrize("gradient", ["spsa", "parameter_shift"])
def test_each_step_takes_its_shots_and_the_rest_takes_all(model, iris, ideal, gradient):
    executor, asked = ideal(5), []
    run = executor.run
    executor.run = lambda pubs, shots: asked.append(shots) or run(pubs, shots)
    found = deploy(model, iris, executor, DeploymentSettings(tuning=growing(gradient=gradient), **GROWING))
    assert asked == [512, 64, 128, 256, 512, 512, 512]  # before, four steps, after, test
    assert found.tuning.shots == (64, 128, 256, 512)
    assert len(found.tuning.losses) == 4


def test_the_plan_knows_what_each_step_costs(model, iris, ideal):
    tuner, test = prepare(model, iris, ideal(5), DeploymentSettings(tuning=growing(), **GROWING))
    plan = plan_deployment(tuner, len(test))
    assert [step.executions for step in plan.steps] == [
        64 * n for n in (8, 16, 32, 64)
    ]  # 2 samples, 2 sides, 2 bases
    assert plan.training.executions == 64 * 120
    assert plan.total.jobs == 7
    found = deploy(model, iris, ideal(5), DeploymentSettings(tuning=growing(), **GROWING))
    assert plan.total.executions == found.usage.shots


def test_an_interrupted_training_resumes_with_the_shots_of_its_steps(model, iris, tmp_path):
    whole = deploy(model, iris, "aer", DeploymentSettings(tuning=growing(), **GROWING))

    def stop(progress):
        if (progress.stage, progress.done) == ("tuning", 2):
            raise KeyboardInterrupt

    path = tmp_path / "steps"
    with pytest.raises(KeyboardInterrupt):
        deploy(
            model,
            iris,
            "aer",
            DeploymentSettings(tuning=growing(), **GROWING),
            checkpoint=path,
            on_progress=stop,
        )
    again = deploy(model, iris, "aer", DeploymentSettings(tuning=growing(), **GROWING), checkpoint=path)
    assert again.tuning == whole.tuning
    assert again.parameters == whole.parameters


@pytest.mark.slow
def test_few_shots_at_first_train_as_well_for_less(model, iris):
    """A model without its head, repaired with a third of the shots: as good within the spread of the seeds."""
    from dataclasses import replace

    lost = replace(model, parameters=replace(model.parameters, head=np.zeros_like(model.parameters.head)))
    parts = replace(iris, test=Part(iris.test.X, iris.test.y))
    gains, spent = {}, {}
    for schedule in ("constant", "geometric:16"):
        options = TuningOptions(learning_rate=0.05, head_rate=10.0, batch_size=16, shots_schedule=schedule)
        found = [
            deploy(lost, parts, "aer", DeploymentSettings(steps=20, shots=256, tuning=options, seed=k))
            for k in range(3)
        ]
        gains[schedule] = np.mean([each.tuning.gain for each in found])
        spent[schedule] = sum(sum(each.tuning.shots) for each in found)
    assert spent["geometric:16"] < 0.4 * spent["constant"]
    assert gains["geometric:16"] > 0.8 * gains["constant"] > 0.2

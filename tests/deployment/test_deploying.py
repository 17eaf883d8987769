from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from qcsearch.candidate.training import TrainingOptions
from qcsearch.data.splitting import Part
from qcsearch.deployment.deploying import deploy
from qcsearch.deployment.deployment import Deployment
from qcsearch.deployment.executors.opening import open_executor
from qcsearch.deployment.finetune.options import TuningOptions
from qcsearch.deployment.program import BackendProgram
from qcsearch.deployment.progress import Progress
from qcsearch.deployment.settings import DeploymentSettings
from qcsearch.errors import BackendError, InputError, QCSearchError
from qcsearch.training.gradients import ParameterShift


@pytest.fixture(scope="module")
def seen():
    return []


@pytest.fixture(scope="module")
def deployment(model, iris, seen):
    """Three steps on a recorded backend, at few shots."""
    return deploy(
        model,
        iris,
        "local:fake_manila",
        DeploymentSettings(steps=3, shots=512, seed=7, max_validation=12),
        on_progress=seen.append,
    )


def test_three_scores_stand_side_by_side_on_the_same_samples(deployment, model, iris):
    scores = (deployment.noiseless, deployment.noisy, deployment.deployed)
    assert {score.n_samples for score in scores} == {len(iris.test)}
    assert all(0 < score.sampling_error < 0.2 for score in scores)
    assert deployment.noiseless.shot_error is None
    assert deployment.noisy.shot_error is None
    assert 0 <= deployment.deployed.shot_error < 0.2
    tuned = deployment.apply(model)
    assert deployment.noisy.accuracy == pytest.approx(tuned.score(iris.test.X, iris.test.y))
    assert deployment.noiseless.accuracy == pytest.approx(tuned.score(iris.test.X, iris.test.y, noise=False))
    assert abs(deployment.deployed.accuracy - deployment.noisy.accuracy) < 0.15


def test_a_recorded_backend_is_never_called_hardware(deployment):
    assert deployment.kind == "fake-backend"
    assert deployment.backend == "local:fake_manila"


def test_one_job_a_step_and_one_a_measurement(deployment):
    assert len(deployment.tuning.losses) == 3
    assert deployment.usage.jobs == 3 + 2 + 1
    n_bases = 2
    circuits = n_bases * (3 * 2 * 32 + 2 * 12 + deployment.deployed.n_samples)
    assert deployment.usage.circuits == circuits
    assert deployment.usage.shots == circuits * 512


def test_the_better_of_before_and_after_is_kept(deployment, model):
    tuning = deployment.tuning
    changed = deployment.apply(model).parameters != model.parameters
    assert changed == (tuning.kept == "after")
    assert tuning.gain == pytest.approx(tuning.after.accuracy - tuning.before.accuracy)
    assert (tuning.kept == "after") >= (tuning.gain > 0)
    assert (tuning.kept == "before") >= (tuning.gain < 0)


def test_a_deployment_is_json_both_ways_and_a_file_both_ways(deployment, tmp_path):
    assert Deployment.from_json(json.loads(json.dumps(deployment.to_json()))) == deployment
    deployment.save(tmp_path / "deployment.json")
    assert Deployment.load(tmp_path / "deployment.json") == deployment


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", '{"tuning": 1}', "NaN"])
def test_what_is_no_deployment_is_refused(tmp_path, text):
    path = tmp_path / "deployment.json"
    path.write_text(text)
    with pytest.raises(InputError):
        Deployment.load(path)


def test_a_deployment_with_a_part_too_many_is_refused(deployment):
    for data in (
        deployment.to_json() | {"more": 1},
        deployment.to_json() | {"noisy": {"accuracy": 1.0}},
        {key: value for key, value in deployment.to_json().items() if key != "usage"},
    ):
        with pytest.raises(InputError):
            Deployment.from_json(data)


def test_progress_is_told_in_order(deployment, seen):
    assert seen[0] == Progress("before", 0, 12)
    assert [p.done for p in seen if p.stage == "tuning"] == [1, 2, 3]
    assert seen[-1] == Progress("test", deployment.deployed.n_samples, deployment.deployed.n_samples)


def test_a_measured_subset_is_said(deployment, iris):
    assert deployment.notices == (f"12 of the {len(iris.validation)} validation samples were measured.",)


def test_the_same_seed_gives_the_same_deployment(model, iris):
    found = [
        deploy(
            model, iris, "aer", DeploymentSettings(steps=2, shots=64, seed=seed, max_validation=5, max_test=5)
        )
        for seed in (1, 1, 2)
    ]
    one, two, other = (replace(d, seconds=0.0) for d in found)
    assert one == two
    assert one.tuning.losses != other.tuning.losses
    assert one.kind == "simulated"


def test_a_deployment_that_was_broken_off_ends_where_an_unbroken_one_does(model, iris, tmp_path):
    def run(checkpoint=None, on_progress=lambda _: None):
        settings = DeploymentSettings(steps=4, shots=64, seed=3, max_validation=5, max_test=5)
        return deploy(model, iris, "aer", settings, checkpoint=checkpoint, on_progress=on_progress)

    def break_off(progress):
        if progress == Progress("tuning", 3, 4):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "steps", break_off)
    resumed, unbroken = run(tmp_path / "steps"), run()
    assert resumed.usage.jobs < unbroken.usage.jobs
    same = {"seconds": 0.0, "usage": unbroken.usage}
    assert replace(resumed, **same) == replace(unbroken, **same)


def test_without_steps_the_weights_stay(model, iris):
    found = deploy(model, iris, "aer", DeploymentSettings(steps=0, shots=64, max_validation=5, max_test=5))
    assert found.parameters == model.parameters
    assert (found.tuning.after, found.tuning.kept, found.tuning.losses) == (None, "before", ())


def test_a_model_that_lost_its_head_is_repaired_on_the_backend(model, iris):
    """A start that is off is where steps on the machine must pay: from guessing to seeing."""
    lost = replace(model, parameters=replace(model.parameters, head=np.zeros_like(model.parameters.head)))
    options = TuningOptions(learning_rate=0.05, head_rate=10.0, batch_size=16)
    found = deploy(lost, iris, "aer", DeploymentSettings(steps=20, shots=64, tuning=options, seed=1))
    assert found.tuning.kept == "after"
    assert found.tuning.before.accuracy == pytest.approx(1 / 3, abs=0.01)
    assert found.tuning.gain > 5 * found.tuning.gain_error > 0
    assert found.deployed.accuracy > 0.7


def test_the_parameter_shift_gradient_of_the_machine_is_the_exact_one(model, iris):
    """Mean over several jobs against the exact engine, in units of its own spread."""
    transpiled, X = model.transpiled, model.features(iris.train.X[:3])
    rng = np.random.default_rng(0)
    cotangent = rng.normal(size=(3, transpiled.compile().n_observables))
    _, wanted = transpiled.compile().value_and_gradient(X, model.parameters.weights, cotangent)
    found = []
    for seed in range(5):
        program = BackendProgram.of(transpiled, open_executor("aer", device=model.device, seed=seed), 600)
        rule = transpiled.occurrences
        shifted = program.with_circuit(rule.circuit, [*program.weights, *rule.shifts])
        found.append(ParameterShift(shifted, rule)(X, model.parameters.weights, lambda _: cotangent, rng)[1])
        assert program.usage.jobs == 1
    spread = np.std(found, axis=0, ddof=1) / np.sqrt(len(found))
    assert np.all(np.abs(np.mean(found, axis=0) - wanted) < 6 * spread + 0.02)


def test_parameter_shift_steps_run(model, iris):
    options = TuningOptions(gradient="parameter_shift", batch_size=2)
    found = deploy(
        model,
        iris,
        "aer",
        DeploymentSettings(steps=1, shots=32, tuning=options, max_validation=3, max_test=3),
    )
    assert found.tuning.method == "parameter_shift, adam"
    assert found.usage.jobs == 4


def test_weights_do_not_decay_while_training_on_a_backend(model):
    decaying = replace(model, candidate=replace(model.candidate, training=TrainingOptions(weight_decay=0.1)))
    assert TuningOptions().training(decaying, 5).weight_decay == 0.0


def test_a_backend_that_cannot_run_the_model_is_refused_before_any_job(model, iris):
    with pytest.raises(BackendError, match="cannot run"):
        deploy(model, iris, "local:fake_torino")
    with pytest.raises(BackendError, match="no recorded backend"):
        deploy(model, iris, "local:fake_nothing")


@pytest.mark.parametrize(
    "wrong",
    [
        {"steps": -1},
        {"steps": 1.0},
        {"shots": 0},
        {"shots": 10**7},
        {"shots": True},
        {"seed": -1},
        {"max_test": 0},
        {"max_validation": 0},
    ],
)
def test_a_number_out_of_range_is_named(wrong):
    with pytest.raises(InputError, match=next(iter(wrong))):
        DeploymentSettings(**wrong)


def test_parts_that_do_not_fit_the_model_are_refused(model, iris):
    empty = Part(iris.test.X[:0], iris.test.y[:0])
    with pytest.raises(InputError, match="test part"):
        deploy(model, replace(iris, test=empty), "aer")
    strange = Part(iris.test.X, iris.test.y + 2)
    with pytest.raises(InputError, match="test part"):
        deploy(model, replace(iris, test=strange), "aer")
    wide = Part(np.hstack([iris.test.X, iris.test.X]), iris.test.y)
    with pytest.raises(QCSearchError, match="features"):
        deploy(model, replace(iris, test=wide), "aer", DeploymentSettings(steps=0, shots=10))


@pytest.mark.parametrize(
    "wrong", [{"gradient": "adjoint"}, {"optimizer": "lbfgs"}, {"perturbation": 0.0}, {"perturbation": 4.0}]
)
def test_options_that_a_machine_cannot_take_are_refused(wrong):
    with pytest.raises(InputError, match=next(iter(wrong))):
        TuningOptions(**wrong)


@pytest.mark.parametrize("wrong", [{"learning_rate": 0.0}, {"batch_size": 0}, {"head_rate": -1.0}])
def test_options_of_the_loop_are_checked_before_any_job(model, iris, ideal, wrong):
    executor = ideal(5)
    with pytest.raises(InputError, match=next(iter(wrong))):
        deploy(model, iris, executor, DeploymentSettings(steps=1, shots=10, tuning=TuningOptions(**wrong)))
    assert executor.shapes == []

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from qcsearch.candidate.training import TrainingOptions
from qcsearch.data.splitting import Part
from qcsearch.data.targets import Classes
from qcsearch.devices.calibration.providers import get_device
from qcsearch.errors import RunError
from qcsearch.training.bound_head import BoundHead
from qcsearch.training.data import TrainingData
from qcsearch.training.gradients import Adjoint
from qcsearch.training.heads import make_head
from qcsearch.training.heads.linear import Linear
from qcsearch.training.loop.task import Task
from qcsearch.training.loop.trainer import TrainingControl, fit
from qcsearch.training.scoring import accuracy, validation_score
from qcsearch.training.shots.perturbation import ShotNoise
from qcsearch.training.shots.sampling import sampled_values
from qcsearch.training.shots.score import DRAWS
from qcsearch.training.single import fit_candidate
from qcsearch.training.transpiled import transpile_candidate

QUICK = TrainingOptions(steps=60, batch_size=32, validate_every=10)


def task_of(program, data, options=QUICK, shots=None):
    return Task(program, Adjoint(program), Linear(), options, data, shots=shots)


def test_measured_values_have_the_exact_mean_and_variance():
    values, shots = np.array([[0.0, 0.6, -0.95]]), 50
    drawn = np.concatenate([_seen(values, shots, seed) for seed in range(4_000)])
    assert drawn.mean(axis=0) == pytest.approx(values[0], abs=1e-12)  # pairs: exactly
    assert drawn.var(axis=0) == pytest.approx((1 - values[0] ** 2) / shots, rel=0.05)


def _seen(values, shots, seed):
    """What a training sees of values at one step."""
    kept = []

    def cotangent(seen):
        kept.append(seen)
        return np.zeros_like(seen)

    ShotNoise(shots).learning(cotangent, np.random.default_rng(seed))(values)
    return kept[0]


@pytest.mark.parametrize("shots", [8, 256])
def test_the_gradient_is_that_of_the_mean_loss_over_the_same_draws(cosine_program, blobs, shots):
    task = task_of(cosine_program(2, 3), blobs, shots=shots)
    rng = np.random.default_rng(1)
    theta = rng.normal(size=task.program.n_weights + task.n_head)
    rows = np.arange(20)
    _, gradient = task.objective(theta, rows, np.random.default_rng(7))
    step = 1e-6
    for place in range(len(theta)):
        moved = step * np.eye(len(theta))[place]
        up, down = (
            task.objective(theta + sign * moved, rows, np.random.default_rng(7))[0] for sign in (1, -1)
        )
        assert (up - down) / (2 * step) == pytest.approx(gradient[place], abs=1e-6)


def test_values_at_the_end_of_their_range_give_finite_gradients():
    found = ShotNoise(4).learning(np.ones_like, np.random.default_rng(0))(np.array([[1.0, -1.0, 0.0]]))
    assert np.all(np.isfinite(found))


def test_very_many_shots_are_infinitely_many(cosine_program, blobs):
    program = cosine_program(2, 3)
    theta = np.random.default_rng(2).normal(size=task_of(program, blobs).program.n_weights + 12)
    rng = np.random.default_rng
    exact, (loss, gradient) = (
        task_of(program, blobs),
        task_of(program, blobs, shots=10**12).objective(theta, None, rng(0)),
    )
    wanted, wanted_gradient = exact.objective(theta, None, rng(0))
    assert loss == pytest.approx(wanted, abs=1e-4)
    assert gradient == pytest.approx(wanted_gradient, abs=1e-4)
    assert task_of(program, blobs, shots=10**12).validate(theta) == pytest.approx(
        exact.validate(theta), abs=0.01
    )


def test_a_validation_with_shots_is_the_same_whenever_it_is_made(cosine_program, blobs):
    task = task_of(cosine_program(2, 3), blobs, shots=4)
    theta = np.random.default_rng(2).normal(size=task.program.n_weights + task.n_head)
    assert task.validate(theta) == task.validate(theta)


@pytest.mark.parametrize("optimizer", ["adam", "lbfgs"])
def test_a_training_with_shots_learns_resumes_alike_and_knows_its_shots(
    cosine_program, blobs, tmp_path, optimizer
):
    options = replace(QUICK, optimizer=optimizer, steps=30)
    path = tmp_path / "checkpoint.npz"

    def trained(steps_until=None, **control):
        task = task_of(cosine_program(2, 4), blobs, options, shots=32)
        return fit(task, np.random.default_rng(3), control=TrainingControl(**control))

    whole = trained()
    assert whole.validation_score > 0.8
    trained(checkpoint=path, on_step=lambda step, score: step == 10)
    assert trained(checkpoint=path).parameters == whole.parameters
    with pytest.raises(RunError, match="another training"):
        fit(
            task_of(cosine_program(2, 4), blobs, options, shots=33),
            np.random.default_rng(3),
            control=TrainingControl(checkpoint=path),
        )


def test_the_quick_form_is_within_a_percent_of_the_joint_draws_on_flowers(model, iris):
    """What normal errors, drawn apart, cost: measured at 64 shots, where three observables share their basis."""
    X, names = iris
    y, shots = np.searchsorted(model.target.names, names), 64
    part = Part(np.asarray(model.pipeline.transform(X), dtype=np.float64), y)
    quick = validation_score(
        model.transpiled, model.parameters, TrainingData(part, model.target, part), shots=shots
    )
    head = BoundHead.of(model.candidate, model.parameters.head, model.target)
    drawn = sampled_values(
        model.transpiled,
        model.parameters.weights,
        model.transpiled.derive(part.X),
        shots,
        np.random.default_rng(0),
        8 * DRAWS,
    )
    joint = np.mean([head.answers(values) == y for values in drawn])
    exact = accuracy(model.transpiled, model.parameters, part, model.target)
    assert joint < exact
    assert quick == pytest.approx(joint, abs=0.01)


def test_a_model_that_was_trained_for_few_shots_is_better_with_few_shots(small_candidate, iris):
    """A head of large weights reads more out of exact values and loses more to shots."""
    X, names = iris
    y = np.unique(names, return_inverse=True)[1].astype(np.int64)
    Z = (X - X.mean(axis=0)) / X.std(axis=0)
    data = TrainingData(Part(Z[::2], y[::2]), Classes((0, 1, 2)), Part(Z[1::2], y[1::2]))
    candidate = replace(small_candidate, training=replace(small_candidate.training, steps=200))
    transpiled = transpile_candidate(candidate, get_device("fake_manila"), 4)
    assert make_head(candidate).n_parameters(3, 3) == 12
    scores = []
    for shots in (None, 4):
        found = fit_candidate(transpiled, data, np.random.default_rng(0), shots=shots)
        drawn = sampled_values(
            transpiled,
            found.parameters.weights,
            transpiled.derive(data.validation.X),
            4,
            np.random.default_rng(5),
            64,
        )
        head = BoundHead.of(candidate, found.parameters.head, data.target)
        scores.append(np.mean([head.answers(values) == data.validation.y for values in drawn]))
    assert scores[1] > scores[0] + 0.01

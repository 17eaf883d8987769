from __future__ import annotations

import numpy as np
import pytest

from qcsearch.search.strategies.ingredients.genes import Gene, LayerSpace
from qcsearch.search.strategies.ingredients.shared import SharedWeights
from qcsearch.search.strategies.ingredients.training_task import TrainingTask
from qcsearch.search.trial.objective import Objective
from qcsearch.training.heads import HEADS
from qcsearch.training.losses import LOSSES


@pytest.fixture(scope="module")
def space(layered_objective: Objective) -> LayerSpace:
    bound = layered_objective.bound
    template = bound.candidate({**_drawn(layered_objective)})
    return LayerSpace(template, layered_objective.device, bound.regions[2])


def _drawn(objective: Objective) -> dict[str, object]:
    from optuna.trial import FixedTrial

    return objective.bound.draw(FixedTrial({"region": 0}))


@pytest.fixture(scope="module")
def task(layered_objective: Objective, space: LayerSpace) -> TrainingTask:
    return TrainingTask(layered_objective, space.candidate(space.whole()), 0)


def shared(task: TrainingTask, space: LayerSpace) -> SharedWeights:
    return SharedWeights(task, space.n_weights, 0.3, np.random.default_rng(0))


def test_a_step_moves_the_angles_of_the_circuit_and_the_head_and_nothing_else(
    task: TrainingTask, space: LayerSpace
) -> None:
    """The first step of Adam is the step size against the sign of the gradient."""
    weights = shared(task, space)
    gene = Gene(1, ((1, 1), (1, 2)), space.layouts[0])
    numbers = space.angles(gene)
    before, head = weights.angles.copy(), weights.head.copy()
    weights.train(task.program(space.candidate(gene)), numbers, 0.01, 0)
    moved = np.abs(weights.angles - before)
    np.testing.assert_allclose(moved[numbers], 0.01, rtol=1e-4)
    assert np.delete(moved, numbers).max() == 0
    assert np.all(weights.head != head)


def test_a_parameter_that_waited_is_stepped_as_if_it_were_new(task: TrainingTask, space: LayerSpace) -> None:
    weights = shared(task, space)
    first, second = (Gene(1, ((1, n), (1, 1)), space.layouts[0]) for n in (1, 2))
    for step in range(5):
        weights.train(task.program(space.candidate(first)), space.angles(first), 0.01, step)
    late = np.setdiff1d(space.angles(second), space.angles(first))
    before = weights.angles[late].copy()
    weights.train(task.program(space.candidate(second)), space.angles(second), 0.01, 5)
    np.testing.assert_allclose(np.abs(weights.angles[late] - before), 0.01, rtol=1e-4)


def test_training_lowers_the_loss_of_circuits_that_were_never_whole(
    task: TrainingTask, space: LayerSpace
) -> None:
    weights, rng = shared(task, space), np.random.default_rng(1)
    whole = space.whole()
    program = task.program(space.candidate(whole))
    _, before = weights.validate(program, space.angles(whole))
    for step in range(60):
        gene = space.random(rng, 0.5)
        weights.train(task.program(space.candidate(gene)), space.angles(gene), 0.05, step)
    accuracy, after = weights.validate(program, space.angles(whole))
    assert after < before
    assert accuracy > 0.7


def test_validation_is_the_loss_and_accuracy_under_noise_of_the_first_samples(
    layered_objective: Objective, task: TrainingTask, space: LayerSpace
) -> None:
    weights = shared(task, space)
    gene = space.whole()
    transpiled, _, _ = layered_objective.transpile(space.candidate(gene))
    program = transpiled.compile(noise=True)
    data = layered_objective.features.prepare(transpiled.candidate.preprocessing).data
    values = program.values(data.validation.X[:7], weights.angles)
    logits = HEADS.create("linear").logits(values, weights.head, 2)
    loss, _ = LOSSES.create("cross_entropy")(logits, data.validation.y[:7], np.eye(2))
    accuracy = np.mean(np.argmax(logits, axis=1) == data.validation.y[:7])
    assert weights.validate(program, space.angles(gene), 7) == pytest.approx((accuracy, loss))


def test_weight_decay_pulls_at_the_angles(task: TrainingTask, space: LayerSpace) -> None:
    gene, ends = space.whole(), []
    for decay in (0.0, 100.0):
        weights = shared(task, space)
        program = task.program(space.candidate(gene))
        for step in range(30):
            weights.train(program, space.angles(gene), 0.02, step, decay)
        ends.append(np.abs(weights.angles).mean())
    assert ends[1] < ends[0]


def test_the_loss_on_a_batch_is_that_of_its_rows_and_its_gradient_that_of_finite_differences(
    task: TrainingTask, space: LayerSpace
) -> None:
    weights, gene = shared(task, space), space.whole()
    program, theta = task.program(space.candidate(gene)), weights._inherited(space.angles(gene))
    gradient = task.gradient(program, theta, 3)
    for number in (0, 3, len(theta) - 1):
        step = 1e-5 * np.eye(len(theta))[number]
        slope = (task.loss(program, theta + step, 3) - task.loss(program, theta - step, 3)) / 2e-5
        assert gradient[number] == pytest.approx(slope, abs=1e-7)
    assert task.loss(program, theta, 3) != task.loss(program, theta, 4)
    assert weights.loss(program, space.angles(gene), 3) == task.loss(program, theta, 3)

from __future__ import annotations

import numpy as np
import pytest

from qcsearch.search.objective import Objective
from qcsearch.search.strategies.genes import Gene, LayerSpace
from qcsearch.search.strategies.lesson import Lesson
from qcsearch.search.strategies.shared import SharedWeights
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
def lesson(layered_objective: Objective, space: LayerSpace) -> Lesson:
    return Lesson(layered_objective, space.candidate(space.whole()), 0)


def shared(lesson: Lesson, space: LayerSpace) -> SharedWeights:
    return SharedWeights(lesson, space.n_weights, 0.3, np.random.default_rng(0))


def test_a_step_moves_the_angles_of_the_circuit_and_the_head_and_nothing_else(
    lesson: Lesson, space: LayerSpace
) -> None:
    """The first step of Adam is the step size against the sign of the gradient."""
    weights = shared(lesson, space)
    gene = Gene(1, ((1, 1), (1, 2)), space.layouts[0])
    numbers = space.angles(gene)
    before, head = weights.angles.copy(), weights.head.copy()
    weights.train(lesson.program(space.candidate(gene)), numbers, 0.01, 0)
    moved = np.abs(weights.angles - before)
    np.testing.assert_allclose(moved[numbers], 0.01, rtol=1e-4)
    assert np.delete(moved, numbers).max() == 0
    assert np.all(weights.head != head)


def test_a_parameter_that_waited_is_stepped_as_if_it_were_new(lesson: Lesson, space: LayerSpace) -> None:
    weights = shared(lesson, space)
    first, second = (Gene(1, ((1, n), (1, 1)), space.layouts[0]) for n in (1, 2))
    for step in range(5):
        weights.train(lesson.program(space.candidate(first)), space.angles(first), 0.01, step)
    late = np.setdiff1d(space.angles(second), space.angles(first))
    before = weights.angles[late].copy()
    weights.train(lesson.program(space.candidate(second)), space.angles(second), 0.01, 5)
    np.testing.assert_allclose(np.abs(weights.angles[late] - before), 0.01, rtol=1e-4)


def test_training_lowers_the_loss_of_circuits_that_were_never_whole(
    lesson: Lesson, space: LayerSpace
) -> None:
    weights, rng = shared(lesson, space), np.random.default_rng(1)
    whole = space.whole()
    program = lesson.program(space.candidate(whole))
    _, before = weights.validate(program, space.angles(whole))
    for step in range(60):
        gene = space.random(rng, 0.5)
        weights.train(lesson.program(space.candidate(gene)), space.angles(gene), 0.05, step)
    accuracy, after = weights.validate(program, space.angles(whole))
    assert after < before
    assert accuracy > 0.7


def test_validation_is_the_loss_and_accuracy_under_noise_of_the_first_samples(
    layered_objective: Objective, lesson: Lesson, space: LayerSpace
) -> None:
    weights = shared(lesson, space)
    gene = space.whole()
    assembly, _, _ = layered_objective.assemble(space.candidate(gene))
    program = assembly.compile(noise=True)
    data = layered_objective.features.prepare(assembly.candidate.preprocessing)
    values = program.values(data.Z_val[:7], weights.angles)
    logits = HEADS.create("linear").logits(values, weights.head, 2)
    loss, _ = LOSSES.create("cross_entropy")(logits, data.y_val[:7], np.eye(2))
    accuracy = np.mean(np.argmax(logits, axis=1) == data.y_val[:7])
    assert weights.validate(program, space.angles(gene), 7) == pytest.approx((accuracy, loss))


def test_weight_decay_pulls_at_the_angles(lesson: Lesson, space: LayerSpace) -> None:
    gene, ends = space.whole(), []
    for decay in (0.0, 100.0):
        weights = shared(lesson, space)
        program = lesson.program(space.candidate(gene))
        for step in range(30):
            weights.train(program, space.angles(gene), 0.02, step, decay)
        ends.append(np.abs(weights.angles).mean())
    assert ends[1] < ends[0]


def test_the_loss_on_a_batch_is_that_of_its_rows_and_its_gradient_that_of_finite_differences(
    lesson: Lesson, space: LayerSpace
) -> None:
    weights, gene = shared(lesson, space), space.whole()
    program, theta = lesson.program(space.candidate(gene)), weights._inherited(space.angles(gene))
    gradient = lesson.gradient(program, theta, 3)
    for number in (0, 3, len(theta) - 1):
        step = 1e-5 * np.eye(len(theta))[number]
        slope = (lesson.loss(program, theta + step, 3) - lesson.loss(program, theta - step, 3)) / 2e-5
        assert gradient[number] == pytest.approx(slope, abs=1e-7)
    assert lesson.loss(program, theta, 3) != lesson.loss(program, theta, 4)
    assert weights.loss(program, space.angles(gene), 3) == lesson.loss(program, theta, 3)

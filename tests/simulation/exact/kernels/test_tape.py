"""Passes over a tape are products of its matrices, whatever of the states is kept on the way."""

from __future__ import annotations

import numpy as np
import pauli_dense as dense
import pytest

from qcsearch.simulation.exact.kernels.checkpoints import backward_checkpointed, forward_checkpointed
from qcsearch.simulation.exact.kernels.matrices import bind
from qcsearch.simulation.exact.kernels.records import Tape
from qcsearch.simulation.exact.kernels.tape import (
    COLUMNS,
    FIRST_KEPT,
    GRADIENT,
)
from qcsearch.simulation.exact.planning.cones import split
from qcsearch.simulation.exact.planning.plan import Plan
from qcsearch.simulation.exact.planning.section import Section

W = np.array([0.3, -0.8, 1.9, 0.5])
N_OPERATIONS = 8


def _plan() -> tuple[Plan, np.ndarray]:
    """A plan whose suffix holds all kinds of operations without data, and what its passes read."""
    plan = dense.plan_of(dense.once(), dense.observables(4))
    step = plan.new_step()
    bind(plan.plain_recipe, W, tuple(step))
    assert len(plan.suffix) >= N_OPERATIONS
    return plan, step.values


def _with_interval(plan: Plan, interval: int) -> tuple[Tape, np.ndarray]:
    """The suffix with a checkpoint before every so many operations, and room for its states."""
    operations = plan.suffix.tape.operations.reshape(-1, COLUMNS)
    kept = max(
        int(operations[at : at + interval, GRADIENT].sum()) for at in range(0, len(operations), interval)
    )
    slots = FIRST_KEPT + kept + -(-len(operations) // interval)
    states = np.zeros(slots * plan.layout.room)
    return plan.suffix.tape._replace(interval=interval, first_checkpoint=FIRST_KEPT + kept), states


def _rotated(plan: Plan, slot: int, states: np.ndarray) -> np.ndarray:
    return states[slot * plan.layout.room :][: plan.layout.size].copy()


@pytest.mark.parametrize("keep", [0, 1])
@pytest.mark.parametrize("interval", [1, 2, 3, 5, N_OPERATIONS, 100])
def test_a_pass_forwards_is_the_product_of_the_matrices(interval, keep):
    plan, values = _plan()
    tape, states = _with_interval(plan, interval)
    start = np.random.default_rng(0).normal(size=plan.layout.size)
    states[: plan.layout.size] = start
    slot = forward_checkpointed(tuple(tape), states, 0, keep, values, 0)
    # the suffix is run backwards, as observables go: the transposed product
    product = dense.product_of(split(dense.once()).suffix, 3, np.zeros(2), W)
    expected = product.T @ start.reshape(64, 4)
    np.testing.assert_allclose(_rotated(plan, slot, states).reshape(64, 4), expected, atol=1e-12)


@pytest.mark.parametrize("interval", [1, 2, 3, 5, N_OPERATIONS, 100])
def test_a_pass_backwards_is_the_transpose_and_collects_the_same_whatever_is_computed_again(interval):
    plan, values = _plan()
    rng = np.random.default_rng(1)
    start, cotangent = rng.normal(size=(2, plan.layout.size))
    product = dense.product_of(split(dense.once()).suffix, 3, np.zeros(2), W)
    collected = []
    for some in (interval, 1000):
        tape, states = _with_interval(plan, some)
        states[: plan.layout.size] = start
        forward_checkpointed(tuple(tape), states, 0, 1, values, 0)
        states[2 * plan.layout.room :][: plan.layout.size] = cotangent
        collected.append(np.zeros_like(values))
        slot = backward_checkpointed(tuple(tape), states, 0, values, collected[-1], 0)
        found = _rotated(plan, slot, states).reshape(64, 4)
        np.testing.assert_allclose(found, product @ cotangent.reshape(64, 4), atol=1e-12)
    np.testing.assert_allclose(collected[0], collected[1], atol=1e-12)
    assert np.abs(collected[0]).max() > 0.1


def test_what_a_pass_collects_is_the_derivative_by_the_matrices():
    plan, values = _plan()
    tape, states = _with_interval(plan, 3)
    rng = np.random.default_rng(2)
    start, cotangent = rng.normal(size=(2, plan.layout.size))

    def result(some: np.ndarray) -> float:
        states[: plan.layout.size] = start
        slot = forward_checkpointed(tuple(tape), states, 0, 1, some, 0)
        return float(cotangent @ _rotated(plan, slot, states))

    collected = np.zeros_like(values)
    result(values)
    states[2 * plan.layout.room :][: plan.layout.size] = cotangent
    backward_checkpointed(tuple(tape), states, 0, values, collected, 0)
    recipe, lanes = plan.recipe, plan.layout.lanes
    for is_angle, number, at in recipe.placed.tolist():
        if is_angle:  # the cotangent of the angle stands in the cosine's place
            moved = values.copy()

            def at_angle(change: np.ndarray, moved: np.ndarray = moved, at: int = at) -> float:
                angle = np.arctan2(values[at + lanes], values[at]) + change[0]
                moved[at : at + lanes], moved[at + lanes : at + 2 * lanes] = np.cos(angle), np.sin(angle)
                return result(moved)

            expected = dense.slope(at_angle, np.zeros(1))
            np.testing.assert_allclose(collected[at : at + lanes].sum(), expected[0], rtol=1e-6)
        elif _is_trained(plan, number):
            place = slice(at, at + 12 * lanes)

            def at_matrix(part: np.ndarray, place: slice = place) -> float:
                moved = values.copy()
                moved[place] = part
                return result(moved)

            expected = dense.slope(at_matrix, values[place])
            np.testing.assert_allclose(collected[place], expected, atol=1e-7)


def _is_trained(plan: Plan, segment: int) -> bool:
    """Whether a weight is inside: no cotangent is collected of other matrices."""
    first, last = plan.recipe.segment_start[segment : segment + 2]
    return bool(plan.recipe.element_axis[first:last].any())


def test_the_memory_of_a_section_decides_how_many_checkpoints_there_are():
    plan, values = _plan()
    operations = plan.suffix.tape.operations.reshape(-1, COLUMNS)
    roomy = Section(operations, plan.layout, plan.tables, 2**30)
    tight = Section(operations, plan.layout, plan.tables, 0)
    assert roomy.tape.interval >= len(operations)
    assert tight.tape.interval == int(np.ceil(np.sqrt(len(operations))))
    assert tight.n_bytes < roomy.n_bytes + 4 * plan.layout.room * 8
    start = np.random.default_rng(3).normal(size=plan.layout.size)
    found = [section.run(start, section.states(), values, keep=True).copy() for section in (roomy, tight)]
    np.testing.assert_array_equal(*found)

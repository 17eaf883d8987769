"""A step's beginning and end around the samples, in one call and register by register."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pauli_dense as dense
import pytest

from qcsearch.simulation.exact.kernels.matrices import bind
from qcsearch.simulation.exact.kernels.records import Change, SharedCotangents, Step, SuffixBuffers
from qcsearch.simulation.exact.kernels.suffix import add_up, finish_step, start_step
from qcsearch.simulation.exact.planning.cones import split
from qcsearch.simulation.exact.planning.plan import Plan

W = np.array([0.3, -0.8, 1.9, 0.5])
_NOTHING = np.zeros(0)


class Given(NamedTuple):
    """Room for a step whose states before the suffix are known."""

    plan: Plan
    step: Step
    buffers: SuffixBuffers
    change: Change


def _given(*, apart: bool) -> Given:
    plan = dense.plan_of(dense.once(), dense.observables())
    registers, n_coordinates = plan.n_registers, plan.n_registers * plan.coordinates.size
    buffers = SuffixBuffers(
        states=plan.suffix.states(registers if apart else 1),
        apart=plan.suffix.apart if apart else 0,
        measured=plan.observed,
        observables=np.zeros(plan.observed.size),
        coordinates=np.zeros(n_coordinates),
        effective=np.zeros(plan.observed.size),
        effective_coordinates=np.zeros(n_coordinates),
        cotangents=np.zeros(registers * plan.head),
        head=plan.head,
    )
    return Given(plan, plan.new_step(), buffers, plan.coordinates.new_change())


def _start(
    given: Given, w: np.ndarray, registers: tuple[int, int] = (0, 2), *, whole: bool = True
) -> np.ndarray:
    start_step(
        given.plan.plain_recipe, w, tuple(given.step), given.plan.suffix.plain_tape, tuple(given.change),
        tuple(given.buffers), *registers, whole,
    )  # fmt: skip
    return given.buffers.observables.reshape(2, 64, 4).transpose(0, 2, 1).reshape(8, 64)[:6]


def _finish(
    given: Given, out: np.ndarray, registers: tuple[int, int] = (0, 2), *, known: bool = True
) -> SharedCotangents:
    step = given.step
    sums = SharedCotangents(
        values=np.zeros(step.values.size),
        factors=np.zeros(step.factors.size),
        effective=given.buffers.effective,
        first=_NOTHING,
        scales=np.zeros(step.scales.size),
        ahead=given.plan.ahead,
    )
    finish_step(
        given.plan.plain_recipe, tuple(step), given.plan.suffix.plain_tape, tuple(given.change),
        tuple(given.buffers), *registers, known, tuple(sums), out,
    )  # fmt: skip
    return sums


def _expected(w: np.ndarray) -> np.ndarray:
    product = dense.product_of(split(dense.once()).suffix, 3, np.zeros(2), w)
    return np.stack([dense.vector_of(one, 3) @ product for one in dense.observables()])


@pytest.mark.parametrize("apart", [False, True])
def test_observables_go_back_through_the_suffix(apart):
    given = _given(apart=apart)
    support = given.plan.support // 4
    np.testing.assert_allclose(_start(given, W)[:, support], _expected(W)[:, support], atol=1e-12)


def test_observables_in_coordinates_give_the_values_of_known_states():
    given = _given(apart=True)
    _start(given, W)
    X = np.random.default_rng(0).normal(size=(5, 2))
    found = np.empty((5, 8))
    given.plan.coordinates.values(given.plan.coordinates.states(X), given.buffers.coordinates, found)
    expected = dense.values_of(dense.once(), dense.observables(), 3, X, W)
    np.testing.assert_allclose(found[:, :6], expected, atol=1e-12)
    np.testing.assert_array_equal(found[:, 6:], 0.0)


def test_registers_one_by_one_are_all_at_once():
    whole, parts = _given(apart=True), _given(apart=True)
    expected = _start(whole, W).copy()
    bind(parts.plan.plain_recipe, W, tuple(parts.step))
    for register in (1, 0):
        found = _start(parts, _NOTHING, (register, register + 1), whole=False)
    np.testing.assert_array_equal(found, expected)
    assert not parts.buffers.coordinates.any()  # they need all registers


@pytest.mark.parametrize("apart", [False, True])
def test_the_gradient_is_that_of_the_observables_against_effective_states(apart):
    given = _given(apart=apart)
    effective = np.random.default_rng(1).normal(size=given.buffers.effective_coordinates.size)

    def loss(w: np.ndarray) -> float:
        _start(given, w)
        return float(effective @ given.buffers.coordinates)

    expected = dense.slope(loss, W)
    loss(W)
    given.buffers.effective_coordinates[:] = effective
    gradient = np.zeros(4)
    _finish(given, gradient)
    np.testing.assert_allclose(gradient, expected, rtol=1e-6, atol=1e-7)
    assert np.abs(gradient).min() > 1e-2


def test_effective_states_that_are_strings_already_are_not_overwritten():
    given = _given(apart=True)
    _start(given, W)
    # on the support alone: nothing is read of observables elsewhere
    on_support = np.zeros((2, 64, 4))
    on_support[:, given.plan.support // 4] = np.random.default_rng(2).normal(
        size=(2, given.plan.support.size, 4)
    )
    given.buffers.effective[:] = on_support.reshape(-1)
    gradient = np.zeros(4)
    _finish(given, gradient, known=False)
    np.testing.assert_array_equal(given.buffers.effective, on_support.reshape(-1))
    by_observable = on_support.transpose(0, 2, 1).reshape(8, 64)[:6]
    expected = dense.slope(lambda w: float((_expected(w) * by_observable).sum()), W)
    np.testing.assert_allclose(gradient, expected, rtol=1e-6, atol=1e-7)


def test_cotangents_of_registers_that_were_finished_apart_add_up():
    given = _given(apart=True)
    _start(given, W)
    given.buffers.effective_coordinates[:] = np.random.default_rng(3).normal(
        size=given.buffers.effective_coordinates.size
    )
    whole = np.zeros(4)
    sums = _finish(given, whole)  # leaves the effective states as strings, too
    for register in range(2):
        _finish(given, _NOTHING, (register, register + 1), known=False)
    added = np.zeros(given.plan.head)
    add_up(given.buffers.cotangents, given.plan.head, added)
    np.testing.assert_array_equal(added, sums.values)
    assert np.abs(added).max() > 0.1

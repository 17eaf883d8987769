"""The middle section over blocks of samples: values, kept states and cotangents, against dense states."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pauli_dense as dense
import pytest

from qcsearch.simulation.exact.kernels.matrices import bind, bind_samples
from qcsearch.simulation.exact.kernels.middle import middle_gradient, middle_states, middle_values
from qcsearch.simulation.exact.kernels.records import Matrices, Observed, Samples, SharedCotangents, Slots
from qcsearch.simulation.exact.kernels.tape import AT, COLUMNS, GRADIENT, KIND, SAMPLE_RUN
from qcsearch.simulation.exact.planning.cones import split
from qcsearch.simulation.exact.planning.plan import Plan

W = np.array([0.3, -0.8, 1.9, 0.5])
N_BLOCKS, N_OBSERVABLES = 3, 6


class Bound(NamedTuple):
    """All that the middle section reads; samples 0 … 11, four a block."""

    plan: Plan
    X: np.ndarray
    first: np.ndarray
    observed: Observed
    matrices: Matrices


@pytest.fixture
def bound() -> Bound:
    rng = np.random.default_rng(0)
    plan = dense.plan_of(dense.uploads(), dense.observables(N_OBSERVABLES))
    lanes, step = plan.layout.lanes, plan.new_step()
    bind(plan.plain_recipe, W, tuple(step))
    X = rng.normal(size=(N_BLOCKS * lanes, 2))
    features = X.reshape(N_BLOCKS, lanes, 2).transpose(0, 2, 1).reshape(-1)
    values = np.concatenate([step.values, np.zeros(N_BLOCKS * plan.stride)])
    bind_samples(plan.plain_recipe, tuple(step), tuple(Samples(features, 2, plan.head, plan.stride)), values)
    # any state and any observables: what the section does to them is what is tested
    first = np.zeros(plan.layout.size)
    for offset in plan.ahead.tolist():
        first[offset : offset + lanes] = rng.normal()
    vectors = rng.normal(size=plan.observed.size)
    vectors.reshape(plan.n_registers, -1, lanes)[1, :, N_OBSERVABLES - lanes :] = 0.0
    observed = Observed(vectors, plan.support, N_OBSERVABLES, plan.n_registers * lanes)
    return Bound(plan, X, first, observed, Matrices(values, np.zeros_like(values), plan.stride))


def _states(bound: Bound) -> np.ndarray:
    """Dense states behind the section, `(n_samples, 64)`."""
    start = bound.first.reshape(64, -1)[:, 0]
    return np.stack([dense.product_of(split(dense.uploads()).middle, 3, x, W) @ start for x in bound.X])


def _vectors(bound: Bound) -> np.ndarray:
    """The observables on the support, `(64, row)`."""
    found = bound.observed.vectors.reshape(bound.plan.n_registers, 64, -1).transpose(1, 0, 2).reshape(64, -1)
    seen = np.zeros((64, 1))
    seen[bound.plan.support // bound.plan.layout.lanes] = 1.0
    return found * seen


def _slots(bound: Bound, *, apart: bool) -> Slots:
    section = bound.plan.middle
    return Slots(section.states(N_BLOCKS if apart else 1), section.apart if apart else 0)


def _values(bound: Bound, slots: Slots) -> tuple[np.ndarray, int]:
    found = np.empty(len(bound.X) * bound.observed.row)
    end = middle_values(
        bound.plan.middle.plain_tape,
        bound.first,
        tuple(bound.observed),
        tuple(bound.matrices),
        tuple(slots),
        found,
    )
    return found.reshape(len(bound.X), -1), end


def test_the_plan_needs_all_strings(bound):
    assert bound.plan.layout.widths == (4, 4, 4)  # the other tests reshape by it


@pytest.mark.parametrize("apart", [False, True])
def test_values_are_those_of_each_sample_s_state(bound, apart):
    found, _ = _values(bound, _slots(bound, apart=apart))
    np.testing.assert_allclose(found, _states(bound) @ _vectors(bound), atol=1e-12)


def test_states_are_those_of_each_sample_also_where_a_block_is_not_full(bound):
    found = np.empty((len(bound.X) - 1, bound.plan.support.size))
    slots = tuple(_slots(bound, apart=False))
    middle_states(
        bound.plan.middle.plain_tape,
        bound.first,
        bound.plan.support,
        tuple(bound.matrices),
        slots,
        found.reshape(-1),
    )
    expected = _states(bound)[:-1, bound.plan.support // bound.plan.layout.lanes]
    np.testing.assert_allclose(found, expected, atol=1e-12)


def _gradient(bound: Bound, cotangent: np.ndarray, *, apart: bool) -> tuple[SharedCotangents, np.ndarray]:
    sums = SharedCotangents(
        values=np.zeros(0),
        factors=np.zeros(0),
        effective=np.zeros(bound.plan.observed.size),
        first=np.zeros(bound.plan.layout.size),
        scales=np.zeros(0),
        ahead=bound.plan.ahead,
    )
    slots, found = _slots(bound, apart=apart), np.full(len(bound.X) * bound.observed.row, np.nan)
    end = _values(bound, slots)[1] if apart else 0
    bound.matrices.cotangents.fill(0)
    middle_gradient(
        bound.plan.middle.plain_tape, bound.first, tuple(bound.observed), tuple(bound.matrices), tuple(slots),
        end, cotangent.reshape(-1), found, tuple(sums),
    )  # fmt: skip
    return sums, found.reshape(len(bound.X), -1)


def _cotangent(bound: Bound) -> np.ndarray:
    wide = np.zeros((len(bound.X), bound.observed.row))
    wide[:, :N_OBSERVABLES] = np.random.default_rng(1).normal(size=(len(bound.X), N_OBSERVABLES))
    return wide


@pytest.mark.parametrize("apart", [False, True])
def test_effective_states_and_the_first_state_s_cotangent_are_sums_over_samples(bound, apart):
    cotangent = _cotangent(bound)
    sums, found = _gradient(bound, cotangent, apart=apart)
    assert np.isnan(found).all() if apart else not np.isnan(found).any()
    lanes, support = bound.plan.layout.lanes, bound.plan.support // bound.plan.layout.lanes
    effective = sums.effective.reshape(bound.plan.n_registers, 64, lanes).transpose(1, 0, 2).reshape(64, -1)
    np.testing.assert_allclose(effective[support], (_states(bound).T @ cotangent)[support], atol=1e-11)
    first = np.zeros(64)
    for x, slopes in zip(bound.X, cotangent, strict=True):
        first += dense.product_of(split(dense.uploads()).middle, 3, x, W).T @ (_vectors(bound) @ slopes)
    ahead = bound.plan.ahead // lanes
    np.testing.assert_allclose(sums.first.reshape(64, lanes).sum(axis=1)[ahead], first[ahead], atol=1e-11)


@pytest.mark.parametrize("apart", [False, True])
def test_cotangents_of_the_matrices_are_their_derivatives(bound, apart):
    cotangent = _cotangent(bound)
    _gradient(bound, cotangent, apart=apart)
    collected, values = bound.matrices.cotangents.copy(), bound.matrices.values.copy()
    lanes, slots = bound.plan.layout.lanes, _slots(bound, apart=False)
    rows = bound.plan.middle.tape.operations.reshape(-1, COLUMNS)
    trained = rows[(rows[:, KIND] == SAMPLE_RUN) & (rows[:, GRADIENT] == 1)]
    at = trained[0, AT] + (N_BLOCKS - 1) * bound.plan.stride  # its matrices of the last block

    def loss(part: np.ndarray) -> float:
        bound.matrices.values[:] = values
        bound.matrices.values[at : at + part.size] = part
        return float((cotangent * _values(bound, slots)[0]).sum())

    expected = dense.slope(loss, values[at : at + 12 * lanes])
    np.testing.assert_allclose(collected[at : at + 12 * lanes], expected, atol=1e-6)
    assert np.abs(expected).max() > 0.1

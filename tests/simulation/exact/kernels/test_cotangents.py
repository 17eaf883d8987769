"""The way back from cotangents of matrices to weights, against differences of the way there."""

from __future__ import annotations

import numpy as np
import pauli_dense as dense
import pytest

from qcsearch.simulation.exact.kernels.cotangents import collect, collect_samples
from qcsearch.simulation.exact.kernels.matrices import bind, bind_samples
from qcsearch.simulation.exact.kernels.records import Matrices, Samples, SharedCotangents, Step
from qcsearch.simulation.exact.planning.plan import Plan
from qcsearch.simulation.lower import Element, FixedChannel, PauliRotation

W = np.array([0.3, -0.8, 1.9, 0.5])
_NONE = np.zeros(0, dtype=np.int64)


def _long_run() -> list[Element]:
    """Several rotations by data in one run on a qubit, with and without anything between them."""
    both = dense.uploads()[4].angle
    angles = [dense.weight(0), both, dense.feature(1, 0.6), dense.weight(2), both, dense.weight(3)]
    run: list[Element] = [PauliRotation((0,), (1 + k % 3,), angle) for k, angle in enumerate(angles)]
    return [*run[:3], FixedChannel((0,), dense.DAMPED), *run[3:]]


@pytest.fixture(params=["uploads", "a long run"])
def plan(request) -> Plan:
    elements = dense.uploads() if request.param == "uploads" else _long_run()
    n = 3 if request.param == "uploads" else 1
    read = dense.observables() if n == 3 else dense.observables(1)
    return dense.plan_of(elements, read, n)


def _bound(plan: Plan, w: np.ndarray) -> Step:
    step = plan.new_step()
    bind(plan.plain_recipe, w, tuple(step))
    return step


def _cotangents(plan: Plan, rng: np.random.Generator) -> SharedCotangents:
    step = plan.new_step()
    return SharedCotangents(
        values=rng.normal(size=step.values.size),
        factors=rng.normal(size=step.factors.size),
        effective=np.zeros(0),
        first=np.zeros(0),
        scales=rng.normal(size=step.scales.size),
        ahead=_NONE,
    )


def _of_angles(plan: Plan, values: np.ndarray, cotangents: np.ndarray) -> float:
    """`Σ cotangents · values`, where an angle's cotangent stands in its cosine's place; constants count for nothing."""
    total, lanes = 0.0, plan.layout.lanes
    for is_angle, _, at in plan.recipe.placed.tolist():
        if is_angle:
            angle = np.arctan2(values[at + lanes], values[at])  # in all lanes alike
            total += float(cotangents[at : at + lanes].sum() * angle)
        else:
            total += float(cotangents[at : at + 12 * lanes] @ values[at : at + 12 * lanes])
    return total


def test_cotangents_of_matrices_factors_and_scales_become_those_of_the_weights(plan):
    sums = _cotangents(plan, np.random.default_rng(0))

    def loss(w: np.ndarray) -> float:
        step = _bound(plan, w)
        shared = _of_angles(plan, step.values, sums.values)
        return shared + float(sums.factors @ step.factors) + float(sums.scales @ step.scales)

    gradient = np.zeros(4)
    collect(plan.plain_recipe, tuple(_bound(plan, W)), tuple(sums), gradient)
    np.testing.assert_allclose(gradient, dense.slope(loss, W), rtol=1e-6, atol=1e-7)
    assert np.abs(gradient).min() > 1e-3


def test_the_gradient_is_added_to_what_is_there(plan):
    sums, step = _cotangents(plan, np.random.default_rng(1)), tuple(_bound(plan, W))
    once, twice = np.zeros(4), np.zeros(4)
    collect(plan.plain_recipe, step, tuple(sums), once)
    for _ in range(2):
        collect(plan.plain_recipe, step, tuple(sums), twice)
    np.testing.assert_allclose(twice, 2 * once, rtol=1e-14)


def test_cotangents_of_the_samples_become_those_of_factors_and_scales(plan):
    rng, lanes = np.random.default_rng(2), plan.layout.lanes
    step = _bound(plan, W)
    features = rng.normal(size=(2, 2, lanes))  # two blocks
    samples = tuple(Samples(features.reshape(-1), 2, plan.head, plan.stride))
    n_angles = len(plan.recipe.sample_angle_constants)
    size = plan.head + 2 * plan.stride
    cotangents = rng.normal(size=size)
    own = cotangents[plan.head :].reshape(2, -1, lanes)
    own[:, 1 : 2 * n_angles : 2] = 0.0  # no cotangent stands in the sine's place

    def loss(moved: Step) -> float:
        values = np.zeros(size)
        bind_samples(plan.plain_recipe, tuple(moved), samples, values)
        there = values[plan.head :].reshape(2, -1, lanes)
        angles = np.arctan2(there[:, 1 : 2 * n_angles : 2], there[:, : 2 * n_angles : 2])
        by_angle = float((own[:, : 2 * n_angles : 2] * angles).sum())
        return by_angle + float((own[:, 2 * n_angles :] * there[:, 2 * n_angles :]).sum())

    values = np.zeros(size)
    bind_samples(plan.plain_recipe, tuple(step), samples, values)
    sums = _cotangents(plan, rng)._replace(
        factors=np.zeros(step.factors.size), scales=np.zeros(step.scales.size)
    )
    matrices = tuple(Matrices(values, cotangents.copy(), plan.stride))
    collect_samples(plan.plain_recipe, tuple(step), samples, matrices, tuple(sums))

    by_scales = dense.slope(lambda scales: loss(step._replace(scales=scales)), step.scales)
    np.testing.assert_allclose(sums.scales, by_scales, rtol=1e-5, atol=1e-7)
    by_factors = dense.slope(lambda factors: loss(step._replace(factors=factors)), step.factors)
    np.testing.assert_allclose(sums.factors, by_factors, atol=1e-6)
    assert np.abs(by_factors).max() > 0.1

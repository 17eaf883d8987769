"""One light cone: values and gradients of its observables, whichever way the work is cut into pieces."""

from __future__ import annotations

import numpy as np
import pauli_dense as dense
import pytest

from qcsearch.simulation.exact.planning.cones import Cone
from qcsearch.simulation.exact.planning.memory import Memory
from qcsearch.simulation.exact.runtime import batch
from qcsearch.simulation.exact.runtime import part as parts
from qcsearch.simulation.exact.runtime.encoded import Encoded
from qcsearch.simulation.exact.runtime.part import Part
from qcsearch.simulation.exact.runtime.threads import run_in_order, threaded
from qcsearch.simulation.lower import Element
from qcsearch.simulation.observables import Observable

W = np.array([0.3, -0.8, 1.9, 0.5])
X = np.random.default_rng(0).normal(size=(11, 2))
SLOPES = np.random.default_rng(1).normal(size=(11, 6))


def _part(elements: list[Element], numbers: tuple[int, ...] = (0, 1, 2, 3, 4, 5)) -> Part:
    return Part(
        Cone((0, 1, 2), elements, numbers), dense.observables(), 4, dense.FLOAT64, Memory(64, threads=2)
    )


def _expected_gradient(elements: list[Element], read: list[Observable], slopes: np.ndarray) -> np.ndarray:
    return dense.slope(lambda w: float((slopes * dense.values_of(elements, read, 3, X, w)).sum()), W)


def _blocks(part: Part) -> np.ndarray:
    return Encoded(X, (None,), (part,)).blocks


@pytest.mark.parametrize("elements", [dense.uploads(), dense.once()], ids=["uploads", "once"])
def test_values_and_gradients_through_all_sections_are_those_of_the_dense_circuit(elements):
    part = _part(elements)
    bound = part.bind(W, run_in_order)
    expected = dense.values_of(elements, dense.observables(), 3, X, W)
    if not part.plan.fixed_states:
        values = part.values(_blocks(part), len(X), bound, run_in_order)
        np.testing.assert_allclose(values, expected, atol=1e-12)
        values, gradient = part.gradient(_blocks(part), SLOPES, bound, run_in_order)
    else:
        states = part.states(X, _blocks(part), run_in_order)
        values = part.values_of(states, bound, run_in_order)
        gradient = part.state_gradient(states, SLOPES, bound, run_in_order)
    np.testing.assert_allclose(values, expected, atol=1e-12)
    np.testing.assert_allclose(
        gradient, _expected_gradient(elements, dense.observables(), SLOPES), rtol=1e-6, atol=1e-7
    )


@pytest.mark.parametrize("elements", [dense.uploads(), dense.once()], ids=["uploads", "once"])
def test_gradients_by_the_features_are_those_of_the_dense_circuit(elements):
    part = _part(elements)
    found = part.input_gradient(_blocks(part), SLOPES, part.bind(W, run_in_order), run_in_order)
    for row, (x, slopes) in enumerate(zip(X, SLOPES, strict=True)):

        def loss(x: np.ndarray, slopes: np.ndarray = slopes) -> float:
            return float(slopes @ dense.values_of(elements, dense.observables(), 3, x[None], W)[0])

        np.testing.assert_allclose(found[row], dense.slope(loss, x), rtol=1e-6, atol=1e-7)


def test_a_light_cone_without_data_has_no_slope_by_features():
    part = _part(
        [one for one in dense.uploads() if not getattr(getattr(one, "angle", None), "has_feature", False)]
    )
    found = part.input_gradient(_blocks(part), SLOPES, part.bind(W, run_in_order), run_in_order)
    np.testing.assert_array_equal(found, np.zeros_like(X))


def _all_at_once(part: Part, run) -> tuple[np.ndarray, ...]:
    bound = part.bind(W, run)
    if part.plan.fixed_states:
        many, slopes = np.tile(X, (20, 1)), np.tile(SLOPES, (20, 1))
        states = part.states(many, Encoded(many, (None,), (part,)).blocks, run)
        found = part.values_of(states, bound, run).copy(), part.state_gradient(states, slopes, bound, run)
    else:
        kept = part.values(_blocks(part), len(X), bound, run, keep=True).copy()
        found = kept, part.gradient(_blocks(part), SLOPES, bound, run)[1]
    part.release(bound)
    return found


@pytest.mark.parametrize("elements", [dense.uploads(), dense.once()], ids=["uploads", "once"])
def test_registers_and_samples_as_pieces_of_work_give_the_same_numbers(elements, monkeypatch):
    expected = _all_at_once(_part(elements), run_in_order)
    monkeypatch.setattr(parts, "_LARGE", 0)  # each register of observables is a piece
    monkeypatch.setattr(parts, "_PIECE", 0)  # and so are 64 known states
    monkeypatch.setattr(batch, "_CHUNK_BLOCKS", 1)  # and one block of samples
    pieces = _all_at_once(_part(elements), run_in_order)
    on_threads = _all_at_once(_part(elements), threaded(2))
    for one, other, whole in zip(pieces, on_threads, expected, strict=True):
        np.testing.assert_array_equal(one, other)
        np.testing.assert_allclose(one, whole, atol=1e-12)


def test_some_of_the_program_s_observables_have_their_columns():
    part, numbers = _part(dense.uploads(), (1, 2, 4)), [1, 2, 4]
    assert part.columns == numbers
    assert _part(dense.uploads(), (2, 3, 4)).columns == slice(2, 5)
    found = part.values(_blocks(part), len(X), part.bind(W, run_in_order), run_in_order)
    expected = dense.values_of(dense.uploads(), dense.observables(), 3, X, W)[:, numbers]
    np.testing.assert_allclose(found, expected, atol=1e-12)


@pytest.mark.parametrize("large", [1, 2**17], ids=["apart", "together"])
@pytest.mark.parametrize("elements", [dense.uploads(), dense.once()], ids=["uploads", "once"])
def test_values_alone_bind_the_same_numbers_as_values_with_a_gradient(elements, large, monkeypatch):
    monkeypatch.setattr(parts, "_LARGE", large)
    part = _part(elements)
    both, alone = (part.bind(W, run_in_order, gradient=gradient) for gradient in (True, False))
    assert len(part.plan.suffix)
    np.testing.assert_array_equal(alone.suffix.observables, both.suffix.observables)
    np.testing.assert_array_equal(alone.suffix.coordinates, both.suffix.coordinates)
    np.testing.assert_array_equal(alone.step.values, both.step.values)


def test_a_workspace_is_used_again_and_keeps_nothing_of_the_step_before():
    part = _part(dense.uploads())
    first = part.bind(W, run_in_order)
    part.gradient(_blocks(part), SLOPES, first, run_in_order)
    part.release(first)
    again = part.bind(W, run_in_order)
    assert again is first
    assert part.bind(W, run_in_order) is not first  # taken, until it is handed back
    _, gradient = part.gradient(_blocks(part), SLOPES, again, run_in_order)
    fresh = _part(dense.uploads())
    _, expected = fresh.gradient(_blocks(fresh), SLOPES, fresh.bind(W, run_in_order), run_in_order)
    np.testing.assert_array_equal(gradient, expected)


def test_values_that_are_kept_spare_the_gradient_its_forward_pass():
    part = _part(dense.uploads())
    bound = part.bind(W, run_in_order)
    part.values(_blocks(part), len(X), bound, run_in_order, keep=True)
    assert list(bound.chunks) == [0]
    bound.chunks[0].matrices.values.fill(np.nan)  # what is computed again would be seen
    _, gradient = part.gradient(_blocks(part), SLOPES, bound, run_in_order)
    assert np.isnan(gradient).any()
    assert not bound.chunks


def test_work_grows_with_samples_and_is_less_where_states_are_known():
    known, unknown = _part(dense.once()), _part(dense.uploads())
    assert unknown.work(1024) > 10 * unknown.work(64)
    assert known.work(1024) < unknown.work(1024)
    assert known.bound_bytes > 4 * known.plan.n_registers * known.plan.layout.size * 8

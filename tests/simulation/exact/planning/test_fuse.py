"""Fused operations multiply to the elements they were made of, and are as few as can be."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pauli_dense as dense
import pytest

from qcsearch.simulation import ptm
from qcsearch.simulation.exact.kernels.matrices import bind, bind_samples
from qcsearch.simulation.exact.kernels.records import Samples
from qcsearch.simulation.exact.kernels.tape import (
    PERMUTATION,
    ROTATION,
    RUN,
    SAMPLE_ROTATION,
    SAMPLE_RUN,
)
from qcsearch.simulation.exact.planning.fuse import Fuser
from qcsearch.simulation.exact.planning.operations import Operation
from qcsearch.simulation.exact.planning.recipes import RecipeBuilder
from qcsearch.simulation.lower import Element, FixedChannel, PauliRotation

LANES = 4


def _fused(elements: list[Element], qubits: Sequence[int] = (0, 1, 2)) -> list[Operation]:
    return Fuser(qubits, RecipeBuilder()).fuse(elements)


def _bound(builder: RecipeBuilder, x: np.ndarray, w: np.ndarray) -> np.ndarray:
    """The numbers of `values`, `(n, lanes)`: the shared part and one block of samples that are all alike."""
    recipe, step = builder.recipe(0, LANES), builder.new_step(np.zeros(0), dense.FLOAT64, LANES)
    bind(tuple(recipe), w, tuple(step))
    head, stride = builder.head(0, LANES), builder.stride(LANES)
    values = np.concatenate([step.values, np.zeros(stride)])
    samples = Samples(np.repeat(x, LANES), len(x), head, stride)
    if stride:
        bind_samples(tuple(recipe), tuple(step), tuple(samples), values)
    return values.reshape(-1, LANES)


def _matrix(operation: Operation, values: np.ndarray, at: int) -> np.ndarray:
    """PTM of an operation by what the kernels would read for it."""
    if operation.kind == PERMUTATION:
        return operation.matrix
    at //= LANES
    if operation.kind in (RUN, SAMPLE_RUN):
        return np.vstack([[1, 0, 0, 0], values[at : at + 12, 0].reshape(3, 4)])
    angle = np.arctan2(values[at + 1, 0], values[at, 0])
    return ptm.two_qubit_rotation((operation.axes[0], operation.axes[1]), angle)


@pytest.mark.parametrize("elements", [dense.uploads(), dense.once()], ids=["uploads", "once"])
def test_the_operations_of_a_section_multiply_to_its_elements(elements):
    x, w = np.array([0.7, -1.1]), np.array([0.3, -0.8, 1.9, 0.5])
    builder = RecipeBuilder()
    operations = Fuser((0, 1, 2), builder).fuse(elements)
    rows = [[operation.kind, 0, operation.number, 0, 0, 0, 0] for operation in operations]
    tape, values = builder.tape(rows, 0, LANES), _bound(builder, x, w)
    found = np.eye(64)
    for operation, row in zip(operations, tape, strict=True):
        found = dense.embedded(_matrix(operation, values, row[2]), operation.on, 3) @ found
    np.testing.assert_allclose(found, dense.product_of(elements, 3, x, w), atol=1e-13)


def test_the_numbers_of_operations_lie_apart_and_fill_their_part():
    builder = RecipeBuilder()
    operations = Fuser((0, 1, 2), builder).fuse(dense.uploads())
    rows = [[operation.kind, 0, operation.number, 0, 0, 0, 0] for operation in operations]
    shared: list[int] = []
    own: list[int] = []
    for kind, _, at, *_ in builder.tape(rows, 100, LANES).tolist():
        count = {RUN: 12, SAMPLE_RUN: 12, ROTATION: 2, SAMPLE_ROTATION: 2}.get(kind, 0) * LANES
        (own if kind in (SAMPLE_RUN, SAMPLE_ROTATION) else shared).extend(range(at, at + count))
    head = builder.head(100, LANES)
    assert sorted(shared) == list(range(100, head))
    assert len(set(own)) == len(own)
    assert min(own) >= head
    assert max(own) < head + builder.stride(LANES)


def test_everything_on_a_qubit_between_two_qubit_gates_is_one_operation():
    run = [
        PauliRotation((0,), (axis,), angle)
        for axis, angle in ((1, dense.weight(0)), (2, dense.feature(0)), (3, dense.weight(1)))
    ]
    noise = FixedChannel((0,), dense.DAMPED)
    elements = [run[0], noise, run[2], FixedChannel((0, 1), dense.CZ), noise, run[1], run[0], noise]
    found = [(operation.kind, operation.on) for operation in _fused(elements)]
    assert found == [(RUN, (0,)), (PERMUTATION, (0, 1)), (SAMPLE_RUN, (0,))]


def test_an_operation_tells_whether_weights_and_features_are_inside():
    both = dense.uploads()[4].angle
    angles = [dense.weight(0), dense.feature(0), both]
    flags = [(True, False), (False, True), (True, True)]
    for angle, expected in zip(angles, flags, strict=True):
        for element in (PauliRotation((0,), (1,), angle), PauliRotation((0, 1), (1, 3), angle)):
            (operation,) = _fused([element])
            assert (operation.trained, operation.data) == expected
    (constant,) = _fused([FixedChannel((0,), dense.DAMPED)])
    assert (constant.trained, constant.data) == (False, False)


def test_constants_on_a_pair_become_one_matrix_where_that_is_less_work():
    cz, other = FixedChannel((0, 1), dense.NOISY_CZ), FixedChannel((1, 0), dense.NOISY_OTHER)
    noise = FixedChannel((1,), dense.DAMPED)
    (merged,) = _fused([cz, noise, other])
    expected = dense.product_of([cz, noise, other], 2, np.zeros(0), np.zeros(0))
    np.testing.assert_allclose(merged.matrix, expected, atol=1e-14)
    # two permutations with a matrix on each qubit between them are a matrix with few zeros, more work than all four
    apart = _fused([cz, noise, FixedChannel((0,), dense.DAMPED), cz])
    assert [operation.kind for operation in apart] == [PERMUTATION, RUN, RUN, PERMUTATION]


def test_a_weight_or_another_pair_between_them_keeps_constants_apart():
    cz = FixedChannel((0, 1), dense.CZ)
    between = [PauliRotation((1,), (1,), dense.weight(0)), FixedChannel((1, 2), dense.CZ)]
    assert len(_fused([cz, cz])) == 1
    for element in between:
        assert len(_fused([cz, element, cz])) == 3


def test_qubits_are_numbered_within_the_cone_and_rise():
    elements: list[Element] = [
        FixedChannel((9, 4), dense.NOISY_OTHER),
        PauliRotation((9, 7), (1, 3), dense.weight(0)),
    ]
    constant, rotation = _fused(elements, qubits=(4, 7, 9))
    assert (constant.on, rotation.on, rotation.axes) == ((0, 2), (1, 2), (3, 1))
    np.testing.assert_array_equal(constant.matrix, ptm.swapped(dense.NOISY_OTHER))

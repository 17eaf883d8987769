"""A plan's sections, tables and layouts are those of its light cone."""

from __future__ import annotations

import numpy as np
import pauli_dense as dense
import pytest

from qcsearch.errors import CircuitError
from qcsearch.simulation.angles import AngleSum
from qcsearch.simulation.exact.kernels.matrices import bind
from qcsearch.simulation.exact.kernels.tape import COLUMNS, FLIP, KIND, SAMPLE_ROTATION, SAMPLE_RUN
from qcsearch.simulation.exact.planning.cones import split
from qcsearch.simulation.exact.planning.plan import Plan
from qcsearch.simulation.lower import FixedChannel, PauliRotation
from qcsearch.simulation.observables import Observable

W = np.array([0.3, -0.8, 1.9, 0.5])


def _values(plan: Plan) -> np.ndarray:
    """The shared numbers that the passes read, for the weights `W`."""
    step = plan.new_step()
    bind(plan.plain_recipe, W, tuple(step))
    return step.values


def _strings(plan: Plan, offsets: np.ndarray) -> list[int]:
    """Which Pauli strings, base 4, lie at these offsets."""
    found = []
    for offset in offsets.tolist():
        rest, string = offset // plan.layout.lanes, 0
        for qubit, width in enumerate(plan.layout.widths):
            rest, digit = divmod(rest, width)
            string += (3 if width == 2 and digit else digit) * 4**qubit
        found.append(string)
    return found


def test_the_prefix_takes_the_ground_state_to_what_the_data_meet():
    plan = dense.plan_of(dense.uploads(), dense.observables())
    start = np.zeros(plan.layout.size)
    start.reshape(-1, plan.layout.lanes)[plan.ground // plan.layout.lanes] = 1.0
    found = plan.prefix.run(start, plan.prefix.states(), _values(plan), keep=False)
    before = dense.product_of(split(dense.uploads()).prefix, 3, np.zeros(2), W) @ dense.ground(3)
    assert set(np.flatnonzero(np.abs(before) > 1e-14)) <= set(_strings(plan, plan.ahead))
    for lane in range(plan.layout.lanes):
        np.testing.assert_allclose(found[plan.ahead + lane], before[_strings(plan, plan.ahead)], atol=1e-13)


def test_the_suffix_takes_each_observable_back_to_what_the_data_leave():
    read = dense.observables()
    plan = dense.plan_of(dense.uploads(), read)
    suffix = dense.product_of(split(dense.uploads()).suffix, 3, np.zeros(2), W)
    for register, vectors in enumerate(plan.observed.reshape(plan.n_registers, -1)):
        found = plan.suffix.run(vectors, plan.suffix.states(), _values(plan), keep=False)
        for lane, observable in enumerate(read[4 * register : 4 * register + 4]):
            expected = dense.vector_of(observable, 3) @ suffix
            np.testing.assert_allclose(
                found[plan.support + lane], expected[_strings(plan, plan.support)], atol=1e-13
            )


def test_all_rows_of_the_suffix_are_flipped_and_no_other():
    plan = dense.plan_of(dense.uploads(), dense.observables())
    for section, flip in ((plan.prefix, 0), (plan.middle, 0), (plan.suffix, 1)):
        assert len(section)
        assert set(section.tape.operations.reshape(-1, COLUMNS)[:, FLIP]) == {flip}


def test_only_the_middle_holds_data_and_says_where():
    plan = dense.plan_of(dense.uploads(), dense.observables())
    kinds = [
        section.tape.operations.reshape(-1, COLUMNS)[:, KIND]
        for section in (plan.prefix, plan.middle, plan.suffix)
    ]
    of_data = [np.isin(some, [SAMPLE_RUN, SAMPLE_ROTATION]) for some in kinds]
    assert not of_data[0].any()
    assert not of_data[2].any()
    np.testing.assert_array_equal(plan.data, of_data[1])
    assert plan.data.any()


def test_states_are_fixed_where_no_weight_comes_before_the_data():
    assert not dense.plan_of(dense.uploads(), dense.observables()).fixed_states
    scaled = PauliRotation((0,), (1,), AngleSum(0.0, ((1.0, 0, 0),)))  # weight times feature
    assert not dense.plan_of([scaled], dense.observables()).fixed_states
    plan = dense.plan_of(dense.once(), dense.observables())
    assert plan.fixed_states
    # one rotation by data a qubit: three numbers each, in place of four strings
    assert plan.coordinates.n_low * plan.coordinates.n_high == 3**3


def test_entangled_states_are_kept_as_their_strings():
    elements = [
        PauliRotation((0,), (2,), dense.feature(0)),
        FixedChannel((0, 1), dense.NOISY_CZ),
        *dense.once(),
    ]
    plan = dense.plan_of(elements, dense.observables())
    assert plan.fixed_states
    assert (plan.coordinates.n_low, plan.coordinates.n_high) == (len(plan.support), 1)


def test_strings_that_no_observable_sees_have_no_place_and_idle_operations_are_left_out():
    elements = [
        *[PauliRotation((qubit,), (1,), dense.weight(qubit)) for qubit in range(3)],
        FixedChannel((0, 1), dense.CZ),
    ]
    z = dense.plan_of(elements, [Observable({((0, 3),): 1.0}, "Z")])
    # CZ leaves Z alone, so that nothing is seen of the other qubits; |0⟩ holds nothing but I and Z
    assert z.layout.widths == (2, 1, 1)
    assert len(z.prefix) + len(z.middle) + len(z.suffix) == 2
    wide = dense.plan_of(elements, [Observable({((0, 1), (2, 3)): 1.0}, "XZ")])
    assert wide.layout.widths == (4, 2, 2)  # X on the first becomes X Z Z
    assert len(wide.prefix) + len(wide.middle) + len(wide.suffix) == 4
    still = dense.plan_of(elements[3:], [Observable({((0, 1),): 1.0}, "X")])
    assert still.layout.widths == (2, 2, 1)  # |0…0⟩ holds I and Z alone


def test_observables_stand_in_lanes_register_by_register():
    read = dense.observables(6)
    plan = dense.plan_of(dense.uploads(), read)
    assert (plan.n_registers, plan.layout.lanes) == (2, 4)
    lanes = plan.observed.reshape(2, -1, 4)
    everywhere = np.arange(0, plan.layout.size, 4)
    assert plan.layout.widths == (4, 4, 4)
    for number, observable in enumerate(read):
        np.testing.assert_array_equal(
            lanes[number // 4, everywhere // 4, number % 4], dense.vector_of(observable, 3)
        )
    assert not lanes[1, :, 2:].any()


def test_states_that_do_not_fit_are_refused_with_the_memory_they_need(monkeypatch):
    monkeypatch.setattr("qcsearch.simulation.exact.planning.memory._MB", 2**7)
    with pytest.raises(CircuitError, match=r"observable 0 holds 3 qubits .* needs [\d,]+ MB"):
        dense.plan_of(dense.uploads(), dense.observables())

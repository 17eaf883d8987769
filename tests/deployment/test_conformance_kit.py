"""The kit must fail for an executor that is wrong: one fault at a time."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit.primitives import BitArray

from qcsearch.testing.executors import ExecutorConformance


@pytest.fixture
def broken(ideal):
    """An opener of ideal executors whose answer, or whose care, is spoilt by `fault`."""

    def opener(fault):
        class Broken(ideal):
            def __init__(self, seed):
                super().__init__(2, seed)

            def run(self, pubs, shots):
                return fault(super().run, pubs, shots)

        return Broken

    return opener


def reversed_bits(run, pubs, shots):
    return [
        BitArray.from_bool_array(array.to_bool_array(order="big"), order="little")
        for array in run(pubs, shots)
    ]


def shuffled_sets(run, pubs, shots):
    return [BitArray(np.roll(array.array, 1, axis=0), array.num_bits) for array in run(pubs, shots)]


def reversed_pubs(run, pubs, shots):
    return run(pubs, shots)[::-1]


def one_shot_repeated(run, pubs, shots):
    return [
        BitArray(np.repeat(array.array[:, :1], shots, axis=1), array.num_bits) for array in run(pubs, shots)
    ]


def flipped(run, pubs, shots):
    return [BitArray.from_bool_array(~array.to_bool_array()) for array in run(pubs, shots)]


@pytest.mark.parametrize(
    ("fault", "test"),
    [
        (reversed_bits, "test_bits_come_in_the_order_of_the_classical_bits"),
        (shuffled_sets, "test_sets_of_parameters_keep_their_order"),
        (reversed_pubs, "test_several_pubs_keep_their_order"),
        (one_shot_repeated, "test_shots_are_independent"),
        (flipped, "test_a_prepared_one_is_read_as_one"),
    ],
)
def test_a_fault_is_found(broken, fault, test):
    with pytest.raises(AssertionError):
        getattr(ExecutorConformance(), test)(broken(fault))


def test_an_executor_that_ignores_its_seed_is_found(ideal):
    with pytest.raises(AssertionError):
        ExecutorConformance().test_one_seed_gives_the_same_bits(lambda _: ideal(2, 7))


def test_an_executor_that_refuses_nothing_is_found(ideal):
    class Careless(ideal):
        def run(self, pubs, shots):
            return []

    kit = ExecutorConformance()
    for refusal in (
        kit.test_a_gate_that_the_backend_lacks_is_refused,
        lambda opener: kit.test_a_number_of_shots_that_cannot_be_is_refused(opener, 0),
        lambda opener: kit.test_a_table_that_does_not_fit_the_circuit_is_refused(opener, np.zeros((1, 2))),
    ):
        with pytest.raises(pytest.fail.Exception):
            refusal(lambda seed: Careless(2, seed))


class TestIdealConformance(ExecutorConformance):
    @pytest.fixture
    def open_executor(self, ideal):
        return lambda seed: ideal(2, seed)

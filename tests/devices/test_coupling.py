"""Connected parts of a coupling graph."""

import pytest

from qcsearch.devices.coupling import components


def test_parts_are_largest_first_then_by_their_lowest_qubit():
    assert components(range(6), [(4, 5), (1, 2), (2, 3)]) == [(1, 2, 3), (4, 5), (0,)]
    assert components([9, 7, 3, 5], [(9, 5), (7, 3)]) == [(3, 7), (5, 9)]


def test_a_pair_in_both_directions_counts_once():
    assert components([2, 8], [(2, 8), (8, 2)]) == [(2, 8)]


def test_no_qubits_have_no_parts():
    assert components([], []) == []


def test_an_edge_to_a_qubit_that_is_not_there_is_an_error():
    with pytest.raises(KeyError):
        components([1, 2], [(2, 3)])

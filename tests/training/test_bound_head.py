import numpy as np
import pytest

from qcsearch.data.targets import Classes
from qcsearch.training.bound_head import BoundHead
from qcsearch.training.heads import HEADS, make_head, n_head_parameters


@pytest.fixture
def head():
    """`logits = values @ [[1, 0, -1], [0, 2, 0]] + [0, 0, 0.5]`."""
    return BoundHead(HEADS.create("linear"), np.array([1.0, 0.0, -1.0, 0.0, 2.0, 0.0, 0.0, 0.0, 0.5]), THREE)


THREE = Classes(("a", "b", "c"))
VALUES = np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.2]])


def test_logits_probabilities_and_classes_are_of_one_function(head):
    logits = head.logits(VALUES)
    np.testing.assert_allclose(logits, [[1.0, 0.0, -0.5], [0.0, 2.0, 0.5], [-1.0, 0.4, 1.5]])
    odds = np.exp(logits)
    np.testing.assert_allclose(head.figures(VALUES), odds / odds.sum(axis=1, keepdims=True))
    assert head.answers(VALUES).tolist() == [0, 1, 2]


def test_of_equal_logits_the_first_class_is_predicted():
    assert Classes((0, 1)).answers(np.array([[1.0, 1.0], [0.0, 1.0]])).tolist() == [0, 1]


def test_probabilities_of_huge_logits_are_still_numbers():
    assert Classes((0, 1)).probabilities(np.array([[1e4, 0.0]])).tolist() == [[1.0, 0.0]]


def test_a_candidates_head_has_as_many_parameters_as_the_bound_one_takes(small_candidate):
    n_head = n_head_parameters(small_candidate, THREE)
    head = BoundHead.of(small_candidate, np.zeros(n_head), THREE)
    assert head.logits(np.zeros((2, len(small_candidate.observables)))).shape == (2, 3)
    assert type(head.head) is type(make_head(small_candidate))

"""Weights of classes: the library's balanced ones, a person's own, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.utils.class_weight import compute_class_weight

from qcsearch.data.class_weights import as_class_weight, class_weights
from qcsearch.data.targets import Classes
from qcsearch.errors import InputError

Y = np.repeat([0, 1, 2], [70, 20, 10])


def test_balanced_weights_are_the_librarys_and_count_one_on_the_mean() -> None:
    found = class_weights("balanced", Y, Classes(("a", "b", "c")))
    assert found is not None
    np.testing.assert_allclose(found, compute_class_weight("balanced", classes=np.unique(Y), y=Y))
    assert found[Y].mean() == pytest.approx(1)


def test_own_weights_keep_their_ratios_and_count_one_on_the_mean() -> None:
    found = class_weights(as_class_weight({1: 5, "c": 10.0}), Y, Classes(("a", 1, "c")))
    assert found is not None
    np.testing.assert_allclose(found / found[0], [1, 5, 10])
    assert found[Y].mean() == pytest.approx(1)
    assert class_weights(None, Y, Classes(("a", "b", "c"))) is None


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("equal", r"must be 'balanced' or a weight by label. Got 'equal'"),
        ({}, r"must be 'balanced' or a weight by label"),
        ({"a": 0}, r"class weight of 'a' must be a finite number above 0. Got 0"),
        ({"a": True}, r"must be a finite number above 0. Got True"),
        ({"a": float("nan")}, r"must be a finite number above 0. Got nan"),
    ],
)
def test_what_is_no_weight_is_refused(given: object, said: str) -> None:
    with pytest.raises(InputError, match=said):
        as_class_weight(given)


def test_an_unknown_label_is_refused_with_the_one_that_was_meant() -> None:
    with pytest.raises(
        InputError, match=r"must name labels of the data: 'setosa', 'b'. Got 'setsoa'.*'setosa'"
    ):
        class_weights({"setsoa": 2.0}, Y[:90], Classes(("setosa", "b")))

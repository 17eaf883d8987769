from dataclasses import replace

import numpy as np
import pytest

from qcsearch.data.splitting import Part
from qcsearch.data.targets import Classes
from qcsearch.training.data import TrainingData


@pytest.fixture
def data():
    X = np.arange(10.0).reshape(5, 2)
    return TrainingData(Part(X[:3], np.array([0, 1, 2])), Classes((0, 1, 2)), Part(X[3:], np.array([2, 0])))


def test_other_features_are_of_the_same_samples(data):
    mapped = data.map(lambda X: X[:, :1] + 1)
    assert mapped.train.X.tolist() == [[1.0], [3.0], [5.0]]
    assert mapped.validation.X.tolist() == [[7.0], [9.0]]
    assert (mapped.train.y is data.train.y, mapped.validation.y is data.validation.y) == (True, True)
    assert mapped.target.n_outputs == 3


def test_without_a_validation_part_nothing_is_made_of_it(data):
    alone = TrainingData(data.train, Classes((0, 1, 2)))
    assert not alone.validated
    seen = []
    assert not alone.map(lambda X: seen.append(len(X)) or X).validated
    assert seen == [3]


def test_both_parts_as_one_keep_their_order_and_leave_nothing_to_validate_on(data):
    whole = data.whole()
    assert whole.train.X.tolist() == np.arange(10.0).reshape(5, 2).tolist()
    assert whole.train.y.tolist() == [0, 1, 2, 2, 0]
    assert (whole.target.n_outputs, whole.validated) == (3, False)


def test_a_training_has_those_of_the_samples_times_those_of_the_classes():
    rng = np.random.default_rng(0)
    y, weight = np.tile([0, 1], 10), rng.uniform(1.0, 2.0, 20)
    train = Part(rng.normal(size=(20, 2)), y, weight)
    target = Classes(("a", "b"))
    alone = TrainingData(train, target, train.at(slice(4)))
    np.testing.assert_allclose(alone.weights(train), weight / weight.mean())
    np.testing.assert_allclose(alone.weights(alone.validation), weight[:4] / weight.mean())
    both = replace(alone, class_weights=np.array([0.5, 1.5]))
    np.testing.assert_allclose(both.weights(train), weight / weight.mean() * np.where(y == 1, 1.5, 0.5))
    by_class = replace(
        both, train=replace(train, weight=None), validation=replace(train.at(slice(4)), weight=None)
    )
    np.testing.assert_allclose(by_class.weights(by_class.train), np.where(y == 1, 1.5, 0.5))
    assert replace(by_class, class_weights=None).weights(by_class.train) is None
    np.testing.assert_array_equal(alone.whole().train.weight, np.r_[weight, weight[:4]])

import numpy as np
import pytest

from qcsearch.errors import CandidateError
from qcsearch.training.heads import HEADS
from qcsearch.training.heads.none import bit_codes

ALL = [
    ("none", {}),
    ("softmax", {}),
    ("softmax", {"trainable": False}),
    ("linear", {}),
    ("mlp", {"hidden": 5}),
]


def _case(name, settings):
    rng = np.random.default_rng(3)
    head = HEADS.create(name, settings)
    return head, rng.uniform(-0.6, 0.6, (6, 4)), head.initial(4, 3, rng), rng.normal(size=(6, 3))


@pytest.mark.parametrize(("name", "settings"), ALL)
def test_initial_parameters_have_the_promised_length(name, settings):
    head, _, parameters, _ = _case(name, settings)
    assert parameters.shape == (head.n_parameters(4, 3),)


@pytest.mark.parametrize(("name", "settings"), ALL)
def test_backward_is_the_derivative_by_values_and_parameters(name, settings):
    head, values, parameters, cotangent = _case(name, settings)
    dvalues, dparameters = head.backward(values, parameters, cotangent)

    def along(values, parameters):
        return np.sum(cotangent * head.logits(values, parameters, 3))

    for place in np.ndindex(values.shape):
        move = np.zeros_like(values)
        move[place] = 1e-6
        slope = (along(values + move, parameters) - along(values - move, parameters)) / 2e-6
        assert dvalues[place] == pytest.approx(slope, abs=1e-8)
    for place in range(len(parameters)):
        move = np.zeros_like(parameters)
        move[place] = 1e-6
        slope = (along(values, parameters + move) - along(values, parameters - move)) / 2e-6
        assert dparameters[place] == pytest.approx(slope, abs=1e-8)


@pytest.mark.parametrize("n_classes", [2, 3, 4, 5, 8])
def test_no_head_reads_the_class_from_the_signs_of_the_bits(n_classes):
    codes = bit_codes(n_classes)
    logits = HEADS.create("none").logits(0.1 * codes, np.zeros(0), n_classes)
    assert np.argmax(logits, axis=1).tolist() == list(range(n_classes))


def test_no_head_gives_the_independent_bits_that_its_docstring_says():
    values = np.array([[0.3, -0.5]])
    logits = HEADS.create("none", {"beta": 3.0}).logits(values, np.zeros(0), 4)[0]
    probabilities = np.exp(logits) / np.exp(logits).sum()
    p0, p1 = 1 / (1 + np.exp(-2 * 3.0 * values[0]))
    assert probabilities == pytest.approx([p0 * p1, (1 - p0) * p1, p0 * (1 - p1), (1 - p0) * (1 - p1)])


def test_softmax_head_does_not_look_at_observables_beyond_the_classes():
    head = HEADS.create("softmax", {"beta": 2.0})
    values = np.array([[0.1, 0.2, 0.9]])
    assert head.logits(values, head.initial(3, 2, np.random.default_rng(0)), 2) == pytest.approx(
        np.array([[0.2, 0.4]])
    )


@pytest.mark.parametrize(("name", "needed"), [("none", 2), ("softmax", 4)])
def test_too_few_observables_are_refused_with_the_number_needed(name, needed):
    with pytest.raises(CandidateError, match=f"needs {needed} observables for 4 classes. Got 1"):
        HEADS.create(name).n_parameters(1, 4)


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("mlp", {"hidden": 0}),
        ("mlp", {"hidden": 2.5}),
        ("linear", {"gain": -1}),
        ("softmax", {"beta": 0}),
        ("softmax", {"trainable": 1}),
        ("none", {"beta": -1}),
        ("linear", {"colour": 1}),
        ("perceptron", {}),
    ],
)
def test_bad_settings_are_one_sentence(name, settings):
    with pytest.raises(CandidateError, match=name):
        HEADS.create(name, settings)

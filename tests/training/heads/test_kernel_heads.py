"""Fitted heads: what they learn, what they are sure of, how many points they keep, and what they refuse."""

import numpy as np
import pytest
from scipy.special import softmax
from sklearn.datasets import make_moons
from sklearn.kernel_ridge import KernelRidge
from sklearn.svm import SVC

from qcsearch.candidate.candidate import Candidate
from qcsearch.candidate.choice import Choice
from qcsearch.data.targets import Classes
from qcsearch.errors import CandidateError
from qcsearch.training.heads import HEADS, FittedHead, make_head, takes_parameters
from qcsearch.training.heads.kernel_head import spread
from qcsearch.training.heads.kernel_outputs import CLASSES
from qcsearch.training.heads.kernels import FLOOR, Expansion, alignment

FITTED = ["svc", "kernel_ridge", "gaussian_process"]


def _moons(n_samples, noise=0.2):
    X, y = make_moons(n_samples, noise=noise, random_state=0)
    return 0.8 * np.hstack([np.sin(X), np.cos(X)]), y


def _blobs():
    rng = np.random.default_rng(0)
    y = rng.permutation(90) % 3
    return np.eye(3)[y] * 0.8 + rng.normal(scale=0.25, size=(90, 3)), y


@pytest.mark.parametrize("name", FITTED)
@pytest.mark.parametrize("points", [30, 500])
def test_every_fitted_head_learns_exactly_or_from_landmarks(name, points):
    X, y = _moons(400)
    head = HEADS.create(name, {"points": points})
    assert isinstance(head, FittedHead)
    parameters = head.fit(X[:200], y[:200], 2)
    logits = head.logits(X[200:], parameters, 2)
    assert np.mean(np.argmax(logits, axis=1) == y[200:]) > 0.93
    n_points = len(Expansion.of_vector(parameters, X.shape[1], 1).points)
    assert n_points <= points
    assert head.n_found(len(parameters), X.shape[1], 2) == n_points + 2 <= head.n_parameters(X.shape[1], 2)


@pytest.mark.parametrize("name", FITTED)
def test_every_fitted_head_tells_three_classes_apart_and_knows_how_sure_it_is(name):
    X, y = _blobs()
    head = HEADS.create(name)
    parameters = head.fit(X[:60], y[:60], 3)
    probabilities = softmax(head.logits(X[60:], parameters, 3), axis=1)
    right = np.argmax(probabilities, axis=1) == y[60:]
    assert right.mean() > 0.9
    assert abs(probabilities.max(axis=1).mean() - right.mean()) < 0.1


def test_the_support_vector_head_is_scikit_learns():
    X, y = _moons(80)
    head = HEADS.create("svc", {"C": 3.0, "width": 1.0})
    parameters = head.fit(X, y, 2)
    expansion = Expansion.of_vector(parameters, 4, 1)
    matrix = head.function.matrix(X, X, expansion.gamma)
    cost = 3.0 / (np.mean(np.diag(matrix)) - matrix.mean())
    other = SVC(C=cost, gamma=expansion.gamma).fit(X, y)
    found = np.diff(head.logits(X, parameters, 2))[:, 0]
    wanted = other.decision_function(X)
    assert found / wanted == pytest.approx(np.full(80, found[0] / wanted[0]), rel=1e-2)
    assert len(expansion.points) == len(other.support_)


def test_the_ridge_head_is_scikit_learns_and_leaves_out_one_sample_without_a_fit():
    X, y = _moons(40)
    signs = np.where(y == 1, 1.0, -1.0)
    head = HEADS.create("kernel_ridge", {"penalty": 0.1, "width": 1.0})
    expansion = Expansion.of_vector(head.fit(X, y, 2), 4, 1)
    matrix = head.function.matrix(X, X, expansion.gamma)
    penalty = 0.1 * (np.mean(np.diag(matrix)) - matrix.mean())
    other = KernelRidge(alpha=penalty, kernel="precomputed").fit(matrix, signs - signs.mean())
    mine, theirs = expansion.dual[:, 0], other.dual_coef_
    assert mine / mine[0] == pytest.approx(theirs / theirs[0], rel=1e-6)


@pytest.mark.parametrize("name", FITTED)
@pytest.mark.parametrize("n_classes", [2, 3])
def test_a_class_that_no_sample_is_of_is_never_said(name, n_classes):
    X, y = _moons(40)
    y = np.where(y == 1, n_classes - 1, 0) if n_classes == 3 else np.zeros_like(y)
    head = HEADS.create(name)
    logits = head.logits(X, head.fit(X, y, n_classes), n_classes)
    assert 1 not in np.argmax(logits, axis=1)
    assert np.all(np.isfinite(logits))


@pytest.mark.parametrize("name", FITTED)
def test_backward_is_the_derivative_by_the_values(name):
    X, y = _blobs()
    head, rng = HEADS.create(name), np.random.default_rng(3)
    for n_classes, labels in ((3, y), (2, y % 2)):
        parameters, cotangent = head.fit(X, labels, n_classes), rng.normal(size=(2, n_classes))
        found, _ = head.backward(X[:2], parameters, cotangent)
        for place in np.ndindex(2, 3):
            move = np.zeros((2, 3))
            move[place] = 1e-6
            ends = [np.sum(cotangent * head.logits(X[:2] + s * move, parameters, n_classes)) for s in (1, -1)]
            assert found[place] == pytest.approx((ends[0] - ends[1]) / 2e-6, abs=1e-5)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"kernel": "rbf"}, "kernel"),
        ({"points": 1}, "points"),
        ({"points": 5_000}, "points"),
        ({"width": 0}, "width"),
        ({"C": -1.0}, "C"),
    ],
)
def test_settings_out_of_range_are_refused_in_one_sentence(settings, sentence):
    with pytest.raises(CandidateError, match=sentence):
        HEADS.create("svc", settings)


def test_the_fidelity_kernel_wants_whole_states():
    head = Choice("svc", {"kernel": "fidelity"})
    candidate = Candidate(Choice("iqp"), Choice("gates", {"gates": []}), (0, 1), ("Z0", "Z1"), head=head)
    with pytest.raises(CandidateError, match=r"all Pauli strings of 2 qubits, 15 observables\. Got 2"):
        make_head(candidate)


def test_parameters_of_another_length_are_not_a_heads():
    candidate = Candidate(
        Choice("angle"), Choice("gates", {"gates": []}), (0,), ("X0", "Z0"), head=Choice("svc")
    )
    assert takes_parameters(candidate, 2 + 5 * 3, Classes((0, 1)))
    assert not takes_parameters(candidate, 3 + 5 * 3, Classes((0, 1)))
    assert not takes_parameters(candidate, 0, Classes((0, 1)))
    assert not takes_parameters(candidate, 2 + 501 * 3, Classes((0, 1)))


@pytest.mark.parametrize("name", FITTED)
def test_a_kernel_is_not_so_narrow_that_shots_cannot_measure_it(name):
    X, y = _moons(100)
    parameters = HEADS.create(name).fit(1e-3 * X, y, 2)
    assert Expansion.of_vector(parameters, 4, 1).gamma <= 3.0 / (4 * FLOOR) * (1 + 1e-12)


@pytest.mark.parametrize("name", FITTED)
def test_what_it_says_of_measured_values_is_mostly_what_it_says_of_exact_ones(name):
    """Two curves so near that exact values could be told apart by a steep function, and measured ones cannot."""
    rng = np.random.default_rng(0)
    y = np.arange(200) % 2
    values = np.column_stack([rng.uniform(-0.7, 0.7, (200, 3)), np.where(y == 1, 0.004, -0.004)])
    values[:, 0] += np.where(y == 1, 0.4, -0.4)
    head = HEADS.create(name)
    parameters = head.fit(values, y, 2)
    exact = np.argmax(head.logits(values, parameters, 2), axis=1)
    noisy = values + rng.normal(scale=1 / 32, size=values.shape)
    assert np.mean(np.argmax(head.logits(noisy, parameters, 2), axis=1) == exact) > 0.9


@pytest.mark.parametrize("name", ["svc", "kernel_ridge"])
@pytest.mark.parametrize("features", [True, False])
def test_weights_of_a_fit_are_as_many_copies(name, features):
    """At one strength in absolute terms; support vectors are as exact as their solver."""
    X, y = _moons(60)
    times = np.where(y == 1, 3, 1) * (np.arange(60) % 5 > 0)
    kept, copies = np.flatnonzero(times), np.repeat(np.arange(60), times)
    head = HEADS.create(name, {"kernel": "fidelity"})
    matrix, signs = head.function.matrix(X, X, 1.0), np.where(y == 1, 1.0, -1.0)[:, None]
    found = []
    for rows, weight in ((kept, times[kept].astype(float)), (copies, None)):
        size = float(np.sum(np.var(X[rows], axis=0))) if features else spread(matrix[np.ix_(rows, rows)])
        strength = size if name == "svc" else 1.0 / size
        if features:
            dual, bias = head.solve_features(X[rows], signs[rows], strength, weight)
            found.append(X @ dual + bias)
        else:
            dual, bias = head.solve(matrix[np.ix_(rows, rows)], signs[rows], strength, weight)
            found.append(matrix[:, rows] @ dual + bias)
    np.testing.assert_allclose(found[0], found[1], atol=1e-9 if name == "kernel_ridge" else 2e-2)


@pytest.mark.parametrize("name", ["svc", "kernel_ridge"])
def test_a_heavier_class_is_predicted_more_often(name):
    X, y = _moons(200, noise=0.6)
    head = HEADS.create(name)
    plain = head.logits(X, head.fit(X, y, 2), 2).argmax(axis=1)
    heavy = head.logits(X, head.fit(X, y, 2, np.where(y == 1, 8.0, 1.0)), 2).argmax(axis=1)
    assert heavy.mean() > plain.mean() + 0.1
    without = head.fit(X, y, 2, (y == 1) + (np.arange(200) < 50) * 1.0)
    assert len(without) <= head.n_parameters(X.shape[1], 2) + 200 * X.shape[1]


@pytest.mark.parametrize("kernel", ["projected", "fidelity"])
def test_weighted_alignment_has_its_derivative_and_even_weights_change_nothing(kernel):
    rng = np.random.default_rng(0)
    X, y, weight = 0.4 * rng.normal(size=(12, 3)), np.arange(12) % 2, rng.uniform(0.2, 3.0, 12)
    head = HEADS.create("svc", {"kernel": kernel})
    gamma = head.function.scale(X)
    fixed = type("Fixed", (type(head.function),), {"scale": lambda self, values: gamma})()
    same = CLASSES.likeness(y, 2)
    loss, slopes = alignment(fixed, X, same, weight)
    for i, j in ((0, 0), (5, 2), (11, 1)):
        step = np.zeros_like(X)
        step[i, j] = 1e-6
        ahead, behind = (alignment(fixed, X + sign * step, same, weight)[0] for sign in (1, -1))
        assert slopes[i, j] == pytest.approx((ahead - behind) / 2e-6, abs=1e-7)
    even = alignment(fixed, X, same, np.ones(12))
    plain = alignment(fixed, X, same)
    assert even[0] == pytest.approx(plain[0])
    np.testing.assert_allclose(even[1], plain[1], atol=1e-12)
    twice = np.r_[np.arange(12), [3, 3]]
    copied = alignment(fixed, X[twice], CLASSES.likeness(y[twice], 2))[0]
    counted = alignment(fixed, X, same, np.where(np.arange(12) == 3, 3.0, 1.0))[0]
    assert counted == pytest.approx(copied)
    assert 0 < loss < 2

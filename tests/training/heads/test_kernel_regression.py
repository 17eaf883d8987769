"""Fitted heads of numbers: scikit-learn's ridge and Gaussian process, chosen and weighted as they say."""

import numpy as np
import pytest
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel
from sklearn.kernel_ridge import KernelRidge
from sklearn.metrics import r2_score

from qcsearch.candidate.candidate import Candidate
from qcsearch.candidate.choice import Choice
from qcsearch.candidate.training import TrainingOptions
from qcsearch.data.targets import Classes
from qcsearch.data.targets.numbers import Numbers
from qcsearch.errors import CandidateError
from qcsearch.training.heads import HEADS, FittedHead, n_head_parameters, takes_parameters
from qcsearch.training.heads.gaussian_process_regression import log_marginal_likelihood
from qcsearch.training.heads.kernel_head import spread
from qcsearch.training.heads.kernels import Expansion
from qcsearch.training.single import train

REGRESSION = ["kernel_ridge_regression", "gaussian_process_regression"]


def waves(n_samples, n_numbers=1, noise=0.1):
    """Standardised waves of expectation values that spread by some tenths."""
    rng = np.random.default_rng(0)
    values = rng.uniform(-0.6, 0.6, size=(n_samples, 3))
    y = np.column_stack([np.sin(4 * values[:, 0]) + values[:, 1], np.cos(5 * values[:, 2])])[:, :n_numbers]
    y = y + noise * rng.normal(size=y.shape)
    return values, (y - y.mean(axis=0)) / y.std(axis=0)


@pytest.mark.parametrize("name", REGRESSION)
@pytest.mark.parametrize("n_numbers", [1, 2])
@pytest.mark.parametrize("points", [40, 500])
def test_numbers_are_learnt_exactly_or_from_landmarks(name, n_numbers, points):
    values, y = waves(300, n_numbers)
    head = HEADS.create(name, {"points": points})
    assert isinstance(head, FittedHead)
    parameters = head.fit(values[:200], y[:200], n_numbers)
    assert r2_score(y[200:], head.logits(values[200:], parameters, n_numbers)) > 0.9
    n_points = len(Expansion.of_vector(parameters, 3, n_numbers).points)
    assert n_points <= points
    assert head.n_found(len(parameters), 3, n_numbers) == 1 + (1 + n_points) * n_numbers
    assert head.n_found(len(parameters), 3, n_numbers) <= head.n_parameters(3, n_numbers)


def test_the_posterior_mean_is_scikit_learns():
    values, y = waves(60, 2)
    head = HEADS.create("gaussian_process_regression", {"noise": 0.05, "width": 0.3})
    parameters = head.fit(values, y, 2)
    gamma = Expansion.of_vector(parameters, 3, 2).gamma
    noise = 0.05 * spread(head.function.matrix(values, values, gamma))
    for variance in (0.5, 2.0):  # the mean depends on the ratio alone
        kernel = ConstantKernel(variance) * RBF((2 * gamma) ** -0.5)
        process = GaussianProcessRegressor(kernel, alpha=variance * noise, optimizer=None)
        process.fit(values, y - y.mean(axis=0))
        new = values[::-1] + 0.05
        wanted = process.predict(new) + y.mean(axis=0)
        np.testing.assert_allclose(head.logits(new, parameters, 2), wanted, atol=1e-9)


@pytest.mark.parametrize("weighted", [False, True])
def test_the_marginal_likelihood_is_scikit_learns_at_its_best_variance(weighted):
    values, y = waves(40)
    head = HEADS.create("gaussian_process_regression")
    matrix = head.function.matrix(values, values, 1.5)
    weight = np.random.default_rng(1).uniform(0.5, 3.0, 40) if weighted else None
    noises = np.array([0.02, 0.3])
    found = log_marginal_likelihood(matrix, y, noises, weight)
    for evidence, noise in zip(found, noises, strict=True):
        each = noise / (np.ones(40) if weight is None else weight)
        best = float((y.T @ np.linalg.solve(matrix + np.diag(each), y)).item()) / 40
        theirs = [
            GaussianProcessRegressor(
                ConstantKernel(variance) * RBF(3**-0.5), alpha=variance * each, optimizer=None
            )
            .fit(values, y)
            .log_marginal_likelihood_value_
            for variance in (best, 0.9 * best, 1.1 * best)
        ]
        assert evidence == pytest.approx(theirs[0], rel=1e-9)
        assert theirs[0] > max(theirs[1:])


def test_the_ridge_is_scikit_learns_and_chooses_by_leaving_one_out():
    values, y = waves(50, noise=0.5)
    head = HEADS.create("kernel_ridge_regression", {"penalty": 0.1, "width": 1.0})
    parameters = head.fit(values, y, 1)
    expansion = Expansion.of_vector(parameters, 3, 1)
    matrix = head.function.matrix(values, values, expansion.gamma)
    other = KernelRidge(alpha=0.1 * spread(matrix), kernel="precomputed").fit(matrix, y - y.mean(axis=0))
    np.testing.assert_allclose(expansion.dual, other.dual_coef_, rtol=1e-6)
    free = HEADS.create("kernel_ridge_regression", {"width": 1.0})
    y = free.learns.wanted(y, 1)
    gamma = free.function.scale(values)
    matrix = free.function.matrix(values, values, gamma)
    errors = {}
    for penalty in free.penalties:
        left_out = []
        for row in range(50):
            rest = np.delete(np.arange(50), row)
            dual = np.linalg.solve(
                matrix[np.ix_(rest, rest)] + penalty * spread(matrix) * np.eye(49), y[rest] - y.mean()
            )
            left_out.append((y[row] - y.mean() - matrix[row, rest] @ dual).item() ** 2)
        errors[penalty] = np.mean(left_out)
    assert free.choose(values, y, y).strength == min(errors, key=errors.get)


@pytest.mark.parametrize("name", REGRESSION)
def test_what_is_mostly_noise_is_mostly_smoothed(name):
    values, y = waves(150, noise=3.0)
    head = HEADS.create(name)
    said = head.logits(values, head.fit(values, y, 1), 1)
    assert np.std(said) < 0.6 * np.std(y)
    assert r2_score(*waves_without_noise(values, said)) > 0


def waves_without_noise(values, said):
    """The signal under the noise of `waves(…, noise=3)` in its scale, and what was said of it."""
    signal = np.sin(4 * values[:, 0]) + values[:, 1]
    return signal / np.hypot(np.std(signal), 3.0), said[:, 0]


@pytest.mark.parametrize("name", REGRESSION)
@pytest.mark.parametrize("kernel", ["projected", "fidelity"])
def test_backward_is_the_derivative_by_the_values(name, kernel):
    values, y = waves(60, 2)
    head, rng = HEADS.create(name, {"kernel": kernel}), np.random.default_rng(3)
    parameters, cotangent = head.fit(values, y, 2), rng.normal(size=(2, 2))
    found, _ = head.backward(values[:2], parameters, cotangent)
    for place in np.ndindex(2, 3):
        move = np.zeros((2, 3))
        move[place] = 1e-6
        ends = [np.sum(cotangent * head.logits(values[:2] + s * move, parameters, 2)) for s in (1, -1)]
        assert found[place] == pytest.approx((ends[0] - ends[1]) / 2e-6, abs=1e-5)


@pytest.mark.parametrize("name", REGRESSION)
def test_a_sample_of_weight_two_is_two_samples(name):
    """At one kernel and one strength in absolute terms."""
    values, y = waves(40)
    head = HEADS.create(name, {"kernel": "fidelity"})
    matrix = head.function.matrix(values, values, 1.0)
    twice = np.r_[np.arange(40), np.arange(10)]
    weight = np.where(np.arange(40) < 10, 2.0, 1.0)
    dual, bias = head.solve(matrix, y, 0.1 / spread(matrix), weight)
    copied = matrix[np.ix_(twice, twice)]
    dual_copied, bias_copied = head.solve(copied, y[twice], 0.1 / spread(copied))
    found, wanted = matrix @ dual + bias, matrix[:, twice] @ dual_copied + bias_copied
    np.testing.assert_allclose(found, wanted, atol=1e-9)


def candidate(name, encoding="reuploading", **training):
    return Candidate(
        Choice(encoding),
        Choice("hardware_efficient", {"n_layers": 1}),
        (0, 1),
        ("X0", "Y0", "Z0", "X1", "Y1", "Z1"),
        head=Choice(name),
        training=TrainingOptions(loss="squared_error", **training),
    )


def test_a_head_for_numbers_is_none_for_classes_and_the_other_way_round():
    one = Numbers(("y",))
    assert n_head_parameters(candidate("kernel_ridge_regression"), one) == 1 + 501
    assert takes_parameters(candidate("gaussian_process_regression"), 2 + 5 * 7, one)
    assert not takes_parameters(candidate("gaussian_process_regression"), 3 + 5 * 7, one)
    for name, target in (("kernel_ridge_regression", Classes((0, 1))), ("kernel_ridge", one)):
        with pytest.raises(CandidateError, match=f"The head '{name}' is not for {target.task}"):
            n_head_parameters(candidate(name), target)


@pytest.mark.parametrize("name", REGRESSION)
def test_a_circuit_is_aligned_with_numbers_and_predicts_them_in_their_units(name):
    rng = np.random.default_rng(0)
    X = rng.uniform(-1, 1, size=(160, 2))
    y = 100 + 20 * np.sin(3 * X[:, 0]) * X[:, 1]
    model = train(candidate(name, steps=20), X[:120], y[:120], device="fake_manila")
    assert r2_score(y[120:], model.predict(X[120:])) > 0.8
    assert model.metrics["steps"] == 20

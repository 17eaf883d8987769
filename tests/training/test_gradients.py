import numpy as np
import pytest

from qcsearch.errors import CandidateError
from qcsearch.training.gradients import FiniteDifference, Spsa, estimator_for


def _case(cosine_program):
    rng = np.random.default_rng(0)
    program = cosine_program(3, 2)
    X, w = rng.normal(size=(5, 3)), rng.normal(size=6)
    target = rng.normal(size=(5, 2))
    return program, X, w, lambda values: values - target


def test_finite_differences_agree_with_the_closed_form(cosine_program):
    program, X, w, cotangent = _case(cosine_program)
    exact = program.value_and_gradient(X, w, cotangent)[1]
    values, found = FiniteDifference(program)(X, w, cotangent, np.random.default_rng(0))
    assert values == pytest.approx(program.values(X, w))
    assert found == pytest.approx(exact, abs=1e-7)


def test_spsa_is_right_on_average(cosine_program):
    program, X, w, cotangent = _case(cosine_program)
    exact = program.value_and_gradient(X, w, cotangent)[1]
    found = Spsa(program, size=0.01, averages=20_000)(X, w, cotangent, np.random.default_rng(0))[1]
    assert np.linalg.norm(found - exact) < 0.05 * np.linalg.norm(exact)


def test_spsa_asks_twice_whatever_the_number_of_weights(cosine_program):
    program, X, w, cotangent = _case(cosine_program)
    Spsa(program)(X, w, cotangent, np.random.default_rng(0))
    assert program.calls == 2


def test_a_program_that_takes_many_weights_is_asked_once(cosine_program):
    class Machine(cosine_program):
        jobs = 0

        def values_many(self, X, W):
            self.jobs += 1
            return np.stack([self.values(X, w) for w in W])

    _, X, w, cotangent = _case(cosine_program)
    machine, plain = Machine(3, 2), cosine_program(3, 2)
    found = FiniteDifference(machine)(X, w, cotangent, np.random.default_rng(0))
    assert machine.jobs == 1
    assert np.array_equal(found[1], FiniteDifference(plain)(X, w, cotangent, np.random.default_rng(0))[1])


def test_adjoint_of_a_program_without_derivatives_is_refused():
    class Machine:
        n_weights = n_observables = 1

        def values(self, X, w):
            return np.cos(X[:, :1] + w)

    with pytest.raises(CandidateError, match="'adjoint' cannot be had from Machine"):
        estimator_for("adjoint", Machine())


def test_unknown_gradient_is_refused(cosine_program):
    with pytest.raises(CandidateError, match="'gradient' must be one of adjoint"):
        estimator_for("backprop", cosine_program(1, 1))

import numpy as np
import pytest

from qcsearch.training.optimizers import OPTIMIZERS


def _bowl(theta):
    scale = np.array([1.0, 10.0, 3.0])
    return float(0.5 * np.sum(scale * (theta - 1.0) ** 2)), scale * (theta - 1.0)


def _rosenbrock(theta):
    x, y = theta
    value = (1 - x) ** 2 + 100 * (y - x**2) ** 2
    return float(value), np.array([-2 * (1 - x) - 400 * x * (y - x**2), 200 * (y - x**2)])


def _run(name, objective, theta, steps, rate):
    optimizer = OPTIMIZERS.create(name)
    state = optimizer.initial(len(theta))
    for _ in range(steps):
        theta, state = optimizer.step(theta, objective(theta)[1], state, rate, objective)
    return theta


@pytest.mark.parametrize(("name", "rate"), [("adam", 0.1), ("amsgrad", 0.1), ("sgd", 0.02), ("lbfgs", 1.0)])
def test_every_optimizer_finds_the_bottom_of_a_bowl(name, rate):
    theta = _run(name, _bowl, np.array([3.0, -2.0, 0.5]), 500, np.full(3, rate))
    assert theta == pytest.approx(np.ones(3), abs=1e-3)


def test_lbfgs_finds_the_minimum_of_rosenbrock_in_60_steps():
    assert _run("lbfgs", _rosenbrock, np.array([-1.2, 1.0]), 60, np.ones(2)) == pytest.approx(
        [1, 1], abs=1e-5
    )


def test_lbfgs_stands_still_at_the_minimum():
    theta = np.ones(3)
    assert np.array_equal(_run("lbfgs", _bowl, theta, 1, np.ones(3)), theta)


def test_first_step_of_adam_is_the_rate_against_the_sign_of_the_gradient():
    optimizer, gradient = OPTIMIZERS.create("adam"), np.array([3.0, -0.002, 40.0])
    theta, _ = optimizer.step(np.zeros(3), gradient, optimizer.initial(3), np.array([0.1, 0.1, 0.2]), _bowl)
    assert theta == pytest.approx([-0.1, 0.1, -0.2], rel=1e-4)


def test_amsgrad_never_forgets_the_largest_gradient_while_adam_does():
    moves = {}
    for name in ("adam", "amsgrad"):
        optimizer = OPTIMIZERS.create(name)
        theta, state = np.zeros(1), optimizer.initial(1)
        for gradient in [100.0] + [1e-3] * 6000:
            before = theta
            theta, state = optimizer.step(theta, np.array([gradient]), state, np.ones(1), _bowl)
        moves[name] = float(abs(theta - before)[0])
    assert moves["amsgrad"] < 0.1 * moves["adam"]


@pytest.mark.parametrize("name", ["adam", "amsgrad", "sgd", "lbfgs"])
def test_a_step_changes_neither_its_parameters_nor_its_state(name):
    optimizer, theta = OPTIMIZERS.create(name), np.array([3.0, -2.0, 0.5])
    state = optimizer.initial(3)
    theta, state = optimizer.step(theta, _bowl(theta)[1], state, np.full(3, 0.1), _bowl)
    kept = theta.copy(), {key: array.copy() for key, array in state.items()}
    first = optimizer.step(theta, _bowl(theta)[1], state, np.full(3, 0.1), _bowl)[0]
    assert np.array_equal(theta, kept[0])
    assert all(np.array_equal(state[key], kept[1][key]) for key in state)
    assert np.array_equal(first, optimizer.step(theta, _bowl(theta)[1], state, np.full(3, 0.1), _bowl)[0])

"""Angles are read exactly, and what is not a sum of c·w, c·x and c·w·x is refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit.circuit import Parameter, ParameterVector

from qcsearch.errors import CircuitError
from qcsearch.simulation.angles import AngleReader, AngleSum

x, w = ParameterVector("x", 3), ParameterVector("w", 3)
number = st.floats(-4, 4).map(lambda value: round(value, 3))
term = st.tuples(number, st.integers(-1, 2), st.integers(-1, 2))


def _value(angle: AngleSum, weights: np.ndarray, features: np.ndarray) -> float:
    ones = np.array([1.0])
    weights, features = np.concatenate([weights, ones]), np.concatenate([features, ones])
    return angle.constant + sum(c * weights[j] * features[f] for c, j, f in angle.terms)


@settings(max_examples=60, deadline=None)
@given(st.lists(term, min_size=1, max_size=6), number, st.integers(0, 2**31))
def test_any_sum_of_terms_is_read_exactly(terms, constant, seed):
    expression = constant
    for coefficient, weight, feature in terms:
        product = coefficient
        product = product * w[weight] if weight >= 0 else product
        product = product * x[feature] if feature >= 0 else product
        expression = expression + product
    angle = AngleReader(list(x), list(w)).read(expression, "rz")
    rng = np.random.default_rng(seed)
    weights, features = rng.normal(size=3), rng.normal(size=3)
    bound = expression
    if hasattr(expression, "bind"):
        numbers = {**dict(zip(w, weights, strict=True)), **dict(zip(x, features, strict=True))}
        bound = expression.bind({p: numbers[p] for p in expression.parameters}).numeric()
    assert _value(angle, weights, features) == pytest.approx(float(bound), abs=1e-12)


def test_factored_forms_are_multiplied_out():
    angle = AngleReader(list(x), list(w)).read((w[0] + 2) * (3 - x[1]), "rz")
    assert angle.constant == 6
    assert sorted(angle.terms) == [(-2.0, -1, 1), (-1.0, 0, 1), (3.0, 0, -1)]


def test_a_scaled_angle_keeps_its_terms():
    angle = AngleSum(1.0, ((2.0, 0, -1),)).scaled(-0.5)
    assert angle == AngleSum(-0.5, ((-1.0, 0, -1),))


@pytest.mark.parametrize(
    "expression",
    [
        w[0] * w[1],
        x[0] * x[1],
        w[0] * w[0],
        w[0] * x[0] * x[1],
        w[0] * x[0] ** 2,
        x[0] ** 2,
        w[0].sin(),
        w[0] / x[0],
        1 / w[0],
        (w[0] + x[0]).exp(),
        w[0] ** 0.5,
        w[0].abs(),
        w[0].sign(),
        1j * w[0],
    ],
)
def test_other_forms_are_refused_by_gate_and_expression(expression):
    with pytest.raises(CircuitError, match=r"must be a sum of constants and terms .*Got .* in gate 'ry'"):
        AngleReader(list(x), list(w)).read(expression, "ry")


def test_an_unknown_parameter_is_named():
    with pytest.raises(CircuitError, match="'stranger' in gate 'rx'"):
        AngleReader(list(x), list(w)).read(Parameter("stranger") + w[0], "rx")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1j])
def test_a_constant_that_is_not_finite_and_real_is_refused(value):
    with pytest.raises(CircuitError, match="finite real number"):
        AngleReader([], []).read(value, "rx")


def test_a_parameter_that_stands_twice_is_refused():
    with pytest.raises(CircuitError, match="twice"):
        AngleReader([x[0]], [x[0]])


def test_something_that_is_no_parameter_is_refused():
    with pytest.raises(CircuitError, match="must be qiskit Parameters"):
        AngleReader(["x"], [])

"""Angles of rotations: sums of terms c·w·x, read from Qiskit's expressions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from qiskit.circuit import Parameter, ParameterExpression

from qcsearch.errors import CircuitError

__all__ = ["AngleReader", "AngleSum"]


@dataclass(frozen=True, slots=True)
class AngleSum:
    """`constant + Σ coefficient · w[weight] · x[feature]`, radians; a factor whose number is -1 is 1.

    Attributes:
        constant: what the angle is where weights and features are zero, in radians.
        terms: `(coefficient, weight, feature)` each, the coefficient in radians, the others numbers or -1.
    """

    constant: float
    terms: tuple[tuple[float, int, int], ...] = ()

    @property
    def has_feature(self) -> bool:
        """Whether the angle differs from sample to sample."""
        return any(feature >= 0 for _, _, feature in self.terms)

    @property
    def has_weight(self) -> bool:
        """Whether the angle is trained."""
        return any(weight >= 0 for _, weight, _ in self.terms)

    def scaled(self, factor: float, offset: float = 0.0) -> AngleSum:
        """`factor · angle + offset`."""
        terms = tuple((factor * c, weight, feature) for c, weight, feature in self.terms)
        return AngleSum(factor * self.constant + offset, terms)


class AngleReader:
    """Reads angles of a circuit whose free parameters are the given features and weights.

    Args:
        features: parameters of the data, in order.
        weights: parameters that are trained, in order.

    Raises:
        CircuitError: if a parameter stands twice.
    """

    def __init__(self, features: Sequence[Parameter], weights: Sequence[Parameter]) -> None:
        self._numbers: dict[Parameter, tuple[int, int]] = {}
        for number, parameter in enumerate(features):
            self._add(parameter, (-1, number))
        for number, parameter in enumerate(weights):
            self._add(parameter, (number, -1))

    def _add(self, parameter: Parameter, place: tuple[int, int]) -> None:
        if not isinstance(parameter, Parameter):
            raise CircuitError(f"Features and weights must be qiskit Parameters. Got {parameter!r}.")
        if parameter in self._numbers:
            raise CircuitError(
                f"Each feature and weight must stand once in the lists. Got {parameter} twice."
            )
        self._numbers[parameter] = place

    def read(self, value: Any, gate: str) -> AngleSum:
        """The angle as a sum of terms.

        Raises:
            CircuitError: for an unknown parameter, or a form other than the sum, naming gate and expression.
        """
        if isinstance(value, Parameter):
            return AngleSum(0.0, ((1.0, *self._number(value, gate)),))
        if not isinstance(value, ParameterExpression):
            return AngleSum(self._real(value, gate))
        return self._read_expression(value, gate)

    def _read_expression(self, value: ParameterExpression, gate: str) -> AngleSum:
        """Value and derivatives at the origin; the second ones must be constants of weight-feature pairs."""
        places = {parameter: self._number(parameter, gate) for parameter in value.parameters}
        parameters = sorted(places, key=places.__getitem__)
        terms: list[tuple[float, int, int]] = []
        try:
            for position, parameter in enumerate(parameters):
                slope = value.gradient(parameter)
                terms.append((self._at_origin(slope, gate), *places[parameter]))
                if isinstance(slope, ParameterExpression):
                    for other in parameters[position:]:
                        second = self._constant(slope.gradient(other), gate)
                        terms.append(
                            (
                                second,
                                *self._product(places[parameter], places[other], second),
                            )
                        )
            constant = self._at_origin(value, gate)
        except (ArithmeticError, ValueError, TypeError, RuntimeError) as error:
            raise CircuitError(
                f"An angle must be a sum of constants and terms c·w, c·x or c·w·x. "
                f"Got {value} in gate '{gate}'."
            ) from error
        return AngleSum(constant, tuple(term for term in terms if term[0]))

    @staticmethod
    def _product(one: tuple[int, int], other: tuple[int, int], coefficient: float) -> tuple[int, int]:
        weight, feature = max(one[0], other[0]), max(one[1], other[1])
        if coefficient and (weight < 0 or feature < 0):
            raise ValueError("a product of two weights or of two features")
        return weight, feature

    def _constant(self, value: Any, gate: str) -> float:
        if isinstance(value, ParameterExpression):
            slopes = (value.gradient(parameter) for parameter in value.parameters)
            if any(isinstance(slope, ParameterExpression) or slope for slope in slopes):
                raise ValueError("not of second order")
        return self._at_origin(value, gate)

    def _at_origin(self, value: Any, gate: str) -> float:
        if isinstance(value, ParameterExpression):
            value = value.bind(dict.fromkeys(value.parameters, 0.0)).numeric()
        return self._real(value, gate)

    def _number(self, parameter: Parameter, gate: str) -> tuple[int, int]:
        place = self._numbers.get(parameter)
        if place is None:
            raise CircuitError(
                "Every parameter of the circuit must be in 'features' or 'weights'. "
                f"Got '{parameter}' in gate '{gate}'."
            )
        return place

    def _real(self, value: Any, gate: str) -> float:
        number = complex(value)
        if number.imag or number != number or abs(number.real) == float("inf"):
            raise CircuitError(f"An angle must be a finite real number. Got {number} in gate '{gate}'.")
        return number.real

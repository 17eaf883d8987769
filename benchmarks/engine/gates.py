"""What peers are built from: gate by gate, angles as numbers and noise as Aer's own channel."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray
from qiskit.circuit import Parameter, ParameterExpression
from qiskit.circuit.library import get_standard_gate_name_mapping
from qiskit.quantum_info import Kraus, SuperOp

from engine.cases import Case

__all__ = ["Angles", "Gate", "angles", "gates"]


@dataclass(frozen=True)
class Gate:
    """One gate of a case's circuit.

    Attributes:
        name: `rz`, `sx`, `x` or `cz`.
        qubits: of the circuit.
        angle: position of its angle in `Angles`, None if it has none.
        error: the channel that follows it, Aer's, or None.
    """

    name: str
    qubits: tuple[int, ...]
    angle: int | None
    error: SuperOp | None

    @property
    def noisy(self) -> SuperOp:
        """A gate without angle, followed by its error."""
        ideal = SuperOp(get_standard_gate_name_mapping()[self.name])
        return ideal if self.error is None else ideal.compose(self.error)

    @property
    def noisy_kraus(self) -> list[NDArray[np.complex128]]:
        """`noisy` as the fewest Kraus operators, in Qiskit's order: the first qubit is the least significant."""
        return [] if self.angle is not None else list(Kraus(self.noisy).data)


def gates(case: Case) -> Iterator[Gate]:
    """The gates in order; errors are looked up in the noise model that Aer is given."""
    numbers = {qubit: number for number, qubit in enumerate(case.circuit.qubits)}
    errors = case.noise_model._local_quantum_errors
    channels: dict[tuple[str, tuple[int, ...]], SuperOp | None] = {}
    position = 0
    for instruction in case.circuit.data:
        place = tuple(numbers[qubit] for qubit in instruction.qubits)
        key = instruction.name, place
        if key not in channels:
            found = errors.get(instruction.name, {}).get(place)
            channels[key] = None if found is None else SuperOp(found)
        yield Gate(*key, position if instruction.params else None, channels[key])
        position += len(instruction.params)


@dataclass(frozen=True)
class Angles:
    """All angles of a circuit: `constant + x @ by_feature + w @ by_weight + Σ slope · w[i] · x[j]`.

    Attributes:
        constant: `(n_angles,)`.
        by_feature: `(n_features, n_angles)`.
        by_weight: `(n_weights, n_angles)`.
        slope: `(n_angles,)`, of the product of weight `weight` and feature `feature`.
        weight: `(n_angles,)`.
        feature: `(n_angles,)`.
    """

    constant: NDArray[np.float64]
    by_feature: NDArray[np.float64]
    by_weight: NDArray[np.float64]
    slope: NDArray[np.float64]
    weight: NDArray[np.int64]
    feature: NDArray[np.int64]

    def at(self, x, w):
        """Angles `(..., n_angles)` of features `(..., n_features)`; NumPy's or JAX's arrays."""
        return (
            self.constant
            + x @ self.by_feature
            + w @ self.by_weight
            + self.slope * w[self.weight] * x[..., self.feature]
        )


def angles(case: Case) -> Angles:
    """Read the angles: each is linear in every parameter, so values at 0 and 1 tell all coefficients."""
    expressions = [param for instruction in case.circuit.data for param in instruction.params]
    x = {parameter: j for j, parameter in enumerate(case.features)}
    w = {parameter: i for i, parameter in enumerate(case.weights)}
    n = len(expressions)
    read = Angles(
        np.zeros(n),
        np.zeros((len(x), n)),
        np.zeros((len(w), n)),
        np.zeros(n),
        np.zeros(n, int),
        np.zeros(n, int),
    )
    for position, expression in enumerate(expressions):
        for subset, value in _coefficients(expression).items():
            features = [x[parameter] for parameter in subset if parameter in x]
            weights = [w[parameter] for parameter in subset if parameter in w]
            if features and weights:
                read.slope[position], read.weight[position], read.feature[position] = (
                    value,
                    weights[0],
                    features[0],
                )
            elif features:
                read.by_feature[features[0], position] = value
            elif weights:
                read.by_weight[weights[0], position] = value
            else:
                read.constant[position] = value
    return read


def _coefficients(expression: ParameterExpression | float) -> dict[frozenset[Parameter], float]:
    """Coefficients of an expression linear in each of its parameters, by the product they belong to."""
    parameters = sorted(getattr(expression, "parameters", ()), key=str)
    found: dict[frozenset[Parameter], float] = {}
    for chosen in sorted(product((0, 1), repeat=len(parameters)), key=sum):
        value = (
            float(expression.bind(dict(zip(parameters, chosen, strict=True))))
            if parameters
            else float(expression)
        )
        subset = frozenset(p for p, on in zip(parameters, chosen, strict=True) if on)
        found[subset] = value - sum(known for part, known in found.items() if part < subset)
    return found

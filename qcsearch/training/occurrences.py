"""Every occurrence of a trainable angle with a parameter of its own: what an exact parameter shift needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from qiskit.circuit import Gate, Parameter, ParameterExpression, ParameterVector, QuantumCircuit, Qubit

from qcsearch.errors import CircuitError
from qcsearch.training.expectations import Floats, Ints

__all__ = ["TWO_TERM_GATES", "Occurrences", "occurrences"]

TWO_TERM_GATES = frozenset(
    {"rx", "ry", "rz", "rxx", "ryy", "rzz", "rzx", "r", "p", "u", "u1", "u2", "u3", "cp", "cu1", "U"}
)
"""Gates whose angles stand before a generator with two eigenvalues one apart, so that two terms are exact."""


_AXES = frozenset({"rx", "ry", "rz", "p", "u1"})
"""Turns of one qubit about an axis: in a row, their angles add up."""


@dataclass(frozen=True)
class Occurrences:
    """A circuit with one extra parameter added to each angle that holds a weight, and the chain rule back.

    Attributes:
        circuit: the circuit with the extra parameters; with all of them zero it is the one it came from.
        shifts: the extra parameters, `n_shifts` of them.
        n_weights: number of weights the gradient is for.
        shift: for each term of an angle, the number of its occurrence; a row of turns about one axis is one.
        weight: for each term, the number of its weight.
        feature: for each term, the number of the feature it is multiplied by, −1 for none.
        factor: for each term, its constant factor.
    """

    circuit: QuantumCircuit
    shifts: tuple[Parameter, ...]
    n_weights: int
    shift: Ints
    weight: Ints
    feature: Ints
    factor: Floats

    def chain(self, X: Floats, by_shift: Floats) -> Floats:
        """The gradient `(n_weights,)` from the derivative of the loss by each shift in each sample.

        Args:
            X: features `(n_samples, n_features)`.
            by_shift: `(n_samples, n_shifts)`.
        """
        slopes = np.where(self.feature >= 0, X[:, self.feature], 1.0) * self.factor
        terms = np.sum(slopes * by_shift[:, self.shift], axis=0)
        return np.bincount(self.weight, weights=terms, minlength=self.n_weights).astype(np.float64)


def occurrences(
    circuit: QuantumCircuit, features: Sequence[Parameter], weights: Sequence[Parameter]
) -> Occurrences:
    """Give each angle of `circuit` that holds a weight its own shift; turns in a row about one axis share one.

    Args:
        circuit: gates with angles that are sums of constants and terms `c·x`, `c·w`, `c·w·x`.
        features: the feature parameters in order.
        weights: the weight parameters in order.

    Raises:
        CircuitError: if a weight stands in a gate whose shift needs more than two terms, or in an
            angle of another form.
    """
    index_x = {p: i for i, p in enumerate(features)}
    index_w = {p: i for i, p in enumerate(weights)}
    rows = _rows(circuit, _places(circuit, index_w))
    shifts = tuple(ParameterVector("shift", len(rows)))
    shifted, terms = circuit.copy(), []
    for k, row in enumerate(rows):
        for position, slot in row:
            angle = circuit.data[position].operation.params[slot]
            terms += [(k, *term) for term in _terms(angle, index_x, index_w)]
        position, slot = row[0]
        instruction = shifted.data[position]
        operation = instruction.operation.to_mutable()
        operation.params[slot] = operation.params[slot] + shifts[k]
        shifted.data[position] = instruction.replace(operation=operation)
    table = np.array(terms, dtype=np.float64).reshape(-1, 4)
    shift, weight, feature = table[:, :3].astype(np.int64).T
    return Occurrences(shifted, shifts, len(weights), shift, weight, feature, table[:, 3])


def _places(circuit: QuantumCircuit, weights: dict[Parameter, int]) -> list[tuple[int, int]]:
    """Position and angle number of every angle that holds a weight."""
    places = []
    for position, instruction in enumerate(circuit.data):
        for slot, angle in enumerate(instruction.operation.params):
            if not isinstance(angle, ParameterExpression) or not any(p in weights for p in angle.parameters):
                continue
            _check_two_term(instruction.operation)
            places.append((position, slot))
    return places


def _rows(circuit: QuantumCircuit, places: list[tuple[int, int]]) -> list[list[tuple[int, int]]]:
    """Places whose angles add up: turns of one qubit about one axis with nothing between them."""
    rows: list[list[tuple[int, int]]] = []
    held: dict[int, list[tuple[int, int]]] = {}
    for place in places:
        held.setdefault(place[0], []).append(place)
    open_rows: dict[Qubit, tuple[str, list[tuple[int, int]]]] = {}
    for position, instruction in enumerate(circuit.data):
        alone = position in held and instruction.name in _AXES
        name, row = open_rows.get(instruction.qubits[0], ("", [])) if alone else ("", [])
        if alone and name == instruction.name:
            row.append((position, 0))
            continue
        for qubit in instruction.qubits:
            open_rows.pop(qubit, None)
        rows += [[place] for place in held.get(position, ())]
        if alone:
            open_rows[instruction.qubits[0]] = instruction.name, rows[-1]
    return rows


def _check_two_term(gate: Gate) -> None:
    if gate.name not in TWO_TERM_GATES:
        raise CircuitError(
            f"The gradient 'parameter_shift' has no two-term rule for the gate '{gate.name}'.",
            fix="translate the circuit to basis gates first, or take the gradient 'adjoint'.",
        )


def _terms(
    angle: ParameterExpression, features: dict[Parameter, int], weights: dict[Parameter, int]
) -> list[tuple[int, int, float]]:
    """Weight, feature (−1 for none) and factor of each term of `angle` that holds a weight."""
    terms = []
    for weight in (p for p in angle.parameters if p in weights):
        slope = angle.gradient(weight)
        terms.append((weights[weight], -1, _at(slope)))
        if isinstance(slope, ParameterExpression):
            # The slope says it still holds every parameter of the angle, needed or not.
            held = (p for p in slope.parameters if p in features)
            terms += [(weights[weight], features[p], _at(slope.gradient(p))) for p in held]
    terms = [term for term in terms if term[2] != 0.0]
    _check_form(angle, terms, features, weights)
    return terms


def _at(expression: ParameterExpression | float, values: Mapping[Parameter, float] | None = None) -> float:
    """The number that an expression is at some values, 0 for those not given."""
    if not isinstance(expression, ParameterExpression):
        return float(expression)
    given = values or {}
    return float(expression.bind({p: given.get(p, 0.0) for p in expression.parameters}))


def _check_form(
    angle: ParameterExpression,
    terms: list[tuple[int, int, float]],
    features: dict[Parameter, int],
    weights: dict[Parameter, int],
) -> None:
    """Compare the terms with the angle at a point of no symmetry."""
    x = {p: 0.5 + (0.618034 * (i + 1)) % 1 for p, i in features.items() if p in angle.parameters}
    w = {p: 0.5 + (0.754878 * (i + 1)) % 1 for p, i in weights.items() if p in angle.parameters}
    by_x, by_w = {features[p]: v for p, v in x.items()}, {weights[p]: v for p, v in w.items()}
    found = sum(factor * by_w[j] * by_x.get(k, 1.0) for j, k, factor in terms)
    if abs(_at(angle, x | w) - _at(angle, x) - found) > 1e-9:
        raise CircuitError(f"An angle must be a sum of terms c, c·x, c·w and c·w·x. Got {angle}.")

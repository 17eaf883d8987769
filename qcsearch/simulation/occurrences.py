"""Every occurrence of a trainable angle with a parameter of its own: what an exact parameter shift needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from qiskit.circuit import Parameter, ParameterExpression, ParameterVector, QuantumCircuit, Qubit

from qcsearch.errors import CircuitError
from qcsearch.simulation.angles import AngleReader

__all__ = ["Occurrences", "occurrences"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_TWO_TERM_GATES = frozenset(
    {"rx", "ry", "rz", "rxx", "ryy", "rzz", "rzx", "p", "u", "u1", "u2", "u3", "cp", "cu1", "U"}
)
"""Gates each of whose angles stands before a generator with two eigenvalues one apart, so that two terms are exact."""

_AXES = frozenset({"rx", "ry", "rz", "p", "u1"})
"""Rotations of one qubit about an axis: in a row, their angles add up."""


@dataclass(frozen=True)
class Occurrences:
    """A circuit with one extra parameter added to each angle that holds a weight, and the chain rule back.

    Attributes:
        circuit: the circuit with the extra parameters; with all of them zero it is the one it came from.
        shifts: the extra parameters, `n_shifts` of them.
        n_weights: number of weights the gradient is for.
        shift: for each term of an angle, the number of its occurrence; a row of rotations about one axis is one.
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

    @property
    def moves(self) -> Floats:
        """The shifts of each evaluation, `(1 + 2 · n_shifts, n_shifts)`: none, then each by π/2, then each by −π/2."""
        n = len(self.shifts)
        return np.pi / 2 * np.vstack([np.zeros((1, n)), np.eye(n), -np.eye(n)])

    def gradient(self, X: Floats, values: Floats, slopes: Floats) -> Floats:
        """The gradient `(n_weights,)` of a loss from what the circuit gives at `moves`.

        With a generator of two eigenvalues one apart, `df/dφ = (f(φ + π/2) − f(φ − π/2)) / 2` exactly, under
        noise too (Schuld et al., Phys. Rev. A 99, 032331, 2019).

        Args:
            X: features `(n_samples, n_features)`.
            values: expectation values `(1 + 2 · n_shifts, n_samples, n_observables)`.
            slopes: derivative of the loss by the values, `(n_samples, n_observables)`.
        """
        plus, minus = np.split(values[1:], 2)
        return self.chain(X, np.einsum("kno,no->nk", (plus - minus) / 2, slopes))

    def chain(self, X: Floats, by_shift: Floats) -> Floats:
        """The gradient `(n_weights,)` from the derivative of the loss by each shift in each sample.

        Args:
            X: features `(n_samples, n_features)`.
            by_shift: `(n_samples, n_shifts)`.
        """
        multipliers = np.hstack(
            [X, np.ones((len(X), 1))]
        )  # the last, number −1, is that of a term without a feature
        slopes = multipliers[:, self.feature] * self.factor
        terms = np.sum(slopes * by_shift[:, self.shift], axis=0)
        return np.bincount(self.weight, weights=terms, minlength=self.n_weights).astype(np.float64)


def occurrences(
    circuit: QuantumCircuit,
    features: Sequence[Parameter],
    weights: Sequence[Parameter],
    *,
    merge: bool = True,
) -> Occurrences:
    """Give each angle of `circuit` that holds a weight its own shift.

    Args:
        circuit: gates with angles that are sums of constants and terms `c·x`, `c·w`, `c·w·x`.
        features: the feature parameters in order.
        weights: the weight parameters in order.
        merge: rotations in a row about one axis share a shift, which saves two evaluations each. Where noise between
            them does not commute with the axis, the rule is exact only without.

    Raises:
        CircuitError: if a weight stands in an angle whose shift needs more than two terms, or in an angle of another
            form.
    """
    reader = AngleReader(features, weights)
    places = _places(circuit, frozenset(weights))
    rows = _rows(circuit, places) if merge else [[place] for place in places]
    shifts = tuple(ParameterVector("shift", len(rows)))
    shifted, terms = circuit.copy(), []
    for k, row in enumerate(rows):
        for position, slot in row:
            gate = circuit.data[position].operation
            angle = reader.read(gate.params[slot], gate.name)
            terms += [(k, weight, feature, c) for c, weight, feature in angle.terms if weight >= 0]
        position, slot = row[0]
        instruction = shifted.data[position]
        operation = instruction.operation.to_mutable()
        operation.params[slot] = operation.params[slot] + shifts[k]
        shifted.data[position] = instruction.replace(operation=operation)
    table = np.array(terms, dtype=np.float64).reshape(-1, 4)
    shift, weight, feature = table[:, :3].astype(np.int64).T
    return Occurrences(shifted, shifts, len(weights), shift, weight, feature, table[:, 3])


def _places(circuit: QuantumCircuit, weights: frozenset[Parameter]) -> list[tuple[int, int]]:
    """Position and angle number of every angle that holds a weight."""
    places = []
    for position, instruction in enumerate(circuit.data):
        for slot, angle in enumerate(instruction.operation.params):
            if isinstance(angle, ParameterExpression) and not weights.isdisjoint(angle.parameters):
                _check_two_term(instruction.operation.name, slot)
                places.append((position, slot))
    return places


def _rows(circuit: QuantumCircuit, places: list[tuple[int, int]]) -> list[list[tuple[int, int]]]:
    """Places whose angles add up: rotations of one qubit about one axis with nothing between them."""
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


def _check_two_term(gate: str, slot: int) -> None:
    # The phase of `r` turns the axis forth and back: two rotations by it, whose shifts need four terms.
    if gate not in _TWO_TERM_GATES and (gate, slot) != ("r", 0):
        raise CircuitError(
            f"The gradient 'parameter_shift' has no two-term rule for the gate '{gate}'.",
            fix="translate the circuit to basis gates first, or take the gradient 'adjoint'.",
        )

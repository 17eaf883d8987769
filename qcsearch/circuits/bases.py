"""Measurement bases: which axes of the qubits to measure, and which terms of the observables each setting tells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qiskit import QuantumCircuit
from qiskit.quantum_info import PauliList, SparsePauliOp

from qcsearch.errors import CandidateError

__all__ = ["Basis", "Term", "constant", "measurement_bases"]


@dataclass(frozen=True)
class Term:
    """A weighted product of ±1 outcomes that belongs to one observable.

    Attributes:
        observable: its number.
        coefficient: real.
        support: qubits whose outcomes are multiplied; their Paulis are those of the basis.
    """

    observable: int
    coefficient: float
    support: tuple[int, ...]


@dataclass(frozen=True)
class Basis:
    """One setting of the measurement: a Pauli axis a qubit, and the terms that can be read from it.

    Attributes:
        axes: `X`, `Y` or `Z` for each qubit, qubit 0 first.
        terms: the products of outcomes that its shots tell.
    """

    axes: str
    terms: tuple[Term, ...]

    def rotation(self) -> QuantumCircuit:
        """The gates before the readout: Z after them is the basis's Pauli before them."""
        circuit = QuantumCircuit(len(self.axes))
        for qubit, axis in enumerate(self.axes):
            if axis == "X":
                circuit.h(qubit)
            elif axis == "Y":
                circuit.sx(qubit)  # SX† Z SX = Y
        return circuit


def measurement_bases(observables: Sequence[SparsePauliOp]) -> tuple[Basis, ...]:
    """Group the terms of all observables so that each group is measured at once, qubit by qubit.

    Terms that are the identity need no measurement and are in no group; there are never fewer than one group.

    Raises:
        CandidateError: if a coefficient is not real.
    """
    owners = _owners(observables)
    labels = sorted(owners)
    groups = PauliList(labels).group_qubit_wise_commuting() if labels else []
    bases = [_basis([str(pauli) for pauli in group], owners) for group in groups]
    return tuple(bases) or (Basis("Z" * observables[0].num_qubits, ()),)


def constant(operator: SparsePauliOp) -> float:
    """The part of an observable that needs no measurement: the coefficient of the identity."""
    return float(sum(complex(c).real for label, c in operator.to_list() if set(label) == {"I"}))


def _owners(observables: Sequence[SparsePauliOp]) -> dict[str, list[tuple[int, float]]]:
    """For each Pauli string but the identity, the observables that hold it and with what coefficient."""
    owners: dict[str, list[tuple[int, float]]] = {}
    for number, operator in enumerate(observables):
        for label, coefficient in operator.simplify().to_list():
            if abs(complex(coefficient).imag) > 1e-12:  # what rounding leaves of a real one
                raise CandidateError(f"An observable must have real coefficients. Got {coefficient} {label}.")
            if set(label) != {"I"}:
                owners.setdefault(label, []).append((number, complex(coefficient).real))
    return owners


def _basis(labels: Sequence[str], owners: dict[str, list[tuple[int, float]]]) -> Basis:
    """Labels in Qiskit's order, qubit 0 last."""
    axes = "".join(
        next((letter for letter in letters if letter != "I"), "Z") for letters in zip(*labels, strict=True)
    )
    terms = []
    for label in labels:
        support = tuple(qubit for qubit, letter in enumerate(reversed(label)) if letter != "I")
        terms += [Term(number, coefficient, support) for number, coefficient in owners[label]]
    return Basis(axes[::-1], tuple(terms))

"""From bits to expectation values: which bases to measure in, and what the shots say, with their error."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.quantum_info import PauliList, SparsePauliOp

from qcsearch.deployment.diagnostics.canaries import Readout
from qcsearch.deployment.values import Estimates
from qcsearch.errors import CandidateError
from qcsearch.training.expectations import Floats

__all__ = ["MOST_MITIGATED", "Basis", "Term", "estimate", "least_error", "measurement_bases"]

MOST_MITIGATED = 20.0
"""How far above its range the correction of readout may put a value: as for `Readout.factors`."""


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


def estimate(
    observables: Sequence[SparsePauliOp],
    bases: Sequence[Basis],
    bits: Sequence[NDArray[np.bool_]],
    readout: Readout | None = None,
) -> Estimates:
    """Expectation values and standard errors from the shots of each basis.

    Args:
        observables: the observables that were given to `measurement_bases`.
        bases: its answer.
        bits: outcomes `(n_sets, n_shots, n_qubits)` of each basis, qubit 0 first.
        readout: errors to take out of the outcomes; None leaves them in. Their own errors are not counted.

    Returns:
        The mean over shots, and the standard error: the terms of an observable that share a basis share their
        shots, so their sum is taken shot by shot; different bases are independent.
    """
    n_sets = len(bits[0])
    values = np.tile([_constant(op) for op in observables], (n_sets, 1))
    variances = np.zeros_like(values)
    for basis, outcomes in zip(bases, bits, strict=True):
        for number in sorted({term.observable for term in basis.terms}):
            shots = np.asarray(
                sum(_outcomes(term, outcomes, readout) for term in basis.terms if term.observable == number)
            )
            values[:, number] += np.mean(shots, axis=1)
            variances[:, number] += _variance(shots)
    return Estimates(values, np.sqrt(variances), min(outcomes.shape[1] for outcomes in bits))


def least_error(shots: int) -> float:
    """Standard error of the mean of outcomes ±1 that all came out alike: few shots cannot be certain.

    With the Agresti-Coull centre, as for a score.
    """
    return float(np.sqrt(2 * shots + 1) / (shots + 1) ** 1.5)


def _variance(outcomes: Floats) -> Floats:
    """Variance of the mean of outcomes `(n_sets, n_shots)`; of outcomes that are all alike it is not 0."""
    shots = outcomes.shape[1]
    alike = np.abs(outcomes).max(axis=1) * least_error(shots)
    return np.asarray(np.maximum(np.var(outcomes, axis=1) / max(1, shots - 1), alike**2))


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


def _constant(operator: SparsePauliOp) -> float:
    return float(sum(complex(c).real for label, c in operator.to_list() if set(label) == {"I"}))


def _outcomes(term: Term, bits: NDArray[np.bool_], readout: Readout | None) -> Floats:
    """The term's value in each shot: its coefficient, with the sign of the parity of its bits."""
    if readout is not None:
        factors = readout.factors(bits)[:, :, list(term.support)]
        return np.asarray(term.coefficient * np.prod(factors, axis=2))
    odd = np.logical_xor.reduce(bits[:, :, list(term.support)], axis=2)
    return np.where(odd, -term.coefficient, term.coefficient)

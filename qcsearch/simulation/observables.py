"""Observables as sparse vectors over Pauli strings, with the readout error of each measured qubit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qiskit.quantum_info import SparsePauliOp

from qcsearch.errors import CircuitError
from qcsearch.simulation.noise import Noise

__all__ = ["Observable", "read_observables"]

_DIGITS = {"I": 0, "X": 1, "Y": 2, "Z": 3}


@dataclass(frozen=True, slots=True)
class Observable:
    """`Σ coefficient · P`, where P is a product of Pauli factors `(qubit, digit)`, digit 1 2 3 for X Y Z.

    Attributes:
        terms: the coefficient of each product of factors; the empty product is the identity.
        name: what messages call it.
    """

    terms: dict[tuple[tuple[int, int], ...], float]
    name: str

    @property
    def support(self) -> int:
        """Qubits it acts on, as a bit mask."""
        mask = 0
        for factors in self.terms:
            for qubit, _ in factors:
                mask |= 1 << qubit
        return mask


def read_observables(observables: Sequence[SparsePauliOp], n_qubits: int, noise: Noise) -> list[Observable]:
    """The observables as they are read out, factor by factor.

    With p10 = P(1|0), p01 = P(0|1) of the factor's qubit: P becomes `(1 − p01 − p10) P + (p01 − p10) I`. All
    are multiplied by what Aer keeps of the trace (`noise.kept`).

    Raises:
        CircuitError: if there is none, or one is on another number of qubits, or a coefficient is not real.
    """
    if not observables:
        raise CircuitError("There must be at least one observable. Got none.")
    return [_read(operator, number, n_qubits, noise) for number, operator in enumerate(observables)]


def _read(operator: SparsePauliOp, number: int, n_qubits: int, noise: Noise) -> Observable:
    if not isinstance(operator, SparsePauliOp):
        raise CircuitError(f"Observable {number} must be a SparsePauliOp. Got {type(operator).__name__}.")
    if operator.num_qubits != n_qubits:
        raise CircuitError(
            f"Observable {number} must be on the circuit's {n_qubits} qubits. "
            f"Got one on {operator.num_qubits}."
        )
    terms: dict[tuple[tuple[int, int], ...], float] = {}
    for label, coefficient in operator.to_list():
        value = complex(coefficient)
        if abs(value.imag) > 1e-12 or value != value:
            raise CircuitError(f"Coefficients of observable {number} must be real numbers. Got {value}.")
        for factors, weight in _as_read(label, noise):
            terms[factors] = terms.get(factors, 0.0) + weight * value.real * noise.kept
    return Observable(
        {factors: value for factors, value in terms.items() if value},
        f"observable {number}",
    )


def _as_read(label: str, noise: Noise) -> list[tuple[tuple[tuple[int, int], ...], float]]:
    products: list[tuple[tuple[tuple[int, int], ...], float]] = [((), 1.0)]
    for qubit, letter in enumerate(reversed(label)):
        if letter == "I":
            continue
        p10, p01 = noise.readout(qubit)
        factor = (qubit, _DIGITS[letter])
        kept = [((*factors, factor), weight * (1 - p01 - p10)) for factors, weight in products]
        lost = [(factors, weight * (p01 - p10)) for factors, weight in products] if p01 != p10 else []
        products = kept + lost
    return products

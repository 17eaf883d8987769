"""Measured observables: Pauli strings such as `Z0` or `X1Z3` on logical qubits."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from qcsearch.candidate import checks
from qcsearch.errors import CandidateError

if TYPE_CHECKING:
    from qiskit.quantum_info import SparsePauliOp

__all__ = ["n_bases", "parse", "to_pauli"]

_LABEL = re.compile(r"(?:[XYZ](?:0|[1-9][0-9]{0,5}))+", re.ASCII)
_FACTOR = re.compile(r"([XYZ])([0-9]+)", re.ASCII)


def parse(label: str, n_qubits: int) -> dict[int, str]:
    """Return the factors of `label` by logical qubit: `"X1Z3"` is `{1: "X", 3: "Z"}`.

    Raises:
        CandidateError: if it is not a Pauli string, names a qubit twice, or one that is not there.
    """
    if not isinstance(label, str) or not _LABEL.fullmatch(label):
        raise CandidateError(
            f"An observable must be a Pauli string such as 'Z0' or 'X1Z3'. Got {checks.short(label)}."
        )
    factors: dict[int, str] = {}
    for pauli, index in _FACTOR.findall(label):
        qubit = int(index)
        if qubit in factors:
            raise CandidateError(f"The observable {checks.short(label)} names qubit {qubit} twice.")
        if qubit >= n_qubits:
            raise CandidateError(
                f"The observable {checks.short(label)} must name qubits in [0, {n_qubits - 1}]. Got {qubit}."
            )
        factors[qubit] = pauli
    return factors


def n_bases(labels: Iterable[str], n_qubits: int) -> int:
    """Measurement bases that `labels` need, which is circuits a prediction; greedily, one axis a qubit in each."""
    bases: list[dict[int, str]] = []
    for label in labels:
        factors = parse(label, n_qubits)
        for basis in bases:
            if all(basis.get(qubit, axis) == axis for qubit, axis in factors.items()):
                basis.update(factors)
                break
        else:
            bases.append(factors)
    return len(bases)


def to_pauli(label: str, n_qubits: int) -> SparsePauliOp:
    """Return the observable on `n_qubits` qubits, in Qiskit's order: qubit 0 rightmost.

    Raises:
        CandidateError: as `parse`.
    """
    from qiskit.quantum_info import SparsePauliOp

    factors = parse(label, n_qubits)
    return SparsePauliOp("".join(factors.get(q, "I") for q in reversed(range(n_qubits))))

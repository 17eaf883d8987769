"""From bits to expectation values: what the shots of each measurement basis say, with their error."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from qiskit.quantum_info import SparsePauliOp

from qcsearch.circuits.bases import Basis, Term, constant
from qcsearch.deployment.diagnostics.canaries import Readout
from qcsearch.deployment.values import Estimates
from qcsearch.training.expectations import Floats

__all__ = ["MOST_MITIGATED", "estimate", "least_error"]

MOST_MITIGATED = 20.0
"""How far above its range the correction of readout may put a value: as for `Readout.factors`."""


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
    values = np.tile([constant(op) for op in observables], (n_sets, 1))
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


def _outcomes(term: Term, bits: NDArray[np.bool_], readout: Readout | None) -> Floats:
    """The term's value in each shot: its coefficient, with the sign of the parity of its bits."""
    if readout is not None:
        factors = readout.factors(bits)[:, :, list(term.support)]
        return np.asarray(term.coefficient * np.prod(factors, axis=2))
    odd = np.logical_xor.reduce(bits[:, :, list(term.support)], axis=2)
    return np.where(odd, -term.coefficient, term.coefficient)

"""Noise-model check: whether the snapshot that predicted the expectation values still describes the device."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
from qiskit.quantum_info import SparsePauliOp
from scipy.stats import chi2

from qcsearch.deployment.values import Estimates
from qcsearch.storage.canonical import Json
from qcsearch.training.expectations import Floats

__all__ = ["NoiseModelCheck", "ObservableCheck", "check_noise_model"]

_IMPLAUSIBLE = 1e-4
"""A p-value below this, shared out over the observables, is not put down to shot noise."""


@dataclass(frozen=True)
class ObservableCheck:
    """One observable, predicted and measured on the same samples.

    Attributes:
        paulis: its Pauli strings on the circuit's qubits, qubit 0 last.
        qubits: physical qubits that it reads.
        bias: mean of measured − predicted.
        chi_square: sum over the samples of (measured − predicted)² / variance of the shots.
        n_samples: degrees of freedom.
        p_value: chance of so large a sum if the prediction were exact.
    """

    paulis: tuple[str, ...]
    qubits: tuple[int, ...]
    bias: float
    chi_square: float
    n_samples: int
    p_value: float


@dataclass(frozen=True)
class NoiseModelCheck:
    """What the measured values say about the snapshot.

    Attributes:
        observables: one check an observable, in their order.
        holds: whether shot noise alone explains all differences.
        worst_qubits: physical qubits, those with the largest reduced chi-square first; empty if it holds.
    """

    observables: tuple[ObservableCheck, ...]
    holds: bool
    worst_qubits: tuple[int, ...]

    @property
    def sentence(self) -> str:
        """The verdict."""
        if self.holds:
            return "The measured expectation values are those that the snapshot predicts, within shot noise."
        largest = max(self.observables, key=lambda x: abs(x.bias))
        names = ", ".join(map(str, self.worst_qubits[:3]))
        return (
            f"The snapshot does not describe the device of today: worst on qubits {names}; an observable is off "
            f"by {largest.bias:+.3f} on average."
        )

    def to_json(self) -> dict[str, Json]:
        """Return it as JSON values."""
        return asdict(self)


def check_noise_model(
    found: Estimates, predicted: Floats, operators: Sequence[SparsePauliOp], qubits: Sequence[int], shots: int
) -> NoiseModelCheck:
    """Compare measured with predicted expectation values.

    Args:
        found: measured, `(n_samples, n_observables)`, with standard errors.
        predicted: by the exact engine under the snapshot, of the same shape.
        operators: the observables, on the circuit's qubits.
        qubits: physical qubits; the circuit's qubit `i` is `qubits[i]`.
        shots: shots of each measurement; no variance is taken as smaller than that of one deviating shot.

    Returns:
        Per observable a chi-square over the samples (Pearson's, with the variance that the shots leave), and
        the verdict: it holds if no p-value is below 1e-4 divided by the number of observables.
    """
    # Outcomes that all came out alike have no spread, and one more shot may still deviate: by 2 of ±1, over the shots.
    errors = np.maximum(found.errors, 2.0 / shots)
    away = found.values - predicted
    sums = np.sum((away / errors) ** 2, axis=0)
    checks = tuple(
        ObservableCheck(
            paulis=tuple(operator.paulis.to_labels()),
            qubits=_read(operator, qubits),
            bias=float(away[:, i].mean()),
            chi_square=float(sums[i]),
            n_samples=len(away),
            p_value=float(chi2.sf(sums[i], len(away))),
        )
        for i, operator in enumerate(operators)
    )
    holds = all(check.p_value >= _IMPLAUSIBLE / len(checks) for check in checks)
    return NoiseModelCheck(checks, holds, () if holds else _worst(checks))


def _read(operator: SparsePauliOp, qubits: Sequence[int]) -> tuple[int, ...]:
    used = np.any(operator.paulis.x | operator.paulis.z, axis=0)
    return tuple(int(qubits[int(i)]) for i in np.flatnonzero(used))


def _worst(checks: Sequence[ObservableCheck]) -> tuple[int, ...]:
    """Qubits by the mean reduced chi-square of the observables that read them."""
    by_qubit: dict[int, list[float]] = {}
    for check in checks:
        for q in check.qubits:
            by_qubit.setdefault(q, []).append(check.chi_square / check.n_samples)
    return tuple(sorted(by_qubit, key=lambda q: -float(np.mean(by_qubit[q]))))

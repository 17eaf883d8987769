"""Noise truth: whether the snapshot that predicted the expectation values still describes the device."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
from qiskit.quantum_info import SparsePauliOp
from scipy.stats import chi2

from qcsearch.canonical import Json
from qcsearch.deployment.measurement import Estimates
from qcsearch.training.expectations import Floats

__all__ = ["NoiseTruth", "ObservableTruth", "noise_truth"]

_IMPLAUSIBLE = 1e-4
"""A p-value below this, shared out over the observables, is not put down to shot noise."""


@dataclass(frozen=True)
class ObservableTruth:
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
class NoiseTruth:
    """What the measured values say about the snapshot.

    Attributes:
        observables: in their order.
        holds: whether shot noise alone explains all differences.
        worst_qubits: physical qubits, those with the largest reduced chi-square first; empty if it holds.
    """

    observables: tuple[ObservableTruth, ...]
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


def noise_truth(
    found: Estimates, predicted: Floats, operators: Sequence[SparsePauliOp], qubits: Sequence[int], shots: int
) -> NoiseTruth:
    """Compare measured with predicted expectation values.

    Args:
        found: measured, `(n_samples, n_observables)`, with standard errors.
        predicted: by the exact engine under the snapshot, of the same shape.
        operators: the observables, on the circuit's qubits.
        qubits: physical qubits; the circuit's qubit `i` is `qubits[i]`.
        shots: of each measurement; no variance is taken as smaller than that of one deviating shot.

    Returns:
        Per observable a chi-square over the samples (Pearson's, with the variance that the shots leave), and
        the verdict: it holds if no p-value is below 1e-4 divided by the number of observables.
    """
    errors = np.maximum(found.errors, 2.0 / shots)
    away = found.values - predicted
    sums = np.sum((away / errors) ** 2, axis=0)
    truths = tuple(
        ObservableTruth(
            paulis=tuple(operator.paulis.to_labels()),
            qubits=_read(operator, qubits),
            bias=float(away[:, i].mean()),
            chi_square=float(sums[i]),
            n_samples=len(away),
            p_value=float(chi2.sf(sums[i], len(away))),
        )
        for i, operator in enumerate(operators)
    )
    holds = all(truth.p_value >= _IMPLAUSIBLE / len(truths) for truth in truths)
    return NoiseTruth(truths, holds, () if holds else _worst(truths))


def _read(operator: SparsePauliOp, qubits: Sequence[int]) -> tuple[int, ...]:
    used = np.any(operator.paulis.x | operator.paulis.z, axis=0)
    return tuple(int(qubits[int(i)]) for i in np.flatnonzero(used))


def _worst(truths: Sequence[ObservableTruth]) -> tuple[int, ...]:
    """Qubits by the mean reduced chi-square of the observables that read them."""
    by_qubit: dict[int, list[float]] = {}
    for truth in truths:
        for q in truth.qubits:
            by_qubit.setdefault(q, []).append(truth.chi_square / truth.n_samples)
    return tuple(sorted(by_qubit, key=lambda q: -float(np.mean(by_qubit[q]))))

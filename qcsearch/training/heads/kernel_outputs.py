"""What the outputs of a kernel head are for: classes or numbers. All that the two differ in stands here."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from qcsearch.training.expectations import Floats, Ints
from qcsearch.training.judging.calibration import fitted_temperature

__all__ = ["CLASSES", "NUMBERS", "KernelOutputs"]


class KernelOutputs(Protocol):
    """From what is to be learnt to the columns of a fit, and from columns to a head's outputs."""

    def columns(self, n_outputs: int) -> int:
        """Functions that are fitted for a head of so many outputs."""
        ...

    def wanted(self, y: NDArray[Any], n_outputs: int) -> Floats:
        """What each function should say of each sample, `(n_samples, n_columns)`."""
        ...

    def strata(self, y: NDArray[Any]) -> Ints:
        """The stratum of each sample `(n_samples,)`, whose shares a subset keeps."""
        ...

    def mixing(self, n_outputs: int) -> Floats:
        """The matrix `(n_columns, n_outputs)` that makes outputs of columns."""
        ...

    def confidence(self, columns: Floats, y: NDArray[Any]) -> float:
        """What columns `(n_samples, n_columns)` of samples that were left out are to be multiplied by."""
        ...

    def likeness(self, y: NDArray[Any], n_outputs: int) -> Floats:
        """How alike samples are by what is known of them, `(n_samples, n_samples)`: what a kernel is aligned with."""
        ...


class _Classes:
    """One function tells two classes apart, of more each has one against all others: 1 of its samples, else −1."""

    def columns(self, n_outputs: int) -> int:
        """See `KernelOutputs`."""
        return 1 if n_outputs == 2 else n_outputs

    def wanted(self, y: NDArray[Any], n_outputs: int) -> Floats:
        """See `KernelOutputs`."""
        yes = y[:, None] == (1 if n_outputs == 2 else np.arange(n_outputs))
        return np.where(yes, 1.0, -1.0)

    def strata(self, y: NDArray[Any]) -> Ints:
        """See `KernelOutputs`."""
        return y

    def mixing(self, n_outputs: int) -> Floats:
        """See `KernelOutputs`."""
        return np.array([[-0.5, 0.5]]) if n_outputs == 2 else np.eye(n_outputs)

    def confidence(self, columns: Floats, y: NDArray[Any]) -> float:
        """The factor that makes logits the most likely, see `fitted_temperature`."""
        logits = columns @ self.mixing(2 if columns.shape[1] == 1 else columns.shape[1])
        return 1.0 / fitted_temperature(logits, y, len(y))

    def likeness(self, y: NDArray[Any], n_outputs: int) -> Floats:
        """1 of one class, −1 / (n_classes − 1) of others: Cortes, Mohri and Rostamizadeh, JMLR 13, 795 (2012)."""
        return np.where(y[:, None] == y[None, :], 1.0, -1.0 / max(1, n_outputs - 1))


class _Numbers:
    """One function a number, standardised as it is learnt."""

    def columns(self, n_outputs: int) -> int:
        """See `KernelOutputs`."""
        return n_outputs

    def wanted(self, y: NDArray[Any], n_outputs: int) -> Floats:
        """See `KernelOutputs`."""
        return np.asarray(y, dtype=np.float64)

    def strata(self, y: NDArray[Any]) -> Ints:
        """See `KernelOutputs`."""
        return np.zeros(len(y), dtype=np.int64)

    def mixing(self, n_outputs: int) -> Floats:
        """See `KernelOutputs`."""
        return np.eye(n_outputs)

    def confidence(self, columns: Floats, y: NDArray[Any]) -> float:
        """See `KernelOutputs`."""
        return 1.0

    def likeness(self, y: NDArray[Any], n_outputs: int) -> Floats:
        """`y yᵀ`, of several numbers its mean: there too."""
        return np.asarray(y @ y.T / n_outputs, dtype=np.float64)


CLASSES, NUMBERS = _Classes(), _Numbers()

"""Quantum kernels of expectation values, and functions that are sums of them over support points."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from qcsearch.training.expectations import Floats

__all__ = ["FLOOR", "KERNELS", "SHOTS", "Expansion", "Kernel", "alignment"]


SHOTS = 1_024
"""Of each measurement basis, that a kernel head is made to stand."""

FLOOR = 10 / SHOTS
"""Variance below which expectation values are not stretched: ten times that of so many shots.

Without shots nothing speaks against telling samples apart by the fourth decimal, and an alignment that does not depend
on the scale would lead there; measured, such a model knows nothing.
"""


class Kernel(Protocol):
    """Similarity of two samples, by the expectation values that the circuit gives of each."""

    def scale(self, values: Floats) -> float:
        """The natural `gamma` of samples like these, `(n_samples, n_observables)`."""
        ...

    def matrix(self, values: Floats, points: Floats, gamma: float) -> Floats:
        """`k(v_i, p_j)`, `(n_samples, n_points)`."""
        ...

    def pull(self, values: Floats, points: Floats, gamma: float, dmatrix: Floats) -> Floats:
        """A derivative by the matrix, pulled back to `values`: `(n_samples, n_observables)`."""
        ...


class Projected:
    """The projected quantum kernel: `k(v, p) = exp(−γ |v − p|²)`.

    Huang et al., Nat. Commun. 12, 2631 (2021), arXiv 2011.01938: `exp(−γ' Σ_q ‖ρ_q − ρ'_q‖²)` over the reduced states
    of all qubits, in the Frobenius norm. A qubit's state is `(I + ⟨X⟩X + ⟨Y⟩Y + ⟨Z⟩Z) / 2`, so with the observables X,
    Y and Z of every qubit the sum is `|v − p|² / 2`, and γ is `γ' / 2`.
    """

    def scale(self, values: Floats) -> float:
        """One over the number of observables times their variance, scikit-learn's `gamma="scale"`; but see `FLOOR`."""
        variance = float(np.mean(np.var(values, axis=0)))
        return 1.0 / (int(values.shape[1]) * max(variance, FLOOR))

    def matrix(self, values: Floats, points: Floats, gamma: float) -> Floats:
        """See `Kernel`."""
        squares = np.sum(values**2, axis=1)[:, None] + np.sum(points**2, axis=1) - 2.0 * values @ points.T
        return np.asarray(np.exp(-gamma * np.maximum(squares, 0.0)))

    def pull(self, values: Floats, points: Floats, gamma: float, dmatrix: Floats) -> Floats:
        """See `Kernel`."""
        weights = -2.0 * gamma * dmatrix * self.matrix(values, points, gamma)
        return np.asarray(weights.sum(axis=1)[:, None] * values - weights @ points)


class Fidelity:
    """The fidelity kernel `k(v, p) = Tr(ρσ)`, of the whole states: `γ (1 + v·p)` with `γ = 2^−n`.

    Havlíček et al., Nature 567, 209 (2019), and Schuld and Killoran, Phys. Rev. Lett. 122, 040504 (2019), for pure
    states; of mixed ones Tr(ρσ) is what noise leaves of it. The observables are all `4^n − 1` Pauli strings, see
    `simulation/states.py`.
    """

    def scale(self, values: Floats) -> float:
        """2^−n: one over the dimension of the states."""
        return 1.0 / math.sqrt(1.0 + values.shape[1])

    def matrix(self, values: Floats, points: Floats, gamma: float) -> Floats:
        """See `Kernel`."""
        return np.asarray(gamma * (1.0 + values @ points.T))

    def pull(self, values: Floats, points: Floats, gamma: float, dmatrix: Floats) -> Floats:
        """See `Kernel`."""
        return np.asarray(gamma * dmatrix @ points)


KERNELS: dict[str, Kernel] = {"projected": Projected(), "fidelity": Fidelity()}
"""By the name that a head's settings give."""


@dataclass(frozen=True, eq=False)
class Expansion:
    """`f(v) = Σ_i dual_i k(v, points_i) + bias`: one output for two classes, one a class for more.

    Attributes:
        gamma: of the kernel.
        bias: `(n_outputs,)`.
        points: support points, what the circuit says of some training samples, `(n_points, n_observables)`.
        dual: their coefficients, `(n_points, n_outputs)`.
    """

    gamma: float
    bias: Floats
    points: Floats
    dual: Floats

    @property
    def vector(self) -> Floats:
        """All of it in one row: gamma, bias, then points and coefficients row by row."""
        return np.concatenate([[self.gamma], self.bias, self.points.ravel(), self.dual.ravel()])

    @classmethod
    def of_vector(cls, vector: Floats, n_observables: int, n_outputs: int) -> Expansion:
        """What `vector` was."""
        rest = vector[1 + n_outputs :]
        n_points = len(rest) // (n_observables + n_outputs)
        cut = n_points * n_observables
        return cls(
            float(vector[0]),
            vector[1 : 1 + n_outputs],
            rest[:cut].reshape(n_points, n_observables),
            rest[cut:].reshape(n_points, n_outputs),
        )

    @staticmethod
    def n_points(n_parameters: int, n_observables: int, n_outputs: int) -> int | None:
        """Number of support points of a vector of this length; None if there is no such vector."""
        count, rest = divmod(n_parameters - 1 - n_outputs, n_observables + n_outputs)
        return None if rest or count < 1 else count


def alignment(
    kernel: Kernel, values: Floats, likeness: Floats, weight: Floats | None = None
) -> tuple[float, Floats]:
    """One minus the centred alignment of a kernel with what is known of the samples, and its derivative by the values.

    `A = ⟨K_c, T_c⟩ / (‖K_c‖ ‖T_c‖)`, both centred: Cortes, Mohri and Rostamizadeh, JMLR 13, 795 (2012). Hubregtsen et
    al. trained circuits by it, Phys. Rev. A 106, 042431 (2022), arXiv 2105.02276. γ follows the values and is not
    derived. `‖K_c‖` is taken together with `n_samples` times `FLOOR`, so that nothing is won by samples that are nearly
    alike.

    Args:
        kernel: whose alignment it is.
        values: `(n_samples, n_observables)`.
        likeness: `T`, how alike samples are by what is known of them, `(n_samples, n_samples)`; see `kernel_outputs`.
        weight: how much each sample counts, `(n_samples,)`: as that many copies of it, but for γ; None if all alike.
    """
    if weight is not None:
        return _weighted_alignment(kernel, values, likeness, weight)
    gamma = kernel.scale(values)
    target = _centred(likeness)
    centred = _centred(kernel.matrix(values, values, gamma))
    size = float(np.hypot(np.linalg.norm(centred), FLOOR * len(values)))
    wanted = float(np.linalg.norm(target))
    if not wanted > 0:  # all are alike: nothing to align
        return 1.0, np.zeros_like(values)
    found = float(np.sum(centred * target)) / (size * wanted)
    dmatrix = -(target / (size * wanted) - found * centred / size**2)
    # The matrix is symmetric, so each sample stands in its row and in its column.
    return 1.0 - found, 2.0 * kernel.pull(values, values, gamma, dmatrix)


def _weighted_alignment(
    kernel: Kernel, values: Floats, likeness: Floats, weight: Floats
) -> tuple[float, Floats]:
    """`alignment` with means and inner products of samples that count by their weights."""
    if not weight.any():  # of a batch that does not count
        return 1.0, np.zeros_like(values)
    gamma, n_samples = kernel.scale(values), len(values)
    centre = np.eye(n_samples) - weight / weight.sum()  # K_c = C K Cᵀ
    both = np.sqrt(np.outer(weight, weight))
    target = both * (centre @ likeness @ centre.T)
    centred = both * (centre @ kernel.matrix(values, values, gamma) @ centre.T)
    size = float(np.hypot(np.linalg.norm(centred), FLOOR * weight.sum()))
    wanted = float(np.linalg.norm(target))
    if not wanted > 0:
        return 1.0, np.zeros_like(values)
    found = float(np.sum(centred * target)) / (size * wanted)
    dcentred = -(target / (size * wanted) - found * centred / size**2)
    dmatrix = centre.T @ (both * dcentred) @ centre
    return 1.0 - found, 2.0 * kernel.pull(values, values, gamma, dmatrix)


def _centred(matrix: Floats) -> Floats:
    rows = matrix.mean(axis=0, keepdims=True)
    return np.asarray(matrix - rows - rows.T + matrix.mean())

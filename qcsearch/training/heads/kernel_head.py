"""What the kernel heads have in common: settings, the function of support points, its scale."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from qcsearch.candidate import checks
from qcsearch.data.sample import stratified_rows
from qcsearch.errors import CandidateError
from qcsearch.training.expectations import Floats, Ints
from qcsearch.training.heads.kernel_outputs import CLASSES, KernelOutputs
from qcsearch.training.heads.kernels import FLOOR, KERNELS, SHOTS, Expansion, Kernel, alignment

__all__ = [
    "TUNING_ROWS",
    "WIDTHS",
    "Chosen",
    "KernelHead",
    "SolvedHead",
    "folds",
    "measured",
    "spread",
]

WIDTHS = (1.0, 0.3, 0.1, 3.0)
"""Of γ, over the kernel's own scale; the same as of the classical baseline's, those to be taken first where equal."""

MAX_POINTS = 2_000
"""Support points of a head: a model that holds more is slow to read, to check and to ask."""

TUNING_ROWS = 500
"""Training samples that width and strength are chosen on, at most; the fit itself is to all."""

_FEW, _FOLDS_OF_FEW, _FOLDS = 200, 5, 3


class Chosen(NamedTuple):
    """What a head's fit is made with.

    Attributes:
        gamma: of the kernel.
        strength: of the fit: `C`, a penalty or a variance.
        confidence: what outputs are multiplied by, so that their softmax is as sure as it is right.
    """

    gamma: float
    strength: float
    confidence: float = 1.0


@dataclass(frozen=True)
class KernelHead(ABC):
    """`logits = Σ_i dual_i k(values, points_i) + bias`, fitted; `kernels.Expansion` is the layout of its parameters.

    Up to `points` samples the fit is exact. Of more, a stratified random subset of so many are landmarks (Nyström:
    Williams and Seeger, NeurIPS 2000), and all samples are fitted on the features that these span: a prediction costs
    and a model holds no more. In circuits a prediction costs what its expectation values cost, however many points
    there are, because their values are kept.

    Attributes:
        kernel: `projected` or `fidelity`; see `kernels`.
        points: support points at most, 2 to 2,000.
        width: γ over the kernel's own scale, > 0; None chooses it on the training samples.
    """

    kernel: str = "projected"
    points: int = 500
    width: float | None = None

    name: ClassVar[str] = ""
    learns: ClassVar[KernelOutputs] = CLASSES

    def __post_init__(self) -> None:
        checks.one_of(self.name, "kernel", self.kernel, tuple(KERNELS))
        checks.integer(self.name, "points", self.points, 2, MAX_POINTS)
        checks.number(self.name, "width", self.width, 0.0, above=True, optional=True)

    @property
    def function(self) -> Kernel:
        """The kernel."""
        return KERNELS[self.kernel]

    @property
    def widths(self) -> tuple[float, ...]:
        """Those to choose from; the fidelity kernel has none."""
        if self.kernel == "fidelity":
            return (1.0,)
        return WIDTHS if self.width is None else (self.width,)

    def n_parameters(self, n_observables: int, n_classes: int) -> int:
        """The most that a fit may find: width, bias, and coefficients of `points` points."""
        return 1 + (1 + self.points) * self.learns.columns(n_classes)

    def check(self, n_qubits: int, n_observables: int) -> None:
        """See `FittedHead`: the fidelity kernel needs whole states."""
        wanted = 4**n_qubits - 1
        if self.kernel == "fidelity" and n_observables != wanted:
            raise CandidateError(
                f"The fidelity kernel needs all Pauli strings of {n_qubits} qubits, {wanted} observables. "
                f"Got {n_observables}.",
                fix="take the observables 'state' in the search space, or the kernel 'projected'.",
            )

    def initial(self, n_observables: int, n_classes: int, rng: np.random.Generator) -> Floats:
        """See `Head`."""
        return np.zeros(0)

    def logits(self, values: Floats, parameters: Floats, n_classes: int) -> Floats:
        """See `Head`."""
        found = Expansion.of_vector(parameters, values.shape[1], self.learns.columns(n_classes))
        outputs = self.function.matrix(values, found.points, found.gamma) @ found.dual + found.bias
        return np.asarray(outputs @ self.learns.mixing(n_classes))

    def backward(self, values: Floats, parameters: Floats, dlogits: Floats) -> tuple[Floats, Floats]:
        """Pull a derivative back to the values; the parameters are fitted, not trained, and have none."""
        n_classes = dlogits.shape[1]
        found = Expansion.of_vector(parameters, values.shape[1], self.learns.columns(n_classes))
        dmatrix = dlogits @ self.learns.mixing(n_classes).T @ found.dual.T
        return self.function.pull(values, found.points, found.gamma, dmatrix), np.zeros_like(parameters)

    def targets(self, n_classes: int) -> Floats:
        """See `Head`."""
        return np.eye(n_classes)

    def n_found(self, length: int, n_observables: int, n_classes: int) -> int | None:
        """See `FittedHead`; support points are samples."""
        n_points = Expansion.n_points(length, n_observables, self.learns.columns(n_classes))
        return None if n_points is None or n_points > self.points else length - n_points * n_observables

    def words(self, length: int, n_observables: int, n_classes: int) -> str:
        """See `FittedHead`."""
        n_points = Expansion.n_points(length, n_observables, self.learns.columns(n_classes))
        return f"a {self.kernel} kernel with {n_points} support points"

    def alignment(
        self, values: Floats, y: NDArray[Any], n_classes: int, weight: Floats | None = None
    ) -> tuple[float, Floats]:
        """See `FittedHead`."""
        return alignment(self.function, values, self.learns.likeness(y, n_classes), weight)

    def fit(self, values: Floats, y: NDArray[Any], n_classes: int, weight: Floats | None = None) -> Floats:
        """See `FittedHead`."""
        from threadpoolctl import threadpool_limits

        if weight is not None:  # who does not count is no support point either
            values, y, weight = values[weight > 0], y[weight > 0], weight[weight > 0]
        values, wanted = np.asarray(values, dtype=np.float64), self.learns.wanted(y, n_classes)
        rows = stratified_rows(self.learns.strata(y), TUNING_ROWS)
        # Many small matrices: threads would wait for one another longer than they work, above all on a busy machine.
        with threadpool_limits(1, user_api="blas"):
            some = None if weight is None else weight[rows]
            chosen = self.choose(measured(values[rows]), y[rows], wanted[rows], some)
            found = self.expand(values, y, wanted, chosen, weight)
        return Expansion(
            found.gamma, chosen.confidence * found.bias, found.points, chosen.confidence * found.dual
        ).vector

    @abstractmethod
    def choose(self, values: Floats, y: NDArray[Any], wanted: Floats, weight: Floats | None = None) -> Chosen:
        """Width and strength by what they do on samples that were left out.

        Args:
            values: of some training samples, `(n_samples, n_observables)`.
            y: what is learnt of them: class numbers, or numbers.
            wanted: what each function should say, `(n_samples, n_functions)`; see `kernel_outputs`.
            weight: how much each sample counts, `(n_samples,)`; given only to heads that weigh.
        """

    @abstractmethod
    def expand(
        self, values: Floats, y: NDArray[Any], wanted: Floats, chosen: Chosen, weight: Floats | None = None
    ) -> Expansion:
        """The fit to all samples."""


@dataclass(frozen=True)
class SolvedHead(KernelHead):
    """One that solves the same problem with the kernel matrix of all samples or with features of landmarks."""

    weighs: ClassVar[bool] = True

    @abstractmethod
    def solve(
        self, matrix: Floats, wanted: Floats, strength: float, weight: Floats | None = None
    ) -> tuple[Floats, Floats]:
        """Coefficients `(n_samples, n_outputs)` and bias by the kernel matrix of the samples."""

    @abstractmethod
    def solve_features(
        self, features: Floats, wanted: Floats, strength: float, weight: Floats | None = None
    ) -> tuple[Floats, Floats]:
        """Weights `(n_features, n_outputs)` and bias of a linear fit to features."""

    def expand(
        self, values: Floats, y: NDArray[Any], wanted: Floats, chosen: Chosen, weight: Floats | None = None
    ) -> Expansion:
        """See `KernelHead`."""
        if len(values) <= self.points:
            matrix = self.function.matrix(values, values, chosen.gamma)
            dual, bias = self.solve(matrix, wanted, chosen.strength, weight)
            used = np.flatnonzero(np.any(dual != 0, axis=1))
            used = used if len(used) else np.arange(1)  # a model without points has no length of its own
            return Expansion(chosen.gamma, bias, values[used], dual[used])
        landmarks = values[stratified_rows(self.learns.strata(y), self.points)[: self.points]]
        root = _inverse_root(self.function.matrix(landmarks, landmarks, chosen.gamma))
        features = self.function.matrix(values, landmarks, chosen.gamma) @ root
        weights, bias = self.solve_features(features, wanted, chosen.strength, weight)
        return Expansion(chosen.gamma, bias, landmarks, root @ weights)


def measured(values: Floats) -> Floats:
    """The values as `SHOTS` shots may give them.

    Width and strength are chosen on these. On exact ones the choice would fall on functions so steep that shots, or the
    noise of another day, move a sample across the border.
    """
    noise = np.random.default_rng(0).standard_normal(values.shape)
    return np.asarray(values + noise * np.sqrt(np.maximum(1.0 - values**2, 0.0) / SHOTS))


def spread(matrix: Floats) -> float:
    """Variance of the samples in the kernel's feature space, at least `FLOOR`: what a strength is measured by."""
    return max(float(np.mean(np.diag(matrix)) - np.mean(matrix)), FLOOR)


def folds(y: Ints) -> list[tuple[Ints, Ints]]:
    """Rows to fit and rows to ask, stratified; none if a class has one sample only."""
    from sklearn.model_selection import StratifiedKFold

    counts = np.bincount(y)
    n_folds = min(_FOLDS_OF_FEW if len(y) <= _FEW else _FOLDS, int(counts[counts > 0].min()))
    if n_folds < 2:
        return []
    return list(StratifiedKFold(n_folds, shuffle=True, random_state=0).split(y, y))


def _inverse_root(matrix: Floats) -> Floats:
    """`K^(−1/2)` without the directions that the landmarks hardly span."""
    sizes, vectors = np.linalg.eigh(matrix)
    kept = sizes > 1e-10 * sizes[-1]
    return np.asarray(vectors[:, kept] / np.sqrt(sizes[kept]))

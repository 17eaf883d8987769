"""Numbers: a regression, of one output or several."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from qcsearch.data.targets.columns import ColumnTarget, check_enough, named, read_columns
from qcsearch.data.values import FloatArray
from qcsearch.errors import DataError
from qcsearch.storage.canonical import Json

__all__ = ["Numbers"]

_BOOTSTRAPS = 1_000
_FAR = 1e6
_NOTHING = 1e-9


@dataclass(frozen=True)
class Numbers(ColumnTarget):
    """Each sample has one number, or several.

    `y` holds them in their own units, `(n_samples, n_outputs)`. A training learns them standardised, `(y − mean) /
    scale` with mean and standard deviation of the training part, and so are outputs and answers; `decode` takes that
    back.

    Attributes:
        columns: one name an output.
        mean: of each output in the training part.
        scale: its standard deviation there.
    """

    mean: tuple[float, ...] = ()
    scale: tuple[float, ...] = ()

    thing: ClassVar[str] = "number"
    task: ClassVar[str] = "regression"
    dtype: ClassVar[type] = np.float64
    has_accuracy: ClassVar[bool] = False
    score_name: ClassVar[str] = "r2"
    ignorant_name: ClassVar[str] = "mean"

    def __post_init__(self) -> None:
        n = len(self.columns)
        object.__setattr__(self, "mean", self.mean or (0.0,) * n)
        object.__setattr__(self, "scale", self.scale or (1.0,) * n)

    @classmethod
    def of(cls, labels: Any, what: str, columns: Sequence[str] | None = None) -> Numbers:
        """What labels `(n_samples,)` or `(n_samples, n_outputs)` are.

        Raises:
            DataError: if they are not finite numbers, or all the same.
        """
        y = read_columns(labels, what)
        for values, name in zip(y.T, named(columns, y.shape[1], what), strict=True):
            if len(y) > 1 and np.ptp(values) == 0:
                raise DataError(f"Every number of {name} is {values[0]:g}: there is nothing to learn.")
        return cls(named(columns, y.shape[1], "y"))

    def encode(self, labels: Any, what: str) -> FloatArray:
        """See `Target`."""
        return read_columns(labels, what, len(self.columns))

    def find(self, labels: Sequence[Any]) -> tuple[FloatArray, NDArray[np.bool_]]:
        """See `Target`: NaN where there is none."""
        y = np.full((len(labels), len(self.columns)), np.nan)
        for row, label in enumerate(labels):
            cells = label if isinstance(label, tuple) else (label,)
            if len(cells) == len(self.columns):
                y[row] = [_number(cell) for cell in cells]
        return y, np.isfinite(y).all(axis=1)

    def answers(self, outputs: FloatArray) -> FloatArray:
        """See `Target`: the outputs themselves."""
        return outputs

    def decode(self, answers: NDArray[Any]) -> FloatArray:
        """See `Target`: in the units of the data."""
        values = self.figures(answers)
        return values[:, 0] if len(self.columns) == 1 else values

    def score(self, y: NDArray[Any], answers: NDArray[Any]) -> float:
        """See `Target`: R², the mean over the outputs."""
        from sklearn.metrics import r2_score

        return float(r2_score(y, answers)) if len(y) > 1 else float("nan")

    def figures(self, outputs: FloatArray) -> FloatArray:
        """See `Target`."""
        return np.asarray(outputs * self.scale + self.mean, dtype=np.float64)

    def ignorant(self, y: NDArray[Any]) -> tuple[FloatArray, None]:
        """See `Target`: the mean."""
        return np.asarray(y.mean(axis=0)), None

    def ideal(self, y: NDArray[Any]) -> FloatArray:
        """See `Target`."""
        return y

    def contrary(self, y: NDArray[Any]) -> FloatArray:
        """See `Target`: farther off than any number that has been seen."""
        return y + _FAR

    def merits(self, y: NDArray[Any], answers: NDArray[Any]) -> FloatArray:
        """See `Target`."""
        return -np.asarray(np.mean((y - answers) ** 2, axis=1), dtype=np.float64)

    def score_words(self, score: float) -> str:
        """See `Target`."""
        return f"R² {score:.3f}"

    def score_error(self, y: NDArray[Any], answers: NDArray[Any]) -> float:
        """See `Target`: the standard deviation over bootstrap samples; 0 if there is nothing to explain in any."""
        scores = self.bootstrapped(y, answers)
        return float(np.std(scores)) if len(scores) else 0.0

    def bootstrapped(self, y: NDArray[Any], answers: NDArray[Any]) -> FloatArray:
        """The score of each of 1,000 bootstrap samples (Efron, Ann. Stat. 7, 1 (1979)), of the same rows in each call.

        Args:
            y: `(n_samples, n_outputs)`.
            answers: of the same shape; or of several measurements, `(n_draws, n_samples, n_outputs)`, their mean score.
        """
        n_samples = len(y)
        even = np.full(n_samples, 1 / n_samples)
        weights = np.random.default_rng(0).multinomial(n_samples, even, _BOOTSTRAPS) / n_samples
        errors = (y - answers) ** 2
        unexplained = weights @ (errors.mean(axis=0) if errors.ndim > y.ndim else errors)
        centred = y - y.mean(axis=0)
        total = weights @ centred**2 - (weights @ centred) ** 2
        # A sample that holds one value alone, of very few, has no variance to explain.
        some = (total > _NOTHING * centred.var(axis=0)).all(axis=1)
        return np.asarray((1.0 - unexplained[some] / total[some]).mean(axis=1))

    def check_counts(self, y: NDArray[Any], what: str, n_parts: int, why: str = "") -> None:
        """See `Target`."""
        check_enough(y, what, n_parts, why)

    def fitted(self, y: NDArray[Any]) -> Numbers:
        """See `Target`."""
        scale = y.std(axis=0)
        return replace(
            self,
            mean=tuple(y.mean(axis=0).tolist()),
            scale=tuple(np.where(scale > 0, scale, 1.0).tolist()),
        )

    def learned(self, y: NDArray[Any]) -> FloatArray:
        """See `Target`."""
        return np.asarray((y - self.mean) / self.scale, dtype=np.float64)

    def to_json(self) -> dict[str, Json]:
        """See `Target`."""
        return {
            "task": self.task,
            "columns": list(self.columns),
            "mean": list(self.mean),
            "scale": list(self.scale),
        }


def _number(cell: Any) -> float:
    try:
        return float(cell)
    except (TypeError, ValueError):
        return float("nan")

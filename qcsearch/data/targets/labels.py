"""Any of several labels at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from qcsearch.data.targets.columns import ColumnTarget, check_enough, named, read_columns
from qcsearch.data.values import FloatArray, IntArray
from qcsearch.errors import DataError
from qcsearch.storage.canonical import Json
from qcsearch.wording import percent

__all__ = ["Labels"]

_TRUTHS = {"true": 1, "false": 0, "1": 1, "0": 0, "1.0": 1, "0.0": 0}


@dataclass(frozen=True)
class Labels(ColumnTarget):
    """Each sample has any of several labels, or none of them.

    `y` is 1 where a sample has a label and else 0, `(n_samples, n_outputs)`. Outputs are one logit a label, and a
    label is given where its logit is above its cut, without cuts where its probability is above one half.

    Attributes:
        columns: one name a label.
        cuts: above which logit each label is given; empty for 0 of all.
    """

    cuts: tuple[float, ...] = ()

    thing: ClassVar[str] = "label"
    task: ClassVar[str] = "multilabel"
    dtype: ClassVar[type] = np.int64
    ignorant_name: ClassVar[str] = "majority of each label"

    @classmethod
    def of(cls, labels: Any, what: str, columns: Sequence[str] | None = None) -> Labels:
        """What an indicator matrix `(n_samples, n_outputs)` of 0 and 1 tells of.

        Raises:
            DataError: if it is none, or a label is given to every sample or to none.
        """
        y = _indicators(labels, what)
        names = named(columns, y.shape[1], "y")
        for share, name in zip(y.mean(axis=0), names, strict=True):
            if share in (0.0, 1.0):
                who = "every sample" if share else "no sample"
                raise DataError(f"The label '{name}' of {what} is on {who}: there is nothing to learn.")
        return cls(names)

    @property
    def told(self) -> str:
        """See `Target`."""
        return f"0 and 1 of {self.words}"

    def encode(self, labels: Any, what: str) -> IntArray:
        """See `Target`."""
        return _indicators(labels, what, len(self.columns))

    def find(self, labels: Sequence[Any]) -> tuple[IntArray, NDArray[np.bool_]]:
        """See `Target`: −1 where there is none."""
        y = np.full((len(labels), len(self.columns)), -1, dtype=np.int64)
        for row, label in enumerate(labels):
            cells = label if isinstance(label, tuple) else (label,)
            if len(cells) == len(self.columns):
                y[row] = [_TRUTHS.get(str(cell).casefold(), -1) for cell in cells]
        return y, np.asarray((y >= 0).all(axis=1))

    def answers(self, outputs: FloatArray) -> IntArray:
        """See `Target`."""
        return np.asarray(outputs > (self.cuts or 0.0), dtype=np.int64)

    def log_odds(self, outputs: FloatArray) -> FloatArray:
        """See `Target`: the logits."""
        return outputs

    def with_cuts(self, cuts: Sequence[float]) -> Labels:
        """See `Target`."""
        return replace(self, cuts=tuple(cuts))

    def probabilities(self, outputs: FloatArray) -> FloatArray:
        """See `Target`: the logistic function of each logit."""
        from scipy.special import expit

        return np.asarray(expit(outputs))

    def decode(self, answers: NDArray[Any]) -> NDArray[Any]:
        """See `Target`: 0 and 1 `(n_samples, n_outputs)`."""
        return answers

    def score(self, y: NDArray[Any], answers: NDArray[Any]) -> float:
        """See `Target`: the share of samples with every label right, scikit-learn's subset accuracy."""
        return float(np.mean((y == answers).all(axis=1)))

    def score_words(self, score: float) -> str:
        """See `Target`."""
        return f"All labels right {percent(score)}"

    def ignorant(self, y: NDArray[Any]) -> tuple[NDArray[Any], FloatArray]:
        """See `Target`: the labels that most samples have; as probabilities the shares of each."""
        shares = y.mean(axis=0)
        return np.asarray(shares > 0.5, dtype=np.int64), shares

    def ideal(self, y: NDArray[Any]) -> FloatArray:
        """See `Target`."""
        return np.where(y > 0, 1.0, -1.0)

    def contrary(self, y: NDArray[Any]) -> FloatArray:
        """See `Target`."""
        return np.where(y > 0, -1e6, 1e6)

    def merits(self, y: NDArray[Any], answers: NDArray[Any]) -> FloatArray:
        """See `Target`."""
        return np.asarray((y == answers).all(axis=1), dtype=np.float64)

    def check_counts(self, y: NDArray[Any], what: str, n_parts: int, why: str = "") -> None:
        """See `Target`."""
        check_enough(y, what, n_parts, why)

    def to_json(self) -> dict[str, Json]:
        """See `Target`."""
        return {
            "task": self.task,
            "columns": list(self.columns),
            **({"cuts": list(self.cuts)} if self.cuts else {}),
        }


def _indicators(labels: Any, what: str, n_columns: int | None = None) -> IntArray:
    y = read_columns(labels, what, n_columns)
    if not np.isin(y, (0.0, 1.0)).all():
        row = int(np.flatnonzero(~np.isin(y, (0.0, 1.0)).all(axis=1))[0])
        raise DataError(
            f"The labels of {what} must be 0 or 1, one column a label. Row {row + 1} holds {y[row].tolist()}.",
            "give --task regression if they are numbers.",
        )
    return y.astype(np.int64)

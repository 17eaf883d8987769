"""One of several classes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from qcsearch.data.class_counts import check_class_counts, looks_like_regression
from qcsearch.data.labels import check_classes, check_y, encode, find
from qcsearch.data.targets.base import Target, some
from qcsearch.data.values import FloatArray, IntArray, Label
from qcsearch.storage.canonical import Json

__all__ = ["Classes"]


@dataclass(frozen=True)
class Classes(Target):
    """Each sample is of one class.

    `y` holds class indices `(n_samples,)`, outputs are logits, and the answer is the class of the largest.

    Attributes:
        labels: the classes as they were given, sorted.
        cuts: of two classes how far the second logit must be above the first for the second class; empty for 0.
    """

    labels: tuple[Label, ...]
    cuts: tuple[float, ...] = ()

    task: ClassVar[str] = "classification"
    dtype: ClassVar[type] = np.int64
    ignorant_name: ClassVar[str] = "majority class"

    @classmethod
    def of(cls, labels: Any, what: str) -> Classes:
        """The classes that are among labels, `(n_samples,)` or `(n_samples, 1)`.

        Raises:
            DataError: as `labels.check_y` and `labels.check_classes`.
        """
        return cls(check_classes(sorted(set(check_y(labels, what))), what))

    @property
    def n_outputs(self) -> int:
        """See `Target`."""
        return len(self.labels)

    @property
    def n_classes(self) -> int:
        """See `Target`."""
        return len(self.labels)

    @property
    def names(self) -> tuple[str, ...]:
        """See `Target`."""
        return tuple(map(str, self.labels))

    @property
    def words(self) -> str:
        """See `Target`."""
        return f"{len(self.labels)} classes"

    @property
    def told(self) -> str:
        """See `Target`."""
        return some(list(map(repr, self.labels)))

    def encode(self, labels: Any, what: str) -> IntArray:
        """See `Target`."""
        return encode(check_y(labels, what), self.labels, what)

    def find(self, labels: Sequence[Any]) -> tuple[IntArray, NDArray[np.bool_]]:
        """See `Target`: −1 where there is none, or one of no class."""
        given = [row for row, label in enumerate(labels) if label is not None]
        codes = np.full(len(labels), -1, dtype=np.int64)
        codes[given] = find([labels[row] for row in given], self.labels)
        return codes, codes >= 0

    def knows(self, y: NDArray[Any]) -> bool:
        """See `Target`."""
        return bool(y.ndim == 1 and y.min() >= 0 and y.max() < len(self.labels))

    def judged(self, labels: Any) -> IntArray:
        """See `Target`."""
        return find(check_y(labels), self.labels)

    def answers(self, outputs: FloatArray) -> IntArray:
        """See `Target`: of equals the first."""
        if self.cuts:
            return np.asarray(self.log_odds(outputs)[:, 0] > self.cuts[0], dtype=np.int64)
        return np.asarray(np.argmax(outputs, axis=1), dtype=np.int64)

    def log_odds(self, outputs: FloatArray) -> FloatArray:
        """See `Target`: of the second of two classes."""
        if len(self.labels) != 2:
            return super().log_odds(outputs)
        return np.asarray(outputs[:, 1:] - outputs[:, :1])

    def with_cuts(self, cuts: Sequence[float]) -> Classes:
        """See `Target`."""
        return replace(self, cuts=tuple(cuts))

    def probabilities(self, outputs: FloatArray) -> FloatArray:
        """See `Target`: the softmax."""
        from scipy.special import softmax

        return np.asarray(softmax(outputs, axis=1))

    def decode(self, answers: NDArray[Any]) -> NDArray[Any]:
        """See `Target`."""
        return np.asarray(np.asarray(self.labels)[answers])

    def score(self, y: NDArray[Any], answers: NDArray[Any]) -> float:
        """See `Target`: the accuracy."""
        return float(np.mean(answers == y))

    def ignorant(self, y: NDArray[Any]) -> tuple[NDArray[Any], FloatArray]:
        """See `Target`: the class most common there, of equals the first; as probabilities the shares of all."""
        shares = np.bincount(y, minlength=len(self.labels)) / len(y)
        return np.asarray(shares.argmax(), dtype=np.int64), shares

    def ideal(self, y: NDArray[Any]) -> FloatArray:
        """See `Target`: the right class has one half and its share of the rest."""
        even = np.full((len(y), len(self.labels)), 0.5 / len(self.labels))
        even[np.arange(len(y)), y] += 0.5
        return np.asarray(np.log(even))

    def contrary(self, y: NDArray[Any]) -> FloatArray:
        """See `Target`: the next class."""
        wrong = np.eye(len(self.labels))[(y + 1) % len(self.labels)]
        return np.asarray(np.where(wrong > 0, 0.0, -1e6))

    def merits(self, y: NDArray[Any], answers: NDArray[Any]) -> FloatArray:
        """See `Target`."""
        return np.asarray(answers == y, dtype=np.float64)

    def check_counts(self, y: NDArray[Any], what: str, n_parts: int, why: str = "") -> None:
        """See `Target`: every class must be in every part."""
        check_class_counts(y, self.labels, what, n_parts, why)

    def strata(self, y: NDArray[Any]) -> IntArray:
        """See `Target`."""
        return y

    def notices(self, y: NDArray[Any], what: str) -> tuple[str, ...]:
        """See `Target`."""
        if not looks_like_regression(self.labels, len(y)):
            return ()
        return (
            f"{what[0].upper()}{what[1:]} holds {len(self.labels)} different numbers; each is taken for a class, and "
            "that one lies near another is not made use of; --task regression would.",
        )

    def to_json(self) -> dict[str, Json]:
        """See `Target`."""
        return {
            "task": self.task,
            "classes": list(self.labels),
            **({"cuts": list(self.cuts)} if self.cuts else {}),
        }

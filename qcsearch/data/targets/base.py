"""What every stage may ask of a target, whatever its kind."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from qcsearch.data.values import FloatArray, IntArray
from qcsearch.errors import DataError
from qcsearch.storage.canonical import Json
from qcsearch.wording import percent

__all__ = ["TASKS", "Target", "some"]

TASKS = ("classification", "regression", "multilabel")
"""What a model may be asked for: one of several classes, numbers, or any of several labels at once."""


_SHOWN = 3


def some(texts: Sequence[str]) -> str:
    """The first few of many, and how many there are."""
    more = f", … ({len(texts)} in all)" if len(texts) > _SHOWN else ""
    return ", ".join(texts[:_SHOWN]) + more


class Target(ABC):
    """What is to be said of a sample: the one place that knows how classes, numbers and labels differ.

    There are three forms of it. *Labels* are what a person gives and gets, in their own words and units. `y` is what a
    data set holds. What a training learns, and a model's *answers*, are in the form of `learned(y)`. A head gives
    `n_outputs` numbers a sample, its outputs, of which `answers` makes answers.
    """

    task: ClassVar[str]
    """One of `TASKS`."""

    has_accuracy: ClassVar[bool] = True
    """Whether answers are right or wrong; if not, there is no accuracy."""

    score_name: ClassVar[str] = "accuracy"
    """Of the scorer of scikit-learn that `score` is."""

    ignorant_name: ClassVar[str]
    """What the row is called that knows nothing but the labels of the training part."""

    least_of_a_part: ClassVar[int] = 1
    """Samples of each stratum without which a part of a split has no score."""

    dtype: ClassVar[type]
    """Of `y`."""

    @property
    @abstractmethod
    def n_outputs(self) -> int:
        """Numbers that a head gives for one sample."""

    @property
    def n_classes(self) -> int:
        """Number of classes; 0 where there are none to tell apart."""
        return 0

    @property
    @abstractmethod
    def names(self) -> tuple[str, ...]:
        """One name an output, as text."""

    @property
    @abstractmethod
    def words(self) -> str:
        """What there is to say, in a few words: `3 classes`, `1 number`."""

    @property
    @abstractmethod
    def told(self) -> str:
        """What labels there are, as a message ends: `'setosa', 'versicolor'`, or `numbers`."""

    @abstractmethod
    def encode(self, labels: Any, what: str) -> NDArray[Any]:
        """Labels as `y`, one row a sample; `what` is what they are called in messages.

        Raises:
            DataError: if one is missing, or none that this target has.
        """

    @abstractmethod
    def find(self, labels: Sequence[Any]) -> tuple[NDArray[Any], NDArray[np.bool_]]:
        """Labels as `y`, and which of them a model of this target can be judged by `(n_samples,)`; None is no label."""

    def knows(self, y: NDArray[Any]) -> bool:
        """Whether `y`, or what is learnt in its place, is such as this target has."""
        return y.ndim == 2 and y.shape[1] == self.n_outputs and bool(np.isfinite(y).all())

    def judged(self, labels: Any) -> NDArray[Any]:
        """Labels of samples that a model is to be judged by, as `y`.

        Raises:
            DataError: as `encode`; but a class that there is not is a class that is missed.
        """
        return self.encode(labels, "y")

    @abstractmethod
    def answers(self, outputs: FloatArray) -> NDArray[Any]:
        """What outputs `(n_samples, n_outputs)` say."""

    def log_odds(self, outputs: FloatArray) -> FloatArray:
        """What decision thresholds are of, `(n_samples, n_thresholds)`: log-odds of two classes, or of each label.

        Raises:
            DataError: if the target has none.
        """
        raise DataError(
            f"Decision thresholds are for two classes, or for labels, not for {self.words}.",
            "leave the thresholds out.",
        )

    def with_cuts(self, cuts: Sequence[float]) -> Target:
        """The same, answering yes where the log-odds are above `cuts`, `(n_thresholds,)`, in place of 0."""
        raise NotImplementedError

    @abstractmethod
    def decode(self, answers: NDArray[Any]) -> NDArray[Any]:
        """Answers as labels, `(n_samples,)` where a sample has one."""

    @abstractmethod
    def score(self, y: NDArray[Any], answers: NDArray[Any]) -> float:
        """How good answers are, 1 at best: accuracy, R², or the share of samples with all labels right."""

    def score_words(self, score: float) -> str:
        """A score as a sentence begins: `Accuracy 93.1 %`, `R² 0.512`."""
        return f"Accuracy {percent(score)}"

    def score_error(self, y: NDArray[Any], answers: NDArray[Any]) -> float:
        """Standard error of `score` from the finite number of samples: of a share of samples that are right.

        With the Agresti-Coull centre, so that 0 and 1 are not without error: Agresti and Coull, The American
        Statistician 52, 119 (1998), with z = 1.
        """
        share, n_samples = self.score(y, answers), len(y)
        centre = (share * n_samples + 0.5) / (n_samples + 1)
        return float(np.sqrt(centre * (1 - centre) / (n_samples + 1)))

    @abstractmethod
    def merits(self, y: NDArray[Any], answers: NDArray[Any]) -> FloatArray:
        """How good each answer is `(n_samples,)`, the more the better: 1 if right, or minus the mean squared error."""

    @abstractmethod
    def check_counts(self, y: NDArray[Any], what: str, n_parts: int, why: str = "") -> None:
        """Pass if there are samples enough to be split.

        Args:
            y: of the data set.
            what: what the labels are called.
            n_parts: how many parts, each of which must hold of everything.
            why: what needs so many, to stand after the number.

        Raises:
            DataError: if not.
        """

    @abstractmethod
    def to_json(self) -> dict[str, Json]:
        """The target as JSON values, which `target_from_json` reads."""

    def probabilities(self, outputs: FloatArray) -> FloatArray | None:
        """Probabilities of outputs, of the same shape `(n_samples, n_outputs)`; None where there are none."""
        return None

    def figures(self, outputs: FloatArray) -> FloatArray:
        """What a prediction shows of outputs, of their shape: probabilities, or numbers in their own units."""
        found = self.probabilities(outputs)
        assert found is not None
        return found

    @abstractmethod
    def ignorant(self, y: NDArray[Any]) -> tuple[NDArray[Any], FloatArray | None]:
        """What who knows nothing but the `y` of a training part answers to any sample, and with which probabilities."""

    @abstractmethod
    def ideal(self, y: NDArray[Any]) -> FloatArray:
        """Outputs `(n_samples, n_outputs)` of a model that is right of samples, as far as it is sure of anything."""

    @abstractmethod
    def contrary(self, y: NDArray[Any]) -> FloatArray:
        """Outputs of a model that is wrong of all samples, and sure of it."""

    def fitted(self, y: NDArray[Any]) -> Target:
        """The target with what is learnt from the `y` of a training part."""
        return self

    def learned(self, y: NDArray[Any]) -> NDArray[Any]:
        """What a training learns in place of `y`."""
        return y

    def strata(self, y: NDArray[Any]) -> IntArray:
        """The stratum of each sample `(n_samples,)`: a split keeps their shares."""
        return np.zeros(len(y), dtype=np.int64)

    def notices(self, y: NDArray[Any], what: str) -> tuple[str, ...]:
        """Sentences a person should see about the labels `y` of a whole data set."""
        return ()

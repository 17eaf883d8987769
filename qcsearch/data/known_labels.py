"""What the labels of samples say of a model's predictions: none, some or all of them may be known to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qcsearch.data.labels import find
from qcsearch.data.values import IntArray, Label

__all__ = ["KnownLabels"]

_SHOWN = 3


@dataclass(frozen=True, eq=False)
class KnownLabels:
    """The true classes of samples, as far as a model knows them.

    Attributes:
        codes: class index of each sample `(n_samples,)`, -1 where there is no label or one of no class.
        classes: of the model.
        foreign: labels of no class, each once.
        n_foreign: number of samples that have one.
        n_blank: number of samples without a label.
        column: whether the data hold labels at all.
    """

    codes: IntArray
    classes: tuple[Label, ...]
    foreign: tuple[Label, ...]
    n_foreign: int
    n_blank: int
    column: bool

    @classmethod
    def of(
        cls, labels: Sequence[Label | None] | None, classes: Sequence[Label], n_samples: int
    ) -> KnownLabels:
        """Compare labels, None where there is none, with a model's classes."""
        given = (
            {} if labels is None else {row: label for row, label in enumerate(labels) if label is not None}
        )
        codes = np.full(n_samples, -1, dtype=np.int64)
        codes[list(given)] = find(list(given.values()), classes)
        foreign = [label for row, label in given.items() if codes[row] < 0]
        return cls(
            codes,
            tuple(classes),
            tuple(dict.fromkeys(foreign)),
            len(foreign),
            n_samples - len(given),
            labels is not None,
        )

    @property
    def rows(self) -> NDArray[np.int64]:
        """Rows whose class is known."""
        return np.flatnonzero(self.codes >= 0)

    @property
    def sentence(self) -> str | None:
        """What a person must know of an accuracy over the known samples; None if all are known."""
        if not self.column:
            return "No label is known: the data hold no column of labels, so there is no accuracy."
        if self.n_blank == len(self.codes):
            return "No label is known: every label of the data is blank, so there is no accuracy."
        theirs = f"{_some(self.foreign)}, where the model knows {_some(self.classes)}"
        if not len(self.rows):
            return f"No label is known to the model: the data hold {theirs}, so there is no accuracy."
        reasons = [f"{self.n_blank} have no label"] if self.n_blank else []
        reasons += [f"{self.n_foreign} have {theirs}"] if self.n_foreign else []
        if not reasons:
            return None
        return f"The labels of {len(self.rows)} of {len(self.codes)} samples are known: {', '.join(reasons)}."


def _some(labels: Sequence[Label]) -> str:
    more = f", … ({len(labels)} in all)" if len(labels) > _SHOWN else ""
    return ", ".join(map(repr, labels[:_SHOWN])) + more

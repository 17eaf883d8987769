"""What the labels of samples say of a model's predictions: none, some or all of them may be known to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qcsearch.data.targets.base import Target, some
from qcsearch.data.values import IntArray

__all__ = ["KnownLabels"]


@dataclass(frozen=True, eq=False)
class KnownLabels:
    """The labels of samples, as far as a model can be judged by them.

    Attributes:
        y: of each sample in the form of the model's target; see `Target.find` where there is none.
        rows: rows whose label the model can be judged by.
        target: of the model.
        foreign: labels that the model cannot give, each once.
        n_foreign: number of samples that have one.
        n_blank: number of samples without a label.
        column: whether the data hold labels at all.
    """

    y: NDArray[Any]
    rows: IntArray
    target: Target
    foreign: tuple[Any, ...]
    n_foreign: int
    n_blank: int
    column: bool

    @classmethod
    def of(cls, labels: Sequence[Any] | None, target: Target, n_samples: int) -> KnownLabels:
        """Compare labels, None where there is none, with what a model's target can be."""
        every = [None] * n_samples if labels is None else list(labels)
        y, known = target.find(every)
        given = [row for row, label in enumerate(every) if not _is_blank(label)]
        foreign = [every[row] for row in given if not known[row]]
        return cls(
            y,
            np.flatnonzero(known),
            target,
            tuple(dict.fromkeys(foreign)),
            len(foreign),
            n_samples - len(given),
            labels is not None,
        )

    @property
    def sentence(self) -> str | None:
        """What a person must know of a score over the known samples; None if all are known."""
        if not self.column:
            return "No label is known: the data hold no column of labels, so there is no score."
        if self.n_blank == len(self.y):
            return "No label is known: every label of the data is blank, so there is no score."
        theirs = f"{_some(self.foreign)}, where the model knows {self.target.told}"
        if not len(self.rows):
            return f"No label is known to the model: the data hold {theirs}, so there is no score."
        reasons = [f"{self.n_blank} have no label"] if self.n_blank else []
        reasons += [f"{self.n_foreign} have {theirs}"] if self.n_foreign else []
        if not reasons:
            return None
        return f"The labels of {len(self.rows)} of {len(self.y)} samples are known: {', '.join(reasons)}."


def _is_blank(label: Any) -> bool:
    return label is None or (isinstance(label, tuple) and all(cell is None for cell in label))


def _some(labels: Sequence[Any]) -> str:
    return some(list(map(repr, labels)))

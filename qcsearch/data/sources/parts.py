"""What a source holds, part by part, before anything of it is checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from qcsearch.data.coding import Coding
from qcsearch.data.targets.base import Target
from qcsearch.storage.canonical import Json

__all__ = ["PREDICTED", "RawPart", "RawParts"]

PREDICTED = ("test", "train", "validation")
"""Which part is predicted: the first of these that is there. Of a source with one part that is all of it, `train`."""


@dataclass(frozen=True, eq=False)
class RawPart:
    """Samples, and their labels if there are any.

    Attributes:
        X: anything that `check_X` may be asked about.
        y: anything that a `Target` may be asked to encode, or None.
        what: name of the samples in messages.
        target: name of the labels in messages.
        weight: anything that `check_weights` may be asked about; None if all samples count alike.
    """

    X: Any
    y: Any
    what: str = "X"
    target: str = "y"
    weight: Any = None

    @classmethod
    def of(cls, X: Any, y: Any, name: str, labels: str = "y") -> RawPart:
        """All samples of the data set `name`; `labels` is what its labels are called."""
        return cls(X, y, f"X of '{name}'", f"{labels} of '{name}'")


@dataclass(frozen=True, eq=False)
class RawParts:
    """All parts of a source.

    Attributes:
        train: what is trained on, or everything if the source has one part; None if it has neither.
        validation: the source's own part to select by, if it has one.
        test: the source's own part for the one final test, if it has one.
        feature_names: one name a feature, if the source has them.
        image_shape: `(height, width)` in pixels of images that come flat.
        coding: how columns of text and with gaps are kept in the samples, if they are.
        target: what the labels are, if the source says so.
        quantum: what is said of samples that are quantum states, JSON values; None if nothing is.
        notices: sentences a person should see about how it was read.
    """

    train: RawPart | None = None
    validation: RawPart | None = None
    test: RawPart | None = None
    feature_names: tuple[str, ...] | None = None
    image_shape: tuple[int, int] | None = None
    coding: Coding | None = None
    target: Target | None = None
    quantum: Json = None
    notices: tuple[str, ...] = ()

    @property
    def to_predict(self) -> RawPart:
        """The part that a model has not seen, see `PREDICTED`."""
        parts = {"train": self.train, "validation": self.validation, "test": self.test}
        return next(part for name in PREDICTED if (part := parts[name]) is not None)

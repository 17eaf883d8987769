"""The data set: checked numbers, what is to be said of them, and what is needed to name that again."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qcsearch.data.coding import Coding
from qcsearch.data.quantum.samples import QuantumSamples
from qcsearch.data.targets.base import Target
from qcsearch.data.values import FloatArray
from qcsearch.escape import for_terminal
from qcsearch.storage import canonical

__all__ = ["Dataset"]


@dataclass(frozen=True, eq=False)
class Dataset:
    """A labelled data set that passed every check. The arrays are copies and read-only.

    Attributes:
        X: raw features `(n_samples, n_features)`, images flattened row by row. Without the validation and the test
            part where the source brings its own.
        y: what is to be learnt of each sample, in the form of `target`: for classes their indices `(n_samples,)`.
        target: classes, numbers or labels.
        feature_names: one name a feature.
        image_shape: `(height, width)` in pixels if the samples are images, else None.
        name: what the data set is called in messages and reports.
        X_test: the source's own test part `(n_test, n_features)`, or None.
        y_test: its `y`, or None.
        X_val: the source's own validation part `(n_val, n_features)`, or None.
        y_val: its `y`, or None.
        notices: sentences a person should see: what was chosen, ignored or looks odd.
        coding: how columns of text and with gaps are kept in `X`; None if all are plain numbers.
        sample_weight: how much each sample of `X` counts in what is learnt, `(n_samples,)`; None if all count alike.
        dropped: names of columns that were left out because the person said so.
        quantum: what the numbers of samples that are quantum states mean, which have no feature names; None if the
            samples are classical.
    """

    X: FloatArray
    y: NDArray[Any]
    target: Target
    feature_names: tuple[str, ...]
    image_shape: tuple[int, int] | None = None
    name: str = "data"
    X_test: FloatArray | None = None
    y_test: NDArray[Any] | None = None
    X_val: FloatArray | None = None
    y_val: NDArray[Any] | None = None
    notices: tuple[str, ...] = field(default=())
    coding: Coding | None = None
    dropped: tuple[str, ...] = ()
    sample_weight: FloatArray | None = None
    quantum: QuantumSamples | None = None

    def __post_init__(self) -> None:
        # A file may be called what no other file can hold.
        object.__setattr__(self, "name", for_terminal(self.name))
        for part in ("X", "X_test", "X_val", "sample_weight"):
            object.__setattr__(self, part, _frozen(getattr(self, part), np.float64))
        for part in ("y", "y_test", "y_val"):
            object.__setattr__(self, part, _frozen(getattr(self, part), self.target.dtype))

    @property
    def n_samples(self) -> int:
        """Number of samples, the source's own validation and test parts not counted."""
        return int(self.X.shape[0])

    @property
    def n_features(self) -> int:
        """Number of raw features, constant ones included."""
        return int(self.X.shape[1])

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the content, 64 hexadecimal digits; the name and the notices are not part of it."""
        arrays = {part: getattr(self, part) for part in _PARTS if getattr(self, part) is not None}
        header = {
            "target": self.target.to_json(),
            "feature_names": list(self.feature_names),
            "image_shape": self.image_shape,
            "arrays": {part: array.shape for part, array in arrays.items()},
            **({} if self.coding is None else {"coding": self.coding.to_json()}),
            **({} if self.quantum is None else {"quantum": self.quantum.to_json()}),
        }
        content = hashlib.sha256(canonical.dumps(header).encode())
        for array in arrays.values():
            content.update(array.astype(array.dtype.newbyteorder("<")).tobytes())
        return content.hexdigest()

    def labels(self, y: NDArray[Any]) -> NDArray[Any]:
        """Return the labels of some `y`, as they were given."""
        return self.target.decode(y)

    def to_arrays(self) -> Mapping[str, NDArray[Any]]:
        """Return what `numpy.savez` needs for a file that `load_dataset` reads back with the same digest."""
        own = {
            "feature_names": np.asarray(self.feature_names),
            "target_kind": np.asarray(canonical.dumps(self.target.to_json())),
        }
        if self.image_shape is not None:
            own["image_shape"] = np.asarray(self.image_shape)
        if self.coding is not None:
            own["column_coding"] = np.asarray(canonical.dumps(self.coding.to_json()))
        if self.sample_weight is not None:
            own["sample_weight"] = self.sample_weight
        if self.quantum is not None:
            own["quantum"] = np.asarray(canonical.dumps(self.quantum.to_json()))
        arrays = {"X": self.X, "y": self.labels(self.y)}
        for part, X, y in (("val", self.X_val, self.y_val), ("test", self.X_test, self.y_test)):
            if X is not None and y is not None:
                arrays |= {f"X_{part}": X, f"y_{part}": self.labels(y)}
        return {**arrays, **own}


_PARTS = ("X", "y", "X_test", "y_test", "X_val", "y_val", "sample_weight")


def _frozen(array: NDArray[Any] | None, dtype: type) -> NDArray[Any] | None:
    """A read-only array in C order, so that no stage can change what another one reads."""
    if array is None:
        return None
    flags = array.flags
    if array.dtype == dtype and flags.owndata and flags.c_contiguous and not flags.writeable:
        return array  # one of ours, from `dataclasses.replace`
    copy: NDArray[Any] = np.array(array, dtype=dtype, order="C", copy=True)
    copy.setflags(write=False)
    return copy

"""Labels: any kind of class name to class indices and back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qcsearch.data.checks import check_text, check_X, is_missing, place
from qcsearch.data.dataset import FloatArray, IntArray, Label
from qcsearch.errors import DataError

__all__ = ["check_X_y", "check_class_counts", "check_lengths", "check_y", "encode"]


def check_X_y(  # noqa: N802  X is the field's own name
    X: Any, y: Any, *, names: Sequence[str] | None = None, what: str = "X", target: str = "y"
) -> tuple[FloatArray, IntArray, tuple[Label, ...], tuple[int, int] | None]:
    """Check samples and their labels together.

    Args:
        X: `(n_samples, n_features)` or images `(n_samples, height, width)`.
        y: `(n_samples,)` or `(n_samples, 1)`.
        names: names of the features, for messages.
        what: name of the samples in messages.
        target: name of the labels in messages.

    Returns:
        `X` as float64 `(n_samples, n_features)`, class indices `(n_samples,)`, the sorted classes, and
        `(height, width)` if images were given.

    Raises:
        DataError: on anything that `check_X` or `check_y` refuses, different lengths, one class alone, or a
            class with fewer than 2 samples.
    """
    flat, image_shape = check_X(X, what=what, names=names)
    labels = check_y(y, target)
    check_lengths(flat, labels, what, target)
    classes = tuple(sorted(set(labels)))
    codes = encode(labels, classes, target)
    check_class_counts(codes, classes, target)
    return flat, codes, classes, image_shape


def check_lengths(X: FloatArray, labels: Sequence[Label], what: str, target: str) -> None:
    """Pass if there is one label for each sample.

    Raises:
        DataError: if not.
    """
    if len(X) != len(labels):
        raise DataError(
            f"{what} and {target} have inconsistent numbers of samples: {len(X)} rows and {len(labels)} "
            "labels."
        )


def check_y(y: Any, target: str = "y") -> list[Label]:
    """Return one label a sample as Python values: all `str`, all `int`, or all `bool`.

    Whole floats become `int`; bytes become `str`.

    Raises:
        DataError: if `y` is not one label a sample, one is missing, fractions look like a regression, or text
            and numbers are mixed.
    """
    array = _column(y, target)
    values = [_plain(value) for value in array.tolist()]
    missing = [row for row, value in enumerate(values) if is_missing(value) or value == ""]
    if missing:
        raise DataError(
            f"Input y contains NaN or missing labels: {target} has {len(missing)}, the first in "
            f"{place(missing[0])}.",
            "remove these rows.",
        )
    kinds = {type(value) for value in values}
    if kinds <= {float, int}:
        return [_whole(value, row, target) for row, value in enumerate(values)]
    if len(kinds) > 1 or not kinds <= {str, bool}:
        found = ", ".join(sorted(kind.__name__ for kind in kinds))
        raise DataError(f"The labels in {target} must be all text or all whole numbers. Got {found}.")
    return values


def encode(labels: Sequence[Label], classes: Sequence[Label], target: str) -> IntArray:
    """Return the class index of each label.

    Raises:
        DataError: if a label is none of the classes.
    """
    index = {label: code for code, label in enumerate(classes)}
    unknown = next((row for row, label in enumerate(labels) if label not in index), None)
    if unknown is not None:
        raise DataError(
            f"The class {labels[unknown]!r}, first met in {place(unknown)} of {target}, is not in the "
            "training part."
        )
    return np.fromiter((index[label] for label in labels), dtype=np.int64, count=len(labels))


def check_class_counts(
    codes: IntArray, classes: Sequence[Label], target: str, least: int = 2, why: str = ""
) -> None:
    """Pass if there are two classes or more, each with `least` samples or more.

    Raises:
        DataError: naming the first class that is too small.
    """
    if len(classes) < 2:
        raise DataError(
            f"Only one class is in {target}: {classes[0]!r}; a classifier needs at least 2 classes."
        )
    counts = np.bincount(codes, minlength=len(classes))
    small = [c for c in range(len(classes)) if counts[c] < least]
    if small:
        more = f" ({len(small)} classes are too small)" if len(small) > 1 else ""
        raise DataError(
            f"Class {classes[small[0]]!r} of {target} has {counts[small[0]]} sample(s); every class must "
            f"have at least {least}{why}{more}.",
            "add samples or remove the class.",
        )


def _column(y: Any, target: str) -> NDArray[Any]:
    if isinstance(y, np.ma.MaskedArray):
        y = np.ma.filled(y.astype(object), np.nan)
    try:
        # Lists go through object, or numpy would turn [1, "a"] into text in silence.
        array = np.asarray(y) if hasattr(y, "dtype") else np.asarray(y, dtype=object)
    except (ValueError, TypeError) as error:
        raise DataError(f"{target} must hold one label for each sample.") from error
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1:
        raise DataError(
            f"{target} must hold one label for each sample, so one dimension. Got shape {array.shape}.",
            "turn one-hot columns into one column of labels.",
        )
    if len(array) == 0:
        raise DataError(f"{target} holds no labels.")
    if array.dtype.kind in "cmMV":
        raise DataError(f"The labels in {target} must be text or whole numbers. Got {array.dtype}.")
    return array


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, bytes):
        value = value.decode("utf-8", errors="replace")
    if isinstance(value, str):
        return check_text(str(value), "label")
    return value


def _whole(value: float, row: int, target: str) -> int:
    if value in (float("inf"), float("-inf")):
        raise DataError(
            f"Input y contains infinity: {target} is {value} in {place(row)}; a label must be a class."
        )
    if isinstance(value, float) and not value.is_integer():
        raise DataError(
            f"Unknown label type: {target} holds the fraction {value:g} in {place(row)}, which looks like a "
            "regression; it must hold classes.",
            "give text or whole numbers, or cut the values into classes.",
        )
    if not -(2**63) <= value < 2**63:
        raise DataError(
            f"{target} holds {value:g} in {place(row)}; a label must be text or a 64-bit integer."
        )
    return int(value)
